"""How much a text repeats itself, and how a repetition feeds itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.arrays import Array, read_only
from core.errors import NeedsDecoder, TextEmpty, TextTooLong
from core.models.read.layouts import network
from core.models.read.trace import computing
from core.models.tokens.labels import Tokens, label_tokens
from core.results import named
from core.scripts import has_han

if TYPE_CHECKING:
    from core.models.load.residency import LoadedModel

LIMIT = 512
"""Most tokens of all repetitions together."""
MOST_REPEATS = 16
ROWS = 16
"""So many rows of logits are made probabilities at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class RepeatCurve:
    """How probable the model finds each repetition of a phrase."""

    tokens: Tokens  # of the phrase, with what parts it from the next one
    repeats: int  # fewer than asked for where no more fit
    chance: Array  # [repeat, token], probability of each token of each repetition
    mean: Array  # [repeat], average token probability (TP of Xu et al. 2022), the first token of the text left out
    whole: Array  # [repeat], geometric mean of the token probabilities

    @property
    def first(self) -> int:
        """The first repetition that has a mean, from 0; the first of all has none where it is one token long."""
        return int(np.isfinite(self.mean).argmax())


def distinct(ids: Sequence[int], n: int) -> float:
    """Distinct n-grams divided by all n-grams of a text; 1 where it has none (Li et al. 2016, distinct-n).

    >>> distinct([1, 2, 1, 2], 2)
    0.6666666666666666
    """
    grams = [tuple(ids[start : start + n]) for start in range(len(ids) - n + 1)]
    return len(set(grams)) / len(grams) if grams else 1.0


def repeated(ids: Sequence[int], n: int) -> float:
    """Share of the n-grams that stood in the text before; 0 where there are none (1 − distinct-n: seq-rep-n).

    Source: Welleck et al. 2020, arXiv:1908.04319, §6.

    >>> repeated([1, 1, 1, 1], 1)
    0.75
    """
    return float(repeats_at(ids, n).sum()) / max(1, len(ids) - n + 1)


def repeats_at(ids: Sequence[int], n: int) -> npt.NDArray[np.bool_]:
    """Whether each token completes an n-gram that stood in the text before, [token].

    >>> repeats_at([1, 2, 1, 2], 2).tolist()
    [False, False, False, True]
    """
    found = np.zeros(len(ids), np.bool_)
    seen: set[tuple[int, ...]] = set()
    for end in range(n, len(ids) + 1):
        gram = tuple(ids[end - n : end])
        found[end - 1] = gram in seen
        seen.add(gram)
    return found


@named("next_token.repeat")
def repeat(*, loaded: LoadedModel, phrase: str, repeats: int) -> RepeatCurve:
    """The probability of a phrase after 0, 1, 2, … repetitions of itself, by one forward pass.

    The phrase is written ``repeats`` times, parted by a space (by none where a Chinese character or mark stands there);
    chance[r, t] = p(token t of the phrase | r whole phrases and the phrase's tokens before t), natural probability
    without temperature. The very first token of the text has nothing before it: NaN, and so is the mean of a first
    repetition that is this token alone.
    Errors: TextEmpty, TextTooLong (the phrase does not fit twice), NeedsDecoder.
    Sources: Holtzman et al. 2020, arXiv:1904.09751, fig. 4; Xu et al. 2022, arXiv:2206.02369, §2.
    """
    if loaded.spec.kind != "decoder":
        raise NeedsDecoder(model=loaded.spec.id)
    start, unit = _units(loaded, phrase)
    room = (min(LIMIT, loaded.spec.max_tokens or LIMIT) - len(start)) // len(unit)
    if room < 2:
        raise TextTooLong(count=2 * len(unit) + len(start), limit=LIMIT)
    count = max(2, min(repeats, MOST_REPEATS, room))
    found = _chances(loaded, [*start, *unit * count]).astype(np.float64)
    chance = np.concatenate([[np.nan], found])[len(start) :].reshape(count, len(unit))
    return RepeatCurve(
        tokens=label_tokens(loaded.tokenizer, unit),
        repeats=count,
        chance=read_only(chance.astype(np.float32)),
        mean=read_only(_means(chance)),
        whole=read_only(np.exp(_means(np.log(np.maximum(chance, 1e-30))))),
    )


def _means(values: npt.NDArray[np.float64]) -> Array:
    """The mean of what each row has, [row]; NaN for a row that has nothing."""
    there = np.isfinite(values)
    count = there.sum(axis=1)
    sums = np.where(there, values, 0).sum(axis=1)
    found: Array = np.where(count > 0, sums / np.maximum(count, 1), np.nan).astype(np.float32)
    return found


def _units(loaded: LoadedModel, phrase: str) -> tuple[list[int], list[int]]:
    """Special tokens in front of a text, and the ids of one phrase as they stand in the middle of a text."""
    clean = phrase.strip().encode("utf-8", "replace").decode()
    if not clean:
        raise TextEmpty
    special = set(loaded.tokenizer.all_special_ids)
    whole = list(loaded.tokenizer(clean, verbose=False)["input_ids"])
    start = [id for id in whole[:1] if id in special]
    together = has_han(clean[-1] + clean[0]) or clean[-1] in "。！？；，…」”"
    written = clean if together else f" {clean}"
    unit = list(loaded.tokenizer(written, add_special_tokens=False, verbose=False)["input_ids"])
    if not unit:
        raise TextEmpty
    return start, unit


def _chances(loaded: LoadedModel, ids: list[int]) -> Array:
    """[token − 1], the probability of each token but the first, given those before it."""
    import torch

    with computing(loaded):
        output = network(loaded)(input_ids=torch.tensor([ids], device=loaded.device), use_cache=False)
        logits = output.logits[0, :-1].float()
        taken = logits.gather(1, torch.tensor(ids[1:], device=loaded.device)[:, None])[:, 0]
        sums = torch.cat([rows.logsumexp(-1) for rows in logits.split(ROWS)])
        found: Array = (taken - sums).exp().cpu().numpy()
    return found
