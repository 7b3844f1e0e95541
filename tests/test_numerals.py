"""The guard over numbers in words finds what is wrong, and nothing else."""

from __future__ import annotations

import pytest

from tests.numerals import slips

WRONG = [
    "It takes 1 tokens.", "1\u202fheads rest", "**1 layers**", "and 1 more tokens", "the 2th time", "the 1th, the 22th",
    "the 11st", "a cosine of -0.5", "(-3)", "changed by −0 %", "−0.00 nats", "+0.0", "nan %", "loss: inf", "NaN",
    "None nats", "a perplexity of 30.480000000000004", "{count:n|token|tokens}", "about {share} of it",
]  # fmt: skip
RIGHT = [
    "It takes 11 tokens, 1 token, 2,001 tokens and 0.1 tokens.", "the 1st, 2nd, 3rd, 11th, 22nd and 113th time",
    "GPT-2, e5-small and 1-3", "−0.5 and −0.05", "information", "None of them; None: all are hidden", "“1 tokens, nan”",
    "`-1` and $-1$", "smollm2\\-135m", "> 1 tokens, as the visitor wrote", "[a](https://x.org/-1)", "+0.5",
    "\u2068nan\u2069", "0 %", "layer 1, head 2",
]  # fmt: skip


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_number_is_found(text: str) -> None:
    assert slips([text])


@pytest.mark.parametrize("text", RIGHT)
def test_a_right_number_is_left_alone(text: str) -> None:
    assert not slips([text])
