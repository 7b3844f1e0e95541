"""Logit lens, contributions, norms, neurons: against the model's own numbers and against transformers."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from core.compute.model_anatomy import lens as model_lens
from core.compute.model_anatomy import neurons as model_lens_neurons
from core.compute.model_anatomy import norms as model_lens_norms
from core.errors import BadParameter, NeedsHead, NeedsOneStack, NeedsPreNorm
from core.models.load.loading import load
from core.models.load.residency import LoadedModel
from core.models.read.trace import Trace, make_trace
from tests.core.tiny import DECODERS, SAMPLE, tiny

FRANCE = "The capital of France is"


def trace_of(loaded: LoadedModel, text: str = SAMPLE) -> Any:
    return make_trace(loaded, text, limit=60)


@pytest.fixture(scope="module")
def smollm() -> LoadedModel:
    return load("smollm2-135m")


@pytest.fixture(scope="module")
def france(smollm: LoadedModel) -> Trace:
    """The bundled decoder's run of the page's opening text."""
    trace: Trace = trace_of(smollm, FRANCE)
    return trace


@pytest.fixture(scope="module")
def grid(smollm: LoadedModel, france: Trace) -> model_lens.Lens:
    return model_lens.lens(loaded=smollm, trace=france)


@pytest.fixture(scope="module")
def fired(smollm: LoadedModel, france: Trace) -> model_lens_neurons.Neurons:
    return model_lens_neurons.neurons(loaded=smollm, trace=france)


# --- lens -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*DECODERS, "bert-mlm"])
def test_last_row_is_the_models_own_output(name: str) -> None:
    loaded = tiny(name)
    trace = trace_of(loaded)
    result = model_lens.lens(loaded=loaded, trace=trace)
    own = torch.softmax(torch.from_numpy(trace.logits.copy()).double(), -1)
    best = own.topk(result.top_ids.shape[-1])
    assert np.array_equal(result.top_ids[-1], best.indices.numpy())
    np.testing.assert_allclose(result.top_probability[-1], best.values.numpy(), rtol=1e-5)
    np.testing.assert_allclose(result.entropy[-1], torch.special.entr(own).sum(-1).numpy(), rtol=1e-4)
    assert (result.rank[-1] == 1).all()


@pytest.mark.parametrize("name", [*DECODERS, "bert-mlm"])
def test_the_last_state_gives_the_output_when_it_is_normed_once(name: str) -> None:
    from core.models.read.stream import head, read_out

    loaded = tiny(name)
    trace = trace_of(loaded)
    normed = torch.from_numpy(trace.hidden[-1].copy())
    with torch.inference_mode():
        np.testing.assert_allclose(head(loaded)(normed).numpy(), trace.logits, atol=1e-4)
        if name != "bert-mlm":
            assert not np.allclose(read_out(loaded, normed).numpy(), trace.logits, atol=1e-2)


def test_a_row_between_is_the_head_on_the_normed_state(
    smollm: LoadedModel, france: Trace, grid: model_lens.Lens
) -> None:
    model: Any = smollm.model
    with torch.inference_mode():
        logits = model.lm_head(model.model.norm(torch.from_numpy(france.hidden[24].copy())))
    chance = logits.softmax(-1)
    assert np.array_equal(grid.top_ids[24, :, 0], chance.argmax(-1).numpy())
    np.testing.assert_allclose(grid.top_probability[24], chance.topk(8).values.numpy(), rtol=1e-3)


def test_tracks_agree_with_the_grid(smollm: LoadedModel, france: Trace, grid: model_lens.Lens) -> None:
    pin = str(int(grid.top_ids[20, 2, 0]))
    found = model_lens.tracks(loaded=smollm, trace=france, at=2, pins=(pin,))
    assert found.rank[1, 20] == 1
    np.testing.assert_allclose(found.probability[1, 20], grid.top_probability[20, 2, 0], rtol=1e-4)
    assert np.array_equal(found.rank[0], grid.rank[:, 2])
    for wrong in ("-1", "x", "49152", "99999999", "１"):
        with pytest.raises(BadParameter):
            model_lens.tracks(loaded=smollm, trace=france, pins=(wrong,))


def test_many_tokens_are_read_in_fewer_layers_unless_all_are_asked_for() -> None:
    assert len(model_lens.rows(30, 128, dense=True)) == 31
    for tokens in (1, 18, 19, 32, 64, 128):
        found = model_lens.rows(30, tokens, dense=False)
        assert found[0] == 0
        assert found[-1] == 30
        assert (len(found) - 1) * tokens <= model_lens.CELLS + tokens


@pytest.mark.parametrize(
    ("name", "error"), [("bert", NeedsHead), ("t5", NeedsOneStack), ("marian", NeedsOneStack)]
)
def test_what_has_no_lens_is_refused(name: str, error: type[Exception]) -> None:
    loaded = tiny(name)
    trace = make_trace(
        loaded, SAMPLE, limit=60, target=SAMPLE if loaded.spec.kind == "encoder-decoder" else ""
    )
    with pytest.raises(error):
        model_lens.lens(loaded=loaded, trace=trace)


# --- contributions ----------------------------------------------------------------------------------------


def adds_up(loaded: LoadedModel, text: str = SAMPLE, at: int = -1) -> model_lens.Contributions:
    trace = trace_of(loaded, text)
    found = model_lens.contributions(loaded=loaded, trace=trace, at=at)
    parts = (found.embedding + found.position + found.norm_bias + found.head_bias
             + found.heads.sum((1, 2)) + found.attention_bias.sum(1) + found.mlp.sum(1))  # fmt: skip
    own = trace.logits[found.at][found.candidate_ids]
    assert (np.abs(parts - own) <= 1e-3 * found.magnitude).all()
    assert (np.abs(found.residual) <= 1e-3 * found.magnitude).all()
    np.testing.assert_allclose(found.logits, own)
    return found


@pytest.mark.parametrize("name", DECODERS)
@pytest.mark.parametrize("at", [-1, 0, 3])
def test_contributions_add_up_to_the_logit(name: str, at: int) -> None:
    found = adds_up(tiny(name), at=at)
    gpt2 = name == "gpt2"
    assert bool(found.norm_bias.any()) is gpt2  # RMSNorm has none
    assert bool(found.position.any()) is gpt2
    assert bool(found.attention_bias.any()) is gpt2  # Qwen's biases are before the heads, inside them


def test_contributions_add_up_on_the_bundled_model(smollm: LoadedModel) -> None:
    found = adds_up(smollm, FRANCE)
    assert found.candidates[0] == "·Paris"
    assert float(np.abs(found.residual / found.magnitude).max()) < 1e-4


def changed(name: str, change: Any) -> LoadedModel:
    """A copy of a tiny model, changed."""
    import copy
    import threading

    loaded = dataclasses.replace(tiny(name), lock=threading.RLock())
    loaded.model = copy.deepcopy(loaded.model)
    change(loaded.model)
    return loaded


def untie(model: Any) -> None:
    with torch.no_grad():
        model.lm_head.weight = nn.Parameter(torch.randn_like(model.lm_head.weight))


def no_final_norm(model: Any) -> None:
    base = model.base_model
    setattr(base, "ln_f" if hasattr(base, "ln_f") else "norm", nn.Identity())


def head_with_bias(model: Any) -> None:
    old = model.lm_head
    model.lm_head = nn.Linear(old.in_features, old.out_features)


@pytest.mark.parametrize("name", ["gpt2", "llama", "qwen2"])
@pytest.mark.parametrize("change", [untie, no_final_norm, head_with_bias])
def test_models_that_lack_a_part_or_have_one_more_add_up(name: str, change: Any) -> None:
    found = adds_up(changed(name, change))
    assert bool(found.head_bias.any()) is (change is head_with_bias)
    assert (found.scale == 1) is (change is no_final_norm)


def test_one_heads_contribution_is_what_the_logit_loses_when_it_is_left_out_with_the_norm_frozen() -> None:
    """The definition by hand, on GPT-2's own modules: z_h W_O,h through the frozen LayerNorm and the head."""
    loaded = tiny("gpt2")
    trace = trace_of(loaded)
    found = model_lens.contributions(loaded=loaded, trace=trace)
    model: Any = loaded.model
    kept: dict[str, torch.Tensor] = {}
    block = model.transformer.h[1].attn.c_proj
    hooks = [block.register_forward_pre_hook(lambda _m, a: kept.update(z=a[0])),
             model.transformer.ln_f.register_forward_pre_hook(lambda _m, a: kept.update(x=a[0]))]  # fmt: skip
    with torch.inference_mode():
        model(torch.tensor([trace.tokens.ids]))
        for hook in hooks:
            hook.remove()
        z, x = kept["z"][0, -1].double(), kept["x"][0, -1].double()
        wide = len(z) // 4
        added = z[2 * wide : 3 * wide] @ block.weight[2 * wide : 3 * wide].double()
        norm = model.transformer.ln_f
        deviation = (x.var(unbiased=False) + norm.eps).sqrt()
        pushed = (added - added.mean()) / deviation * norm.weight.double()
        expected = pushed @ model.lm_head.weight[found.candidate_ids.tolist()].double().T
    np.testing.assert_allclose(found.heads[:, 1, 2], expected.numpy(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["bert", "bert-mlm", "xlm-roberta"])
def test_post_norm_is_refused(name: str) -> None:
    loaded = tiny(name)
    with pytest.raises(NeedsPreNorm):
        model_lens.contributions(loaded=loaded, trace=trace_of(loaded))


def test_a_chosen_token_joins_the_candidates_and_a_wrong_one_is_refused(
    smollm: LoadedModel, france: Trace
) -> None:
    found = model_lens.contributions(loaded=smollm, trace=france, answer=12345, against=3)
    assert found.candidate_ids[-2:].tolist() == [12345, 3]
    with pytest.raises(BadParameter):
        model_lens.contributions(loaded=smollm, trace=france, answer=49152)


# --- norms ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*DECODERS, "bert", "bert-mlm", "xlm-roberta"])
def test_norms_are_those_of_transformers_hidden_states(name: str) -> None:
    loaded = tiny(name)
    trace = trace_of(loaded)
    found = model_lens_norms.norms(loaded=loaded, trace=trace)
    np.testing.assert_allclose(found.stream[:-1], np.linalg.norm(trace.hidden[:-1], axis=-1), rtol=1e-5)
    a, b = trace.hidden[0].astype(float), trace.hidden[1].astype(float)
    cosine = (a * b).sum(-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)
    np.testing.assert_allclose(found.cosine[0], cosine, rtol=1e-4)
    assert found.post is (loaded.spec.kind == "encoder")


def test_the_first_token_of_the_bundled_decoder_is_massive_and_post_norm_is_reset(
    smollm: LoadedModel, france: Trace
) -> None:
    found = model_lens_norms.norms(loaded=smollm, trace=france)
    notice = model_lens_norms.norms_notice(found)
    assert notice.token == "The"
    assert notice.times > 20
    assert notice.end > 5 * notice.start
    encoder = load("e5-small-enzh")
    post = model_lens_norms.norms(loaded=encoder, trace=trace_of(encoder, FRANCE))
    assert post.post
    assert post.stream.max() < 3 * post.stream.min()


def test_nothing_left_out_changes_nothing(smollm: LoadedModel, france: Trace) -> None:
    same = model_lens_norms.without_norms(loaded=smollm, trace=france, off="none")
    np.testing.assert_allclose(same.after, same.before, atol=1e-6)
    kept = model_lens_norms.norms(loaded=smollm, trace=france)
    np.testing.assert_allclose(same.stream, kept.stream, rtol=1e-5)


def test_without_norms_the_model_breaks(smollm: LoadedModel, france: Trace) -> None:
    broken = model_lens_norms.without_norms(loaded=smollm, trace=france, off="all")
    after = np.nan_to_num(broken.after)
    assert after[broken.candidates.index("·Paris")] < 0.01
    again = trace_of(smollm, FRANCE)  # the hooks are off again
    np.testing.assert_array_equal(again.logits, france.logits)


def test_the_last_norm_left_out_is_the_head_on_the_bare_state() -> None:
    loaded = tiny("llama")
    trace = trace_of(loaded)
    found = model_lens_norms.without_norms(loaded=loaded, trace=trace, off="final")
    bare = changed("llama", no_final_norm)
    own = trace_of(bare).logits[-1].astype(float)
    chance = np.exp(own - own.max()) / np.exp(own - own.max()).sum()
    np.testing.assert_allclose(found.after, chance[found.candidate_ids], rtol=1e-4, atol=1e-6)


def test_what_is_drawn_at_first_is_part_of_what_is_drawn_then(
    smollm: LoadedModel, france: Trace, grid: model_lens.Lens, fired: model_lens_neurons.Neurons
) -> None:
    first = model_lens.glance(loaded=smollm, trace=france)
    assert len(first.layers) < len(grid.layers)
    at = [grid.layers.tolist().index(layer) for layer in first.layers]
    np.testing.assert_array_equal(first.top_ids, grid.top_ids[at])
    np.testing.assert_allclose(first.entropy, grid.entropy[at], rtol=1e-5)
    bare = model_lens_neurons.glance(loaded=smollm, trace=france)
    np.testing.assert_array_equal(bare.ids, fired.ids)
    np.testing.assert_array_equal(bare.activation, fired.activation)
    assert bare.up.shape[-1] == 0 < fired.up.shape[-1]


# --- neurons ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*DECODERS, "bert"])
def test_activations_are_what_enters_the_last_map_of_the_mlp(name: str) -> None:
    from core.models.read.stream import part, stream_of

    loaded = tiny(name)
    trace = trace_of(loaded)
    found = model_lens_neurons.neurons(loaded=loaded, trace=trace)
    kept: list[torch.Tensor] = []
    module = part(loaded, 1, stream_of(loaded).neurons)
    hook = module.register_forward_pre_hook(lambda _m, given: kept.append(given[0]))
    with torch.inference_mode():
        loaded.model(torch.tensor([trace.tokens.ids]))
    hook.remove()
    own = kept[0][0].numpy()
    np.testing.assert_allclose(found.activation[1], own[:, found.ids[1]].T, atol=1e-5)
    first = np.abs(own).argmax(axis=1)
    assert set(first.tolist()) <= set(found.ids[1].tolist())  # every token's strongest is among them
    assert np.array_equal(found.ids[1][found.strongest[1]], first)
    assert (found.up.shape[-1] > 0) is (name != "bert")


def test_a_neuron_pushes_what_its_row_says(smollm: LoadedModel, fired: model_lens_neurons.Neurons) -> None:
    model: Any = smollm.model
    written = model.model.layers[25].mlp.down_proj.weight[:, int(fired.ids[25, 0])]
    pushed = model.lm_head.weight.double() @ (written * model.model.norm.weight).double()
    assert fired.up[25, 0].tolist() == pushed.topk(6).indices.tolist()
    assert fired.down[25, 0].tolist() == (-pushed).topk(6).indices.tolist()
