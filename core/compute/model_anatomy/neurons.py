"""Which neurons of the MLPs fire on a text, and which tokens what they write pushes up.

An MLP is a sum over its neurons, each a number (the activation) times a vector that it writes into the stream
(Geva et al. 2021, arXiv:2012.14913; 2022, arXiv:2203.14680).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from core.arrays import Array
from core.compute.model_anatomy.lens import Ints, closed, known_ids
from core.errors import GlassboxError
from core.models.load.small import through, weights_of
from core.models.read.held import exact, sent
from core.models.read.stream import columns, depth, final_norm, head, part, pre_norm, stream_of, taking
from core.models.read.trace import Trace, computing, forward
from core.models.tokens.labels import Tokens, label_each
from core.results import named

if TYPE_CHECKING:
    import torch

    from core.models.load.residency import LoadedModel

KEPT = 20
"""So many neurons of each layer are kept."""
PUSHED = 6
"""So many tokens at each end of what a neuron writes."""


@dataclass(frozen=True, slots=True, eq=False)
class Neurons:
    """The strongest neurons of each layer on one text."""

    tokens: Tokens
    count: int  # neurons of a layer
    gated: bool  # the activation is act(gate) · up (Llama); else act(in)
    ids: Ints  # [layer, KEPT]
    activation: Array  # [layer, KEPT, token]
    strongest: (
        Ints  # [layer, token], index into the KEPT of the one with the largest absolute activation there
    )
    up: Ints  # [layer, KEPT, PUSHED], ids of the tokens that the written vector pushes up most; empty without a head
    down: Ints  # [layer, KEPT, PUSHED], and down
    label_ids: Ints  # [named]
    labels: tuple[str, ...]  # [named]


@dataclass(frozen=True, slots=True)
class NeuronNotice:
    """The strongest neuron of a layer, not counting the first token where there are others."""

    layer: int
    neuron: int
    token: str
    value: float
    up: tuple[str, ...]  # tokens that it pushes up with this sign; empty without a head


@named("model_anatomy.neurons")
def neurons(*, loaded: LoadedModel, trace: Trace) -> Neurons:
    """The activations a_i of the strongest neurons; MLP(x) = Σ_i a_i · w_i (+ bias).

    Of each layer the KEPT neurons that are strongest at some token are kept, every token in turn. W_U · (γ ⊙ w_i)
    tells which tokens the written vector w_i pushes up (positive activation) or down; a model without a head, or
    post-norm, is shown without. Errors: NeedsOneStack, UnsupportedModel. After Geva et al. 2022.

    >>> neurons(loaded=model, trace=trace).activation.shape  # doctest: +SKIP
    (30, 20, 5)
    """
    return _fired(loaded, trace, told=True)


@named("model_anatomy.neurons_glance")
def glance(*, loaded: LoadedModel, trace: Trace) -> Neurons:
    """`neurons` without the tokens that they push: what can be drawn while those are sought."""
    return _fired(loaded, trace, told=False)


def _fired(loaded: LoadedModel, trace: Trace, *, told: bool) -> Neurons:
    path = stream_of(loaded).neurons
    maps = [part(loaded, layer, path) for layer in range(depth(loaded))]
    with computing(loaded):
        with taking(maps, _kept, inputs=True) as chosen:  # all neurons of all layers together are large
            forward(loaded, trace.tokens.ids, attentions=False, head=False)
        ids = np.stack([own for own, _, _ in chosen])
        up, down = _pushed(loaded, maps, ids) if told else (_nothing(ids), _nothing(ids))
    kept = np.stack([values for _, values, _ in chosen])
    named = np.unique(np.concatenate([up.ravel(), down.ravel()]))
    return Neurons(
        tokens=trace.tokens,
        count=chosen[0][2],
        gated=loaded.spec.family in ("llama", "qwen"),
        ids=closed(ids.astype(np.int32)),
        activation=closed(kept),
        strongest=closed(np.abs(kept).argmax(axis=1).astype(np.int32)),
        up=closed(up.astype(np.int32)),
        down=closed(down.astype(np.int32)),
        label_ids=closed(named.astype(np.int32)),
        labels=label_each(loaded.tokenizer, named.tolist()),
    )


def _kept(fired: torch.Tensor) -> tuple[Ints, Array, int]:
    """Of activations [1, token, neuron]: ids [KEPT] of the strongest, what they do [KEPT, token], and their number."""
    activation = sent(fired[0].T)
    own = strongest(activation)
    return own, activation[own], len(activation)


def strongest(activation: Array) -> Ints:
    """The KEPT neurons [neuron, token] → [KEPT]: the strongest of every token, then the second strongest …

    >>> strongest(np.array([[9, 1], [2, 0], [0, -5]], np.float32))
    array([0, 2, 1], dtype=int32)
    """
    order = np.argsort(-np.abs(activation), axis=0, kind="stable")[:KEPT]  # [place, token]
    sizes = np.take_along_axis(np.abs(activation), order, axis=0)
    turns = [order[i][np.argsort(-sizes[i], kind="stable")] for i in range(len(order))]
    return np.fromiter(dict.fromkeys(np.concatenate(turns).tolist()), np.int32)[:KEPT]


def _pushed(loaded: LoadedModel, maps: list[Any], ids: Ints) -> tuple[Ints, Ints]:
    """Tokens at both ends of what each kept neuron writes, [layer, KEPT, PUSHED] each."""
    import torch

    try:
        pre_norm(loaded)
    except GlassboxError:
        return _nothing(ids), _nothing(ids)
    norm: Any = final_norm(loaded)
    ends: Ints | None = None  # written in place: small arrays between large ones would leave holes in memory
    for layer, (linear, own) in enumerate(zip(maps, ids, strict=True)):
        at = torch.from_numpy(own).to(loaded.device).long()
        scaled = _scaled(columns(linear, at), norm)
        for side, sign in enumerate((1, -1)):
            found = _most(loaded, sign * scaled).cpu().numpy()
            if ends is None:
                ends = np.empty((2, *ids.shape, found.shape[-1]), np.int32)
            ends[side, layer] = found
    assert ends is not None
    return ends[0], ends[1]


def _nothing(ids: Ints) -> Ints:
    return np.empty((*ids.shape, 0), np.int32)


def _scaled(written: torch.Tensor, norm: Any) -> torch.Tensor:
    """γ ⊙ w of vectors w [vector, d_model]: what the head reads."""
    import torch

    if norm is None:
        return written
    centred = isinstance(norm, torch.nn.LayerNorm)
    scaled: torch.Tensor = (written - written.mean(-1, keepdim=True) if centred else written) * exact(
        norm.weight
    )
    return scaled


def _most(loaded: LoadedModel, scaled: torch.Tensor) -> torch.Tensor:
    """The PUSHED largest of W_U · v for vectors v [vector, d_model].

    Sought in the model's own precision, twice as many as are kept, and put in order in float64: what weights alone
    decide is the same on every processor.
    """
    linear: Any = head(loaded)
    pushed = through(linear, scaled).float()
    known = known_ids(loaded, pushed.shape[1])
    near = pushed[:, :known].topk(min(2 * PUSHED, known)).indices.sort(-1).values
    products = (exact(weights_of(linear, near)) @ scaled[:, :, None])[..., 0]
    order = products.sort(descending=True, stable=True).indices
    return near.to(order.device).gather(-1, order[:, :PUSHED])


def neuron_notice(result: Neurons, layer: int) -> NeuronNotice:
    """The strongest neuron of a layer behind the first token."""
    layer = min(layer, len(result.ids) - 1) if layer >= 0 else len(result.ids) - 1
    values = result.activation[layer]
    start = 1 if values.shape[1] > 1 else 0
    at, token = np.unravel_index(int(np.abs(values[:, start:]).argmax()), values[:, start:].shape)
    value = float(values[at, token + start])
    names = dict(zip(result.label_ids.tolist(), result.labels, strict=True))
    side = result.up if value >= 0 else result.down
    return NeuronNotice(
        layer=layer,
        neuron=int(result.ids[layer, at]),
        token=result.tokens.labels[int(token) + start],
        value=value,
        up=tuple(names[one] for one in side[layer, at].tolist()),
    )
