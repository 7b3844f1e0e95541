"""Guessing from both sides: a masked model and a causal model fill the same gaps of a text.

A *gap* is a word of the text (a run of letters and digits, one Chinese character, or one sign: a punctuation mark, an
emoji), so that models with different vocabularies are asked the same question; or a mask that was typed, which has no
true word. The masked model reads both sides of the gap, the
causal one what stands to its left. All results are frozen; probabilities are natural, ``nats`` are −ln p.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import regex

from core import host
from core.arrays import Array, read_only
from core.compute.masked_words.rule import check_known
from core.errors import BadParameter, NeedsDecoder, NeedsMasked, TextEmpty, TextTooLong
from core.models.read.held import sent
from core.models.read.layouts import network
from core.models.read.trace import computing
from core.models.tokens.labels import Tokens, label_each, label_tokens
from core.numerics import highest, softmax
from core.results import named

if TYPE_CHECKING:
    import torch

    from core.models.load.residency import LoadedModel

Ints = npt.NDArray[np.int32]
Span = tuple[int, int]

LIMIT = 96
"""Most tokens of a text, special ones included: every one of them is masked in turn."""
TOP = 10
"""So many of the most probable tokens are named for each gap."""
RIVALS = 5
"""So many guesses of each side are tried in the whole sentence."""
MOST_GAPS = 6
"""Most gaps that are filled at once."""
ROOM = 24_000_000
"""Most numbers of one batch of logits."""
MASKS = ("[MASK]", "<mask>")
"""How a gap is typed: the names that masked models give to their mask."""
_JOINS = r"[\p{M}\u200C\u200D]"  # what belongs to the sign before it
_LETTERS = r"[\p{L}\p{N}][\p{L}\p{M}\p{N}\u200C\u200D]*"
_WORD = regex.compile(
    rf"{'|'.join(map(regex.escape, MASKS))}|\p{{Han}}{_JOINS}*|{_LETTERS}(?:['’]{_LETTERS})*"
    r"|(?![\s\p{L}\p{N}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}])\X"  # one sign: a grapheme with ink
)
_START = "<|endoftext|>"


@dataclass(frozen=True, slots=True, eq=False)
class Masked:
    """What a masked model gives at each word of a text, all else being visible."""

    model: str
    words: tuple[str, ...]
    starts: Ints  # [word], first character
    pieces: Tokens  # without special tokens
    word_of: Ints  # [piece], index of its word; −1: of none
    nats: Array  # [piece], one piece masked at a time: a term of the pseudo-log-likelihood
    word_nats: Array  # [word], its pieces masked together, filled from the left; NaN: it has none, is unknown or a gap
    count: Ints  # [word], pieces
    rank: Ints  # [word], 1: the model's first guess for one mask; 0: the word has several pieces, is unknown or a mask
    candidates: tuple[str, ...]  # [word · TOP], the most probable tokens for one mask in the word's place
    share: Array  # [word, TOP], their probabilities


@dataclass(frozen=True, slots=True, eq=False)
class Causal:
    """What a causal model gives at each word of a text, after what stands to its left."""

    model: str
    words: tuple[str, ...]
    starts: Ints  # [word], first character
    pieces: Tokens
    word_of: Ints  # [piece], index of its word; −1: of none
    nats: Array  # [piece]; NaN for a first one that nothing stands before
    word_nats: Array  # [word], sum over its pieces; NaN: it has none of its own
    count: Ints  # [word], pieces
    rank: Ints  # [word], of its first piece; 0: not told
    candidates: tuple[str, ...]  # [word · TOP], the most probable tokens where the word begins
    share: Array  # [word, TOP], their probabilities


@dataclass(frozen=True, slots=True, eq=False)
class Filled:
    """Several gaps at once."""

    model: str
    places: Ints  # [gap], index of the word
    words: tuple[str, ...]  # [gap], the true ones
    read: tuple[str, ...]  # [gap], what the model had before it in the gap's sentence, as it read it
    nats: Array  # [gap], −ln p of the true word; NaN: one mask cannot hold it, or there is none
    rank: Ints  # [gap]; 0: not told
    candidates: tuple[str, ...]  # [gap · TOP]
    share: Array  # [gap, TOP]


@dataclass(frozen=True, slots=True, eq=False)
class Reranked:
    """Candidates for one gap, each scored by a causal model within the whole text."""

    model: str
    place: int
    candidates: tuple[str, ...]
    nats: Array  # [candidate], of the whole text with it
    left: Array  # [candidate], of the text up to and with it
    share: Array  # [candidate], softmax over the candidates of −nats: the right context counts
    left_share: Array  # [candidate], the same of −left: the left context alone


@dataclass(frozen=True, slots=True)
class Totals:
    """A text's score in the units that can be compared, and those that cannot."""

    nats: float
    pieces: int
    words: int
    characters: int
    per_piece: float  # exp(nats / pieces): (pseudo-)perplexity, of this tokenization only
    per_word: float  # exp(nats / words)
    bits_per_character: float


# --- words and tokens -------------------------------------------------------------------------------------


def spans(text: str) -> tuple[Span, ...]:
    """The words of a text, as characters [start, end). Errors: TextEmpty.

    >>> spans("It is 猫.")
    ((0, 2), (3, 5), (6, 7), (7, 8))
    """
    found = tuple(match.span() for match in _WORD.finditer(text))
    if not found:
        raise TextEmpty
    return found


def blank(word: str) -> bool:
    """Whether a word is a mask that was typed."""
    return word in MASKS


def clean(text: str) -> str:
    """The text without what no tokenizer takes: NUL and half an emoji."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "")


def _encoded(loaded: LoadedModel, text: str, *, special: bool) -> tuple[list[int], list[Span], list[bool]]:
    """Ids, the characters of each, and which are special tokens. Errors: TextEmpty, TextTooLong."""
    found = loaded.tokenizer(
        text, add_special_tokens=special, return_offsets_mapping=True, return_special_tokens_mask=True, verbose=False
    )  # fmt: skip
    ids: list[int] = list(found["input_ids"])
    added = [bool(one) for one in found["special_tokens_mask"]]
    limit = min(LIMIT, loaded.spec.max_tokens or LIMIT)
    if len(ids) > limit:
        raise TextTooLong(count=len(ids), limit=limit)
    if len(ids) <= sum(added):
        raise TextEmpty  # the tokenizer's normalizer left nothing of it
    return ids, [(int(a), int(b)) for a, b in found["offset_mapping"]], added


def _read(
    loaded: LoadedModel, text: str, words: Sequence[Span], mask: int
) -> tuple[list[int], list[int], list[bool]]:
    """Ids, the word of each (−1: of none), and which are added special tokens; a typed mask is the model's own."""
    ids, offsets, added = _encoded(loaded, text, special=True)
    owners = _owners(text, words, offsets, added)
    kept: list[tuple[int, int, bool]] = []
    for id, owner, extra in zip(ids, owners, added, strict=True):
        typed = owner >= 0 and blank(text[slice(*words[owner])])
        if not (typed and kept and kept[-1][1] == owner):  # one that is spelled otherwise has several pieces
            kept.append((mask if typed else id, owner, extra))
    return [id for id, _, _ in kept], [owner for _, owner, _ in kept], [extra for _, _, extra in kept]


def _owners(text: str, words: Sequence[Span], offsets: Sequence[Span], added: Sequence[bool]) -> list[int]:
    """The word that each token begins in; −1 for special tokens and for white space."""
    owner = {at: index for index, (start, end) in enumerate(words) for at in range(start, end)}
    found = []
    for (start, end), extra in zip(offsets, added, strict=True):
        inked = next((at for at in range(start, end) if not text[at].isspace()), -1)
        found.append(-1 if extra else owner.get(inked, -1))
    return found


def _grouped(owners: Sequence[int], count: int) -> list[list[int]]:
    """The positions of each word's tokens."""
    groups: list[list[int]] = [[] for _ in range(count)]
    for at, owner in enumerate(owners):
        if owner >= 0:
            groups[owner].append(at)
    return groups


# --- the masked model -------------------------------------------------------------------------------------


@named("masked_words.masked")
def masked(*, loaded: LoadedModel, text: str) -> Masked:
    """Mask every word of a text in turn, and every piece of it, and see what the model puts there.

    Piece: −ln p(w_t | all others), one mask at a time (Salazar et al. 2020, §2.1). Word: its pieces masked together
    and filled from left to right, so that no piece gives away the rest of its own word (Kauf & Ivanova 2023).
    Candidates: one mask in the word's place. Errors: NeedsMasked, CannotRead, TextEmpty, TextTooLong.

    >>> masked(loaded=load("mini-bert"), text="The captain of the ship.").words[1]  # doctest: +SKIP
    'captain'
    """
    text, mask = clean(text), mask_of(loaded)
    words = spans(text)
    ids, owners, added = _read(loaded, text, words, mask)
    groups = _grouped(owners, len(words))
    own = [at for at, extra in enumerate(added) if not extra]
    check_known(loaded, [ids[at] for at in own])
    alone = _at_masks(loaded, [(_hidden(ids, [at], mask), at) for at in own])
    empty = {index for index, (a, b) in enumerate(words) if blank(text[a:b])}
    nats = {
        at: np.nan if owners[at] in empty else -float(row[ids[at]])
        for at, row in zip(own, alone, strict=True)
    }
    chain = [(index, _hidden(ids, group[step:], mask), at) for index, group in enumerate(groups) if len(group) > 1
             for step, at in enumerate(group)]  # fmt: skip
    word_nats = np.asarray([nats[group[0]] if len(group) == 1 else np.nan for group in groups])
    for (index, _, at), row in zip(chain, _at_masks(loaded, [one[1:] for one in chain]), strict=True):
        word_nats[index] = np.nan_to_num(word_nats[index]) - float(row[ids[at]])
    # [UNK] is not the word: its probability is that of all unknown ones together
    lost = {owners[at] for at in own if owners[at] >= 0 and ids[at] == loaded.tokenizer.unk_token_id}
    told = _told(loaded, ids, groups, mask, dict(zip(own, alone, strict=True)))
    for index in empty | lost:
        word_nats[index], told["rank"][index] = np.nan, 0
    return Masked(
        model=loaded.spec.id,
        words=tuple(text[a:b] for a, b in words),
        starts=_whole([a for a, _ in words]),
        pieces=label_tokens(loaded.tokenizer, [ids[at] for at in own]),
        word_of=_whole([owners[at] for at in own]),
        nats=_floats([nats[at] for at in own]),
        word_nats=_floats(word_nats),
        count=_whole([len(group) for group in groups]),
        rank=read_only(told.pop("rank")),
        **told,
    )


def _told(
    loaded: LoadedModel, ids: list[int], groups: list[list[int]], mask: int, alone: dict[int, Array]
) -> dict[str, Any]:
    """Candidates for one mask in the place of each word, and the true word's rank among all tokens.

    ``alone``: ln p [vocab] at each token with a mask in its place, which is all there is to ask of a word of one piece.
    """
    asked = [
        ([*ids[: group[0]], mask, *ids[group[-1] + 1 :]], group[0]) for group in groups if len(group) > 1
    ]
    rows = iter(_at_masks(loaded, asked))
    rank, share = np.zeros(len(groups)), np.zeros((len(groups), TOP))
    best: list[list[int]] = [[] for _ in groups]
    for index, group in enumerate(groups):
        if not group:
            continue
        row = alone[group[0]] if len(group) == 1 else next(rows)
        best[index], share[index] = _best(row)
        if len(group) == 1:
            rank[index] = 1 + int((row > row[ids[group[0]]]).sum())
    return {"rank": rank.astype(np.int32), "share": _floats(share), "candidates": _named(loaded, best)}


def mask_of(loaded: LoadedModel) -> int:
    """The id of the mask token. Errors: NeedsMasked where the model has none, or no head to fill it."""
    model: Any = network(loaded)
    headed = type(model).__name__.endswith(("ForMaskedLM", "ForPreTraining"))
    if loaded.spec.kind != "encoder" or not headed or loaded.tokenizer.mask_token_id is None:
        raise NeedsMasked(model=loaded.spec.id)
    return int(loaded.tokenizer.mask_token_id)


def _hidden(ids: Sequence[int], at: Sequence[int], mask: int) -> list[int]:
    return [mask if place in at else id for place, id in enumerate(ids)]


def _at_masks(loaded: LoadedModel, asked: Sequence[tuple[list[int], int]]) -> list[Array]:
    """Ln p [vocab] at one place of each sequence; those of equal length run together."""
    import torch

    rows: list[Any] = [None] * len(asked)
    size = int(network(loaded).config.vocab_size)
    for batch in _batches([len(ids) for ids, _ in asked], size):
        with computing(loaded):
            inputs = torch.tensor([asked[at][0] for at in batch], device=loaded.device)
            places = torch.tensor([asked[at][1] for at in batch], device=loaded.device)
            found = _guesses(network(loaded), inputs, places).float().log_softmax(-1)
        for at, row in zip(batch, sent(found), strict=True):
            rows[at] = row
    return rows


def _guesses(model: Any, inputs: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    """Logits [sequence, vocab] at one place of each; BERT's head is spared the other places."""
    import torch

    rows = torch.arange(len(inputs), device=inputs.device)
    if hasattr(model, "bert") and hasattr(model, "cls"):
        made: torch.Tensor = model.cls.predictions(
            model.bert(input_ids=inputs).last_hidden_state[rows, places]
        )
        return made
    output = model(input_ids=inputs)
    logits: torch.Tensor = output["logits"] if "logits" in output else output["prediction_logits"]
    return logits[rows, places]


def _batches(lengths: Sequence[int], size: int) -> Iterator[list[int]]:
    """Indices of equal length, as many as ``ROOM`` (on a small host, less) has space for."""
    room = host.numbers(ROOM)
    order = sorted(range(len(lengths)), key=lambda at: lengths[at])
    batch: list[int] = []
    for at in order:
        full = len(batch) >= max(1, room // (max(1, lengths[at]) * size))
        if batch and (full or lengths[at] != lengths[batch[0]]):
            yield batch
            batch = []
        batch.append(at)
    if batch:
        yield batch


def _best(row: npt.NDArray[np.float32]) -> tuple[list[int], npt.NDArray[np.float32]]:
    """The most probable ids and their probabilities, of ln p [vocab]."""
    best = highest(row, TOP)
    return best.tolist(), np.exp(row[best])


# --- the causal model -------------------------------------------------------------------------------------


@named("masked_words.causal")
def causal(*, loaded: LoadedModel, text: str) -> Causal:
    """What a causal model gives at each word of a text: p(w_t | w_1 … w_t−1), one forward pass.

    The text begins after the model's mark for the start of a document, so that its first word has a probability too.
    Errors: NeedsDecoder, TextEmpty, TextTooLong. Source: Radford et al. 2019 §2.

    >>> causal(loaded=load("smollm2-135m"), text="Once upon a time").rank[3]  # doctest: +SKIP
    1
    """
    text = clean(text)
    words, start = spans(text), start_of(loaded)
    ids, offsets, added = _encoded(loaded, text, special=False)
    owners = _owners(text, words, offsets, added)
    groups = _grouped(owners, len(words))
    rows = _next(loaded, [[*start, *ids]])[0]
    before = len(start) - 1  # the row that foresees token 0; −1: none does
    nats = np.asarray([-rows[at + before][id] if at + before >= 0 else np.nan for at, id in enumerate(ids)])
    rank, share = np.zeros(len(words)), np.zeros((len(words), TOP))
    best: list[list[int]] = [[] for _ in words]
    for index, group in enumerate(groups):
        typed = blank(text[slice(*words[index])])
        if group and group[0] + before >= 0:
            row = rows[group[0] + before]
            best[index], share[index] = _best(row)
            rank[index] = 0 if typed else 1 + int((row > row[ids[group[0]]]).sum())
        if typed:
            nats[group] = np.nan
    return Causal(
        model=loaded.spec.id,
        words=tuple(text[a:b] for a, b in words),
        starts=_whole([a for a, _ in words]),
        pieces=label_tokens(loaded.tokenizer, ids),
        word_of=_whole(owners),
        nats=_floats(nats),
        word_nats=_floats([nats[group].sum() if group else np.nan for group in groups]),
        count=_whole([len(group) for group in groups]),
        rank=_whole(rank),
        candidates=_named(loaded, best),
        share=_floats(share),
    )


def start_of(loaded: LoadedModel) -> tuple[int, ...]:
    """The id of the mark that stands before a document; none where the model knows no such mark."""
    if loaded.spec.kind != "decoder":
        raise NeedsDecoder(model=loaded.spec.id)
    tokenizer = loaded.tokenizer
    known = tokenizer.backend_tokenizer.token_to_id(_START)
    first = next(
        (one for one in (known, tokenizer.bos_token_id, tokenizer.eos_token_id) if one is not None), None
    )
    return () if first is None else (int(first),)


def _next(loaded: LoadedModel, lines: Sequence[Sequence[int]]) -> list[Array]:
    """Ln p [token, vocab] of the token after each token of each sequence."""
    import torch

    found: list[Any] = [None] * len(lines)
    size = int(network(loaded).config.vocab_size)
    for batch in _batches([len(ids) for ids in lines], size):
        with computing(loaded):
            inputs = torch.tensor([list(lines[at]) for at in batch], device=loaded.device)
            output: Any = network(loaded)(input_ids=inputs, use_cache=False)
            rows: torch.Tensor = output.logits.float().log_softmax(-1)
        for at, row in zip(batch, sent(rows), strict=True):
            found[at] = row
    return found


def _named(loaded: LoadedModel, best: Sequence[Sequence[int]]) -> tuple[str, ...]:
    """Labels of ``TOP`` ids for each word, "" for one of which nothing is told.

    "№ 49151" stands for a row of the matrix that the tokenizer has no token for.
    """
    known = len(loaded.tokenizer)
    ids = sorted({id for row in best for id in row})
    names = dict(zip(ids, label_each(loaded.tokenizer, ids), strict=True))
    told = [[names[id] if id < known else f"№\u202f{id}" for id in row] for row in best]
    return tuple(name for row in told for name in (row or [""] * TOP))


# --- the whole sentence -----------------------------------------------------------------------------------


def rivals(told: Masked, foreseen: Causal, place: int) -> tuple[str, ...]:
    """The true word of a gap, where it has one, and the best whole words of each side, spelled as the true one."""
    true = told.words[place]
    wanted = _WORD.fullmatch(true) is not None and true[0].isalnum()
    listed = [] if blank(true) else [true]
    for side in (told.candidates, foreseen.candidates):
        mine = [name.lstrip("·") for name in side[place * TOP : (place + 1) * TOP]]
        whole = [name for name in mine if _WORD.fullmatch(name) and (name[0].isalnum() or not wanted)]
        listed += [name[:1].upper() + name[1:] if true[:1].isupper() else name for name in whole[:RIVALS]]
    return tuple({name.casefold(): name for name in reversed(listed)}[key]
                 for key in dict.fromkeys(name.casefold() for name in listed))  # fmt: skip


@named("masked_words.rerank")
def rerank(*, loaded: LoadedModel, text: str, place: int, candidates: tuple[str, ...]) -> Reranked:
    """Put each candidate into the gap and let a causal model score the whole text: now the right side counts too.

    share_c = softmax_c(ln p(text with c)), over these candidates only; a causal model can use the right context when
    it reads whole candidates, at the price of one pass for each. Errors: NeedsDecoder, BadParameter("hide"),
    TextEmpty, TextTooLong. Source: noisy re-scoring as in Salazar et al. 2020 §3.
    """
    text, start = clean(text), start_of(loaded)
    words = spans(text)
    if not 0 <= place < len(words) or not candidates:
        raise BadParameter(name="hide")
    first, last = words[place]
    candidates = candidates[: 2 * RIVALS + 1]
    read = [_encoded(loaded, text[:first] + one + text[last:], special=False) for one in candidates]
    told = line_nats(loaded, [[*start, *ids] for ids, _, _ in read])
    own = [nats[max(0, len(start) - 1) :][-len(ids) :] for nats, (ids, _, _) in zip(told, read, strict=True)]
    ends = [first + len(one) for one in candidates]
    whole = [float(nats.sum()) for nats in own]
    left = [float(nats[[a < end for a, _ in offsets[-len(nats) :]]].sum())
            for nats, end, (_, offsets, _) in zip(own, ends, read, strict=True)]  # fmt: skip
    return Reranked(
        model=loaded.spec.id,
        place=place,
        candidates=candidates,
        nats=_floats(whole),
        left=_floats(left),
        share=_floats(softmax(-np.asarray(whole))),
        left_share=_floats(softmax(-np.asarray(left))),
    )


def line_nats(loaded: LoadedModel, lines: Sequence[Sequence[int]]) -> list[npt.NDArray[np.float64]]:
    """−ln p [token − 1] of every token of each line but its first; lines are padded behind, where no one looks."""
    import torch

    found: list[npt.NDArray[np.float64]] = []
    longest = max(len(ids) for ids in lines)
    rows = max(1, host.numbers(ROOM) // (longest * int(network(loaded).config.vocab_size)))
    for at in range(0, len(lines), rows):
        some = [list(ids) for ids in lines[at : at + rows]]
        with computing(loaded):
            inputs = torch.tensor(
                [ids + [ids[-1]] * (longest - len(ids)) for ids in some], device=loaded.device
            )
            output: Any = network(loaded)(input_ids=inputs, use_cache=False)
            ln = output.logits[:, :-1].float().log_softmax(-1).gather(2, inputs[:, 1:, None])[..., 0]
        found += [-row[: len(ids) - 1].double().numpy() for row, ids in zip(ln.cpu(), some, strict=True)]
    return found


# --- several gaps -----------------------------------------------------------------------------------------


def places_of(text: str, hide: Sequence[str]) -> tuple[int, ...]:
    """The gaps that a link names, in order; those that the text has not are left out."""
    count = len(spans(clean(text)))
    asked = {int(one) for one in hide if one.isascii() and one.isdigit() and len(one) < 5}
    return tuple(sorted(one for one in asked if one < count))[:MOST_GAPS]


@named("masked_words.fill_masked")
def fill_masked(*, loaded: LoadedModel, text: str, hide: tuple[str, ...]) -> Filled:
    """Fill several gaps, one mask each, all hidden at once: each is guessed without seeing the other guesses.

    Errors: those of ``masked``, BadParameter("hide"). Source: Devlin et al. 2019 §3.1.
    """
    text, mask = clean(text), mask_of(loaded)
    words, places = spans(text), places_of(text, hide)
    ids, owners, _ = _read(loaded, text, words, mask)
    groups = _grouped(owners, len(words))
    places = tuple(place for place in places if groups[place])
    if not places:
        raise BadParameter(name="hide")
    heads = {groups[place][0]: place for place in places}
    gone = {at for place in places for at in groups[place][1:]}
    kept = [at for at in range(len(ids)) if at not in gone]
    line = [mask if at in heads else ids[at] for at in kept]
    rows = _at_masks(loaded, [(line, kept.index(groups[place][0])) for place in places])
    true = [text[slice(*words[place])] for place in places]
    told = [len(groups[place]) == 1 and not blank(word) for place, word in zip(places, true, strict=True)]
    wanted = [ids[groups[place][0]] if one else -1 for place, one in zip(places, told, strict=True)]
    hidden = [text[: words[place][0]] for place in places]
    return _filled(loaded, places, true, hidden, rows, wanted)


@named("masked_words.fill_causal")
def fill_causal(*, loaded: LoadedModel, text: str, hide: tuple[str, ...]) -> Filled:
    """Fill several gaps from left to right; before a later gap the model reads its own guesses for the earlier ones.

    Errors: those of ``causal``, BadParameter("hide").
    """
    text, start = clean(text), start_of(loaded)
    words, places = spans(text), places_of(text, hide)
    if not places:
        raise BadParameter(name="hide")
    read, at, rows, wanted, contexts = "", 0, [], [], []
    for place in places:
        first, last = words[place]
        read += text[at:first]
        ids, offsets, _ = _encoded(loaded, read + text[first:last], special=False)
        split = next((n for n, (_, end) in enumerate(offsets) if end > len(read)), len(ids) - 1)
        line = [*start, *ids[:split]]
        row = (
            _next(loaded, [line])[0][-1]
            if line
            else np.full(len(loaded.tokenizer), -np.log(len(loaded.tokenizer)))
        )
        rows.append(row.astype(np.float32))
        wanted.append(-1 if blank(text[first:last]) else ids[split])
        contexts.append(read)
        read, at = read + _written(loaded, row), last
    true = [text[slice(*words[place])] for place in places]
    return _filled(loaded, places, true, contexts, rows, wanted)


def _written(loaded: LoadedModel, row: Array) -> str:
    """The most probable token that is a word, as text without the space before it."""
    for id in np.argsort(-row, kind="stable")[: 5 * TOP].tolist():
        name: str = str(loaded.tokenizer.decode([id])).strip()
        if name and name[0].isalnum():
            return name
    return "…"


def _filled(
    loaded: LoadedModel, places: Sequence[int], true: Sequence[str], read: Sequence[str], rows: Sequence[Array],
    wanted: Sequence[int],
) -> Filled:  # fmt: skip
    best = [_best(row) for row in rows]
    some = [(row, id) for row, id in zip(rows, wanted, strict=True)]
    return Filled(
        model=loaded.spec.id,
        places=_whole(places),
        words=tuple(true),
        read=tuple(read),
        nats=_floats([-row[id] if id >= 0 else np.nan for row, id in some]),
        rank=_whole([1 + int((row > row[id]).sum()) if id >= 0 else 0 for row, id in some]),
        candidates=_named(loaded, [ids for ids, _ in best]),
        share=_floats(np.stack([share for _, share in best])),
    )


# --- what to say ------------------------------------------------------------------------------------------


def totals(result: Masked | Causal) -> Totals:
    """The text's sum of −ln p, per piece, word and character.

    Of a masked model, over pieces masked one at a time, it is the pseudo-log-likelihood with its sign turned: no
    probability of the text, since its terms do not multiply to one (Salazar et al. 2020, §2).
    """
    told = result.nats[~np.isnan(result.nats)].astype(np.float64)
    true = [word for word in result.words if not blank(word)]
    nats, words = float(told.sum()), max(1, len(true))
    characters = max(1, sum(len(word) for word in true))
    return Totals(
        nats=nats,
        pieces=len(told),
        words=words,
        characters=characters,
        per_piece=math.exp(nats / max(1, len(told))),
        per_word=math.exp(min(700.0, nats / words)),
        bits_per_character=nats / math.log(2) / characters,
    )


def better(told: Masked, foreseen: Causal) -> tuple[int, int, int]:
    """How many words the masked model gave more probability, how many it gave less, and how many can be compared."""
    gain = foreseen.word_nats - told.word_nats
    some = gain[~np.isnan(gain)]
    return int((some > 0).sum()), int((some < 0).sum()), len(some)


def telling(told: Masked, foreseen: Causal) -> int:
    """The gap to open on: a typed mask, else the one-piece word, not the first, that the right side helps most."""
    typed = next((at for at, word in enumerate(told.words) if blank(word)), -1)
    if typed >= 0:
        return typed
    gain = np.where(told.count == 1, foreseen.word_nats - told.word_nats, -np.inf)
    gain[0] -= 1e6  # nothing stands to its left
    return int(np.nan_to_num(gain, nan=-np.inf, neginf=-1e9).argmax())


def _floats(values: npt.ArrayLike) -> Array:
    return read_only(np.asarray(values, dtype=np.float32))


def _whole(values: npt.ArrayLike) -> Ints:
    return read_only(np.asarray(values, dtype=np.int32))
