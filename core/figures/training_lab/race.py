"""Bundled trainings over one another, and a faulty one beside its twin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from core.compute.training_lab import judged
from core.figures.charts import Axis, Series, Spec, bars, by_rows, titled
from core.figures.training_lab.runs import HELD_OUT, TRAIN, line, smooth
from core.numbers import fill

if TYPE_CHECKING:
    from core.compute.training_lab.curves import Case, Curves

Words = Mapping[str, str]
DASHES = ("", "dash", "dot", "dashdot", "longdash", "longdashdot")
TIPS = {"held_out": "tip_loss", "loss": "tip_loss", "norm": "tip_norm", "rate": "tip_rate"}
SURE, RIGHT = 3, 2
END_COLUMNS = ("run", "steps", "best", "honest", "train", "accuracy", "right", "sure")


def points(found: Curves, curve: str) -> tuple[Any, Any]:
    """Steps and values of a curve."""
    values = getattr(found, curve)
    return (found.measured if curve == "held_out" else found.step), values


def race(*runs: Any, language: str, curve: str) -> Spec:
    """The same curve of every run; a norm on a logarithmic axis."""
    *found, words = runs
    series = []
    for at, one in enumerate(found):
        x, y = points(one, curve)
        name = words[f"name_{one.name}"]
        shown = np.where(y > 0, y, np.nan) if curve == "norm" else y
        series.append(line(name, x, shown, words, language, TIPS[curve], at, DASHES[at]))
    title, log = words[f"title_{curve}"], curve == "norm"
    axis = words["axis_loss"] if curve in ("held_out", "loss") else ""
    chart = smooth(series, Axis(words["axis_step"]), Axis(axis, log=log))
    order = judged.ranked(found)
    alt = fill(
        words["alt_race"], language, count=len(found), title=title, first=words[f"name_{order[0].name}"],
        low=float(order[0].honest[-1]), last=words[f"name_{order[-1].name}"], high=float(order[-1].honest[-1]),
    )  # fmt: skip
    return titled(chart, title, alt=alt, height=420)


def ends(*runs: Any, language: str) -> Spec:
    """At the end: how often each model's first choice is right, and how sure it is of it."""
    *found, words = runs
    names = [words[f"name_{one.name}"] for one in found]
    series = []
    for kind, colour in (("right", RIGHT), ("sure", SURE)):
        values = [float(getattr(one, kind)[-1]) for one in found]
        tips = [
            fill(words[f"tip_{kind}"], language, name=name, value=value)
            for name, value in zip(names, values, strict=True)
        ]
        series.append(Series(words[kind], values, range(len(values)), tips, colour))
    chart = by_rows(bars(series, Axis("", ".0%", (0, 1)), Axis(), across=True, names=names))
    most = max(found, key=lambda one: float(one.right[-1]))
    alt = fill(words["alt_ends"], language, name=words[f"name_{most.name}"], value=float(most.right[-1]))
    return titled(chart, words["title_ends"], alt=alt, height=420, wide=36)


def end_rows(found: tuple[Curves, ...], words: Words) -> Any:
    """One row a run."""
    for one in found:
        yield (
            words[f"name_{one.name}"], one.steps, judged.best(one)[1], float(one.honest[-1]), judged.end_loss(one),
            float(one.accuracy[-1]), float(one.right[-1]), float(one.sure[-1]),
        )  # fmt: skip


# --- spot the fault -------------------------------------------------------------------------------


def faulty(found: Case, words: Words, *, language: str) -> Spec:
    """Losses of the faulty run, and of the sound one dotted; which fault it is stands nowhere."""
    series = [
        line(
            fill(words[kind], language, name=words[of]), *points(one, curve), words, language, "tip_loss", colour,
            dash,
        )
        for kind, curve, colour in (("train_of", "loss", TRAIN), ("held_of", "held_out", HELD_OUT))
        for of, one, dash in (("this", found.faulty, ""), ("twin", found.sound, "dot"))
    ]  # fmt: skip
    chart = smooth(series, Axis(words["axis_step"]), Axis(words["axis_loss"]))
    alt = fill(
        words["alt_faulty"], language, held=float(found.faulty.held_out[-1]), twin=float(found.sound.held_out[-1])
    )  # fmt: skip
    return titled(chart, words["title_faulty"], alt=alt, height=400)


def norms(found: Case, words: Words, *, language: str) -> Spec:
    """Norms of the gradients of both, on a logarithmic axis."""
    series = [
        line(words[of], one.step, np.where(one.norm > 0, one.norm, np.nan), words, language, "tip_norm", colour, dash)
        for of, one, colour, dash in (("this", found.faulty, 2, ""), ("twin", found.sound, 2, "dot"))
    ]  # fmt: skip
    chart = smooth(series, Axis(words["axis_step"]), Axis("", log=True))
    alt = fill(
        words["alt_norm_pair"], language, this=float(np.nanmedian(found.faulty.norm)),
        twin=float(np.nanmedian(found.sound.norm)),
    )  # fmt: skip
    return titled(chart, words["title_norm"], alt=alt, height=400, wide=36)


FAULT_COLUMNS = ("run", "step", "loss", "norm")


def fault_rows(found: Case, words: Words) -> Any:
    """One row a point of each run."""
    for of, one in (("this", found.faulty), ("twin", found.sound)):
        for step, loss, norm in zip(one.step, one.loss, one.norm, strict=True):
            yield words[of], int(step), float(loss), float(norm)
