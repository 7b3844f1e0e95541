"""The further views of attention on the page: what is chosen beside a chart, and what the link then says."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.catalog import LANGUAGES
from core.catalog.attention_heads import DECODER, REPEAT_EN, SENTENCE_EN
from tests.pages.app import charts, healthy, says, shown, visit

SENTENCE = {"model": DECODER, "text": SENTENCE_EN, "ah_part": "wake"}


def framed(app: AppTest, chart: str = "ah_waking") -> tuple[float, float]:
    """Row and first column of the cells that are framed: layer and head, where all heads are shown."""
    (frame,) = charts(app)[chart]["layout"]["shapes"]
    return frame["y0"] + 0.5, frame["x0"] + 0.5


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_slider_leads_from_head_to_head(language: str) -> None:
    app = visit("attention_heads", {"lang": language, **SENTENCE, "ah_layer": "18", "ah_head": "8"})
    healthy(app)
    assert framed(app) == (18, 8)
    slider = app.select_slider(key="w_ah_resting")
    assert slider.value == "18.8"
    first = str(slider.options[0])
    slider.set_value("20.7").run()
    healthy(app)
    assert framed(app) == (20, 7)
    assert (app.query_params["ah_layer"], app.query_params["ah_head"]) == ("20", "7")
    assert first == str(app.select_slider(key="w_ah_resting").options[0])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("heads", "said", "others"),
    [
        ("", "ablation.none", ("ablation.same", "ablation.changed")),
        ("3.1", "ablation.same", ("ablation.none", "ablation.changed")),
        ("17.3,17.4,17.5,18.6", "ablation.changed", ("ablation.none", "ablation.same")),
    ],
)
def test_every_sentence_of_the_switch_follows_what_it_did(
    heads: str, said: str, others: tuple[str, str], language: str
) -> None:
    app = visit(
        "attention_heads", {"lang": language, "model": DECODER, "text": REPEAT_EN, "ah_ablate": heads}
    )
    healthy(app)
    assert says(app, "attention_heads", said, language)
    assert not any(says(app, "attention_heads", other, language) for other in others)


def test_the_waking_text_becomes_the_prompt() -> None:
    app = visit("attention_heads", {"lang": "en", **SENTENCE, "ah_layer": "18", "ah_head": "6"})
    (text,) = [one.value for one in app.code if one.value.startswith("x y z w")]
    app.button(key="w_ah_text_set").click().run()
    healthy(app)
    assert app.query_params["text"] == text
    assert app.text_area(key="prompt_widget").value == text


@pytest.mark.parametrize("language", LANGUAGES)
def test_sliders_choose_the_layer_and_the_token_of_the_rollout(language: str) -> None:
    app = visit("attention_heads", {"lang": language, **SENTENCE, "ah_part": "rollout", "ah_level": "1"})
    healthy(app)
    last = len(charts(app)["ah_rollout"]["data"][0]["z"]) - 1
    assert framed(app, "ah_rollout_path") == (1, 0)
    assert framed(app, "ah_rollout") == framed(app, "ah_rollout_raw") == (last, 0)
    app.select_slider(key="w_ah_level").set_value(3).run()
    app.select_slider(key="w_ah_token").set_value(0).run()
    healthy(app)
    assert (app.query_params["ah_level"], app.query_params["ah_token"]) == ("3", "0")
    assert framed(app, "ah_rollout_path") == (3, 0)
    assert framed(app, "ah_rollout") == (0, 0)
    assert "“The” 100\u202f%" in shown(app)  # the first token has nothing but itself
    app.select_slider(key="w_ah_level").set_value(-1).run()
    assert framed(app, "ah_rollout_path") == (29, 0)
