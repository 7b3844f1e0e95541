"""What views need of models: what is known before a model is loaded agrees with what computations refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core.calls import Call
from core.compute.attention_heads import bertviz, cross, overview, pair, rollout, waking
from core.compute.embedding_space import contextual
from core.compute.masked_words import gaps, rule
from core.compute.model_anatomy import flow, lens, masks, neurons
from core.compute.next_token import distribution
from core.compute.position_curves import views
from core.errors import (
    NeedsDecoder,
    NeedsEncoderDecoder,
    NeedsHead,
    NeedsLearned,
    NeedsMasked,
    NeedsOneStack,
    NeedsRotary,
)
from core.models import needs
from core.models.load.loading import load
from core.models.load.residency import LoadedModel
from core.models.needs import Need
from core.models.specs import REGISTRY, find
from tests.core.tiny import tiny


def refused(function: Callable[..., Any], loaded: LoadedModel, **given: Any) -> bool:
    """Whether a computation says that it needs another kind of model."""
    try:
        Call(function, {"model": loaded.spec.id, **given}).run(loaded=lambda _: loaded)
    except (
        NeedsDecoder,
        NeedsEncoderDecoder,
        NeedsHead,
        NeedsLearned,
        NeedsMasked,
        NeedsOneStack,
        NeedsRotary,
    ):
        return True
    return False


READ = {"text": "the cat sat on the mat", "limit": 64}
NEEDED: list[tuple[Need, Callable[..., Any], dict[str, Any]]] = [
    (needs.DECODER, distribution.distribution, {"prompt": "the cat", "chat": False, "forced": ()}),
    (needs.CROSS, cross.translate, {"source": "two"}),
    (needs.ONE_STACK, neurons.neurons, READ),
    (needs.ONE_STACK, views.shuffle, {**READ, "seed": 1}),
    (needs.LEARNED, views.learned, {}),
    (needs.TURNS, views.real, {**READ, "layer": 0, "head": 0}),
]


@pytest.mark.parametrize(
    ("need", "function", "given"), NEEDED, ids=[function.__name__ for _, function, _ in NEEDED]
)
@pytest.mark.parametrize("family", ["gpt2", "llama", "bert", "marian"])
def test_a_need_is_what_the_computation_refuses(
    family: str, need: Need, function: Callable[..., Any], given: dict[str, Any]
) -> None:
    loaded = tiny(family)
    assert need.fits(loaded.spec) is not refused(function, loaded, **given)


ANYTHING: list[tuple[Callable[..., Any], dict[str, Any]]] = [
    (overview.overview, READ), (overview.calibration, {}), (overview.focus, {**READ, "layer": 0, "head": 0}),
    (rollout.rollout, READ), (waking.resting, READ), (bertviz.weights, {**READ, "layers": ()}),
    (pair.pair, {"first": "the cat", "second": "the dog"}), (flow.flow, {"text": READ["text"]}),
    (masks.masks, {"text": READ["text"]}), (rule.sheet, {"text": READ["text"]}),
    (contextual.anisotropy, {"text": "the cat\nthe dog sat\na mat"}),
    (contextual.hidden_vectors, {"text": READ["text"], "layer": -1}), (contextual.input_vectors, {"count": 20}),
    (contextual.sentence_vectors, {"text": "the cat\nthe dog sat\na mat"}),
]  # fmt: skip


@pytest.mark.parametrize(("function", "given"), ANYTHING, ids=[function.__name__ for function, _ in ANYTHING])
@pytest.mark.parametrize("family", ["gpt2", "llama", "bert", "marian", "t5"])
def test_what_needs_nothing_shows_every_kind(
    family: str, function: Callable[..., Any], given: dict[str, Any]
) -> None:
    assert not refused(function, tiny(family), **given)


@pytest.mark.parametrize("model", ["mini-bert", "e5-small-enzh", "tiny-gpt"])
def test_which_bundled_models_predict_and_fill_masks(model: str) -> None:
    loaded = load(model)
    assert needs.HEAD.fits(find(model)) is not refused(lens.lens, loaded, **READ, dense=False)
    assert needs.MASKED.fits(find(model)) is not refused(gaps.masked, loaded, text=READ["text"])


def test_every_listed_model_meets_some_need_and_every_need_has_a_bundled_model() -> None:
    found = [one for one in vars(needs).values() if isinstance(one, Need)]
    for need in found:
        assert any(need.fits(spec) for spec in REGISTRY if spec.source == "bundled")
    for spec in REGISTRY:
        assert any(need.fits(spec) for need in found if need is not needs.ANY)


def test_what_is_not_known_is_tried_and_what_is_none_is_given_back() -> None:
    assert needs.DECODER.fits(find("hub:a/b"))
    assert needs.DECODER.used("hub:a/b", "smollm2-135m") == "hub:a/b"
    assert needs.DECODER.used("<script>", "smollm2-135m") == "<script>"
    assert needs.DECODER.used("e5-small-enzh", "smollm2-135m") == "smollm2-135m"
    assert needs.DECODER.used("e5-small-enzh", "mini-bert") == "e5-small-enzh"
