"""Questions to print: one HTML file that needs no network, white, with its formulas as MathML."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

from core.bank.entries import Entry
from core.bank.rendering import mathml, rendered
from core.bank.writing import address

PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>
body{{margin:2rem auto;max-width:46rem;padding:0 1rem;font:16px/1.55 "Inter","Helvetica Neue","PingFang SC",
"Microsoft YaHei","Noto Sans SC","Noto Sans CJK SC",sans-serif;background:#fff;color:#22242a}}
:lang(zh){{line-height:1.75}}
h1{{font-size:1.5rem;margin:0}}h2{{margin:2rem 0 .5rem;font-size:1.2rem;border-bottom:1px solid #d9d6cf}}
h3{{margin:1.4rem 0 .3rem;font-size:1.05rem}}header p,.about,.sources{{color:#555;font-size:.85rem}}
.ask{{font-weight:600}}.short{{padding:.4rem .8rem;border-left:3px solid #0072b2;background:#f4f2ec}}
ul.wrong{{list-style:none;padding:0}}ul.wrong li{{margin:.4rem 0}}ul.wrong p{{margin:0}}
pre{{overflow-x:auto;padding:.6rem;background:#f4f2ec;font-size:.85rem;white-space:pre-wrap}}
code{{overflow-wrap:anywhere}}math[display="block"]{{margin:.6rem 0;overflow-x:auto;overflow-y:hidden}}
ol.sources{{padding-left:1.5rem;overflow-wrap:anywhere}}a{{color:#0b5394}}
@media print{{body{{margin:0;max-width:none;font-size:10.5pt}}a{{color:inherit;text-decoration:none}}
h2{{break-after:avoid}}h3,.ask{{break-after:avoid}}.short,pre,ul.wrong li{{break-inside:avoid}}@page{{margin:16mm}}}}
</style></head><body><header><h1>{title}</h1><p>{about}</p></header>
{body}
</body></html>
"""


def sheet(
    entries: Sequence[Entry],
    *,
    language: str,
    words: Mapping[str, str],
    chapters: Mapping[str, str],
    about: str,
) -> str:
    """The questions by chapter with all of their answers; ``words`` are the headings of their parts."""
    parts: list[str] = []
    for chapter, name in chapters.items():
        own = [one for one in entries if one.chapter == chapter]
        if own:
            parts += [f"<h2>{html.escape(name)}</h2>", *(_entry(one, words) for one in own)]
    return PAGE.format(
        language=html.escape(language), title=html.escape(words["title"]), about=html.escape(about),
        body="\n".join(parts),
    )  # fmt: skip


def stars(count: int) -> str:
    """Five stars, so many of them full.

    >>> stars(4)
    '★★★★☆'
    """
    return "★" * count + "☆" * (5 - count)


def _entry(one: Entry, words: Mapping[str, str]) -> str:
    wrong = "".join(f"<li>✗ {_line(pair.said, one)}<br>✓ {_line(pair.right, one)}</li>" for pair in one.wrong)
    sources = "".join(f"<li>{_source(line)}</li>" for line in one.sources)
    numbers = "".join(f"{html.escape(n.shown)} = {html.escape(n.calculation)}\n" for n in one.numbers)
    return (
        f'<article id="{one.id}"><h3>{html.escape(one.title)} <span class="about">{stars(one.stars)}</span></h3>'
        f'<p class="ask">{_line(one.ask, one)}</p><p class="short">{html.escape(one.short)}</p>'
        f"{rendered(one.long, mathml, one.sources)}"
        f'<p class="about">{html.escape(words["wrong"])}</p><ul class="wrong">{wrong}</ul>'
        f'<p class="about">{html.escape(words["numbers"])}</p><pre>{numbers}</pre>'
        f'<ol class="sources">{sources}</ol></article>'
    )


def _line(text: str, one: Entry) -> str:
    """A sentence without the paragraph around it."""
    return rendered(text, mathml, one.sources).removeprefix("<p>").removesuffix("</p>")


def _source(line: str) -> str:
    place, shown = address(line), html.escape(line)
    return f'<a href="{html.escape(place)}">{shown}</a>' if place else shown
