"""An answer's Markdown as HTML that stands by itself; formulas as MathML, or as LaTeX for Anki's MathJax."""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from core.bank.writing import CITED, KEPT, address, prose

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

Formula = Callable[[str, bool], str]
"""LaTeX, and whether it stands on a line of its own → HTML."""
_HELD = re.compile("\ue000(\\d+)\ue001")


@functools.cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable("table")


@functools.lru_cache(maxsize=4096)
def mathml(formula: str, block: bool) -> str:
    """A formula as MathML, which browsers draw themselves."""
    from latex2mathml.converter import convert

    return convert(formula, display="block" if block else "inline")


def mathjax(formula: str, block: bool) -> str:
    r"""A formula between the signs by which Anki knows it.

    >>> mathjax("a < b", False)
    '\\(a &lt; b\\)'
    """
    opening, closing = (r"\[", r"\]") if block else (r"\(", r"\)")
    return f"{opening}{html.escape(formula, quote=False)}{closing}"


def rendered(text: str, formula: Formula, sources: Sequence[str] = ()) -> str:
    """Markdown as HTML; each [n] is a link to what its source names."""
    held: list[str] = []

    def hold(made: str) -> str:
        held.append(made)
        return f"\ue000{len(held) - 1}\ue001"

    def kept(found: re.Match[str]) -> str:
        part = found[0]
        if part.startswith("$$"):
            return hold(formula(part[2:-2].strip(), True))
        return hold(formula(part[1:-1].strip(), False)) if part.startswith("$") else part

    def cite(found: re.Match[str]) -> str:
        number = int(found[1])
        place = address(sources[number - 1]) if 0 < number <= len(sources) else ""
        shown = f"[{number}]"
        return hold(f'<a href="{html.escape(place)}">{shown}</a>' if place else shown)

    ready = prose(KEPT.sub(kept, text), lambda part: CITED.sub(cite, part))
    return _HELD.sub(lambda found: held[int(found[1])], _markdown().render(ready)).strip()
