"""The glossary as visitors use it."""

from __future__ import annotations

from typing import Any

import pytest

from core.bank.terms import found_in, terms
from core.catalog import Language
from core.figures.buffer import unpack
from pages.kit.text import plain, table
from tests.core.question_bank.bank import each_language
from tests.pages.app import components, healthy, shown, visit

STEM = "glossary"


def sent(app: Any) -> dict[str, Any]:
    """The header of the list as its canvas gets it."""
    (found,) = [
        one.proto.bytes
        for one in app.get("bidi_component")
        if one.proto.component_name.endswith("entry_list")
    ]
    header: dict[str, Any] = unpack(found)[0]
    return header


@each_language
@pytest.mark.parametrize("id", ["perplexity", "rotary", "lora", "layer"])
def test_a_term_is_open_with_both_names_and_where_it_is_seen(id: str, language: Language) -> None:
    app = visit(STEM, {"lang": language, "gl_entry": id})
    healthy(app)
    one = terms(language)[id]
    assert one.name in [element.value for element in app.subheader]
    assert plain(one.line) in shown(app)
    assert plain(one.beside) in shown(app)
    links = [element.proto.label for element in app.get("page_link")]
    asked = [found.title for found in found_in(id, language)]
    assert len(links) >= len(one.see) + min(len(asked), 12)
    assert set(links) & set(asked) or not asked


@each_language
def test_the_list_has_every_term(language: Language) -> None:
    header = sent(visit(STEM, {"lang": language}))
    assert header["kind"] == "terms"
    assert [one["id"] for one in header["entries"]] == list(terms(language))
    other = terms("en" if language == "zh" else "zh")
    assert all(one["beside"] == other[one["id"]].name for one in header["entries"])


@pytest.mark.parametrize(
    "query", [{"gl_entry": "<b>x</b>"}, {"gl_query": "<script>"}, {"gl_query": "好" * 5_000}]
)
def test_values_of_a_link_are_bounded(query: dict[str, str]) -> None:
    app = visit(STEM, {"lang": "zh", **query})
    healthy(app)
    assert not app.warning
    assert "<script>" not in shown(app)
    assert "glassbox_entry_list" in components(app)
    told = [element.value for element in app.info]
    assert (table("zh", STEM)["entry"]["none"] in told) == ("gl_entry" in query)
