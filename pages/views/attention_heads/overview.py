"""Attention heads, first part: all heads of a model at a glance, one head closely, and what changes without some."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.compute.attention_heads import overview as compute
from core.compute.attention_heads.overview import Ablation
from core.figures.attention_heads import ablation, tables
from core.figures.attention_heads import focus as attention_focus
from core.figures.attention_heads import overview as attention_heads
from pages.kit import canvas, code, controls, export, frame, permalink, prompt, reading
from pages.kit.cache import Outcome
from pages.kit.frame import Opened
from pages.views.attention_heads import sentences

STEM = "attention_heads"
CANVASES = ("ah_overview", "ah_focus")
VIEW = ("sort", "colour", "on", "x", "y")
LOOK = ("token", "key", "step", "weight", "rotary")


def picked(page: Opened) -> tuple[int, int]:
    """The focused (layer, head): the link's, clamped to the model in hand."""
    layers, heads = page.compute(compute.overview).value.metrics.shape[1:]
    return min(page.link.number("layer"), layers - 1), min(page.link.number("head"), heads - 1)


def state(page: Opened, names: tuple[str, ...]) -> dict[str, Any]:
    """What both canvases show (head, switched-off heads), and a canvas's own controls."""
    layer, head = picked(page)
    common = {"layer": layer, "head": head, "ablate": list(page.link.names("ablate")), "group": STEM}
    return common | {name: page.link.get(name) for name in names}


def on_pick(value: Any) -> None:
    """A head was chosen in a canvas."""
    changes = canvas.numbers(value, ("layer", "head"))
    if changes:
        permalink.link(STEM).set(**changes, token=-1, key=-1)
        canvas.shows(CANVASES, {**changes, "token": -1, "key": -1})


def on_ablate(value: Any) -> None:
    """Heads were switched off or on."""
    heads = value.get("heads") if isinstance(value, dict) else value
    canvas.commit(permalink.link(STEM), CANVASES, ("ablate",), {"ablate": heads or []})


def figure(page: Opened) -> None:
    """The text and the model, and the heads."""
    prompt.strip(page)
    heads(page)


@frame.panel
def heads(page: Opened) -> None:
    """The overview of all heads, the focused head, and the effect of switching heads off."""
    result, calibration = page.compute(compute.overview), page.compute(compute.calibration)
    if page.link.shared("present"):
        switched_off(page)  # in a lecture the answer stands above the picture
    data = canvas.packed(
        attention_heads.overview_payload, result.value, calibration.value, words=page.words.sub("overview"),
        state=canvas.state_to_push("ah_overview", state(page, VIEW)), caption=export.label(page),
        language=page.link.language,
    )  # fmt: skip
    view = canvas.committer(STEM, "ah_overview", VIEW)
    canvas.mount("attention_overview", data, key="ah_overview", pick=on_pick, view=view, ablate=on_ablate)
    sentences.notice(page, compute.notice(result.value), result.badge)

    layer, head = picked(page)
    focused = page.compute(compute.focus, layer=layer, head=head)
    data = canvas.packed(
        attention_focus.focus_payload, focused.value, result.value.tokens, words=page.words.sub("focus"),
        state=canvas.state_to_push("ah_focus", state(page, LOOK)), heads=result.value.metrics.shape[2],
        language=page.link.language, caption=export.label(page),
    )  # fmt: skip
    look = canvas.committer(STEM, "ah_focus", LOOK)
    canvas.mount("attention_focus", data, key="ah_focus", pick=on_pick, look=look, ablate=on_ablate)
    if not page.link.shared("present"):
        switched_off(page)
        reading.follow(page)


def switched_off(page: Opened) -> None:
    """What the model does without the chosen heads, beside what it does with them."""
    result = ablated(page)
    if not page.link.shared("present"):
        st.subheader(page.words("ablation.title"), anchor=False)
        if result is None:
            st.markdown(page.words("ablation.none"))
    if result is not None:
        sentences.ablation(page, result.value, result.badge)
        words, language = page.words.sub("ablation.canvas"), page.link.language
        picture = ablation.payload(result.value, words, export.label(page), language=language)
        canvas.mount("before_after", picture, key="ah_change")
        controls.row(page, choices=("mode",), resets=("ablate",))


def ablated(page: Opened) -> Outcome[Ablation] | None:
    """The model without the heads that the link switches off; None where it names none that exist."""
    layers, heads = page.compute(compute.overview).value.metrics.shape[1:]
    chosen = controls.existing(page.link.names("ablate"), layers, heads)
    return page.compute(compute.ablate, heads=chosen, mode=str(page.link.get("mode"))) if chosen else None


def how(page: Opened) -> None:
    """The source of the focused head, and the snippet that computes it."""
    layer, head = picked(page)
    code.show(page, compute.focus, {"layer": layer, "head": head})


def numbers(page: Opened) -> None:
    """The figures and their numbers, to see and to take home."""
    overview, calibration = page.compute(compute.overview).value, page.compute(compute.calibration).value
    layer, head = picked(page)
    focused = page.compute(compute.focus, layer=layer, head=head).value
    words, html, language = page.words.sub, export.standalone_of(page), page.link.language
    view, look = state(page, VIEW), state(page, LOOK)
    grid = attention_heads.overview_payload(overview, calibration, words("overview"), view, language=language)
    single = attention_focus.focus_payload(focused, overview.tokens, words("focus"), look, language=language)
    columns, rows = ("layer", "head", *compute.METRICS), tuple(tables.metric_rows(overview.metrics))
    matrix = ("query", *overview.tokens.labels), tuple(tables.matrix_rows(focused, overview.tokens))
    export.buttons(page, [
        ("export.overview", "heads.html", "text/html", lambda: html("attention_overview", grid)),
        ("export.focus", "head.html", "text/html", lambda: html("attention_focus", single)),
        ("export.metrics_csv", "heads.csv", "text/csv", lambda: export.table(columns, rows)),
        ("export.matrix_csv", "head.csv", "text/csv", lambda: export.table(*matrix)),
        ("export.data_json", "head.json", "application/json", lambda: export.as_json(focused)),
    ])  # fmt: skip
    if (result := ablated(page)) is not None:
        change = result.value
        picture = ablation.payload(change, words("ablation.canvas"), language=language)
        export.buttons(page, [
            ("export.ablation", "switched_off.html", "text/html", lambda: html("before_after", picture)),
            ("export.ablation_json", "switched_off.json", "application/json", lambda: export.as_json(change)),
        ])  # fmt: skip
    names = [page.words(f"overview.{name}") for name in ("layer", "head_column")]
    names += [page.words(f"overview.metric_{metric}") for metric in compute.METRICS]
    st.dataframe(tables.columns(names, rows), hide_index=True, height=320)
