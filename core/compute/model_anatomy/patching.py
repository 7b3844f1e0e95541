"""Activation patching: a state of one run put into another, and what it changes.

Meng et al. 2022 (arXiv:2202.05262, §2, causal tracing); Wang et al. 2023 (arXiv:2211.00593); Zhang & Nanda 2024
(arXiv:2309.16042, how to measure it). What is found holds for this pair of texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from core.arrays import Array
from core.compute.model_anatomy.lens import Ints, answers, closed, known_ids
from core.errors import BadParameter, SameTexts, TextTooLong, UnequalTexts
from core.models.read.held import sent
from core.models.read.stream import depth, part, pre_norm, read_out, stream_of, taking
from core.models.read.ties import largest
from core.models.read.trace import Trace, computing, forward, make_trace
from core.models.tokens.labels import Tokens, label_each
from core.numerics import softmax
from core.results import named

if TYPE_CHECKING:
    import torch
    from torch import nn

    from core.models.load.residency import LoadedModel

LIMIT = 16
"""Most tokens of a text: every token of it is patched in every layer."""
PARTS = ("stream", "attention", "mlp")
SHOWN = 5
BATCH = 96
"""So many patched runs go through a layer at once."""


@dataclass(frozen=True, slots=True, eq=False)
class Patching:
    """What each single patch does to the next token after the receiving text."""

    giver: Tokens  # the text whose states are put in
    taker: Tokens  # the text that receives them
    part: str  # "stream": what enters the layer; "attention", "mlp": what the part adds
    answer_ids: Ints  # [2], of the giver's answer and of the taker's
    answers: tuple[str, str]
    gap: Array  # [2], logit(giver's answer) − logit(taker's answer) in the giver's and in the taker's own run
    effect: Array  # [layer, token], part of the gap that the patch restores: 0 nothing, 1 all of it
    differs: Array  # [token], 1 where the two texts have different tokens
    top_ids: Ints  # [layer, token, SHOWN], most probable next tokens after the patch
    top_probability: Array  # [layer, token, SHOWN]
    own_ids: Ints  # [2, SHOWN], most probable next tokens of the giver and of the taker
    own_probability: Array  # [2, SHOWN]
    label_ids: Ints  # [named]
    labels: tuple[str, ...]  # [named]


@dataclass(frozen=True, slots=True, eq=False)
class Patched:
    """One run in which a row of tokens was patched at one layer."""

    layer: int
    first: int
    last: int
    effect: float
    top_ids: Ints  # [SHOWN]
    top_probability: Array  # [SHOWN]
    labels: tuple[str, ...]  # [SHOWN]
    logits: Array  # [vocab], after the last token


CARRIES = 0.5
"""Share of the gap between the two answers that a state restores which is said to carry the answer."""


@dataclass(frozen=True, slots=True)
class PatchNotice:
    """Where the answer is carried: the strongest token of an early and of a late layer."""

    giver: str  # the answers
    taker: str
    early: str  # token with the largest effect in the first layer
    early_effect: float
    late: str  # in the last layer
    late_effect: float
    moves: int  # first layer from which on the last token has the larger effect; −1: it never has

    @property
    def hands_over(self) -> bool:
        """Whether one token carries most of the answer at first, and in the end the last token does."""
        return (
            self.early != self.late and self.moves > 0 and min(self.early_effect, self.late_effect) >= CARRIES
        )


@named("model_anatomy.patching")
def patching(*, loaded: LoadedModel, trace: Trace, other: str, part: str = "stream") -> Patching:
    """Put one state of the trace's run into the run of ``other``, for every layer and token, each alone.

    effect = (d_patched − d_other) / (d_trace − d_other), d = logit(answer of the trace) − logit(answer of other) after
    the last token. "stream" replaces what enters a layer, "attention" and "mlp" what the part adds there.
    Errors: UnequalTexts, SameTexts, TextTooLong (more than LIMIT), NeedsPreNorm, NeedsHead, NeedsOneStack,
    BadParameter("part"). After Zhang & Nanda 2024.

    >>> patching(loaded=model, trace=trace, other="The capital of Italy is").effect[0].round(1)  # doctest: +SKIP
    array([0., 0., 0., 1., 0.], dtype=float32)
    """
    pair = _pair(loaded, trace, other, part)
    with computing(loaded):
        run = _prepare(loaded, pair, part)
        logits = _sweep(loaded, run)  # [layer · token from the first that differs, vocab]
    return _summary(loaded, pair, part, logits)


@named("model_anatomy.patch_span")
def patch_span(
    *, loaded: LoadedModel, trace: Trace, other: str, part: str = "stream", layer: int = 0, first: int = 0,
    last: int = 0,
) -> Patched:  # fmt: skip
    """Put the states of tokens ``first`` to ``last`` in at one layer, all at once; all of them: the trace's own logits.

    Errors: those of ``patching``, BadParameter("row").

    >>> patch_span(loaded=model, trace=trace, other=italy, layer=9, first=0, last=4).effect  # doctest: +SKIP
    1.0
    """
    pair = _pair(loaded, trace, other, part)
    if not 0 <= layer < depth(loaded) or not 0 <= first <= last < len(trace.tokens):
        raise BadParameter(name="row")
    with computing(loaded):
        run = _prepare(loaded, pair, part)
        logits = _sweep(loaded, run, only=(layer, first, last))[0]
    own, theirs = _gaps(pair)
    top = _top(loaded, logits[None])
    return Patched(
        layer=layer,
        first=first,
        last=last,
        effect=float((_gap(pair, logits) - theirs) / (own - theirs)),
        top_ids=closed(top[0][0].astype(np.int32)),
        top_probability=closed(top[1][0]),
        labels=label_each(loaded.tokenizer, top[0][0].tolist()),
        logits=closed(logits),
    )


# --- the two texts ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Pair:
    giver: Trace
    taker: Trace
    answers: tuple[int, int]  # ids

    @property
    def start(self) -> int:
        """The first token that differs."""
        both = zip(self.giver.tokens.ids, self.taker.tokens.ids, strict=True)
        return next(at for at, (one, two) in enumerate(both) if one != two)


def _pair(loaded: LoadedModel, giver: Trace, other: str, part: str) -> _Pair:
    """Both runs, and the two tokens whose logits are compared."""
    pre_norm(loaded)
    if part not in PARTS:
        raise BadParameter(name="part")
    taker = make_trace(loaded, other, limit=256)
    if len(giver.tokens) != len(taker.tokens):
        raise UnequalTexts(first=len(giver.tokens), second=len(taker.tokens))
    if len(giver.tokens) > LIMIT:
        raise TextTooLong(count=len(giver.tokens), limit=LIMIT)
    if giver.tokens.ids == taker.tokens.ids:
        raise SameTexts
    own, theirs = answers(loaded, giver)[-1], answers(loaded, taker)[-1]
    known = known_ids(loaded, len(own))
    one, two = int(own[:known].argmax()), int(theirs[:known].argmax())
    if one == two:  # the same answer: the tokens that gain and lose most
        change = softmax(own)[:known] - softmax(theirs)[:known]
        one, two = int(change.argmax()), int(change.argmin())
    return _Pair(giver, taker, (one, two))


def _gap(pair: _Pair, logits: Array) -> Any:
    return logits[..., pair.answers[0]] - logits[..., pair.answers[1]]


def _gaps(pair: _Pair) -> tuple[float, float]:
    assert pair.giver.logits is not None
    assert pair.taker.logits is not None
    return float(_gap(pair, pair.giver.logits[-1])), float(_gap(pair, pair.taker.logits[-1]))


# --- the patched runs -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Run:
    """What both runs had at every layer, and how a layer is called."""

    part: str
    given: list[torch.Tensor]  # [layer] of [token, d_model]: the giver's states, or what its parts added
    states: list[torch.Tensor]  # [layer] of [1, token, d_model]: what entered the taker's layers
    calls: list[tuple[tuple[Any, ...], dict[str, Any]]]  # further arguments of each layer
    start: int  # the first token that differs: before it both runs have the same states, and a patch does nothing


def _prepare(loaded: LoadedModel, pair: _Pair, name: str) -> _Run:
    layers = [part(loaded, layer, "") for layer in range(depth(loaded))]
    states: list[torch.Tensor] = []
    calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

    def keep(_module: nn.Module, given: tuple[Any, ...], named: dict[str, Any]) -> None:
        states.append(given[0])
        calls.append((given[1:], named))

    with ExitStack() as stack:
        for layer in layers:
            stack.callback(layer.register_forward_pre_hook(keep, with_kwargs=True).remove)
        forward(loaded, pair.taker.tokens.ids, attentions=False)
    watched = layers if name == "stream" else [_module(loaded, name, i) for i in range(len(layers))]
    with taking(watched, inputs=name == "stream") as given:
        forward(loaded, pair.giver.tokens.ids, attentions=False)
    return _Run(name, [one[0] for one in given], states, calls, pair.start)


def _module(loaded: LoadedModel, name: str, layer: int) -> nn.Module:
    stream = stream_of(loaded)
    return part(loaded, layer, stream.attention if name == "attention" else stream.mlp)


def _sweep(loaded: LoadedModel, run: _Run, only: tuple[int, int, int] | None = None) -> Array:
    """Logits [run, vocab] after the last token of all patched runs, layer by layer, the layer's tokens in order.

    A patched run equals the taker's up to its layer: it joins the batch there.
    """
    import torch

    count = run.states[0].shape[1]
    batch = run.states[0][:0]
    for layer, state in enumerate(run.states):
        spans = [(at, at) for at in range(run.start, count)]
        if only is not None:
            spans = [only[1:]] if layer == only[0] else []
        fresh = state.repeat(len(spans), 1, 1)
        if run.part == "stream":
            for row, (first, last) in zip(fresh, spans, strict=True):
                row[first : last + 1] = run.given[layer][first : last + 1]
        joined = torch.cat([batch, fresh])
        with _swapped(loaded, run, layer, spans) as offset:
            done = []
            for start in range(0, len(joined), BATCH):
                offset[0] = start - len(batch)
                done.append(_through(loaded, run, layer, joined[start : start + BATCH]))
        batch = torch.cat(done) if done else joined
    return np.concatenate(
        [sent(read_out(loaded, batch[at : at + BATCH, -1])) for at in range(0, len(batch), BATCH)]
    )  # fmt: skip


def _through(loaded: LoadedModel, run: _Run, layer: int, batch: torch.Tensor) -> torch.Tensor:
    further, named = run.calls[layer]
    made: Any = part(loaded, layer, "")(batch, *further, **named)
    result: torch.Tensor = made[0] if isinstance(made, tuple) else made
    return result


@contextmanager
def _swapped(
    loaded: LoadedModel, run: _Run, layer: int, spans: Sequence[tuple[int, int]]
) -> Iterator[list[int]]:
    """Replace what a part adds in the runs that are patched at this layer; they stand behind the older ones.

    Gives a list whose one entry says at which of the patched runs the present chunk starts.
    """
    offset = [0]
    if run.part == "stream":
        yield offset
        return

    def replace(_module: nn.Module, _given: Any, made: Any) -> Any:
        own = (made[0] if isinstance(made, tuple) else made).clone()
        for at, (first, last) in enumerate(spans):
            row = at - offset[0]
            if 0 <= row < len(own):
                own[row, first : last + 1] = run.given[layer][first : last + 1]
        return (own, *made[1:]) if isinstance(made, tuple) else own

    hook = _module(loaded, run.part, layer).register_forward_hook(replace)
    try:
        yield offset
    finally:
        hook.remove()


# --- what came of it --------------------------------------------------------------------------------------


def _top(loaded: LoadedModel, logits: Array) -> tuple[Ints, Array]:
    """The SHOWN most probable tokens of each row, [row, SHOWN] ids and probabilities."""
    import torch

    known = known_ids(loaded, logits.shape[1])
    ids = largest(torch.from_numpy(logits[:, :known]), min(SHOWN, known))[1].numpy()
    highest = logits.max(axis=-1, keepdims=True)
    total = np.exp(logits - highest).sum(axis=-1, keepdims=True)
    chance = np.exp(np.take_along_axis(logits, ids, axis=1) - highest) / total
    return ids, chance.astype(np.float32)


def _summary(loaded: LoadedModel, pair: _Pair, name: str, logits: Array) -> Patching:
    shape = (depth(loaded), len(pair.taker.tokens))
    own, theirs = _gaps(pair)
    tops = _top(loaded, logits)
    effect = (_gap(pair, logits) - theirs) / (own - theirs)
    ends = np.stack([answers(loaded, side)[-1] for side in (pair.giver, pair.taker)])
    own_ids, own_chance = _top(loaded, ends)
    ids, chance = (_filled(one, two[1], shape) for one, two in zip(tops, (own_ids, own_chance), strict=True))
    named = np.unique(np.concatenate([ids.ravel(), own_ids.ravel(), np.asarray(pair.answers)]))
    tokens = zip(pair.giver.tokens.ids, pair.taker.tokens.ids, strict=True)
    one, two = label_each(loaded.tokenizer, pair.answers)
    return Patching(
        giver=pair.giver.tokens,
        taker=pair.taker.tokens,
        part=name,
        answer_ids=closed(np.asarray(pair.answers, np.int32)),
        answers=(one, two),
        gap=closed(np.asarray([own, theirs], np.float32)),
        effect=closed(_filled(effect[:, None], np.zeros(1), shape)[..., 0].astype(np.float32)),
        differs=closed(np.asarray([float(a != b) for a, b in tokens], np.float32)),
        top_ids=closed(ids.astype(np.int32)),
        top_probability=closed(chance.astype(np.float32)),
        own_ids=closed(own_ids.astype(np.int32)),
        own_probability=closed(own_chance),
        label_ids=closed(named.astype(np.int32)),
        labels=label_each(loaded.tokenizer, named.tolist()),
    )


def _filled(values: Any, same: Any, shape: tuple[int, int]) -> Any:
    """[layer · patched token, n] → [layer, token, n]; tokens before the first that differs get ``same``."""
    patched = values.reshape(shape[0], -1, values.shape[-1])
    before = np.broadcast_to(same, (shape[0], shape[1] - patched.shape[1], len(same)))
    return np.concatenate([before, patched], axis=1)


def patch_notice(result: Patching) -> PatchNotice:
    """Which token carries the answer early and late, and in which layer it moves to the last token."""
    effect = result.effect
    early, late = int(effect[0].argmax()), int(effect[-1].argmax())
    others = effect[:, :-1].max(axis=1) if effect.shape[1] > 1 else np.full(len(effect), -np.inf)
    behind = np.flatnonzero(others >= effect[:, -1])
    moves = int(behind[-1]) + 1 if len(behind) else 0
    return PatchNotice(
        giver=result.answers[0],
        taker=result.answers[1],
        early=result.giver.labels[early],
        early_effect=float(effect[0, early]),
        late=result.giver.labels[late],
        late_effect=float(effect[-1, late]),
        moves=moves if moves < len(effect) else -1,
    )
