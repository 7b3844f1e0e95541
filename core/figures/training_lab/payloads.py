"""What the canvas of ``training_lab`` is sent."""

from typing import TypedDict

from core.figures.payloads import Bytes, Captioned, Floats, Ints, State


class FilmState(State):
    """What the film shows."""

    layer: int
    head: int
    moment: int


class Film(Captioned):
    """A training as a film; ``kinds`` are the groups that there are, ``tones`` their colours."""

    state: FilmState
    labels: list[str]
    pieces: list[str]
    kinds: list[str]
    tones: list[int]
    causal: bool
    measure: str  # what its score counts
    explained: list[float]


class FilmArrays(TypedDict):
    """All its moments: attention [frame, layer, head, query, key] (255 is 1), positions [frame, piece, 2]."""

    frames: Ints
    attention: Bytes
    positions: Floats
    kind: Bytes
    step: Ints
    loss: Floats
    held: Floats
    accuracy: Floats
