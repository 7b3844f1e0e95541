"""All heads of a model at a glance, one head closely, and what changes without some."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.catalog.attention_heads import METRICS
from core.compute.attention_heads import calls
from core.compute.attention_heads import overview as compute
from core.compute.attention_heads.ablation import TOP, ablate
from core.figures.attention_heads import ablation, focus, overview, tables
from pages.kit import canvas, controls, permalink
from pages.kit.frame import Opened
from pages.kit.view import Canvas, Chart, Data, Found, Rows, Table, View, spoken
from pages.views.attention_heads import sentences

STEM = "attention_heads"
GRID_KEY, HEAD_KEY = KEYS = "ah_overview", "ah_focus"
DETAIL = "switched_off"  # where a link goes
SETTINGS = ("sort", "colour", "on", "x", "y")  # of the overview
LOOK = ("token", "key", "step", "weight", "rotary")  # of the head
LECTURE, CHANGED, HIGH = 2, 5, 190
"""So many of the most probable tokens of each run fit a lecture, so many tokens of the text, and so high a chart."""


# --- what both canvases show, and send --------------------------------------------------------------------


def common(page: Opened, found: Found) -> dict[str, Any]:
    """The head that is looked at and those that are switched off; the canvases hear each other, too."""
    one = found.of(compute.focus)
    return {"layer": one.layer, "head": one.head, "ablate": page.link.names("ablate"), "group": STEM}


def settings(page: Opened, found: Found) -> dict[str, Any]:
    """What the overview shows; it commits its own controls under a name of their own."""
    return common(page, found) | {name: page.link.get(name) for name in SETTINGS}


def on_pick(value: Any) -> None:
    """A head was chosen in a canvas."""
    changes = canvas.numbers(value, ("layer", "head"))
    if changes:
        permalink.link(STEM).set(**changes, token=-1, key=-1)
        canvas.shows(KEYS, {**changes, "token": -1, "key": -1})


def on_ablate(value: Any) -> None:
    """Heads were switched off or on."""
    heads = value.get("heads") if isinstance(value, dict) else value
    canvas.commit(permalink.link(STEM), KEYS, ("ablate",), {"ablate": heads or []})


GRID = Canvas(
    "attention_overview", GRID_KEY, overview.overview_payload, words="overview", state=settings,
    takes=lambda found: (found.of(compute.overview), found.of(compute.calibration)),
    on={"pick": on_pick, "view": canvas.committer(STEM, GRID_KEY, SETTINGS), "ablate": on_ablate},
    options=spoken, html=("export.overview", "heads.html"),
)  # fmt: skip
HEAD = Canvas(
    "attention_focus", HEAD_KEY, focus.focus_payload, words="focus", shows=LOOK, state=common,
    takes=lambda found: (found.of(compute.focus), found.of(compute.overview).tokens),
    options=lambda page, found: spoken(page, found) | {"heads": found.of(compute.overview).metrics.shape[2]},
    on={"pick": on_pick, "ablate": on_ablate}, html=("export.focus", "head.html"),
)  # fmt: skip


def candidates(page: Opened, _: Found) -> dict[str, Any]:
    """How many of the most probable tokens of each run are drawn."""
    return {"most": LECTURE, "highest": HIGH} if page.link.shared("present") else {"most": TOP}


def tokens(page: Opened, _: Found) -> dict[str, Any]:
    """How many tokens of the text are drawn: all of them, but in a lecture."""
    return {"most": CHANGED, "highest": HIGH} if page.link.shared("present") else {}


def _taken(found: Found) -> tuple[Any, ...]:
    return (found.of(ablate),)


CHANGE = (
    Chart(
        "ah_change", ablation.candidates, words="ablation.charts", takes=_taken, options=candidates,
        html=("export.ablation_next", "next_tokens.html"),
        there=lambda found: bool(getattr(found.of(ablate), "candidates", ())),
    ),
    Chart(
        "ah_change_tokens", ablation.tokens, words="ablation.charts", takes=_taken, options=tokens,
        html=("export.ablation", "switched_off.html"), there=lambda found: found.of(ablate) is not None,
    ),
)  # fmt: skip


# --- the figures ------------------------------------------------------------------------------------------


def draw(page: Opened, found: Found) -> None:
    """All heads, and the one that is looked at; in a lecture the answer stands above the picture."""
    if page.link.shared("present"):
        changed(page, found)
    GRID.mount(page, found)
    seen = found.outcome(compute.overview)
    assert seen is not None
    sentences.notice(page, compute.notice(seen.value), seen.badge)
    switched = found.of(ablate)
    if switched is not None and not page.link.shared("present"):
        sentences.brief(page, switched, DETAIL)
    HEAD.mount(page, found)


def switched_off(page: Opened, found: Found) -> None:
    """What the model does without the chosen heads, or how to choose some."""
    if page.link.shared("present"):
        return
    st.subheader(page.words("ablation.title"), anchor=DETAIL)
    if found.of(ablate) is None:
        st.markdown(page.words("ablation.none"))
    changed(page, found)


def changed(page: Opened, found: Found) -> None:
    """What the model does without the chosen heads, beside what it does with them; nothing where none is chosen."""
    result = found.outcome(ablate)
    if result is not None:
        sentences.ablation(page, result.value, result.badge)
        charts = [one for one in CHANGE if one.there(found)]
        for column, one in zip(st.columns(len(charts), gap="medium"), charts, strict=True):
            with column:
                one.mount(page, found)
        controls.row(page, choices=("mode",), resets=("ablate",))


# --- the numbers ------------------------------------------------------------------------------------------


def metric_table(_: Opened, found: Found) -> Table:
    """One row per head."""
    return ("layer", "head", *METRICS), tables.metric_rows(found.of(compute.overview).metrics)


def matrix_table(_: Opened, found: Found) -> Table:
    """One row per query of the head that is looked at."""
    tokens = found.of(compute.overview).tokens
    return ("query", *tokens.labels), tables.matrix_rows(found.of(compute.focus), tokens)


def more(page: Opened, found: Found) -> None:
    """The numbers of all heads, to see."""
    names = [page.words(f"overview.{name}") for name in ("layer", "head_column")]
    names += [page.words(f"overview.metric_{metric}") for metric in METRICS]
    _, rows = metric_table(page, found)
    st.dataframe(tables.columns(names, rows), hide_index=True, height=320)


VIEW = View(
    calls.heads,
    (GRID, HEAD, *CHANGE),
    switched_off,
    (
        Rows(metric_table, "heads.csv", "export.metrics_csv"),
        Rows(matrix_table, "head.csv", "export.matrix_csv"),
        Data(lambda found: found.of(compute.focus), "head.json"),
        Data(lambda found: found.of(ablate), "switched_off.json", "export.ablation_json"),
    ),
    draw=draw,
    how=lambda _, found: found.call(compute.focus),
    more=more,
)
