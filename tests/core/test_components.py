"""The scripts of components put in line behave as node's own modules do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.figures import components
from core.paths import COMPONENTS
from tests.node import in_node

ENTRIES = sorted(COMPONENTS.glob("*/*/component.js"))

FILES = {
    "shared/base.css": "p {}",
    "shared/count.js": """
const step = 2;
export let calls = 0;
export function count(n) { return n * step; }
export const half = (n) => n / step, unseen = 1;
""",
    "shared/words.js": """
import { count } from "./count.js";
const step = "s";
export { count };
export class Word { say(n) { return step + count(n); } }
export async function later() { return step; }
""",
    "page/one/own.js": """
import {
  Word,
  count as twice,
} from "../../shared/words.js";
import { default as triple, zero } from "../../shared/others.js";
export function* own(n) { yield new Word().say(n); yield twice(n); yield triple(n) + zero; }
""",
    "shared/others.js": """
const step = 3;
export default function(n) {
  return n * step;
}
export const zero = 0;
""",
    "page/one/component.html": "<p></p>",
    "page/one/own.css": "i {}",
    "page/one/component.js": """
import { own as all } from "./own.js";
import { half, count as double } from "../../shared/count.js";
const step = [..."ab"];
function own(n) { return [...all(n), half(n), double(n), ...step]; }
export default own;
""",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    (tmp_path / "package.json").write_text('{"type": "module"}', "utf-8")
    monkeypatch.setattr(components, "COMPONENTS", tmp_path)
    components.source.cache_clear()
    return tmp_path


def run(module: Path) -> Any:
    return in_node(f'import own from "{module.as_uri()}"; const main = (n) => own(n);', 3)


def test_in_line_as_in_modules_of_their_own(folder: Path) -> None:
    html, css, script = components.source("one")
    assert (html, css) == ("<p></p>", "p {}i {}")
    (folder / "inline.js").write_text(script, "utf-8")
    found = run(folder / "page" / "one" / "component.js")
    assert found == ["s6", 6, 9, 1.5, 6, "a", "b"]
    assert run(folder / "inline.js") == found


def test_modules_that_import_each_other_are_refused(folder: Path) -> None:
    ring = 'import { count } from "./words.js";\nexport const other = 1;\n'
    (folder / "shared" / "count.js").write_text(ring, "utf-8")
    with pytest.raises(ValueError, match="imports itself"):
        components.source("one")


def test_what_a_module_imports_is_exported() -> None:
    """Node links all modules: a name that is not there is an error."""
    program = """const main = async (all) => {
  globalThis.window = globalThis.document = { addEventListener() {}, documentElement: { dataset: {}, classList: {} } };
  for (const one of all) await import(one);
  return all.length;
};"""
    assert in_node(program, [path.as_uri() for path in ENTRIES]) == len(ENTRIES)
