"""The home page: a sentence on its way through five pages, three doors, cards with minutes and level, the search."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from core import catalog
from core.catalog import LANGUAGES, Language
from core.errors import TextEmpty, TextTooLong
from core.figures.buffer import unpack
from core.teaching import lectures, path, walk
from pages.kit.text import plain, table, words
from tests import hostile
from tests.pages.app import components, healthy, says, shown, visit

OWN = {"en": "My neighbour's dog never barks at night because", "zh": "我家的猫每天早上都要"}
STOPS = ("token_splits", "embedding_space", "attention_heads", "model_anatomy", "next_token")


def links(app: AppTest, label: str) -> list[tuple[str, dict[str, str]]]:
    """Page and parameters of the links of that label."""
    found = [one.proto for one in app.get("page_link") if label in one.proto.label]
    return [
        (one.page, {name: value[0] for name, value in parse_qs(one.query_string).items()}) for one in found
    ]


def tokens(app: AppTest) -> str:
    """All that canvases were told, as one text."""
    return " ".join(str(unpack(one.proto.bytes)[0]) for one in app.get("bidi_component"))


def followed(language: Language, sentence: str) -> AppTest:
    """The first stop of a sentence that was typed at home."""
    app = visit("", {"lang": language})
    app.text_input(key=f"home_sentence_{language}").set_value(sentence)
    return app.button(key="home_follow").click().run()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_is_followed_through_five_pages_and_kept(language: Language) -> None:
    say, sentence = words(language), OWN[language]
    app = followed(language, sentence)
    for number, stem in enumerate(STOPS, 1):
        healthy(app)
        assert not app.warning, [one.value for one in app.warning]
        assert app.session_state["glassbox"].page == stem
        assert app.session_state["glassbox"].state["text"] == sentence
        assert say("walk.place", step=number, steps=5) in app.title[0].value
        assert len(app.title) == 1
        piece = sentence.split(" ")[1] if language == "en" else sentence[0]
        assert piece in tokens(app), "the figure is of the sentence"
        assert bool(links(app, say("walk.back"))) == (number > 1)
        ((page, query),) = links(app, say("walk.on" if number < 5 else "walk.finish"))
        assert query["text"] == sentence
        app = visit(page, query)
    healthy(app)
    assert app.text_input(key=f"home_sentence_{language}").value == sentence
    assert app.session_state["glassbox"].page == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_way_back_leads_where_one_was(language: Language) -> None:
    stops = walk.stops(OWN[language])
    app = visit(stops[2].page, {"lang": language, "text": OWN[language], "walk": "3"})
    ((page, query),) = links(app, words(language)("walk.back"))
    assert (page, query["walk"], query["text"]) == (stops[1].page, "2", OWN[language])


def test_another_text_goes_along_and_the_walk_can_be_left() -> None:
    app = visit("next_token", {"lang": "en", "text": "The cat sat", "walk": "5"})
    app.text_area(key="prompt_widget").set_value("The dog lay").run()
    healthy(app)
    ((_, query),) = links(app, words("en")("walk.finish"))
    assert query["text"] == "The dog lay"
    app.button(key="gb_walk_end").click().run()
    healthy(app)
    assert not links(app, words("en")("walk.finish"))
    assert "walk" not in app.query_params
    assert app.title[0].value == table("en", "next_token")["page"]["title"]
    assert app.session_state["glassbox"].state["text"] == "The dog lay"


@pytest.mark.parametrize(
    "query", [{"walk": "2"}, {"walk": "99"}, {"walk": "-1"}, {"walk": "x"}, {"walk": "5", "present": "1"}]
)
def test_beside_the_way_the_page_has_its_own_head_line(query: dict[str, str]) -> None:
    app = visit("next_token" if query["walk"] != "99" else "token_splits", {"lang": "en", **query})
    healthy(app)
    assert not links(app, words("en")("walk.on"))
    assert not links(app, words("en")("walk.finish"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("sentence", "error"),
    [(" \n ", "text_empty"), ("好" * 61, "text_too_long"), ("a" * 161, "text_too_long")],
)
def test_what_is_no_sentence_is_told(language: Language, sentence: str, error: str) -> None:
    app = followed(language, sentence)
    healthy(app)
    assert len(app.warning) == 1
    assert says(app, "common", f"errors.{error}", language) or error == "text_too_long"
    if error == "text_too_long":
        assert words(language)("units.characters", count=len(sentence)) in app.warning[0].value
    assert app.session_state["glassbox"].page == ""


@pytest.mark.parametrize(
    "text", [hostile.TEXTS["script"], hostile.TEXTS["markdown"], "# title", "</textarea>x y"]
)
def test_a_hostile_sentence_stays_a_text(text: str) -> None:
    app = followed("en", text)
    healthy(app)
    assert app.session_state["glassbox"].page == "token_splits"
    assert app.session_state["glassbox"].state["text"] == walk.checked(text)
    assert walk.checked(text) not in shown(app) or plain(text) == text


def test_a_sentence_is_one_line_of_bounded_length() -> None:
    assert walk.checked("a\0b \n c") == "ab c"
    assert walk.checked("a\ud800b") == "a?b"
    assert walk.checked("好" * 60) == "好" * 60
    with pytest.raises(TextEmpty):
        walk.checked("\n\0 ")
    with pytest.raises(TextTooLong):
        walk.checked("好" * 61)


@pytest.mark.parametrize("language", LANGUAGES)
def test_stops_are_admitted_states_on_one_model(language: Language) -> None:
    stops = walk.stops(walk.SENTENCE[language])
    assert [stop.page for stop in stops] == list(STOPS)
    assert len(stops) == walk.COUNT
    assert {stop.state["model"] for stop in stops} == {catalog.find("next_token").model[language]}
    for stop in stops:
        page = catalog.find(stop.page)
        own: dict[str, Any] = {
            name: value for name, value in stop.state.items() if name not in ("model", "text")
        }
        assert all(
            page.param(name).parse(page.param(name).format(value)) == value for name, value in own.items()
        )


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_doors_lead_to_what_they_say(language: Language) -> None:
    app = visit("", {"lang": language})
    say = words(language, "home")
    ((page, query),) = links(app, say("doors.five.title"))
    assert (page, query["walk"], query["text"]) == (STOPS[0], "1", walk.SENTENCE[language])
    assert "(#learn)" in shown(app)
    assert "learn" in [one.proto.anchor for one in app.subheader]


@pytest.mark.parametrize("language", LANGUAGES)
def test_whoever_teaches_is_shown_the_lectures_and_presents_one(language: Language) -> None:
    app = visit("", {"lang": language})
    ours = lectures.bundled(language)
    assert ours[0].title not in shown(app)
    app.button("home_lectures").click().run()
    healthy(app)
    assert all(one.title in shown(app) for one in ours)
    app.button(f"gb_start_{ours[1].id}").click().run()
    healthy(app)
    assert app.query_params["lecture"] == ours[1].id
    first = ours[1].steps[0]
    assert app.title[0].value.replace("\\", "") == (first.before.text if first.before else first.say)


@pytest.mark.parametrize("language", LANGUAGES)
def test_cards_stand_in_the_order_of_learning_with_minutes_and_level(language: Language) -> None:
    app = visit("", {"lang": language})
    said = [one.value for one in app.caption]
    places = []
    for page in path.pages():
        about = words(language, "home")(
            "learn.about", number=path.number(page), minutes=path.minutes(page),
            chapter=words(language)(f"chapters.{page.chapter}"),
            level=words(language, "home")(f"levels.{path.level(page)}"),
        )  # fmt: skip
        places.append(said.index(about))
    assert places == sorted(places)
    assert components(app).count("glassbox_seen") == 1


@pytest.mark.parametrize(
    ("language", "query", "said"),
    [
        ("en", "幻觉", "Hallucination"),
        ("zh", "hallucination", "幻觉"),
        ("en", "kvcache", "KV cache"),
        ("zh", "ＲＡＧ", "RAG"),
    ],
)
def test_what_has_no_page_gets_a_short_answer(language: Language, query: str, said: str) -> None:
    app = visit("", {"lang": language})
    app.text_input(key="home_search").set_value(query).run()
    healthy(app)
    (found,) = [one for one in table(language, "search")["answers"].values() if said in one["name"]]
    assert found["line"] in shown(app)
    assert says(app, "home", "search.see", language)


def test_what_is_not_there_is_said_with_the_nearest() -> None:
    app = visit("", {"lang": "en"})
    app.text_input(key="home_search").set_value("attenshun").run()
    healthy(app)
    assert says(app, "home", "search.nearest", "en")
    assert links(app, table("en", "attention_heads")["concepts"]["multi_head"]["name"])
