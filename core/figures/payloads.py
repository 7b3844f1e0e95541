"""What the canvases are sent, declared once: their builders are held to it, and JavaScript's types are made from it.

Of the canvas ``gap_fill`` of a page, ``core/figures/<page>/payloads.py`` has the header as ``GapFill`` and, where
arrays come with it, these as ``GapFillArrays``; those of the frame stand here. Lists are lists: JSON has no tuples.
``python -m tests.js.payloads`` writes ``assets/components/<page>/payloads.d.ts``.
"""

from typing import NotRequired, TypedDict

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]
Steps = npt.NDArray[np.int16]
Bytes = npt.NDArray[np.uint8]


class Said(TypedDict):
    """What nearly every header has."""

    words: dict[str, str]
    language: str


class Captioned(Said):
    """… and what stands under the picture that a visitor saves."""

    caption: str


class State(TypedDict):
    """What a canvas shows; a new version makes it follow."""

    version: int


class Chart(Said):
    """Of the tools below a plotly chart."""

    key: str
    file: str
    poster: NotRequired[dict[str, dict[str, str]]]  # theme → width → its picture, SVG
    picks: NotRequired[bool]


class CopyLink(TypedDict):
    """Of the button that copies the link."""

    url: str
    words: dict[str, str]


class Question(TypedDict):
    """One experiment; what answers it is there once a visitor has guessed."""

    id: str
    text: str
    options: list[list[str]]  # [id, text] each
    guess: str
    answer: str
    said: str
    figure: str  # key of the canvas in which the answer is seen


class Questions(Said):
    """Of the experiments of a page."""

    wide: int  # cards side by side where there is room
    questions: list[Question]


class Entry(TypedDict):
    """A question of the bank, or a term of the glossary, as the list has it."""

    id: str
    group: str
    title: str
    ask: str  # of a term its sentence
    also: list[str]  # further wordings, abbreviations, the name in the other language
    beside: str  # the other language's words: searched, never shown
    short: str
    stars: int
    live: bool  # a page shows it


class EntryState(State):
    """What the list shows."""

    view: NotRequired[str]
    entry: str
    chapter: NotRequired[str]
    stars: NotRequired[int]
    live: NotRequired[bool]
    query: str


class EntryList(Said):
    """Of the list of questions or terms."""

    kind: str  # "bank" or "terms"
    follow: str  # key of the element in which the chosen one is read
    present: bool
    groups: list[list[str]]  # [id, name] each, in their order
    entries: list[Entry]
    state: EntryState


class Room(Said):
    """Of the room beside a lecture; without a code there is none."""

    resume: bool  # a tab that was loaded again may ask for the one it had
    code: str
    key: str
    path: str
    address: str  # where phones join, as it is read aloud
    qr: str
    local: bool  # phones cannot reach the address


class RoomSide(TypedDict):
    """The answers to one question."""

    again: bool
    text: str
    options: list[str]
    answer: int
    counts: list[int]


class RoomTally(TypedDict):
    """What the room itself tells the presenter as it changes."""

    phones: int
    votes: int
    asking: bool
    sides: list[RoomSide]


class Stage(Said):
    """Of the helper that listens for keys."""

    present: bool
    back: str
    keep: str
    page: str  # stem; "" on the home page
    lecture: str  # the one that is presented, as the link names it
    slide: int
    presenter: bool  # notes instead of the figure
    draft: str  # the visitor's own lecture, packed
    touched: bool  # in this session


class Seen(TypedDict):
    """Of the line that says which pages were opened in this browser."""

    words: dict[str, str]
    pages: list[str]


class ThemeSwitch(TypedDict):
    """Of the button between paper and stage."""

    words: dict[str, str]
    pages: list[str]
