"""One step of a pipeline as charts: what each stage does when, and how much it keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from core.figures.charts import INK, MUTED, Axis, Series, Spec, bars, said, titled, with_texts
from core.numbers import fill, rounded

if TYPE_CHECKING:
    from core.compute.parallel_training.schedules import Schedule

Words = Mapping[str, str]
PASSES = (("forward", 0, ""), ("backward", 1, "/"))
"""Each kind of pass, its colour, and the lines across its bars."""
OVER = {"fillmode": "overlay", "fgcolor": INK, "fgopacity": 0.3}
"""Lines that are drawn on a bar's own colour."""
LETTERED = 1 / 45
"""Passes bear the number of their micro-batch where the shortest takes at least such a share of the step."""
PALE = (0.5, 0.25)
"""How opaque the first and the last of several chunks are drawn: type in the page's own colour is legible on them."""
TASK_COLUMNS = ("stage", "pass", "micro", "chunk", "start", "end")


def stages(found: Schedule, words: Words, language: str) -> list[str]:
    """The names of the stages."""
    return [fill(words["stage"], language, stage=at + 1) for at in range(found.stages)]


def gantt(found: Schedule, words: Words, *, language: str) -> Spec:
    """A bar for each pass of each stage, from when it starts to when it ends; what is empty is the bubble."""
    series = [_passes(found, name, colour, words, language) for name, colour, _ in PASSES]
    x = Axis(words["axis_time"], span=(0, found.length))
    chart = bars(series, x, Axis(), across=True, names=stages(found, words, language))
    for trace, (name, _, lines) in zip(chart["data"], PASSES, strict=True):
        trace.update(_placed(found, name == "backward", trace["marker"], lines))
    layout = chart["layout"] | {
        "barmode": "overlay",
        "bargap": 0.12,
        "uniformtext": {"minsize": 9, "mode": "hide"},
    }
    title = fill(words["title_gantt"], language, kind=words[found.kind], idle=found.idle)
    alt = fill(
        words["alt_gantt"],
        language,
        stages=found.stages,
        micro=found.micro,
        length=found.length,
        idle=found.idle,
    )
    return titled({**chart, "layout": layout}, title, alt=alt, height=380, wide=90)


def _chosen(found: Schedule, name: str) -> Any:
    return found.backward == (name == "backward")


def _passes(found: Schedule, name: str, colour: int, words: Words, language: str) -> Series:
    at = _chosen(found, name)
    tips = [
        fill(words[f"tip_{name}"], language, stage=int(stage) + 1, micro=int(micro) + 1, start=float(start),
             end=float(end), chunk=int(chunk) + 1)
        for stage, micro, chunk, start, end in zip(
            found.stage[at], found.number[at], found.chunk[at], found.start[at], found.end[at], strict=True
        )
    ]  # fmt: skip
    if found.chunks > 1:
        tips = [
            fill(words["tip_chunk"], language, said=tip, chunk=int(chunk) + 1)
            for tip, chunk in zip(tips, found.chunk[at], strict=True)
        ]
    return Series(words[name], (found.end - found.start)[at], found.stage[at], tips, colour)


def _placed(found: Schedule, backward: bool, marker: dict[str, Any], lines: str) -> dict[str, Any]:
    """Where bars begin, the numbers in them, and how each kind and chunk of them looks."""
    at = _chosen(found, "backward" if backward else "forward")
    several = found.chunks > 1
    steps = np.linspace(*PALE, found.chunks) if several else np.ones(1)
    look = marker | {"opacity": [round(float(steps[chunk]), 2) for chunk in found.chunk[at]]}
    look |= {"line": {"width": 1, "color": MUTED}}
    look |= {"pattern": {"shape": lines, "size": 6, "solidity": 0.2} | OVER} if lines else {}
    wide = float((found.end - found.start).min()) >= LETTERED * found.length
    texts = [str(number + 1) if wide else "" for number in found.number[at].tolist()]
    return {
        "base": found.start[at].tolist(), "marker": look, "text": [said(text) for text in texts],
        "textposition": "inside", "insidetextanchor": "middle", "textangle": 0,
        **({"insidetextfont": {"color": INK}} if several else {}),
    }  # fmt: skip


def kept(found: Schedule, words: Words, *, language: str) -> Spec:
    """Of how many micro-batches each stage holds the activations at once, at most."""
    values = found.kept.tolist()
    names = stages(found, words, language)
    tips = [
        fill(words["tip_kept"], language, stage=at + 1, count=float(value)) for at, value in enumerate(values)
    ]
    x = Axis(words["axis_kept"], span=(0, 1.25 * max(values)))
    chart = bars(
        [Series(words["axis_kept"], values, range(len(values)), tips, 2)], x, Axis(), across=True, names=names
    )
    chart = with_texts(chart, values, range(len(values)), [rounded(value, 2, language) for value in values])
    alt = fill(words["alt_kept"], language, most=max(values), least=min(values))
    return titled(chart, words["title_kept"], alt=alt, height=380, wide=28)


def task_rows(found: Schedule, words: Words) -> Iterator[tuple[object, ...]]:
    """One row a pass."""
    for at in range(len(found.stage)):
        name = words["backward" if found.backward[at] else "forward"]
        yield (
            int(found.stage[at]) + 1, name, int(found.number[at]) + 1, int(found.chunk[at]) + 1,
            float(found.start[at]), float(found.end[at]),
        )  # fmt: skip
