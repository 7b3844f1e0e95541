"""Bundled results equal live ones, and each default and experiment visibly does what the page says."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

from core import catalog, examples
from core.calls import Call, complete, plan, walk
from core.catalog import LANGUAGES, Language
from core.catalog.attention_heads import (
    DECODER,
    ENCODED_ZH,
    ENCODER,
    INDUCTION,
    METRICS,
    SEEN_WHOLE,
    SPEAKER,
)
from core.compute.attention_heads import overview as compute
from core.compute.attention_heads.ablation import ablate
from core.models.load.loading import load
from core.models.read.trace import make_trace
from core.paths import EXAMPLES
from tests.core import same, stamp

PAGE = catalog.find("attention_heads")
WANTED = examples.wanted()
MANY_PASSES = {"waking"}
"""What runs so often that its order is compared once, in the ordinary pass."""


DUE = stamp.due(WANTED)


def marks(example: Call[Any]) -> tuple[pytest.MarkDecorator, ...]:
    """``numeric`` for a result that rests on an order; those of many passes, which say the same, run once."""
    function = inspect.unwrap(example.function)
    rests = function.__annotations__["return"] in (
        same.RANKINGS.keys() | same.LARGEST.keys() | same.SPECIAL.keys()
    )
    return (pytest.mark.numeric,) if rests and function.__name__ not in MANY_PASSES else ()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("example", [pytest.param(one, id=one.path.stem, marks=marks(one)) for one in DUE])
def test_bundled_equals_live(example: Call[Any]) -> None:
    stored = example.bundled()
    assert stored is not None, "run python -m core.examples"
    same.same(stored, examples.compute(example))


def test_nothing_else_lies_in_the_folder() -> None:
    assert {path.name for path in EXAMPLES.glob("*.npz")} == {example.path.name for example in WANTED}


def after_earlier_copy(ids: tuple[int, ...]) -> int:
    """The place after the earlier copy of the last token."""
    return ids.index(ids[-1]) + 1


def value(name: str, language: Language, step: str = "reveal") -> dict[str, Any]:
    question = next(question for question in PAGE.questions if question.id == name)
    return dict(getattr(question, step).values(language))


def score(metric: str, overview: compute.Overview) -> np.ndarray[Any, Any]:
    values: np.ndarray[Any, Any] = overview.metrics[METRICS.index(metric)]
    return values


def opened(state: dict[str, Any]) -> dict[str, Any]:
    """What a state opens on, by the name of the function; compared with live results above."""
    done = walk(plan(PAGE.stem, complete(PAGE, state)), lambda asked: asked.bundled())
    found = {inspect.unwrap(asked.function).__name__: result for asked, result in done}
    assert None not in found.values(), "run python -m core.examples"
    return found


def test_induction_head_leads_on_the_text_and_on_calibration() -> None:
    state = value("induction", "en")
    trace = make_trace(load(DECODER), state["text"], limit=256)
    values = score("induction", compute.overview(trace=trace))
    assert values[state["layer"], state["head"]] == np.nanmax(values)
    assert trace.attention[state["layer"], state["head"], -1].argmax() == after_earlier_copy(trace.tokens.ids)
    assert trace.attention[state["layer"], state["head"], -1].max() > 0.9
    calibrated = compute.calibration(loaded=load(DECODER)).metrics[METRICS.index("induction")]
    order = np.argsort(-calibrated.ravel())
    assert divmod(int(order[0]), calibrated.shape[1]) == (state["layer"], state["head"])
    strongest = {"{}.{}".format(*divmod(int(place), calibrated.shape[1])) for place in order[:4]}
    assert strongest == set(INDUCTION["en"])


def test_switching_the_induction_heads_off_takes_the_answer_away() -> None:
    state = value("switch_off", "en")
    loaded = load(DECODER)
    trace = make_trace(loaded, state["text"], limit=256)
    result = ablate(loaded=loaded, trace=trace, heads=state["ablate"])
    top = int(result.before.argmax())
    assert result.candidates[top] == "fe"
    assert result.before[top] > 0.8
    assert result.after[top] < 0.05
    assert int(result.after.argmax()) != top


def test_four_other_heads_of_the_same_layers_hardly_matter() -> None:
    loaded = load(DECODER)
    trace = make_trace(loaded, value("switch_off", "en")["text"], limit=256)
    result = ablate(loaded=loaded, trace=trace, heads=("17.0", "17.1", "17.2", "18.0"))
    top = int(result.before.argmax())
    assert int(result.after.argmax()) == top
    assert result.after[top] > 0.6


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sink_rests_on_the_first_token(language: Language) -> None:
    state = {"lang": language, **value("sink", language)}
    overview = opened(state)["overview"]
    assert score("first", overview)[state["layer"], state["head"]] > 0.95


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_encoder_sees_both_sides_and_the_decoder_does_not(language: Language) -> None:
    for step, model, sees in (("ask", SPEAKER[language], False), ("reveal", ENCODER, True)):
        state = value("both_sides", language, step)
        assert (state["model"], state["text"]) == (model, SEEN_WHOLE[language])
        attention = opened({"lang": language, **state})["overview"].attention.astype(np.int64)
        ahead = np.triu(attention, 1).sum() / attention.sum()
        assert (ahead > 0.2) if sees else (ahead == 0.0)


def shows_something(model: str, overview: compute.Overview) -> bool:
    """Whether the head that the page opens on with a model does what the heads are coloured by."""
    layer, head = (int(str(PAGE.default(name, model))) for name in ("layer", "head"))
    return bool(score(str(PAGE.default("colour", model)), overview)[layer, head] > 0.3)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_default_head_does_something_to_be_seen(language: Language) -> None:
    assert shows_something(PAGE.model[language], opened({"lang": language})["overview"])


def test_the_encoder_s_default_head_does_something_to_be_seen() -> None:
    trace = make_trace(load(ENCODER), ENCODED_ZH, limit=256)
    assert shows_something(ENCODER, compute.overview(trace=trace))
