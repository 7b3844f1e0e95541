"""Questions as cards for Anki: a text file that its import reads with no further settings (Anki manual, Text Files)."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence

from core.bank.entries import Entry
from core.bank.rendering import mathjax, rendered
from core.bank.sheet import stars

_CODE = re.compile("<pre>.*?</pre>", re.DOTALL)
HEAD = ("#separator:tab", "#html:true", "#guid column:1", "#tags column:4")


def cards(entries: Sequence[Entry], *, language: str, words: Mapping[str, str], deck: str) -> str:
    """A line a question: its id, which keeps a card its own when it is imported again, front, back, and tags."""
    return "\n".join((*HEAD, f"#deck:{deck}", *(_card(one, language, words) for one in entries))) + "\n"


def _card(one: Entry, language: str, words: Mapping[str, str]) -> str:
    wrong = "".join(f"<li>✗ {_html(pair.said, one)} ✓ {_html(pair.right, one)}</li>" for pair in one.wrong)
    back = (
        f"<p><b>{html.escape(one.short)}</b></p>{rendered(one.long, mathjax, one.sources)}"
        f"<p>{words['wrong']}</p><ul>{wrong}</ul>"
    )
    fields = (
        f"glassbox-{language}-{one.id}",
        f"{_html(one.ask, one)}<br><small>{stars(one.stars)}</small>",
        back,
    )
    return "\t".join((*map(_field, fields), f"glassbox {one.chapter} {one.stars}★"))


def _html(text: str, one: Entry) -> str:
    return rendered(text, mathjax, one.sources).removeprefix("<p>").removesuffix("</p>")


def _field(text: str) -> str:
    """A field as the file may hold it: quoted, on one line, on which the lines of code are kept."""
    flat = (
        _CODE.sub(lambda found: found[0].replace("\n", "<br>"), text).replace("\n", " ").replace("\t", "  ")
    )
    return '"' + flat.replace('"', '""') + '"'
