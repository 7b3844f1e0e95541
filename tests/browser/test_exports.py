"""Every download of a figure, opened from the disk with no network: it draws, and no text in it runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from core import catalog
from core.figures.components import source
from tests.browser.exports import HANDOUT, alone, files, open_and_draw, pages

pytestmark = pytest.mark.browser
UNSAVED = {"token_labels", "merge_tree", "chart"}
"""Canvases without a download: names for one that is, a part of what is said of another, and a chart's buttons."""

UNSTARTED = "training_lab live"
"""What has no figure before it is started."""


@pytest.mark.timeout(600)
@pytest.mark.parametrize("half", [catalog.PAGES[::2], catalog.PAGES[1::2]], ids=["even", "odd"])
def test_every_figure_opens_without_a_network_and_draws(
    browser: Browser, tmp_path: Path, half: Sequence[catalog.Page]
) -> None:
    found = files(tmp_path, *(page.stem for page in half))
    wanted = {name for page in half for names in page.canvases.values() for name in names} - UNSAVED
    assert all(names for view, names in found.items() if not view.startswith(UNSTARTED)), found
    used = "".join({one.read_text("utf-8") for one in pages(found)})
    assert not [name for name in wanted if source(name)[0] not in used]
    single = [
        one for one in pages(found) if not one.name.endswith(HANDOUT)
    ]  # the same together: test_handout
    with alone(browser) as page:
        for one in single:
            open_and_draw(page, one)


@pytest.mark.timeout(600)
def test_no_text_of_a_visitor_runs_in_what_was_taken_home(browser: Browser, tmp_path: Path) -> None:
    """The first view of each page; ``make hostile`` tries all, with all injections."""
    with alone(browser) as page:
        for one in pages(files(tmp_path, "0", "first")):
            open_and_draw(page, one)
