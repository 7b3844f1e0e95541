"""The further views of attention on the page: what is chosen beside a chart, and what the link then says."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core import catalog
from core.catalog import LANGUAGES
from core.catalog.attention_heads import DECODER, INDUCTION, REPEAT_EN, SENTENCE_EN
from pages.kit import permalink
from pages.kit.text import Words
from pages.views.attention_heads.overview import CHANGED
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
        ("", ("none",), ("same", "changed", "brief_same", "brief_changed")),
        ("3.1", ("same", "brief_same"), ("none", "changed", "brief_changed")),
        ("17.3,17.4,17.5,18.6", ("changed", "brief_changed"), ("none", "same", "brief_same")),
    ],
)
def test_every_sentence_of_the_switch_follows_what_it_did(
    heads: str, said: tuple[str, ...], others: tuple[str, ...], language: str
) -> None:
    app = visit(
        "attention_heads", {"lang": language, "model": DECODER, "text": REPEAT_EN, "ah_ablate": heads}
    )
    healthy(app)
    assert all(says(app, "attention_heads", f"ablation.{one}", language) for one in said)
    assert not any(says(app, "attention_heads", f"ablation.{other}", language) for other in others)


@pytest.mark.parametrize("language", LANGUAGES)
def test_many_heads_are_counted_and_a_lecture_shows_what_changed_most(language: str) -> None:
    page = catalog.find("attention_heads")
    state = next(one for one in page.questions if one.id == "switch_off").reveal.values("zh")
    query = permalink.query(page, state, "zh") | {"lang": language, "present": "1"}
    app = visit("attention_heads", query)
    healthy(app)
    heads = Words(language, "attention_heads")("ablation.many", count=len(INDUCTION["zh"]))
    assert any(heads in one.value for one in app.markdown)
    assert not any(", ".join(INDUCTION["zh"][:2]) in one.value for one in app.markdown)
    drawn = charts(app)
    title = drawn["ah_change_tokens"]["layout"]["title"]["text"]
    assert title == Words(language, "attention_heads")("ablation.charts.loss_few", count=CHANGED)
    assert len(drawn["ah_change_tokens"]["data"][0]["y"]) == CHANGED


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
