"""Pictures of the charts that pages open on: each stands in its chart's place until plotly is there and has drawn it.

A picture is found by what its chart shows, so it can never be that of another one; a chart without one is drawn all
the same, a second later. ``python -m tests.browser.posters`` makes them anew, with plotly, in the page itself.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import json
import zlib
from pathlib import Path

from core.figures.charts import Spec
from core.paths import ASSETS

FOLDER = ASSETS / "posters"
THEMES = ("light", "dark")
WIDTHS = ("desk", "phone")
Poster = dict[str, dict[str, str]]
"""Theme → width → SVG."""


def path(spec: Spec) -> Path:
    """Where the picture of a chart lies, if there is one; ``spec`` as it is sent to the browser, template or no."""
    layout = {name: value for name, value in spec["layout"].items() if name != "template"}
    text = json.dumps([spec["data"], layout], sort_keys=True, separators=(",", ":"))
    return FOLDER / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.json.gz"


def of(spec: Spec) -> Poster | None:
    """The pictures of a chart; None where there are none."""
    return _read(path(spec))


@functools.lru_cache(maxsize=64)
def _read(file: Path) -> Poster | None:
    if not file.is_file():
        return None
    try:
        found: Poster = json.loads(gzip.decompress(file.read_bytes()))
    except (OSError, EOFError, ValueError, zlib.error):  # damaged: as good as none
        return None
    return found


def write(spec: Spec, poster: Poster) -> None:
    """Keep the pictures of a chart."""
    FOLDER.mkdir(exist_ok=True)
    path(spec).write_bytes(gzip.compress(json.dumps(poster).encode(), mtime=0))
