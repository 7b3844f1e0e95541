"""Presenting: first what was prepared, then the page's questions; lectures across pages, and how one is made."""

from __future__ import annotations

import base64
import random
import re
import zlib
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import catalog, settings
from core.catalog import LANGUAGES, Language
from core.teaching import lectures
from core.teaching.kinds import Asked, Lecture, Step
from pages.kit import share
from pages.kit.session import NAME
from pages.kit.teach import mine as kept_by
from pages.kit.teach import show
from pages.kit.teach.draft import asked_of
from pages.kit.teach.mine import CODE, Draft
from pages.kit.text import table
from tests.pages.app import components, healthy, says, shown, visit

STEM = "position_curves"
HOSTILE = "<img src=x onerror=alert(1)> **bold** [x](javascript:alert(1))"


def two_states(language: Language) -> Lecture:
    """Two states of two pages, with a question before the first and one after it."""
    before = Asked("Before it?", ("left", "right"), 1, "since it is right")
    after = Asked("After it?", ("up", "down"), 0, "since it goes up")
    first = Step(STEM, {"pc_view": "rotary"}, "The one sentence", "The note", 3.0, before, after)
    return Lecture("", "Two states", language, (first, Step("token_splits", say="Another page")))


def opened(lecture: Lecture, number: int, **more: str) -> AppTest:
    """A slide of a lecture, by its link."""
    query = show.query(lecture, number) | more
    app = visit(show.phase(lecture, number)[0].page, query)
    healthy(app)
    return app


def press(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    healthy(app)
    return app


def query_of(app: AppTest) -> dict[str, str]:
    return {
        name: str(value[0] if isinstance(value, list) else value) for name, value in app.query_params.items()
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_presenting_begins_with_the_state_in_hand_and_comes_back_to_it(language: Language) -> None:
    app = visit(STEM, {"lang": language, "pc_view": "rotary", "pc_span": "32", "text": "A text of mine."})
    press(app, "gb_present")
    words = table(language, STEM)
    asked = words["experiments"][catalog.find(STEM).questions[0].id]["question"]
    state = {"pc_view": "rotary", "pc_span": "32", "text": "A text of mine."}
    assert words["page"]["question"] in shown(app)
    assert asked not in shown(app)
    assert query_of(app).items() >= {**state, "present": "1", "slide": "-1"}.items()
    press(app, "gb_slide_on")
    assert asked in shown(app)
    assert query_of(app).get("pc_span") != "32"
    press(app, "gb_slide_back")
    assert query_of(app).items() >= {**state, "slide": "-1"}.items()
    press(app, "gb_slide_back")  # there is nothing before it
    assert query_of(app).items() >= {**state, "slide": "-1"}.items()
    press(app, "gb_slide_end")
    assert not {"present", "slide"} & set(query_of(app))


def test_a_link_to_the_questions_has_no_state_before_them() -> None:
    app = visit(STEM, {"lang": "en", "present": "1"})
    first = query_of(press(app, "gb_slide_back"))
    assert first.get("slide", "0") == "0"


@pytest.mark.parametrize("stem", [page.stem for page in catalog.PAGES])
def test_the_parts_of_a_page_are_reached_while_it_is_presented(stem: str) -> None:
    page = catalog.find(stem)
    app = visit(stem, {"lang": "en", "present": "1", "slide": "-1"})
    app.session_state["gb_parts"] = True
    app.run()
    healthy(app)
    parts: list[Any] = [one for one in app.get("button_group") if one.key == "gb_slide_parts"]
    count = len(page.param(page.by).options)
    if stem == STEM or count == 1:
        assert not parts  # its figure has them, or there is one alone
    else:
        assert len(parts[0].options) == count


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_phase_shows_what_it_is_for_and_no_more(language: Language) -> None:
    lecture, here = two_states(language), table(language, "common")["lecture"]
    app = opened(lecture, 0)
    figure = "glassbox_position_curves"
    seen = []
    for _ in range(len(lecture.slides()) + 1):
        seen.append((shown(app), figure in components(app) or "glassbox_token_chips" in components(app)))
        press(app, "gb_slide_on")
    ask, showing, again, settled, last, end = seen
    assert "Before it?" in ask[0]
    assert "left" in ask[0]
    assert "since it is right" not in "".join((ask[0], again[0], settled[0]))
    assert "The one sentence" in showing[0]
    assert "since it is right" in showing[0]
    assert "After it?" in again[0]
    assert "since it goes up" not in "".join((ask[0], showing[0], again[0]))
    assert "since it goes up" in settled[0]
    assert "Another page" in last[0]
    assert here["over"] in end[0]
    assert [figured for _, figured in seen] == [False, True, False, True, True, False]
    assert all("The note" not in said for said, _ in seen)
    assert len(app.get("page_link")) == len(lecture.steps)
    press(app, "gb_slide_end")
    assert not {"present", "slide", "lecture"} & set(query_of(app))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_presenter_sees_notes_and_what_comes_next(language: Language) -> None:
    lecture = two_states(language)
    app = opened(lecture, 1, presenter="1")
    said = shown(app)
    assert "The note" in said
    assert "The one sentence" in said
    assert "After it?" in said  # comes next
    assert "glassbox_position_curves" not in components(app)
    press(app, "gb_slide_on")
    assert query_of(app)["presenter"] == "1"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_bundled_lecture_is_presented_by_its_id(language: Language) -> None:
    for lecture in lectures.bundled(language):
        app = visit(lecture.steps[0].page, {"lang": language, "present": "1", "lecture": lecture.id})
        healthy(app)
        assert lecture.title in shown(app)


def test_a_slide_is_opened_on_its_own_page_wherever_its_link_leads() -> None:
    lecture = two_states("en")
    app = visit("token_splits", show.query(lecture, 1) | {"pc_view": "alibi"})
    healthy(app)
    assert "The one sentence" in shown(app)
    assert query_of(app)["pc_view"] == "rotary"


@pytest.mark.parametrize("slide", ["-7", "99999", "x"])
def test_a_slide_that_there_is_not_is_the_nearest(slide: str) -> None:
    lecture = two_states("en")
    app = opened(lecture, 0, slide=slide)
    assert ("The end" in shown(app)) == (slide == "99999")


@pytest.mark.parametrize(
    "code",
    ["no-such-lecture", "%00", "<script>", "A" * 5_000, "ä" * 50, "eNo",
     base64.urlsafe_b64encode(zlib.compress(b"x" * 5_000_000)).decode(),
     base64.urlsafe_b64encode(zlib.compress(b"title = 1")).decode()],
)  # fmt: skip
def test_a_code_that_holds_no_lecture_is_told(code: str) -> None:
    app = visit(STEM, {"lang": "en", "present": "1", "lecture": code})
    healthy(app)
    assert app.warning
    assert "glassbox_position_curves" not in components(app)


def test_what_a_lecture_says_is_text() -> None:
    asked = Asked(HOSTILE, (HOSTILE, "b"), 0, HOSTILE)
    step = Step(STEM, {"text": HOSTILE}, HOSTILE, HOSTILE, 2.0, asked, asked)
    lecture = Lecture("", HOSTILE, "en", (step,))
    for number in range(len(lecture.slides()) + 1):
        for more in ({}, {"presenter": "1"}):
            said = shown(opened(lecture, number, **more))
            assert not re.search(r"(?<!\\)(?:<img|\*\*bold|\[x\])", said)


# --- the visitor's own ------------------------------------------------------------------------------------


def own(app: AppTest) -> Draft:
    """What is being made."""
    found: Draft = app.session_state[NAME].own[Draft]
    return found


def making(language: Language = "en", **query: str) -> AppTest:
    """The list of the visitor's own states, over a page."""
    app = visit(STEM, {"lang": language, **query})
    press(app, "gb_lectures")
    app.session_state["gb_lecture_list"] = "own"
    app.run()
    healthy(app)
    return app


@pytest.mark.parametrize("language", LANGUAGES)
def test_states_are_added_given_questions_and_put_in_order(language: Language) -> None:
    app = making(language, pc_view="rotary")
    press(app, "gb_lecture_add")
    press(app, "gb_lecture_add")
    assert [step.query["pc_view"] for step in own(app).lecture.steps] == ["rotary", "rotary"]
    typed = {
        "say": "Look!",
        "note": "Slowly",
        "before": "Which?",
        "before_options": "one\n*two",
        "before_why": "so",
    }
    for name, text in typed.items():
        kind = app.text_area if name in ("note", "before_options") else app.text_input
        kind(key=f"gb_lecture_{name}_1").set_value(text)
    (save,) = [one for one in app.button if one.form_id == "gb_lecture_form_1"]
    save.click().run()
    healthy(app)
    step = own(app).lecture.steps[1]
    assert (step.say, step.note) == ("Look!", "Slowly")
    assert step.before == Asked("Which?", ("one", "two"), 1, "so")
    press(app, "gb_lecture_up_1")
    assert [one.say for one in own(app).lecture.steps] == ["Look!", ""]
    press(app, "gb_lecture_remove_1")
    assert [one.say for one in own(app).lecture.steps] == ["Look!"]
    press(app, "gb_start_")
    assert "Which?" in shown(app)
    assert query_of(app)["lecture"] == lectures.pack(own(app).lecture)


def test_a_question_without_a_right_choice_is_refused_and_nothing_is_lost() -> None:
    app = making()
    press(app, "gb_lecture_add")
    app.text_input(key="gb_lecture_before_0").set_value("Which?")
    app.text_area(key="gb_lecture_before_options_0").set_value("one\ntwo")
    (save,) = [one for one in app.button if one.form_id == "gb_lecture_form_0"]
    save.click().run()
    assert "incomplete" in shown(app)
    assert own(app).lecture.steps[0].before is None


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        (("", "", ""), None),
        (("Q", "a\n*b\n\n c ", "w"), Asked("Q", ("a", "b", "c"), 1, "w")),
        (("Q", "*a\n*b", ""), Asked("Q", ("a", "b"), -1)),
        (("Q", "a\nb", ""), Asked("Q", ("a", "b"), -1)),
    ],
)
def test_what_is_typed_as_choices(typed: tuple[str, str, str], found: Asked | None) -> None:
    assert asked_of(*typed) == found


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_takes_the_place_of_what_was_there(language: Language) -> None:
    app, lecture = making(language), two_states(language)
    app.file_uploader(key="gb_lecture_file").set_value(
        ("a.toml", lectures.write(lecture).encode(), "text/plain")
    )
    app.run()
    assert own(app).lecture == lectures.parse(lectures.write(lecture))


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe\x00", b"title = [", b"[[steps]]\npage = 'home'", b"a=" + b"[" * 3_000, b"\x00" * 100,
     b"title='t'\nlanguage='en'\n[[steps]]\npage='../../etc/passwd'"],
)  # fmt: skip
def test_a_file_that_is_no_lecture_is_refused_with_a_sentence(content: bytes) -> None:
    app = making()
    press(app, "gb_lecture_add")
    before = own(app).lecture
    app.file_uploader(key="gb_lecture_file").set_value(("a.toml", content, "text/plain")).run()
    assert own(app).lecture == before
    assert app.warning


def test_what_the_browser_has_kept_comes_back_unless_another_was_begun(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mine = Draft()
    monkeypatch.setattr(kept_by, "own", lambda _: mine)
    kept_by.restore("broken")
    assert (mine.lecture.steps, mine.error, mine.touched) == ((), None, False)
    kept = lectures.parse(lectures.write(two_states("zh")))
    kept_by.restore(lectures.pack(kept))
    assert mine.lecture == kept
    assert kept_by.code() == lectures.pack(kept)
    kept_by.restore(lectures.pack(replace(kept, title="Another")))
    assert mine.lecture.title == kept.title


def too_long(language: Language) -> Lecture:
    """A lecture whose notes no link can hold: they do not repeat themselves."""
    notes = [base64.b64encode(random.Random(at).randbytes(2_800)).decode() for at in range(6)]
    steps = tuple(Step(STEM, say=f"Look at {at}", note=note) for at, note in enumerate(notes, 1))
    return Lecture("", "Long", language, steps)


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_that_is_too_long_for_a_link_is_presented_all_the_same(language: Language) -> None:
    app, lecture = making(language), too_long(language)
    app.file_uploader(key="gb_lecture_file").set_value(
        ("a.toml", lectures.write(lecture).encode(), "text/plain")
    )
    app.run()
    assert says(app, "common", "lectures.too_long", language)
    press(app, "gb_start_")
    assert query_of(app)["lecture"] == CODE
    assert "Look at 1" in shown(app)
    press(app, "gb_slide_on")
    assert "Look at 2" in shown(app)


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_fetched_from_the_browser_that_keeps_it(language: Language) -> None:
    lecture = too_long(language)
    query = show.query(lecture, 1)
    assert query["lecture"] == CODE
    app = visit(STEM, query)
    healthy(app)
    assert says(app, "common", "lecture.fetching", language)
    assert not app.warning
    own(app).heard = True  # it keeps none
    app.run()
    assert [one.value for one in app.warning] == [table(language, "common")["errors"]["lecture_away"]]
    app = visit(STEM, query)
    app.session_state[NAME].own[Draft] = Draft(lecture, touched=True, heard=True)
    healthy(app.run())
    assert "Look at 2" in shown(app)


@pytest.mark.parametrize("language", LANGUAGES)
def test_preparing_computes_what_the_states_show(language: Language) -> None:
    app = making(language)
    press(app, "gb_lecture_add")
    press(app, "gb_lecture_warm")
    assert says(app, "common", "lectures.prepared", language)
    assert own(app).unready == ()


# --- where phones reach it --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "found"),
    [("", ""), ("https://x.org/", "https://x.org"), ("http://10.0.0.2:8501/glass/", "http://10.0.0.2:8501/glass"),
     ("x.org", ""), ("javascript:alert(1)", ""), ("http://", ""), ("http://[", "")],
)  # fmt: skip
def test_the_operator_s_address(said: str, found: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLASSBOX_URL", said)
    assert settings.own_address() == found


def test_a_code_has_the_operator_s_address_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    here = "http://localhost:8501/token_splits?lang=zh&text=a%26b"
    assert share.reachable(here) == here
    monkeypatch.setenv("GLASSBOX_URL", "https://x.org/glass")
    there = share.reachable(here)
    assert there == "https://x.org/glass/token_splits?lang=zh&text=a%26b"
    assert share.reachable(there) == there


@pytest.mark.parametrize(
    ("url", "local"),
    [("http://localhost:1/a", True), ("http://127.0.0.1/a", True), ("http://[::1]:80/a", True),
     ("http://192.168.1.5:8501/", False), ("https://glassbox.example/a", False), ("", False)],
)  # fmt: skip
def test_an_address_that_no_phone_can_reach(url: str, local: Any) -> None:
    assert share.is_local(url) is local


def fields(app: AppTest) -> set[str]:
    """Keys of all that can be set in the page itself."""
    kinds = ("button_group", "multiselect", "number_input", "select_slider", "selectbox", "slider", "text_area",
             "text_input")  # fmt: skip
    return {str(one.key) for kind in kinds for one in app.main.get(kind)}


@pytest.mark.parametrize("stem", [page.stem for page in catalog.PAGES])
def test_what_can_be_set_at_a_desk_can_be_set_while_presenting(stem: str) -> None:
    page = catalog.find(stem)
    by = page.param(page.by)
    for shown_part in by.options:
        query = {"lang": "en", f"{page.short}_{by.name}": shown_part}
        desk = visit(stem, query)
        app = visit(stem, query | {"present": "1", "slide": "-1"})
        app.session_state["gb_parts"] = True
        healthy(app.run())
        lacking = fields(desk) - fields(app) - {"gb_examples", f"w_{page.short}_{by.name}"}
        assert not lacking, (shown_part, lacking)
