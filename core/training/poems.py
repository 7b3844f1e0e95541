"""How good a model of poems is: held-out poems beside counted n-grams, and famous first lines that it goes on from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core.training import tiny_gpt

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch import nn

Rows = npt.NDArray[np.int64]

FAMOUS = Path(__file__).parent / "card_texts" / "famous.txt"
"""First couplets that every reader of Chinese knows, one a line, as modern editions have them."""
HIGHEST = 5
"""Longest n-gram that is counted: five characters of 3,500 are one number of 64 bits."""


DISCOUNT = 0.5
"""Where nothing was counted once."""


@dataclass(frozen=True, slots=True)
class Continued:
    """A first line, and the line that the model puts after it, its most probable character each time."""

    first: str
    wanted: str
    written: str
    trained: bool  # the couplet stands in a poem that was trained on

    @property
    def right(self) -> bool:
        """Whether it is the poem's own line, character by character."""
        return self.written == self.wanted


def bits(model: nn.Module, forms: Sequence[Rows]) -> float:
    """Bits per character of poems [poem, token], their marks and ends counted as characters too."""
    found = np.concatenate([tiny_gpt.losses(model, form).ravel() for form in forms])
    return float(found.mean()) / math.log(2)


def continued(model: Any, engine: Tokenizer, trained: set[str]) -> tuple[Continued, ...]:
    """The famous first lines with what the model writes after each; ``trained``: the couplets of its training."""
    import torch

    found = []
    for couplet in FAMOUS.read_text("utf-8").split():
        first, wanted = couplet.removesuffix("。").split("，")
        ids = torch.tensor([engine.encode(f"{first}，").ids])
        made = model.generate(
            ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=len(wanted),
            pad_token_id=engine.token_to_id(tiny_gpt.STOP),
        )  # fmt: skip
        written = engine.decode(made[0, ids.shape[1] :].tolist(), skip_special_tokens=True)
        found.append(Continued(first, wanted, written, couplet in trained))
    return tuple(found)


# --- counted n-grams ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Counts:
    """The n-grams of one order as numbers, in order, with how often each is counted."""

    codes: npt.NDArray[np.int64]
    often: npt.NDArray[np.int64]


def ngrams(train: Sequence[Rows], asked: Sequence[Rows], size: int, order: int) -> npt.NDArray[np.float64]:
    """Probability of each next token of ``asked`` [poem, token] after the ``order`` − 1 before it, one after the other.

    Interpolated Kneser–Ney (Ney, Essen & Kneser 1994): p(w|h) = max(c(hw) − D, 0)/c(h) + D·T(h)/c(h) · p(w|h′), where
    lower orders count in how many ways an n-gram is preceded, and D = n₁/(n₁ + 2n₂). Below unigrams all are equal.
    """
    grams = np.concatenate([_grams(form, size, order) for form in train])
    wanted = np.concatenate([_grams(form, size, order) for form in asked])
    counts = _Counts(*np.unique(grams, return_counts=True))
    levels = [counts]
    for shorter in range(order - 1, 0, -1):
        counts = _Counts(*np.unique(counts.codes % size**shorter, return_counts=True))
        levels.append(counts)
    found = np.full(len(wanted), 1 / size)
    for shorter, counts in enumerate(reversed(levels), 1):
        found = _interpolated(counts, wanted % size**shorter, size, found)
    return found


def _grams(rows: Rows, size: int, order: int) -> npt.NDArray[np.int64]:
    """The n-gram that ends with each token after the first, as a number; the first stands before itself."""
    padded = np.pad(rows, ((0, 0), (order - 1, 0)), mode="edge")[:, 1:]
    windows = np.lib.stride_tricks.sliding_window_view(padded, order, axis=1)
    found: npt.NDArray[np.int64] = (windows @ size ** np.arange(order - 1, -1, -1)).ravel()
    return found


def _interpolated(
    counts: _Counts, wanted: npt.NDArray[np.int64], size: int, lower: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    once, twice = (counts.often == 1).sum(), (counts.often == 2).sum()
    discount = once / (once + 2 * twice) if once else DISCOUNT
    heads, starts = np.unique(counts.codes // size, return_index=True)
    total, types = np.add.reduceat(counts.often, starts), np.diff(np.append(starts, len(counts.codes)))
    seen, head = _found(counts.codes, wanted), _found(heads, wanted // size)
    kept = np.where(seen >= 0, np.maximum(counts.often[seen] - discount, 0), 0)
    return np.where(head >= 0, (kept + discount * types[head] * lower) / total[head], lower)


def _found(known: npt.NDArray[np.int64], wanted: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Where each number stands among known ones, which are in order; −1 where it does not."""
    at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return np.where(known[at] == wanted, at, -1)
