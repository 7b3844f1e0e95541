"""Every page × language × preset opens from app.py without a fault and draws its canvases."""

from __future__ import annotations

import pytest

from core import catalog
from core.catalog import LANGUAGES, Language, Page, Preset
from pages.kit import permalink
from pages.kit.text import table
from tests.pages.app import components, healthy, shown, visit

STATES = [
    pytest.param(page, language, preset, id=f"{page.stem}-{language}-{preset.id if preset else 'default'}")
    for page in catalog.PAGES
    for language in LANGUAGES
    for preset in (None, *(p for q in page.questions for p in (q.ask, q.reveal)))
]
CANVASES = {
    "attention_heads": {"glassbox_attention_overview", "glassbox_attention_focus"},
    "token_splits": {"glassbox_token_chips", "glassbox_merge_tree"},
    "next_token": {"glassbox_token_distribution", "glassbox_token_labels"},
}
PARTS = {"surprise": {"glassbox_surprise_strip"}, "loop": {"glassbox_repeat_curve"}}


@pytest.mark.parametrize(("page", "language", "preset"), STATES)
def test_state_opens(page: Page, language: Language, preset: Preset | None) -> None:
    state = dict(preset.values(language)) if preset else {}
    app = visit(page.stem, permalink.query(page, state, language) | {"lang": language})
    healthy(app)
    assert not app.warning, [element.value for element in app.warning]
    assert app.title[0].value == table(language, page.stem)["page"]["title"]
    wanted = PARTS.get(str(state.get("part")), CANVASES[page.stem])
    assert set(components(app)) >= wanted


@pytest.mark.parametrize("language", LANGUAGES)
def test_home_shows_every_page_and_concept(language: Language) -> None:
    app = visit("", {"lang": language})
    healthy(app)
    links = [element.proto.label.strip("*") for element in app.get("page_link")]
    for page in catalog.PAGES:
        assert table(language, page.stem)["page"]["title"] in links
    for concept in catalog.concepts():
        assert table(language, "concepts")[concept.id]["name"] in links


@pytest.mark.parametrize(
    ("query", "found"), [("掩码", "causal_mask"), ("INDUCTION", "induction_head"), ("ＲｏＰＥ", "rotary")]
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_concept_search_works_in_both_languages(language: Language, query: str, found: str) -> None:
    app = visit("", {"lang": language})
    app.text_input(key="home_search").set_value(query).run()
    healthy(app)
    links = [element.proto.label.strip("*") for element in app.get("page_link")]
    assert table(language, "concepts")[found]["name"] in links
    assert table(language, "concepts")["grouped_query"]["name"] not in links


def test_concept_search_without_a_hit_says_so() -> None:
    app = visit("", {"lang": "en"})
    app.text_input(key="home_search").set_value("<script>alert(1)</script>").run()
    healthy(app)
    assert "No concept matches" in shown(app)
    assert "<script>" not in shown(app)


@pytest.mark.parametrize("page", catalog.PAGES, ids=lambda page: page.stem)
def test_present_mode_steps_through_questions_and_reveals(page: Page) -> None:
    for step in range(2 * len(page.questions)):
        question = page.questions[step // 2]
        preset = question.reveal if step % 2 else question.ask
        query = permalink.query(page, {**preset.values("en"), "slide": step, "present": True}, "en")
        app = visit(page.stem, query | {"lang": "en"})
        healthy(app)
        words = table("en", page.stem)["experiments"][question.id]
        text = shown(app)
        assert words["question"] in text
        assert (words["why"] in text) == bool(step % 2)
        assert "gb_present" not in [button.key for button in app.button]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_guess_reveals_the_answer(language: Language) -> None:
    page = catalog.find("attention_heads")
    for question in page.questions:
        app = visit(page.stem, {"lang": language})
        app.button(key=f"gb_guess_{question.id}_{question.answer}").click().run()
        healthy(app)
        assert table(language, "common")["guess_right"] in shown(app)
        wrong = next(option for option in question.options if option != question.answer)
        app.button(key=f"gb_guess_{question.id}_{wrong}").click().run()
        assert table(language, "common")["guess_wrong"].split("{")[0] in shown(app)
