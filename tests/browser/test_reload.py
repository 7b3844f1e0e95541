"""A browser that reloads finds the work of its link again; one that is closed ends it within two seconds."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Browser

from pages.kit.text import table
from tests.bench import servers

pytestmark = pytest.mark.browser
WAIT = 90_000  # milliseconds, on a busy machine
LEAVES = 2.0  # seconds
LINK = "embedding_space?lang=en&es_table=chinese&es_count=5000&es_seed=31"


@pytest.mark.timeout(4 * WAIT / 1000)
def test_a_reload_finds_its_projection_and_a_closed_tab_ends_it(browser: Browser) -> None:
    words = table("en", "common")["jobs"]
    with servers.start(servers.APP, servers.COUNTED) as server:
        context = browser.new_context(locale="en-US")
        page = context.new_page()
        page.goto(f"{server.url}/{LINK}")
        page.get_by_role("button", name=words["start"]).click(timeout=WAIT)
        stop = page.get_by_role("button", name=words["stop"])
        stop.wait_for(timeout=WAIT)
        while not (before := server.workers()):
            page.wait_for_timeout(100)
        page.reload()
        stop.wait_for(timeout=WAIT)
        assert server.workers() == before
        context.close()
        closed = time.monotonic()
        while server.jobs("projection"):
            assert time.monotonic() - closed < LEAVES
            time.sleep(0.05)
        assert server.workers() == set()
        assert server.complaints() == ""
