"""``python -m tests.js.payloads``: the types of what canvases are sent, from Python's declarations to JavaScript's."""

from __future__ import annotations

import importlib
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from typeguard import CollectionCheckStrategy, check_type

from core import catalog
from core.figures import payloads
from core.figures.buffer import unpack
from core.figures.components import folder_of
from core.paths import COMPONENTS

PLAIN = {str: "string", int: "number", float: "number", bool: "boolean", type(None): "null", Any: "any"}
ARRAYS = {"float32": "Float32Array", "int16": "Int16Array", "int32": "Int32Array", "uint8": "Uint8Array"}
SHAPED = "type Shaped<A> = A & { shape: number[] };"


def module(page: str) -> ModuleType | None:
    """What declares the payloads of a page, or of the frame; None where a page has no canvas of its own."""
    if page == "frame":
        return payloads
    return importlib.import_module(f"core.figures.{page}.payloads") if (COMPONENTS / page).is_dir() else None


def script_type(hint: Any) -> str:
    """A type as TypeScript writes it. Raises TypeError for one that JSON and arrays have not."""
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if typing.is_typeddict(hint):
        return str(hint.__name__)
    if origin is np.ndarray:
        return f"Shaped<{ARRAYS[np.dtype(typing.get_args(parts[1])[0]).name]}>"
    if origin in (list, dict):
        return (
            f"Array<{script_type(parts[0])}>"
            if origin is list
            else f"Record<string, {script_type(parts[1])}>"
        )
    if origin in (types.UnionType, typing.NotRequired):
        return " | ".join(map(script_type, parts))
    if hint not in PLAIN:
        raise TypeError(f"{hint} has no counterpart")
    return PLAIN[hint]


def lines(source: ModuleType) -> Iterator[str]:
    """The types of one page."""
    yield f"// Made of {source.__name__} by `python -m tests.js.payloads`."
    declared = [one for one in vars(source).values() if typing.is_typeddict(one)]
    own = [one for one in declared if one.__module__ == source.__name__]
    each = {one: typing.get_type_hints(one, include_extras=True) for one in own}
    texts = {one: {name: script_type(hint) for name, hint in hints.items()} for one, hints in each.items()}
    if any("Shaped<" in text for fields in texts.values() for text in fields.values()):
        yield f"\n{SHAPED}"
    for one, fields in texts.items():
        yield f"\n/** {one.__doc__} */\nexport interface {one.__name__} {{"
        yield from (
            f"  {name}{'' if name in one.__required_keys__ else '?'}: {text};"
            for name, text in fields.items()
        )
        yield "}"


def files() -> dict[Path, str]:
    """What each page's types must be."""
    pages = ("frame", *(page.stem for page in catalog.PAGES))
    found = {COMPONENTS / page / "payloads.d.ts": module(page) for page in pages}
    return {path: "\n".join(lines(one)) + "\n" for path, one in found.items() if one}


def check(component: str, message: bytes) -> None:
    """That a message is of the shape that is declared for its canvas. Raises TypeCheckError or AssertionError."""
    source = module(folder_of(component).parent.name)
    name = component.title().replace("_", "")
    meta, arrays = unpack(message)
    check_type(meta, getattr(source, name), collection_check_strategy=CollectionCheckStrategy.ALL_ITEMS)
    held = getattr(source, f"{name}Arrays", None)
    if held is None:
        return
    hints = typing.get_type_hints(held)
    assert held.__required_keys__ <= set(arrays) <= set(hints), component
    for id, array in arrays.items():
        assert f"Shaped<{ARRAYS[array.dtype.name]}>" in script_type(hints[id]), f"{component}: {id}"


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text, "utf-8")
