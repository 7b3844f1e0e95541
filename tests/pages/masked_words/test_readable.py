"""What a model cannot read is refused in words; nothing that the page itself offers is unreadable."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from core import catalog, examples
from core.calls import complete, plan, walk
from core.catalog import LANGUAGES, Language, State
from core.catalog.masked_words import CAUSAL, MASKED, NEWS_ZH, RULE_ZH, SHIP, VIEWS
from core.compute.masked_words.gaps import Causal, Masked
from core.compute.masked_words.rule import Sheet
from pages.kit.text import table
from tests.pages.app import components, healthy, visit

PAGE = catalog.find("masked_words")
HEX = re.compile(r"\|?(?:[0-9A-F]{2}(?: [0-9A-F]{2})*)\|?")
"""A label of bytes that are no whole character."""


def offered(language: Language) -> Iterator[State]:
    """Every state in a language that a button leads to: defaults, views, experiments, and examples in each view."""
    for state in examples.states(PAGE):
        if state["lang"] == language:
            yield state
    for concept in PAGE.concepts:
        yield {"lang": language, **concept.state[language]}


def labels(result: Any) -> tuple[str, ...]:
    """The tokens of a text as a figure shows them."""
    if isinstance(result, Sheet):
        return result.tokens.labels
    return result.pieces.labels if isinstance(result, Masked | Causal) else ()


def test_no_figure_that_is_offered_in_chinese_shows_unknown_tokens_or_bytes() -> None:
    seen: set[str] = set()
    for state in offered("zh"):
        for asked, result in walk(plan(PAGE.stem, complete(PAGE, state)), examples.at_hand):
            found = labels(result)
            unreadable = [label for label in found if "UNK" in label or HEX.fullmatch(label)]
            assert not unreadable, (asked, unreadable)
            seen |= {asked.function.__name__} if found else set()
    assert seen == {"sheet", "masked", "causal"}


@pytest.mark.parametrize("view", ["gap", "pseudo"])
def test_examples_in_a_view_are_those_that_its_model_reads(view: str) -> None:
    app = visit(PAGE.stem, {"lang": "zh", "mw_view": view})
    healthy(app)
    names = set(app.button_group(key="gb_examples").options)
    words = table("zh", PAGE.stem)["examples"]
    assert names == {words["ship"], words["either"], words["rare"]}
    assert app.text_area(key="prompt_widget").value == SHIP
    for text in (RULE_ZH, NEWS_ZH):  # of the rule's view, where another model reads them
        assert visit(PAGE.stem, {"lang": "zh", "mw_view": view, "text": text}).text_area[0].value == SHIP


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("view", [view for view in VIEWS if view != "pairs"])
def test_a_text_of_unknown_tokens_is_refused_in_words(view: str, language: Language) -> None:
    app = visit(
        PAGE.stem, {"lang": language, "mw_view": view, "model": MASKED, "text": "今天我们去公园看花。"}
    )
    healthy(app)
    (told,) = app.warning
    assert told.value.startswith(table(language, "common")["errors"]["cannot_read"].split("{")[0])
    assert re.search(r"100\s?%", told.value)
    assert not set(components(app)) & {f"glassbox_{name}" for name in PAGE.canvases[view]}
    assert not [one for one in app.markdown if CAUSAL in str(one.value)]
