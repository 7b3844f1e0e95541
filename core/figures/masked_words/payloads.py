"""What the canvases of ``masked_words`` are sent."""

from typing import TypedDict

from core.figures.payloads import Captioned, Floats, Ints, State


class GapFillState(State):
    """Which words are hidden."""

    hide: list[str]
    several: bool


class WholeText(TypedDict):
    """Candidates for one gap, scored within the whole text."""

    place: int
    true: int
    candidates: list[str]
    share: list[float]
    left: list[float]


class Gap(TypedDict):
    """One of several gaps as a model fills it."""

    place: int
    read: str
    nats: float | None
    rank: int
    candidates: list[str]
    share: list[float]


class GapFill(Captioned):
    """Both models' guesses at every word."""

    state: GapFillState
    titles: list[str]
    text: list[str]
    between: list[str]
    telling: int
    blank: list[bool]
    top: int
    candidates: list[list[str]]
    whole: WholeText | None
    several: list[list[Gap]] | None


class GapFillArrays(TypedDict):
    """0: from both sides, 1: from the left."""

    nats0: Floats
    nats1: Floats
    rank0: Ints
    rank1: Ints
    count0: Ints
    count1: Ints
    share0: Floats
    share1: Floats


class MaskRuleState(State):
    """How often the dice fall, and how."""

    seed: int
    share: float
    rolls: int
    epochs: int
    copies: int


class MaskRule(Captioned):
    """A text as the rule sees it."""

    state: MaskRuleState
    labels: list[str]
    special: list[bool]
    mask: str
    others: list[str]
    size: int


class Total(TypedDict):
    """A text's score."""

    nats: float
    pieces: int
    words: int
    characters: int
    per_piece: float
    per_word: float
    bits_per_character: float


class PseudoStripState(State):
    """The word in hand."""

    word: int


class PseudoStrip(Captioned):
    """Each word's surprise on both sides."""

    state: PseudoStripState
    titles: list[str]
    text: list[str]
    spaced: list[bool]
    pieces: list[list[str]]
    totals: list[Total]


class PseudoStripArrays(TypedDict):
    """0: from both sides, 1: from the left."""

    nats0: Floats
    nats1: Floats
    word0: Ints
    word1: Ints
    together0: Floats
    together1: Floats
