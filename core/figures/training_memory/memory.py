"""What a training step keeps in memory, by formulas and counted, as charts and rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from core.compute.training_memory.estimate import PARTS
from core.compute.training_memory.judged import CARDS, GB
from core.compute.training_memory.measured import KEPT
from core.figures.charts import Axis, Series, Spec, bars, by_rows, lines, marked, titled
from core.numbers import fill

if TYPE_CHECKING:
    from core.compute.training_memory.estimate import Estimate
    from core.compute.training_memory.measured import Counted
    from core.data.memory_runs import Steps
    from core.numerics import Doubles

Words = Mapping[str, str]
COLOURS = {
    "weights": 4, "gradients": 2, "states": 1, "attention": 5, "activations": 0, "logits": 3, "held": 0, "rest": 2,
}  # fmt: skip
"""A part has the same colour in every chart."""
PART_COLUMNS = ("row", *PARTS, "total")
COUNT_COLUMNS = ("row", *KEPT, "total")
STEP_COLUMNS = ("every", "peak", "seconds")
MB = 1e6
BESIDE = ("top center", "bottom center", "top center", "top center", "bottom center")
"""Where the names of neighbours stand."""


def parts(found: Estimate, words: Words, *, language: str) -> Spec:
    """A bar for what was chosen and one for each saver more; dotted: what common cards have."""
    names = [words[f"row_{row}"] for row in found.rows]
    series = _stacked(PARTS, names, found.bytes, words, language)
    chart = by_rows(bars(series, Axis(words["axis_gb"]), Axis(), across=True, stacked=True, names=names))
    most = float(found.bytes.sum(axis=1).max()) / GB
    for card in CARDS:
        chart = marked(chart, card) if card < 1.2 * most else chart
    total = float(found.bytes[0].sum())
    alt = fill(words["alt_parts"], language, total=total, count=len(names))
    return titled(chart, words["title_parts"], alt=alt, height=340)


def _stacked(
    kinds: Sequence[str], rows: Sequence[str], sizes: Doubles, words: Words, language: str, unit: float = GB
) -> list[Series]:
    totals = sizes.sum(axis=1)
    return [
        Series(
            words[kind], sizes[:, at] / unit, range(len(rows)),
            [
                fill(words["tip_part"], language, row=row, part=words[kind], size=float(size), total=float(total))
                for row, size, total in zip(rows, sizes[:, at], totals, strict=True)
            ],
            COLOURS[kind],
        )
        for at, kind in enumerate(kinds)
    ]  # fmt: skip


def saved(found: Estimate, words: Words, *, language: str) -> Spec:
    """A bar for each tensor that one layer keeps for its backward pass."""
    names = [words[f"saved_{one}"] for one in found.saved]
    total = float(found.saved_bytes.sum())
    tips = [
        fill(words["tip_saved"], language, name=name, size=float(size), share=float(size) / total)
        for name, size in zip(names, found.saved_bytes, strict=True)
    ]
    series = [
        Series(words["activations"], found.saved_bytes / MB, range(len(names)), tips, COLOURS["activations"])
    ]
    chart = by_rows(bars(series, Axis(words["axis_mb"]), Axis(), across=True, names=names))
    title = fill(words["title_saved"], language, total=total)
    return titled(chart, title, alt=fill(words["alt_saved"], language, total=total), height=340)


def part_rows(found: Estimate, words: Words) -> Iterator[tuple[object, ...]]:
    """One row a bar, in bytes."""
    for row, sizes in zip(found.rows, found.bytes, strict=True):
        yield (words[f"row_{row}"], *sizes.tolist(), float(sizes.sum()))


def peaks(found: Counted, words: Words, *, language: str) -> Spec:
    """The estimate beside the count, without and with checkpoints."""
    names = [words[row] for row in found.rows]
    series = _stacked(KEPT, names, found.bytes, words, language, MB)
    chart = by_rows(bars(series, Axis(words["axis_mb"]), Axis(), across=True, stacked=True, names=names))
    alt = fill(words["alt_peaks"], language, plain=float(found.peaks[1]), again=float(found.peaks[3]))
    return titled(chart, words["title_peaks"], alt=alt, height=360)


def times(found: Steps, words: Words, *, language: str) -> Spec:
    """Processor time of a step against its peak, for checkpoints of different sizes; without them it is 1."""
    start = found.every.index(0)
    ratio = found.seconds / found.seconds[start]
    order = sorted(range(len(found.every)), key=lambda at: float(found.peak[at]))
    names = [_size(found.every[at], words, language) for at in order]
    tips = [
        fill(words["tip_time"], language, name=name, peak=float(found.peak[at]), times=float(ratio[at]))
        for at, name in zip(order, names, strict=True)
    ]
    series = [
        Series(
            words["title_time"],
            found.peak[order] / MB,
            ratio[order],
            tips,
            COLOURS["activations"],
            written=names,
            beside=BESIDE,
        )
    ]
    x, y = Axis(words["axis_peak"]), Axis(words["axis_time"], ".1f", (0, 1.25 * float(ratio.max())))
    widest = float(found.peak.max()) / MB
    chart = lines(series, Axis(x.title, span=(0, 1.2 * widest)), y, points=True)
    alt = fill(words["alt_time"], language, times=float(ratio[found.every.index(1)]))
    return titled(chart, words["title_time"], alt=alt, height=360)


def _size(every: int, words: Words, language: str) -> str:
    return fill(words["every"], language, count=every) if every else words["every_none"]


def count_rows(found: Counted, words: Words) -> Iterator[tuple[object, ...]]:
    """One row a bar, in bytes."""
    for row, sizes in zip(found.rows, found.bytes, strict=True):
        yield (words[row], *sizes.tolist(), float(sizes.sum()))


def step_rows(found: Steps) -> Iterator[tuple[int, float, float]]:
    """One row a size of checkpoints."""
    for every, peak, seconds in zip(found.every, found.peak, found.seconds, strict=True):
        yield every, float(peak), float(seconds)
