"""The views of ``training_memory``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from core.catalog.training_memory import BATCHES, LENGTHS, PROCESSES, RANKS, SCALES
from core.compute.training_memory import calls, judged, precision
from core.compute.training_memory.estimate import estimate, parts, saved_tensors
from core.compute.training_memory.measured import counted, step_bytes
from core.compute.training_memory.shapes import OWN
from core.figures.training_memory import memory
from core.figures.training_memory import precision as figures
from pages.kit import controls, reading
from pages.kit.frame import Opened
from pages.kit.view import Chart, Found, Rows, Table, View


def head(page: Opened) -> None:
    """The choice of the view; no text is read."""
    controls.parts(page, "view")


def columns(page: Opened, names: tuple[str, ...]) -> list[str]:
    """The heads of a table."""
    return [page.words(f"columns.{name}") for name in names]


def beside(*pair: Chart) -> Callable[[Opened, Found], None]:
    """Two charts side by side; what comes after them stands below."""

    def draw(page: Opened, found: Found) -> None:
        for column, one in zip(st.columns(2, gap="medium"), pair, strict=False):
            with column:
                one.mount(page, found)
        if not page.link.shared("present"):
            for one in pair[2:]:
                one.mount(page, found)

    return draw


# --- by the formulas ----------------------------------------------------------------------------------------


def shape_fields(page: Opened) -> None:
    """The shape, and how it is trained."""
    if page.link.shared("present"):
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        for name in CHOICES:
            options = page.declared.param(name).options
            with st.container(width=213):
                controls.select(page, name, {one: page.words(f"params.{name}.{one}") for one in options})
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        for name, values in SLIDES.items():
            with st.container(width=155):
                controls.slide(page, name, values)
    if page.link.get("shape") == OWN:
        own_fields(page)


CHOICES = ("shape", "precision", "optimizer", "keep")
SLIDES = {"batch": BATCHES, "length": LENGTHS, "rank": RANKS, "processes": PROCESSES, "zero": (0, 1, 2, 3)}
OWN_STEPS = {"layers": 1, "width": 64, "heads": 1, "vocabulary": 256}


def own_fields(page: Opened) -> None:
    """The sizes of an own shape."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        for name, step in OWN_STEPS.items():
            with st.container(width=210):
                controls.number(page, name, step=step)


def say_estimate(page: Opened, found: Found) -> None:
    """How much it is, what takes most, what helps most, which card it fits on; and each part's formula."""
    one = found.of(estimate)
    part, share = judged.largest(one)
    sizes = one.bytes[0]
    reading.line(
        page, "notice.total", found.badge, parameters=one.parameters, trained=one.trained, total=float(sizes.sum()),
        part=page.words(f"charts.{part}"), share=share,
    )  # fmt: skip
    saver, less = judged.best_saver(one)
    card = judged.fits(one)
    st.markdown(page.words("notice.fits" if card else "notice.fits_none", card=card))
    st.markdown(
        page.words("notice.saver" if saver else "notice.saver_none", row=row_name(page, saver), less=less)
    )
    st.markdown(page.words("notice.formulas", **judged.by_part(one)))


def draw_estimate(page: Opened, found: Found) -> None:
    """All parts, and beside them what one layer keeps; presented the parts alone."""
    if page.link.shared("present"):
        PARTS.mount(page, found)
    else:
        beside(PARTS, SAVED)(page, found)


def row_name(page: Opened, saver: str) -> str:
    """What a saver is called."""
    return page.words(f"charts.row_{saver}") if saver else ""


def part_rows(page: Opened, found: Found) -> Table:
    """Every bar's parts."""
    return columns(page, memory.PART_COLUMNS), memory.part_rows(found.of(estimate), page.words.get("charts"))


PARTS = Chart("tm_parts", memory.parts)
SAVED = Chart("tm_saved", memory.saved)


# --- counted ------------------------------------------------------------------------------------------------


def step_fields(page: Opened) -> None:
    """The size of the step."""
    if not page.link.shared("present"):
        controls.row(page, choices=("depth", "tokens"))


def say_measured(page: Opened, found: Found) -> None:
    """How far the formulas are off, and what checkpoints save and cost."""
    one, steps = found.of(counted), found.of(precision.timed)
    apart = judged.off(one, 0)
    id = "notice.below" if apart < 0 else "notice.above"
    reading.line(
        page, id, found.badge, peak=float(one.peaks[1]), off=abs(apart), again=abs(judged.off(one, 2))
    )
    told, less = judged.saved(one)
    st.markdown(page.words(f"notice.{told}", less=less, more=judged.longer(steps), layers=steps.layers))
    st.caption(page.words("notice.counted", repeats=steps.repeats, layers=steps.layers, length=steps.length))


def count_rows(page: Opened, found: Found) -> Table:
    """Every bar's parts."""
    return columns(page, memory.COUNT_COLUMNS), memory.count_rows(found.of(counted), page.words.get("charts"))


def step_rows(page: Opened, found: Found) -> Table:
    """Bytes and time by the size of checkpoints."""
    return columns(page, memory.STEP_COLUMNS), memory.step_rows(found.of(precision.timed))


PEAKS = Chart("tm_peaks", memory.peaks, takes=lambda found: (found.of(counted),))
TIME = Chart("tm_time", memory.times, takes=lambda found: (found.of(precision.timed),))


# --- in 16 bits ---------------------------------------------------------------------------------------------


def scale_fields(page: Opened) -> None:
    """The scale of the loss."""
    if not page.link.shared("present"):
        with st.container(width=420):
            controls.slide(page, "scale", SCALES)


def say_precision(page: Opened, found: Found) -> None:
    """What float16 makes of the gradients, and whether training suffers."""
    one, runs = found.of(precision.cast), found.of(precision.trained)
    id, zero, over = judged.lost(one)
    reading.line(
        page, f"notice.{id}", found.badge, scale=int(page.link.number("scale")), zero=zero, over=over
    )
    losses = judged.last_losses(runs)
    told = "notice.suffers" if judged.suffers(runs, "fp16") else "notice.suffers_not"
    values = {"scale": runs.scale, "divisor": runs.divisor, "window": runs.window}
    st.markdown(page.words(told, **losses, **values))


def cast_rows(page: Opened, found: Found) -> Table:
    """Every bin."""
    return columns(page, figures.CAST_COLUMNS), figures.cast_rows(found.of(precision.cast))


def run_rows(page: Opened, found: Found) -> Table:
    """Every step's losses."""
    return columns(page, figures.RUN_COLUMNS), figures.run_rows(found.of(precision.trained))


GRADIENTS = Chart("tm_gradients", figures.gradients, takes=lambda found: (found.of(precision.cast),))
CURVES = Chart("tm_curves", figures.curves, takes=lambda found: (found.of(precision.trained),))
BY_SCALE = Chart("tm_scale", figures.by_scale, takes=lambda found: (found.of(precision.trained),))

made = partial(View, head=head, model=lambda _: "")
VIEWS = {
    "estimate": made(
        calls.estimated, (PARTS, SAVED), say_estimate, (Rows(part_rows, "memory.csv"),), fields=shape_fields,
        draw=draw_estimate, sources=(parts, saved_tensors),
    ),
    "measured": made(
        calls.measured, (PEAKS, TIME), say_measured, (Rows(count_rows, "counted.csv"), Rows(step_rows, "steps.csv")),
        fields=step_fields, draw=beside(PEAKS, TIME), sources=(step_bytes,),
    ),
    "precision": made(
        calls.precisions, (GRADIENTS, CURVES, BY_SCALE), say_precision,
        (Rows(cast_rows, "gradients.csv"), Rows(run_rows, "losses.csv")), fields=scale_fields,
        draw=beside(GRADIENTS, CURVES, BY_SCALE),
    ),
}  # fmt: skip
