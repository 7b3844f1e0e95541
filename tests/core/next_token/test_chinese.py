"""The page in Chinese, on the bundled model that speaks it: every example and experiment visibly does its thing."""

from __future__ import annotations

import functools
import math
import re
from typing import Any

import numpy as np
import pytest

from core import catalog, examples
from core.calls import complete
from core.catalog import State
from core.catalog.next_token import (
    CHAT,
    CHINESE,
    CODE,
    DAYS,
    JAPAN,
    MIXED,
    MOON,
    OVEN,
    PERSON,
    QUESTION,
    RAIN,
    WHALE,
)
from core.compute.next_token import calls
from core.compute.next_token.distribution import Distribution, Surprise, most_surprising
from core.compute.next_token.filters import Filtered, Settings, apply_filters
from core.compute.next_token.repetition import repeat
from core.compute.next_token.requests import BeamRequest, LanesRequest, TextRequest
from core.compute.next_token.run import complete as written
from core.figures.buffer import unpack
from core.figures.next_token import distribution as figures
from core.models.load.loading import load
from core.numerics import softmax

PAGE = catalog.find("next_token")
BYTES = re.compile(r"(?:^|[ |])[89A-F][0-9A-F](?:$|[ |])")
"""In a label: a byte that is no character by itself."""


def whole(values: State, language: catalog.Language = "zh") -> State:
    """A state of the page with all that it leaves out."""
    start: dict[str, Any] = {"model": PAGE.model[language], "text": PAGE.text[language], "lang": language}
    return complete(PAGE, {**start, **values})


@functools.cache
def _read(model: str, text: str, chat: str) -> Distribution:
    found: Distribution = examples.at_hand(calls.read(whole({"model": model, "text": text, "chat": chat})))
    return found


def read(values: State) -> Distribution:
    """What comes after the text of a state: as it is bundled, or computed once."""
    state = whole(values)
    return _read(str(state["model"]), str(state["text"]), str(state["chat"]))


def step(name: str, which: str) -> State:
    """A step of an experiment."""
    question = next(one for one in PAGE.questions if one.id == name)
    state: State = getattr(question, which).zh
    return state


def filtered(values: State) -> tuple[Distribution, Filtered]:
    """What comes after the text of a state, before and after its settings."""
    result = read(values)
    return result, apply_filters(result.logits, result.tokens.ids, calls.settings(whole(values)))


def first(values: State) -> tuple[str, float]:
    """The most probable token, and its probability."""
    result = read(values)
    return result.labels[0], float(softmax(result.logits).max())


def opened() -> list[State]:
    """What any default, example, experiment or concept in Chinese lets a model read, each once."""
    states = [state for state in examples.states(PAGE) if state["lang"] == "zh"]
    states += [concept.state["zh"] for concept in PAGE.concepts]
    chinese = [*PAGE.examples["zh"], *(one for one in PAGE.examples["en"] if one[2])]
    states += [{"text": text, "model": model} for _, text, model in chinese]
    each = ({name: whole(state)[name] for name in ("model", "text", "chat")} for state in states)
    return list({tuple(state.values()): state for state in each}.values())


@pytest.mark.parametrize("state", opened())
def test_no_candidate_is_half_a_character(state: State) -> None:
    result = read(state)
    assert not [label for label in result.labels[:5] if BYTES.search(label)]
    assert not [label for label in result.tokens.labels if BYTES.search(label)]


def test_a_half_character_would_be_known() -> None:
    assert all(map(BYTES.search, ("E5 9B", "·E4 B8|", "|AD", "E5 9B|")))
    assert not any(map(BYTES.search, ("DNA", "·AD", "伟", "19", "FF00FF")))


@pytest.mark.parametrize(
    ("text", "token", "least"),
    [
        (JAPAN, "东京", 0.9), (CHAT, "中国的", 0.5), (MOON, "故乡", 0.4), (MIXED, "·learning", 0.9), (CODE, "·+", 0.9),
        (PERSON, "夫", 0.99), (DAYS, "四", 0.9),
    ],
)  # fmt: skip
def test_an_example_goes_on_as_its_reader_expects(text: str, token: str, least: float) -> None:
    found, share = first({"text": text})
    assert found == token
    assert share > least


def test_poem_gpt_knows_that_a_line_has_five_characters() -> None:
    (text, model), *_ = [(text, model) for _, text, model in PAGE.examples["zh"] if model == "poem-gpt"]
    assert text == RAIN
    assert first({"text": text, "model": model})[0] == "，"


def test_a_model_of_code_takes_a_tale_for_a_program() -> None:
    """What the reading text says of it."""
    assert first({"text": "从前，有一个"})[0] == "数组"


# --- experiments ----------------------------------------------------------------------------------------------


def test_temperature_keeps_the_favourite() -> None:
    (_, before), (_, after) = filtered(step("temperature", "ask")), filtered(step("temperature", "reveal"))
    assert before.probabilities.argmax() == after.probabilities.argmax()
    assert before.probabilities.max() > 0.9
    assert 0.05 < after.probabilities.max() < 0.2
    assert (after.probabilities > 1e-5).sum() > 2000


def test_top_p_leaves_one_or_hundreds() -> None:
    assert filtered(step("width", "ask"))[1].kept.sum() == 1
    assert 200 < filtered(step("width", "reveal"))[1].kept.sum() < 1000


def test_a_strong_penalty_changes_a_name_and_a_weak_one_does_not() -> None:
    result, before = filtered(step("penalty", "ask"))
    best = int(before.probabilities.argmax())
    assert best in result.tokens.ids
    assert before.probabilities[best] > 0.99
    weak = filtered({**step("penalty", "reveal"), "repetition": 1.5})[1]
    assert weak.probabilities.argmax() == best
    after = filtered(step("penalty", "reveal"))[1]
    assert after.probabilities[best] < 0.1 < 0.25 < after.probabilities.max()


def test_after_one_token_the_model_guesses() -> None:
    """What the reading text says of a model without a sign before the text."""
    result = surprised(JAPAN)
    assert int(np.nanargmax(result.nats)) == 1
    assert result.rival_probability[1, 0] < 0.05


@functools.cache
def surprised(text: str) -> Surprise:
    """How much a text surprises the model: as it is bundled, or computed once."""
    (asked,) = calls.raw(whole({"text": text}))
    found: Surprise = examples.at_hand(asked)
    return found


def bits(text: str, token: str) -> float:
    """Of the last time that a token stands in a text."""
    result = surprised(text)
    at = len(result.tokens) - 1 - result.tokens.labels[::-1].index(token)
    return float(result.nats[at]) / math.log(2)


def test_the_washing_machine_surprises_and_the_pizza_does_not() -> None:
    assert step("surprise", "reveal")["text"] == OVEN
    result = surprised(OVEN)
    token, most = most_surprising(result)
    assert token == "洗衣机"
    assert most == pytest.approx(bits(OVEN, "洗衣机"))
    assert bits(OVEN, "洗衣机") > 15
    assert bits(OVEN, "披") < 1
    assert bits(OVEN, "萨") < 0.2
    assert bits(OVEN.replace("他把披萨", "他把衣服"), "洗衣机") < 6


def test_every_repetition_makes_the_next_more_probable() -> None:
    assert step("loop", "reveal")["text"] == WHALE
    (asked,) = calls.loop(whole(step("loop", "reveal")))
    result = examples.at_hand(asked)
    assert asked.function is repeat
    assert result.mean[0] == pytest.approx(0.11, abs=0.02)
    assert result.mean[-1] == pytest.approx(0.99, abs=0.01)
    assert (np.diff(result.mean) > -1e-3).all()
    assert (np.diff(result.mean)[:3] > 0.005).all()


@pytest.mark.parametrize("text", [JAPAN, WHALE])
def test_chinese_is_repeated_without_spaces(text: str) -> None:
    """A space would cut the first character into bytes."""
    (asked,) = calls.loop(whole({"text": text}))
    tokens = examples.at_hand(asked).tokens
    assert b"".join(tokens.bytes).decode() == text
    assert not [label for label in tokens.labels if BYTES.search(label)]


# --- what is generated --------------------------------------------------------------------------------------


def test_an_answer_ends_by_itself() -> None:
    """The same turn, typed as the template writes it and put into the template."""
    greedy = Settings(temperature=0.0)
    asked = [(CHAT, False), (QUESTION["zh"], True)]
    for text, chat in asked:
        path = written(TextRequest(CHINESE, text, 512, count=16, settings=greedy, chat=chat), load(CHINESE))
        assert path.text == "中国的首都是北京。"
        assert path.ended == "end"


def test_a_search_finds_what_greed_misses() -> None:
    found = written(BeamRequest(CHINESE, JAPAN, 512), load(CHINESE))
    assert found.texts[0] == "东京，韩国的首都是首尔"
    greedy = "".join(found.labels[node] for node in found.greedy)
    assert greedy.startswith("东京，中国")
    assert found.greedy[-1] != found.results[0]
    assert found.result_scores[0] - found.result_scores[1] > 0.2


def test_a_hotter_text_is_less_probable() -> None:
    found = written(LanesRequest(CHINESE, JAPAN, 512, (0.2, 1.5), count=12, seed=0), load(CHINESE))
    cool, hot = (np.log(lane.path.model_chance).mean() for lane in found.lanes)
    assert cool > hot + 1
    assert all(lane.path.text.startswith("东京") for lane in found.lanes)


# --- what the canvas is given -----------------------------------------------------------------------------------


def test_a_wide_vocabulary_is_sent_in_a_message_that_is_not_much_larger() -> None:
    result = read({})
    message = figures.payload(result, {}, {}, model="m", language="zh")
    assert len(result.logits) == 126_979
    assert len(message) < 400_000
    _, arrays = unpack(message)
    sent = arrays["steps"] / np.float32(figures.FINE)
    sent[arrays["label_ids"]] = arrays["logits"]
    np.testing.assert_array_equal(sent[result.label_ids], result.logits[result.label_ids])
    np.testing.assert_allclose(sent, result.logits, atol=0.5 / figures.FINE + 1e-6)
    for temperature in (1.0, 2.0):
        told, exact = (
            apply_filters(logits, (), Settings(temperature=temperature)) for logits in (sent, result.logits)
        )
        assert told.entropy == pytest.approx(exact.entropy, rel=1e-4)
        np.testing.assert_allclose(told.probabilities, exact.probabilities, rtol=3e-3)
        assert told.probabilities.max() == pytest.approx(exact.probabilities.max(), rel=1e-4)
