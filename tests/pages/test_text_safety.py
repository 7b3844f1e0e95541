"""Sentences escape what a visitor wrote, and every sentence can be filled in."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pages.kit.text import plain, words


@given(st.text(max_size=60))
def test_plain_leaves_no_markup(text: str) -> None:
    shown = plain(text)
    assert "\n" not in shown
    for mark in "*_`[]<>$":
        for place, character in enumerate(shown):
            if character == mark:
                assert shown[place - 1] == "\\"


def test_a_visitors_text_in_a_sentence_is_escaped() -> None:
    sentence = words("en")("errors.unknown_model", model="<script>*x*</script>")
    assert "<script>" not in sentence
    assert "\\<script\\>" in sentence
