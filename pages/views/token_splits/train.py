"""Tokenization, second part: a vocabulary trained here and now, every step of it, and what its size changes."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.calls import Call
from core.catalog import State
from core.catalog.token_splits import OWN, SIZES, read_with
from core.compute.token_splits import calls
from core.compute.token_splits.corpus import KEPT, decoded
from core.compute.token_splits.training import curve, gain, gain_said, train
from core.figures.token_splits import sizes
from core.figures.token_splits import training as figures
from pages.kit import controls, own_text, permalink, prompt, reading
from pages.kit.frame import Opened
from pages.kit.view import Canvas, Chart, Data, Found, Rows, View, spoken

STEM, KEY = "token_splits", "ts_scrub"


def head(page: Opened) -> None:
    """The choice of the part; neither the text nor the model is asked for."""
    controls.parts(page)


def fields(page: Opened) -> None:
    """What is trained on what."""
    if page.link.shared("present"):
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        controls.choice(page, "algorithm")
        controls.choice(page, "corpus")
        with st.container(width=300):
            controls.slide(page, "size", SIZES)
    if _is_own(page):
        own_text.box(page, most=KEPT, read=decoded)


def _is_own(page: Opened) -> bool:
    return page.link.get("corpus") == OWN


def empty(page: Opened) -> None:
    """That there is no text of one's own yet."""
    if _is_own(page) and not own_text.typed(STEM):
        st.info(page.words("own.empty"), icon=":material/edit_note:")


def state(page: Opened) -> State:
    """The page's state with the visitor's own text, which is in no link."""
    return {**page.state(), "own": own_text.typed(STEM)}


def how(page: Opened, _: Found) -> Call[Any]:
    """The training, its own corpus cut short."""
    corpus = own_text.short(STEM) if _is_own(page) else page.link.get("corpus")
    return page.call(train, algorithm=page.link.get("algorithm"), corpus=corpus, size=page.link.get("size"))


def typed(value: Any) -> None:
    """The sentence was changed in the canvas."""
    prompt.take(permalink.link(STEM), (KEY,), value)


def sentence(page: Opened, _: Found) -> dict[str, Any]:
    """What the steps are shown on."""
    return {"text": read_with(str(page.link.get("corpus")), page.link.text)}


STEPS = Canvas(
    "merge_scrub", KEY, figures.scrub_payload, words="scrub", shows=("step",), state=sentence,
    takes=lambda found: (found.of(train),), options=spoken, on={"typed": typed},
    html=("export.scrub", "training.html"),
)  # fmt: skip
SIZED = tuple(
    Chart(
        key, figure, words="curve", takes=lambda found: (found.of(curve),),
        options=lambda page, _: {"d_model": page.link.number("d_model")}, html=(f"export.{key}", f"{key}.html"),
    )
    for key, figure in (
        ("ts_curve", sizes.tokens), ("ts_unknown", sizes.unknown), ("ts_parameters", sizes.parameters),
    )
)  # fmt: skip


def draw(page: Opened, found: Found) -> None:
    """The steps, then the curve of sizes; in a lecture the answer stands above."""
    if page.link.shared("present"):
        _sizes(page, found)
    _steps(page, found)
    if not page.link.shared("present"):
        _sizes(page, found)


def _steps(page: Opened, found: Found) -> None:
    """Every step of training, scrubbed in the browser."""
    if one := found.outcome(train):
        made = one.value
        STEPS.mount(page, found)
        reading.line(
            page, "notice.train", one.badge, pieces=len(made.pieces), lines=made.lines, held=made.held_out,
            rate=made.characters_per_token, unknown=made.unknown_rate,
        )  # fmt: skip


def _sizes(page: Opened, found: Found) -> None:
    """What the size of the vocabulary changes."""
    if one := found.outcome(curve):
        if not page.link.shared("present"):
            st.subheader(page.words("curve.title"), anchor=False)
        for column, chart in zip(st.columns(len(SIZED), gap="medium"), SIZED, strict=True):
            with column:
                chart.mount(page, found)
        with st.container(width=420):
            controls.slide(page, "d_model", sizes.WIDTHS)
        growth, saved = gain(one.value)
        reading.line(page, f"notice.{gain_said(one.value)}", one.badge, growth=growth, saved=abs(saved))


def curve_rows(page: Opened, found: Found) -> tuple[Any, Any]:
    """The curve for the d_model in hand."""
    return figures.CURVE_COLUMNS, figures.curve_rows(found.of(curve), page.link.number("d_model"))


VIEW = View(
    calls.training,
    (STEPS, *SIZED),
    lambda _, __: None,
    (
        Rows(lambda _, found: figures.step_table(found.of(train)), "steps.csv", "export.steps_csv"),
        Rows(curve_rows, "sizes.csv", "export.curve_csv"),
        Data(lambda found: found.of(train), "training.json"),
    ),
    head=head,
    fields=fields,
    state=state,
    draw=draw,
    how=how,
    model=lambda _: "",
    read="reads.train",
    without=empty,
)  # fmt: skip
