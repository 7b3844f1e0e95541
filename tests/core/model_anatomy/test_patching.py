"""Activation patching against the model's own runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from core.compute.model_anatomy import patching as compute
from core.errors import BadParameter, NeedsPreNorm, SameTexts, TextTooLong, UnequalTexts
from core.models.load.loading import load
from core.models.read.trace import make_trace
from tests.core.tiny import DECODERS, tiny

ONE, TWO = "The cat and the dog", "The dog and the cat"
FRANCE, ITALY = "The capital of France is", "The capital of Italy is"


def trace_of(loaded: Any, text: str) -> Any:
    return make_trace(loaded, text, limit=60)


@pytest.mark.parametrize("name", DECODERS)
def test_all_tokens_patched_at_a_layer_are_the_other_run(name: str) -> None:
    loaded = tiny(name)
    giver = trace_of(loaded, ONE)
    last = len(giver.tokens) - 1
    for layer in (0, 1, 2):
        found = compute.patch_span(loaded=loaded, trace=giver, other=TWO, layer=layer, first=0, last=last)
        np.testing.assert_allclose(found.logits, giver.logits[-1], atol=1e-4)
        assert abs(found.effect - 1) < 1e-3


@pytest.mark.parametrize("name", DECODERS)
@pytest.mark.parametrize("part", compute.PARTS)
def test_the_map_holds_what_single_patches_give(name: str, part: str) -> None:
    loaded = tiny(name)
    giver = trace_of(loaded, ONE)
    found = compute.patching(loaded=loaded, trace=giver, other=TWO, part=part)
    for layer, at in ((0, 1), (1, 3), (2, 0)):
        single = compute.patch_span(
            loaded=loaded, trace=giver, other=TWO, part=part, layer=layer, first=at, last=at
        )
        np.testing.assert_allclose(found.effect[layer, at], single.effect, atol=1e-3)
        assert found.top_ids[layer, at].tolist() == single.top_ids.tolist()


def test_a_patch_is_what_a_hook_on_the_model_does() -> None:
    """The same by the plainest means: one hook in one forward of the whole model."""
    loaded = tiny("gpt2")
    giver = trace_of(loaded, ONE)
    model: Any = loaded.model

    def hook(_module: Any, given: tuple[Any, ...]) -> Any:
        state = given[0].clone()
        state[0, 2] = torch.from_numpy(giver.hidden[1, 2].copy())
        return (state, *given[1:])

    handle = model.transformer.h[1].register_forward_pre_hook(hook)
    with torch.inference_mode():
        expected = model(torch.tensor([trace_of(loaded, TWO).tokens.ids])).logits[0, -1].numpy()
    handle.remove()
    found = compute.patch_span(loaded=loaded, trace=giver, other=TWO, layer=1, first=2, last=2)
    np.testing.assert_allclose(found.logits, expected, atol=1e-4)


def test_france_into_italy_on_the_bundled_model() -> None:
    """Early the country's token carries the answer, late the last token does; tokens before it carry nothing."""
    loaded = load("smollm2-135m")
    found = compute.patching(loaded=loaded, trace=trace_of(loaded, FRANCE), other=ITALY)
    assert found.answers == ("·Paris", "·Rome")
    assert found.effect.shape == (30, 5)
    np.testing.assert_allclose(found.effect[:, :3], 0, atol=1e-3)
    assert found.effect[0].argmax() == 3
    assert found.effect[0, 3] > 0.95
    assert found.effect[-1].argmax() == 4
    assert found.effect[-1, 4] > 0.9
    notice = compute.patch_notice(found)
    assert notice.early == "·France"
    assert notice.late == "·is"
    assert 10 <= notice.moves <= 27
    assert notice.hands_over
    for weak in (
        replace(notice, early_effect=0.3),
        replace(notice, late=notice.early),
        replace(notice, moves=-1),
    ):
        assert not weak.hands_over


def test_what_cannot_be_patched_is_refused() -> None:
    loaded = tiny("llama")
    giver = trace_of(loaded, ONE)
    with pytest.raises(UnequalTexts) as unequal:
        compute.patching(loaded=loaded, trace=giver, other="The cat")
    assert unequal.value.values["first"] == len(giver.tokens)
    with pytest.raises(SameTexts):
        compute.patching(loaded=loaded, trace=giver, other=ONE)
    long = trace_of(loaded, "a b c d e f g 0 1 2 3 4 5 6 7 8 9")
    with pytest.raises(TextTooLong):
        compute.patching(loaded=loaded, trace=long, other="b b c d e f g 0 1 2 3 4 5 6 7 8 9")
    with pytest.raises(BadParameter):
        compute.patching(loaded=loaded, trace=giver, other=TWO, part="all")
    for span in ((3, 0, 0), (0, 2, 1), (0, 0, 99), (-1, 0, 0)):
        with pytest.raises(BadParameter):
            compute.patch_span(
                loaded=loaded, trace=giver, other=TWO, layer=span[0], first=span[1], last=span[2]
            )
    encoder = tiny("bert-mlm")
    with pytest.raises(NeedsPreNorm):
        compute.patching(loaded=encoder, trace=trace_of(encoder, ONE), other=TWO)
