"""JavaScript knows what Python sends: its types are those that Python declares, and every canvas has some.

That the pages send what is declared, ``tests/pages/app.py`` asks of each state that is opened (`healthy`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typeguard import TypeCheckError

from core.figures.buffer import pack
from core.paths import COMPONENTS
from tests.js import payloads

CANVASES = sorted(path.parent for path in COMPONENTS.glob("*/*/component.js"))
TOLD = {"words": {"a": "b"}, "language": "en", "caption": "", "state": {"bv": "head", "layer": 0, "version": 0},
        "scripts": {}, "parameters": {"heads": [0]}}  # fmt: skip
CELLS = {"thousandths": np.zeros((1, 2), np.int32)}


@pytest.mark.parametrize("path", payloads.files(), ids=lambda path: path.parent.name)
def test_the_types_are_those_of_the_declarations(path: Path) -> None:
    assert path.read_text("utf-8") == payloads.files()[path]


@pytest.mark.parametrize("folder", CANVASES, ids=lambda folder: folder.name)
def test_a_canvas_has_a_declaration_and_names_it(folder: Path) -> None:
    name = folder.name.title().replace("_", "")
    assert hasattr(payloads.module(folder.parent.name), name)
    assert f'import("../payloads").{name}' in (folder / "component.js").read_text("utf-8")


def test_what_is_declared_passes() -> None:
    payloads.check("bertviz", pack(TOLD, CELLS))


@pytest.mark.parametrize("change", [
    {"more": 1}, {"words": {"a": 1}}, {"state": {"bv": "head", "layer": 0}}, {"parameters": []}, {"caption": None},
])  # fmt: skip
def test_another_header_does_not(change: dict[str, Any]) -> None:
    with pytest.raises(TypeCheckError):
        payloads.check("bertviz", pack(TOLD | change, CELLS))


@pytest.mark.parametrize("arrays", [
    {}, {"thousandths": np.zeros(2, np.float32)}, {**CELLS, "more": np.zeros(2, np.int32)},
])  # fmt: skip
def test_nor_do_other_arrays(arrays: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        payloads.check("bertviz", pack(TOLD, arrays))


def test_a_type_that_json_has_not_is_refused() -> None:
    for hint in (tuple[int, int], set[str], bytes):
        with pytest.raises(TypeError):
            payloads.script_type(hint)
    assert payloads.script_type(list[dict[str, int | None]]) == "Array<Record<string, number | null>>"
