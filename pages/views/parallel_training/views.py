"""The views of ``parallel_training``."""

from __future__ import annotations

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
        titles = {id: page.words(f"examples.{id}") for id in SCENES}
        pressed = next((id for id, scene in SCENES.items() if _shows(page, scene)), None)
        prompt.pills(page, titles, pressed, lambda id: permalink.link(STEM).set(**SCENES[id]))


def _shows(page: Opened, scene: Any) -> bool:
    return all(page.link.get(name) == value for name, value in scene.items())


def _narrow(name: str, *, step: float, page: Opened) -> None:
    with st.container(width=180):
        controls.number(page, name, step=step)


def _chunks(page: Opened) -> None:
    if page.link.get("kind") == "interleaved":
        _narrow("v", step=1, page=page)


def _processes(page: Opened) -> None:
    with st.container(width=240):
        controls.slide(page, "n", PROCESSES)


FIELDS: dict[str, Draw] = {
    "kind": lambda page: controls.choice(page, "kind"),
    "p": partial(_narrow, "p", step=1),
    "m": partial(_narrow, "m", step=1),
    "v": _chunks,
    "back": partial(_narrow, "back", step=0.5),
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


def table(page: Opened, columns: tuple[str, ...], rows: Any) -> Table:
    """Rows under the page's names of their columns."""
    return [page.words(f"columns.{name}") for name in columns], rows


# --- the pipeline -----------------------------------------------------------------------------------------

STEP = (Chart("pt_gantt", pipeline.gantt), Chart("pt_kept", pipeline.kept))


def wide_and_narrow(page: Opened, found: Found) -> None:
    """The schedule, and beside it what each stage keeps."""
    for column, one in zip(st.columns([3, 1], gap="small"), STEP, strict=True):
        with column:
            one.mount(page, found)


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
    st.caption(page.words("notice.memory"))


# --- what travels -----------------------------------------------------------------------------------------

WIRE = (
    Chart("pt_wire", sharing.wire, takes=lambda f: (f.of(measured),)),
    Chart("pt_traffic", sharing.traffic, takes=lambda f: (f.of(traffic),)),
)


def side_by_side(page: Opened, found: Found) -> None:
    """What was counted beside what the formulas say of a large model."""
    for column, one in zip(st.columns(2, gap="medium"), WIRE, strict=True):
        with column:
            one.mount(page, found)


def say_wire(page: Opened, found: Found) -> None:
    """Whether counted and computed bytes agree, what ZeRO-3 costs, and where activations outweigh gradients."""
    made, large = found.of(measured), found.of(traffic)
    id = "counted" if judged.counted(made) else "counted_other"
    reading.line(page, f"notice.{id}", found.badge, count=made.processes, ratio=judged.ratio(made, "zero_3"))
    st.markdown(page.words("notice.even", tokens=judged.even(large), parameters=large.parameters))


# --- the proof --------------------------------------------------------------------------------------------


def with_limit(page: Opened, _: Found) -> dict[str, Any]:
    """What was promised of the weights in float64, of the losses in float32."""
    return {"limit": EXACT if page.link.get("bits") == "float64" else NEAR}


PROOF = (
    Chart("pt_losses", sharing.losses),
    Chart("pt_apart", sharing.apart, options=with_limit),
    Chart("pt_held", sharing.held),
)


def three(page: Opened, found: Found) -> None:
    """Losses, differences, and what was held, side by side; a lecture shows the first two."""
    charts = PROOF[:2] if page.link.shared("present") else PROOF
    for column, one in zip(st.columns(len(charts), gap="small"), charts, strict=True):
        with column:
            one.mount(page, found)


def say_proof(page: Opened, found: Found) -> None:
    """Whether all came to the same."""
    made = found.of(measured)
    id = "equal" if judged.equal(made) else "equal_not"
    reading.line(
        page, f"notice.{id}", found.badge, count=made.processes, precision=made.precision, steps=len(made.alone),
        apart=float(made.apart.max()), off=made.off,
    )  # fmt: skip
    st.caption(page.words("notice.bundled", parameters=made.parameters, tokens=made.tokens))


# --- all of them ------------------------------------------------------------------------------------------

made = partial(View, head=head, model=lambda _: "", need=ANY)
VIEWS = {
    "pipeline": made(
        calls.pipeline, STEP, say_step,
        (Rows(lambda page, found: table(page, pipeline.TASK_COLUMNS,
                                        pipeline.task_rows(found.of(schedule), page.words.get("charts"))), "step.csv"),),
        fields=fields("kind", "p", "m", "v", "back"), draw=wide_and_narrow,
    ),
    "memory": made(
        calls.held, (Chart("pt_memory", sharing.memory, options=with_room),), say_memory,
        (Rows(lambda page, found: table(page, sharing.MEMORY_COLUMNS,
                                        sharing.memory_rows(found.of(memory), page.words.get("charts"))), "memory.csv"),),
        fields=fields("size", "n"),
    ),
    "wire": made(
        calls.wire, WIRE, say_wire,
        (
            Rows(lambda page, found: table(page, sharing.WIRE_COLUMNS,
                                           sharing.wire_rows(found.of(measured), page.words.get("charts"))), "counted.csv"),
            Rows(lambda page, found: table(page, sharing.TRAFFIC_COLUMNS,
                                           sharing.traffic_rows(found.of(traffic), page.words.get("charts"))),
                 "traffic.csv", "export.traffic"),
        ),
        fields=fields("real", "size", "n"), draw=side_by_side, sources=(traffic,),
    ),
    "proof": made(
        calls.proof, PROOF, say_proof,
        (Rows(lambda page, found: table(page, sharing.PROOF_COLUMNS,
                                        sharing.proof_rows(found.of(measured), page.words.get("charts"))), "losses.csv"),),
        fields=fields("real", "bits"), draw=three,
    ),
}  # fmt: skip
