"""The views of ``position_curves``: one canvas for all, which chooses among them itself, and the sentence under it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from core.catalog import find
from core.catalog.position_curves import FORMULAS
from core.compute.position_curves import calls
from core.compute.position_curves import views as compute
from core.figures.position_curves import views as figures
from pages.kit import models, prompt, reading
from pages.kit.cache import Badge
from pages.kit.frame import Opened
from pages.kit.view import Canvas, Data, Found, Rows, View

# --- sentences --------------------------------------------------------------------------------------------


def say_formula(page: Opened, found: Found) -> None:
    """What to do with a formula; the canvas says what it shows as it moves."""
    reading.line(page, f"notice.{page.link.get('view')}", found.badge)


def say_learned(page: Opened, found: Found) -> None:
    """How often neighbours are most alike."""
    result = found.values[-1]
    id = "notice.learned" if compute.in_order(result) else "notice.learned_mixed"
    reading.line(page, id, _badge(found), model=_titles(found)[-1], **compute.notice(result))


def say_scores(page: Opened, found: Found) -> None:
    """That scores keep when query and key move on together, and how much distance explains."""
    numbers = compute.notice(found.values[-1])
    residual = tiny(numbers.pop("residual"))
    reading.line(page, "notice.scores", _badge(found), model=_titles(found)[-1], residual=residual, **numbers)


def say_shuffle(page: Opened, found: Found) -> None:
    """Whether the last of the models notices that the text was shuffled."""
    result = found.values[-1]
    numbers = compute.notice(result)
    id = f"shuffle_{figures.role(result)}" if page.link.get("off") else "shuffle_told"
    most = tiny(numbers.pop("most"))
    reading.line(page, f"notice.{id}", _badge(found), model=_titles(found)[-1], most=most, **numbers)


def say_beyond(page: Opened, found: Found) -> None:
    """Which of the five goes on best beyond the trained length, and which worst."""
    result = found.values[-1]
    rows = compute.ends(result)
    (best, gain, low), (worst, loss, high) = rows[0], rows[-1]
    reading.line(
        page, "notice.beyond", found.badge, trained=result.trained, length=result.loss.shape[1],
        best=page.words(f"canvas.scheme_{best}"), gain=signed(gain), low=low,
        worst=page.words(f"canvas.scheme_{worst}"), loss=signed(loss), high=high,
    )  # fmt: skip


def tiny(value: float) -> str:
    r"""A very small number as it is read aloud.

    >>> tiny(1.4e-14), tiny(0.25)
    ('1\\xa0×\\xa010⁻¹⁴', '0.25')
    """
    if value == 0 or abs(value) >= 0.001:
        return f"{value:.2g}"
    lead, _, power = f"{value:.0e}".partition("e-")
    raised = str(int(power)).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{lead}\u00a0×\u00a010⁻{raised}"


def signed(value: float) -> str:
    """A change with its sign.

    >>> signed(-0.034), signed(1.2)
    ('−0.03', '+1.20')
    """
    return f"{value:+.2f}".replace("-", "−")


def _badge(found: Found) -> Badge:
    """The badge of the model that the sentence speaks of."""
    return replace(found, outcomes=found.outcomes[-1:]).badge


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
    """The canvas, below the place for which model stands in for one that tells the order in another way."""
    asked, used = page.link.model, [one.model for one in found.calls if one.model]
    reading.instead(page, "notice.instead", used[-1] if used and asked not in used else asked)
    CANVAS.mount(page, found)


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
    calls.read, (CANVAS,), say_scores, FILES, draw=draw, room=True, without=without, foot=prompt.strip
)
VIEWS = dict.fromkeys(FORMULAS, FORMULA) | {
    "learned": replace(READ, say=say_learned),
    "scores": READ,
    "shuffle": replace(READ, say=say_shuffle),
    "beyond": replace(FORMULA, calls=calls.beyond, say=say_beyond, without=without, tabs=None),
}
