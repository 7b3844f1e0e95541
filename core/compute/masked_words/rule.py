"""The rule by which a masked model is trained, and what it means to draw its holes once or anew each time.

15 % of the tokens are chosen, of them 80 % masked, 10 % replaced, 10 % left as they are (Devlin et al. 2019 §3.1);
static masking draws them once, dynamic masking at each reading (Liu et al. 2019 §4.1).

The same draws are made in the browser (``assets/components/masked_words/mask_rule/draws.js``): a counter-based
generator, mulberry32, so that a seed and the number of a roll name one outcome on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.arrays import Array, read_only
from core.errors import CannotRead, TextEmpty, TextTooLong
from core.models.tokens.labels import Tokens, label_each, label_tokens
from core.results import named

if TYPE_CHECKING:
    from core.models.load.residency import LoadedModel

States = npt.NDArray[np.uint8]

LIMIT = 128
"""Most tokens of a text, special ones included."""
SAMPLE = 1024
"""So many entries of the vocabulary, drawn once, are what a token is replaced by."""
UNKNOWN = 0.3
"""Largest share of a text's tokens that the vocabulary may lack: beyond it a figure shows [UNK] and little else."""
SHARE, MASKED, REPLACED = 0.15, 0.8, 0.1
PLAIN, MASK, RANDOM, SAME = range(4)
"""What happens to a token: not chosen, masked, replaced by any token, chosen but left as it is."""


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """A text as the rule sees it."""

    model: str
    tokens: Tokens  # special ones included
    mask: str  # how the tokenizer writes a mask
    others: tuple[str, ...]  # labels of a sample of the vocabulary
    size: int  # entries of the vocabulary


@dataclass(frozen=True, slots=True, eq=False)
class Roll:
    """One outcome, and how often each token has been a target so far."""

    labels: tuple[str, ...]  # [token]
    states: States  # [token], PLAIN | MASK | RANDOM | SAME
    written: tuple[str, ...]  # [token], what the model is given
    static: Array  # [epoch], share of distinct targets so far when the copies' holes are kept
    dynamic: Array  # [epoch], the same when the holes are drawn anew each epoch


def check_known(loaded: LoadedModel, ids: Sequence[int]) -> None:
    """Raise CannotRead where more than ``UNKNOWN`` of the tokens stand for anything that the vocabulary lacks."""
    unknown = sum(id == loaded.tokenizer.unk_token_id for id in ids)
    if unknown > UNKNOWN * len(ids):
        raise CannotRead(model=loaded.spec.title, share=unknown / len(ids))


@named("masked_words.sheet")
def sheet(*, loaded: LoadedModel, text: str) -> Sheet:
    """The tokens of a text, which of them are never chosen (special ones), and what may replace one.

    Any tokenizer will do; one without a mask gets "[MASK]". Errors: TextEmpty, TextTooLong, CannotRead.

    >>> sheet(loaded=load("e5-small-enzh"), text="今天天气很好").mask  # doctest: +SKIP
    '<mask>'
    """
    clean = text.encode("utf-8", "replace").decode("utf-8").replace("\0", "")
    ids = list(loaded.tokenizer(clean, verbose=False)["input_ids"])
    if len(ids) > LIMIT:
        raise TextTooLong(count=len(ids), limit=LIMIT)
    if len(ids) <= loaded.tokenizer.num_special_tokens_to_add(pair=False):
        raise TextEmpty
    special = set(loaded.tokenizer.all_special_ids) - {loaded.tokenizer.unk_token_id}
    check_known(loaded, [id for id in ids if id not in special])
    size = len(loaded.tokenizer)
    some = np.sort(np.random.default_rng(0).choice(size, min(SAMPLE, size), replace=False)).tolist()
    return Sheet(
        model=loaded.spec.id,
        tokens=label_tokens(loaded.tokenizer, ids),
        mask=str(loaded.tokenizer.mask_token or "[MASK]"),
        others=label_each(loaded.tokenizer, some),
        size=size,
    )


@named("masked_words.play")
def play(
    *, loaded: LoadedModel, text: str, seed: int = 0, roll: int = 0, share: float = SHARE, epochs: int = 40,
    copies: int = 1,
) -> Roll:  # fmt: skip
    """One outcome of the rule on a text, and the share of its tokens that were a target at least once.

    Static masking keeps ``copies`` sets of holes and takes them in turn; dynamic masking draws a set each epoch.
    Errors: those of ``sheet``. Source: Devlin et al. 2019 §3.1, appendix A.1; Liu et al. 2019 §4.1.

    >>> play(loaded=load("e5-small-enzh"), text="今天天气很好", seed=1).states.sum() >= 0  # doctest: +SKIP
    """
    found = sheet(loaded=loaded, text=text)
    special = np.asarray(found.tokens.special)
    states, others = draw(special, seed, roll, share)
    names = [found.others[int(other * len(found.others))] for other in others.tolist()]
    written = [
        (label, found.mask, name, label)[state]
        for label, name, state in zip(found.tokens.labels, names, states.tolist(), strict=True)
    ]
    static, dynamic = (seen(special, seed, share, epochs, many) for many in (copies, epochs))
    return Roll(found.tokens.labels, read_only(states), tuple(written), read_only(static), read_only(dynamic))


# --- drawing ----------------------------------------------------------------------------------------------


def uniform(seed: int, roll: int, count: int) -> npt.NDArray[np.float64]:
    """Numbers [count] from 0 to 1 that a seed and a roll name: mulberry32 as a function of its counter."""
    with np.errstate(over="ignore"):
        first = np.uint32((seed * 0x9E3779B1 ^ (roll + 1) * 0x85EBCA6B) & 0xFFFFFFFF)
        t = first + np.arange(1, count + 1, dtype=np.uint32) * np.uint32(0x6D2B79F5)
        r = (t ^ (t >> np.uint32(15))) * (t | np.uint32(1))
        r ^= r + (r ^ (r >> np.uint32(7))) * (r | np.uint32(61))
    found: npt.NDArray[np.float64] = (r ^ (r >> np.uint32(14))).astype(np.float64) / 2.0**32
    return found


def draw(
    special: npt.NDArray[np.bool_], seed: int, roll: int, share: float = SHARE
) -> tuple[States, npt.NDArray[np.float64]]:
    """What happens to each token, and a number from 0 to 1 that says by which entry it would be replaced."""
    chance = uniform(seed, roll, 3 * len(special)).reshape(-1, 3)
    how = np.where(chance[:, 1] < MASKED, MASK, np.where(chance[:, 1] < MASKED + REPLACED, RANDOM, SAME))
    states = np.where((chance[:, 0] < share) & ~special, how, PLAIN).astype(np.uint8)
    return states, chance[:, 2]


def seen(special: npt.NDArray[np.bool_], seed: int, share: float, epochs: int, copies: int) -> Array:
    """Share of the tokens that were a target at least once after each epoch [epoch]; epoch e is roll e mod copies."""
    ever = np.zeros(len(special), bool)
    found = []
    for epoch in range(epochs):
        ever |= draw(special, seed, epoch % copies, share)[0] != PLAIN
        found.append(ever[~special].mean())
    return np.asarray(found, dtype=np.float32)


def chances(count: int, share: float = SHARE) -> tuple[float, float]:
    """How many of ``count`` tokens a roll chooses on average, and how probable it is that it chooses none.

    >>> chances(2, 0.5)
    (1.0, 0.25)
    """
    return count * share, (1 - share) ** count
