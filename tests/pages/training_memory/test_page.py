"""training_memory as visitors use it: any values in a link, an own shape, and sentences that follow the figure."""

from __future__ import annotations

import pytest

from core.catalog.training_memory import SHAPES
from tests.pages.app import charts, healthy, says, visit


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_drawn(shape: str, language: str) -> None:
    app = visit("training_memory", {"lang": language, "tm_shape": shape})
    healthy(app)
    assert len(charts(app)) == 2


@pytest.mark.parametrize(
    "query",
    [
        {"tm_shape": "<b>"}, {"tm_length": "1e99"}, {"tm_batch": "-7"}, {"tm_rank": "nan"}, {"tm_zero": "9"},
        {"tm_processes": "0"}, {"tm_shape": "own", "tm_width": "65", "tm_heads": "128", "tm_layers": "999"},
        {"tm_view": "measured", "tm_depth": "3", "tm_tokens": "10000000"},
        {"tm_view": "precision", "tm_scale": "9999"},
    ],
)  # fmt: skip
def test_values_of_a_link_are_bounded(query: dict[str, str]) -> None:
    app = visit("training_memory", {"lang": "en", **query})
    healthy(app)
    assert not app.warning
    assert charts(app)


def test_an_own_shape_has_its_sizes_and_others_have_not() -> None:
    app = visit("training_memory", {"lang": "en"})
    assert "w_tm_width" not in {one.key for one in app.slider}
    app.selectbox(key="w_tm_shape").set_value("own").run()
    healthy(app)
    assert {"w_tm_layers", "w_tm_width", "w_tm_heads", "w_tm_vocabulary"} <= {one.key for one in app.slider}
    assert "own" in app.query_params["tm_shape"]


@pytest.mark.parametrize(
    ("query", "said", "others"),
    [
        ({}, ("fits_none", "saver"), ("saver_none",)),
        ({"tm_shape": "gpt2"}, ("fits", "saver"), ("fits_none",)),
        ({"tm_optimizer": "sgd", "tm_keep": "full", "tm_rank": "8"}, ("saver_none",), ("saver",)),
        ({"tm_view": "measured"}, ("below", "checkpoints"), ("above", "checkpoints_none")),
        ({"tm_view": "measured", "tm_depth": "8", "tm_tokens": "32"}, ("above", "checkpoints"), ("below",)),
        ({"tm_view": "precision"}, ("underflows", "suffers"), ("overflows", "holds")),
        ({"tm_view": "precision", "tm_scale": "24"}, ("holds", "suffers"), ("underflows",)),
    ],
)
def test_what_is_said_follows_the_figure(
    query: dict[str, str], said: tuple[str, ...], others: tuple[str, ...]
) -> None:
    app = visit("training_memory", query | {"lang": "en"})
    healthy(app)
    assert [one for one in said if not says(app, "training_memory", f"notice.{one}", "en")] == []
    assert [one for one in others if says(app, "training_memory", f"notice.{one}", "en")] == []
