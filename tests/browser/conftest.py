"""What browser tests share: a Chromium of this process, and for tests of the whole app a server and a new visitor."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.bench.servers import APP, COUNTED, Server, start
from tests.browser.harness import chromium, visiting


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="session")
def running() -> Iterator[Server]:
    """The app on a server of this process, which tells its numbers."""
    with start(APP, COUNTED) as one:
        yield one


@pytest.fixture(scope="module")
def server(running: Server) -> Iterator[Server]:
    """The app; fails if its log has a traceback after the tests of a file."""
    before = len(running.log.read_text("utf-8", "replace"))
    yield running
    assert "traceback" not in running.log.read_text("utf-8", "replace")[before:].lower()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a new visitor; fails on any script error."""
    with visiting(browser) as one:
        yield one
