"""Tokenization, second part: a vocabulary trained here and now, every step of it, and what its size changes."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.catalog.token_splits import SENTENCE_ZH, SIZES, VERSE
from core.compute.token_splits import cut as compute
from core.figures.token_splits import training as figures
from pages.kit import canvas, code, controls, export, frame, permalink, prompt, reading
from pages.kit.cache import Outcome
from pages.kit.frame import Opened
from pages.views.token_splits import corpora

STEM = "token_splits"
SCRUB, CURVE = ("ts_scrub",), ("ts_curve",)


def _on_typed(value: Any) -> None:
    """The sentence was changed in the canvas."""
    prompt.take(permalink.link(STEM), SCRUB, value)


def _on_step(value: Any) -> None:
    """The steps came to rest."""
    canvas.commit(permalink.link(STEM), SCRUB, ("step",), value)


def _on_width(value: Any) -> None:
    """Another d_model was chosen."""
    canvas.commit(permalink.link(STEM), CURVE, ("d_model",), value)


def _train(page: Opened, corpus: str) -> Outcome[compute.Training]:
    return page.compute(
        compute.train, algorithm=str(page.link.get("algorithm")), corpus=corpus, size=page.link.number("size")
    )


def _curve(page: Opened, corpus: str) -> Outcome[compute.Curve]:
    return page.compute(compute.curve, algorithm=str(page.link.get("algorithm")), corpus=corpus)


def _scrubbed(page: Opened) -> dict[str, Any]:
    """What the canvas shows; poems have no word for what the page's own Chinese sentence speaks of."""
    lent = page.link.text == SENTENCE_ZH and page.link.get("corpus") == "chinese"
    return {"text": VERSE if lent else page.link.text, "step": page.link.number("step")}


@frame.panel
def figure(page: Opened) -> None:
    """What is trained on what, the steps of training, and the curve of sizes."""
    if not page.link.shared("present"):
        with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
            controls.choice(page, "algorithm")
            controls.choice(page, "corpus")
            with st.container(width=300):
                controls.slide(page, "size", SIZES)
    corpus = corpora.chosen(page)
    if not corpus:
        return
    with frame.guard(page.words):
        if page.link.shared("present"):  # in a lecture the answer stands above
            _sizes(page, _curve(page, corpus))
        _steps(page, _train(page, corpus))
        if not page.link.shared("present"):
            _sizes(page, _curve(page, corpus))
    if not page.link.shared("present"):
        reading.follow(page)


def _steps(page: Opened, result: Outcome[compute.Training]) -> None:
    """Every step of training, scrubbed in the browser."""
    found = result.value
    data = canvas.packed(
        figures.scrub_payload, found, words=page.words.sub("scrub"), language=page.link.language,
        state=canvas.state_to_push("ts_scrub", _scrubbed(page)), caption=export.label(page),
    )  # fmt: skip
    canvas.mount("merge_scrub", data, key="ts_scrub", typed=_on_typed, look=_on_step)
    reading.line(
        page, "notice.train", result.badge, pieces=len(found.pieces), lines=found.lines, held=found.held_out,
        rate=found.characters_per_token, unknown=found.unknown_rate,
    )  # fmt: skip


def _sizes(page: Opened, result: Outcome[compute.Curve]) -> None:
    """What the size of the vocabulary changes."""
    if not page.link.shared("present"):
        st.subheader(page.words("curve.title"), anchor=False)
    data = canvas.packed(
        figures.curve_payload, result.value, words=page.words.sub("curve"), language=page.link.language,
        state=canvas.state_to_push("ts_curve", {"d_model": page.link.number("d_model")}),
        caption=export.label(page),
    )  # fmt: skip
    canvas.mount("vocabulary_curve", data, key="ts_curve", look=_on_width)
    sizes, length = result.value.sizes, result.value.length
    growth = float(sizes[-1] / sizes[0])
    id = "notice.curve" if length[-1] < length[0] else "notice.curve_flat"
    reading.line(page, id, result.badge, growth=growth, saved=float(abs(1 - length[-1] / length[0])))


def how(page: Opened) -> None:
    """The source of the training, and the snippet that computes it."""
    corpus = corpora.shown(page)
    code.show(
        page, compute.train,
        {"algorithm": str(page.link.get("algorithm")), "corpus": corpus, "size": page.link.number("size")},
    )  # fmt: skip


def numbers(page: Opened) -> None:
    """The figures and their numbers to take home."""
    corpus = corpora.text(page)
    if not corpus:
        st.info(page.words("train.own_empty"), icon=":material/edit_note:")
        return
    found, curve = _train(page, corpus).value, _curve(page, corpus).value
    about, language = export.label(page), page.link.language
    scrub = figures.scrub_payload(
        found, page.words.sub("scrub"), _scrubbed(page), language=language, caption=about
    )
    width = page.link.number("d_model")
    plot = figures.curve_payload(
        curve, page.words.sub("curve"), {"d_model": width}, language=language, caption=about
    )
    html = export.standalone_of(page)
    export.buttons(page, [
        ("export.scrub", "training.html", "text/html", lambda: html("merge_scrub", scrub)),
        ("export.curve", "sizes.html", "text/html", lambda: html("vocabulary_curve", plot)),
        ("export.steps_csv", "steps.csv", "text/csv", lambda: export.table(*figures.step_table(found))),
        ("export.curve_csv", "sizes.csv", "text/csv",
         lambda: export.table(figures.CURVE_COLUMNS, figures.curve_rows(curve, width))),
        ("export.data_json", "training.json", "application/json", lambda: export.as_json(found)),
    ])  # fmt: skip
