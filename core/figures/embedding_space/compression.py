"""How small a vector can be before its neighbours change, as a chart: bytes per vector against recall."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from core.figures.charts import Axis, Series, Spec, lines, titled
from core.figures.placing import USED_HIGH, USED_WIDE, Range, beside, room
from core.numbers import fill

if TYPE_CHECKING:
    from core.compute.embedding_space.tables import Compression

FAMILIES = ("bits", "pca", "cut")
"""Fewer bits per number; fewer numbers, those of PCA or the first ones. Each is a line."""
ABOVE = 0.1
"""Of recall: room above all of it for names."""
PLOT = (15.3, 10.0)
"""Width and height of the chart on a phone, in the size of its type."""
EXACT = 9.95
"""So many times smaller, and a sentence says no digit after the point."""


def figure(
    found: Compression, words: Mapping[str, str], *, language: str, kinds: Mapping[str, str] | None = None
) -> Spec:
    """Recall of the ten nearest words against bytes per vector, logarithmic; kinds that another beats are hollow.

    `kinds` translates the kinds; a sentence for the kind before the dash serves all ("pca": "PCA, {count} numbers").
    """
    names = [_name(kind, kinds or {}, language) for kind in found.kinds]
    tips = [_judged(found, at, names, words, language) for at in range(len(names))]
    spots, sizes, recall = _beside(found, names)
    families = (_family(found, family, words[family], names, tips, spots) for family in FAMILIES)
    x = Axis(words["x"], "d", sizes, log=True, ticks=_powers(found.bytes.tolist()))
    spec = lines([one for one in families if one.x], x, Axis(words["y"], ".0%", recall))
    return titled(spec, words["title"], alt=fill(words["alt"], language, count=len(names)))


def better(found: Compression, at: int) -> int | None:
    """The best kind that is no larger than one and keeps more (or is smaller and keeps as many); None without one."""
    sizes, kept = found.bytes, found.recall
    beats = ((sizes <= sizes[at]) & (kept > kept[at])) | ((sizes < sizes[at]) & (kept == kept[at]))
    return max(np.flatnonzero(beats).tolist(), key=lambda one: (kept[one], -sizes[one]), default=None)


def _name(kind: str, kinds: Mapping[str, str], language: str) -> str:
    family, _, count = kind.partition("-")
    return kinds.get(kind) or fill(kinds.get(family, kind), language, count=int(count or 0))


def _judged(
    found: Compression, at: int, names: Sequence[str], words: Mapping[str, str], language: str
) -> str:
    """What is said of a kind: its size, what it keeps, and whether another is better."""
    size, kept, other = int(found.bytes[at]), float(found.recall[at]), better(found, at)
    times = int(found.bytes.max()) / size
    if times == 1 and kept == 1:
        return fill(words["point_first"], language, name=names[at], bytes=size)
    verdict = words["best"] if other is None else fill(words["beaten"], language, other=names[other])
    shown = round(times) if times >= EXACT else times
    said = fill(words["point"], language, name=names[at], bytes=size, times=shown, recall=kept)
    return f"{said}\n{verdict}"


def _members(found: Compression, family: str) -> list[int]:
    """The kinds of a family, the smallest first."""
    kinds = enumerate(found.kinds)
    members = [at for at, kind in kinds if (kind.partition("-")[0] if "-" in kind else FAMILIES[0]) == family]
    return sorted(members, key=lambda at: int(found.bytes[at]))


def _written(found: Compression, at: int, names: Sequence[str]) -> str:
    """What stands beside a mark: of fewer numbers only how many."""
    return found.kinds[at].partition("-")[2] or names[at]


def _beside(found: Compression, names: Sequence[str]) -> tuple[dict[int, str], Range, Range]:
    """Where what is written stands beside each kind, "" where there is no room; what is in sight.

    The latter: of sizes as powers of ten, and of recall.
    """
    families = [_members(found, family) for family in FAMILIES]
    order = [at for family in families for at in family]
    points = np.stack([np.log10(found.bytes[order]), found.recall[order]], axis=1).astype(np.float64)
    points = np.vstack([points, (points[:, 0].min(), points[:, 1].max() + ABOVE)])  # nothing stands there
    units = np.multiply(PLOT, (USED_WIDE, USED_HIGH)) / (np.ptp(points, axis=0) + 1e-9)
    ways = [(order.index(a), order.index(b)) for family in families for a, b in pairwise(family)]
    written = [_written(found, at, names) for at in order]
    spots = beside(points * units, [*written, ""], ways, sure=len(families[0]), size=PLOT)
    (left, right), (down, up) = room(points * units)
    wide, high = units.tolist()
    return dict(zip(order, spots[:-1], strict=True)), (left / wide, right / wide), (down / high, up / high)


def _family(
    found: Compression, family: str, title: str, names: Sequence[str], tips: Sequence[str],
    spots: Mapping[int, str],
) -> Series:  # fmt: skip
    """The kinds of one family, the smallest first."""
    members = _members(found, family)
    return Series(
        title, found.bytes[members].tolist(), found.recall[members].tolist(), [tips[at] for at in members],
        FAMILIES.index(family), ("", "dash", "dot")[FAMILIES.index(family)],
        [better(found, at) is not None for at in members],
        [_written(found, at, names) if spots[at] else "" for at in members],
        [spots[at] or "top center" for at in members],
    )  # fmt: skip


def _powers(sizes: Sequence[int]) -> list[float]:
    """The powers of two around some sizes."""
    return [2.0**power for power in range(min(sizes).bit_length() - 1, max(sizes).bit_length() + 1)]
