"""A handout: the figures of a page with its question, settings and link, as one HTML file that needs no network.

Canvases stand in frames of their own, as each makes them for a file; charts are drawn by one plotly for all, which is
packed, so that a handout stays small enough to be mailed. Whatever is not the project's own is escaped.
"""

from __future__ import annotations

import base64
import gzip
import html
from collections.abc import Sequence
from dataclasses import dataclass

BARE = "<style>body{margin:0!important;display:flow-root}figure{margin:0}figcaption{display:none}</style>"
"""What a figure's own file says around it, the handout says once."""

PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>
body{{margin:2rem auto;max-width:60rem;padding:0 1rem;font:16px/1.6 "Inter","Helvetica Neue","PingFang SC",
"Microsoft YaHei","Noto Sans SC",sans-serif;background:#fff;color:#22242a}}
h1{{margin:0;font-size:1.6rem}}header p{{margin:.2rem 0 1rem;color:#555}}
figure{{margin:1.5rem 0;break-inside:avoid}}iframe{{width:100%;height:30rem;border:0;display:block}}
dl{{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem;margin:0}}
dt{{color:#555}}dd{{margin:0;overflow-wrap:anywhere}}
footer{{margin-top:1.5rem;border-top:1px solid #d9d6cf;padding-top:1rem;font-size:.75rem;overflow-wrap:anywhere}}
@media(max-width:30rem){{dl{{display:block}}dd{{margin-bottom:.4rem}}}}
@media print{{body{{margin:0;max-width:none}}a{{color:inherit}}@page{{margin:15mm}}}}
</style></head><body><header><h1>{title}</h1><p>{question}</p></header>
<dl>{settings}</dl>
<main>{figures}</main>
<footer>{link}</footer>
{scripts}</body></html>
"""

FIT = """<script type="module">
for (const frame of document.querySelectorAll("iframe")) {
  const fit = () => {
    const body = frame.contentDocument?.body;
    if (!body) return;
    const height = () => frame.style.setProperty("height", `${Math.ceil(body.getBoundingClientRect().height) + 4}px`);
    new (frame.contentWindow.ResizeObserver)(height).observe(body);
    height();
  };
  if (frame.contentDocument?.readyState === "complete" && frame.contentDocument.body?.children.length) fit();
  else frame.addEventListener("load", fit);
}
</script>
"""

DRAW = """<script type="text/plain" id="plotly">{packed}</script>
<script type="module">
const packed = Uint8Array.from(atob(document.getElementById("plotly").textContent), (c) => c.charCodeAt(0));
const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
const script = document.createElement("script");
script.textContent = await new Response(stream).text();
document.head.append(script);
for (const place of document.querySelectorAll(".chart")) {{
  const {{ data, layout }} = JSON.parse(place.nextElementSibling.textContent);
  await window.Plotly.newPlot(place, data, layout, {{ displaylogo: false, responsive: true }});
}}
</script>
"""


@dataclass(frozen=True, slots=True)
class Frame:
    """A canvas: the whole of its own file."""

    html: str

    def drawn(self) -> str:
        """Its element."""
        return f'<iframe title="" srcdoc="{html.escape(self.html + BARE)}"></iframe>'


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
class About:
    """What stands around the figures."""

    language: str
    title: str
    question: str
    settings: Sequence[tuple[str, str]]  # name and value
    link: str


def build(about: About, figures: Sequence[Frame | Plot], plotly: str) -> str:
    """The handout; ``plotly`` is the script that draws charts. A link to elsewhere than a web page stays a text."""
    escape, link = html.escape, html.escape(about.link)
    settings = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in about.settings)
    drawn = "".join(f"<figure>{one.drawn()}</figure>" for one in figures)
    scripts = FIT if any(isinstance(one, Frame) for one in figures) else ""
    if any(isinstance(one, Plot) for one in figures):
        scripts += DRAW.format(packed=base64.b64encode(gzip.compress(plotly.encode(), 9, mtime=0)).decode())
    return PAGE.format(
        language=escape(about.language), title=escape(about.title), question=escape(about.question),
        settings=settings, figures=drawn, scripts=scripts,
        link=f'<a href="{link}">{link}</a>' if about.link.startswith(("https://", "http://")) else link,
    )  # fmt: skip
