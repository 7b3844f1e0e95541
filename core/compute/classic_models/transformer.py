"""The Transformer's side: what it expects after a context, how far back it looks, what held-out text costs it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core import host
from core.arrays import Array, Ints, read_only
from core.compute.classic_models.pieces import END, Unit, cut, first_piece, read_lines, shown
from core.data.classic_corpora import read
from core.errors import NeedsDecoder, TextEmpty, TextTooLong, TextTooShort
from core.models.read.decoding import Cache
from core.models.read.layouts import network
from core.models.read.room import most_tokens
from core.models.read.trace import computing
from core.numerics import Doubles, highest
from core.results import named

if TYPE_CHECKING:
    from core.models.load.residency import LoadedModel

CONTEXT = 512
"""Most tokens of a context."""
WINDOW = 2048
"""Most tokens that a held-out token is foretold from; every window but the first begins in the middle of another."""
CHUNK = 256
"""Tokens that are read at once; their keys and values are kept for the next."""
MOST_WORK = 600e9
"""Tokens of held-out text times parameters: SmolLM2 reads 4,400 tokens at most. Whole documents, at least one."""
AT_ONCE = 30_000_000
"""Numbers of logits of texts that go through the model together: 120 MB."""
WIDTH, PARTS = 16, 3
"""So many unfinished words are followed, over so many tokens."""
ROWS = 12
LENGTHS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
"""Pieces of context that are left, of those that there are."""
_STARTS = ("<|endoftext|>",)


@dataclass(frozen=True, slots=True, eq=False)
class Expected:
    """What a model expects after a context, in the pieces of the n-gram models."""

    tokens: int  # of the context, all of which it has read
    pieces: tuple[str, ...]  # the most probable; one that several tokens spell is put together
    probability: Array  # [row]
    rest: float  # probability of all others, and of words whose end was not looked for


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """How probable a continuation is when only the end of a context is read."""

    piece: str
    lengths: Ints  # [row] pieces of the context that are left; the last: all
    probability: Array  # [row]


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """What held-out text costs a model."""

    bits: float  # bits per byte
    held_out_bytes: int  # that were read; fewer than there are where the text is long
    tokens: int


# --- tokens --------------------------------------------------------------------------------------------


def _checked(loaded: LoadedModel) -> Any:
    if loaded.spec.kind != "decoder":
        raise NeedsDecoder(model=loaded.spec.id)
    return loaded.tokenizer


def text_ids(tokenizer: Any, text: str) -> list[int]:
    """The tokens of a text after the sign that a text begins with."""
    clean = text.encode("utf-8", "replace").decode().replace("\0", "")
    ids = list(tokenizer(clean, verbose=False)["input_ids"])
    if tokenizer.num_special_tokens_to_add(pair=False):
        return ids
    known = tokenizer.get_vocab()
    starts = [known[name] for name in _STARTS if name in known]
    return [*(starts or [tokenizer.bos_token_id or tokenizer.eos_token_id or 0]), *ids]


def _context_ids(loaded: LoadedModel, text: str, more: int) -> list[int]:
    ids = text_ids(_checked(loaded), text)
    limit = most_tokens(loaded, min(CONTEXT, loaded.spec.max_tokens or CONTEXT)) - more
    if len(ids) > limit:
        raise TextTooLong(count=len(ids), limit=limit)
    return ids


def _texts(loaded: LoadedModel, size: int) -> list[str]:
    """The text of each token; the sign that ends a text is the end of a line too."""
    tokenizer: Any = loaded.tokenizer
    known = min(size, len(tokenizer))
    special = set(tokenizer.all_special_ids)
    texts = tokenizer.batch_decode([[id] for id in range(known)], clean_up_tokenization_spaces=False)
    told = [
        "\n" if id == tokenizer.eos_token_id else "" if id in special else text
        for id, text in enumerate(texts)
    ]
    return told + [""] * (size - known)


# --- what follows ---------------------------------------------------------------------------------------


@named("classic_models.expected")
def expected(*, loaded: LoadedModel, context: str, unit: Unit) -> Expected:
    """The most probable next words or characters, as ``following`` lists those of n-grams.

    p(word) = Σ over ways to spell it Π p(token | context and tokens before) · p(no token that goes on with the word).
    A Chinese token is not put together with others. Errors: NeedsDecoder, TextEmpty, TextTooLong, BadParameter("unit").

    >>> expected(loaded=load("smollm2-135m"), context="Paris, the capital of", unit="word").pieces[0]  # doctest: +SKIP
    'France'
    """
    cut("", unit)
    if not context.strip():
        raise TextEmpty
    ids = _context_ids(loaded, context, PARTS)
    with computing(loaded):
        cache = Cache(loaded)
        first = _probabilities(cache.read([ids]))[0]
        texts = _texts(loaded, len(first))
        done, open_words = _begin(first, texts, unit)
        if open_words:
            _finish(cache, done, open_words, texts)
    done.pop(shown(" "), 0)  # alone it is the beginning of a piece
    named_done = sorted(done.items(), key=lambda one: (-one[1], one[0]))[:ROWS]
    return Expected(
        tokens=len(ids), pieces=tuple(piece for piece, _ in named_done),
        probability=read_only(np.array([chance for _, chance in named_done], np.float32)),
        rest=max(0.0, 1 - math.fsum(chance for _, chance in named_done)),
    )  # fmt: skip


def _probabilities(logits: Any) -> Doubles:
    """[text, token] in float64."""
    found: Doubles = logits.double().softmax(-1).numpy()
    return found


@dataclass(frozen=True, slots=True)
class _Open:
    """A word that may go on."""

    text: str
    token: int  # the last one
    parent: int  # row of the text that it goes on from
    chance: float


def _begin(first: Doubles, texts: Sequence[str], unit: Unit) -> tuple[dict[str, float], list[_Open]]:
    """The pieces that one token makes, with their probabilities, and the most probable unfinished words."""
    done: dict[str, float] = defaultdict(float)
    open_words = []
    for id in np.flatnonzero(first > 1e-9).tolist():
        piece, goes_on = first_piece(texts[id], unit)
        if piece and goes_on:
            open_words.append(_Open(texts[id], id, 0, float(first[id])))
        elif piece:
            done[shown(piece) if piece != "\n" else END] += float(first[id])
    open_words.sort(key=lambda one: (-one.chance, one.token))
    return done, open_words[:WIDTH]


def _finish(cache: Cache, done: dict[str, float], open_words: list[_Open], texts: Sequence[str]) -> None:
    """Follow unfinished words until they end; ``done`` is added to."""
    lettered = np.array([text[:1].isalpha() or text[:1] in "'’" for text in texts])
    numbered = np.array([text[:1].isdigit() for text in texts])
    for _ in range(PARTS - 1):
        cache.take([one.parent for one in open_words])
        chances = _probabilities(cache.read([[one.token] for one in open_words]))
        longer = []
        for row, (one, chance) in enumerate(zip(open_words, chances, strict=True)):
            goes_on = np.flatnonzero(numbered if one.text.strip().isdigit() else lettered)
            stay = one.chance * (1 - float(chance[goes_on].sum()))
            for id in goes_on[highest(chance[goes_on], WIDTH)].tolist():
                piece, more = first_piece(one.text + texts[id], "word")
                share = one.chance * float(chance[id])
                if piece == one.text:  # an apostrophe that belongs to no word
                    stay += share
                elif more:
                    longer.append(_Open(one.text + texts[id], id, row, share))
                else:
                    done[shown(piece)] += share
            done[shown(one.text)] += stay
        open_words = sorted(longer, key=lambda one: (-one.chance, one.text))[:WIDTH]
        if not open_words:
            return


# --- how far back ----------------------------------------------------------------------------------------


@named("classic_models.reach")
def reach(*, loaded: LoadedModel, context: str, unit: Unit, piece: str) -> Reach:
    """The probability that the text goes on with ``piece`` when only the last 1, 2, 3, … pieces are read, and all.

    Π p(token | those left before it) over the tokens of the piece. Errors: NeedsDecoder, TextTooShort, TextTooLong.
    Source: Khandelwal et al. 2018 (P18-1027).

    >>> reach(  # doctest: +SKIP
    ...     loaded=load("smollm2-135m"), context="Paris. I love", unit="word", piece=" Paris").lengths.tolist()
    [1, 2, 3, 4]
    """
    lines = [*read_lines([context], unit)] if unit == "word" else [list(context)]
    pieces = [one for line in lines for one in line]
    if not pieces or not piece:
        raise TextTooShort(count=0, least=1, unit="characters")
    lengths = [length for length in LENGTHS if length < len(pieces)] + [len(pieces)]
    added = len(text_ids(_checked(loaded), piece))
    _context_ids(loaded, context, added)
    rows = []
    with computing(loaded):
        for length in lengths:
            left = context if length == len(pieces) else "".join(pieces[-length:]).lstrip(" ")
            before, whole = text_ids(loaded.tokenizer, left), text_ids(loaded.tokenizer, left + piece)
            rows.append(math.exp(-float(_nats(loaded, [whole], len(whole) - len(before))[0].sum())))
    return Reach(
        piece.strip(" "), read_only(np.array(lengths, np.int32)), read_only(np.array(rows, np.float32))
    )


# --- held-out text -----------------------------------------------------------------------------------------


@named("classic_models.read_held_out")
def read_held_out(*, loaded: LoadedModel, corpus: str, lower: bool = False) -> Read:
    """Bits per byte of the corpus' held-out text, as ``held_out`` counts them for n-grams.

    −Σ log2 p(token | tokens before it in its document, at most ``WINDOW``) / bytes; a document begins after the
    model's own sign. What the model was trained on is its makers' choice: it may well have read the novel.
    Errors: those of ``read``, NeedsDecoder.

    >>> read_held_out(loaded=load("poem-gpt"), corpus="tang").bits  # doctest: +SKIP
    2.45
    """
    tokenizer, found = _checked(loaded), read(corpus, lower=lower)
    most, length = int(MOST_WORK / loaded.spec.parameters), min(WINDOW, loaded.spec.max_tokens or WINDOW)
    windows: list[tuple[list[int], int]] = []
    size = tokens = 0
    for text in found.held_out:
        lines = "".join(line + "\n" for line in text.split("\n") if line.strip())
        ids = _ended(tokenizer, text_ids(tokenizer, lines))
        if windows and tokens + len(ids) > most:
            break
        kept = ids[: most + 1]
        windows += _windows(kept, length)
        tokens += len(kept) - 1
        size += len(lines.encode()) if len(kept) == len(ids) else len(tokenizer.decode(kept[1:]).encode())
    total = 0.0
    for batch in _batches(windows, int(network(loaded).config.vocab_size)):
        with computing(loaded):
            total += math.fsum(_nats(loaded, [ids for ids, _ in batch], batch[0][1]).ravel().tolist())
    return Read(total / math.log(2) / max(1, size), size, tokens)


def _ended(tokenizer: Any, ids: list[int]) -> list[int]:
    """With the sign after a text, for a model that was trained with one before it."""
    return [*ids, tokenizer.eos_token_id] if tokenizer.num_special_tokens_to_add(pair=False) else ids


def _windows(ids: Sequence[int], length: int) -> Iterator[tuple[list[int], int]]:
    """Stretches of a text, and how many of the last tokens of each are counted: every token but the first once."""
    done = 1
    while done < len(ids):
        end = min(len(ids), length if done == 1 else done + length // 2)
        yield list(ids[max(0, end - length) : end]), end - done
        done = end


def _batches(
    windows: Sequence[tuple[list[int], int]], vocabulary: int
) -> Iterator[list[tuple[list[int], int]]]:
    """Windows of one length and one count together, as many as memory allows."""
    groups: dict[tuple[int, int], list[tuple[list[int], int]]] = defaultdict(list)
    for ids, counted in windows:
        groups[len(ids), counted].append((ids, counted))
    for (_, counted), group in groups.items():
        rows = max(1, host.numbers(AT_ONCE) // (vocabulary * min(CHUNK, counted)))
        yield from (group[at : at + rows] for at in range(0, len(group), rows))


def _nats(loaded: LoadedModel, rows: Sequence[Sequence[int]], counted: int) -> npt.NDArray[np.float32]:
    """[text, token] −ln p of the last ``counted`` tokens of equally long texts."""
    import torch

    cache, last, found = Cache(loaded), len(rows[0]) - 1, []
    for start in range(0, last, CHUNK):
        end = min(start + CHUNK, last)
        asked = min(end - start, max(1, end - last + counted))  # of the others no logits are needed
        logits = cache.read_all([row[start:end] for row in rows], keep=asked)
        told = torch.tensor([list(row[end - asked + 1 : end + 1]) for row in rows], device=loaded.device)
        nats = torch.nn.functional.cross_entropy(logits.flatten(0, 1), told.flatten(), reduction="none")
        found.append(nats.reshape(told.shape).cpu().numpy())
    result: npt.NDArray[np.float32] = np.concatenate(found, axis=1)[:, -counted:]
    return result
