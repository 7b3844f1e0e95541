"""The visitor's own lecture: what this session has of it, and how it comes back from the browser that keeps it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from core import counters
from core.errors import GlassboxError
from core.teaching import lectures
from core.teaching.kinds import Lecture
from pages.kit.session import own

CODE = "own"
"""What a link calls it where it is too long for one: then it is presented from the browser that keeps it."""


@dataclass(slots=True)
class Draft:
    """What a visitor has made so far."""

    lecture: Lecture = field(default_factory=lambda: Lecture("", "", "en", ()))
    error: GlassboxError | None = None  # why the last change was not taken
    touched: bool = False  # in this session: what the browser has kept is older
    heard: bool = False  # the browser has said what it keeps
    preparing: bool = False
    unready: tuple[str, ...] | None = None  # the numbers of the steps that could not be prepared


def code() -> str:
    """The visitor's own lecture as the browser keeps it; "" where there is none."""
    lecture = own(Draft).lecture
    return lectures.pack(lecture) if lecture.steps else ""


def restore(kept: str) -> None:
    """Take over what the browser has kept (visitor input) of an earlier visit; "" where that is nothing."""
    mine = own(Draft)
    mine.heard = True
    if kept and not mine.touched:
        take(lambda: lectures.unpack(kept))
        mine.error = None


def take(make: Callable[[], Lecture]) -> None:
    """A new draft, or why it is none."""
    mine = own(Draft)
    try:
        mine.lecture, mine.error, mine.touched, mine.unready = replace(make(), id=""), None, True, None
    except GlassboxError as error:
        counters.told(error)
        mine.error = error
