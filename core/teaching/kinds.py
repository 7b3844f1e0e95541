"""A lecture: an ordered list of states of pages, with what is asked before each and asked again after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from core.catalog import Language

Phase = Literal["ask", "show", "again", "settled"]
"""What a slide shows: a question, the state that answers it, a second question, its answer beside the state."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its choices, in the words of one language."""

    text: str
    options: tuple[str, ...]  # 2 … 4
    answer: int  # which of them is right
    why: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One state of one page, and what is said and asked there."""

    page: str  # stem
    query: Mapping[str, str] = field(
        default_factory=dict
    )  # as its link writes it: model, text, the page's parameters
    say: str = ""  # the one sentence above the figure
    note: str = ""  # for the presenter alone
    minutes: float = 2.0
    before: Asked | None = None  # predict
    after: Asked | None = None  # asked again, in other words


@dataclass(frozen=True, slots=True)
class Lecture:
    """What somebody presents."""

    id: str  # of a bundled one; "" for a visitor's own
    title: str
    language: Language
    steps: tuple[Step, ...]
    about: str = ""

    def slides(self) -> tuple[tuple[int, Phase], ...]:
        """Each slide's step and phase, in order."""
        found: list[tuple[int, Phase]] = []
        for at, step in enumerate(self.steps):
            found += [(at, "ask")] * (step.before is not None)
            found += [(at, "show")]
            found += [(at, "again"), (at, "settled")] if step.after else []
        return tuple(found)
