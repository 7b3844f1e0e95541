"""Which vocabularies a page offers, and which a link asks for."""

from __future__ import annotations

import os

from core.models.tokens.vocabularies import VOCABULARIES
from pages.kit.frame import Opened

KNOWN = frozenset(one.id for one in VOCABULARIES)


def offered(page: Opened) -> list[dict[str, object]]:
    """All vocabularies that need no network, their titles in the visitor's language."""
    names = page.words.get("names")
    return [
        {"id": one.id, "title": names.get(one.id, one.title), "algorithm": one.algorithm, "size": one.size}
        for one in VOCABULARIES
    ]


def chosen(page: Opened, name: str = "vocab") -> tuple[str, ...]:
    """The link's vocabularies: those that there are or that the hub may have; else the page's own."""
    asked = tuple(one for one in page.link.names(name) if one in KNOWN or one.startswith("hub:"))
    if asked:
        return asked
    default = page.declared.default(name, page.link.model)
    assert isinstance(default, tuple)
    return default


def title(page: Opened, id: str) -> str:
    """A vocabulary's name; of the hub's, its id."""
    return next((str(one["title"]) for one in offered(page) if one["id"] == id), id)


def hub_open() -> bool:
    """Whether the operator lets visitors name vocabularies of the hub."""
    return os.environ.get("GLASSBOX_MODELS_LOCKED", "0") == "0"
