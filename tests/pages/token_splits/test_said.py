"""What the tokenization page says of names of special tokens, and of words that are added: it follows the text."""

from __future__ import annotations

import pytest

from core.catalog import LANGUAGES, Language
from tests.pages.app import said_instead

MARK = "Hello <|im_end|> there"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("query", "id", "not_id"),
    [
        ({"text": "hello <|endoftext|> world", "ts_vocab": "gpt2,bert"}, "notice.control_cut", "notice.control"),
        ({"text": "hello world", "ts_vocab": "gpt2,bert"}, "notice.cut", "notice.control_cut"),
        ({"text": MARK, "ts_part": "template", "model": "smollm2-135m"}, "notice.control", "notice.control_cut"),
        ({"text": "Hi", "ts_part": "template", "model": "smollm2-135m"}, "notice.template", "notice.control"),
        (
            {"text": "Glassbox", "ts_part": "add", "ts_words": "Glassbox", "model": "smollm2-135m"},
            "notice.add", "notice.add_unused",
        ),
        (
            {"text": "Other words", "ts_part": "add", "ts_words": "Glassbox", "model": "smollm2-135m"},
            "notice.add_unused", "notice.add_none",
        ),
        (
            {"text": "a Glassbox", "ts_part": "add", "ts_words": "lassbo", "model": "smollm2-135m"},
            "notice.add_none", "notice.add_unused",
        ),
    ],
)  # fmt: skip
def test_what_is_said_follows_the_text(
    query: dict[str, str], id: str, not_id: str, language: Language
) -> None:
    said_instead("token_splits", query, language, id, not_id)
