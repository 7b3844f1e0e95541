"""The handout of a lecture: all its states as they are on their pages, and what they are without."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from core.catalog import LANGUAGES, Language
from core.numbers import fill
from core.teaching import lectures
from core.teaching.handout import LARGEST
from core.teaching.kinds import Asked, Lecture, Step
from pages.kit.session import NAME
from pages.kit.teach import show, take
from pages.kit.teach.mine import Draft
from pages.kit.teach.take import Sheets
from pages.kit.text import table
from pages.views.next_token import streams
from tests.pages.app import healthy, says, visit

STEM = "position_curves"


def finished(app: AppTest, name: str) -> tuple[AppTest, Sheets]:
    """The button is opened and pressed; what is offered then."""
    app.session_state[f"gb_handout_{name}"] = True
    app.run()
    app.button(key=f"gb_handout_make_{name}").click().run()
    healthy(app)
    assert [one.key for one in app.get("download_button") if str(one.key).startswith("gb_handout_save_")]
    found: Sheets = app.session_state[NAME].own[Sheets]
    return app, found


def making(lecture: Lecture) -> AppTest:
    """A visitor whose own lecture this is."""
    app = visit(STEM, {"lang": lecture.language, "pc_view": "rotary"})
    app.session_state[NAME].own[Draft] = Draft(lecture, touched=True)
    app.button(key="gb_lectures").click().run()
    app.session_state["gb_lecture_list"] = "own"
    healthy(app.run())
    return app


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("id", lectures.BUNDLED)
def test_each_bundled_lecture_is_one_file_with_all_its_states(id: str, language: Language) -> None:
    lecture = lectures.find(id, language)
    app = visit("", {"lang": language, "text": "mine"})
    app.button(key="home_lectures").click().run()
    app, found = finished(app, id)
    assert [one.missing for one in found.sheets] == [""] * len(lecture.steps)
    bare, noted = (take.made(lecture, found.sheets, notes=notes) for notes in (False, True))
    assert len(noted.encode()) <= LARGEST
    words = table(language, "common")["handout"]
    for step, sheet in zip(lecture.steps, found.sheets, strict=True):
        assert f". {html.escape(step.say)}</h2>" in bare
        assert html.escape(sheet.link) in bare
        assert html.escape(step.note) not in bare
        assert html.escape(step.note) in noted
        assert f"/{step.page}?" in sheet.link
        for asked in filter(None, (step.before, step.after)):
            assert f"<h3>{html.escape(asked.text)}</h3>" in bare
    assert words["left_out"] not in noted
    assert bare.count("<iframe") + bare.count('class="chart"') >= len(lecture.steps)
    assert dict(app.query_params)["text"] in ("mine", ["mine"])  # the visitor's own state is untouched


def test_a_state_is_taken_as_it_is_written_whatever_is_open() -> None:
    text = "Only here, and nowhere else."
    steps = (
        Step("token_splits", {"text": text, "model": "smollm2-135m"}, say="One"),
        Step("next_token", {"text": "The cat", "nt_part": "generate", "nt_length": "4", "model": "tiny-gpt"}),
        Step("attention_heads", {"text": text, "model": "smollm2-135m", "figure": "2"}),
        Step("next_token", {"text": "The cat", "nt_part": "lanes", "nt_length": "3", "model": "tiny-gpt"}),
        Step("next_token", {"text": "The cat", "nt_part": "beam", "nt_depth": "2", "model": "tiny-gpt"}),
    )
    app = making(Lecture("", "Five", "en", steps))
    _, found = finished(app, "own")
    assert [one.missing for one in found.sheets] == [""] * 5
    assert [len(one.taken.figures) for one in found.sheets] == [1] * 5
    assert dict(found.sheets[0].taken.settings)["Text"] == text
    assert dict(found.sheets[1].taken.settings)["Model"] == "tiny-gpt"
    assert dict(found.sheets[0].taken.settings)["Result"].startswith(
        table("en", "token_splits")["badge"]["exact"][:30]
    )
    assert "tiny-gpt" in dict(found.sheets[1].taken.settings)["Result"]
    assert "figure=" not in found.sheets[2].link


@pytest.mark.parametrize("language", LANGUAGES)
def test_why_a_state_has_no_figure_is_said_in_it_and_beside_the_button(language: Language) -> None:
    hostile = "no<img src=x>model"
    steps = (
        Step("attention_heads", {"model": hostile}),
        Step(STEM),
        Step("token_splits", {"ts_part": "train", "ts_corpus": "own"}),
    )
    lecture = Lecture("", "Gaps", language, steps)
    app, found = finished(making(lecture), "own")
    assert says(app, "common", "handout.lacking", language)
    assert any(f"{table(language, 'common')['list_separator']}3" in one.value for one in app.caption)
    content = take.made(lecture, found.sheets, notes=False)
    assert html.escape(hostile) in content
    assert "<img" not in content
    assert len(re.findall('class="missing"', content)) == 2


def test_it_is_offered_at_the_end_and_forgotten_with_its_button() -> None:
    asked = Asked("Which?", ("this", "that"), 1)
    lecture = Lecture("", "End", "en", (Step(STEM, say="Look", note="quietly", before=asked),))
    query = show.query(lecture, len(lecture.slides()))
    app, found = finished(visit(STEM, query), "own")
    assert (len(found.sheets), found.of is None) == (1, False)
    app.session_state["gb_handout_own"] = False
    app.run()
    assert (len(found.sheets), found.of) == (0, None)


def test_another_lecture_is_computed_anew() -> None:
    lecture = Lecture("", "First", "en", (Step(STEM),))
    app, found = finished(making(lecture), "own")
    app.session_state[NAME].own[Draft].lecture = replace(lecture, title="Second")
    app.run()
    assert not [one for one in app.get("download_button") if str(one.key).startswith("gb_handout_save_")]
    assert found.of == lecture


def test_a_text_that_is_not_written_in_time_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "LONGEST_S", -1.0)
    step = Step("next_token", {"text": "Not yet", "nt_part": "generate", "model": "tiny-gpt"})
    _, found = finished(making(Lecture("", "Late", "en", (step,))), "own")
    (sheet,) = found.sheets
    assert sheet.missing == fill(table("en", "common")["errors"]["not_written"], "en", minutes=2)
