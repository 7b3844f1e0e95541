"""What the canvases of ``attention_heads`` are sent."""

from typing import Any, NotRequired, TypedDict

from core.figures.payloads import Bytes, Captioned, Floats, Ints, State


class Side(TypedDict):
    """The tokens of a text."""

    labels: list[str]
    special: list[bool]


class AttentionFocusState(State):
    """Of one head: see ``focus.DEFAULTS``."""

    token: int
    key: int
    step: str
    weight: str
    rotary: bool
    ablate: list[str]
    layer: int
    head: int


class AttentionFocusSaid(Captioned, Side):
    """What there is without a head, too; then there are no labels, and no arrays."""

    group: str
    state: AttentionFocusState


class AttentionFocus(AttentionFocusSaid):
    """One head."""

    layer: int
    head: int
    kv_head: int
    shared: list[int]
    heads: int
    scale: float
    causal: bool
    rotary: bool
    d: int


class AttentionFocusArrays(TypedDict):
    """Of one head."""

    attention: Floats
    scores: Floats
    q: Floats
    k: Floats
    value_norm: Floats
    q_content: NotRequired[Floats]
    k_content: NotRequired[Floats]
    bias: NotRequired[Floats]


class AttentionOverviewState(State):
    """Of all heads: see ``overview.DEFAULTS``."""

    layer: int
    head: int
    sort: str
    colour: str
    on: str
    x: str
    y: str
    ablate: list[str]
    roles: dict[str, str]


class AttentionOverview(Captioned):
    """All heads."""

    group: str
    state: AttentionOverviewState
    layers: int
    heads: int
    size: int
    kv_heads: int
    pooled: int
    tokens: list[str]
    causal: bool
    calibration_length: NotRequired[int]


class AttentionOverviewArrays(TypedDict):
    """Of all heads."""

    attention: Bytes
    text: Floats
    calibration: NotRequired[Floats]


class BertvizState(State):
    """Which view, from which layer."""

    bv: str
    layer: int


class Bertviz(Captioned):
    """BertViz's scripts and their parameters."""

    state: BertvizState
    scripts: dict[str, str]
    parameters: dict[str, Any]


class BertvizArrays(TypedDict):
    """Attention in thousandths."""

    thousandths: Ints


class CrossAttentionState(State):
    """Layer and head, and the written token."""

    cl: int
    ch: int
    writing: int


class CrossAttention(Captioned):
    """A translation."""

    state: CrossAttentionState
    source: Side
    written: Side
    layers: int
    heads: int
    scale: int
    surest: list[int]


class CrossAttentionArrays(TypedDict):
    """Of a translation."""

    attention: Floats | Bytes
    probability: Floats


class HeadPairState(State):
    """The head, and by which metric all are sorted."""

    layer: int
    head: int
    by: str


class HeadPair(Captioned):
    """All heads on two texts."""

    state: HeadPairState
    sides: list[Side]
    layers: int
    heads: int


class HeadPairArrays(TypedDict):
    """Of all heads on two texts."""

    first: Bytes
    second: Bytes
    metrics_first: Floats
    metrics_second: Floats
