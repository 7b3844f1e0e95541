"""Parts, shapes and counts are the model's own; what flows through it is what transformers computes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from transformers import (
    AutoConfig,
    BertConfig,
    BertForPreTraining,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    T5Config,
    T5ForConditionalGeneration,
)
from transformers.masking_utils import create_bidirectional_mask, create_causal_mask

from core import catalog
from core.compute.model_anatomy import flow as model_flow
from core.compute.model_anatomy import masks as model_masks
from core.compute.model_anatomy import parts as model_anatomy
from core.compute.model_anatomy.masks import PADS, allowed
from core.compute.model_anatomy.parts import Anatomy, anatomy, shares, structure
from core.errors import BadParameter, GlassboxError, TextEmpty, TextTooLong
from core.figures.buffer import unpack
from core.figures.model_anatomy import flow as figures
from core.models.load.loading import load
from core.models.load.residency import LoadedModel
from core.models.read.layouts import network
from core.models.read.trace import make_trace, trace_ids
from tests.core.tiny import NAMES, SAMPLE, tiny

BUNDLED = ("smollm2-135m", "e5-small-enzh")
PAGE = catalog.find("model_anatomy")


@pytest.fixture(scope="module", autouse=True)
def written_once() -> Iterator[None]:
    """What an encoder-decoder writes, word by word, is the same each time: it is generated once for each text."""
    made: dict[tuple[str, Sequence[int]], tuple[int, ...]] = {}
    write = model_flow.written

    def written(loaded: LoadedModel, ids: Sequence[int]) -> tuple[int, ...]:
        key = loaded.spec.id, tuple(ids)
        if key not in made:
            made[key] = write(loaded, ids)
        return made[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model_flow, "written", written)
        yield


def own(model: torch.nn.Module, kind: str) -> Anatomy:
    """The anatomy of a bare model of transformers."""
    shapes = {name: tuple(p.shape) for name, p in model.named_parameters(remove_duplicate=False)}
    first: dict[int, str] = {}
    ties = {}
    for name, parameter in model.named_parameters(remove_duplicate=False):
        if id(parameter) in first:
            ties[name] = first[id(parameter)]
        first.setdefault(id(parameter), name)
    return anatomy(model.config.to_dict(), shapes, ties, kind)  # type: ignore[operator, union-attr]


@pytest.mark.parametrize("name", [*NAMES, *BUNDLED])
def test_the_parts_sum_to_the_models_parameters_and_none_is_unknown(name: str) -> None:
    loaded = tiny(name) if name in NAMES else load(name)
    found = structure(loaded=loaded)
    assert found.parameters == sum(p.numel() for p in loaded.model.parameters())
    assert sum(shares(found).values()) == found.parameters
    assert not [part.names for part in found.parts if part.role == "other"]
    names = [one for part in found.parts for one in part.names]
    assert sorted(names) == sorted(n for n, _ in loaded.model.named_parameters(remove_duplicate=False))


@pytest.mark.parametrize("name", NAMES)
def test_sizes_are_those_of_the_config(name: str) -> None:
    loaded = tiny(name)
    found, config = structure(loaded=loaded), network(loaded).config
    assert found.d_model == config.hidden_size
    assert found.vocabulary == config.vocab_size
    for stack in found.stacks:
        assert stack.heads == 4
        assert stack.kv_heads == (2 if name in ("llama", "qwen2", "qwen3") else 4)
        assert stack.head_dim == (12 if name == "qwen3" else 8)
        assert stack.d_ff == (128 if name == "gpt2" else 48)
        assert stack.layers == (2 if found.kind == "encoder-decoder" else 3)
    assert [stack.causal for stack in found.stacks] == {
        "decoder": [True], "encoder": [False], "encoder-decoder": [False, True],
    }[found.kind]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "pre", "norm", "positions", "gated", "final", "predicts"),
    [
        ("llama", True, "rms", "rotary", True, True, True),
        ("qwen3", True, "rms", "rotary", True, True, True),
        ("gpt2", True, "layer", "learned", False, True, True),
        ("bert", False, "layer", "learned", False, False, False),
        ("bert-mlm", False, "layer", "learned", False, False, True),
        ("xlm-roberta", False, "layer", "learned", False, False, False),
        ("t5", True, "rms", "relative", False, True, True),
        ("marian", False, "layer", "sinusoidal", False, False, True),
    ],
)
def test_what_a_family_has_and_lacks(
    name: str, pre: bool, norm: str, positions: str, gated: bool, final: bool, predicts: bool
) -> None:
    found = structure(loaded=tiny(name))
    stack = found.stacks[-1]
    assert (stack.pre_norm, found.norm, found.positions, stack.gated, stack.final_norm, found.predicts) == (
        pre, norm, positions, gated, final, predicts,
    )  # fmt: skip
    assert stack.cross == (name in ("t5", "marian"))


def test_odd_architectures_are_counted_rightly() -> None:
    """Untied head, biases everywhere, gated T5, BERT with two heads."""
    small: dict[str, Any] = {
        "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 1, "num_attention_heads": 2,
    }  # fmt: skip
    models = [
        (LlamaForCausalLM(LlamaConfig(vocab_size=50, attention_bias=True, mlp_bias=True, **small)), "decoder"),
        (LlamaForCausalLM(LlamaConfig(vocab_size=50, tie_word_embeddings=True, **small)), "decoder"),
        (
            GPT2LMHeadModel(GPT2Config(n_embd=16, n_layer=1, n_head=2, vocab_size=50, tie_word_embeddings=False)),
            "decoder",
        ),
        (
            T5ForConditionalGeneration(
                T5Config(  # type: ignore[call-arg]
                         d_model=16, d_kv=4, d_ff=24, num_layers=1, num_heads=2, vocab_size=50,
                         feed_forward_proj="gated-gelu", tie_word_embeddings=False)
            ),
            "encoder-decoder",
        ),
        (BertForPreTraining(BertConfig(vocab_size=50, **small)), "encoder"),
    ]  # fmt: skip
    tied = [False, True, False, True, True]  # transformers ties T5 whatever its config says
    for (model, kind), shared in zip(models, tied, strict=True):
        found = own(model, kind)
        assert found.parameters == sum(p.numel() for p in model.parameters())
        assert found.tied == shared
        assert not [part.names for part in found.parts if part.role == "other"]
    assert own(*models[3]).stacks[0].gated
    assert {"pooler", "pair_head", "transform"} <= {part.role for part in own(*models[4]).parts}


def test_a_tensor_that_nobody_knows_is_counted_as_other() -> None:
    found = anatomy(
        {"model_type": "gpt2"}, {"wte.weight": (5, 2), "h.0.strange.weight": (3, 3)}, {}, "decoder"
    )
    assert found.parameters == 19
    assert [part.parameters for part in found.parts if part.role == "other"] == [9]


@pytest.mark.parametrize("name", [*NAMES, *BUNDLED])
def test_lengths_are_those_of_transformers_states(name: str) -> None:
    """The stream at each block's door is a hidden state of the model's output, and z mixes values by attention."""
    loaded = tiny(name) if name in NAMES else load(name)
    found = model_flow.flow(loaded=loaded, text=SAMPLE)
    if found.target is None:
        trace = make_trace(loaded, SAMPLE, limit=128)
        hidden = {found.stacks[0].name: trace.hidden}
    else:
        target = found.target.ids[1:]
        trace = trace_ids(loaded, found.tokens.ids, target)
        hidden = {"encoder": trace.hidden, "decoder": trace.target_hidden}  # type: ignore[dict-item]
    for stack in found.stacks:
        states = hidden[stack.name]
        rows = states.shape[1]
        entering = stack.lengths[:, stack.boxes.index("in"), :rows]
        np.testing.assert_allclose(entering, np.linalg.norm(states[:-1], axis=-1), rtol=2e-4, atol=1e-4)
        post = "norm_2" if not found.anatomy.stacks[0].pre_norm else "add_2"
        leaving = stack.lengths[:-1, stack.boxes.index(post), :rows]
        np.testing.assert_allclose(leaving, entering[1:], rtol=2e-4, atol=1e-4)
    if found.labels:
        logits = trace.logits
        assert logits is not None
        soft = np.exp(logits[-1] - logits[-1].max())
        assert abs(found.probabilities[-1, 0] - (soft / soft.sum()).max()) < 1e-5


@pytest.mark.parametrize("name", NAMES)
def test_a_block_adds_up(name: str) -> None:
    """Stream in + attention (+ cross-attention) + MLP is the stream out (pre-norm), sum by sum (post-norm)."""
    loaded = tiny(name)
    for stack in structure(loaded=loaded).stacks:

        def values(box: str, stack: str = stack.name) -> np.ndarray:
            return model_flow.box(loaded=loaded, text=SAMPLE, stack=stack, layer=1, box=box).values

        np.testing.assert_allclose(values("in") + values("o"), values("add_1"), atol=1e-4)
        between = values("add_1" if stack.pre_norm else "norm_1")
        if stack.cross:
            np.testing.assert_allclose(between + values("cross_o"), values("add_x"), atol=1e-4)
            between = values("add_x" if stack.pre_norm else "cross_norm")
        np.testing.assert_allclose(between + values("down"), values("add_2"), rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("name", [*NAMES, *BUNDLED])
def test_a_head_is_softmax_of_its_scores_times_its_values(name: str) -> None:
    loaded = tiny(name) if name in NAMES else load(name)
    for stack in structure(loaded=loaded).stacks:
        for cross in (False, True) if stack.cross else (False,):
            one = model_flow.head(loaded=loaded, text=SAMPLE, stack=stack.name, layer=1, head=3, cross=cross)
            scores = one.scores.astype(np.float64) + (0 if one.bias is None else one.bias)
            if stack.causal and not cross:
                scores = np.where(np.tril(np.ones_like(scores)) > 0, scores, -np.inf)
            soft = np.exp(scores - scores.max(-1, keepdims=True))
            np.testing.assert_allclose(soft / soft.sum(-1, keepdims=True), one.weights, atol=2e-5)
            np.testing.assert_allclose(one.weights @ one.v, one.output, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", NAMES)
def test_every_cell_is_the_sum_that_it_says(name: str) -> None:
    loaded = tiny(name)
    flow = model_flow.flow(loaded=loaded, text=SAMPLE)
    summed = 0
    for stack in flow.stacks:
        for box in stack.boxes:
            one = model_flow.cell(
                loaded=loaded, text=SAMPLE, stack=stack.name, layer=1, box=box, token=0, at=5
            )
            exact = model_flow.box(loaded=loaded, text=SAMPLE, stack=stack.name, layer=1, box=box)
            assert one.value == exact.values[0, 5]
            if one.kind == "linear":
                total = one.bias + float((one.inputs.astype(np.float64) * one.weights).sum())
            else:
                total = float(one.inputs.sum()) if one.kind == "sum" else one.value
            assert total == pytest.approx(one.value, rel=1e-3, abs=1e-3)
            summed += one.kind != "given"
    assert summed >= 7


def test_attention_pictures_are_the_largest_of_their_squares() -> None:
    rng = np.random.default_rng(0)
    attention = rng.random((30, 9, 60, 60), dtype=np.float32)
    thumbs = model_flow._thumbs(attention)
    assert thumbs.size <= model_flow.THUMBS
    size = -(-60 // thumbs.shape[2])
    assert thumbs[3, 4, 0, 1] == round(float(attention[3, 4, :size, size : 2 * size].max()) * 255)


@pytest.mark.parametrize(
    "wrong",
    [{"stack": "decoder"}, {"stack": ""}, {"layer": 3}, {"layer": -1}, {"box": "gate"}, {"box": "<script>"}],
)
def test_a_place_that_is_not_there_is_a_bad_parameter(wrong: dict[str, object]) -> None:
    place: dict[str, object] = {"stack": "encoder", "layer": 0, "box": "q"}
    with pytest.raises(BadParameter):
        model_flow.box(loaded=tiny("bert"), text=SAMPLE, **(place | wrong))  # type: ignore[arg-type]


def test_a_head_or_cell_that_is_not_there_is_a_bad_parameter() -> None:
    bert = tiny("bert")
    for wrong in ({"head": 4}, {"head": -1}, {"cross": True}):
        with pytest.raises(BadParameter):
            model_flow.head(
                loaded=bert,
                text=SAMPLE,
                stack="encoder",
                layer=0,
                **({"head": 0, "cross": False} | wrong),  # type: ignore[arg-type]
            )
    for wrong in ({"token": 999}, {"at": 32}, {"at": -1}):
        with pytest.raises(BadParameter):
            model_flow.cell(
                loaded=bert, text=SAMPLE, stack="encoder", layer=0, box="q", **({"token": 0, "at": 0} | wrong)
            )


def test_texts_that_do_not_fit_are_refused() -> None:
    for text, error in (("  ", TextEmpty), ("a " * 5000, TextTooLong)):
        for function in (model_flow.flow, model_masks.masks):
            with pytest.raises(error):
                function(loaded=tiny("t5"), text=text)


# --- masks ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("padding", [0, 3])
def test_masks_are_those_of_transformers_masking_utilities(padding: int) -> None:
    config = AutoConfig.for_model("llama", attn_implementation="eager", hidden_size=8, num_attention_heads=2)
    embeds = torch.zeros(1, 7, 8)
    keep = torch.ones(1, 7, dtype=torch.long)
    if padding:
        keep[:, -padding:] = 0
    makers: dict[str, Any] = {"causal": create_causal_mask, "both": create_bidirectional_mask}
    for rule, make in makers.items():
        given = {"past_key_values": None} if rule == "causal" else {}
        made = make(config=config, inputs_embeds=embeds, attention_mask=keep, **given)
        expected: Any = np.ones((7, 7)) if made is None else (made[0, 0] >= 0).numpy()
        np.testing.assert_array_equal(allowed(rule, 7, 7, padding), expected)  # type: ignore[arg-type]
    source = torch.zeros(1, 7, 8)
    made = makers["both"](
        config=config, inputs_embeds=torch.zeros(1, 4, 8), attention_mask=keep, encoder_hidden_states=source
    )
    expected = np.ones((4, 7)) if made is None else np.broadcast_to((made[0, 0] >= 0).numpy(), (4, 7))
    np.testing.assert_array_equal(allowed("cross", 4, 7, padding), expected)


@pytest.mark.parametrize("name", [*NAMES, *BUNDLED])
def test_masks_are_where_the_models_attention_is_zero(name: str) -> None:
    loaded = tiny(name) if name in NAMES else load(name)
    found = model_masks.masks(loaded=loaded, text=SAMPLE)
    flow = model_flow.flow(loaded=loaded, text=SAMPLE)
    target = () if flow.target is None else flow.target.ids[1:]
    trace = trace_ids(loaded, flow.tokens.ids, target)
    for mask in found.masks:
        attention = trace.cross_attention if mask.rule == "cross" else trace.attention
        if mask.stack == "decoder" and mask.rule == "causal" and trace.target_attention is not None:
            attention = trace.target_attention
        assert attention is not None
        open_ = mask.allowed[: len(mask.queries), : len(mask.keys)]
        assert attention.shape[2:] == open_.shape
        assert (attention.max(axis=(0, 1))[open_ == 0] == 0).all()
        assert (attention.max(axis=(0, 1))[open_ == 1] > 0).all()


@pytest.mark.parametrize("name", ["bert", "gpt2", "t5", "marian"])
def test_padding_is_looked_at_by_nobody_in_transformers_either(name: str) -> None:
    loaded = tiny(name)
    model = network(loaded)
    ids = list(make_trace(loaded, SAMPLE, limit=40).tokens.ids)
    padded = torch.tensor([[*ids, *[0] * PADS]])
    keep = torch.tensor([[1] * len(ids) + [0] * PADS])
    more = {"decoder_input_ids": torch.tensor([[3, 5, 6]])} if name in ("t5", "marian") else {}
    with torch.inference_mode():
        output = model(input_ids=padded, attention_mask=keep, output_attentions=True, **more)
    attention = output.get("attentions") or output.get("encoder_attentions")
    rule = "causal" if name == "gpt2" else "both"
    expected = allowed(rule, len(ids) + PADS, len(ids) + PADS, PADS)  # type: ignore[arg-type]
    largest = torch.stack(list(attention)).amax(dim=(0, 1, 2)).numpy()
    np.testing.assert_array_equal(largest > 0, expected == 1)
    if more:
        cross = torch.stack(list(output.cross_attentions)).amax(dim=(0, 1, 2)).numpy()
        np.testing.assert_array_equal(cross > 0, allowed("cross", 3, len(ids) + PADS, PADS) == 1)


def test_an_unknown_rule_is_a_bad_parameter() -> None:
    with pytest.raises(BadParameter):
        allowed("sideways", 2, 2)  # type: ignore[arg-type]


# --- payloads ---------------------------------------------------------------------------------------


def flow_message(loaded: LoadedModel, text: str, place: dict[str, object], *details: object) -> bytes:
    found = model_flow.flow(loaded=loaded, text=text)
    state = {
        "stack": "",
        "layer": -1,
        "head": -1,
        "box": "",
        "token": -1,
        "cell": -1,
        "cross": False,
        "version": 1,
    }
    return figures.flow_payload(found, *details, {}, state | place, language="en", title="x")


def test_a_long_text_with_the_widest_box_stays_below_a_megabyte() -> None:
    loaded = load("smollm2-135m")
    text = "one two three four " * 31
    place: dict[str, object] = {"stack": "decoder", "layer": 3, "box": "up", "token": 100}
    wide = model_flow.box(loaded=loaded, text=text, stack="decoder", layer=3, box="up")
    message = flow_message(loaded, text, place, wide)
    assert len(message) <= 1_000_000
    meta, arrays = unpack(message)
    entry = meta["details"][0]
    at = 100 - entry["first"]
    np.testing.assert_array_equal(arrays["box_values"][at], wide.values[100])


@pytest.mark.parametrize("name", NAMES)
def test_payloads_of_every_family_can_be_read(name: str) -> None:
    loaded = tiny(name)
    flow = model_flow.flow(loaded=loaded, text=SAMPLE)
    for stack in flow.stacks:
        where = {"stack": stack.name, "layer": 1}
        one = model_flow.head(loaded=loaded, text=SAMPLE, **where, head=1, cross=False)  # type: ignore[arg-type]
        meta, arrays = unpack(flow_message(loaded, SAMPLE, where | {"head": 1}, one))
        assert meta["details"][0]["level"] == "head"
        np.testing.assert_array_equal(arrays[f"lengths_{stack.name}"], stack.lengths)
        blocks = next(s for s in meta["stacks"] if s["name"] == stack.name)["blocks"]
        outside = sum(part["parameters"] for part in meta["outside"])
        assert outside + sum(sum(s["blocks"]) for s in meta["stacks"]) == meta["parameters"]
        assert len(blocks) == len(stack.lengths)
    assert len(list(figures.part_rows(flow.anatomy))) == len(flow.anatomy.parts)
    assert all(len(row) == len(figures.LENGTH_COLUMNS) for row in figures.length_rows(flow))


# --- experiments ------------------------------------------------------------------------------------


def test_experiments_answer_as_they_say() -> None:
    found = structure(loaded=load("smollm2-135m"))
    parts = {name: count / found.parameters for name, count in shares(found).items()}
    assert (round(parts["mlp"], 2), round(parts["embedding"], 2), round(parts["attention"], 2)) == (
        0.59,
        0.21,
        0.2,
    )
    assert (found.stacks[0].heads, found.stacks[0].kv_heads, found.stacks[0].layers) == (9, 3, 30)
    for text in PAGE.text.values():
        trace = make_trace(load("e5-small-enzh"), text, limit=128)
        right = [
            float(trace.attention[:, :, at, at + 1].max()) for at, _ in pairwise(range(len(trace.tokens)))
        ]
        assert min(right) > 0.01


def test_errors_are_ones_a_visitor_can_mend() -> None:
    assert issubclass(BadParameter, GlassboxError)
    assert model_anatomy.KINDS.keys() == {"embedding", "attention", "mlp", "norms", "head"}
