"""Does B follow A? Three scores of sentence pairs: a next-sentence head, a cosine, and a likelihood gain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import regex

from core.arrays import Array, read_only
from core.compute.masked_words.gaps import clean, line_nats, start_of
from core.errors import BadContinuation, NeedsPairHead, TextEmpty, TextTooLong, TooManyRows
from core.models.read.layouts import network
from core.models.read.lines import embedded
from core.models.read.trace import computing
from core.results import named
from core.scripts import has_han

if TYPE_CHECKING:
    from core.models.load.residency import LoadedModel

MOST = 6
"""Most pairs: every first sentence is set beside every second one."""
LONGEST = 300
"""Most characters of a sentence."""
LIMIT = 96
"""Most tokens of a pair."""
_BETWEEN = regex.compile(r"\s*[|｜]\s*")


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Scores of every first sentence with every second one; the diagonal are the pairs as they were written."""

    model: str
    kind: str  # "follows" | "cosine" | "gain"
    first: tuple[str, ...]
    second: tuple[str, ...]
    score: Array  # [first, second]; follows: probability; cosine: −1 … 1; gain: bits per token of the second
    right: int  # second sentences whose own first one scores highest among all first ones


def read(pairs: str) -> tuple[tuple[str, str], ...]:
    """The pairs of a text, one a line, "|" between the sentences.

    Errors: TextEmpty, BadContinuation, TooManyRows, TextTooLong.

    >>> read("It rained. | We stayed in.")
    (('It rained.', 'We stayed in.'),)
    """
    lines = [
        (number, line.strip()) for number, line in enumerate(clean(pairs).split("\n"), 1) if line.strip()
    ]
    if not lines:
        raise TextEmpty
    if len(lines) > MOST:
        raise TooManyRows(count=len(lines), limit=MOST)
    found = []
    for number, line in lines:
        parts = _BETWEEN.split(line)
        if len(parts) != 2 or not all(parts):
            raise BadContinuation(line=number)
        long = max(len(part) for part in parts)
        if long > LONGEST:
            raise TextTooLong(count=long, limit=LONGEST, unit="characters")
        found.append((parts[0], parts[1]))
    return tuple(found)


@named("masked_words.follows")
def follows(*, loaded: LoadedModel, pairs: str) -> Pairs:
    """P(B is the next sentence | A, B) by the head that BERT was trained with.

    [CLS] A [SEP] B [SEP] → softmax of two logits. Errors: NeedsPairHead, those of ``read``. Source: Devlin et
    al. 2019 §3.1 (task 2); Liu et al. 2019 §4.2 found it dispensable.

    >>> follows(loaded=load("mini-bert"), pairs="It rained. | We stayed in.").score  # doctest: +SKIP
    """
    import torch

    model: Any = network(loaded)
    if not type(model).__name__.endswith("ForPreTraining"):
        raise NeedsPairHead(model=loaded.spec.id)
    first, second = zip(*read(pairs), strict=True)
    asked = [(a, b) for a in first for b in second]
    made: Any = loaded.tokenizer(
        [a for a, _ in asked],
        [b for _, b in asked],
        padding=True,
        return_tensors="pt",
        verbose=False,
        return_token_type_ids=True,
    )
    _fits(made["input_ids"].shape[1], loaded)
    with computing(loaded):
        inputs = {
            name: made[name].to(loaded.device) for name in ("input_ids", "token_type_ids", "attention_mask")
        }
        chance = torch.softmax(model(**inputs)["seq_relationship_logits"].float(), -1)[:, 0].cpu().numpy()
    return _square(loaded, "follows", first, second, chance)


@named("masked_words.cosine")
def cosine(*, loaded: LoadedModel, pairs: str) -> Pairs:
    """Cosine of the two sentences' vectors (mean of the last hidden states).

    It says whether they are about the same, not whether one follows the other. Errors: those of ``read``.
    Source: Wang et al. 2024 (E5).

    >>> cosine(loaded=load("e5-small-enzh"), pairs="下雨了。 | 我们没有出门。").score  # doctest: +SKIP
    """
    first, second = zip(*read(pairs), strict=True)
    vectors = embedded(loaded, [*first, *second])
    return _square(loaded, "cosine", first, second, vectors[: len(first)] @ vectors[len(first) :].T)


@named("masked_words.gain")
def gain(*, loaded: LoadedModel, pairs: str) -> Pairs:
    """How much more probable B becomes after A: (log₂ p(B | A) − log₂ p(B)) / tokens of B, in bits.

    The pointwise mutual information of A and B by a causal model, per token. Errors: NeedsDecoder, those of ``read``.
    Source: Church & Hanks 1990; as a score of continuations Holtzman et al. 2021 §3.

    >>> gain(loaded=load("smollm2-135m"), pairs="It rained. | We stayed in.").score  # doctest: +SKIP
    """
    start = start_of(loaded)
    first, second = zip(*read(pairs), strict=True)
    joined = [_ids(loaded, a + ("" if has_han(a[-1] + b[0]) or a[-1] in "。！？”" else " ") + b, len(a))
              for a in first for b in second]  # fmt: skip
    alone = [_ids(loaded, " " + b if not has_han(b[0]) else b, 0) for b in second]
    _fits(max(len(ids) for ids, _ in joined), loaded)
    told = line_nats(loaded, [[*start, *ids] for ids, _ in [*joined, *alone]])
    nats = [float(one[-count:].sum()) for one, (_, count) in zip(told, [*joined, *alone], strict=True)]
    sizes = np.asarray([count for _, count in alone])
    without = np.asarray(nats[len(joined) :])
    within = np.asarray(nats[: len(joined)]).reshape(len(first), len(second))
    return _square(loaded, "gain", first, second, (without - within) / np.log(2) / sizes)


def _ids(loaded: LoadedModel, line: str, after: int) -> tuple[list[int], int]:
    """Ids of a line, and how many tokens of it begin at a character or later."""
    made = loaded.tokenizer(line, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
    return list(made["input_ids"]), max(1, sum(end > after for _, end in made["offset_mapping"]))


def _fits(count: int, loaded: LoadedModel) -> None:
    limit = min(LIMIT, loaded.spec.max_tokens or LIMIT)
    if count > limit:
        raise TextTooLong(count=count, limit=limit)


def _square(
    loaded: LoadedModel, kind: str, first: Sequence[str], second: Sequence[str], score: npt.ArrayLike
) -> Pairs:
    table = np.asarray(score, dtype=np.float32).reshape(len(first), len(second))
    right = int((table.argmax(0) == np.arange(len(first))).sum())
    return Pairs(loaded.spec.id, kind, tuple(first), tuple(second), read_only(table), right)
