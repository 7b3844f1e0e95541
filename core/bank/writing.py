"""What becomes of an answer's Markdown: sources and terms as links; formulas, code and links stay as they are."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from urllib.parse import urlencode

from core.bank.entries import bank
from core.bank.terms import terms, written_in
from core.catalog import Language

KEPT = re.compile(r"```.*?```|\$\$.*?\$\$|\$[^$\n]*\$|`[^`\n]*`|\[[^\]\n]*\]\([^)\n]*\)", re.DOTALL)
"""Code, formulas and links."""
CITED = re.compile(r"\[(\d{1,2})\](?!\()")
_ARXIV = re.compile(r"arXiv:\s?(\d{4}\.\d{4,5}|[a-z-]+/\d{7})")
_DOI = re.compile(r"(?:doi:|DOI:?|doi\.org/)\s?(10\.\d{4,9}/[^\s,;]+)")
_URL = re.compile(r"https?://[^\s,;]+")


def prose(text: str, change: Callable[[str], str]) -> str:
    """A text of which all but code, formulas and links is changed.

    >>> prose("a `a` $a$ a", str.upper)
    'A `a` $a$ A'
    """
    made, at = [], 0
    for kept in KEPT.finditer(text):
        made += [change(text[at : kept.start()]), kept[0]]
        at = kept.end()
    return "".join((*made, change(text[at:])))


def address(source: str) -> str:
    """Where a source can be read: its paper at arXiv, its DOI or its page; "" where the line names none.

    >>> address("Vaswani et al. 2017, arXiv:1706.03762, §3.2.1")
    'https://arxiv.org/abs/1706.03762'
    """
    if found := _ARXIV.search(source):
        return f"https://arxiv.org/abs/{found[1]}"
    if found := _DOI.search(source):
        return f"https://doi.org/{found[1].rstrip('.)')}"
    found = _URL.search(source)
    return found[0].rstrip(".)") if found else ""


def title(text: str) -> str:
    """A text as the title of a Markdown link."""
    return '"' + text.replace("\\", "").replace('"', "”").replace("\n", " ") + '"'


def cited(text: str, sources: Sequence[str]) -> str:
    """Each [n] as a link to what its source names, with the source's line as its title."""

    def link(found: re.Match[str]) -> str:
        number = int(found[1])
        line = sources[number - 1] if 0 < number <= len(sources) else ""
        place = address(line)
        return f"[\\[{number}\\]]({place} {title(line)})" if place else f"\\[{number}\\]"

    return prose(text, lambda part: CITED.sub(link, part))


def linked(text: str, language: Language, page: str, question: str = "") -> str:
    """The first time that a term stands in a text, it is a link to the glossary, with its sentence as title.

    ``question``: whose text it is; a word that means something else there is none.
    """
    pattern, ids = written_in(text, language)
    known = terms(language)
    seen = {id for id in ids if question in known[id].apart}

    def link(found: re.Match[str]) -> str:
        id = ids[(found.lastindex or 1) - 1]
        if id in seen:
            return found[0]
        seen.add(id)
        asked = urlencode({"gl_entry": id, "lang": language})
        return f"[{found[0]}]({page}?{asked} {title(known[id].line)})"

    return prose(text, lambda part: pattern.sub(link, part))


@functools.lru_cache(maxsize=512)
def answer(id: str, language: Language, page: str) -> str:
    """The long answer of a question as it is drawn: terms lead to the page of the glossary, [n] to sources."""
    entry = bank(language)[id]
    return cited(linked(entry.long, language, page, id), entry.sources)
