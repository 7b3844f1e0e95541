"""How long the states of the residual stream grow, what each part adds, and what is left without normalisation.

Xiong et al. 2020 (arXiv:2002.04745, pre- and post-norm); Sun et al. 2024 (arXiv:2402.17762, massive activations);
Zhang & Sennrich 2019 (arXiv:1910.07467, RMSNorm).
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.arrays import Array
from core.compute.model_anatomy.lens import Ints, closed, known_ids
from core.errors import BadParameter
from core.models.read.held import sent
from core.models.read.stream import depth, final_norm, identity, part, stream_of, taking
from core.models.read.trace import Trace, computing, forward
from core.models.tokens.labels import Tokens, label_each
from core.numerics import highest, softmax
from core.results import named

if TYPE_CHECKING:
    from torch import nn

    from core.models.load.residency import LoadedModel

OFF = ("none", "final", "attention", "mlp", "all")
"""Which norms are left out: of no part, the last one, those of attention, those of the MLPs, all."""
SHOWN = 8
MASSIVE = 20
"""Times the median length of its layer from which on a state is called a massive activation."""


@dataclass(frozen=True, slots=True, eq=False)
class Norms:
    """Euclidean lengths along the stream."""

    tokens: Tokens
    post: bool  # post-norm: each state has just been normed
    stream: Array  # [layer + 1, token], of the state after each layer; row 0: the embedding; no last norm
    attention: Array  # [layer, token], of what attention adds
    mlp: Array  # [layer, token], of what the MLP adds
    cosine: Array  # [layer, token], of the state before and after the layer


@dataclass(frozen=True, slots=True, eq=False)
class Removed:
    """The same text with some norms left out."""

    off: str
    stream: Array  # [layer + 1, token]; inf or nan where numbers overflow
    candidate_ids: Ints  # [candidate], most probable next tokens of either run; empty without a causal head
    candidates: tuple[str, ...]
    before: Array  # [candidate], probability
    after: Array  # [candidate], probability; nan where numbers overflow


@dataclass(frozen=True, slots=True)
class NormsNotice:
    """The largest state, and how much the others grow."""

    token: str  # of the largest state
    largest: float
    layer: int  # after this layer; 0: the embedding
    times: float  # the largest over the median of the same layer
    start: float  # median over tokens, embedding
    end: float  # median over tokens, after the last layer
    post: bool

    @property
    def massive(self) -> bool:
        """Whether one state is so much longer than the others that it counts as a massive activation."""
        return not self.post and self.times >= MASSIVE


@named("model_anatomy.norms")
def norms(*, loaded: LoadedModel, trace: Trace) -> Norms:
    """‖x_l‖ of the state after each layer, ‖attention‖ and ‖MLP‖ of what is added, cos(x_l−1, x_l).

    One forward; the state after the last layer is taken before the last norm. Post-norm: what is added is taken before
    the sum is normed. Errors: NeedsOneStack, UnsupportedModel. After Xiong et al. 2020.

    >>> norms(loaded=model, trace=trace).stream.shape  # doctest: +SKIP
    (31, 5)
    """
    stream, layers = stream_of(loaded), range(depth(loaded))
    attention = [part(loaded, layer, stream.attention) for layer in layers]
    mlp = [part(loaded, layer, stream.mlp) for layer in layers]
    with computing(loaded):
        states, added = _run(loaded, trace, attention, mlp)
    lengths = np.linalg.norm(states, axis=-1)
    products = (states[1:] * states[:-1]).sum(-1)
    return Norms(
        tokens=trace.tokens,
        post=stream.post,
        stream=closed(lengths.astype(np.float32)),
        attention=closed(np.linalg.norm(added[0], axis=-1).astype(np.float32)),
        mlp=closed(np.linalg.norm(added[1], axis=-1).astype(np.float32)),
        cosine=closed((products / np.maximum(lengths[1:] * lengths[:-1], 1e-30)).astype(np.float32)),
    )


def _run(
    loaded: LoadedModel, trace: Trace, attention: list[nn.Module], mlp: list[nn.Module]
) -> tuple[Array, tuple[Array, Array]]:
    """The states [layer + 1, token, d_model], and what was added [layer, token, d_model]."""
    import torch

    layers = [part(loaded, layer, "") for layer in range(depth(loaded))]
    ends, parts = (taking(layers[:1], inputs=True), taking(layers)), (taking(attention), taking(mlp))
    with ends[0] as first, ends[1] as after, parts[0] as turned, parts[1] as thought:
        forward(loaded, trace.tokens.ids, attentions=False, head=False)
    sides = [sent(torch.cat(one)) for one in ([*first, *after], turned, thought)]
    return sides[0], (sides[1], sides[2])


@named("model_anatomy.without_norms")
def without_norms(*, loaded: LoadedModel, trace: Trace, off: str = "all") -> Removed:
    """The same text through the model with norms replaced by the identity: x ← x + f(x).

    The weights were trained with the norms: this breaks the model, and shows what they are for.
    Errors: BadParameter("off"), NeedsOneStack, UnsupportedModel.

    >>> without_norms(loaded=model, trace=trace, off="final").candidates[0]  # doctest: +SKIP
    '·Paris'
    """
    import torch

    if off not in OFF:
        raise BadParameter(name="off")
    layers = [part(loaded, layer, "") for layer in range(depth(loaded))]
    with computing(loaded), identity(_chosen(loaded, off)) if off != "none" else nullcontext():
        with taking(layers[:1], inputs=True) as first, taking(layers) as after:
            output = forward(loaded, trace.tokens.ids, attentions=False)
        states = sent(torch.cat([*first, *after]))
        causal = trace.kind == "decoder" and output.get("logits") is not None
        changed = sent(output["logits"][0, -1]) if causal else None
    ids, before, after_ = _compared(loaded, trace, changed)
    with np.errstate(over="ignore", invalid="ignore"):
        lengths = np.linalg.norm(states, axis=-1)
    return Removed(
        off=off,
        stream=closed(lengths.astype(np.float32)),
        candidate_ids=closed(np.asarray(ids, np.int32)),
        candidates=label_each(loaded.tokenizer, ids),
        before=closed(before),
        after=closed(after_),
    )


def _chosen(loaded: LoadedModel, off: str) -> list[nn.Module]:
    stream = stream_of(loaded)
    paths = {"attention": stream.norms[:1], "mlp": stream.norms[1:], "all": stream.norms}.get(off, ())
    found = [part(loaded, layer, path) for layer in range(depth(loaded)) for path in paths]
    last = final_norm(loaded)
    return [*found, last] if last is not None and off in ("final", "all") else found


def _compared(loaded: LoadedModel, trace: Trace, changed: Array | None) -> tuple[list[int], Array, Array]:
    """The most probable next tokens of both runs with their probabilities."""
    if changed is None or trace.logits is None:
        return [], np.empty(0, np.float32), np.empty(0, np.float32)
    known = known_ids(loaded, len(changed))
    with np.errstate(over="ignore", invalid="ignore"):
        before, after = (softmax(row).astype(np.float32) for row in (trace.logits[-1], changed))
    tops = [highest(np.nan_to_num(row[:known], nan=-1), SHOWN) for row in (before, after)]
    ids = sorted({int(one) for row in tops for one in row}, key=lambda one: (-before[one], one))
    return ids, before[ids], after[ids]


def norms_notice(result: Norms) -> NormsNotice:
    """The largest state of all, and the median growth."""
    layer, token = np.unravel_index(int(result.stream.argmax()), result.stream.shape)
    middle = np.median(result.stream, axis=1)
    return NormsNotice(
        token=result.tokens.labels[int(token)],
        largest=float(result.stream[layer, token]),
        layer=int(layer),
        times=float(result.stream[layer, token] / max(float(middle[layer]), 1e-30)),
        start=float(middle[0]),
        end=float(middle[-1]),
        post=result.post,
    )
