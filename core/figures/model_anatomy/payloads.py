"""What the canvases of ``model_anatomy`` are sent."""

from typing import Any, NotRequired, TypedDict

from core.figures.payloads import Captioned, State


class ModelFlowState(State):
    """The place that is shown."""

    stack: str
    layer: int
    head: int
    cross: bool
    box: str
    token: int
    cell: int


class OutsidePart(TypedDict):
    """A part outside of the blocks."""

    role: str
    stack: str
    parameters: int
    tied: bool
    shape: list[int]


class BlockPart(TypedDict):
    """A part of each block."""

    parameters: int
    shape: list[int]
    fused: NotRequired[bool]


class Blocks(TypedDict):
    """What the blocks of a stack hold."""

    parts: dict[str, BlockPart]
    blocks: list[int]


class FlowStack(Blocks):
    """A stack."""

    name: str
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    d_ff: int
    causal: bool
    cross: bool
    pre_norm: bool
    gated: bool
    final_norm: bool
    boxes: list[str]
    widths: list[int]


class FlowModel(TypedDict):
    """The model and the text."""

    kind: str
    d_model: int
    vocabulary: int
    norm: str
    activation: str
    positions: str
    predicts: bool
    tied: bool
    parameters: int
    shares: dict[str, int]
    outside: list[OutsidePart]
    labels: list[str]
    target: list[str] | None
    top_labels: list[list[str]]
    stacks: list[FlowStack]


class ModelFlow(Captioned, FlowModel):
    """The network; arrays are named by stack (``lengths_decoder``) or detail (``box_values``, ``head_q``)."""

    state: ModelFlowState
    title: str
    failed: bool
    details: list[dict[str, Any]]


class ModelMasksState(State):
    """Whether padding is shown."""

    padding: bool


class Mask(TypedDict):
    """A mask of a stack."""

    stack: str
    rule: str
    queries: list[str]
    keys: list[str]


class MaskedStack(TypedDict):
    """A stack."""

    name: str
    layers: int
    heads: int
    cross: bool


class MaskedModel(TypedDict):
    """A model's masks."""

    title: str
    kind: str
    masks: list[Mask]
    stacks: list[MaskedStack]


class ModelMasks(Captioned):
    """Masks of models; arrays are numbered by model and mask: ``mask_0_0``."""

    state: ModelMasksState
    models: list[MaskedModel]
    asked: int
