"""The charts of a − b + c: its path in proportion, its answers in their order, and the inputs that lie nearer."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from plotly.graph_objects import Figure

from core.catalog import LANGUAGES
from core.figures.charts import Spec, alt_of
from core.figures.embedding_space import analogies as figures
from pages.kit.text import Words
from tests.browser.embedding_space import embedding_data as made

FOUND = made.analogy_of()


def drawn(name: str, language: str = "en", found: Any = FOUND, **options: Any) -> Spec:
    words = Words(language, "embedding_space").get("chart_analogy")
    spec: Spec = getattr(figures, name)(found, words, language=language, **options)
    Figure(spec)
    return spec


def places(spec: Spec) -> np.ndarray[Any, Any]:
    points = [trace for trace in spec["data"] if trace["mode"].startswith("markers")]
    return np.array([[*pair] for one in points for pair in zip(one["x"], one["y"], strict=True)])


def test_the_path_has_every_point_and_one_scale() -> None:
    spec = drawn("path")
    assert places(spec) == pytest.approx(FOUND.positions)
    assert spec["layout"]["yaxis"]["scaleanchor"] == "x"
    _, given, place, answers = spec["data"]
    assert [text.split("<br>")[0] for text in given["hovertext"]] == [FOUND.a, FOUND.b, FOUND.c]
    assert place["name"] == place["text"][0] == "king − man + woman"
    assert [one.get("showlegend", True) for one in (given, place, answers)] == [True, False, True]
    assert len(answers["x"]) == 10
    assert answers["marker"]["symbol"] == ["circle", *["circle-open"] * 9], "the nearest one is filled"


def test_both_steps_are_arrows_from_and_to_their_words() -> None:
    first, second = drawn("path")["layout"]["annotations"]
    step = [np.array([one["x"] - one["ax"], one["y"] - one["ay"]]) for one in (first, second)]
    a, b, c, target = FOUND.positions[:4]
    assert step[0] == pytest.approx(a - b)
    assert step[1] == pytest.approx(target - c)
    assert [first["ax"], first["ay"]] == pytest.approx(b)
    assert [second["ax"], second["ay"]] == pytest.approx(c)


def test_the_words_of_the_question_its_end_and_the_first_answer_always_have_their_names() -> None:
    near = dataclasses.replace(FOUND, positions=np.zeros_like(FOUND.positions))
    for found in (FOUND, near):
        written = [text for trace in drawn("path", found=found)["data"] for text in trace.get("text", ())]
        assert written[:5] == ["king", "man", "woman", "king − man + woman", "queen"]
    assert not any(written[5:])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_bars_are_the_inputs_that_lie_nearer_and_then_the_answers(language: str) -> None:
    found = made.analogy_of(language)
    spec = drawn("answers", language, found)
    inputs, answers = spec["data"]
    assert spec["layout"]["yaxis"]["ticktext"] == [*found.excluded, *found.words]
    assert inputs["x"] == pytest.approx(found.excluded_similarity.tolist())
    assert answers["x"] == pytest.approx(found.similarity.tolist())
    assert [*inputs["y"], *answers["y"]] == list(range(11))
    assert "0.88" in inputs["hovertext"][0]
    assert "0.86" in answers["hovertext"][0]
    assert ("question" if language == "en" else "题目") in inputs["hovertext"][0]


def test_without_a_nearer_input_the_answers_stand_alone() -> None:
    found = dataclasses.replace(FOUND, excluded=(), excluded_similarity=np.zeros(0, np.float32))
    (answers,) = drawn("answers", found=found)["data"]
    assert answers["y"] == list(range(10))


def test_few_answers_are_drawn_where_the_type_is_large() -> None:
    assert len(places(drawn("path", lecture=True))) == 9
    spec = drawn("answers", lecture=True)
    assert spec["layout"]["yaxis"]["ticktext"] == ["king", *FOUND.words[:5]]
    assert "5 answers" in alt_of(spec)


def test_hostile_words_stay_words() -> None:
    found = dataclasses.replace(FOUND, a="<img src=x>", words=("<b>b</b>", *FOUND.words[1:]))
    for name in ("path", "answers"):
        spec = drawn(name, found=found)
        assert "<img" not in str({**spec, "layout": {**spec["layout"], "meta": {}}})
        assert "<b>" not in str({**spec, "layout": {**spec["layout"], "meta": {}}})
