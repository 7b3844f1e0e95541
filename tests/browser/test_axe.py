"""Every page in both languages and themes before axe-core: no finding that it calls serious or critical."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from core import catalog
from tests.bench.servers import Server
from tests.browser.harness import visiting
from tests.browser.test_app import go, settled, wait_for_parameter

pytestmark = pytest.mark.browser
GRAVE = ("serious", "critical")
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def findings(page: Page, options: dict[str, Any]) -> list[str]:
    """What axe-core finds grave, each with its rule and where it is."""
    settled(page)
    page.wait_for_timeout(300)  # colours change in a transition
    found: dict[str, Any] = Axe().run(page, options={"resultTypes": ["violations"], **options}).response
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found["violations"]
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("path", ["", *(page.stem for page in catalog.PAGES)])
def test_nothing_grave_in_either_language_and_theme(browser: Browser, server: Server, path: str) -> None:
    with visiting(browser, 1280, 720, color_scheme="light") as page:
        go(page, server, path, lang="en")
        backgrounds = set()
        for language in ("en", "zh"):
            if language == "zh":
                page.locator("[data-testid=stSidebar]").get_by_text("中文", exact=True).click()
                wait_for_parameter(page, "lang", "zh")
            for theme in THEMES if language == "en" else reversed(THEMES):
                page.emulate_media(color_scheme=theme)
                again = (language, theme) in (
                    ("en", "dark"),
                    ("zh", "light"),
                )  # the same page in other colours
                options = {"runOnly": ["color-contrast"]} if again else {}
                assert findings(page, options) == [], (language, theme)
                backgrounds.add(
                    page.locator("[data-testid=stApp]").evaluate("e => getComputedStyle(e).backgroundColor")
                )
        assert len(backgrounds) == len(THEMES)
