"""What the attention page says of a source of which the translator knows nothing, and of those that it knows."""

from __future__ import annotations

import pytest

from core.catalog import LANGUAGES, Language
from tests.pages.app import said_instead


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("query", "id", "not_id"),
    [
        ({"ah_part": "cross", "ah_source": "My cat is hungry"}, "notice.cross_unknown", "notice.cross"),
        ({"ah_part": "cross", "ah_source": "My cat is hungry"}, "notice.cross_dates", "notice.cross"),
        ({"ah_part": "cross", "ah_source": "March 5, 2024 hungry"}, "notice.cross_lost", "notice.cross_unknown"),
        ({"ah_part": "cross", "ah_source": "March 5, 2024"}, "notice.cross", "notice.cross_lost"),
        ({"ah_part": "pair", "model": "e5-small-enzh"}, "notice.pair", "notice.pair_none"),
    ],
)  # fmt: skip
def test_what_is_said_follows_the_text(
    query: dict[str, str], id: str, not_id: str, language: Language
) -> None:
    said_instead("attention_heads", query, language, id, not_id)
