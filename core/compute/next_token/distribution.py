"""What the model gives for the next token, and how much each token of a text surprised it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core.arrays import read_only
from core.errors import BadParameter, NeedsDecoder, NoChatTemplate, TextEmpty, TextTooLong, TextTooShort
from core.models.read.held import sent
from core.models.read.layouts import network
from core.models.read.room import most_tokens
from core.models.read.ties import largest
from core.models.read.trace import computing
from core.models.tokens import templates
from core.models.tokens.labels import Tokens, label_each, label_tokens
from core.models.tokens.turns import place
from core.numerics import highest, softmax
from core.results import named

if TYPE_CHECKING:
    import torch

    from core.models.load.residency import LoadedModel

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

LIMIT = 512
"""Most tokens of a text."""
NAMED = 2000
"""So many of the most probable tokens travel with their labels; the rest stand in the table of all labels."""
RIVALS = 5
"""So many of the most probable tokens are named beside each token of a text."""


@dataclass(frozen=True, slots=True, eq=False)
class Distribution:
    """What the model gives for the token after a text."""

    tokens: Tokens  # all that the model has read: template, text, forced tokens
    forced: int  # so many of them, at the end, were put there by hand
    logits: Floats  # [vocab], natural logarithm of the odds up to a common constant
    label_ids: Ints  # [named], ids of the most probable tokens, and of those in the text
    labels: tuple[str, ...]  # [named]


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """The labels of a whole vocabulary."""

    text: str  # one per line, by id
    count: int


@dataclass(frozen=True, slots=True)
class Notice:
    """What to say of a distribution in one sentence."""

    token: str  # the most probable one
    top: float  # its probability
    count: int  # most probable tokens that together reach 90 %


@dataclass(frozen=True, slots=True, eq=False)
class Surprise:
    """How probable each token of a text was, given those before it."""

    tokens: Tokens  # of the visitor's text
    nats: Floats  # [token], −ln p; NaN for a first token that nothing stands before
    rank: Ints  # [token], 1: the model's most probable token; 0 where nats is NaN
    rival_ids: Ints  # [token, RIVALS], the most probable tokens at this place
    rival_probability: Floats  # [token, RIVALS]; 0 where nats is NaN
    rivals: tuple[str, ...]  # [token · RIVALS], their labels, row by row
    sizes: Ints  # [token], bytes of the text that it stands for; 0 for a mark that is not in the text
    mean: float  # nats per predicted token
    perplexity: float  # exp(mean)
    bits_per_byte: float  # over the predicted tokens; for two vocabularies see ``shared_bits``


# --- text to ids ------------------------------------------------------------------------------------------


def prompt_ids(
    loaded: LoadedModel, prompt: str, *, chat: bool = False, forced: Sequence[str] = (), limit: int = LIMIT
) -> tuple[int, ...]:
    """The ids that the model reads: the text, raw or as a user's turn in the chat template, and forced tokens.

    Errors: NeedsDecoder, TextEmpty, TextTooLong (before the model runs), NoChatTemplate, BadParameter("forced").
    """
    if loaded.spec.kind != "decoder":
        raise NeedsDecoder(model=loaded.spec.id)
    ids = _spelled(loaded, prompt, chat).ids
    added = _forced(forced, int(network(loaded).config.vocab_size))
    limit = most_tokens(loaded, min(limit, loaded.spec.max_tokens or limit))
    if len(ids) + len(added) > limit:
        raise TextTooLong(count=len(ids) + len(added), limit=limit)
    return ids + added


@dataclass(frozen=True, slots=True)
class _Spelled:
    """A text as ids."""

    ids: tuple[int, ...]
    own: tuple[int, int]  # the tokens from which to which the visitor's own text goes
    said: str  # all that the ids stand for: the text, or the chat around it
    offsets: tuple[tuple[int, int], ...]  # [token], its characters of ``said``


def _spelled(loaded: LoadedModel, prompt: str, chat: bool) -> _Spelled:
    clean = prompt.encode("utf-8", "replace").decode("utf-8").replace("\0", "")  # a lone surrogate is no text
    if not clean.strip():
        raise TextEmpty
    tokenizer: Any = loaded.tokenizer
    if not chat:
        ids, offsets = _encoded(tokenizer, clean, special=True)
        if len(ids) <= tokenizer.num_special_tokens_to_add(pair=False):
            raise TextEmpty  # the tokenizer's normalizer left nothing of it
        return _Spelled(ids, (0, len(ids)), clean, offsets)
    if not tokenizer.chat_template:
        raise NoChatTemplate(model=loaded.spec.id)
    written = _as_a_chat(loaded, clean)
    ids, offsets = _encoded(tokenizer, written, special=False)
    start, end = place(lambda other: _as_a_chat(loaded, other), written) or (0, 0)
    inside = [at for at, (a, b) in enumerate(offsets) if a < end and b > start]
    if not inside:
        raise NoChatTemplate(model=loaded.spec.id)  # it has one that leaves the user's text out
    return _Spelled(ids, (inside[0], inside[-1] + 1), written, offsets)


def _encoded(
    tokenizer: Any, text: str, *, special: bool
) -> tuple[tuple[int, ...], tuple[tuple[int, int], ...]]:
    found = tokenizer(text, add_special_tokens=special, return_offsets_mapping=True, verbose=False)
    return tuple(found["input_ids"]), tuple((int(a), int(b)) for a, b in found["offset_mapping"])


def _as_a_chat(loaded: LoadedModel, text: str) -> str:
    """The text as a user's words, in the words of the model's template."""
    tokenizer: Any = loaded.tokenizer
    turn = [{"role": "user", "content": text}]
    if loaded.spec.source == "bundled":
        return str(tokenizer.apply_chat_template(turn, add_generation_prompt=True, tokenize=False))
    names = {name: one for name, one in tokenizer.special_tokens_map.items() if isinstance(one, str)}
    values = {**names, "messages": turn, "add_generation_prompt": True}
    return templates.render_bounded(loaded.spec.id, tokenizer.get_chat_template(), values)


def _forced(names: Sequence[str], vocabulary: int) -> tuple[int, ...]:
    if not all(
        name.isascii() and name.isdigit() and len(name) < 8 and int(name) < vocabulary for name in names
    ):
        raise BadParameter(name="forced")
    return tuple(int(name) for name in names)


# --- the distribution -------------------------------------------------------------------------------------


@named("next_token.distribution")
def distribution(
    *, loaded: LoadedModel, prompt: str, chat: bool = False, forced: tuple[str, ...] = (), limit: int = LIMIT
) -> Distribution:
    """The logits [vocab] of the token after a text (and after ``forced`` tokens, ids written as texts).

    p(v) = softmax(logits)_v; no temperature, no filter. One forward, the last position's row alone.
    Errors: those of ``prompt_ids``. Source: Radford et al. 2019 §2 (p(s_n | s_1, …, s_n−1)).

    >>> distribution(loaded=load("smollm2-135m"), prompt="The capital of France is").labels[0]  # doctest: +SKIP
    '·Paris'
    """
    ids = prompt_ids(loaded, prompt, chat=chat, forced=forced, limit=limit)
    logits = sent(_logits(loaded, ids, keep=1)[-1])
    top = highest(logits, NAMED).tolist()
    named = np.asarray(list(dict.fromkeys([*top, *ids])), dtype=np.int32)
    return Distribution(
        tokens=label_tokens(loaded.tokenizer, ids),
        forced=len(forced),
        logits=read_only(logits),
        label_ids=read_only(named),
        labels=_names(loaded, named.tolist()),
    )


def notice(result: Distribution) -> Notice:
    """The most probable token of a distribution, and how many tokens reach 90 %."""
    shares = np.sort(softmax(result.logits))[::-1]
    count = 1 + int((np.cumsum(shares) < 0.9).sum())
    return Notice(result.labels[0], float(shares[0]), count)


@named("next_token.labels")
def labels(*, loaded: LoadedModel) -> Labels:
    """The label of every id of the vocabulary, also of rows that no token uses."""
    count = int(network(loaded).config.vocab_size)
    return Labels("\n".join(_names(loaded, range(count))), count)


def _names(loaded: LoadedModel, ids: Sequence[int]) -> tuple[str, ...]:
    """Labels; "№ 49151" for a row of the matrix that the tokenizer has no token for."""
    known = len(loaded.tokenizer)
    named = iter(label_each(loaded.tokenizer, [id for id in ids if id < known]))
    return tuple(next(named) if id < known else f"№\u202f{id}" for id in ids)


def _logits(loaded: LoadedModel, ids: Sequence[int], *, keep: int) -> torch.Tensor:
    """Float32 logits [keep, vocab] of the last ``keep`` positions (0: of all)."""
    import torch

    with computing(loaded):
        inputs = torch.tensor([list(ids)], device=loaded.device)
        output: Any = network(loaded)(input_ids=inputs, use_cache=False, logits_to_keep=keep)
        found: torch.Tensor = output.logits[0].float()
        return found


# --- surprise ---------------------------------------------------------------------------------------------


@named("next_token.surprise")
def surprise(*, loaded: LoadedModel, prompt: str, chat: bool = False, limit: int = LIMIT) -> Surprise:
    """How improbable the model found each token of the visitor's text, given those before it.

    nats_t = −ln p(token_t | tokens before it); perplexity = exp(mean); bits per byte = Σ nats / (ln 2 · Σ bytes).
    With ``chat`` the template stands before the text, and only the text's own tokens are told. Bytes are those of the
    text: <unk> stands for all that it hides, a mark before the text for none.
    Errors: those of ``prompt_ids``, TextTooShort. Source: Shannon 1948 §6; Jelinek et al. 1977 (perplexity).

    >>> result = surprise(loaded=load("smollm2-135m"), prompt="Once upon a time")  # doctest: +SKIP
    """
    ids = prompt_ids(loaded, prompt, chat=chat, limit=limit)
    spelled = _spelled(loaded, prompt, chat)
    start, end = spelled.own
    if end - max(start, 1) < 1:
        raise TextTooShort(count=end - start, least=2)
    nats, rank, rival_ids, shares = _told(_logits(loaded, ids[:end], keep=0), ids[:end], start)
    tokens = label_tokens(loaded.tokenizer, ids[start:end])
    sizes = _sizes(spelled, tokens.bytes)
    some = ~np.isnan(nats)
    total = float(nats[some].astype(np.float64).sum())
    return Surprise(
        tokens=tokens,
        nats=read_only(nats),
        rank=read_only(rank),
        rival_ids=read_only(rival_ids),
        rival_probability=read_only(shares),
        rivals=_names(loaded, rival_ids.ravel().tolist()),
        sizes=read_only(sizes),
        mean=total / int(some.sum()),
        perplexity=math.exp(total / int(some.sum())),
        bits_per_byte=total / math.log(2) / max(1, int(sizes[some].sum())),
    )


def most_surprising(result: Surprise) -> tuple[str, float]:
    """The token that the model had foreseen least, and its bits."""
    at = int(np.nanargmax(result.nats))
    return result.tokens.labels[at], float(result.nats[at]) / math.log(2)


def shared_bits(results: Sequence[Surprise]) -> list[float]:
    """Bits per byte of several readings of one text, of the bytes that all of them predict.

    Each leaves out a first token that nothing stands before, and those differ in length. So all are told from the first
    byte on where a token begins in each of them that has something before it. NaN: there is no such byte, or the
    texts differ.
    """
    ends = [np.cumsum(one.sizes) for one in results]
    begins = [
        set((end - one.sizes)[~np.isnan(one.nats)].tolist()) for one, end in zip(results, ends, strict=True)
    ]
    length = int(ends[0][-1])
    common = sorted(at for at in set.intersection(*begins) if at < length)
    if not common or any(int(end[-1]) != length for end in ends):
        return [math.nan] * len(results)
    first = common[0]
    told = [
        float(np.nansum(one.nats[end - one.sizes >= first], dtype=np.float64))
        for one, end in zip(results, ends, strict=True)
    ]
    return [nats / math.log(2) / (length - first) for nats in told]


def _sizes(spelled: _Spelled, data: Sequence[bytes]) -> Ints:
    """Bytes of the text that each of its own tokens stands for, [token]; together they are all of its bytes."""
    start, stop = spelled.own
    whole = spelled.said.encode()
    ends = np.cumsum([0, *(len(char.encode()) for char in spelled.said)])
    at, sizes = int(ends[spelled.offsets[start - 1][1] if start else 0]), []
    for (first, last), own in zip(spelled.offsets[start:stop], data, strict=True):
        literal = last > first and whole.startswith(own, at)
        sizes.append(len(own) if literal else max(0, int(ends[last]) - at))
        at += sizes[-1]
    return np.asarray(sizes, dtype=np.int32)


def _told(logits: torch.Tensor, ids: Sequence[int], start: int) -> tuple[Floats, Ints, Ints, Floats]:
    """Nats, rank [token], rivals' ids and probabilities [token, RIVALS] of the tokens from ``start`` on."""
    import torch

    count = len(ids) - start
    nats, rank = np.full(count, np.nan, np.float32), np.zeros(count, np.int32)
    rival_ids, shares = np.zeros((count, RIVALS), np.int32), np.zeros((count, RIVALS), np.float32)
    with torch.inference_mode():
        for at in range(max(start, 1), len(ids)):
            log_p = logits[at - 1].log_softmax(-1)
            own, row = log_p[ids[at]], at - start
            nats[row], rank[row] = -float(own), 1 + int((log_p > own).sum())
            best, places = largest(log_p[None], RIVALS)
            rival_ids[row] = places[0].cpu().numpy()
            shares[row] = best[0].exp().cpu().numpy()
    return nats, rank, rival_ids, shares
