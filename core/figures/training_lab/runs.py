"""One bundled training as charts: losses, norms, rate; and the training in which the induction head forms."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from core.compute.training_lab import judged
from core.figures.charts import Axis, Series, Spec, heat, lines, marked, titled, with_frame
from core.numbers import decimal, figures, fill, ten

if TYPE_CHECKING:
    from core.compute.training_lab.curves import Curves
    from core.data.lab_runs import Induction

Words = Mapping[str, str]
TRAIN, HELD_OUT, NORM, RATIO, RATE, SCORE = 0, 1, 2, 3, 4, 5
"""A quantity has the same colour in every chart."""
LOSS_COLUMNS = ("run", "step", "loss", "norm", "ratio", "rate")
MOMENT_COLUMNS = ("step", "question", "written", "answer")
INDUCTION_COLUMNS = ("step", "loss", "held_out", "layer", "head", "score")


SMALL, LARGE = 0.0009, 1100
"""Powers of ten beyond these are written as such."""


def smooth(series: Sequence[Series], x: Axis, y: Axis, *, marks: Sequence[bool] = ()) -> Spec:
    """Lines of many points, without a mark at each but for those series that ask for it."""
    chart = lines(series, x, y)
    for at, trace in enumerate(chart["data"]):
        if not (marks and marks[at]):
            trace["mode"] = "lines"
        else:
            trace["marker"] |= {"size": 6}
    ticks = chart["layout"]["yaxis"].get("tickvals", ())
    if y.log and ticks:
        chart["layout"]["yaxis"]["ticktext"] = [power(one) for one in ticks]
    return chart


def power(value: float) -> str:
    """A number beside a logarithmic axis: small and large powers of ten as such.

    >>> power(0.0001), power(0.5), power(1000)
    ('10⁻⁴', '0.5', '1000')
    """
    exact = math.log10(value)
    if SMALL <= value <= LARGE or not math.isclose(exact, round(exact), abs_tol=1e-6):
        return figures(value)
    return ten(round(exact))


def line(
    name: str, x: Any, y: Any, words: Words, language: str, id: str, colour: int, dash: str = "", **more: Any
) -> Series:
    """A curve whose points are told by the sentence ``id``."""
    tips = [
        fill(words[id], language, name=name, step=int(step), value=float(value), **more)
        for step, value in zip(x, y, strict=True)
    ]
    return Series(name, x, y, tips, colour, dash)


def loss(found: Curves, words: Words, *, language: str, at: int) -> Spec:
    """Both losses, step by step; dotted: the moment that is looked at."""
    series = [
        line(words["train"], found.step, found.loss, words, language, "tip_loss", TRAIN),
        line(words["held_out"], found.measured, found.held_out, words, language, "tip_loss", HELD_OUT),
    ]
    chart = smooth(series, Axis(words["axis_step"]), Axis(words["axis_loss"]), marks=(False, True))
    chart = marked(chart, int(found.frames[at]))
    title = fill(words["title_losses"], language, name=words[f"name_{found.name}"])
    alt = fill(
        words["alt_loss"], language, steps=found.steps, first=float(found.held_out[0]), last=float(found.held_out[-1])
    )  # fmt: skip
    return titled(chart, title, alt=alt, height=360)


def norms(found: Curves, words: Words, *, language: str, at: int) -> Spec:
    """Norm of the gradients, and of the update by that of the weights, on one logarithmic axis."""
    pairs = ((words["norm"], found.norm, NORM), (words["ratio"], found.ratio, RATIO))
    series = [
        line(name, found.step, np.where(values > 0, values, np.nan), words, language, "tip_norm", colour)
        for name, values, colour in pairs
    ]
    chart = smooth(series, Axis(words["axis_step"]), Axis("", log=True))
    chart = marked(chart, int(found.frames[at]))
    alt = fill(words["alt_norms"], language, high=float(np.nanmax(found.norm)), last=float(found.norm[-1]))
    return titled(chart, words["title_norms"], alt=alt, height=300)


def rate(found: Curves, words: Words, *, language: str, at: int) -> Spec:
    """The learning rate."""
    series = [line(words["rate"], found.step, found.rate, words, language, "tip_rate", RATE)]
    chart = smooth(series, Axis(words["axis_step"]), Axis("", span=(0, 1.1 * float(found.rate.max()))))
    chart = marked(chart, int(found.frames[at]))
    alt = fill(words["alt_rate"], language, high=float(found.rate.max()), last=float(found.rate[-1]))
    return titled(chart, words["title_rate"], alt=alt, height=300)


def curve_rows(found: Curves, words: Words) -> Iterator[tuple[object, ...]]:
    """One row a point."""
    for row in zip(found.step, found.loss, found.norm, found.ratio, found.rate, strict=True):
        yield (words[f"name_{found.name}"], int(row[0]), *map(float, row[1:]))


def moment_rows(found: Curves, _: Words) -> Iterator[tuple[object, ...]]:
    """One row for each question at each moment."""
    for step, samples in zip(found.frames, found.samples, strict=True):
        for at, written in enumerate(samples):
            answer = found.answers[at] if found.answers else ""
            yield int(step), found.questions[at % len(found.questions)], written, answer


# --- the induction head ---------------------------------------------------------------------------


def induction(found: Induction, words: Words, *, language: str, at: int) -> Spec:
    """The held-out loss as a share of its start, and the strongest head's score, on one axis of steps."""
    layer, head = judged.strongest(found)
    name = fill(words["score_of"], language, layer=layer, head=head)
    start = float(found.held_out[0])
    told = [
        fill(words["tip_share"], language, step=step, value=float(value), share=float(value) / start)
        for step, value in zip(found.steps, found.held_out, strict=True)
    ]
    series = [
        Series(words["share"], found.steps, found.held_out / start, told, HELD_OUT),
        line(name, found.steps, found.score[:, layer, head], words, language, "tip_score", SCORE),
    ]
    chart = smooth(series, Axis(words["axis_step"]), Axis("", span=(0, 1.05)), marks=(True, True))
    chart = marked(chart, found.steps[at])
    alt = fill(
        words["alt_induction"], language, last=float(found.score[-1, layer, head]), loss=float(found.held_out[-1])
    )  # fmt: skip
    return titled(chart, words["title_induction"], alt=alt, height=360)


def heads(found: Induction, words: Words, *, language: str, at: int) -> Spec:
    """The score of every head at one checkpoint."""
    scores = found.score[at]
    rows = [fill(words["layer"], language, layer=one) for one in range(scores.shape[0])]
    columns = [fill(words["head"], language, head=one) for one in range(scores.shape[1])]
    tips = [
        [
            fill(
                words["tip_head"], language, layer=layer, head=head, step=found.steps[at], value=float(value)
            )
            for head, value in enumerate(row)
        ]
        for layer, row in enumerate(scores)
    ]
    written = [[decimal(float(value)) for value in row] for row in scores]
    chart = heat(scores, rows, columns, tips, span=(0, 1), written=written, pale=True)
    layer, head = judged.strongest(found)
    chart = with_frame(chart, (layer, layer), (head, head))
    title = fill(words["title_heads"], language, step=found.steps[at])
    alt = fill(words["alt_heads"], language, step=found.steps[at], most=float(scores.max()))
    return titled(chart, title, alt=alt, height=360, wide=28)


def induction_rows(found: Induction, _: Words) -> Iterator[tuple[object, ...]]:
    """One row for each head at each checkpoint."""
    for at, step in enumerate(found.steps):
        for layer, row in enumerate(found.score[at]):
            for head, value in enumerate(row):
                yield step, float(found.train[at]), float(found.held_out[at]), layer, head, float(value)
