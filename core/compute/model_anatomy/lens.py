"""What each layer would say already, and which part of the model said it.

The logit lens (nostalgebraist 2020; Belrose et al. 2023, arXiv:2303.08112, §2) and direct logit attribution
(Elhage et al. 2021, "A Mathematical Framework for Transformer Circuits").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core.arrays import Array, read_only
from core.errors import BadParameter, NeedsHead
from core.models.load.small import weights_of
from core.models.read.held import exact, tensor_of, there
from core.models.read.layouts import network, shape_of
from core.models.read.stream import (
    columns,
    depth,
    final_norm,
    head,
    part,
    pre_norm,
    read_out,
    stream_of,
    taking,
)
from core.models.read.ties import largest
from core.models.read.trace import Trace, computing, forward
from core.models.tokens.labels import Tokens, label_each
from core.numerics import highest, softmax
from core.results import named

if TYPE_CHECKING:
    import torch

    from core.models.load.residency import LoadedModel

Ints = npt.NDArray[np.int32]
Doubles = npt.NDArray[np.float64]

TOP = 8
"""So many most probable tokens of a cell, and candidates of an attribution."""
CELLS = 560
"""More cells than these and only every second, third … layer is read, until all are asked for."""
CHUNK = 3 << 20  # logits at a time, 13 MB: 64 tokens at a vocabulary of 49,152, 24 at one of 127,000
BLOCK = 400_000  # numbers worked on at a time: below 4 MB they take memory that is there already
MOST_PINS = 6


@dataclass(frozen=True, slots=True, eq=False)
class Lens:
    """The stream after each layer, read with the model's own last norm and head."""

    tokens: Tokens
    layers: Ints  # [row], 0: the embedding; l: after layer l; the last row is the model's own output
    depth: int  # layers of the model
    top_ids: Ints  # [row, token, TOP], most probable first
    top_probability: Array  # [row, token, TOP]
    entropy: Array  # [row, token], nats
    rank: Ints  # [row, token], rank of the model's own answer at this token; 1: it is on top
    answer: Ints  # [token], the model's own most probable token
    answer_probability: Array  # [row, token]
    label_ids: Ints  # [named], ids that appear above
    labels: tuple[str, ...]  # [named]


@dataclass(frozen=True, slots=True, eq=False)
class Tracks:
    """Chosen tokens on their way through all layers, at one token of the text; the model's own answer first."""

    at: int
    ids: Ints  # [pin]
    labels: tuple[str, ...]  # [pin]
    probability: Array  # [pin, layer + 1]
    rank: Ints  # [pin, layer + 1], 1: most probable


@dataclass(frozen=True, slots=True)
class LensNotice:
    """When the answer after the last token comes up."""

    token: str
    probability: float
    first: int  # first layer read in which it is on top; 0: the embedding
    stays: int  # first layer from which on it stays on top
    before: str  # what was on top one row before it stays; "" where nothing was
    depth: int


def known_ids(loaded: LoadedModel, size: int) -> int:
    """Rows beyond the vocabulary pad the matrix to a round size: no token has their ids."""
    return min(size, len(loaded.tokenizer))


def answers(loaded: LoadedModel, trace: Trace) -> Array:
    """The model's own logits [token, vocab]. Errors: NeedsHead."""
    if trace.logits is None:
        raise NeedsHead(model=loaded.spec.id)
    return trace.logits


@named("model_anatomy.lens")
def lens(*, loaded: LoadedModel, trace: Trace, dense: bool = False) -> Lens:
    """Read the state x after each layer as if it were the last: p = softmax(W_U · norm(x)).

    The library's last hidden state is normed already; the last row takes the model's own logits. Up to ``CELLS``
    cells every layer is read, beyond that every second, third … (``dense``: all).
    Errors: NeedsHead, NeedsOneStack, UnsupportedModel. After nostalgebraist 2020.

    >>> lens(loaded=model, trace=make_trace(model, "The capital of France is", limit=64)).rank[-1]  # doctest: +SKIP
    array([1, 1, 1, 1, 1], dtype=int32)
    """
    return _at_layers(loaded, trace, rows(depth(loaded), len(trace.tokens), dense=dense))


@named("model_anatomy.glance")
def glance(*, loaded: LoadedModel, trace: Trace) -> Lens:
    """`lens` of the embedding and of the model's own output: what can be drawn while the layers are read.

    >>> glance(loaded=model, trace=make_trace(model, "The capital of France is", limit=64)).layers  # doctest: +SKIP
    array([ 0, 30], dtype=int32)
    """
    return _at_layers(loaded, trace, (0, depth(loaded)))


def _at_layers(loaded: LoadedModel, trace: Trace, layers: tuple[int, ...]) -> Lens:
    stream_of(loaded)
    final = answers(loaded, trace)
    answer = _best(final, known_ids(loaded, final.shape[1]))
    read = _Reading(loaded, answer, len(layers), final.shape[1])
    with computing(loaded):
        for layer in layers[:-1]:
            read.states(trace.hidden, layer)
        read.logits(final)
    named = np.unique(np.concatenate([read.top.ravel(), answer]))
    shape = (len(layers), len(answer))
    return Lens(
        tokens=trace.tokens,
        layers=closed(np.asarray(layers, np.int32)),
        depth=depth(loaded),
        top_ids=closed(read.top.reshape(*shape, -1)),
        top_probability=closed(read.chance.reshape(*shape, -1)),
        entropy=closed(read.entropy.reshape(shape)),
        rank=closed(read.rank.reshape(shape)),
        answer=closed(answer.astype(np.int32)),
        answer_probability=closed(read.own.reshape(shape)),
        label_ids=closed(named.astype(np.int32)),
        labels=label_each(loaded.tokenizer, named.tolist()),
    )


def rows(layers: int, tokens: int, *, dense: bool) -> tuple[int, ...]:
    """Which states are read, the embedding and the output always among them.

    >>> rows(4, 10, dense=False), len(rows(30, 32, dense=False))
    ((0, 1, 2, 3, 4), 16)
    """
    step = 1 if dense else max(1, -(-(layers + 1) * tokens // CELLS))
    return tuple(sorted({0, *range(layers, 0, -step)}))


class _Reading:
    """Logits, a chunk at a time, boiled down to what a cell shows.

    What is kept is written into arrays that stand beforehand: small ones between the large would leave holes in memory
    into which the next large one does not fit, 250 MB for a hundred tokens.
    """

    def __init__(self, loaded: LoadedModel, answer: npt.NDArray[Any], layers: int, vocabulary: int) -> None:
        self.loaded, self.answer, self.vocabulary = loaded, answer, vocabulary
        cells, kept = layers * len(answer), min(TOP, known_ids(loaded, vocabulary))
        self.top = np.empty((cells, kept), np.int32)
        self.chance = np.empty((cells, kept), np.float32)
        self.entropy, self.own = np.empty(cells, np.float32), np.empty(cells, np.float32)
        self.rank = np.empty(cells, np.int32)
        self.done = 0  # cells

    def states(self, hidden: Array, layer: int) -> None:
        rows = max(1, CHUNK // self.vocabulary)
        for start in range(0, hidden.shape[1], rows):
            states = there(self.loaded, hidden, (layer, slice(start, start + rows)))
            made = read_out(self.loaded, states)
            for at in blocks(made):
                self._keep(made[at].float(), start + at.start)
            del made  # before the next are made

    def logits(self, logits: Array) -> None:
        for at in blocks(logits):
            self._keep(there(self.loaded, logits, at).float(), at.start)

    def _keep(self, logits: torch.Tensor, start: int) -> None:
        import torch

        own = torch.from_numpy(self.answer[start : start + len(logits)]).to(logits.device)[:, None]
        score = logits.gather(1, own)
        known = logits[:, : known_ids(self.loaded, logits.shape[1])]
        best, places = largest(known, self.top.shape[1])
        highest = logits.amax(dim=-1, keepdim=True)
        shifted = logits - highest
        weight = shifted.exp()
        total = weight.sum(dim=-1)
        cells = slice(self.done, self.done + len(logits))
        for into, value in (
            (self.rank, 1 + torch.count_nonzero(known > score, dim=-1)),
            (self.entropy, total.log() - torch.linalg.vecdot(shifted, weight) / total),
            (self.top, places),
            (self.chance, (best - highest).exp() / total[:, None]),
            (self.own, (score - highest).exp()[:, 0] / total),
        ):
            into[cells] = value.cpu().numpy()
        self.done = cells.stop


def _best(logits: Array, known: int) -> npt.NDArray[np.intp]:
    """[token], the first of the largest of the first ``known`` logits; found where they lie."""
    if (lying := tensor_of(logits)) is not None:
        tops = [largest(lying[at, :known], 1)[1][:, 0] for at in blocks(lying)]
        return np.concatenate([top.cpu().numpy() for top in tops])
    return np.asarray(logits[:, :known].argmax(axis=1))


def blocks(logits: Array | torch.Tensor) -> Iterator[slice]:
    """Rows of logits [row, vocab], ``BLOCK`` numbers at a time.

    >>> list(blocks(np.zeros((20, 49_152), np.float32)))
    [slice(0, 8, None), slice(8, 16, None), slice(16, 24, None)]
    """
    rows = max(1, BLOCK // logits.shape[1])
    return (slice(start, start + rows) for start in range(0, len(logits), rows))


@named("model_anatomy.tracks")
def tracks(*, loaded: LoadedModel, trace: Trace, at: int = -1, pins: tuple[str, ...] = ()) -> Tracks:
    """Probability and rank of chosen tokens (ids written as texts) in every layer, at one token of the text.

    ``at`` −1 is the last token. Errors: BadParameter("pins"), NeedsHead, NeedsOneStack.

    >>> tracks(loaded=model, trace=trace).labels  # doctest: +SKIP
    ('·Paris',)
    """
    import torch

    stream_of(loaded)
    final = answers(loaded, trace)
    at = place(at, len(trace.tokens))
    known = known_ids(loaded, final.shape[1])
    own = int(final[at, :known].argmax())
    ids = list(dict.fromkeys([own, *(token_id(one, known, "pins") for one in pins[:MOST_PINS])]))
    with computing(loaded):
        states = there(loaded, trace.hidden, (slice(-1), at))
        chance, rank = [], []
        for logits in (read_out(loaded, states), there(loaded, final, slice(at, at + 1))):
            for few in blocks(logits):
                block = logits[few].float()
                chosen = block[:, ids]
                chance.append((chosen - block.logsumexp(-1, keepdim=True)).exp().cpu().numpy())
                above = block[:, None, :known] > chosen[:, :, None]
                rank.append(1 + torch.count_nonzero(above, dim=-1).cpu().numpy())
    return Tracks(
        at=at,
        ids=closed(np.asarray(ids, np.int32)),
        labels=label_each(loaded.tokenizer, ids),
        probability=closed(np.concatenate(chance).T),
        rank=closed(np.concatenate(rank).T.astype(np.int32)),
    )


def lens_notice(result: Lens, shown: Sequence[int] = ()) -> LensNotice:
    """Where the answer after the last token comes up, and stays, in the rows that are drawn: all, if none are named."""
    drawn = np.asarray(shown or range(len(result.layers)))
    ranks = result.rank[drawn, -1]
    later = np.flatnonzero(ranks != 1)
    stays = int(later[-1]) + 1 if len(later) else 0
    names = dict(zip(result.label_ids.tolist(), result.labels, strict=True))
    before = names[int(result.top_ids[drawn[stays - 1], -1, 0])] if stays else ""
    return LensNotice(
        token=names[int(result.answer[-1])],
        probability=float(result.answer_probability[-1, -1]),
        first=int(result.layers[drawn[int(np.flatnonzero(ranks == 1)[0])]]),
        stays=int(result.layers[drawn[stays]]),
        before=before,
        depth=result.depth,
    )


# --- contributions ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Contributions:
    """The logits of some tokens as a sum over the parts of the model, at one token of the text."""

    tokens: Tokens
    at: int
    candidate_ids: Ints  # [candidate], most probable first; those that were asked for behind them
    candidates: tuple[str, ...]  # [candidate]
    probability: Array  # [candidate]
    logits: Array  # [candidate], the model's own
    embedding: Array  # [candidate], of the token at this place
    position: Array  # [candidate], of its learned position; 0 without
    heads: Array  # [candidate, layer, head]
    attention_bias: Array  # [candidate, layer], of the map behind the heads
    mlp: Array  # [candidate, layer], its output bias included
    norm_bias: Array  # [candidate], of the last norm
    head_bias: Array  # [candidate], of the head
    residual: Array  # [candidate], the model's logit less the sum of all the above
    magnitude: Array  # [candidate], sum of their absolute values
    scale: float  # by which the last norm multiplied the stream here; frozen; 1 without a last norm


@dataclass(frozen=True, slots=True)
class PartsNotice:
    """The part that pushes most towards the answer."""

    token: str
    part: str  # "head" | "mlp" | "embedding"
    layer: int
    head: int
    value: float  # logits
    attention: float  # sum over all heads
    mlp: float  # sum over all MLPs
    logit: float
    share: float  # |residual| / magnitude


@named("model_anatomy.contributions")
def contributions(
    *, loaded: LoadedModel, trace: Trace, at: int = -1, answer: int = -1, against: int = -1
) -> Contributions:
    """Direct logit attribution: logit_v = Σ_parts s · (γ ⊙ w_v) · part + β · w_v + b_v.

    The stream before the last norm is the sum of the embedding and of all outputs of heads and MLPs; the norm's scale
    s (1/RMS, or 1/σ after the mean is taken off) is frozen at what it was. Candidates are the TOP most probable tokens
    and those asked for by id (``answer``, ``against``; −1: none). Nothing indirect is counted.
    Errors: NeedsPreNorm, NeedsHead, NeedsOneStack, BadParameter. After Elhage et al. 2021.

    >>> abs(contributions(loaded=model, trace=trace).residual).max() < 1e-3  # doctest: +SKIP
    True
    """
    pre_norm(loaded)
    final = answers(loaded, trace)
    at = place(at, len(trace.tokens))
    ids = _candidates(loaded, final[at], (answer, against))
    with computing(loaded):
        found = _added(loaded, trace, at, ids)
    sides = sum(found[name] for name in ("embedding", "position", "norm_bias", "head_bias"))
    parts = [found["heads"].reshape(len(ids), -1), found["attention_bias"], found["mlp"]]
    single = [found[name][:, None] for name in ("embedding", "position", "norm_bias", "head_bias")]
    total = sides + sum(one.sum(axis=1) for one in parts)
    magnitude = np.abs(np.concatenate([*parts, *single], axis=1)).sum(axis=1)
    scale = float(found.pop("scale"))
    return Contributions(
        tokens=trace.tokens,
        at=at,
        candidate_ids=closed(np.asarray(ids, np.int32)),
        candidates=label_each(loaded.tokenizer, ids),
        probability=_single(softmax(final[at])[ids]),
        logits=_single(final[at][ids].astype(np.float64)),
        residual=_single(final[at][ids] - total),
        magnitude=_single(magnitude),
        scale=scale,
        **{name: _single(value) for name, value in found.items()},
    )


def _candidates(loaded: LoadedModel, logits: Array, asked: Iterable[int]) -> list[int]:
    known = known_ids(loaded, len(logits))
    for one in asked:
        if one >= known:
            raise BadParameter(name="answer")
    top = highest(logits[:known], TOP).tolist()
    return list(dict.fromkeys([*top, *(one for one in asked if one >= 0)]))


def _added(loaded: LoadedModel, trace: Trace, at: int, ids: Sequence[int]) -> dict[str, Doubles]:
    """All parts of the logits, in float64."""
    import torch

    stream, layers, shape = stream_of(loaded), range(depth(loaded)), shape_of(loaded)
    behind, mlps = ([part(loaded, i, path) for i in layers] for path in (stream.heads, stream.mlp))
    last = [part(loaded, len(layers) - 1, "")]
    with taking(behind, inputs=True) as mixed, taking(mlps) as added, taking(last) as after:
        forward(loaded, trace.tokens.ids, attentions=False)
    direction, bias, scale = _direction(loaded, exact(after[0][0, at]), ids)
    heads, attention_bias = [], []
    for linear, values in zip(behind, mixed, strict=True):
        pushed = direction @ columns(linear).T  # [candidate, head · head_dim]
        each = pushed * exact(values[0, at])
        heads.append(each.reshape(len(ids), shape.heads, -1).sum(-1))
        own: Any = getattr(linear, "bias", None)
        attention_bias.append(direction.sum(-1) * 0 if own is None else direction @ exact(own))
    embedding, position = _entered(loaded, trace, at)
    linear_head: Any = head(loaded)
    own = getattr(linear_head, "bias", None)
    found = {
        "embedding": direction @ embedding,
        "position": direction @ position,
        "heads": torch.stack(heads, dim=1),
        "attention_bias": torch.stack(attention_bias, dim=1),
        "mlp": torch.stack([direction @ exact(one[0, at]) for one in added], dim=1),
        "norm_bias": bias,
        "head_bias": bias * 0 if own is None else exact(own)[list(ids)],
        "scale": scale,
    }
    return {name: value.cpu().numpy() for name, value in found.items()}


def _direction(
    loaded: LoadedModel, state: torch.Tensor, ids: Sequence[int]
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """What a vector in the stream adds to each logit, [candidate, d_model]; the norm's bias in it; its scale."""
    import torch

    linear: Any = head(loaded)
    rows_of = exact(weights_of(linear, list(ids)))
    norm: Any = final_norm(loaded)
    if norm is None:
        return rows_of, rows_of.sum(-1) * 0, torch.ones(())
    centred = isinstance(norm, torch.nn.LayerNorm)
    epsilon = float(norm.eps if centred else norm.variance_epsilon)
    spread = (state - state.mean() if centred else state).pow(2).mean()
    scale = torch.rsqrt(spread + epsilon)
    direction = rows_of * exact(norm.weight)
    if centred:
        direction = direction - direction.mean(-1, keepdim=True)
    own = getattr(norm, "bias", None)
    bias = rows_of.sum(-1) * 0 if own is None else rows_of @ exact(own)
    return direction * scale, bias, scale


def _entered(loaded: LoadedModel, trace: Trace, at: int) -> tuple[torch.Tensor, torch.Tensor]:
    """What enters the stream at a token: its embedding, and its learned position (or zeros), [d_model] each."""
    import torch

    first = exact(there(loaded, trace.hidden, (0, at)))
    path = stream_of(loaded).positions
    if not path:
        return first, torch.zeros_like(first)
    table: Any = network(loaded).base_model.get_submodule(path)
    position = exact(weights_of(table, [at])[0])
    return first - position, position


def parts_notice(result: Contributions, answer: int = -1, against: int = -1) -> PartsNotice:
    """The head or MLP that pushes most towards the answer (over the other token, if one is named)."""
    ids = result.candidate_ids.tolist()
    one = ids.index(answer) if answer in ids else 0
    other = ids.index(against) if against in ids else -1

    def of(values: Array) -> Array:
        return np.asarray(values[one] - values[other] if other >= 0 else values[one])

    heads, mlp = of(result.heads), of(result.mlp)
    head_at = np.unravel_index(int(heads.argmax()), heads.shape)
    strongest = float(heads[head_at]) >= float(mlp.max())
    return PartsNotice(
        token=result.candidates[one],
        part="head" if strongest else "mlp",
        layer=int(head_at[0]) if strongest else int(mlp.argmax()),
        head=int(head_at[1]) if strongest else -1,
        value=float(heads[head_at]) if strongest else float(mlp.max()),
        attention=float(heads.sum()),
        mlp=float(mlp.sum()),
        logit=float(of(result.logits)),
        share=float(abs(result.residual[one]) / result.magnitude[one]),
    )


# --- shared -----------------------------------------------------------------------------------------------


def place(at: int, count: int) -> int:
    """A token of the text: −1 and what lies behind the last are the last.

    >>> place(-1, 5), place(3, 5), place(99, 5)
    (4, 3, 4)
    """
    return at if 0 <= at < count else count - 1


def token_id(written: str, known: int, name: str) -> int:
    """An id written as text. Errors: BadParameter."""
    if not (written.isascii() and written.isdigit() and len(written) < 8 and int(written) < known):
        raise BadParameter(name=name)
    return int(written)


def closed(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The array, read-only and in one piece."""
    return read_only(np.ascontiguousarray(array))


def _single(values: npt.NDArray[Any]) -> Array:
    return closed(np.asarray(values, np.float32))
