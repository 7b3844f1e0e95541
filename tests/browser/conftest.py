"""What browser tests share: a Chromium of this process, and for tests of the whole app a server and a fresh page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.bench.servers import APP, Server, start
from tests.browser.harness import chromium


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """The app on a server of its own; fails if its log has a traceback at the end."""
    with start(APP) as running:
        yield running
        assert "traceback" not in running.log.read_text("utf-8", "replace").lower()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a new visitor; fails on any script error."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
    errors: list[str] = []
    opened = context.new_page()
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    context.close()
    assert not errors, errors
