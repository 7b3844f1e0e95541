"""Results on disk: one ``.npz`` per result, named by the call that made it.

A file holds the arrays and one JSON text for the rest; it is read without pickle, so that a file can do no
harm. Frozen dataclasses of numpy arrays, str, bytes, bool, int, float, None, tuples of these and nested
dataclasses can be saved.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from itertools import zip_longest
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import numpy as np
import numpy.typing as npt

R = TypeVar("R")
F = TypeVar("F", bound=Callable[..., object])
_META, _NAME = "meta", "result_name"


def save(result: object, path: Path) -> None:
    """Write a frozen dataclass to ``path`` (``.npz``); equal results give equal bytes.

    Errors: TypeError for a value of another type, before anything is written.
    """
    arrays: dict[str, npt.NDArray[Any]] = {}
    tree = json.dumps(_encode(result, arrays), ensure_ascii=False, separators=(",", ":"))
    meta = np.frombuffer(tree.encode("utf-8", "surrogatepass"), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **{_META: meta}, **arrays)


def load(path: Path, type: type[R]) -> R:
    """Read a result of the dataclass ``type``; its arrays are read-only.

    Errors: OSError without the file, ValueError when it is damaged or holds something else than fields of ``type``.
    """
    try:
        with path.open("rb") as content, np.load(content, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        tree = json.loads(arrays.pop(_META).tobytes().decode("utf-8", "surrogatepass"))
        result = _decode(tree, arrays, type)
    except OSError:
        raise
    except (
        Exception
    ) as error:  # whatever zip, zlib, numpy and json say of bytes that were not written by `save`
        raise ValueError(f"{path.name} is damaged: {error}") from error
    if not isinstance(result, type):
        raise ValueError(f"{path.name} holds no {type.__name__}")  # noqa: TRY004 - the file is wrong, not the call
    return result


def named(name: str) -> Callable[[F], F]:
    """Give a compute function the name that its kept results go by, for good: moving the function renames no file.

    >>> @named("page.square")
    ... def square(*, x: int) -> int:
    ...     return x * x
    >>> key(square, {"x": 3}) == key(square, {"x": 3})
    True
    """

    def mark(function: F) -> F:
        vars(function)[_NAME] = name
        return function

    return mark


def name_of(function: Callable[..., object]) -> str:
    """The name that ``named`` gave. Errors: TypeError for a function without one."""
    name = vars(inspect.unwrap(function)).get(_NAME)
    if not isinstance(name, str):
        raise TypeError(f"{function.__qualname__} has no name for its results: put @named on it")
    return name


def key(function: Callable[..., object], arguments: Mapping[str, object]) -> str:
    """Name of the result of one call: 16 hex digits of SHA-256 over the function's name and arguments.

    Arguments are plain (str, int, float, bool, None, tuples and dicts of these); their order does not matter.
    """
    written = json.dumps(arguments, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(f"{name_of(function)}\n{written}".encode()).hexdigest()[:16]


def bundled_path(function: Callable[..., object], arguments: Mapping[str, object], folder: Path) -> Path:
    """Where the bundled result of a call lies, whether it is there or not."""
    return folder / f"{key(function, arguments)}.npz"


def bundled(function: Callable[..., R], arguments: Mapping[str, object], folder: Path) -> R | None:
    """The result of the call as it was saved in ``folder``, or None when it was not.

    The type to read is the function's return annotation. Errors: ValueError for a file that an older version
    of that type has written.
    """
    path = bundled_path(function, arguments, folder)
    return load(path, _returned(function)) if path.is_file() else None


def _returned(function: Callable[..., R]) -> type[R]:
    plain: Any = inspect.unwrap(function)
    only = SimpleNamespace(__annotations__={"return": plain.__annotations__["return"]})
    result: type[R] = get_type_hints(only, plain.__globals__)["return"]
    return result


def _encode(value: object, arrays: dict[str, npt.NDArray[Any]]) -> object:
    """A JSON tree; what JSON does not know becomes {"kind": content}, an array the name it is kept under."""
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    if isinstance(value, tuple):
        return [_encode(item, arrays) for item in value]
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        name = f"a{len(arrays)}"
        arrays[name] = value
        return {"array": name}
    if is_dataclass(value) and not isinstance(value, type):
        return {
            "fields": {field.name: _encode(getattr(value, field.name), arrays) for field in fields(value)}
        }
    raise TypeError(f"a {type(value).__name__} cannot be saved")


def _decode(node: object, arrays: Mapping[str, npt.NDArray[Any]], hint: object) -> object:
    if isinstance(node, list):
        inner = next((get_args(arm) for arm in (hint, *get_args(hint)) if get_origin(arm) is tuple), ())
        items = inner[:1] * len(node) if inner[1:] == (...,) else inner
        return tuple(_decode(item, arrays, its) for item, its in zip_longest(node, items))
    if not isinstance(node, dict):
        return node
    if "bytes" in node:
        return base64.b64decode(node["bytes"])
    if "array" in node:
        array = arrays[node["array"]]
        array.flags.writeable = False
        return array
    return _build(node["fields"], arrays, hint)


def _build(content: Mapping[str, object], arrays: Mapping[str, npt.NDArray[Any]], hint: object) -> object:
    """The dataclass that the hint names, alone or beside None."""
    found = [kind for kind in (hint, *get_args(hint)) if isinstance(kind, type) and is_dataclass(kind)]
    if not found or (hints := _hints(found[0])).keys() != content.keys():
        raise ValueError(f"fields {sorted(content)} are not those of {hint}")
    return found[0](**{name: _decode(node, arrays, hints[name]) for name, node in content.items()})


@functools.cache
def _hints(kind: type[Any]) -> dict[str, object]:
    """The fields of a dataclass, each with its type: worked out once, results hold thousands of some."""
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}
