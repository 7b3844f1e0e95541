"""A handout: states of pages with their figures, settings and links, as one HTML file that needs no network.

Canvases stand in frames of their own, as each makes them for a file; charts are drawn by one plotly for all. Both are
packed, so that a handout stays small enough to be mailed. Whatever is not the project's own is escaped.
"""

from __future__ import annotations

import base64
import gzip
import html
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from core.teaching.kinds import Asked

LARGEST = 5_000_000  # bytes of a file
BARE = "<style>body{margin:0!important;display:flow-root}figure{margin:0}figcaption{display:none}</style>"
"""What a figure's own file says around it, the handout says once."""

PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>
body{{margin:2rem auto;max-width:60rem;padding:0 1rem;font:16px/1.6 "Inter","Helvetica Neue","PingFang SC",
"Microsoft YaHei","Noto Sans SC",sans-serif;background:#fff;color:#22242a}}
h1,h2,h3{{line-height:1.3;overflow-wrap:anywhere}}h1{{margin:0;font-size:1.6rem}}
h2{{margin:0;font-size:1.25rem}}h3{{margin:0;font-size:1rem}}
header p{{margin:.2rem 0 1rem;color:#555;white-space:pre-line}}p{{overflow-wrap:anywhere}}
section+section{{margin-top:2.5rem;border-top:1px solid #d9d6cf;padding-top:1.5rem}}
figure{{margin:1.5rem 0;break-inside:avoid}}iframe{{width:100%;height:30rem;border:0;display:block}}
figcaption,.place,.link{{color:#555;font-size:.85rem;overflow-wrap:anywhere}}.place{{margin:.2rem 0 1rem}}
.missing{{border-left:3px solid #d9d6cf;padding-left:.8rem;color:#555}}
.ask,.note{{margin:1rem 0;border:1px solid #d9d6cf;border-radius:.4rem;padding:.8rem 1rem;break-inside:avoid}}
.note p{{margin:.3rem 0 0;white-space:pre-line}}ol{{margin:.4rem 0;padding-left:1.6rem}}
summary,button{{cursor:pointer;color:#1f5fa8}}details p{{margin:.3rem 0 0}}
button{{font:inherit;background:none;border:1px solid;border-radius:.4rem;padding:.2rem .8rem;margin-bottom:1rem}}
small{{color:#555;font-size:.85rem}}h2,h3,.place{{break-after:avoid}}
dl{{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem;margin:0}}
dt{{color:#555}}dd{{margin:0;overflow-wrap:anywhere;white-space:pre-line}}
@media(max-width:30rem){{dl{{display:block}}dd{{margin-bottom:.4rem}}}}
@media print{{body{{margin:0;max-width:none}}a{{color:inherit}}button{{display:none}}@page{{margin:15mm}}}}
</style></head><body><header><h1>{title}</h1>{lead}{answers}</header>
<main>{sections}</main>
{scripts}</body></html>
"""

UNPACK = """<script type="module">
const opened = (element) => {
  const packed = Uint8Array.from(atob(element.textContent), (c) => c.charCodeAt(0));
  return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
};
const fit = ({ target: frame }) => {
  const body = frame.contentDocument.body;
  const height = () => frame.style.setProperty("height", `${Math.ceil(body.getBoundingClientRect().height) + 4}px`);
  new frame.contentWindow.ResizeObserver(height).observe(body);
  height();
  frame.dataset.there = "";
};
for (const frame of document.querySelectorAll("iframe")) {
  const inside = await opened(frame.nextElementSibling);
  frame.addEventListener("load", fit);
  frame.srcdoc = inside;
}
const plotly = document.getElementById("plotly");
if (plotly) {
  const script = document.createElement("script");
  script.textContent = await opened(plotly);
  document.head.append(script);
}
for (const place of document.querySelectorAll(".chart")) {
  const { data, layout } = JSON.parse(place.nextElementSibling.textContent);
  await window.Plotly.newPlot(place, data, layout, { displaylogo: false, responsive: true });
}
</script>
"""

ANSWERS = """<script type="module">
document.querySelector("button").addEventListener("click", () => {
  const all = [...document.querySelectorAll("details")];
  const open = !all.every((one) => one.open);
  for (const one of all) one.open = open;
});
</script>
"""


def packed(text: str) -> str:
    """A text as the handout's own script opens it."""
    return base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()


@dataclass(frozen=True, slots=True)
class Frame:
    """A canvas: the whole of its own file."""

    html: str

    def drawn(self) -> str:
        """Its element, and what is put into it."""
        return f'<iframe title=""></iframe><script type="text/plain">{packed(self.html + BARE)}</script>'


@dataclass(frozen=True, slots=True)
class Plot:
    """A chart: what plotly draws, as JSON, and what is said of it to who cannot see it."""

    spec: str
    told: str

    def drawn(self) -> str:
        """Its element."""
        spec = self.spec.replace("<", "\\u003c")
        return (
            f'<div class="chart" role="img" aria-label="{html.escape(self.told)}"></div>'
            f'<script type="application/json">{spec}</script><figcaption>{html.escape(self.told)}</figcaption>'
        )


@dataclass(frozen=True, slots=True)
class Section:
    """One state: its figures, and what is said and asked there."""

    figures: Sequence[Frame | Plot]
    settings: Sequence[tuple[str, str]]  # name and value
    link: str
    title: str = ""  # its one sentence; "" where the handout has no other state
    place: str = ""  # its page, its minutes
    before: Asked | None = None
    after: Asked | None = None
    note: str = ""
    missing: str = ""  # why there is no figure


@dataclass(frozen=True, slots=True)
class About:
    """What stands around the states. ``words``: before, after, answer, answers, note, left_out."""

    language: str
    title: str
    lead: str
    words: Mapping[str, str]


def build(about: About, sections: Sequence[Section], plotly: str, *, largest: int = LARGEST) -> str:
    """The handout; ``plotly`` is the script that draws charts. Figures are left out, large ones first, until it fits.

    A link to elsewhere than a web page stays a text.
    """
    drawn = [[one.drawn() for one in section.figures] for section in sections]
    charted = any(isinstance(one, Plot) for section in sections for one in section.figures)
    library = packed(plotly) if charted else ""
    bare = _page(about, sections, [[""] * len(some) for some in drawn], library)
    left = _left_out(drawn, largest - len(bare.encode()))
    shown = [
        ["" if (at, place) in left else one for place, one in enumerate(some)]
        for at, some in enumerate(drawn)
    ]
    return _page(about, sections, shown, library)


def _left_out(drawn: Sequence[Sequence[str]], room: int) -> set[tuple[int, int]]:
    """Which figures, by state and place, find no room in so many bytes."""
    sizes = {
        (at, place): len(one.encode()) for at, some in enumerate(drawn) for place, one in enumerate(some)
    }
    left: set[tuple[int, int]] = set()
    for one in sorted(sizes, key=lambda one: -sizes[one]):
        if (
            sum(sizes.values()) - sum(sizes[gone] for gone in left) + len("<figure></figure>") * len(sizes)
            <= room
        ):
            break
        left.add(one)
    return left


def _page(about: About, sections: Sequence[Section], drawn: Sequence[Sequence[str]], library: str) -> str:
    escape, asks = html.escape, any(one.before or one.after for one in sections)
    parts = [_section(about.words, section, some) for section, some in zip(sections, drawn, strict=True)]
    scripts = UNPACK + (ANSWERS if asks else "")
    if library:
        scripts = f'<script type="text/plain" id="plotly">{library}</script>\n{scripts}'
    return PAGE.format(
        language=escape(about.language), title=escape(about.title),
        lead=f"<p>{escape(about.lead)}</p>" if about.lead else "",
        answers=f'<button type="button">{escape(about.words["answers"])}</button>' if asks else "",
        sections="\n".join(parts), scripts=scripts,
    )  # fmt: skip


def _section(words: Mapping[str, str], one: Section, drawn: Sequence[str]) -> str:
    return f"<section>{''.join(_parts(words, one, drawn))}</section>"


def _parts(words: Mapping[str, str], one: Section, drawn: Sequence[str]) -> Iterator[str]:
    escape = html.escape
    if one.title:
        yield f'<h2>{escape(one.title)}</h2><p class="place">{escape(one.place)}</p>'
    if one.before:
        yield _asked(words, "before", one.before)
    yield f"<dl>{''.join(f'<dt>{escape(name)}</dt><dd>{escape(value)}</dd>' for name, value in one.settings)}</dl>"
    for figure in drawn:
        yield (
            f"<figure>{figure}</figure>" if figure else f'<p class="missing">{escape(words["left_out"])}</p>'
        )
    if one.missing:
        yield f'<p class="missing">{escape(one.missing)}</p>'
    link = escape(one.link)
    web = one.link.startswith(("https://", "http://"))
    yield f'<p class="link">{f"""<a href="{link}">{link}</a>""" if web else link}</p>'
    if one.after:
        yield _asked(words, "after", one.after)
    if one.note:
        yield f'<aside class="note"><small>{escape(words["note"])}</small><p>{escape(one.note)}</p></aside>'


def _asked(words: Mapping[str, str], when: str, asked: Asked) -> str:
    """A question with its choices; the answer is folded."""
    escape = html.escape
    options = "".join(f"<li>{escape(one)}</li>" for one in asked.options)
    right = f"{chr(ord('A') + asked.answer)} · {asked.options[asked.answer]}"
    why = f"<p>{escape(asked.why)}</p>" if asked.why else ""
    return (
        f'<div class="ask"><small>{escape(words[when])}</small><h3>{escape(asked.text)}</h3>'
        f'<ol type="A">{options}</ol><details><summary>{escape(words["answer"])}</summary>'
        f"<p><b>{escape(right)}</b></p>{why}</details></div>"
    )
