"""The network itself as messages for canvases, and as tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from core.figures.buffer import pack

if TYPE_CHECKING:
    from core.compute.model_anatomy import Anatomy

PART_COLUMNS = ("stack", "layer", "role", "tensors", "shapes", "parameters", "shares")


def flow_payload(
    found: Anatomy, words: Mapping[str, str], state: Mapping[str, Any], *, language: str, caption: str = ""
) -> bytes:
    """The parts, for the canvas ``model_flow``."""
    parts = [
        {"role": part.role, "stack": part.stack, "layer": part.layer, "parameters": part.parameters}
        for part in found.parts
    ]
    meta = {
        "words": dict(words), "state": dict(state), "language": language, "caption": caption, "parts": parts,
        "kind": found.kind, "total": found.parameters,
    }  # fmt: skip
    return pack(meta, {})


def part_rows(found: Anatomy) -> Iterator[tuple[object, ...]]:
    """One row per part."""
    for part in found.parts:
        shapes = "; ".join("×".join(map(str, shape)) for shape in part.shapes)
        layer = "" if part.layer < 0 else part.layer
        yield part.stack, layer, part.role, "; ".join(part.names), shapes, part.parameters, part.tied
