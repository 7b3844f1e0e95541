"""The charts of what switching heads off changed: their values, their scale, what is said of each."""

from __future__ import annotations

import numpy as np
import pytest
from plotly.graph_objects import Figure

from core.catalog import LANGUAGES
from core.compute.attention_heads.ablation import Ablation
from core.figures.attention_heads import ablation as figures
from core.figures.charts import CATEGORY, Spec, alt_of
from core.models.tokens.labels import Tokens
from pages.kit.text import Words

N = 12
HOSTILE = '<img src=x onerror="window.hacked=1">'
BEFORE = np.array([0.9, 0.05, 0.02, 0.01, 0.004, 0.003, 0.002, 0.001], np.float32)


def words(language: str = "en") -> dict[str, str]:
    found: dict[str, str] = Words(language, "attention_heads").get("ablation.charts")
    return found


def ablation_of(*, decoder: bool = True, size: float = 1.0) -> Ablation:
    """Changes of at most `size`: nats of a decoder's loss, or 1 − cosine of an encoder's vectors."""
    change = (np.linspace(-0.5, 1, N) * size).astype(np.float32)
    loss = np.linspace(0.5, 6, N).astype(np.float32)
    nothing = np.zeros(0, np.float32)
    loss[0] = np.nan
    labels = (HOSTILE, *map(str, range(1, N)))
    return Ablation(
        heads=("1.2",),
        mode="zero",
        tokens=Tokens(tuple(range(N)), labels, (b"",) * N, (False,) * N, tuple(range(N))),
        candidate_ids=tuple(range(8)) if decoder else (),
        candidates=(HOSTILE, *"bcdefgh") if decoder else (),
        before=BEFORE if decoder else nothing,
        after=BEFORE[::-1] if decoder else nothing,
        loss_before=loss if decoder else nothing,
        loss_after=loss + change if decoder else nothing,
        kl=0.1,
        similarity=1 - np.abs(change),
        sentence_similarity=0.999,
    )


def drawn(result: Ablation, language: str = "en") -> Spec:
    spec = figures.tokens(result, words(language), language=language)
    Figure(spec)
    return spec


@pytest.mark.parametrize("language", LANGUAGES)
def test_candidates_stand_with_both_probabilities(language: str) -> None:
    spec = figures.candidates(ablation_of(), words(language), language=language, most=8)
    Figure(spec)
    before, after, texts = spec["data"]
    assert before["x"] == pytest.approx(BEFORE.tolist())
    assert after["x"] == pytest.approx(BEFORE[::-1].tolist())
    assert before["y"] == after["y"] == texts["y"] == list(range(8))
    assert texts["x"] == pytest.approx(np.maximum(BEFORE, BEFORE[::-1]).tolist())
    assert texts["text"][0].strip() == "90\u202f% → 0.1\u202f%"
    assert spec["layout"]["yaxis"]["ticktext"][1:] == list("bcdefgh")
    assert spec["layout"]["xaxis"]["range"][1] > 1.5 * 0.9  # the texts have room beside the bars
    assert "5.0\u202f%" in before["hovertext"][1]
    assert words(language)["after"] in after["hovertext"][1].replace("<br>", "")
    assert "90\u202f%" in alt_of(spec)


def test_a_lecture_shows_the_most_probable_ones_of_each_run() -> None:
    spec = figures.candidates(ablation_of(), words(), language="en", most=2)
    assert spec["layout"]["yaxis"]["ticktext"][1:] == ["b", "g", "h"]
    assert spec["data"][1]["x"] == pytest.approx([0.001, 0.002, 0.05, 0.9])


@pytest.mark.parametrize(("size", "reach"), [(1.0, 1.0), (0.05, 0.05), (1e-4, 0.02), (140.0, 140.0)])
def test_losses_have_a_scale_of_their_own(size: float, reach: float) -> None:
    assert drawn(ablation_of(size=size))["layout"]["xaxis"]["range"] == pytest.approx(
        [-reach, reach], rel=1e-4
    )


def test_every_token_has_its_change_and_the_first_has_none() -> None:
    spec = drawn(ablation_of())
    (trace,) = spec["data"]
    assert trace["x"] == pytest.approx([0, *np.linspace(-0.5, 1, N)[1:]], abs=1e-6)
    assert trace["y"] == list(range(N))
    easier = {colour for colour, value in zip(trace["marker"]["color"], trace["x"], strict=True) if value < 0}
    harder = {colour for colour, value in zip(trace["marker"]["color"], trace["x"], strict=True) if value > 0}
    assert (easier, harder) == ({CATEGORY[figures.LESS]}, {CATEGORY[figures.MORE]})
    assert "no loss" in trace["hovertext"][0]
    assert trace["hovertext"][N - 1].replace("<br>", " ") == "“11”: loss 6 → 7 nats (+1)"
    assert spec["layout"]["yaxis"]["autorange"] == "reversed"
    assert "“11”: +1" in alt_of(spec)


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_many_tokens_those_are_drawn_that_changed_most(language: str) -> None:
    """In the order of the text; the heading says that they are some."""
    result, said = ablation_of(), words(language)
    spec = figures.tokens(result, said, language=language, most=4, highest=150)
    change = np.nan_to_num(result.loss_after - result.loss_before)
    kept = sorted(np.argsort(-np.abs(change), kind="stable")[:4].tolist())
    assert spec["data"][0]["x"] == pytest.approx(change[kept].tolist())
    assert spec["layout"]["yaxis"]["ticktext"] == [str(at) for at in kept]
    assert spec["layout"]["title"]["text"] != drawn(result, language)["layout"]["title"]["text"]
    assert "4" in spec["layout"]["title"]["text"]
    assert spec["layout"]["height"] == 150


def test_small_turns_of_an_encoder_reach_the_end_of_the_scale() -> None:
    spec = drawn(ablation_of(decoder=False, size=1.2e-4))
    (trace,) = spec["data"]
    assert spec["layout"]["xaxis"]["range"] == pytest.approx([0, 1.2e-4], rel=1e-3)
    assert len(set(trace["x"])) > 6
    assert "cosine 0.999880" in trace["hovertext"][-1].replace("<br>", " ")
    assert "= 0.00012)" in trace["hovertext"][-1]


def test_rounding_is_not_drawn_as_change() -> None:
    spec = drawn(ablation_of(decoder=False, size=0))
    assert spec["layout"]["xaxis"]["range"] == [0, 1e-6]
    assert set(spec["data"][0]["x"]) == {0}


def test_hostile_labels_stay_text() -> None:
    both = figures.candidates(ablation_of(), words(), language="en", most=8)
    for spec in (both, drawn(ablation_of())):
        assert "<img" not in str(spec["data"])
        assert "<img" not in str(spec["layout"]["yaxis"])
        assert "&lt;img" in str(spec)
