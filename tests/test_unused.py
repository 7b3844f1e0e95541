"""Nothing lies about unused: words, names of the style, classes of the style sheets."""

from __future__ import annotations

import ast
import functools
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.paths import COMPONENTS, ROOT, TEXT
from tests.test_text import FILES, leaves

WHOLE = ("get", "items")  # ways to read all of a table in Python
ANY = "[^.]+"


@functools.cache
def sources() -> dict[Path, ast.Module]:
    """Our own Python."""
    files = [ROOT / "app.py", *(ROOT / "core").rglob("*.py"), *(ROOT / "pages").rglob("*.py")]
    return {path: ast.parse(path.read_text("utf-8")) for path in files}


@functools.cache
def constants() -> frozenset[str]:
    """All texts in it."""
    return frozenset(
        node.value
        for tree in sources().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


@functools.cache
def patterns() -> re.Pattern[str]:
    """What its f-strings with a dot or an underscore can become."""
    made = set()
    for tree in sources().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                parts = [
                    re.escape(str(part.value)) if isinstance(part, ast.Constant) else ANY
                    for part in node.values
                ]
                if re.search(r"[a-z]", "".join(parts).replace(ANY, "")):
                    made.add("".join(parts))
    return re.compile("|".join(sorted(made)))


@functools.cache
def whole_tables() -> frozenset[str]:
    """Tables of words that Python reads whole."""
    return frozenset(
        arg.value
        for tree in sources().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WHOLE
        for arg in (one for first in node.args[:1] for one in ast.walk(first))
        if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
    )


@functools.cache
def script(stem: str) -> str:
    """The JavaScript and HTML of a page's canvases, and what all share."""
    folders = [COMPONENTS / "shared", COMPONENTS / stem, COMPONENTS / "frame"]
    files = [path for folder in folders for kind in ("*.js", "*.html") for path in folder.rglob(kind)]
    return "\n".join(path.read_text("utf-8") for path in files)


@functools.cache
def named_in(stem: str) -> tuple[frozenset[str], re.Pattern[str]]:
    """The names that stand in a page's script, and what the names that it puts together can become."""
    text = script(stem) if stem else "\n".join(script(one.name) for one in pages())
    made = {
        f"{head}.+{tail}{'.+' if more else ''}"
        for head, tail, more in re.findall(r"`([a-z_]*)\$\{[^}]*\}([a-z_]*)(\$\{[^}]*\})?`", text)
        if head or tail
    }
    return frozenset(re.findall(r"[\w$]+", text)), re.compile("|".join(sorted(made)) or "(?!)")


def unused(file: str, ids: Iterator[str] | list[str]) -> list[str]:
    """Words that neither Python nor the page's canvases ask for."""
    stem = file.removesuffix(".toml")
    names, made = named_in("" if stem in ("common", "home") else stem)
    found = []
    for id in ids:
        plain = re.sub(r"\[\d+\]$", "", id)
        table, _, leaf = plain.rpartition(".")
        asked = plain in constants() or patterns().fullmatch(plain) or table in whole_tables()
        drawn = leaf in names | constants() or made.fullmatch(leaf) or patterns().fullmatch(leaf)
        if not (asked or (drawn and (table in constants() or patterns().fullmatch(table)))):
            found.append(id)
    return found


def pages() -> list[Path]:
    """Folders of canvases by page."""
    return [path for path in COMPONENTS.iterdir() if path.name not in ("shared", "frame")]


@pytest.mark.parametrize("file", FILES)
def test_every_word_is_asked_for(file: str) -> None:
    words = tomllib.loads((TEXT / "en" / file).read_text("utf-8"))
    words.pop("concepts", None)  # tests/core/test_catalog.py: exactly those of the page's concepts
    words.pop("terms", None)  # core/bank/terms.py: exactly those of assets/glossary.toml
    assert not unused(file, [id for id, _ in leaves(words)])


def test_an_unused_word_is_found() -> None:
    assert unused("masked_words.toml", ["page.title", "page.titel", "canvas.save", "canvas.never_drawn"]) == [
        "page.titel",
        "canvas.never_drawn",
    ]


def test_every_name_of_the_style_is_used() -> None:
    path = ROOT / "core" / "figures" / "style.py"
    own = {
        name
        for node in sources()[path].body
        for name in (
            [node.name] if isinstance(node, ast.FunctionDef | ast.ClassDef)
            else [one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)]
        )
    }  # fmt: skip
    used = {
        node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else node.name
        for tree in sources().values()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load))
        or isinstance(node, ast.Attribute | ast.alias)
    }
    assert not own - used


@pytest.mark.parametrize(
    "folder", sorted(COMPONENTS.glob("*/*/component.css")), ids=lambda path: path.parent.name
)
def test_every_class_of_a_style_sheet_is_drawn(folder: Path) -> None:
    css = re.sub(r"/\*.*?\*/", "", folder.read_text("utf-8"), flags=re.S)
    selectors = re.sub(r"\{[^{}]*\}", "{}", css)
    own = set(re.findall(r"\.([a-z][\w-]*)", selectors))
    text = script(folder.parents[1].name)
    assert not {name for name in own if not _drawn(text, name)}


def _drawn(text: str, name: str) -> bool:
    if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text):
        return True
    heads, tails = re.findall(r"([a-z][\w-]*-)\$\{", text), re.findall(r"\}(-[\w-]+)", text)
    return any(name.startswith(head) for head in heads) or any(name.endswith(tail) for tail in tails)
