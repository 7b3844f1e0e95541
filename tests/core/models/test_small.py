"""8-bit weights: the same modules, beside float32 weights of the same values and the package gguf."""

from __future__ import annotations

import copy
import gc
import itertools
import weakref
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, dequantize, quantize
from torch import nn

from core.compute.embedding_space.contextual import input_vectors
from core.compute.model_anatomy import flow, lens, neurons
from core.compute.model_anatomy.parts import structure
from core.errors import ModelTooLarge
from core.models.load import small
from core.models.load.loading import load
from core.models.load.manifest import read_manifest
from core.models.load.quantized import GROUPS, Coded, from_gguf, unpack
from core.models.load.residency import LoadedModel, evict, resident
from core.models.read.positions import position_table
from core.models.read.trace import make_trace, projections
from core.models.specs import find
from core.paths import MODELS
from tests.core.models import held_out
from tests.core.tiny import DECODERS, NAMES, SAMPLE, tiny

QWEN = "qwen2.5-coder-0.5b"
TOP_1, NATS = 0.97, 0.02


@cache
def pair(name: str) -> tuple[LoadedModel, LoadedModel]:
    """A random model with 8-bit weights, and in float32 with exactly the weights that its codes stand for."""
    made, rng = tiny(name), np.random.default_rng(NAMES.index(name))
    coded, plain = copy.deepcopy(made.model), copy.deepcopy(made.model)
    encodings = encodings_of(plain)
    small.lay_out(coded, encodings)
    for key, one in small.finish(coded, encodings).items():
        one.codes[...] = rng.integers(-128, 128, one.codes.shape, np.int8)
        one.scale[...] = rng.uniform(0.001, 0.004, one.scale.shape)
        groups = one.codes.reshape(*one.scale.shape, -1) * one.scale.astype(np.float32)[..., None]
        if one.least is not None:
            one.least[...] = rng.uniform(-0.1, 0.1, one.least.shape)
            groups += one.least.astype(np.float32)[..., None]
        with torch.no_grad():
            plain.get_parameter(key).copy_(torch.from_numpy(groups.reshape(one.codes.shape)))
    return replace(made, model=coded.eval(), dtype="int8"), replace(made, model=plain.eval())


def encodings_of(model: nn.Module) -> dict[str, str]:
    """Each encoding in turn, where the rows are long enough for its groups."""
    kinds = itertools.cycle(GROUPS)
    return {
        key: next((kind for kind in itertools.islice(kinds, len(GROUPS)) if fits(parameter, kind)), "f32")
        for key, parameter in model.named_parameters()
    }


def fits(parameter: nn.Parameter, kind: str) -> bool:
    return parameter.ndim == 2 and parameter.shape[1] % GROUPS[kind].size == 0


def near(one: Any, other: Any, share: float = 1e-5) -> None:
    """Equal but for the order of sums, as a share of the largest number."""
    one, other = np.asarray(one, np.float64), np.asarray(other, np.float64)
    assert one.shape == other.shape
    assert np.abs(one - other).max(initial=0) <= share * np.abs(other).max(initial=1e-9)


# ------------------------------------------------------------------------------------------ codes


@pytest.mark.parametrize("encoding", [encoding for encoding in GROUPS if encoding != "q4_0"])
def test_codes_stand_for_what_the_blocks_do(encoding: str) -> None:
    """Scale · code + minimum, bit for bit what the package gguf reads from the same bytes."""
    rng = np.random.default_rng(0)
    kind = GGMLQuantizationType[encoding.upper()]
    source = rng.standard_normal((40, 512)).astype(np.float32)
    raw = quantize(source, kind) if encoding[-1] != "k" else blocks(rng, kind)
    group, shape = GROUPS[encoding], (40, 512 // GROUPS[encoding].size)
    coded = Coded(np.empty((40, 512), np.int8), *(np.empty(shape, group.type) for _ in range(2)))
    unpack("w", encoding, from_gguf("w", encoding, raw), coded)
    found = coded.codes.reshape(*shape, -1) * coded.scale.astype(np.float32)[..., None]
    if group.least:
        found += np.asarray(coded.least, np.float32)[..., None]
    np.testing.assert_array_equal(found.reshape(40, 512), dequantize(raw, kind))


def blocks(rng: np.random.Generator, kind: GGMLQuantizationType) -> Any:
    """Random blocks whose halves are finite: that package writes none of these."""
    size, length = GGML_QUANT_SIZES[kind]
    raw = rng.integers(0, 256, (40, 512 // size, length), np.uint8)
    at = [0, 2] if kind == GGMLQuantizationType.Q4_K else [208]
    for start in at:
        halves = rng.uniform(-1, 1, (40, 512 // size, 1)).astype("<f2")
        raw[:, :, start : start + 2] = halves.view(np.uint8)
    return raw.reshape(40, -1)


@pytest.mark.parametrize("rows", [1, 32, 33])
def test_a_matrix_of_many_pieces_is_one_product(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(small, "PIECE", 7 * 64)
    monkeypatch.setattr(small, "LARGE_PIECE", 5 * 64)
    linear = nn.Linear(64, 33)
    small.lay_out(linear, {"weight": "q8_0"})
    one = small.finish(linear, {"weight": "q8_0"})["weight"]
    rng = np.random.default_rng(rows)
    one.codes[...] = rng.integers(-127, 128, one.codes.shape)
    one.scale[...] = rng.uniform(0.5, 1, one.scale.shape)
    x = rng.standard_normal((2, rows, 64)).astype(np.float32)
    weights = (one.codes.reshape(33, 2, 32) * one.scale.astype(np.float64)[..., None]).reshape(33, 64)
    with torch.inference_mode():
        found = linear(torch.from_numpy(x)).numpy()
    near(found, x.astype(np.float64) @ weights.T + linear.bias.detach().numpy(), 1e-6)


# ------------------------------------------------------------------------------------------ whole models


@pytest.mark.parametrize("name", NAMES)
def test_a_model_computes_what_its_codes_stand_for(name: str) -> None:
    """Logits, hidden states and attentions of every family, beside transformers' own modules in float32."""
    one, other = (make_trace(side, SAMPLE, limit=60, target=SAMPLE) for side in pair(name))
    for field in ("hidden", "attention", "logits", "target_hidden", "target_attention", "cross_attention"):
        if getattr(other, field) is not None:
            near(getattr(one, field), getattr(other, field))


@pytest.mark.parametrize("name", NAMES)
def test_its_bytes_are_a_closed_form(name: str) -> None:
    """One for a code; two or four for each scale and each minimum; four for every other number; tied ones once."""
    (coded, plain), total = pair(name), 0
    encodings = encodings_of(plain.model)
    maps = {id(one.weight) for one in plain.model.modules() if type(one) in (nn.Linear, nn.Embedding)}
    for key, parameter in plain.model.named_parameters():
        count, kind = parameter.numel(), encodings[key]
        if id(parameter) not in maps or kind == "f32":
            total += 4 * count
        else:
            total += (
                count + {"q4_1": 4, "q4_0": 2, "q5_0": 2, "q8_0": 2, "q4_k": 8, "q6_k": 8}[kind] * count // 32
            )
    assert small.bytes_held(coded.model) == small.bytes_of(plain.model, encodings) == total
    assert small.bytes_held(plain.model) == sum(one.numel() * 4 for one in plain.model.parameters())
    assert small.is_small(coded.model)
    assert not small.is_small(plain.model)


@pytest.mark.parametrize("name", NAMES)
def test_its_anatomy_is_the_same(name: str) -> None:
    assert structure(loaded=pair(name)[0]) == structure(loaded=pair(name)[1])


def test_it_takes_states_in_float32() -> None:
    for name in NAMES:
        model: Any = pair(name)[0].model
        assert model.dtype == torch.float32


@pytest.mark.parametrize("name", DECODERS)
def test_what_pages_read_of_weights_is_what_they_stand_for(name: str) -> None:
    """Lens, contributions, neurons, one number's making, projections, embeddings, positions."""
    (coded, trace), (plain, other) = ((side, make_trace(side, SAMPLE, limit=60)) for side in pair(name))
    both: Any = ((coded, trace), (plain, other))
    one, two = (lens.lens(loaded=side, trace=own) for side, own in both)
    near(one.entropy, two.entropy, 1e-4)
    parts = [lens.contributions(loaded=side, trace=own) for side, own in both]
    assert parts[0].candidate_ids.tolist() == parts[1].candidate_ids.tolist()
    for field in ("embedding", "heads", "mlp"):
        near(getattr(parts[0], field), getattr(parts[1], field), 1e-4)
    fired = [neurons.neurons(loaded=side, trace=own) for side, own in both]
    near(fired[0].activation, fired[1].activation, 1e-4)
    assert fired[0].up.tolist() == fired[1].up.tolist()
    made = [projections(side, other, 1) for side in (coded, plain)]
    for field in ("q", "k", "v"):
        near(getattr(made[0], field), getattr(made[1], field))
    asked: Any = {"text": SAMPLE, "stack": "decoder", "layer": 1, "box": "q", "token": 2, "at": 3}
    cells = [flow.cell(loaded=side, **asked) for side in (coded, plain)]
    np.testing.assert_array_equal(cells[0].weights, cells[1].weights)
    near(cells[0].bias + cells[0].inputs @ cells[0].weights, cells[0].value)
    if name == "gpt2":
        np.testing.assert_array_equal(position_table(coded), position_table(plain))


def test_words_of_the_table_have_their_vectors() -> None:
    one, other = (input_vectors(loaded=side, count=5) for side in pair("llama"))
    assert one.words == other.words
    np.testing.assert_array_equal(one.vectors, other.vectors)


def test_it_is_gone_with_the_last_who_holds_it() -> None:
    """No circle holds it: it may have been frozen, and then nothing would look for circles."""
    model = copy.deepcopy(tiny("llama").model)
    encodings = encodings_of(model)
    small.lay_out(model, encodings)
    small.finish(model, encodings)
    assert small.is_small(model)
    alive = [weakref.ref(module.weight) for module in small.matrices(model)]
    gc.disable()
    try:
        del model
        assert [one() for one in alive if one()] == []
    finally:
        gc.enable()


def test_hooks_change_what_comes_after() -> None:
    """A state that is put in the place of a layer's output, and what a linear map is given."""
    coded, plain = pair("qwen2")
    ids = torch.tensor([coded.tokenizer(SAMPLE).input_ids])
    state = torch.randn(1, ids.shape[1], 32, generator=torch.Generator().manual_seed(1))
    found = []
    for side in (coded, plain):
        model: Any = side.model
        given: list[torch.Tensor] = []
        layer = model.model.layers[0]
        hooks = [
            layer.register_forward_hook(
                lambda _m, _g, made: (state, *made[1:]) if isinstance(made, tuple) else state
            ),
            model.model.layers[1].mlp.down_proj.register_forward_pre_hook(
                lambda _m, g, into=given: into.append(g[0])
            ),
        ]
        with torch.inference_mode():
            logits = model(ids).logits
        for hook in hooks:
            hook.remove()
        found.append((logits, given[0]))
    near(found[0][0], found[1][0])
    near(found[0][1], found[1][1])


def test_it_writes_as_the_other_does() -> None:
    texts = []
    for side in pair("llama"):
        model: Any = side.model
        ids = torch.tensor([side.tokenizer(SAMPLE).input_ids])
        texts.append(model.generate(ids, max_new_tokens=12, do_sample=False, pad_token_id=3).tolist())
    assert texts[0] == texts[1]


# ------------------------------------------------------------------------------------------ bundled models


@pytest.fixture
def alone() -> Iterator[None]:
    for one in resident():
        evict(one.id)
    yield
    for one in resident():
        evict(one.id)


def agrees(model: str, length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Load both forms, one after the other, and compare what they foretell in English and in Chinese."""
    spec = find(model)
    monkeypatch.setenv("GLASSBOX_MODEL_BUDGET_MB", str(1.5 * spec.megabytes + 10))  # two thirds of it
    full = load(model)
    assert full.dtype == "float32"
    lines = held_out.lines(full.tokenizer, length)
    expected = held_out.scores(full, lines)
    del full
    monkeypatch.setenv("GLASSBOX_MODEL_BUDGET_MB", str(1.5 * spec.megabytes - 10))
    evict(model)
    compact = load(model)
    assert (compact.dtype, compact.device) == ("int8", "cpu")
    assert compact.bytes < 0.28 * 1e6 * spec.megabytes
    assert compact.spec.parameters == sum(one.numel() for one in compact.model.parameters())
    found = held_out.scores(compact, lines)
    for half in (slice(2), slice(2, 4)):
        ours, theirs = torch.cat(found[half]), torch.cat(expected[half])
        assert (ours.argmax(-1) == theirs.argmax(-1)).float().mean() >= TOP_1
        assert (theirs.exp() * (theirs - ours)).sum(-1).mean() <= NATS


@pytest.mark.usefixtures("alone")
def test_smollm2_in_8_bits_foretells_what_it_does_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    agrees("smollm2-135m", 128, monkeypatch)


@pytest.mark.usefixtures("alone")
@pytest.mark.timeout(600)
def test_qwen_in_8_bits_foretells_what_it_does_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = MODELS / QWEN
    lacking = (
        [name for name in read_manifest(QWEN, folder).sha256 if not (folder / name).is_file()]
        if (folder / "manifest.json").is_file()
        else ["manifest.json"]
    )
    if lacking:
        pytest.skip(f"the folder of {QWEN} is not complete: {lacking[0]} is missing")
    agrees(QWEN, 128, monkeypatch)


@pytest.mark.usefixtures("alone")
def test_e5_in_8_bits_reads_as_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for budget, kind in (("240", "float32"), ("225", "int8")):
        monkeypatch.setenv("GLASSBOX_MODEL_BUDGET_MB", budget)
        evict("e5-small-enzh")
        loaded = load("e5-small-enzh")
        assert loaded.dtype == kind
        found.append(make_trace(loaded, "The cat sleeps. 猫睡在沙发上。", limit=60))
    near(found[1].hidden, found[0].hidden)
    near(found[1].attention, found[0].attention, 1e-4)


@pytest.mark.usefixtures("alone")
def test_below_that_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLASSBOX_MODEL_BUDGET_MB", "130")
    with pytest.raises(ModelTooLarge) as caught:
        load("smollm2-135m")
    assert caught.value.values == {"model": "smollm2-135m", "need_mb": 150, "limit_mb": 130}
    assert load("tiny-gpt").dtype == "float32"


@pytest.mark.usefixtures("alone")
@pytest.mark.cuda
def test_a_gpu_never_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLASSBOX_MODEL_BUDGET_MB", "200")
    with pytest.raises(ModelTooLarge):
        load("smollm2-135m")
