"""How long a text may be where memory is short: by closed form, against what is really held."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core import host
from core.errors import TextTooLong
from core.models.load.loading import load
from core.models.read import room
from core.models.read.trace import make_trace

WORDS = "one two three four five six seven eight nine ten " * 6


@given(some.floats(1e3, 1e9), some.integers(1, 500), some.floats(1, 1e6))
def test_the_longest_that_fits_is_the_longest(numbers: float, heads: int, per_token: float) -> None:
    def need(tokens: int) -> float:
        return room.COPIES * heads * tokens**2 + per_token * tokens

    found = room.fitting(numbers, heads, per_token)
    assert found >= room.LEAST
    assert need(found + 1) > numbers * (1 - 1e-6)
    assert need(found) <= numbers * (1 + 1e-6) or found == room.LEAST


def test_a_small_host_reads_less_and_says_how_much(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = load("tiny-gpt")
    whole = make_trace(loaded, WORDS, limit=256)
    small = host.deal(host.SERVER + host.LEAST, "container")
    monkeypatch.setattr(host, "account", lambda: small)
    with pytest.raises(TextTooLong) as caught:
        make_trace(loaded, WORDS, limit=256)
    assert caught.value.values == {"count": len(whole.tokens), "limit": room.LEAST, "unit": "tokens"}
    assert len(make_trace(loaded, "one two three", limit=256).tokens) >= 3


def test_what_is_counted_is_what_a_trace_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each array one copy: the bytes that numpy counts."""
    loaded = load("tiny-gpt")
    trace = make_trace(loaded, WORDS, limit=256)
    monkeypatch.setattr(room, "COPIES", 1)
    monkeypatch.setattr(room, "LOGITS", 1)
    monkeypatch.setattr(room, "SHARE", 1)
    assert trace.logits is not None
    held = trace.attention.nbytes + trace.hidden.nbytes + trace.logits.nbytes
    one = host.Account(10**9, "setting", 0, 1.0, {}, 0, held)
    monkeypatch.setattr(host, "account", lambda: one)
    assert room.most_tokens(loaded, 256) == len(trace.tokens)
