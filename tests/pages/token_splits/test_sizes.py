"""The width of the embedding is set beside the charts of sizes, and is part of the link."""

from __future__ import annotations

import pytest

from core.catalog import LANGUAGES, Language
from tests.pages.app import charts, healthy, visit


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_width_is_in_the_link_and_in_the_chart(language: Language) -> None:
    app = visit("token_splits", {"lang": language, "ts_part": "train", "ts_d_model": "600"})
    healthy(app)
    slider = app.select_slider(key="w_ts_d_model")
    assert slider.value == 600, "also one that is not on offer"
    before = charts(app)
    assert set(before) == {"ts_curve", "ts_unknown", "ts_parameters"}
    assert "600" in before["ts_parameters"]["layout"]["title"]["text"]
    slider.set_value(1024).run()
    healthy(app)
    assert app.query_params["ts_d_model"] in ("1024", ["1024"])
    after = charts(app)
    ratio = [
        new / old
        for new, old in zip(
            after["ts_parameters"]["data"][0]["y"], before["ts_parameters"]["data"][0]["y"], strict=True
        )
    ]
    assert ratio == pytest.approx([1024 / 600] * len(ratio))
    assert after["ts_curve"]["data"][0]["y"] == before["ts_curve"]["data"][0]["y"]
