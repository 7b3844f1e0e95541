"""The handout of a page, opened from the disk with no network: every figure is drawn, whole, and small to mail."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from core import catalog
from tests.browser.exports import alone, downloads, open_and_draw

pytestmark = pytest.mark.browser
LARGEST = 5_000_000
BAD = "<img src=x onerror=window.__hit=1> the the"
STATES = [
    ("token_splits", {"lang": "en", "text": BAD}, 1, 0, "Text"),
    ("token_splits", {"lang": "zh", "ts_part": "train"}, 1, 3, ""),
    ("embedding_space", {"lang": "zh", "es_view": "analogy"}, 0, 2, ""),
    ("attention_heads", {"lang": "en"}, 2, 0, "Text"),
]


@pytest.mark.parametrize(("stem", "query", "frames", "charts", "named"), STATES)
def test_a_page_s_handout_draws_all_of_it(
    browser: Browser, tmp_path: Path, stem: str, query: dict[str, str], frames: int, charts: int, named: str
) -> None:
    name = f"{stem}_handout.html"
    file = tmp_path / name
    file.write_text(downloads(catalog.find(stem), query)[name], "utf-8")
    assert file.stat().st_size <= LARGEST
    with alone(browser) as page:
        open_and_draw(page, file)
        assert (page.locator("iframe").count(), page.locator("figure > .chart").count()) == (frames, charts)
        assert (named in page.locator("dt").all_inner_texts()) is bool(named)
        for width in (1000, 390):
            page.set_viewport_size({"width": width, "height": 800})
            page.wait_for_function(FITS)
        assert page.pdf().startswith(b"%PDF")


FITS = """() => document.documentElement.scrollWidth <= innerWidth && [...document.querySelectorAll("iframe")].every(
  (one) => one.offsetHeight + 1 >= one.contentDocument.documentElement.scrollHeight)"""
"""Nothing is cut off: no frame is lower than what stands in it, and the page is no wider than the window."""
