"""Make the pictures that stand in the place of the charts which pages open on: ``python -m tests.browser.posters``.

Plotly draws them, in the page itself, as "Save as SVG" gives them to a visitor. Those that no page opens on any more
are removed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page
from streamlit.testing.v1 import AppTest

from core import catalog
from core.catalog import Language
from core.figures import posters
from core.paths import ROOT
from tests.bench.servers import APP, start
from tests.browser.harness import chromium

SIZES = {"desk": (1280, 900), "phone": (390, 844)}
PATIENCE = 180_000  # milliseconds: the machine may have much else to do
DRAWN = ".stPlotlyChart .cartesianlayer .subplot"


def openings() -> Iterator[tuple[catalog.Page, Language, dict[str, str]]]:
    """The links on which a page opens with a chart: page, language, query."""
    for page in catalog.PAGES:
        for state in ({}, *page.openings):
            for language in catalog.LANGUAGES:
                query = {f"{page.short}_{name}": str(value) for name, value in state.items()}
                if page.canvases[page.shown(state, language)][0] == "chart":
                    yield page, language, query


def first_chart(page: catalog.Page, language: Language, query: dict[str, str]) -> dict[str, Any]:
    """The first chart that a link opens, as it is sent to the browser."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.switch_page(f"pages/{page.stem}.py")
    app.query_params.update({"lang": language, **query})
    app.run()
    spec: dict[str, Any] = json.loads(app.get("plotly_chart")[0].proto.spec)
    return spec


def _saved(page: Page) -> str:
    """The first chart of a page as SVG."""
    page.wait_for_selector(DRAWN, state="attached")
    page.wait_for_timeout(1000)  # fonts have come, plotly has made room for its names
    with page.expect_download() as download:
        page.locator(".gbc-svg").first.click()
    return Path(download.value.path()).read_text("utf-8")


def _drawn(browser: Browser, url: str) -> posters.Poster:
    poster: posters.Poster = {theme: {} for theme in posters.THEMES}
    themes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for theme in themes:
        for name, (width, height) in SIZES.items():
            context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme)
            page = context.new_page()
            page.set_default_timeout(PATIENCE)
            page.goto(url)
            poster[theme][name] = _saved(page)
            context.close()
    return poster


def main() -> None:
    """Make them all."""
    wanted = []
    with start(APP) as server, chromium() as browser:
        for page, language, query in openings():
            spec = first_chart(page, language, query)
            wanted.append(posters.path(spec))
            if not wanted[-1].is_file():
                url = f"{server.url}/{page.stem}?{urlencode({'lang': language, **query})}"
                posters.write(spec, _drawn(browser, url))
    for file in set(posters.FOLDER.glob("*")) - set(wanted):
        file.unlink()


if __name__ == "__main__":
    main()
