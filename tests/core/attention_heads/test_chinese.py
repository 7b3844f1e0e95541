"""What the page says in Chinese of the decoder that speaks it: bundled results, and what they are compared with."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from core import catalog
from core.calls import complete, plan, walk
from core.catalog import State
from core.catalog.attention_heads import CHINESE, INDUCTION, METRICS, REPEAT_ZH, SENTENCE_ZH
from core.compute.attention_heads.ablation import ablate
from core.compute.attention_heads.overview import focus
from core.models.load.loading import load
from core.models.read.trace import make_trace
from core.models.tokens.labels import label_tokens

PAGE = catalog.find("attention_heads")
QUESTIONS = {one.id: one for one in PAGE.questions}
CONCEPTS = {one.id: one.state["zh"] for one in PAGE.concepts}
COUNT = len(INDUCTION["zh"])


def asked(id: str, step: str = "reveal") -> dict[str, Any]:
    """The state of an experiment in Chinese."""
    return {"lang": "zh", **getattr(QUESTIONS[id], step).values("zh")}


def opened(state: dict[str, Any]) -> dict[str, Any]:
    """What a state opens on, by the name of the function; compared with live results elsewhere."""
    done = walk(plan(PAGE.stem, complete(PAGE, state)), lambda one: one.bundled())
    found = {inspect.unwrap(one.function).__name__: result for one, result in done}
    assert None not in found.values(), "run python -m core.examples"
    return found


def place(state: State) -> tuple[int, int]:
    """Layer and head."""
    return int(str(state["layer"])), int(str(state["head"]))


def scores(metric: str, found: Any) -> Any:
    return found.metrics[METRICS.index(metric)]


def ranked(found: Any) -> list[str]:
    """Heads by falling induction score."""
    values = scores("induction", found)
    return ["{}.{}".format(*divmod(int(place), values.shape[1])) for place in np.argsort(-values, axis=None)]


def test_the_page_opens_on_a_decoder_of_24_layers_whose_14_heads_share_two_keys_and_values() -> None:
    found = opened({"lang": "zh"})
    assert PAGE.model["zh"] == CHINESE
    assert scores("previous", found["overview"]).shape == (24, 14)
    assert (found["overview"].kv_heads, found["overview"].causal) == (2, True)
    assert found["focus"].shared == tuple(range(7, 14))
    assert (found["focus"].kv_head, found["focus"].rotary) == (1, True)


def test_the_induction_head_looks_after_the_earlier_copy() -> None:
    state = asked("induction")
    found = opened(state)
    tokens, row = found["overview"].tokens, found["focus"].attention[-1]
    earlier = tokens.ids.index(tokens.ids[-1])
    assert (tokens.labels[earlier], tokens.labels[int(row.argmax())]) == ("林", "柚")
    assert row.argmax() == earlier + 1
    assert row.max() > 0.99
    name = "{}.{}".format(*place(state))
    for one in (
        found["overview"],
        found["calibration"],
    ):  # it shares the first place: they differ by rounding
        assert set(ranked(one)[:2]) == {name, "9.13"}
        assert scores("induction", one)[place(state)] > 0.98
    assert set(ranked(found["calibration"])[:COUNT]) == set(INDUCTION["zh"])


def test_without_its_induction_heads_it_cannot_repeat_the_name() -> None:
    """And among the first candidates, of either run, are words and no bytes of a letter."""
    found = opened(asked("switch_off"))["ablate"]
    assert found.candidates[0] == "柚"
    assert found.before[0] > 0.99
    assert found.after[0] < 0.1
    assert found.after.argmax() != 0
    assert all(label.isalpha() or label in "，。" for label in found.candidates[:5])
    assert all(found.candidates[at].isalpha() for at in np.argsort(-found.after)[:5])


def test_some_induction_heads_stand_in_for_others_and_other_heads_of_their_layers_do_not_matter() -> None:
    order = ranked(opened({"lang": "zh"})["calibration"])
    layers = {name.split(".")[0] for name in INDUCTION["zh"]}
    least = [name for name in reversed(order) if name.split(".")[0] in layers][:COUNT]
    assert not set(least) & set(INDUCTION["zh"])
    loaded = load(CHINESE)
    trace = make_trace(loaded, REPEAT_ZH, limit=64)
    for heads, more_than in ((least, 0.99), (order[:12], 0.9)):
        result = ablate(loaded=loaded, trace=trace, heads=heads)
        assert result.candidates[0] == "柚"
        assert result.after[0] > more_than


def test_a_repeated_chinese_text_wakes_the_induction_head_nearly_as_much() -> None:
    state = asked("wakes")
    bank = opened(state)["waking"]
    for text in (bank.texts[int(bank.best[place(state)])], "猫和狗，猫和狗，猫和狗"):
        assert 0.65 < bank.awake[(*place(state), bank.texts.index(text))] < 0.75


def test_the_previous_token_head_does_so_on_any_text() -> None:
    found, at = opened({"lang": "zh"}), place(CONCEPTS["previous_token"])
    assert (
        scores("previous", found["calibration"])[at] == scores("previous", found["calibration"]).max() > 0.9
    )
    assert scores("previous", found["overview"])[at] == scores("previous", found["overview"]).max() > 0.9


def test_what_the_value_vectors_change_and_what_a_resting_head_does() -> None:
    """The share of the first token, by the weights and by weights times the lengths of the values, row by row."""
    loaded = load(CHINESE)
    trace = make_trace(loaded, SENTENCE_ZH, limit=64)
    told = {}
    for state in (asked("sink"), CONCEPTS["value_weighting"]):
        assert state["text"] == SENTENCE_ZH
        layer, head = place(state)
        found = focus(loaded=loaded, trace=trace, layer=layer, head=head)
        weighted = found.attention * found.value_norm
        weighted /= weighted.sum(1, keepdims=True)
        told[layer, head] = float(found.attention[1:, 0].mean()), float(weighted[1:, 0].mean())
        assert found.value_norm[0] < 0.1 * found.value_norm[1:].mean()
    assert min(told[11, 7]) > 0.999
    assert [round(share, 2) for share in told[16, 7]] == [0.94, 0.43]
    off = CONCEPTS["not_explanation"]["ablate"]
    assert off == ("11.7",)
    without = ablate(loaded=loaded, trace=trace, heads=off)
    assert without.kl < 0.01
    first = label_tokens(loaded.tokenizer, without.candidate_ids[:5]).bytes
    assert not any("�" in data.decode("utf-8", "replace") for data in first)
