"""What the canvases of ``next_token`` are sent."""

from typing import TypedDict

from core.figures.payloads import Bytes, Captioned, Floats, Ints, State, Steps


class TokenDistributionState(State):
    """See ``distribution.STATE``."""

    temperature: float
    top_k: int
    top_p: float
    min_p: float
    typical: float
    repetition: float
    frequency: float
    presence: float
    order: list[str]
    view: str
    seed: int


class Chip(TypedDict):
    """A part of the text."""

    text: str
    parts: int
    special: bool
    by_hand: bool


class TokenDistribution(Captioned):
    """What may come next."""

    state: TokenDistributionState
    model: str
    chips: list[Chip]
    cut: bool
    forced: list[int]
    most_forced: int
    length: int
    labels: list[str]
    hints: dict[str, str]


class TokenDistributionArrays(TypedDict):
    """Of the vocabulary, the text, and those that are named."""

    logits: Floats
    steps: Steps
    history: Ints
    label_ids: Ints


class TokenLabels(TypedDict):
    """Whose vocabulary it is."""

    model: str


class TokenLabelsArrays(TypedDict):
    """Its labels, UTF-8, one per line."""

    text: Bytes


class SurpriseStripState(State):
    """Bits or nats."""

    unit: str


class SurpriseLane(TypedDict):
    """One model's reading."""

    reading: str
    model: str
    labels: list[str]
    special: list[bool]
    rivals: list[str]
    mean: float
    per_byte: str
    bits_per_byte: float


class SurpriseStrip(Captioned):
    """A text as models read it; arrays are numbered: ``nats0``, ``rank0``, ``shares0``."""

    state: SurpriseStripState
    lanes: list[SurpriseLane]


class Run(TypedDict):
    """How a generation stands."""

    state: str
    place: int
    seconds: int
    rate: float
    most: int


class Growing(Captioned):
    """What is still growing."""

    run: Run
    prompt: str


class Branch(TypedDict):
    """A text of the tree."""

    forks: list[str]
    nodes: list[int]
    ended: str
    text: str


class GenerationTreeState(State):
    """How the text is drawn that the link names."""

    temperature: float
    length: int
    seed: int
    forks: list[str]


class GenerationTree(Growing):
    """A session's texts as one tree."""

    state: GenerationTreeState
    names: dict[str, str]
    current: int
    labels: list[str]
    texts: list[Branch]


class GenerationTreeArrays(TypedDict):
    """Of its nodes."""

    parent: Ints
    token: Ints
    chance: Floats
    own: Floats
    entropy: Floats
    forced: Bytes
    options: Ints
    option_chance: Floats
    option_own: Floats


class Lane(TypedDict):
    """The text at one temperature."""

    temperature: float
    labels: list[str]
    text: str
    again: list[int]
    distinct: list[float]
    repetition: float
    ended: str


class LanesState(State):
    """How the texts are drawn."""

    length: int
    seed: int
    lanes: list[str]


class Lanes(Growing):
    """One text at several temperatures; arrays are numbered: ``chance0``, ``own0``."""

    state: LanesState
    lanes: list[Lane]


class BeamTreeState(State):
    """Its width and depth."""

    beams: int
    depth: int


class BeamTree(Growing):
    """A beam search."""

    state: BeamTreeState
    beams: int
    labels: list[str]
    ended: str


class BeamTreeArrays(TypedDict):
    """Of its nodes and results."""

    parent: Ints
    step: Ints
    log_chance: Floats
    score: Floats
    kept: Bytes
    closed: Bytes
    results: Ints
    result_scores: Floats
    greedy: Ints
