"""One head's message, and what the browser's own code computes from it, against torch and transformers."""

from __future__ import annotations

import base64
import math
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from core.compute.attention_heads.overview import Focus, focus
from core.figures.attention_heads.focus import DEFAULTS, focus_payload
from core.figures.buffer import unpack
from core.figures.components import source
from core.models.read.trace import make_trace
from core.models.tokens.labels import Tokens
from tests.core.tiny import SAMPLE, tiny
from tests.node import in_node

WORDS = {"title": "Layer {layer} · head {head}"}
CLOSE = 1e-5
QUERY, KEY = 4, 2


@cache
def example(name: str) -> tuple[Focus, Tokens]:
    loaded = tiny(name)
    trace = make_trace(loaded, SAMPLE, limit=60)
    return focus(loaded=loaded, trace=trace, layer=1, head=2), trace.tokens


@cache
def computed(name: str) -> Any:
    """What the browser's code computes from the head's message."""
    head, tokens = example(name)
    payload = base64.b64encode(focus_payload(head, tokens, WORDS, {})).decode()
    program = 'import { main } from "./tests/js/attention_heads/focus_maths.mjs";'
    return in_node(program, {"payload": payload, "query": QUERY, "key": KEY})


def numbers(found: list[float | str], shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """Numbers from node, infinities by name."""
    return np.array([-np.inf if value == "-Infinity" else value for value in found], float).reshape(shape)


def test_message_holds_the_head() -> None:
    head, tokens = example("llama")
    meta, arrays = unpack(focus_payload(head, tokens, WORDS, {"token": 3, "group": "g"}, heads=4))
    assert [meta[name] for name in ("layer", "head", "kv_head", "shared", "heads")] == [1, 2, 1, [2, 3], 4]
    assert meta["labels"] == list(tokens.labels)
    assert (meta["group"], meta["words"], meta["d"]) == ("g", WORDS, head.q.shape[1])
    assert meta["state"] == {**{k: v for k, v in DEFAULTS.items() if k != "group"}, "token": 3}
    for name in ("attention", "scores", "q", "k", "q_content", "k_content", "value_norm"):
        np.testing.assert_array_equal(arrays[name], getattr(head, name))
    assert "bias" not in arrays


def test_without_rotary_vectors_are_sent_once() -> None:
    meta, arrays = unpack(focus_payload(*example("gpt2"), WORDS, {}))
    assert not meta["rotary"]
    assert sorted(arrays) == ["attention", "k", "q", "scores", "value_norm"]
    assert meta["heads"] == 3, "without a count, as many heads as the head itself shows"


def test_no_head_is_an_empty_figure() -> None:
    meta, arrays = unpack(focus_payload(None, example("gpt2")[1], WORDS, {}))
    assert (meta["labels"], arrays) == ([], {})


def test_unknown_state_is_refused() -> None:
    with pytest.raises(ValueError, match="state has no colour"):
        focus_payload(*example("gpt2"), WORDS, {"colour": 1})


@pytest.mark.parametrize("name", ["llama", "qwen2", "qwen3", "gpt2", "bert", "xlm-roberta", "t5"])
def test_softmax_in_the_browser_is_the_models_attention(name: str) -> None:
    head, tokens = example(name)
    n = len(tokens)
    found = computed(name)
    np.testing.assert_allclose(numbers(found["softmax"], (n, n)), head.attention, atol=CLOSE)
    assert found["difference"] < CLOSE


@pytest.mark.parametrize("name", ["llama", "bert", "t5"])
def test_steps_equal_torch(name: str) -> None:
    head, tokens = example(name)
    n = len(tokens)
    scaled = torch.from_numpy(head.scores.copy()) * head.scale
    scaled = scaled if head.bias is None else scaled + torch.from_numpy(head.bias.copy())
    future = torch.ones(n, n, dtype=torch.bool).triu(1)
    masked = scaled.masked_fill(future, -math.inf) if head.causal else scaled
    found = computed(name)
    np.testing.assert_allclose(numbers(found["scaled"], (n, n)), scaled, atol=CLOSE, rtol=CLOSE)
    np.testing.assert_allclose(numbers(found["masked"], (n, n)), masked, atol=CLOSE, rtol=CLOSE)
    np.testing.assert_allclose(numbers(found["softmax"], (n, n)), masked.softmax(-1), atol=CLOSE)


@pytest.mark.parametrize("name", ["llama", "gpt2", "bert"])
def test_weighting_by_value(name: str) -> None:
    head, tokens = example(name)
    n = len(tokens)
    moved = head.attention * head.value_norm
    expected = moved / moved.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(numbers(computed(name)["moved"], (n, n)), expected, atol=CLOSE)


@pytest.mark.parametrize("name", ["llama", "gpt2"])
def test_products_of_dimensions_add_up_to_the_raw_score(name: str) -> None:
    head, _ = example(name)
    found = computed(name)
    np.testing.assert_allclose(found["products"], head.q[QUERY] * head.k[KEY], atol=CLOSE)
    assert found["sum"] == pytest.approx(float(head.scores[QUERY, KEY]), abs=CLOSE)
    np.testing.assert_allclose(found["row"], head.attention[QUERY], atol=0)
    np.testing.assert_allclose(found["column"], head.attention[:, KEY], atol=0)
    assert found["largest"] == np.argsort(-head.attention[QUERY], kind="stable")[:3].tolist()


def test_rotary_pairs_turn_by_position_times_frequency() -> None:
    """Pair (i, i + d/2) of the token at p turns by p · θᵢ, with θ as transformers computes it."""
    head, _ = example("llama")
    found = computed("llama")
    model: Any = tiny("llama").model
    angles = model.model.rotary_emb.inv_freq.double().numpy()
    for side, position in ((0, QUERY), (1, KEY)):
        turn = np.array(found["turns"])[:, side] - position * angles
        np.testing.assert_allclose((turn + np.pi) % (2 * np.pi) - np.pi, 0, atol=1e-4)
    half = head.q.shape[1] // 2
    after = (head.q[QUERY] * head.k[KEY]).reshape(2, half).sum(0)
    before = (head.q_content[QUERY] * head.k_content[KEY]).reshape(2, half).sum(0)
    np.testing.assert_allclose(found["after"], after, atol=CLOSE)
    np.testing.assert_allclose(found["before"], before, atol=CLOSE)
    np.testing.assert_allclose(np.array(found["turned"]).T.ravel(), head.q[QUERY], atol=CLOSE)
    strength = np.maximum(abs(after), abs(before)) + abs(after - before)
    assert found["strongest"] == np.argsort(-strength, kind="stable")[:3].tolist()


def test_first_pair_to_speak_of_is_not_the_sink() -> None:
    head, _ = example("llama")
    inner = head.attention.copy()
    inner[:, 0] = 0
    np.fill_diagonal(inner, 0)
    query, key = np.unravel_index(inner.argmax(), inner.shape)
    lively = computed("llama")["lively"]
    assert (lively["query"], lively["key"]) == (query, key)


def test_preview_of_the_overviews_bytes() -> None:
    head, _ = example("llama")
    found = computed("llama")
    np.testing.assert_allclose(found["preview"], head.attention.ravel(), atol=0.5 / 255 + 1e-6)
    np.testing.assert_allclose(found["pooled"], [0, 0, 0.2, 0, 0, 0.2, 0.4, 0.4, 1], atol=1e-6)


def test_component_is_whole_and_speaks_no_language() -> None:
    html, css, script = source("attention_focus")
    assert "innerHTML" not in script
    assert "export default " in script
    assert "import {" not in script
    assert ".focus-scroll" in css
    text = "".join(part.split(">")[-1] for part in html.split("<"))
    assert not text.strip(), "words come with the data"
