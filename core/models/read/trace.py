"""One forward pass → everything the pages look at, as read-only numpy arrays."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np

from core.arrays import Array, Ints, read_only
from core.errors import BadParameter, OutOfMemory, TextEmpty, TextTooLong, UnsupportedModel
from core.models.load.device import forward_slot, settle
from core.models.load.memory import is_out_of_memory
from core.models.load.residency import make_way
from core.models.read.held import hold, sent, there
from core.models.read.layouts import Layout, layer_of, layout_of, network, shape_of
from core.models.read.room import most_tokens
from core.models.tokens.labels import Tokens, label_tokens

if TYPE_CHECKING:
    import torch
    from transformers.utils.generic import ModelOutput

    from core.models.load.residency import LoadedModel


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """What one forward pass computed. For an encoder-decoder the plain fields are the encoder's.

    On a card the arrays lie there and are sent by need (``held``): ask for what is shown, or once for all of it.
    """

    model: str  # id
    kind: str  # "decoder" | "encoder" | "encoder-decoder"
    device: str
    dtype: str  # in which the model computed
    milliseconds: float  # of the forward pass, on a CPU with the copy into the arrays
    tokens: Tokens
    hidden: Array  # [layer + 1, token, d_model]: input of each layer, then the model's (normed) output
    attention: Array  # [layer, head, query, key], rows sum to 1
    kv_heads: int  # number of key/value heads: fewer than heads where groups of heads share them
    logits: Array | None  # [token, vocab] (encoder-decoder: [target, vocab]); None without a prediction head
    target_tokens: Tokens | None = None  # decoder input, start token first
    target_hidden: Array | None = None  # [layer + 1, target, d_model]
    target_attention: Array | None = None  # [layer, head, target, target]
    cross_attention: Array | None = None  # [layer, head, target, source]


@dataclass(frozen=True, slots=True, eq=False)
class Projections:
    """Queries, keys and values of one layer; attention is softmax(q·k · scale + bias + mask) over keys."""

    layer: int
    q: Array  # [head, token, head_dim], rotary applied
    k: Array  # [kv_head, token, head_dim], rotary applied
    q_content: Array  # [head, token, head_dim], before rotary
    k_content: Array  # [kv_head, token, head_dim], before rotary
    v: Array  # [kv_head, token, head_dim]
    value_norm: Array  # [head, key], Euclidean length of the value vector that the head reads at the key
    kv_of_head: Ints  # [head], index of the key/value head that each head uses
    scale: float  # q·k is multiplied by it
    rotary: bool  # False: q equals q_content
    bias: Array | None  # [head, query, key], added after scaling (T5's relative positions)


def make_trace(loaded: LoadedModel, text: str, *, limit: int, target: str = "") -> Trace:
    """Run the model once over a text (and, for an encoder-decoder, a target text).

    ``limit`` is the view's largest number of tokens, special ones included; the model's own limit holds too, and what
    fits the memory.
    The model's prefix ("query: ") is not added: what is shown is what was typed.
    Errors: TextEmpty, TextTooLong (before the model runs), UnsupportedModel.
    """
    limit = most_tokens(loaded, min(limit, loaded.spec.max_tokens or limit))
    ids = _encode(loaded, text, limit)
    return trace_ids(loaded, ids, _encode_target(loaded, target, limit))


def trace_ids(loaded: LoadedModel, ids: Sequence[int], target_ids: Sequence[int] = ()) -> Trace:
    """Run the model once over token ids; ``target_ids`` (encoder-decoder only) without the start token."""
    if not ids:
        raise TextEmpty
    layout_of(loaded)  # an unknown family is refused before anything runs
    full_target = _with_start(loaded, target_ids)
    with computing(loaded):
        start = time.perf_counter()
        arrays = _arrays(loaded, forward(loaded, ids, full_target, attentions=True))
        settle(loaded.device)
        milliseconds = 1000 * (time.perf_counter() - start)
    return Trace(
        model=loaded.spec.id,
        kind=str(loaded.spec.kind),
        device=loaded.device,
        dtype=loaded.dtype,
        milliseconds=milliseconds,
        tokens=label_tokens(loaded.tokenizer, ids),
        kv_heads=shape_of(loaded).kv_heads,
        target_tokens=label_tokens(loaded.tokenizer, full_target) if full_target else None,
        **arrays,
    )


def projections(loaded: LoadedModel, trace: Trace, layer: int) -> Projections:
    """Recompute one layer's queries, keys and values from ``trace.hidden[layer]``, without a full forward.

    Each is W·norm(x) + b by the model's own modules; rotary turns each pair (x_i, x_{i + d/2}) of a query
    or key by the angle position · base^(−2i/d) (Su et al. 2021, arXiv:2104.09864, §3.2.2).
    Errors: BadParameter("layer").
    """
    shape = shape_of(loaded)
    if not 0 <= layer < shape.layers:
        raise BadParameter(name="layer")
    layout = layout_of(loaded)
    with computing(loaded):
        q_content, k_content, v = _heads(loaded, layout, layer, there(loaded, trace.hidden, layer))
        q, k = _rotated(loaded, layout, q_content, k_content)
        bias = _bias(loaded, layout, len(trace.tokens))
    kv_of_head = np.arange(shape.heads, dtype=np.int32) // (shape.heads // shape.kv_heads)
    values = _numpy(v)
    return Projections(
        layer=layer,
        q=_numpy(q),
        k=_numpy(k),
        q_content=_numpy(q_content),
        k_content=_numpy(k_content),
        v=values,
        value_norm=read_only(np.linalg.norm(values, axis=-1)[kv_of_head]),
        kv_of_head=read_only(kv_of_head),
        scale=_scale(loaded, layout, layer),
        rotary=bool(layout.rotary),
        bias=None if bias is None else _numpy(bias),
    )


# --- running the model ----------------------------------------------------------------------------


@contextmanager
def computing(loaded: LoadedModel) -> Iterator[None]:
    """Hold a place in the queue (with inference mode) and the model's lock."""
    try:
        with forward_slot(), loaded.lock:
            yield
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        make_way(loaded.spec.id)
        raise OutOfMemory(model=loaded.spec.id) from error


def forward(
    loaded: LoadedModel,
    ids: Sequence[int],
    target_ids: Sequence[int] = (),
    *,
    attentions: bool,
    head: bool = True,
) -> ModelOutput:
    """One forward pass over a batch of one, inside ``computing``; ``target_ids`` with the start token.

    Returns transformers' output with hidden states, and attentions where asked for; without ``head`` no logits are
    computed: of a hundred tokens they take 50 MB in a vocabulary of 127,000.
    """
    import torch

    model = network(loaded)
    if model.config._attn_implementation != "eager":
        model.set_attn_implementation("eager")  # the others return no weights
    inputs = {"input_ids": torch.tensor([list(ids)], device=loaded.device)}
    if target_ids:
        inputs["decoder_input_ids"] = torch.tensor([list(target_ids)], device=loaded.device)
    cache = {} if loaded.spec.kind == "encoder" else {"use_cache": False}
    run: Any = model if head else model.base_model
    output: ModelOutput = run(**inputs, output_hidden_states=True, output_attentions=attentions, **cache)
    return output


class _Arrays(TypedDict, total=False):
    hidden: Array
    attention: Array
    logits: Array | None
    target_hidden: Array
    target_attention: Array
    cross_attention: Array


def _arrays(loaded: LoadedModel, output: ModelOutput) -> _Arrays:
    logits = next((output[name] for name in ("logits", "prediction_logits") if name in output), None)
    prefix = "encoder_" if loaded.spec.kind == "encoder-decoder" else ""
    arrays = _Arrays(
        hidden=_stacked(loaded, output.get(f"{prefix}hidden_states")),
        attention=_stacked(loaded, output.get(f"{prefix}attentions")),
        logits=None if logits is None else hold(logits[0]),
    )
    if prefix:
        arrays["target_hidden"] = _stacked(loaded, output.get("decoder_hidden_states"))
        arrays["target_attention"] = _stacked(loaded, output.get("decoder_attentions"))
        arrays["cross_attention"] = _stacked(loaded, output.get("cross_attentions"))
    return arrays


def _stacked(loaded: LoadedModel, layers: Iterable[torch.Tensor | None] | None) -> Array:
    """One array of all layers; a model that keeps a layer's tensor to itself is refused, never shown half."""
    found = [] if layers is None else [layer for layer in layers if layer is not None]
    if not found or layers is None or len(found) != len(tuple(layers)):
        raise UnsupportedModel(model=loaded.spec.id, architecture=type(loaded.model).__name__)
    return hold([layer[0] for layer in found])


def _numpy(tensor: torch.Tensor) -> Array:
    return read_only(sent(tensor))


# --- text to ids ----------------------------------------------------------------------------------


def _encode(loaded: LoadedModel, text: str, limit: int) -> tuple[int, ...]:
    if not text.strip():
        raise TextEmpty
    ids = _ids(loaded, text)
    if len(ids) <= loaded.tokenizer.num_special_tokens_to_add(pair=False):
        raise TextEmpty  # the tokenizer's normalizer left nothing of it
    if len(ids) > limit:
        raise TextTooLong(count=len(ids), limit=limit)
    return ids


def _encode_target(loaded: LoadedModel, target: str, limit: int) -> tuple[int, ...]:
    """Ids of the target without the end token: the decoder predicts it, it never reads it."""
    if loaded.spec.kind != "encoder-decoder" or not target.strip():
        return ()
    ids = _ids(loaded, target)
    if len(ids) > limit:
        raise TextTooLong(count=len(ids), limit=limit)
    return ids[:-1] if ids[-1] == loaded.tokenizer.eos_token_id else ids


def _ids(loaded: LoadedModel, text: str) -> tuple[int, ...]:
    clean = text.encode("utf-8", "replace").decode("utf-8")  # a lone surrogate is no text
    return tuple(loaded.tokenizer(clean, verbose=False)["input_ids"])


def _with_start(loaded: LoadedModel, target_ids: Sequence[int]) -> tuple[int, ...]:
    if loaded.spec.kind != "encoder-decoder":
        return ()
    return (int(network(loaded).config.decoder_start_token_id), *target_ids)


# --- one layer's queries, keys and values ---------------------------------------------------------


def _heads(
    loaded: LoadedModel, layout: Layout, layer: int, state: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Query [head, token, head_dim], key and value [kv_head, token, head_dim] of a state [token, d_model]."""
    shape, module = shape_of(loaded), layer_of(loaded, layer)
    if layout.norm:
        state = module.get_submodule(layout.norm)(state)
    made = [module.get_submodule(path)(state) for path in layout.projections]
    q, k, v = made if len(made) == 3 else made[0].chunk(3, dim=-1)
    q, k, v = (
        side.unflatten(-1, (heads, -1))
        for side, heads in ((q, shape.heads), (k, shape.kv_heads), (v, shape.kv_heads))
    )
    named = dict(module.named_modules())
    sides = zip(layout.head_norms, (q, k), strict=True)
    q, k = (named[path](side) if path and path in named else side for path, side in sides)
    return q.transpose(0, 1), k.transpose(0, 1), v.transpose(0, 1)


def _rotated(
    loaded: LoadedModel, layout: Layout, q: torch.Tensor, k: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    import torch

    if not layout.rotary:
        return q, k
    positions = torch.arange(q.shape[1], device=q.device)[None]
    cos, sin = network(loaded).base_model.get_submodule(layout.rotary)(
        q, positions
    )  # each [1, token, head_dim]
    return _rotate(q, cos, sin), _rotate(k, cos, sin)


def _rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    import torch

    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-second, first), dim=-1) * sin


def _bias(loaded: LoadedModel, layout: Layout, length: int) -> torch.Tensor | None:
    if not layout.bias:
        return None
    module: Any = network(loaded).base_model.get_submodule(layout.bias)
    bias: torch.Tensor = module.compute_bias(length, length)[0]
    return bias


def _scale(loaded: LoadedModel, layout: Layout, layer: int) -> float:
    module: Any = layer_of(loaded, layer).get_submodule(layout.attention)
    return float(module.scaling)
