"""What the page of masked words says of a text that has nothing but gaps, and of one that has words."""

from __future__ import annotations

import pytest

from core.catalog import LANGUAGES, Language
from tests.pages.app import said_instead


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("text", "id", "not_id"),
    [
        ("[MASK]", "notice.gap_blank", "notice.gap"),
        ("The captain [MASK] on the deck.", "notice.gap", "notice.gap_blank"),
        ("The captain [MASK] on the deck.", "notice.gap_behind", "notice.gap_blank"),
        ("[MASK] [MASK] [MASK] 🚀", "notice.gap_none", "notice.gap_blank"),
        ("The captain stood on the [MASK]", "notice.gap", "notice.gap_behind"),
    ],
)
def test_what_is_said_follows_the_text(text: str, id: str, not_id: str, language: Language) -> None:
    said_instead("masked_words", {"mw_view": "gap", "text": text}, language, id, not_id)
