"""Every formula is drawn: by the KaTeX that Streamlit brings, without an error, and as MathML on a sheet."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
import streamlit

from core.bank.rendering import mathml
from core.catalog import LANGUAGES
from tests.core.question_bank.bank import BOTH, formulas, texts
from tests.node import in_node

SCRIPTS = Path(streamlit.__file__).parent / "static" / "static" / "js"
PROGRAM = """
import katex from %r;
const strict = (code) => (code === "unicodeTextInMathMode" ? "ignore" : "error");
const main = (given) => given.flatMap(([where, text, displayMode]) => {
  try {
    katex.renderToString(text, { displayMode, throwOnError: true, strict });
    return [];
  } catch (error) {
    return [`${where}: ${error.message}`];
  }
});
"""
ALL = [
    (f"{language} {one.id} {name}", text, block)
    for language in LANGUAGES
    for one in BOTH[language].values()
    for name, part in texts(one)
    for text, block in formulas(part)
]


def katex() -> str:
    """Where Streamlit's own KaTeX lies."""
    (found,) = [path for path in SCRIPTS.glob("katex.*.js") if "katex" in path.name]
    return found.as_uri()


def test_every_formula_is_drawn_without_an_error() -> None:
    assert in_node(PROGRAM % katex(), ALL) == []


def test_a_wrong_formula_is_found() -> None:
    wrong = [("a", r"\frac{1}{", False), ("b", r"\nosuch", False), ("c", "x^2", False)]
    assert [line[0] for line in in_node(PROGRAM % katex(), wrong)] == ["a", "b"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_formula_is_mathml_on_a_sheet(language: str) -> None:
    for where, text, block in ALL:
        if where.startswith(language):
            tree = ElementTree.fromstring(mathml(text, block))
            assert tree.tag.endswith("math"), where
            left = [node.text for node in tree.iter() if node.text and "\\" in node.text]
            assert not left, (where, text, left)
