"""The served app under its policy in a real browser: every page and view draws, nothing is refused, nothing complains."""

from __future__ import annotations

import gzip
import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from core import catalog
from tests.bench.servers import APP, Server, start

pytestmark = pytest.mark.browser
WAIT = 45_000  # milliseconds
LISTEN = """
window.refused = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.refused.push([event.effectiveDirective, event.blockedURI, event.sourceFile, event.sample]));
"""
PROBES = re.compile(r"/\w+/_stcore/(health|host-config)$")
"""Where Streamlit's own script looks for its server first, below the page's address: 404 is the answer it expects."""


def views() -> list[str]:
    """Every page, and every other view of it."""
    found = ["", *(page.stem for page in catalog.PAGES)]
    for page in catalog.PAGES:
        for param in page.params:
            if param.name.endswith(("_view", "_part")):
                values = [value for value in param.choices if value != param.default]
                found += [f"{page.stem}?{param.name}={value}" for value in values]
    return found
