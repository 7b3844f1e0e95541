"""Links that a browser is opening: what tells a reload from a closed tab.

Both end a connection. But a reload has asked for the page's document by then, and its own connection, which comes a
second or more later, asks for the same link. So work for a link that is being opened goes on, and all other work ends.
The server notes the documents (``core.serving.gate``); where only the plain script runs, nobody does, and a reload that
takes longer than ``line.AWAY_S`` begins anew.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

LONGEST_S = 8.0
"""Seconds after which a link that was asked for is not opened any more: a program asked, or the visitor has gone."""
MOST = 1_000
"""So many are remembered."""
LANGUAGE = "lang"
"""The parameter that says in which words a page speaks: the same work is asked for in either."""

Link = int
"""Stands for a page and its parameters; says nothing of them."""


def link_of(page: str, query: Mapping[str, str]) -> Link:
    """What stands for a page's address below the app's ("" for home) and its parameters, but for the language."""
    return hash((page, frozenset(item for item in query.items() if item[0] != LANGUAGE)))


class Openings:
    """The links that are being opened, as often as they are."""

    def __init__(self, longest: float = LONGEST_S) -> None:
        self._longest, self._lock = longest, threading.Lock()
        self._asked: list[tuple[float, Link]] = []  # the oldest first

    def ask(self, link: Link) -> None:
        """A browser asks for the document of a link."""
        with self._lock:
            self._asked = [*self._recent(), (time.monotonic(), link)][-MOST:]

    def arrive(self, link: Link) -> None:
        """A session has begun with a link."""
        with self._lock:
            recent = self._recent()
            found = next((one for one in recent if one[1] == link), None)
            self._asked = [one for one in recent if one is not found]

    def under_way(self, link: Link) -> bool:
        """Whether somebody is opening a link."""
        with self._lock:
            return any(one == link for _, one in self._recent())

    def _recent(self) -> list[tuple[float, Link]]:
        first = time.monotonic() - self._longest
        return [one for one in self._asked if one[0] >= first]


OPENINGS = Openings()
"""The server's."""
