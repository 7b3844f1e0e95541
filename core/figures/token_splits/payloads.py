"""What the canvases of ``token_splits`` are sent."""

from typing import Any, TypedDict

from core.figures.payloads import Captioned, Floats, Ints, Said, State


class TokenChipsState(State):
    """See ``cut.STATE``."""

    text: str
    show: str
    limit: int


class Choice(TypedDict):
    """A vocabulary on offer."""

    id: str
    title: str


class Offer(Choice):
    """… and all that is said of it."""

    algorithm: str
    size: int


class Pick(TypedDict):
    """The piece that is explained, and by which vocabulary."""

    by: str
    piece: str


class ChipLane(TypedDict):
    """One vocabulary's cut."""

    id: str
    title: str
    algorithm: str
    size: int
    labels: list[str]
    hex: list[str]
    rate: float


class TokenChips(Said):
    """One text under several vocabularies; arrays are numbered: ``ids0``, ``starts0`` …"""

    state: TokenChipsState
    text: str
    choices: list[Choice]
    pick: Pick
    most_lanes: int
    most_limit: int
    hub: bool
    failed: bool
    lanes: list[ChipLane]


class Merged(TypedDict):
    """A node of the forest of merges."""

    label: str
    left: int
    right: int
    rank: int


class Forest(TypedDict):
    """The forest of merges."""

    nodes: list[Merged]
    roots: list[int]
    chosen: int


class Trees(Forest):
    """… of a whole word, or of a part of it, with the labels of its roots."""

    labels: list[str]
    part: bool


class Edge(TypedDict):
    """A piece of the lattice."""

    start: int
    end: int
    id: int
    label: str
    score: float
    best: bool


class Tried(TypedDict):
    """A step of the greedy search."""

    tried: list[str]
    found: str


class Spelled(TypedDict):
    """A character and its UTF-8 bytes."""

    glyph: str
    code: str
    bytes: list[int]


class MergeTree(Said, Forest):
    """Why a word is cut as it is."""

    state: dict[str, Any]
    kind: str
    title: str
    piece: str
    tokens: list[str]
    edges: list[Edge]
    length: int
    score: str
    second: str
    steps: list[Tried]
    characters: list[Spelled]


class TokenRowsState(State):
    """What stands on a chip."""

    show: str


class RowLine(TypedDict):
    """A row of tokens."""

    name: str
    note: str
    labels: list[str]
    hex: list[str]


class RowBand(TypedDict):
    """Rows under one heading."""

    title: str
    note: str
    aligned: bool
    lines: list[RowLine]


class TokenRows(Captioned):
    """Bands of rows; arrays are numbered: ``ids0``, ``kinds0``."""

    state: TokenRowsState
    kinds: list[str]
    bands: list[RowBand]


class MergeScrubState(State):
    """See ``training.SCRUB_STATE``."""

    text: str
    step: int


class MergeScrub(Captioned):
    """A trained vocabulary."""

    state: MergeScrubState
    algorithm: str
    pieces: list[str]
    labels: list[str]
    samples: list[str]
    characters: int
    held_out: float
    most: int


class MergeScrubArrays(TypedDict):
    """Its steps."""

    order: Ints
    left: Ints
    right: Ints
    count: Ints
    length: Ints
    scores: Floats
