"""The views of ``parallel_training``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import streamlit as st

from core.catalog.parallel_training import PROCESSES, SCENES
from core.compute.parallel_training import calls, judged
from core.compute.parallel_training.formulas import ROOM, memory, traffic
from core.compute.parallel_training.measured import EXACT, NEAR, measured
from core.compute.parallel_training.schedules import schedule
from core.figures.parallel_training import pipeline, sharing
from core.models.needs import ANY
from pages.kit import controls, permalink, prompt, reading
from pages.kit.frame import Opened
from pages.kit.view import Chart, Draw, Found, Rows, Table, View

STEM = "parallel_training"


# --- what stands above the figure -------------------------------------------------------------------------


def head(page: Opened) -> None:
    """The choice of the view, and states worth trying."""
    controls.parts(page, "view")
    if not page.link.shared("present"):
        scenes(page)


def scenes(page: Opened) -> None:
    """States worth trying."""
    titles = {id: page.words(f"examples.{id}") for id in SCENES}
    pressed = next((id for id, scene in SCENES.items() if _shows(page, scene)), None)
    prompt.pills(page, titles, pressed, lambda id: permalink.link(STEM).set(**SCENES[id]))


def _shows(page: Opened, scene: Any) -> bool:
    return all(page.link.get(name) == value for name, value in scene.items())


def _narrow(page: Opened, name: str, *, step: float = 1) -> None:
    with st.container(width=140):
        controls.number(page, name, step=step)


def _chunks(page: Opened) -> None:
    if page.link.get("kind") == "interleaved":
        _narrow(page, "v")


def _processes(page: Opened) -> None:
    with st.container(width=220):
        controls.slide(page, "n", PROCESSES)


FIELDS: dict[str, Draw] = {
    "kind": lambda page: controls.choice(page, "kind"),
    "p": lambda page: _narrow(page, "p"),
    "m": lambda page: _narrow(page, "m"),
    "v": _chunks,
    "back": lambda page: _narrow(page, "back", step=0.5),
    "size": lambda page: controls.choice(page, "size"),
    "n": _processes,
    "real": lambda page: controls.choice(page, "real"),
    "bits": lambda page: controls.choice(page, "bits"),
}


def fields(*names: str) -> Draw:
    """What can be set."""

    def draw(page: Opened) -> None:
        if page.link.shared("present"):
            return
        with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
            for name in names:
                FIELDS[name](page)

    return draw


def rows(
    columns: tuple[str, ...], made: Callable[..., Iterable[Any]], of: Any, file: str, **label: str
) -> Rows:
    """Rows of one of the view's results under the page's names of their columns, to take home."""

    def table(page: Opened, found: Found) -> Table:
        return [page.words(f"columns.{name}") for name in columns], made(
            found.of(of), page.words.get("charts")
        )

    return Rows(table, file, **label)


# --- the pipeline -----------------------------------------------------------------------------------------

STEP = (Chart("pt_gantt", pipeline.gantt), Chart("pt_kept", pipeline.kept))


def beside(*charts: Chart, widths: tuple[int, ...], lecture: int = 2) -> Callable[[Opened, Found], None]:
    """Charts side by side, in a lecture so many of them."""

    def draw(page: Opened, found: Found) -> None:
        count = lecture if page.link.shared("present") else len(charts)
        for column, one in zip(st.columns(widths[:count], gap="medium"), charts[:count], strict=True):
            with column:
                one.mount(page, found)

    return draw


def say_step(page: Opened, found: Found) -> None:
    """How long the stages wait, by the schedule and by the formula, and how much they keep."""
    made = found.of(schedule)
    id = "bubble" if judged.as_formula(made) else "bubble_other"
    reading.line(
        page, f"notice.{id}", found.badge, idle=made.idle, formula=made.formula, stages=made.stages, micro=made.micro,
        chunks=made.chunks, most=float(made.kept.max()),
    )  # fmt: skip
    if made.micro != int(page.link.number("m")):
        st.caption(page.words("notice.rounded", stages=made.stages, micro=made.micro))


# --- memory -----------------------------------------------------------------------------------------------


def with_room(_: Opened, __: Found) -> dict[str, Any]:
    """Where an accelerator's memory ends."""
    return {"room": ROOM}


MEMORY = (
    Chart("pt_memory", sharing.memory, takes=lambda f: (f.of(memory),), options=with_room),
    Chart("pt_held", sharing.held, takes=lambda f: (f.of(measured),)),
)


def say_memory(page: Opened, found: Found) -> None:
    """What each holds, and from which way on the model has room."""
    made = found.of(memory)
    fits = judged.first_that_fits(made)
    told = {"room": ROOM, "parameters": made.parameters, "size": float(made.bytes[0].sum())}
    if fits:
        way = page.words(f"charts.{fits}")
        reading.line(page, "notice.fits", found.badge, way=way, **told)
    else:
        reading.line(page, "notice.fits_none", found.badge, **told)
    if page.link.shared("present"):
        return
    real = found.of(measured)
    id = "held" if judged.held_as_computed(real) else "held_other"
    st.markdown(page.words(f"notice.{id}", count=real.processes, parameters=real.parameters))
    st.caption(page.words("notice.memory"))


# --- what travels -----------------------------------------------------------------------------------------

WIRE = (
    Chart("pt_wire", sharing.wire, takes=lambda f: (f.of(measured),)),
    Chart("pt_traffic", sharing.traffic, takes=lambda f: (f.of(traffic),)),
)


def say_wire(page: Opened, found: Found) -> None:
    """Whether counted and computed bytes agree, what ZeRO-3 costs, and where activations outweigh gradients."""
    made, large = found.of(measured), found.of(traffic)
    id = "counted" if judged.counted(made) else "counted_other"
    reading.line(page, f"notice.{id}", found.badge, count=made.processes, ratio=judged.ratio(made, "zero_3"))
    if not page.link.shared("present"):
        st.markdown(page.words("notice.even", tokens=judged.even(large), parameters=large.parameters))


# --- the proof --------------------------------------------------------------------------------------------


def with_limit(page: Opened, _: Found) -> dict[str, Any]:
    """What was promised of the weights in float64, of the losses in float32."""
    return {"limit": EXACT if page.link.get("bits") == "float64" else NEAR}


PROOF = (Chart("pt_losses", sharing.losses), Chart("pt_apart", sharing.apart, options=with_limit))


def say_proof(page: Opened, found: Found) -> None:
    """Whether all came to the same."""
    made = found.of(measured)
    id = "equal" if judged.equal(made) else "equal_not"
    reading.line(
        page, f"notice.{id}", found.badge, count=made.processes, precision=made.precision, steps=len(made.alone),
        apart=float(made.apart.max()), off=made.off,
    )  # fmt: skip
    if not page.link.shared("present"):
        st.caption(page.words("notice.bundled", parameters=made.parameters, tokens=made.tokens))


# --- all of them ------------------------------------------------------------------------------------------

made = partial(View, head=head, aside=scenes, model=lambda _: "", need=ANY)
VIEWS = {
    "pipeline": made(
        calls.pipeline, STEP, say_step, (rows(pipeline.TASK_COLUMNS, pipeline.task_rows, schedule, "step.csv"),),
        fields=fields("kind", "p", "m", "v", "back"), draw=beside(*STEP, widths=(3, 1)),
    ),
    "memory": made(
        calls.held, MEMORY, say_memory,
        (
            rows(sharing.MEMORY_COLUMNS, sharing.memory_rows, memory, "memory.csv"),
            rows(sharing.HELD_COLUMNS, sharing.held_rows, measured, "held.csv", label="export.held"),
        ),
        fields=fields("size", "n", "real"), draw=beside(*MEMORY, widths=(5, 4), lecture=1), sources=(measured,),
    ),
    "wire": made(
        calls.wire, WIRE, say_wire,
        (
            rows(sharing.WIRE_COLUMNS, sharing.wire_rows, measured, "counted.csv"),
            rows(sharing.TRAFFIC_COLUMNS, sharing.traffic_rows, traffic, "traffic.csv", label="export.traffic"),
        ),
        fields=fields("size", "n", "real"), draw=beside(*WIRE, widths=(1, 1)), sources=(traffic,),
    ),
    "proof": made(
        calls.proof, PROOF, say_proof, (rows(sharing.PROOF_COLUMNS, sharing.proof_rows, measured, "losses.csv"),),
        fields=fields("real", "bits"), draw=beside(*PROOF, widths=(1, 1)),
    ),
}  # fmt: skip
