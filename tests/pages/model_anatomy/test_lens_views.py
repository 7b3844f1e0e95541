"""The views of the residual stream on the page: what they refuse, and in which words."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import catalog, results
from core.catalog import LANGUAGES, Language, model_anatomy
from core.catalog.model_anatomy import CHINESE, DECODER, ENCODER, FRANCE
from core.compute.model_anatomy import masks as model_masks
from core.figures.charts import Spec
from core.paths import EXAMPLES
from pages.kit import chart
from pages.kit.frame import Opened
from pages.kit.text import table
from pages.kit.view import Chart
from pages.views.model_anatomy.views import STREAM
from tests.core.model_anatomy.opening import opening
from tests.pages.app import charts, healthy, visit

VIEWS = ("lens", "contributions", "norms", "patching", "neurons")


def said(language: Language, error: str) -> str:
    return str(table(language, "common")["errors"][error]).split("{")[0]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("view", VIEWS)
def test_every_view_opens(view: str, language: Language) -> None:
    app = visit("model_anatomy", {"lang": language, "ma_view": view})
    healthy(app)
    assert not app.warning, [one.value for one in app.warning]
    assert f"ma_{view}" in charts(app)


@pytest.mark.parametrize("view", ["lens", "neurons"])
def test_a_new_text_is_drawn_at_once_and_then_in_full(view: str, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Spec] = []
    draw = chart.draw

    def noted(page: Opened, made: chart.Made, *, key: str, **more: Any) -> None:
        drawn.extend([made.spec] if key == f"ma_{view}" else [])
        draw(page, made, key=key, **more)

    monkeypatch.setattr(chart, "draw", noted)
    query = {"lang": "en", "ma_view": view, "text": f"A new text for the {view} is"}
    app = visit("model_anatomy", query)
    healthy(app)
    assert not app.warning
    first, whole = drawn
    if view == "lens":
        assert first["layout"]["yaxis"]["ticktext"] == ["embedding", "output"]
        assert len(whole["data"][0]["z"]) > 20
    else:
        assert first["data"] == whole["data"], "the tokens that a neuron pushes are sought after it is drawn"
        pushes = table("en", "model_anatomy")["neurons"]
        told = [
            one.value
            for one in app.markdown
            if one.value.startswith(tuple(pushes[id][:20] for id in ("up", "down")))
        ]
        assert len(told) == 1
    visit("model_anatomy", query)
    assert len(drawn) == 3, "what is kept is drawn once, in full"


def asked(app: AppTest) -> dict[str, str]:
    """The page's own parameters in the address."""
    pairs = ((name, one if isinstance(one, str) else one[-1]) for name, one in app.query_params.items())
    return {name[3:]: value for name, value in pairs if name.startswith("ma_")}


def frame(app: AppTest, key: str) -> tuple[int, ...]:
    """The cells that are framed: first and last row, first and last column."""
    (shape,) = charts(app)[key]["layout"]["shapes"]
    return tuple(
        int(shape[name] + half) for name, half in (("y0", 0.5), ("y1", -0.5), ("x0", 0.5), ("x1", -0.5))
    )


def test_a_cell_of_the_lens_is_chosen_and_its_tokens_are_followed() -> None:
    app = visit("model_anatomy", {"lang": "en", "ma_view": "lens"})
    assert frame(app, "ma_lens") == (30, 30, 4, 4)
    app.select_slider(key="w_ma_row").set_value(29).run()
    app.select_slider(key="w_ma_pos").set_value(3).run()
    healthy(app)
    assert asked(app) == {"view": "lens", "row": "29", "pos": "3"}
    assert frame(app, "ma_lens") == (29, 29, 3, 3)
    found = charts(app)
    first = found["ma_lens_top"]["layout"]["yaxis"]["ticktext"][0]
    assert found["ma_lens"]["data"][0]["text"][29][3] == first
    lens, _ = opening("lens")
    id = str(lens.top_ids[29, 3, 1])
    app.multiselect(key="w_ma_pins").set_value([id]).run()
    assert asked(app)["pins"] == id
    tracks = charts(app)["ma_lens_tracks"]["data"]
    label = dict(zip(lens.label_ids.tolist(), lens.labels, strict=True))
    assert [one["name"] for one in tracks] == [label[int(lens.answer[3])], label[int(id)]]
    app.segmented_control(key="w_ma_by").set_value("rank").run()
    healthy(app)
    assert asked(app) == {"view": "lens", "row": "29", "pos": "3", "pins": id, "by": "rank"}
    assert charts(app)["ma_lens_tracks"]["layout"]["yaxis"]["autorange"] == "reversed"
    app.select_slider(key="w_ma_row").set_value(-1).run()
    assert "row" not in asked(app), "the last row needs no word in the link"


def test_every_layer_is_read_where_that_is_asked_for() -> None:
    app = visit("model_anatomy", {"lang": "en", "ma_view": "lens", "text": "word " * 30})
    rows = len(charts(app)["ma_lens"]["data"][0]["z"])
    app.button(key="w_ma_dense_set").click().run()
    healthy(app)
    assert asked(app)["dense"] == "1"
    assert len(charts(app)["ma_lens"]["data"][0]["z"]) == 31 > rows


def test_an_answer_is_compared_with_another() -> None:
    (one,) = opening("contributions")
    first, second, third = (str(id) for id in one.candidate_ids.tolist()[:3])
    app = visit("model_anatomy", {"lang": "en", "ma_view": "contributions"})
    app.selectbox(key="w_ma_against").set_value(second).run()
    healthy(app)
    assert asked(app) == {"view": "contributions", "against": second}
    total = charts(app)["ma_contributions_ledger"]["data"][0]["x"][-1]
    assert total == pytest.approx(one.logits[0] - one.logits[1], abs=1e-4)
    app.selectbox(key="w_ma_answer").set_value(third).run()
    assert asked(app) == {"view": "contributions", "against": second, "answer": third}
    app.select_slider(key="w_ma_pos").set_value(2).run()
    healthy(app)
    assert asked(app) == {"view": "contributions", "pos": "2"}, "another token has other candidates"
    linked = visit("model_anatomy", {"lang": "en", "ma_view": "contributions", "ma_answer": first})
    assert linked.selectbox(key="w_ma_answer").value == first
    assert (
        charts(linked)["ma_contributions"]["data"]
        == charts(visit("model_anatomy", {"lang": "en", "ma_view": "contributions"}))["ma_contributions"][
            "data"
        ]
    )


def test_norms_left_out_are_asked_for_and_shown() -> None:
    app = visit("model_anatomy", {"lang": "en", "ma_view": "norms", "ma_measure": "cosine"})
    assert "ma_norms_next" not in charts(app)
    app.segmented_control(key="w_ma_off").set_value("final").run()
    healthy(app)
    assert asked(app) == {"view": "norms", "off": "final"}, "what is left out is seen in the states"
    found = charts(app)
    assert (
        found["ma_norms"]["layout"]["title"]["text"] == table("en", "model_anatomy")["norms"]["title_changed"]
    )
    assert len(found["ma_norms_along"]["data"]) == 4
    assert found["ma_norms_next"]["layout"]["yaxis"]["ticktext"][0] == "·Paris"
    app.select_slider(key="w_ma_pos").set_value(0).run()
    assert frame(app, "ma_norms") == (0, 30, 0, 0)


def test_a_post_norm_model_has_no_last_norm_to_leave_out() -> None:
    links = [{"lang": "zh", "ma_view": "norms", "model": model} for model in (ENCODER, CHINESE)]
    options = [visit("model_anatomy", one).segmented_control(key="w_ma_off").options for one in links]
    assert [len(one) for one in options] == [4, 5]


def test_a_row_of_states_is_patched_at_once() -> None:
    app = visit("model_anatomy", {"lang": "en", "ma_view": "patching", "ma_row": "23"})
    assert frame(app, "ma_patching") == (23, 23, 4, 4)
    app.select_slider(key="w_ma_pos").set_value(1).run()
    app.select_slider(key="w_ma_upto").set_value(3).run()
    healthy(app)
    assert asked(app) == {"view": "patching", "row": "23", "pos": "1", "upto": "3"}
    assert frame(app, "ma_patching") == (23, 23, 1, 3)
    app.button(key="w_ma_upto_set").click().run()
    healthy(app)
    assert asked(app) == {"view": "patching", "row": "23", "pos": "0", "upto": "4"}
    assert "1.00" in next(one.value for one in app.markdown if "first text's own" in one.value)
    app.select_slider(key="w_ma_pos").set_value(2).run()
    assert "upto" not in asked(app), "a new first token is alone"
    app.segmented_control(key="w_ma_part").set_value("attention").run()
    healthy(app)
    assert asked(app)["part"] == "attention"


def test_a_neuron_is_chosen_in_a_layer() -> None:
    app = visit("model_anatomy", {"lang": "en", "ma_view": "neurons"})
    app.select_slider(key="w_ma_block").set_value(9).run()
    (one,) = opening("neurons")
    id = int(one.ids[9, 7])
    app.selectbox(key="w_ma_neuron").set_value(str(id)).run()
    healthy(app)
    assert asked(app) == {"view": "neurons", "block": "9", "neuron": str(id)}
    assert frame(app, "ma_neurons")[:2] == (7, 7)
    assert any(f"neuron {id}" in said.value for said in app.markdown)
    app.select_slider(key="w_ma_block").set_value(12).run()
    assert "neuron" not in asked(app), "another layer has other neurons"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("other", "error"), [("The capital of the Netherlands is", "unequal_texts"), (FRANCE, "same_texts")]
)
def test_texts_that_cannot_be_compared_are_refused(other: str, error: str, language: Language) -> None:
    query = {
        "lang": language,
        "ma_view": "patching",
        "model": "smollm2-135m",
        "text": FRANCE,
        "ma_other": other,
    }
    app = visit("model_anatomy", query)
    healthy(app)
    assert any(said(language, error) in one.value for one in app.warning)
    assert app.text_input(key="w_ma_other").value == other


def test_a_text_without_a_partner_asks_for_one() -> None:
    app = visit("model_anatomy", {"lang": "en", "ma_view": "patching", "text": "Roses are red, violets are"})
    healthy(app)
    assert table("en", "model_anatomy")["said"]["no_partner"] in [one.value for one in app.info]


@pytest.mark.parametrize(
    "value",
    [None, "x", {}, {"row": 0}, {"row": -1, "column": 0}, {"row": 31, "column": 0}, {"row": 0, "column": 5},
     {"row": "1", "column": 0}, {"row": True, "column": 0}, {"row": 0, "column": 1e300}],
)  # fmt: skip
def test_a_cell_that_is_not_there_is_not_chosen(value: object) -> None:
    taken: list[tuple[int, int]] = []
    spec: Spec = {"data": [{"z": [[0.0] * 5] * 31}]}
    chart.picked(spec, lambda row, column: taken.append((row, column)), value)
    assert not taken
    chart.picked(spec, lambda row, column: taken.append((row, column)), {"row": 30, "column": 4, "at": 1})
    assert taken == [(30, 4)]


@pytest.mark.parametrize("present", [False, True])
@pytest.mark.parametrize("view", ["lens", "patching"])
def test_a_cell_stands_for_the_layer_that_is_written_beside_it(view: str, present: bool) -> None:
    """In a lecture only every third layer has a row."""
    query = {"lang": "en", "ma_view": view, "model": DECODER, "text": FRANCE}
    drawn = charts(visit("model_anatomy", query | ({"present": "1"} if present else {})))[f"ma_{view}"]
    assert (len(drawn["data"][0]["z"]) < 20) == present
    page: Any = SimpleNamespace(link=SimpleNamespace(shared=lambda _: present))
    found: Any = SimpleNamespace(values=opening(view))
    shown, axis = STREAM[view].canvases[0], drawn["layout"]["yaxis"]
    assert isinstance(shown, Chart)
    assert shown.picks is not None
    ends = {"embedding": 0, "output": -1} | ({"29": -1} if view == "patching" else {})
    for row, name in zip(axis["tickvals"], axis["ticktext"], strict=True):
        assert shown.picks(page, found, row, 3) == {
            "row": ends[name] if name in ends else int(name),
            "pos": 3,
            **({"upto": -1} if view == "patching" else {}),
        }


@pytest.mark.parametrize("view", VIEWS)
def test_hostile_values_of_a_link_do_no_harm(view: str) -> None:
    query = {
        "lang": "en", "ma_view": view, "ma_pos": "1e99", "ma_row": "-7", "ma_pins": "<script>,-1,99999999",
        "ma_answer": "nan", "ma_against": "49152", "ma_off": "'; --", "ma_upto": "200", "ma_block": "999",
        "ma_neuron": "x", "ma_part": "<b>",
    }  # fmt: skip
    healthy(visit("model_anatomy", query))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("view", VIEWS)
def test_a_decoder_stands_in_for_an_encoder_decoder_and_is_named(view: str, language: Language) -> None:
    query = {"lang": language, "ma_view": view, "model": "date-translator", "text": "seventy-one"}
    app = visit("model_anatomy", query)
    healthy(app)
    assert app.selectbox(key="model_widget").value == "smollm2-135m"
    (sentence,) = [one.value for one in app.caption if str(one.value).startswith(":material/info:")]
    assert "Date translator" in sentence
    assert "SmolLM2" in sentence


@pytest.mark.parametrize(("language", "decoder"), [("en", DECODER), ("zh", CHINESE)])
def test_masks_open_on_a_decoder_whose_tokens_can_be_read(language: Language, decoder: str) -> None:
    page = catalog.find("model_anatomy")
    assert model_anatomy.causal(page.text[language]) == decoder
    healthy(visit("model_anatomy", {"lang": language, "ma_view": "masks"}))
    found = results.bundled(model_masks.masks, {"model": decoder, "text": page.text[language]}, EXAMPLES)
    assert found is not None
    assert not [one for one in found.masks[0].queries if "|" in one], "no pieces of characters"
