"""Switch chosen attention heads off and compare with the untouched run.

The outputs of a layer's heads lie side by side in the input of its output projection; a hook on that input
replaces the slices of the chosen heads. The baseline is the trace, which is never changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.arrays import Array, read_only
from core.errors import BadParameter
from core.models.read.held import sent
from core.models.read.layouts import Shape, output_projection, shape_of
from core.models.read.trace import Trace, computing, forward
from core.models.tokens.labels import Tokens, label_each
from core.numerics import Doubles, highest, log_softmax, losses
from core.results import named

if TYPE_CHECKING:
    import torch
    from torch import nn

    from core.models.load.residency import LoadedModel

MODES = ("zero", "mean")
TOP = 8
"""So many most probable next tokens of each run are compared."""

_HEAD = re.compile(r"(0|[1-9][0-9]{0,3})\.(0|[1-9][0-9]{0,3})", re.ASCII)
_LOOSE = re.compile(r"([0-9]{1,3})\.([0-9]{1,3})", re.ASCII)


@dataclass(frozen=True, slots=True, eq=False)
class Ablation:
    """The run without some heads beside the full run; an encoder has no candidates, no losses."""

    heads: tuple[str, ...]  # "5.1" is layer 5, head 1, from 0; sorted, no repeats
    mode: str  # "zero" | "mean"
    tokens: Tokens
    candidates: tuple[str, ...]  # labels of the top 8 before and the top 8 after, falling by ``before``
    candidate_ids: tuple[int, ...]  # [candidate]
    before: Array  # [candidate], probability of being the next token after the text
    after: Array  # [candidate]
    loss_before: Array  # [token], nats: −ln probability of each token after those before it; nan for token 0
    loss_after: Array  # [token], nats
    kl: float  # nats, Kullback–Leibler divergence before‖after at the last position; nan for an encoder
    similarity: Array  # [token], cosine of the final hidden states before and after
    sentence_similarity: float  # cosine of their means over tokens


@named("attention_heads.ablate")
def ablate(*, loaded: LoadedModel, trace: Trace, heads: Sequence[str], mode: str = "zero") -> Ablation:
    """Run the traced text again with the outputs of ``heads`` replaced by zero or by their text mean.

    "mean" keeps what a head adds on average and removes only what depends on the position (it sees later
    tokens, as every mean does). Loss_i = −ln p(t_i | t_<i) and KL = Σ p ln(p / p′) in nats.
    Errors: BadParameter("ablate" | "mode"). After Michel et al. 2019 (arXiv:1905.10650, §3).

    >>> ablate(loaded=model, trace=trace, heads=("5.1",)).kl  # doctest: +SKIP
    0.42
    """
    chosen = _parse(heads, shape_of(loaded))
    if mode not in MODES:
        raise BadParameter(name="mode")
    with computing(loaded), _without(loaded, chosen, mode):
        target = trace.target_tokens.ids if trace.target_tokens else ()
        output = forward(loaded, trace.tokens.ids, target, attentions=False)
        states = output["encoder_hidden_states" if target else "hidden_states"]
        hidden = sent(states[-1][0])
        logits = sent(output["logits"][0]) if trace.kind == "decoder" else None
    predictions, whole = _compare(loaded, trace, logits), trace.hidden[-1]
    return Ablation(
        heads=tuple(f"{layer}.{head}" for layer in sorted(chosen) for head in chosen[layer]),
        mode=mode,
        tokens=trace.tokens,
        candidates=label_each(loaded.tokenizer, predictions.candidate_ids),
        candidate_ids=predictions.candidate_ids,
        before=_single(predictions.before),
        after=_single(predictions.after),
        loss_before=_single(predictions.loss_before),
        loss_after=_single(predictions.loss_after),
        kl=predictions.kl,
        similarity=_single(_cosine(whole, hidden)),
        sentence_similarity=float(_cosine(whole.mean(axis=0), hidden.mean(axis=0))),
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the run without the heads says is most probable, for one sentence."""

    before: str  # label of the most probable next token of the full run
    p_before: float  # its probability there
    p_same: float  # … and without the heads
    after: str  # label of the most probable one without the heads
    p_after: float


def verdict(found: Ablation) -> Verdict | None:
    """The most probable next token with and without the heads; None for an encoder, which has none."""
    if not found.candidates:
        return None
    first, then = int(found.before.argmax()), int(found.after.argmax())
    return Verdict(
        before=found.candidates[first],
        p_before=float(found.before[first]),
        p_same=float(found.after[first]),
        after=found.candidates[then],
        p_after=float(found.after[then]),
    )


def existing(names: Sequence[str], layers: int, heads: int) -> tuple[str, ...]:
    """Those heads of a link that a model has, each once, in order.

    >>> existing(("5.1", "05.1", "2.0", "9.9", "x"), layers=6, heads=2)
    ('2.0', '5.1')
    """
    pairs = {(int(found[1]), int(found[2])) for found in map(_LOOSE.fullmatch, names) if found}
    return tuple(f"{layer}.{head}" for layer, head in sorted(pairs) if layer < layers and head < heads)


# --- the hook -------------------------------------------------------------------------------------


def _parse(heads: Sequence[str], shape: Shape) -> dict[int, tuple[int, ...]]:
    """("5.1", "5.0") → {5: (0, 1)}; BadParameter("ablate") for anything that is no head of the model."""
    chosen: dict[int, set[int]] = {}
    for written in heads:
        found = _HEAD.fullmatch(written)
        layer, head = (int(part) for part in found.groups()) if found else (-1, -1)
        if not (0 <= layer < shape.layers and 0 <= head < shape.heads):
            raise BadParameter(name="ablate")
        chosen.setdefault(layer, set()).add(head)
    return {layer: tuple(sorted(found)) for layer, found in chosen.items()}


@contextmanager
def _without(loaded: LoadedModel, chosen: Mapping[int, Sequence[int]], mode: str) -> Iterator[None]:
    """Hooks on the output projections of the chosen layers, taken off again whatever happens."""
    heads = shape_of(loaded).heads
    with ExitStack() as stack:
        for layer, off in chosen.items():
            hook = output_projection(loaded, layer).register_forward_pre_hook(_switch_off(off, heads, mode))
            stack.callback(hook.remove)
        yield


def _switch_off(
    off: Sequence[int], heads: int, mode: str
) -> Callable[[nn.Module, tuple[torch.Tensor, ...]], tuple[torch.Tensor, ...]]:
    """A forward pre-hook on an output projection, whose input is [batch, token, head · head_dim]."""

    def hook(_module: nn.Module, arguments: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        mixed = (
            arguments[0].clone().view(*arguments[0].shape[:-1], heads, -1)
        )  # [batch, token, head, head_dim]
        for head in off:
            own = mixed[:, :, head]
            mixed[:, :, head] = own.mean(dim=1, keepdim=True) if mode == "mean" else 0
        return (mixed.flatten(-2), *arguments[1:])

    return hook


# --- the comparison -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Predictions:
    candidate_ids: tuple[int, ...]
    before: Doubles
    after: Doubles
    loss_before: Doubles
    loss_after: Doubles
    kl: float


def _compare(loaded: LoadedModel, trace: Trace, logits: Array | None) -> _Predictions:
    """Next-token predictions before (the trace) and after (logits, [token, vocab]); empty without either."""
    none = np.empty(0)
    if logits is None or trace.logits is None:
        return _Predictions((), none, none, none, none, float("nan"))
    before, after = log_softmax(trace.logits[-1]), log_softmax(logits[-1])
    # rows beyond the vocabulary pad the matrix to a round size: no token has their ids
    known = min(len(before), len(loaded.tokenizer))
    top = {int(one) for row in (before, after) for one in highest(row[:known], TOP)}
    order = sorted(top, key=lambda one: (-before[one], one))
    return _Predictions(
        candidate_ids=tuple(order),
        before=np.exp(before[order]),
        after=np.exp(after[order]),
        loss_before=losses(np.asarray(trace.logits), trace.tokens.ids),
        loss_after=losses(logits, trace.tokens.ids),
        kl=max(0.0, float(np.exp(before) @ (before - after))),  # rounding may give −1e-17
    )


def _cosine(one: Array, other: Array) -> Doubles:
    a, b = one.astype(np.float64), other.astype(np.float64)
    result: Doubles = (a * b).sum(-1) / np.maximum(
        np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1), 1e-30
    )
    return np.asarray(result)


def _single(values: Doubles) -> Array:
    return read_only(values.astype(np.float32))
