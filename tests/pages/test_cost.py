"""What a run of a page does not do again, and whom it gives way to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from streamlit.testing.v1 import AppTest

from core.figures.charts import Spec
from core.jobs.courtesy import Courtesy
from core.models.tokens.vocabularies import load_vocabulary, resident_vocabularies
from pages.kit import canvas, chart, frame, session, warm
from pages.kit.text import Words
from tests.pages.app import visit

EN, ZH = Words("en", "classic_models"), Words("zh", "classic_models")


class Result:
    """A result as the caches hand it out: told apart by identity."""


def figure(result: Result, words: dict[str, str], *, title: str, marks: tuple[int, ...] = ()) -> Spec:
    del result, words, marks
    axis = {"title": {"text": ""}}
    layout = {"title": {"text": title}, "legend": {}, "xaxis": axis, "yaxis": axis, "height": 300}
    return {"data": [{"type": "bar", "x": [1], "y": [2]}], "layout": layout}


def test_a_chart_is_made_once_for_all_who_see_the_same() -> None:
    result, tables = Result(), ("charts",)
    first = chart.made(figure, (result,), EN, tables, present=False, title="a")
    assert chart.made(figure, (result,), EN, tables, present=False, title="a") is first
    others = [
        chart.made(figure, (Result(),), EN, tables, present=False, title="a"),
        chart.made(figure, (result,), ZH, tables, present=False, title="a"),
        chart.made(figure, (result,), EN, tables, present=True, title="a"),
        chart.made(figure, (result,), EN, tables, present=False, title="b"),
    ]
    assert all(one is not first for one in others)
    assert len({id(one) for one in others}) == len(others)
    assert others[-1].spec["layout"]["title"]["text"] == "b"


def test_a_chart_whose_results_may_change_is_made_anew() -> None:
    changing = [1]
    first = chart.made(figure, (changing,), EN, ("charts",), present=False, title="a")
    assert chart.made(figure, (changing,), EN, ("charts",), present=False, title="a") is not first
    with pytest.raises(TypeError):  # an error of the figure itself is not swallowed
        chart.made(figure, (Result(), Result(), Result()), EN, ("charts",), present=False, title="a")


def test_garbage_is_collected_in_calm_or_after_a_while() -> None:
    calm, longest = warm.CALM, warm.LONGEST
    assert not warm.due(now=100, last=50, collected=60), "nobody has asked for anything since"
    assert not warm.due(now=100, last=100 - calm / 2, collected=100 - longest / 2), "somebody is at it"
    assert warm.due(now=100, last=100 - 2 * calm, collected=100 - longest / 2)
    assert warm.due(now=100, last=100, collected=100 - 2 * longest)


def test_memory_is_given_back_once_all_have_gone_and_while_there_is_little() -> None:
    rest, gone = warm.Rest(0.0), warm.GONE
    asked = [
        (1.0, 2),
        (gone, 1),
        (2 * gone, 0),
        (2 * gone + 1, 0),
        (3 * gone, 0),
        (3 * gone + 1, 1),
        (4 * gone + 2, 0),
    ]
    given = [now for now, visitors in asked if rest.due(now, visitors, pressed=False)]
    assert given == [2 * gone + 1, 4 * gone + 2], "a while after the last one has left, and once"
    pressed = [5 * gone, 5 * gone + warm.AGAIN / 2, 5 * gone + 2 * warm.AGAIN]
    assert [rest.due(now, 3, pressed=True) for now in pressed] == [True, False, True]


def test_memory_is_short_near_the_limit_and_never_without_one() -> None:
    assert warm.is_pressed(950, 1000)
    assert not warm.is_pressed(900, 1000)
    assert not warm.is_pressed(10**15, None)


def test_what_is_given_back_can_be_made_again() -> None:
    result = Result()
    first = chart.made(figure, (result,), EN, ("charts",), present=False, title="a")
    payload = canvas.packed(packer, result, words={}, state={"at": 1})
    assert canvas.packed(packer, result, words={}, state={"at": 1}) is payload
    load_vocabulary("bert")
    warm.give_back()
    assert canvas._PAYLOADS.megabytes == 0
    assert resident_vocabularies() == ()
    again = canvas.packed(packer, result, words={}, state={"at": 1})
    assert again == payload
    assert again is not payload
    assert chart.made(figure, (result,), EN, ("charts",), present=False, title="a") is not first


def packer(result: Result, words: dict[str, str], state: dict[str, int]) -> bytes:
    return f"{type(result).__name__}{words}{state}".encode() * 10


def test_outside_a_server_nothing_is_started() -> None:
    warm.after_run("en")
    assert warm._keeper is None


def test_each_session_has_its_own_drawer(monkeypatch: pytest.MonkeyPatch) -> None:
    states: list[dict[str, object]] = [{}, {}]
    contexts = [object(), object()]
    found = []
    for at in (0, 1, 0, 1):
        monkeypatch.setattr(session, "get_script_run_ctx", lambda at=at: contexts[at])
        monkeypatch.setattr("streamlit.session_state", states[at])
        found.append((session.session(), session.session()))
    assert all(one is other for one, other in found)
    assert found[0][0] is found[2][0]
    assert found[1][0] is found[3][0]
    assert found[0][0] is not found[1][0]


class Noted(Courtesy):
    """Notes who is given way to, and who gives way."""

    def __init__(self) -> None:
        super().__init__()
        self.working, self.sent = 0, 0

    @contextmanager
    def at_work(self) -> Iterator[None]:
        self.working += 1
        with super().at_work():
            yield

    def give_way(self, patience: float) -> float:
        self.sent += 1
        return super().give_way(patience)


@pytest.mark.parametrize("stem", ["", "token_splits"])
def test_an_opening_gives_way_before_each_element_and_a_rerun_is_given_way_to(
    monkeypatch: pytest.MonkeyPatch, stem: str
) -> None:
    noted = Noted()
    monkeypatch.setattr(frame, "COURTESY", noted)
    app = visit(stem, {"lang": "en"})
    assert not app.exception
    assert noted.working == 0
    assert noted.sent > 20, "elements of the first picture"
    before = noted.sent
    app.run()
    assert (noted.working, noted.sent) == (1, before)


def waits() -> None:
    import time

    import streamlit as st

    from pages.kit import frame
    from pages.kit.text import Words

    with frame.waiting(Words("en", "next_token"), "tiny-gpt"):
        time.sleep((st.query_params.get("for") == "long" and 0.5) or 0.02)
    st.markdown("over")


def test_of_a_wait_that_is_over_at_once_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    @contextmanager
    def spinner(text: str, *, show_time: bool) -> Iterator[None]:
        assert show_time
        told.append(text)
        yield
        told.append("taken away")

    monkeypatch.setattr("streamlit.spinner", spinner)
    monkeypatch.setattr(frame, "MOMENT_S", 0.2)
    app = AppTest.from_function(waits).run()
    assert [one.value for one in app.markdown] == ["over"]
    assert told == []
    app.query_params["for"] = "long"
    app.run()
    assert told == [Words("en", "next_token")("progress.computing"), "taken away"]
    assert [one.value for one in app.markdown] == ["over"]
