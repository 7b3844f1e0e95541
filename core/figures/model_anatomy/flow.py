"""The network itself as messages for the canvases ``model_flow`` and ``model_masks``, and as tables."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from core.compute.model_anatomy.parts import shares
from core.figures.buffer import Array, pack
from core.figures.model_anatomy.payloads import (
    BlockPart,
    Blocks,
    FlowModel,
    FlowStack,
    Mask,
    MaskedModel,
    ModelFlow,
    ModelFlowState,
    ModelMasks,
    ModelMasksState,
    OutsidePart,
)

if TYPE_CHECKING:
    from core.compute.model_anatomy.flow import Box, Cell, Flow, HeadFlow, StackFlow
    from core.compute.model_anatomy.masks import Masks
    from core.compute.model_anatomy.parts import Anatomy, Part, Stack

PART_COLUMNS = ("stack", "block", "role", "tensors", "shapes", "parameters", "shares_memory_with")
LENGTH_COLUMNS = ("stack", "block", "box", "position", "token", "length")
MOST_CELLS = 90_000
"""Numbers of one box that are sent at most: 360 kB; of a longer text the tokens around the one in hand."""


def flow_payload(
    *results: Any,
    language: str,
    title: str,
    caption: str = "",
    failed: bool = False,
    place: Mapping[str, Any] | None = None,
) -> bytes:
    """Pack ``Flow, detail …, words, state`` for the canvas ``model_flow``; details are Box, HeadFlow or Cell.

    ``place`` is where the details lie: the state, unless the canvas has gone on from there. The canvas commits
    ``look``: the place it shows, when the visitor has gone there.
    """
    found, *details, words, state = results
    meta: ModelFlow = {
        "words": dict(words), "state": cast("ModelFlowState", dict(state)), "language": language, "caption": caption,
        "title": title, "failed": failed, **_model(found), "details": [],
    }  # fmt: skip
    arrays: dict[str, Array] = {"top": np.asarray(found.probabilities, np.float32)}
    for stack in found.stacks:
        arrays |= _stack_arrays(stack)
    makers: dict[str, Any] = {"Box": _box, "HeadFlow": _head, "Cell": _cell}
    for one in details:
        entry, more = makers[type(one).__name__](one, state if place is None else place)
        meta["details"].append(entry)
        arrays |= more
    return pack(meta, arrays)


def _model(found: Flow) -> FlowModel:
    """What is said of the model and the text besides the arrays."""
    one = found.anatomy
    return {
        "kind": one.kind, "d_model": one.d_model, "vocabulary": one.vocabulary, "norm": one.norm,
        "activation": one.activation, "positions": one.positions, "predicts": one.predicts, "tied": one.tied,
        "parameters": one.parameters, "shares": shares(one),
        "outside": [_outside(part) for part in one.parts if part.layer < 0],
        "labels": list(found.tokens.labels), "target": list(found.target.labels) if found.target else None,
        "top_labels": [list(row) for row in found.labels],
        "stacks": [_stack(one, stack, held) for stack, held in zip(one.stacks, found.stacks, strict=True)],
    }  # fmt: skip


def _stack(one: Anatomy, stack: Stack, held: StackFlow) -> FlowStack:
    about = {"boxes": list(held.boxes), "widths": list(held.widths), **_block(one, stack.name)}
    return cast("FlowStack", dataclasses.asdict(stack) | about)


def _outside(part: Part) -> OutsidePart:
    return {
        "role": part.role, "stack": part.stack, "parameters": part.parameters, "tied": bool(part.tied),
        "shape": _shape(part),
    }  # fmt: skip


def _shape(part: Part) -> list[int]:
    """The shape of a part's largest tensor."""
    return list(max(part.shapes, key=math.prod))


def _block(one: Anatomy, stack: str) -> Blocks:
    """Parameters and shapes of a block's parts, and of each whole block."""
    inside = [part for part in one.parts if part.stack == stack and part.layer >= 0]
    parts: dict[str, BlockPart] = {
        part.role: {"parameters": part.parameters, "shape": _shape(part)}
        for part in inside
        if part.layer == 0
    }
    if fused := parts.get("qkv"):  # query, key and value side by side: a third each
        parts |= {
            role: {**fused, "parameters": fused["parameters"] // 3, "fused": True} for role in ("q", "k", "v")
        }
    layers = 1 + max((part.layer for part in inside), default=-1)
    return {
        "parts": parts,
        "blocks": [sum(p.parameters for p in inside if p.layer == at) for at in range(layers)],
    }


def _stack_arrays(stack: StackFlow) -> dict[str, Array]:
    names = ("lengths", "final", "heads", "thumbs", "cross_heads", "cross_thumbs")
    return {f"{name}_{stack.name}": getattr(stack, name) for name in names}


def _box(one: Box, state: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Array]]:
    """Values [token, width] of the box in hand; of a long text those tokens that fit."""
    rows, width = one.values.shape
    most = max(1, MOST_CELLS // width)
    token = int(state.get("token", -1))
    first = min(max(0, (rows - 1 if token < 0 else token) - most // 2), max(0, rows - most))
    entry = {"level": "box", "box": one.box, "layer": state["layer"], "stack": state["stack"], "first": first}
    return entry, {"box_values": one.values[first : first + most]}


def _head(one: HeadFlow, state: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Array]]:
    del state
    entry = {
        "level": "head", "stack": one.stack, "layer": one.layer, "head": one.head, "cross": one.cross,
        "kv_head": one.kv_head, "scale": one.scale, "rotary": one.rotary, "bias": one.bias is not None,
    }  # fmt: skip
    arrays = {f"head_{name}": getattr(one, name) for name in ("q", "k", "v", "scores", "weights", "output")}
    return entry, arrays | (
        {} if one.bias is None else {"head_bias": np.ascontiguousarray(one.bias, np.float32)}
    )


def _cell(one: Cell, state: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Array]]:
    entry = {
        "level": "cell", "box": one.box, "value": one.value, "kind": one.kind, "names": list(one.names),
        "bias": one.bias, "layer": state["layer"], "stack": state["stack"], "token": state["token"],
        "cell": state["cell"],
    }  # fmt: skip
    return entry, {"cell_inputs": one.inputs, "cell_weights": one.weights}


def masks_payload(
    *results: Any, language: str, titles: Sequence[str], caption: str = "", asked: int = 0
) -> bytes:
    """Pack ``Masks …, words, state`` for the canvas ``model_masks``; ``asked`` is the model of the link's place."""
    *found, words, state = results
    arrays: dict[str, Array] = {}
    models: list[MaskedModel] = []
    for at, (one, title) in enumerate(zip(found, titles, strict=True)):
        models.append(_masked(one, title, at, arrays))
    meta: ModelMasks = {
        "words": dict(words), "state": cast("ModelMasksState", dict(state)), "language": language, "caption": caption,
        "models": models, "asked": asked,
    }  # fmt: skip
    return pack(meta, arrays)


def _masked(one: Masks, title: str, at: int, arrays: dict[str, Array]) -> MaskedModel:
    entries: list[Mask] = []
    for number, mask in enumerate(one.masks):
        arrays[f"mask_{at}_{number}"] = mask.allowed
        entries.append(
            {"stack": mask.stack, "rule": mask.rule, "queries": list(mask.queries), "keys": list(mask.keys)}
        )
    return {
        "title": title, "kind": one.kind, "masks": entries,
        "stacks": [{"name": s.name, "layers": s.layers, "heads": s.heads, "cross": s.cross} for s in one.stacks],
    }  # fmt: skip


def part_rows(found: Anatomy) -> Iterator[tuple[object, ...]]:
    """One row per part, with shapes and parameter counts."""
    for part in found.parts:
        shapes = "; ".join("×".join(map(str, shape)) for shape in part.shapes)
        layer = "" if part.layer < 0 else part.layer
        yield part.stack, layer, part.role, "; ".join(part.names), shapes, part.parameters, part.tied


def length_rows(found: Flow) -> Iterator[tuple[object, ...]]:
    """One row per block, box and token: the length of the vector."""
    for stack in found.stacks:
        decoder = stack.name == "decoder" and found.target is not None
        for layer, table in enumerate(stack.lengths):
            for name, row in zip(stack.boxes, table.tolist(), strict=True):
                other = name in ("cross_k", "cross_v")
                tokens = found.target if decoder and found.target and not other else found.tokens
                for at, label in enumerate(tokens.labels):
                    yield stack.name, layer, name, at, label, row[at]


def mask_rows(found: Masks) -> Iterator[tuple[object, ...]]:
    """One row per mask, query and key: 1 where the query may look at the key."""
    for mask in found.masks:
        for query, row in zip(mask.queries, mask.allowed.tolist(), strict=False):
            for key, value in zip(mask.keys, row, strict=False):
                yield mask.stack, mask.rule, query, key, value


MASK_COLUMNS = ("stack", "rule", "query", "key", "allowed")
