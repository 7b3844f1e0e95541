"""What the canvas of ``embedding_space`` is sent."""

from typing import TypedDict

from core.figures.payloads import Bytes, Captioned, Floats, Ints, State


class EmbeddingMapState(State):
    """See ``tables.STATE``."""

    word: str
    view: str


class Told(TypedDict):
    """What a map says besides its points."""

    method: str
    dims: int
    explained: list[float]
    trustworthiness: float
    real: float
    labels: list[str]
    sentences: list[str]


class EmbeddingMap(Captioned, Told):
    """A map of words."""

    state: EmbeddingMapState
    title: str
    dimensions: int
    groups: list[str]
    tones: list[int]
    counts: list[int]
    most_chosen: int
    scale: int


class EmbeddingMapArrays(TypedDict):
    """Of its points."""

    positions: Floats
    groups: Bytes
    neighbours: Ints
    similarity: Ints
