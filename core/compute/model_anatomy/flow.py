"""A text on its way through a model: the length of every vector, and any of them in full.

What is shown is recorded by hooks on the model's own modules while it runs once; nothing is computed a second time
in another way. Boxes of a block, in the order of the computation (those that a model lacks are left out):

    in → norm_1 → q, k, v → z (the heads' outputs side by side) → o → add_1
       → cross_norm → cross_q, cross_k, cross_v → cross_z → cross_o → add_x
       → norm_2 → gate, up → hidden (after the activation, gated) → down → add_2

With post-norm (BERT, Marian) norm_1 follows add_1, cross_norm follows add_x and norm_2 follows add_2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core.arrays import Array, read_only
from core.compute.model_anatomy.parts import Anatomy, Part, Stack, structure
from core.errors import BadParameter
from core.models.load.small import weights_of
from core.models.read.held import sent
from core.models.read.layouts import layout_of, network
from core.models.read.trace import Trace, computing, make_trace, trace_ids
from core.models.tokens.labels import Tokens, label_each
from core.numerics import highest, log_softmax
from core.results import named

if TYPE_CHECKING:
    import torch
    from torch import nn

    from core.models.load.residency import LoadedModel

Bytes = npt.NDArray[np.uint8]
Take = Callable[[str, int, str, "torch.Tensor"], None]
"""What is done with a box of (stack, layer): tensor [token, width]."""

LIMIT = 128
"""Tokens of a text that flow through at most."""
TARGET = 32
"""Tokens that an encoder-decoder writes at most."""
TOP = 5
THUMBS = 150_000
"""Cells of all small attention pictures together, at most."""
BOXES = (
    "in", "norm_1", "q", "k", "v", "z", "o", "add_1", "cross_norm", "cross_q", "cross_k", "cross_v", "cross_z",
    "cross_o", "add_x", "norm_2", "gate", "up", "hidden", "down", "add_2",
)  # fmt: skip
HEAD_BOXES = ("q", "k", "v", "z")
"""Boxes of which each head has its own slice."""


@dataclass(frozen=True, slots=True, eq=False)
class StackFlow:
    """What one stack held on its way through the text."""

    name: str  # "encoder" | "decoder"
    boxes: tuple[str, ...]  # those of BOXES that its blocks have
    widths: tuple[int, ...]  # numbers per token in each
    lengths: Array  # [layer, box, token], Euclidean length; cross_k and cross_v have the encoder's tokens
    final: Array  # [token], length after the final norm; empty without one
    heads: Array  # [layer, head, token], length of each head's output
    thumbs: Bytes  # [layer, head, row, column], attention, 255 = 1.0, the largest of a square of tokens
    cross_heads: Array  # as heads, of the attention to the encoder; empty without
    cross_thumbs: Bytes  # [layer, head, row, column]


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """One text in the whole network."""

    anatomy: Anatomy
    tokens: Tokens  # of an encoder-decoder: the encoder's
    target: Tokens | None  # what an encoder-decoder wrote, greedily, after its start token
    stacks: tuple[StackFlow, ...]
    labels: tuple[
        tuple[str, ...], ...
    ]  # [token][rank], most probable tokens at each place; () without a head
    probabilities: Array  # [token, rank]
    milliseconds: float  # of the forward pass


@dataclass(frozen=True, slots=True, eq=False)
class Box:
    """All vectors of one box, exactly."""

    box: str
    tokens: Tokens
    values: Array  # [token, width]


@dataclass(frozen=True, slots=True, eq=False)
class HeadFlow:
    """One head: weights = softmax(scores + bias + mask), output = weights · v."""

    stack: str
    layer: int
    head: int
    kv_head: int
    cross: bool
    queries: Tokens
    keys: Tokens
    scale: float  # q·k is multiplied by it
    rotary: bool  # q and k are shown turned
    q: Array  # [query, head_dim]
    k: Array  # [key, head_dim]
    v: Array  # [key, head_dim]
    bias: Array | None  # [query, key], added to the scaled scores (T5); None elsewhere
    scores: Array  # [query, key], q·k · scale
    weights: Array  # [query, key]
    output: Array  # [query, head_dim]


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """How one number came to be: a sum over the inputs of a matrix, or of two vectors."""

    box: str
    value: float
    kind: str  # "linear": bias + Σ input · weight; "sum": Σ input; "given": it is shown as it is
    names: tuple[str, ...]  # of the terms of a sum
    inputs: Array  # [term]
    weights: Array  # [term]; empty for a sum
    bias: float


# --- hooks ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Tap:
    """A place at a module's input or output that shows a box."""

    stack: str
    layer: int
    box: str
    module: str
    side: str  # "in" | "out"
    third: int = -1  # of an output that is query, key and value side by side


def _taps(found: Anatomy) -> list[_Tap]:
    """Where to listen for every box of every block."""
    taps = []
    for stack in found.stacks:
        for layer in range(stack.layers):
            parts = {
                part.role: part for part in found.parts if (part.stack, part.layer) == (stack.name, layer)
            }
            taps += [_Tap(stack.name, layer, *place) for place in _places(stack, parts)]
    return taps


def _places(stack: Stack, parts: Mapping[str, Part]) -> Iterator[tuple[str, str, str, int]]:
    """(box, module, side, third) for every box of a block that a module's input or output holds."""
    path = {role: part.names[0].rsplit(".", 1)[0] for role, part in parts.items()}
    first = "norm_1" if stack.pre_norm else "q" if "q" in path else "qkv"
    after = {"add_1": "cross_norm" if stack.cross else "norm_2", "add_x": "norm_2"}
    if not stack.pre_norm:
        after = {"add_1": "norm_1", "add_x": "cross_norm", "add_2": "norm_2"}
    inputs = {"in": first, "z": "o", "cross_z": "cross_o", "hidden": "down", **after}
    for box, role in inputs.items():
        if role in path and (stack.cross or box != "add_x"):
            yield box, path[role], "in", -1
    for box in BOXES:
        if box in path:
            yield box, path[box], "out", -1
        elif box in ("q", "k", "v") and "qkv" in path:
            yield box, path["qkv"], "out", ("q", "k", "v").index(box)


@contextmanager
def _listening(loaded: LoadedModel, taps: Sequence[_Tap], take: Take) -> Iterator[None]:
    """Call ``take`` for every tap while the model runs. Hold the model's lock."""
    modules = dict(network(loaded).named_modules())
    with ExitStack() as hooks:
        for tap in taps:
            module = modules[tap.module]
            hook = (
                module.register_forward_pre_hook(_heard(tap, take))
                if tap.side == "in"
                else module.register_forward_hook(_heard(tap, take))
            )
            hooks.callback(hook.remove)
        yield


def _heard(tap: _Tap, take: Take) -> Callable[..., None]:
    def hook(_module: nn.Module, given: tuple[torch.Tensor, ...], output: Any = None) -> None:
        tensor = given[0] if tap.side == "in" else output
        if tap.third >= 0:
            tensor = tensor.chunk(3, dim=-1)[tap.third]
        take(tap.stack, tap.layer, tap.box, tensor[0].flatten(1).float())

    return hook


def _with_sum(stacks: Mapping[str, Stack], take: Take) -> Take:
    """``take`` that also hears add_2 of a pre-norm block: what goes into norm_2, and the MLP's output upon it."""
    stream: dict[tuple[str, int], torch.Tensor] = {}

    def heard(stack: str, layer: int, box: str, tensor: torch.Tensor) -> None:
        take(stack, layer, box, tensor)
        if box == ("add_x" if stacks[stack].cross else "add_1"):
            stream[stack, layer] = tensor.clone()
        if box == "down" and stacks[stack].pre_norm:
            take(stack, layer, "add_2", stream.pop((stack, layer)) + tensor)

    return heard


# --- running ----------------------------------------------------------------------------------------


def _run(loaded: LoadedModel, text: str, found: Anatomy, taps: Sequence[_Tap], take: Take) -> Trace:
    """One forward of the text with hooks on; an encoder-decoder first writes its own target."""
    with computing(loaded):
        if found.kind != "encoder-decoder":
            with _listening(loaded, taps, take):
                return make_trace(loaded, text, limit=LIMIT)
        ids = make_trace(loaded, text, limit=LIMIT).tokens.ids
        target = written(loaded, ids)
        with _listening(loaded, taps, take):
            return trace_ids(loaded, ids, target)


def written(loaded: LoadedModel, ids: Sequence[int]) -> tuple[int, ...]:
    """What an encoder-decoder writes, taking the most probable token each time; without start and end token."""
    import torch

    model: Any = network(loaded)
    with computing(loaded):
        made = model.generate(
            torch.tensor([list(ids)], device=loaded.device),
            max_new_tokens=TARGET,
            do_sample=False,
            num_beams=1,
        )
    target = [int(one) for one in made[0][1:]]
    end = loaded.tokenizer.eos_token_id
    return tuple(target[: target.index(end)] if end in target else target)


@named("model_anatomy.flow")
def flow(*, loaded: LoadedModel, text: str) -> Flow:
    """The lengths of all vectors of a text in every box of every block, small pictures of all heads, and predictions.

    Lengths are Euclidean, ‖x‖₂ of each token's vector. Errors: TextEmpty, TextTooLong, UnsupportedModel.

    >>> flow(loaded=load("smollm2-135m"), text="The cat").stacks[0].lengths.shape  # doctest: +SKIP
    (30, 15, 2)
    """
    found = structure(loaded=loaded)
    layout_of(loaded)
    stacks = {stack.name: stack for stack in found.stacks}
    lengths: dict[tuple[str, int, str], Array] = {}
    heads: dict[tuple[str, int, str], Array] = {}
    widths: dict[tuple[str, str], int] = {}

    def take(stack: str, layer: int, box: str, tensor: torch.Tensor) -> None:
        lengths[stack, layer, box] = tensor.norm(dim=-1).cpu().numpy()
        widths[stack, box] = tensor.shape[-1]
        if box in ("z", "cross_z"):
            each = tensor.reshape(len(tensor), stacks[stack].heads, -1)
            heads[stack, layer, box] = each.norm(dim=-1).T.cpu().numpy()

    trace = _run(loaded, text, found, _taps(found), _with_sum(stacks, take))
    labels, probabilities = _predictions(loaded, trace)
    return Flow(
        anatomy=found, tokens=trace.tokens, target=trace.target_tokens, labels=labels, probabilities=probabilities,
        stacks=tuple(_gathered(stack, trace, lengths, heads, widths) for stack in found.stacks),
        milliseconds=trace.milliseconds,
    )  # fmt: skip


def _gathered(
    stack: Stack,
    trace: Trace,
    lengths: Mapping[tuple[str, int, str], Array],
    heads: Mapping[tuple[str, int, str], Array],
    widths: Mapping[tuple[str, str], int],
) -> StackFlow:
    boxes = tuple(box for box in BOXES if (stack.name, box) in widths)
    most = max(len(lengths[stack.name, 0, box]) for box in boxes)
    table = np.full((stack.layers, len(boxes), most), np.nan, np.float32)
    for layer in range(stack.layers):
        for at, box in enumerate(boxes):
            row = lengths[stack.name, layer, box]
            table[layer, at, : len(row)] = row
    decoder = stack.name == "decoder" and trace.kind == "encoder-decoder"
    hidden = trace.target_hidden if decoder else trace.hidden
    own = trace.target_attention if decoder else trace.attention
    assert hidden is not None
    assert own is not None
    none = np.zeros((0, 0, 0), np.float32)
    cross = trace.cross_attention if decoder and trace.cross_attention is not None else none[None]

    def each(box: str) -> Array:
        rows = [heads[stack.name, layer, box] for layer in range(stack.layers)] if box in boxes else []
        return read_only(np.stack(rows).astype(np.float32)) if rows else read_only(none)

    final = np.linalg.norm(hidden[-1], axis=-1) if stack.final_norm else np.zeros(0)
    return StackFlow(
        name=stack.name, boxes=boxes, widths=tuple(widths[stack.name, box] for box in boxes),
        lengths=read_only(table), final=read_only(final.astype(np.float32)), heads=each("z"), thumbs=_thumbs(own),
        cross_heads=each("cross_z"), cross_thumbs=_thumbs(cross),
    )  # fmt: skip


def _thumbs(attention: Array) -> Bytes:
    """[layer, head, query, key] → uint8 pictures, each cell the largest of a square so that all fit ``THUMBS``."""
    layers, heads, rows, columns = attention.shape
    if not attention.size:
        return read_only(np.zeros((0, 0, 0, 0), np.uint8))
    size = 1
    while layers * heads * -(-rows // size) * -(-columns // size) > THUMBS:
        size += 1
    padded = np.zeros((layers, heads, -(-rows // size) * size, -(-columns // size) * size), np.float32)
    padded[:, :, :rows, :columns] = attention
    squares = padded.reshape(layers, heads, padded.shape[2] // size, size, padded.shape[3] // size, size)
    return read_only(np.rint(squares.max(axis=(3, 5)) * 255).astype(np.uint8))


def _predictions(loaded: LoadedModel, trace: Trace) -> tuple[tuple[tuple[str, ...], ...], Array]:
    """The most probable tokens at each place, and their probabilities [token, rank]; nothing without a head."""
    if trace.logits is None:
        return (), read_only(np.zeros((0, 0), np.float32))
    known = min(trace.logits.shape[1], len(loaded.tokenizer))
    rows, probabilities = [], []
    for logits in trace.logits:
        top = highest(logits[:known], TOP)
        rows.append(label_each(loaded.tokenizer, [int(one) for one in top]))
        probabilities.append(np.exp(log_softmax(logits)[top]))
    return tuple(tuple(row) for row in rows), read_only(np.array(probabilities, np.float32))


# --- one box, one head, one cell ------------------------------------------------------------------


def _kept(
    loaded: LoadedModel, text: str, stack: str, layer: int, boxes: Sequence[str]
) -> tuple[Anatomy, Stack, Trace, dict[str, Array]]:
    """The vectors of some boxes of one block. Errors: BadParameter for a stack, layer or box that is not there."""
    found = structure(loaded=loaded)
    layout_of(loaded)
    stacks = {one.name: one for one in found.stacks}
    if stack not in stacks:
        raise BadParameter(name="stack")
    if not 0 <= layer < stacks[stack].layers:
        raise BadParameter(name="layer")
    kept: dict[str, Array] = {}

    def take(_stack: str, _layer: int, box: str, tensor: torch.Tensor) -> None:
        if box in boxes:
            kept[box] = tensor.cpu().numpy().copy()

    taps = [tap for tap in _taps(found) if (tap.stack, tap.layer) == (stack, layer)]
    trace = _run(loaded, text, found, taps, _with_sum(stacks, take))
    if not set(boxes) <= set(kept):
        raise BadParameter(name="box")
    return found, stacks[stack], trace, kept


def _tokens(trace: Trace, stack: str, box: str = "") -> Tokens:
    """The tokens that a box of a stack has its rows for."""
    decoder = stack == "decoder" and trace.target_tokens is not None and box not in ("cross_k", "cross_v")
    return trace.target_tokens if decoder and trace.target_tokens else trace.tokens


@named("model_anatomy.box")
def box(*, loaded: LoadedModel, text: str, stack: str, layer: int, box: str) -> Box:
    """All vectors of one box of one block, [token, width] in the precision in which the model computed.

    Errors: BadParameter("stack" | "layer" | "box"), TextEmpty, TextTooLong.

    >>> box(loaded=load("smollm2-135m"), text="Hi", stack="decoder", layer=0, box="q").values.shape  # doctest: +SKIP
    (1, 576)
    """
    _, _, trace, kept = _kept(loaded, text, stack, layer, (box,))
    return Box(box, _tokens(trace, stack, box), read_only(kept[box]))


@named("model_anatomy.head")
def head(*, loaded: LoadedModel, text: str, stack: str, layer: int, head: int, cross: bool) -> HeadFlow:
    """One head in full: its queries, keys, values, scores, weights and output (Vaswani et al. 2017, §3.2.1).

    Weights are transformers' own; scores are q·k · scale of the recorded projections, rotary applied.
    Errors: BadParameter("stack" | "layer" | "head" | "cross"), TextEmpty, TextTooLong.
    """
    prefix = "cross_" if cross else ""
    if cross and stack != "decoder":
        raise BadParameter(name="cross")
    found, own, trace, kept = _kept(loaded, text, stack, layer, [prefix + name for name in HEAD_BOXES])
    if not 0 <= head < own.heads:
        raise BadParameter(name="head")
    kv_head = head if cross else head // (own.heads // own.kv_heads)
    q, k, v, z = (
        kept[prefix + name].reshape(len(kept[prefix + name]), -1, own.head_dim)[
            :, kv_head if name in ("k", "v") else head
        ]
        for name in HEAD_BOXES
    )
    q, k = _normed_and_turned(loaded, found, stack, layer, q, k)
    scale = _scale(loaded, found, stack, layer, cross)
    weights = _weights(trace, stack, layer, cross)[head]
    bias = None if cross else _bias(loaded, found, stack, len(q))
    return HeadFlow(
        stack=stack, layer=layer, head=head, kv_head=kv_head, cross=cross, queries=_tokens(trace, stack),
        keys=trace.tokens if cross else _tokens(trace, stack), scale=scale, rotary=found.positions == "rotary",
        q=read_only(q), k=read_only(k), v=read_only(v.copy()),
        bias=None if bias is None else read_only(bias[head].copy()), weights=read_only(weights.copy()),
        scores=read_only((q @ k.T * scale).astype(np.float32)), output=read_only(z.copy()),
    )  # fmt: skip


def _weights(trace: Trace, stack: str, layer: int, cross: bool) -> Array:
    table = trace.cross_attention if cross else trace.attention
    if not cross and stack == "decoder" and trace.target_attention is not None:
        table = trace.target_attention
    if table is None:
        raise BadParameter(name="cross")
    weights: Array = table[layer]
    return weights


def _module(loaded: LoadedModel, found: Anatomy, stack: str, layer: int, role: str) -> Any:
    """The module that does the role in a block; None where there is none."""
    for part in found.parts:
        if (part.stack, part.layer, part.role) == (stack, layer, role):
            return network(loaded).get_submodule(part.names[0].rsplit(".", 1)[0])
    return None


def _normed_and_turned(
    loaded: LoadedModel, found: Anatomy, stack: str, layer: int, q: Array, k: Array
) -> tuple[Array, Array]:
    """Query and key [token, head_dim] after the head's own norms (Qwen3) and the rotation (Su et al. 2021)."""
    import torch

    made = []
    with computing(loaded):
        for role, side in (("q_norm", q), ("k_norm", k)):
            norm = _module(loaded, found, stack, layer, role)
            value = torch.from_numpy(side.copy()).to(loaded.device, network(loaded).dtype)
            made.append(value if norm is None else norm(value))
        if found.positions == "rotary":
            places = torch.arange(len(q), device=loaded.device)[None]
            turn: Any = network(loaded).base_model.get_submodule(layout_of(loaded).rotary)
            cos, sin = (part[0] for part in turn(made[0], places))
            made = [x * cos + torch.cat((-x.chunk(2, -1)[1], x.chunk(2, -1)[0]), -1) * sin for x in made]
    return sent(made[0]), sent(made[1])


def _bias(loaded: LoadedModel, found: Anatomy, stack: str, length: int) -> Array | None:
    """What relative positions add to the scores of all heads, [head, query, key]: T5's first block has it for all."""
    part = next((p for p in found.parts if (p.stack, p.role) == (stack, "bias")), None)
    if part is None:
        return None
    module: Any = network(loaded).get_submodule(part.names[0].rsplit(".", 2)[0])
    with computing(loaded):
        return sent(module.compute_bias(length, length)[0])


def _scale(loaded: LoadedModel, found: Anatomy, stack: str, layer: int, cross: bool) -> float:
    """What q·k is multiplied by: the attention module's own number."""
    role = "cross_o" if cross else "o"
    part = next(p for p in found.parts if (p.stack, p.layer, p.role) == (stack, layer, role))
    path = part.names[0]
    if ".output.dense." in path:  # BERT keeps the scale with the projections, not beside the output
        path = path.replace(".output.dense.", ".self.query.")
    module: Any = network(loaded).get_submodule(path.rsplit(".", 2)[0])
    return float(module.scaling)


LINEAR: Mapping[str, str] = {
    "q": "norm_1", "k": "norm_1", "v": "norm_1", "o": "z", "cross_q": "cross_norm", "cross_o": "cross_z",
    "gate": "norm_2", "up": "norm_2", "down": "hidden",
}  # fmt: skip
"""Boxes that a matrix makes, with the box that goes into it in a pre-norm block."""
POST_LINEAR: Mapping[str, str] = {
    **LINEAR, "q": "in", "k": "in", "v": "in", "cross_q": "norm_1", "gate": "norm_2", "up": "norm_1",
}  # fmt: skip
SUMS: Mapping[str, tuple[str, str]] = {"add_1": ("in", "o"), "add_2": ("add_1", "down")}


@named("model_anatomy.cell")
def cell(*, loaded: LoadedModel, text: str, stack: str, layer: int, box: str, token: int, at: int) -> Cell:
    """How the number at (token, dimension) of a box came to be: y_i = b_i + Σ_j W_ij x_j, or a sum of two vectors.

    Errors: BadParameter("stack" | "layer" | "box" | "token" | "cell"), TextEmpty, TextTooLong.

    >>> one = cell(loaded=model, text="Hi", stack="decoder", layer=0, box="q", token=0, at=7)  # doctest: +SKIP
    >>> abs(one.bias + (one.inputs * one.weights).sum() - one.value) < 1e-4  # doctest: +SKIP
    True
    """
    found = structure(loaded=loaded)
    own = next((one for one in found.stacks if one.name == stack), None)
    if own is None:
        raise BadParameter(name="stack")
    source = _source(own, box)
    _, _, _, kept = _kept(loaded, text, stack, layer, (box, *source))
    if not 0 <= token < len(kept[box]):
        raise BadParameter(name="token")
    if not 0 <= at < kept[box].shape[1]:
        raise BadParameter(name="cell")
    value, none = float(kept[box][token, at]), read_only(np.zeros(0, np.float32))
    if len(source) == 2:
        terms = np.array([kept[name][token, at] for name in source], np.float32)
        return Cell(box, value, "sum", source, read_only(terms), none, 0.0)
    if not source:
        return Cell(box, value, "given", (), none, none, 0.0)
    weights, bias = _row(loaded, found, stack, layer, box, at)
    return Cell(box, value, "linear", source, read_only(kept[source[0]][token].copy()), weights, bias)


def _source(own: Stack, box: str) -> tuple[str, ...]:
    """The boxes that a box is made from, where that is a sum."""
    if box in SUMS:
        before = {"add_1": "in", "add_2": "add_1"} if own.pre_norm else {"add_1": "in", "add_2": "norm_1"}
        if own.cross and box == "add_2":
            before = {"add_2": "add_x" if own.pre_norm else "cross_norm"}
        return (before[box], SUMS[box][1])
    if box == "add_x":
        return ("add_1" if own.pre_norm else "norm_1", "cross_o")
    table = dict(LINEAR if own.pre_norm else POST_LINEAR)
    if own.cross and not own.pre_norm:
        table |= {"gate": "cross_norm", "up": "cross_norm"}
    return (table[box],) if box in table else ()


def _row(
    loaded: LoadedModel, found: Anatomy, stack: str, layer: int, box: str, at: int
) -> tuple[Array, float]:
    """The weights [input] and the bias that make one number of a box."""
    module = _module(loaded, found, stack, layer, box)
    if module is None:  # GPT-2: query, key and value side by side
        module, at = (
            _module(loaded, found, stack, layer, "qkv"),
            at + ("q", "k", "v").index(box) * found.d_model,
        )
    row = weights_of(module)[:, at] if type(module).__name__ == "Conv1D" else weights_of(module, [at])[0]
    bias = getattr(module, "bias", None)
    return read_only(sent(row.detach()).copy()), 0.0 if bias is None else float(bias[at].detach())
