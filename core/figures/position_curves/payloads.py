"""What the canvas of ``position_curves`` is sent: what belongs to a view comes with that view alone."""

from typing import TypedDict

from core.figures.payloads import Bytes, Captioned, Floats, Ints, State


class PositionCurvesState(State):
    """All parameters of the page."""

    view: str
    d: int
    base: float
    span: int
    pos: int
    shift: int
    pair: int
    layout: str
    hd: int
    theta: float
    m: int
    n: int
    order: str
    scaling: str
    factor: float
    trained: int
    heads: int
    slope: int
    reach: int
    buckets: int
    far: int
    both: bool
    rel: int
    row: int
    layer: int
    head: int
    query: int
    key: int
    move: int
    seed: int
    who: str
    off: bool
    level: int
    hidden: list[str]
    spot: int


class ShuffledModel(TypedDict):
    """A model whose text was shuffled."""

    role: str
    title: str
    labels: list[str]


class OfView(TypedDict, total=False):
    """What a view has beside the formulas."""

    model: str
    # learned
    count: int
    lowest: float
    d_model: int
    # scores
    n: int
    d: int
    layers: int
    heads: int
    layer: int
    head: int
    scale: float
    factor: float
    labels: list[str]
    bins: list[int]
    lively: list[int]
    # shuffle
    models: list[ShuffledModel]
    # beyond
    schemes: list[str]
    trained: int
    length: int


class PositionCurves(Captioned, OfView):
    """One view."""

    state: PositionCurvesState
    view: str
    failed: bool


class PositionCurvesArrays(TypedDict, total=False):
    """Of one view."""

    # learned
    similarity: Bytes
    components: Floats
    share: Floats
    nearest: Ints
    # scores
    q: Floats
    k: Floats
    turns: Floats
    attention: Floats
    by_distance: Floats
    # shuffle
    order_encoder: Ints
    told_encoder: Floats
    untold_encoder: Floats
    order_decoder: Ints
    told_decoder: Floats
    untold_decoder: Floats
    # beyond
    loss: Floats
    smooth: Floats
