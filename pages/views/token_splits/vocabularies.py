"""Which vocabularies the page offers, by their names in the visitor's language."""

from __future__ import annotations

from core.figures.token_splits.payloads import Offer
from core.models.tokens.vocabularies import VOCABULARIES
from pages.kit.frame import Opened


def offered(page: Opened) -> list[Offer]:
    """All vocabularies that need no network, their titles in the visitor's language."""
    names = page.words.get("names")
    return [
        {"id": one.id, "title": names.get(one.id, one.title), "algorithm": one.algorithm, "size": one.size}
        for one in VOCABULARIES
    ]


def title(page: Opened, id: str) -> str:
    """A vocabulary's name; of the hub's, its id."""
    return next((one["title"] for one in offered(page) if one["id"] == id), id)
