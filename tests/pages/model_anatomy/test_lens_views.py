"""The views of the residual stream on the page: what they refuse, and in which words."""

from __future__ import annotations

from typing import Any

import pytest

from core import catalog, results
from core.catalog import LANGUAGES, Language, model_anatomy
from core.catalog.model_anatomy import FRANCE
from core.compute.model_anatomy import masks as model_masks
from core.figures.buffer import unpack
from core.paths import EXAMPLES
from pages.kit import canvas
from pages.kit.text import table
from tests.pages.app import components, healthy, visit

VIEWS = ("lens", "contributions", "norms", "patching", "neurons")


def said(language: Language, error: str) -> str:
    return str(table(language, "common")["errors"][error]).split("{")[0]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("view", VIEWS)
def test_every_view_opens(view: str, language: Language) -> None:
    app = visit("model_anatomy", {"lang": language, "ma_view": view})
    healthy(app)
    assert not app.warning, [one.value for one in app.warning]
    assert "glassbox_lens_views" in components(app)


@pytest.mark.parametrize("view", ["lens", "neurons"])
def test_a_new_text_is_drawn_at_once_and_then_in_full(view: str, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[bytes] = []
    mount = canvas.mount

    def noted(name: str, data: bytes, **more: Any) -> None:
        drawn.extend([data] if name == "lens_views" else [])
        mount(name, data, **more)

    monkeypatch.setattr(canvas, "mount", noted)
    query = {"lang": "en", "ma_view": view, "text": f"A new text for the {view} is"}
    app = visit("model_anatomy", query)
    healthy(app)
    assert not app.warning
    (few, first), (all_, whole) = (unpack(data) for data in drawn)
    if view == "lens":
        assert few["layers"] == [0, all_["depth"]]
        assert len(all_["layers"]) > 20
        assert len(whole["top_ids"]) == len(all_["layers"])
    else:
        assert first["up"].size == 0 < whole["up"].size
    visit("model_anatomy", query)
    assert len(drawn) == 3, "what is kept is drawn once, in full"


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
def test_an_encoder_decoder_is_told_what_to_choose_instead(view: str, language: Language) -> None:
    query = {"lang": language, "ma_view": view, "model": "date-translator", "text": "seventy-one"}
    app = visit("model_anatomy", query)
    assert not app.exception
    assert len(app.warning) == 1
    sentence = str(app.warning[0].value)
    assert "SmolLM2" in sentence
    assert "E5" in sentence
    assert "glassbox_lens_views" not in components(app)


@pytest.mark.parametrize(("language", "decoder"), [("en", "smollm2-135m"), ("zh", "poem-gpt")])
def test_masks_open_on_a_decoder_whose_tokens_can_be_read(language: Language, decoder: str) -> None:
    page = catalog.find("model_anatomy")
    assert model_anatomy.causal(page.text[language]) == decoder
    healthy(visit("model_anatomy", {"lang": language, "ma_view": "masks"}))
    found = results.bundled(model_masks.masks, {"model": decoder, "text": page.text[language]}, EXAMPLES)
    assert found is not None
    assert not [one for one in found.masks[0].queries if "|" in one], "no pieces of characters"
