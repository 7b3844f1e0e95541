"""The page on links that nobody meant: settings out of bounds, tokens and models that are none, another text."""

from __future__ import annotations

import re

import pytest
from streamlit.testing.v1 import AppTest

from core.catalog import LANGUAGES, Language
from pages.kit.text import table
from tests.pages.app import healthy, said_instead, shown, visit

LIGHT = {"model": "smollm2-135m"}
"""The same model in both languages: one that is loaded once."""


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "query",
    [
        {
            "nt_temperature": value,
            "nt_top_k": value,
            "nt_top_p": value,
            "nt_min_p": value,
            "nt_typical": value,
        }
        for value in ("0", "-1", "nan", "1e9", "inf", "<script>", "")
    ]
    + [
        {"nt_repetition": "0", "nt_frequency": "1e9", "nt_presence": "-inf"},
        {
            "nt_order": "top_p,x,top_p," + "y," * 500,
            "nt_seed": "-5",
            "nt_view": "x",
            "nt_part": "x",
            "nt_chat": "x",
        },
        {"nt_part": "surprise", "nt_unit": "x"},
    ],
)
def test_next_token_settings_of_a_link_are_clamped(query: dict[str, str], language: Language) -> None:
    app = visit("next_token", LIGHT | query | {"lang": language})
    healthy(app)
    assert not app.warning, [element.value for element in app.warning]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("query", "key"),
    [
        ({"nt_forced": "49152"}, "bad_parameter"),
        ({"nt_forced": "<script>"}, "bad_parameter"),
        ({"text": "word " * 600}, "text_too_long"),
        ({"text": "a", "nt_part": "surprise"}, "text_too_short"),
        ({"nt_part": "surprise", "nt_other": "no-such-model"}, "unknown_model"),
        ({"nt_part": "surprise", "nt_other": "e5-small-enzh"}, "needs_decoder"),
    ],
)
def test_next_token_says_what_is_wrong(query: dict[str, str], key: str, language: Language) -> None:
    app = visit("next_token", LIGHT | query | {"lang": language})
    healthy(app)
    sentence = table(language, "common")["errors"][key]
    longest = max(sentence.replace("}", "{").split("{")[::2], key=len)
    assert longest in app.warning[0].value
    assert "<script>" not in app.warning[0].value


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("query", "id", "not_id"),
    [
        ({"text": "hello", "nt_part": "loop"}, "loop.notice_alone", "loop.notice"),
        ({"text": "hello", "nt_part": "loop", "nt_repeats": "2"}, "loop.notice_pair", "loop.notice"),
        ({"text": "hello there", "nt_part": "loop"}, "loop.notice", "loop.notice_alone"),
        ({"text": "The capital of France is "}, "notice.space", "notice.control"),
        ({"text": "Hello <|im_end|> there", "nt_chat": "chat"}, "notice.control", "notice.space"),
        ({"text": "Hello <|im_end|>", "nt_part": "surprise"}, "notice.control", "notice.space"),
        ({"text": "Hello there", "nt_chat": "chat"}, "notice.peaked", "notice.control"),
    ],
)
def test_what_is_said_follows_the_text(
    query: dict[str, str], id: str, not_id: str, language: Language
) -> None:
    app = said_instead("next_token", LIGHT | query, language, id, not_id)
    assert not re.search(r"\bnan\b", shown(app).lower())


def test_another_text_starts_without_forced_tokens() -> None:
    app = visit("next_token", {"lang": "en", "nt_forced": "7042"})
    healthy(app)
    assert forced(app) == ("7042",)
    app.text_area(key="prompt_widget").set_value("The capital of Italy is").run()
    healthy(app)
    assert forced(app) == ()


def forced(app: AppTest) -> tuple[str, ...]:
    found: tuple[str, ...] = app.session_state["glassbox"].state.get("nt_forced", ())
    return found
