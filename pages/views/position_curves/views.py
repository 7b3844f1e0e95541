"""The views of ``position_curves``: one canvas for all, which chooses among them itself, and the sentence under it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from core.catalog import find
from core.catalog.position_curves import FORMULAS
from core.compute.position_curves import calls
from core.compute.position_curves import views as compute
from core.figures.position_curves import views as figures
from core.models import needs
from pages.kit import models, prompt, reading
from pages.kit.frame import Opened
from pages.kit.view import Canvas, Data, Found, Rows, View

# --- sentences --------------------------------------------------------------------------------------------


def say_formula(page: Opened, found: Found) -> None:
    """What to do with a formula; the canvas says what it shows as it moves."""
    reading.line(page, f"notice.{page.link.get('view')}", found.badge)


def say_learned(page: Opened, found: Found) -> None:
    """How often neighbours are most alike."""
    _say(page, found, "learned" if compute.in_order(found.values[-1]) else "learned_mixed")


def say_scores(page: Opened, found: Found) -> None:
    """That scores keep when query and key move on together, and how much distance explains."""
    _say(page, found, "scores")


def say_shuffle(page: Opened, found: Found) -> None:
    """Whether the last of the models notices that the text was shuffled."""
    _say(page, found, f"shuffle_{figures.role(found.values[-1])}" if page.link.get("off") else "shuffle_told")


def _say(page: Opened, found: Found, id: str) -> None:
    """A sentence about the last model, in numbers of its result and with its badge."""
    numbers, badge = compute.notice(found.values[-1]), replace(found, outcomes=found.outcomes[-1:]).badge
    reading.line(page, f"notice.{id}", badge, model=_titles(found)[-1], **numbers)


def say_beyond(page: Opened, found: Found) -> None:
    """Which of the five goes on best beyond the trained length, and which worst."""
    result = found.values[-1]
    rows = compute.ends(result)
    (best, gain, low), (worst, loss, high) = rows[0], rows[-1]
    reading.line(
        page, "notice.beyond", found.badge, trained=result.trained, length=result.loss.shape[1],
        best=page.words(f"canvas.scheme_{best}"), gain=gain, low=low,
        worst=page.words(f"canvas.scheme_{worst}"), loss=loss, high=high,
    )  # fmt: skip


def _titles(found: Found) -> list[str]:
    return [models.title(asked.model) for asked in found.calls if asked.model]


# --- the figure -------------------------------------------------------------------------------------------


def options(page: Opened, found: Found) -> dict[str, Any]:
    """What the canvas takes besides the results; without one that it needs it says that there is none."""
    view = str(page.link.get("view"))
    failed = not found.calls and view not in FORMULAS
    return {"view": view, "language": page.link.language, "titles": _titles(found), "failed": failed}


CANVAS = Canvas(
    "position_curves", "pc_canvas", figures.payload, shows=tuple(one.name for one in find("position_curves").params),
    options=options, html=("export.html", "positions.html"),
)  # fmt: skip


def draw(page: Opened, found: Found) -> None:
    """The canvas."""
    CANVAS.mount(page, found)


def model(page: Opened) -> str:
    """The model that is looked at: of two that are compared the one asked for, where it is one of them."""
    found = calls.models(page.state())
    return page.link.model if page.link.model in found else found[-1]


def without(page: Opened) -> None:
    """The canvas where the view in the link cannot be had: all others can still be chosen in it."""
    draw(page, Found((), ()))


FILES = (
    Rows(lambda _, found: figures.table(found.values[-1]), "positions.csv"),
    Data(lambda found: found.values[-1], "positions.json"),
)
FORMULA = View(
    calls.formula, (CANVAS,), say_formula, FILES, draw=draw, room=True, tabs=calls.tables, model=lambda _: ""
)
READ = View(
    calls.read, (CANVAS,), say_scores, FILES, draw=draw, room=True, without=without, foot=prompt.strip,
    model=model, need=needs.TURNS,
)  # fmt: skip
VIEWS = dict.fromkeys(FORMULAS, FORMULA) | {
    "learned": replace(READ, say=say_learned, need=needs.LEARNED),
    "scores": READ,
    "shuffle": replace(READ, say=say_shuffle, need=needs.ONE_STACK, lacks="kind"),
    "beyond": replace(FORMULA, calls=calls.beyond, say=say_beyond, without=without, tabs=None),
}
