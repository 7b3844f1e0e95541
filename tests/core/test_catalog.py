"""The declarations fit together: ids are unique, defaults are admitted, experiments answer themselves."""

from __future__ import annotations

import pytest

from core import catalog
from core.catalog import LANGUAGES, Page
from core.models import specs
from pages.kit import permalink
from pages.kit.text import table

PAGES = pytest.mark.parametrize("page", catalog.PAGES, ids=lambda page: page.stem)


def test_stems_and_prefixes_are_unique() -> None:
    for field in ("stem", "short"):
        values = [getattr(page, field) for page in catalog.PAGES]
        assert len(values) == len(set(values))


def test_concepts_are_unique_and_have_words() -> None:
    ids = [concept.id for concept in catalog.concepts()]
    assert len(ids) == len(set(ids))
    for page in catalog.PAGES:
        for language in LANGUAGES:
            assert set(table(language, page.stem)["concepts"]) == {concept.id for concept in page.concepts}


@PAGES
def test_own_names_do_not_hide_shared_ones(page: Page) -> None:
    names = [param.name for param in page.params]
    assert len(names) == len(set(names))
    assert not set(names) & {param.name for param in permalink.SHARED}


@PAGES
def test_defaults_are_admitted(page: Page) -> None:
    for param in page.params:
        assert param.parse(param.format(param.default)) == param.default
    for values in page.defaults.values():
        for name, value in values.items():
            assert page.param(name).parse(page.param(name).format(value)) == value
    for language in LANGUAGES:
        assert specs.find(page.model[language]).source == "bundled"
        knows = language in specs.find(page.model[language]).languages
        assert knows or "weak" in table(language, page.stem)["notice"]  # the page says that it does not


@PAGES
def test_numbers_of_a_link_stay_within_their_bounds(page: Page) -> None:
    for param in page.params:
        for raw in (
            ("-1e30", "-1", "0.5", "9" * 39, "inf", "nan", "x") if param.kind in ("int", "float") else ()
        ):
            value = param.parse(raw)
            assert isinstance(value, (int, float))
            assert param.low <= value <= param.high, (param.name, raw)


@PAGES
def test_presets_and_concepts_name_declared_parameters(page: Page) -> None:
    known = {param.name for param in page.params} | {"model", "text"}
    states = [
        preset.values(lang) for q in page.questions for preset in (q.ask, q.reveal) for lang in LANGUAGES
    ]
    states += [concept.state[lang] for concept in page.concepts for lang in LANGUAGES]
    for state in states:
        assert set(state) <= known
        for name, value in state.items():
            if name not in ("model", "text"):
                assert page.param(name).parse(page.param(name).format(value)) == value


@PAGES
def test_questions_have_words_and_an_answer(page: Page) -> None:
    parts = [str(question.reveal.en.get("part", "")) for question in page.questions]
    assert len(parts) >= 2
    assert max(parts.count(part) for part in parts) <= 6
    for question in page.questions:
        assert question.answer in question.options
        for language in LANGUAGES:
            words = table(language, page.stem)["experiments"][question.id]
            assert set(words) == {"question", "why", *question.options}
            assert len({words[option] for option in question.options}) == len(question.options)
