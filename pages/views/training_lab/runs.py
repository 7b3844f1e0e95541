"""One bundled training: losses beside what the model wrote, moment by moment."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.compute.training_lab import curves, judged
from core.compute.training_lab.curves import Curves
from core.data.lab_recipe import as_strings
from core.data.lab_runs import Induction
from core.figures.training_lab import runs as figures
from core.numbers import whole
from core.training.lab.live import Seen
from pages.kit import controls, reading
from pages.kit.frame import Opened
from pages.kit.text import plain
from pages.kit.view import Chart, Found, Rows, Table

ROWS, POEMS, LECTURE = 8, 4, 3
"""Answers that are shown, poems, and answers in a lecture, which has room for one text only."""
TEXTS = ("english", "poems")
NEW_LINE = " ↵ "


def is_run(found: Found) -> bool:
    """Whether it is one of the lab's own runs."""
    return found.of(curves.curves) is not None


def is_induction(found: Found) -> bool:
    """Whether it is the training in which the induction head forms."""
    return found.of(curves.induction) is not None


def moment(page: Opened, found: Found) -> int:
    """The moment that is looked at."""
    count = len(found.of(curves.curves).frames if is_run(found) else found.of(curves.induction).steps)
    return judged.moment(count, int(page.link.number("at")))


def with_moment(page: Opened, found: Found) -> dict[str, Any]:
    """What the charts mark."""
    return {"at": moment(page, found)}


LOSS = Chart("tl_loss", figures.loss, options=with_moment, there=is_run)
NORMS = Chart("tl_norms", figures.norms, options=with_moment, there=is_run)
RATE = Chart("tl_rate", figures.rate, options=with_moment, there=is_run)
SCORES = Chart("tl_induction", figures.induction, options=with_moment, there=is_induction)
HEADS = Chart("tl_heads", figures.heads, options=with_moment, there=is_induction)
CHARTS = (LOSS, NORMS, RATE, SCORES, HEADS)


def fields(page: Opened) -> None:
    """Which run."""
    if not page.link.shared("present"):
        controls.choice(page, "run", clears=("at",))


def draw(page: Opened, found: Found) -> None:
    """The curves beside what was written at the moment of the slider; below them norms and rate."""
    present = page.link.shared("present")
    if not present:
        slider(page, found)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        (LOSS if is_run(found) else SCORES).mount(page, found)
    with right:
        if present:
            slider(page, found)
        if is_run(found):
            samples(page, found.of(curves.curves), moment(page, found))
        elif not present:
            HEADS.mount(page, found)
    if is_run(found) and not present:
        for column, one in zip(st.columns(2, gap="medium"), (NORMS, RATE), strict=True):
            with column:
                one.mount(page, found)


def slider(page: Opened, found: Found) -> None:
    """Every moment of the training, by its step."""
    steps = found.of(curves.curves).frames if is_run(found) else found.of(curves.induction).steps
    titles = [page.words("moment.step", step=whole(int(step), page.link.language)) for step in steps]
    controls.along(page, "at", titles, moment(page, found))


# --- what was written -----------------------------------------------------------------------------


def samples(page: Opened, found: Curves | Seen, at: int) -> None:
    """What the model wrote at a moment: answers as a table, texts as they go on."""
    written = found.samples[at]
    st.markdown(f"**{page.words('samples.title', step=int(found.frames[at]))}**")
    if found.answers:
        st.markdown(answers(page, found, written))
        return
    drawn = written[-len(found.questions) :]  # of a prose text the greedy ones come first
    present = page.link.shared("present")
    for question, text in list(zip(found.questions, drawn, strict=True))[: 1 if present else POEMS]:
        st.markdown(f"> :gray-background[{shown(question)}]{shown(text)}")
    if not present:
        st.caption(page.words("samples.poems" if found.recipe.task == "poems" else "samples.drawn"))


def answers(page: Opened, found: Curves | Seen, written: tuple[str, ...]) -> str:
    """A table of questions, answers and whether they are right."""
    most = LECTURE if page.link.shared("present") else ROWS
    rows = [" | ".join(("", *(page.words(f"samples.{id}") for id in ("question", "written", "right")), "")),
            "| --- | --- | --- |"]  # fmt: skip
    for question, text, right in list(zip(found.questions, written, found.answers, strict=True))[:most]:
        mark = "✓" if text == right else f"✗ {shown(right)}"
        rows.append(f"| {shown(question)} | {shown(text)} | {mark} |")
    return "\n".join(rows)


def shown(text: str) -> str:
    """A text in Markdown, in one line."""
    return plain(text.replace("\n", NEW_LINE)) or "—"


# --- sentences ------------------------------------------------------------------------------------


def say(page: Opened, found: Found) -> None:
    """How far the model is at the moment, what became of the held-out loss, and how this run was trained."""
    if is_induction(found):
        say_induction(page, found)
        return
    one: Curves = found.of(curves.curves)
    at = moment(page, found)
    kind = one.recipe.task if one.recipe.task in TEXTS else "answers"
    reading.line(
        page, f"notice.{kind}", found.badge, step=int(one.frames[at]), loss=float(one.honest[at]),
        share=float(one.accuracy[at]), right=float(one.right[at]),
    )  # fmt: skip
    step, low = judged.best(one)
    id = "rises" if judged.rose(one) else "falls"
    st.markdown(
        page.words(
            f"notice.{id}", step=step, low=low, last=float(one.held_out[-1]), train=judged.end_loss(one)
        )
    )
    if not page.link.shared("present"):
        st.caption(recipe(page, one))


def recipe(page: Opened, found: Curves) -> str:
    """How this run was trained, all of it from its own recipe."""
    told = as_strings(found.recipe)
    words = {
        name: page.words(f"recipe.{name}_{told[name]}") for name in ("optimizer", "schedule", "objective")
    }
    numbers = {name: getattr(found.recipe, name) for name in NUMBERS}
    said = page.words("recipe.told", **words, **numbers, done=found.steps, parameters=found.recipe.parameters)
    return f"{said} `{found.command}`"


NUMBERS = (
    "layers", "width", "heads", "context", "rate", "warmup", "batch", "accumulation", "dropout", "decay", "clip",
    "seed",
)  # fmt: skip


def say_induction(page: Opened, found: Found) -> None:
    """When the head forms."""
    one: Induction = found.of(curves.induction)
    layer, head = judged.strongest(one)
    score = float(one.score[moment(page, found), layer, head])
    values = {"layer": layer, "head": head, "step": one.steps[moment(page, found)], "score": score}
    between = judged.forms(one)
    if between is None:
        reading.line(page, "notice.forms_not", found.badge, last=float(one.score[-1, layer, head]), **values)
    else:
        first, last = (one.steps.index(step) for step in between)
        reading.line(
            page, "notice.forms", found.badge, first=between[0], then=between[1],
            last=float(one.score[-1, layer, head]), before=float(one.held_out[first]),
            after=float(one.held_out[last]), **values,
        )  # fmt: skip
    st.caption(page.words("notice.tiny"))


# --- to take home ---------------------------------------------------------------------------------


def curve_rows(page: Opened, found: Found) -> Table:
    """Every point, or every score."""
    words = page.words.get("charts")
    if is_run(found):
        names, rows = figures.LOSS_COLUMNS, figures.curve_rows(found.of(curves.curves), words)
    else:
        names, rows = figures.INDUCTION_COLUMNS, figures.induction_rows(found.of(curves.induction), words)
    return [page.words(f"columns.{name}") for name in names], rows


def moment_rows(page: Opened, found: Found) -> Table:
    """What was written at every moment."""
    rows = figures.moment_rows(found.of(curves.curves), {}) if is_run(found) else iter(())
    return [page.words(f"columns.{name}") for name in figures.MOMENT_COLUMNS], rows


FILES = (Rows(curve_rows, "curves.csv"), Rows(moment_rows, "samples.csv", label="export.samples"))
