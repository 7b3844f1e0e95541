"""Whether two results say the same, but for what another processor rounds otherwise.

Numbers are compared one by one. Where a result lists things by falling value (the most probable tokens, the nearest
words), rounding may exchange two that are almost equal. Such a list is compared by what it holds: the values place by
place, and those of each thing with its own; whatever stands in another order, or instead of something else, must tie.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[Any]

TIE = 5e-4
"""Two logits, or logarithms of probabilities, that are nearer may change places: some ten times what rounding moves."""
CLOSE = 1e-5
"""The same for cosines, which are short sums."""
SURE = 10
"""Up to this rank tokens lie so far apart that none changes its place, where no list tells of ties."""


def logarithm(shares: Numbers) -> Numbers:
    """Natural logarithms of probabilities, of 0 too."""
    return np.asarray(np.log(np.maximum(shares, 1e-30)))


def plain(values: Numbers) -> Numbers:
    """Logits, cosines: as they are."""
    return values


@dataclasses.dataclass(frozen=True)
class Ranking:
    """Fields of a result that list things along their last common axis, the largest value first."""

    keys: str  # what is listed: ids, or labels
    values: str  # [list, place]
    beside: tuple[str, ...] = ()  # further fields that say something of each thing
    scale: Callable[[Numbers], Numbers] = logarithm  # on which a tie is one
    tie: float = TIE
    chosen_by: str = ""  # a second value that puts a thing on the list; the first one orders it


RANKINGS = {
    "Ablation": (Ranking("candidate_ids", "before", ("candidates", "after"), chosen_by="after"),),
    "Causal": (Ranking("candidates", "share"),),
    "Contributions": (
        Ranking(
            "candidate_ids", "logits",
            ("candidates", "probability", "embedding", "position", "heads", "attention_bias", "mlp", "norm_bias",
             "head_bias", "residual", "magnitude"),
            plain,
        ),
    ),
    "Flow": (Ranking("labels", "probabilities"),),
    "Lens": (Ranking("top_ids", "top_probability"),),
    "Map": (Ranking("neighbours", "similarity", scale=plain, tie=CLOSE),),
    "Masked": (Ranking("candidates", "share"),),
    "Neighbours": (Ranking("words", "similarity", scale=plain, tie=CLOSE),),
    "Patching": (Ranking("top_ids", "top_probability"), Ranking("own_ids", "own_probability")),
    "Surprise": (Ranking("rival_ids", "rival_probability", ("rivals",)),),
}  # fmt: skip
LISTED = {
    "Lens": ("top_ids", "answer"),
    "Neurons": ("up", "down"),
    "Patching": ("top_ids", "own_ids", "answer_ids"),
}
"""Results that name all tokens of some fields in ``label_ids`` and ``labels``."""
LARGEST = {"Senses": ("best", "silhouette"), "Waking": ("best", "awake")}
"""Results that say where the last axis of a field has its largest value."""
RANKS = {
    "Causal": "share", "Lens": "top_probability", "Masked": "share", "Surprise": "rival_probability", "Tracks": "",
}  # fmt: skip
"""Results with a ``rank`` among all tokens (from 1; 0: none is told), and their list of the most probable ones."""


def same(stored: Any, live: Any) -> None:
    """Fail where two results differ by more than rounding."""
    done = _listed(stored, live)
    for field in dataclasses.fields(live):
        one, other = getattr(stored, field.name), getattr(live, field.name)
        if field.name == "milliseconds" or field.name in done:  # the former: of the run that was bundled
            continue
        if by_chance(live, field.name):
            assert np.shape(one) == np.shape(other)
            assert stored.trustworthiness == pytest.approx(live.trustworthiness, abs=0.03)
            assert stored.real == pytest.approx(live.real, abs=0.03)
        else:
            alike(one, other, field.name)


def by_chance(live: Any, name: str) -> bool:
    """Whether a field is another on another processor: UMAP and t-SNE place points by many small random steps."""
    return getattr(live, "method", "pca") != "pca" and name in ("positions", "trustworthiness", "real")


def alike(one: Any, other: Any, name: str) -> None:
    """Equal but for what another processor rounds otherwise; parts are compared one by one."""
    if isinstance(other, np.ndarray) and other.dtype == np.uint8:
        assert np.abs(one.astype(int) - other.astype(int)).max(initial=0) <= 1, name
    elif isinstance(other, np.ndarray) and other.dtype.kind in "OU":
        assert one.tolist() == other.tolist(), name
    elif isinstance(other, np.ndarray) and name == "recall":  # a share of neighbours: near ties change places
        np.testing.assert_allclose(one, other, atol=3e-3, err_msg=name)
    elif isinstance(other, np.ndarray):
        np.testing.assert_allclose(one, other, rtol=2e-3, atol=2e-4, err_msg=name)
    elif dataclasses.is_dataclass(other):
        assert type(one) is type(other), name
        same(one, other)
    elif isinstance(other, float):
        assert one == pytest.approx(other, abs=1e-4, rel=1e-3, nan_ok=True), name
    elif isinstance(other, tuple):
        assert len(one) == len(other), name
        for first, second in zip(one, other, strict=True):
            alike(first, second, name)
    else:
        assert one == other, name


# --- fields that are no numbers of their own ----------------------------------------------------------------


def _listed(stored: Any, live: Any) -> set[str]:
    """Compare the fields of lists, ranks and names; which they are."""
    kind, done = type(live).__name__, set[str]()
    for ranking in RANKINGS.get(kind, ()):
        _same_lists(stored, live, ranking)
        done |= {ranking.keys, ranking.values, *ranking.beside}
    if kind in RANKS:
        same_ranks(stored.rank, live.rank, getattr(live, RANKS[kind], np.empty(0)))
        done.add("rank")
    if kind in LARGEST:
        index, values = LARGEST[kind]
        for side in (stored, live):
            largest(getattr(side, index), getattr(side, values))
    if kind in LISTED:
        _same_names(stored, live, LISTED[kind])
        done |= {"label_ids", "labels"}
    return done | (SPECIAL[kind](stored, live) if kind in SPECIAL else set())


def _same_lists(stored: Any, live: Any, ranking: Ranking) -> None:
    shape = np.shape(getattr(live, ranking.values))
    assert np.shape(getattr(stored, ranking.values)) == shape, ranking.values
    one, other = (_rows(side, ranking, shape) for side in (stored, live))
    for mine, yours in zip(one, other, strict=True):
        same_list(mine, yours, ranking)


def _rows(result: Any, ranking: Ranking, shape: tuple[int, ...]) -> list[dict[str, Numbers]]:
    """The lists of a result, each with the fields that belong to it, [place, …]."""
    rows, places = int(np.prod(shape[:-1])), shape[-1]
    fields = {}
    for name in (ranking.keys, ranking.values, *ranking.beside):
        found = np.asarray(getattr(result, name))
        assert (len(found) if len(shape) == 1 else found.size) == rows * places, name
        fields[name] = found.reshape(rows, places, *(found.shape[1:] if len(shape) == 1 else ()))
    return [{name: found[row] for name, found in fields.items()} for row in range(rows)]


def same_list(one: dict[str, Numbers], other: dict[str, Numbers], ranking: Ranking) -> None:
    """Fail unless two lists hold the same values, each thing has its own, and what moved ties with what it passed."""
    values, name = ranking.values, ranking.keys
    if not ranking.chosen_by:  # what another value has chosen may have any value here
        alike(one[values], other[values], values)
    mine, yours = common(one[name].tolist(), other[name].tolist())
    for field in (values, *ranking.beside):
        alike(one[field][mine], other[field][yours], field)
    for side in (one, other):
        steps = np.diff(ranking.scale(side[values].astype(np.float64)))
        assert (steps <= ranking.tie).all(), f"{name}: not falling"
    height = ranking.scale(one[values].astype(np.float64))[mine]
    moved = (mine[:, None] < mine) & (yours[:, None] > yours)
    assert not (moved & ~tied(height[:, None], height, ranking.tie)).any(), f"{name}: another order"
    _exchanged(one, other, (mine, yours), ranking)


def _exchanged(
    one: dict[str, Numbers], other: dict[str, Numbers], kept: tuple[Numbers, Numbers], ranking: Ranking
) -> None:
    """Fail unless each thing that one list lacks ties with one that it has instead, at the list's end."""
    names = [name for name in (ranking.values, ranking.chosen_by) if name]
    ties = []
    for name in names:
        sides = [ranking.scale(side[name].astype(np.float64)) for side in (one, other)]
        gone, new = (np.delete(side, here) for side, here in zip(sides, kept, strict=True))
        assert len(gone) == len(new), ranking.keys
        ties.append(tied(gone[:, None], new, ranking.tie))
        if not ranking.chosen_by:
            assert tied(gone, sides[0].min(initial=np.inf), ranking.tie).all(), f"{ranking.keys}: others"
    assert_each_tied(np.any(ties, axis=0), ranking.keys)


def assert_each_tied(near: Flags, name: str) -> None:
    """Fail unless every row and every column of ``near`` holds a tie."""
    assert near.any(axis=0).all(), f"{name}: others"
    assert near.any(axis=1).all(), f"{name}: others"


def tied(one: Numbers, other: Numbers, tie: float) -> Flags:
    """Whether values are so near that rounding may exchange them."""
    return np.asarray(np.abs(one - other) <= tie)


def common(one: Iterable[Hashable], other: Iterable[Hashable]) -> tuple[Numbers, Numbers]:
    """Places in two lists of what both hold, in the first one's order; what stands twice is met as often.

    >>> common("abca", "xaa")
    (array([0, 3]), array([1, 2]))
    """
    at = {key: place for place, key in enumerate(_numbered(other))}
    pairs = [(place, at[key]) for place, key in enumerate(_numbered(one)) if key in at]
    found = np.asarray(pairs, dtype=np.intp).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def _numbered(keys: Iterable[Hashable]) -> list[tuple[Hashable, int]]:
    """("a", "a") → [("a", 1), ("a", 2)]."""
    seen: Counter[Hashable] = Counter()
    found = []
    for key in keys:
        seen[key] += 1
        found.append((key, seen[key]))
    return found


def same_ranks(one: Numbers, other: Numbers, shares: Numbers) -> None:
    """Fail unless ranks are equal, but for ties of ``shares`` [rank, place], the list of the most probable tokens.

    Beyond the list few may differ, by one place or 0.2 %. Without a list the first ``SURE`` places count as listed.
    """
    assert one.shape == other.shape
    ranks, others = one.ravel().astype(int), other.ravel().astype(int)
    heights = (
        logarithm(shares.reshape(len(ranks), -1))
        if shares.size
        else -np.tile(np.arange(SURE), (len(ranks), 1))
    )
    listed = np.maximum(ranks, others) <= heights.shape[1]
    moved = np.abs(ranks - others)
    for at in np.flatnonzero(listed & (moved > 0)):
        low, high = sorted((ranks[at], others[at]))
        assert low > 0, "rank"
        assert tied(heights[at, low - 1], heights[at, high - 1], TIE), "rank"
    assert (moved <= np.maximum(1, 2e-3 * others))[~listed].all(), "rank"
    few = ~listed & (
        others * 2e-3 <= 1
    )  # a step is more than 0.2 % there, and neighbours are seldom that near
    assert np.count_nonzero(moved[few]) <= max(1, 0.02 * np.count_nonzero(few)), "rank"


def largest(index: Any, values: Numbers, tie: float = CLOSE) -> None:
    """Fail unless ``index`` says where the last axis of ``values`` is largest; of those that tie, any will do."""
    there = np.take_along_axis(values, np.asarray(index)[..., None], axis=-1)[..., 0]
    assert (there >= np.nanmax(values, axis=-1) - tie).all()


def _same_names(stored: Any, live: Any, listed: tuple[str, ...]) -> None:
    """Fail unless tokens are named the same on both sides, and on each exactly those that its lists hold."""
    for side in (stored, live):
        held = np.concatenate([np.ravel(getattr(side, name)) for name in listed])
        assert side.label_ids.tolist() == np.unique(held).tolist()
    _named_alike(stored, live)


def _named_alike(stored: Any, live: Any) -> None:
    names, others = (dict(zip(side.label_ids.tolist(), side.labels, strict=True)) for side in (stored, live))
    shared = names.keys() & others.keys()
    assert {id: names[id] for id in shared} == {id: others[id] for id in shared}


# --- results with a shape of their own ----------------------------------------------------------------------


def _distribution(stored: Any, live: Any) -> set[str]:
    """The most probable tokens by their logits, and those of the text, which may stand behind them."""
    lists = []
    for side in (stored, live):
        held, text = set(side.label_ids.tolist()), set(side.tokens.ids)
        assert text <= held, "labels of the text"
        ids = np.asarray([id for id in side.label_ids.tolist() if id not in text])
        lists.append({"label_ids": ids, "logits": side.logits[ids]})
        above = np.flatnonzero(side.logits > side.logits[ids].min() + TIE)
        assert set(above.tolist()) <= held, "labels of the most probable tokens"
        largest(side.label_ids[0], side.logits, TIE)
    same_list(lists[0], lists[1], Ranking("label_ids", "logits", scale=plain))
    _named_alike(stored, live)
    return {"label_ids", "labels"}


def _waking(stored: Any, live: Any) -> set[str]:
    """What wakes each head; its attention on that text where both sides have found the same one."""
    alike(stored.awake, live.awake, "awake")
    agreed, size = stored.best == live.best, min(stored.attention.shape[-1], live.attention.shape[-1])
    if agreed.all():
        size = live.attention.shape[-1]
    one, other = (side.attention[agreed][:, :size, :size] for side in (stored, live))
    assert one.shape == other.shape, "attention"
    alike(one, other, "attention")
    return {"best", "attention"}


def _neurons(stored: Any, live: Any) -> set[str]:
    """The neurons of each layer, every token's strongest in turn; a tie at any token may exchange two."""
    assert stored.activation.shape == live.activation.shape, "activation"
    for layer, (ids, others) in enumerate(zip(stored.ids, live.ids, strict=True)):
        mine, yours = common(ids.tolist(), others.tolist())
        for name in ("activation", "up", "down"):
            alike(getattr(stored, name)[layer][mine], getattr(live, name)[layer][yours], name)
        sizes, theirs = (logarithm(np.abs(side.activation[layer])) for side in (stored, live))
        moved = (mine[:, None] < mine) & (yours[:, None] > yours)
        assert not (moved & ~_meet(sizes[mine], sizes[mine])).any(), "ids: another order"
        near = _meet(np.delete(sizes, mine, axis=0), np.delete(theirs, yours, axis=0))
        certain = (
            len(ids) - 2 * sizes.shape[1]
        )  # one turn of all tokens is cut, and a tie moves to the next turn
        assert np.isin(np.arange(certain), mine).all(), "ids: others"
        assert_each_tied(near, "ids")
    for side in (stored, live):
        largest(side.strongest, np.abs(side.activation).swapaxes(1, 2), TIE)
    return {"ids", "activation", "up", "down", "strongest"}


def _meet(one: Numbers, other: Numbers) -> Flags:
    """[a, b]: whether any of the values of a [a, n] ties with any of b [b, n]."""
    return np.asarray(tied(one[:, None, :, None], other[None, :, None, :], TIE).any(axis=(2, 3)))


SPECIAL: dict[str, Callable[[Any, Any], set[str]]] = {
    "Distribution": _distribution, "Neurons": _neurons, "Waking": _waking,
}  # fmt: skip
