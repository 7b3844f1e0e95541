"""Every download of a figure, opened from the disk with no network: it draws, and no text in it runs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from core import catalog
from core.paths import ROOT
from tests.browser.harness import tripwire

pytestmark = pytest.mark.browser
UNSAVED = {"token_labels", "merge_tree"}
"""Canvases without a download: names for one that is, and a part of what is said of another."""
DRAWN = """() => {
  const figure = document.querySelector("figure");
  const inked = (canvas) => {
    if (!canvas.width || !canvas.height || !canvas.getBoundingClientRect().height) return false;
    const image = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height);
    const dots = new Uint32Array(image?.data.buffer ?? []);
    return dots.some((dot) => dot !== dots[0]);
  };
  const seen = (one) => one.getBoundingClientRect().height > 0;
  const [canvases, shapes] = ["canvas", "svg :is(path, rect, circle, line, text)"].map((kind) =>
    [...figure.querySelectorAll(kind)].filter(seen),
  );
  const written = [...figure.querySelectorAll("#figure *")].filter((one) => !one.children.length && seen(one));
  const waits = [...figure.querySelectorAll(".gb-skeleton, [aria-busy=true]")].some(seen);
  return !waits && (canvases.length ? canvases.some(inked) : shapes.length > 3 || written.length > 12);
}"""
FRAMED = "() => document.querySelectorAll('svg :is(path, rect, circle, line, text)').length > 3"


def files(folder: Path, *place: str) -> dict[str, list[Path]]:
    """The pages of each view."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.browser.exports", str(folder), *place],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert not done.returncode, done.stderr[-3000:]
    assert "window.__hit" not in done.stderr
    found = json.loads((folder / "files.json").read_text("utf-8"))
    return {
        view: [folder / name for name in names if name.endswith(".html")] for view, names in found.items()
    }


@contextmanager
def alone(browser: Browser, file: Path) -> Iterator[Page]:
    """A download in a browser without a network; fails on any script error, and where a text runs."""
    context = browser.new_context(viewport={"width": 1000, "height": 800}, offline=True)
    page, errors = context.new_page(), list[str]()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    with tripwire(page, "file://"):
        page.goto(file.as_uri())
        yield page
    context.close()
    assert not errors, (file.name, errors)


def draws(page: Page) -> None:
    """Wait until its figure is there, in a frame of its own where it has one."""
    if page.locator("iframe").count():
        page.frames[-1].wait_for_function(FRAMED, timeout=20_000)
    else:
        page.wait_for_function(DRAWN, timeout=20_000)


@pytest.mark.timeout(600)
def test_every_figure_opens_without_a_network_and_draws(browser: Browser, tmp_path: Path) -> None:
    found = files(tmp_path)
    wanted = {name for page in catalog.PAGES for names in page.canvases.values() for name in names} - UNSAVED
    assert all(found.values()), found
    used = "".join({one.read_text("utf-8") for pages in found.values() for one in pages})
    assert all(f"gb-{name.replace('_', '-')}" in used or name in used for name in wanted)
    for one in (file for pages in found.values() for file in pages):
        with alone(browser, one) as page:
            draws(page)


@pytest.mark.timeout(600)
def test_no_text_of_a_visitor_runs_in_what_was_taken_home(browser: Browser, tmp_path: Path) -> None:
    for one in (file for pages in files(tmp_path, "0").values() for file in pages):
        with alone(browser, one) as page:
            draws(page)
