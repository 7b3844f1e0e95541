"""What a text costs in tokens: the same text in many languages, and a long text in pieces of a budget."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

import numpy as np
import numpy.typing as npt
import regex

from core.arrays import read_only
from core.errors import BadParameter, DamagedModel, MissingWeights, TextEmpty, TextTooLong
from core.models.tokens.vocabularies import LoadedVocabulary, jieba_words, load_vocabulary
from core.paths import DATA
from core.results import named

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

MOST_VOCABULARIES = 16
"""So many are compared over the languages."""
MAX_TEXT = 200_000
"""Longest text that is split by a budget, in characters."""
MAX_PIECES = 2_000
"""Most pieces that a text is split into."""
_GRAPHEME = regex.compile(r"\X")
_BREAKS = (
    regex.compile(r"\n\s*"),  # a paragraph or line
    regex.compile(r"[.!?。！？…]+[\"'”’」』)）]*\s*"),  # a sentence
    regex.compile(r"\s+|[,;:，；：、]\s*"),  # a word or clause
)


@dataclass(frozen=True, slots=True, eq=False)
class Fertility:
    """Tokens that the same sentences need in each language."""

    languages: tuple[str, ...]  # BCP 47
    names: tuple[str, ...]  # each language's own name
    texts: tuple[str, ...]
    vocabularies: tuple[str, ...]
    tokens: Ints  # [vocabulary, language]
    unknown: Ints  # [vocabulary, language] tokens that stand for what the vocabulary cannot write
    ratio: Floats  # [vocabulary, language] tokens over those of English
    per_word: Floats  # [vocabulary, language] tokens per word; words of Chinese by jieba, nan for ja
    characters: Ints  # [language]
    bytes: Ints  # [language]


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a long text."""

    start: int  # in characters
    end: int
    tokens: int  # of the piece by itself
    broken: str  # what it ends at: "end", "line", "sentence", "word" or "character"


@dataclass(frozen=True, slots=True)
class Budget:
    """A text in pieces that each fit a budget; they follow each other without gap or overlap."""

    vocabulary: str
    limit: int
    pieces: tuple[Piece, ...]
    whole: int  # tokens of the text in one piece


@named("token_splits.fertility")
def fertility(*, vocabularies: tuple[str, ...]) -> Fertility:
    """Count the tokens of one text in all languages of ``assets/data/parallel.json``.

    Errors: BadParameter("vocabularies"), what ``load_vocabulary`` raises.

    >>> fertility(vocabularies=("gpt2",)).ratio[0, 0]  # doctest: +SKIP
    1.0
    """
    if not 1 <= len(vocabularies) <= MOST_VOCABULARIES:
        raise BadParameter(name="vocabularies")
    parallel = parallel_texts()
    codes, texts = tuple(parallel), tuple(text for _, text in parallel.values())
    tokens = np.zeros((len(vocabularies), len(codes)), np.int32)
    unknown = np.zeros_like(tokens)
    for row, one in enumerate(vocabularies):
        loaded = load_vocabulary(one)
        for column, text in enumerate(texts):
            tokens[row, column], unknown[row, column] = count(loaded, text)
    words = np.array([_words(code, text) for code, text in zip(codes, texts, strict=True)], np.float32)
    english = tokens[:, codes.index("en")][:, None]
    return Fertility(
        languages=codes,
        names=tuple(name for name, _ in parallel.values()),
        texts=texts,
        vocabularies=vocabularies,
        tokens=read_only(tokens),
        unknown=read_only(unknown),
        ratio=read_only((tokens / english).astype(np.float32)),
        per_word=read_only((tokens / words).astype(np.float32)),
        characters=read_only(np.array([len(text) for text in texts], np.int32)),
        bytes=read_only(np.array([len(text.encode()) for text in texts], np.int32)),
    )


@cache
def parallel_texts() -> dict[str, tuple[str, str]]:
    """Language → its own name and the text. Errors: MissingWeights, DamagedModel."""
    try:
        stated = json.loads((DATA / "parallel.json").read_text("utf-8"))["texts"]
        return {code: (entry["name"], entry["text"]) for code, entry in stated.items()}
    except OSError as error:
        raise MissingWeights(model="parallel", file="parallel.json") from error
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedModel(model="parallel", file="parallel.json") from error


def _words(code: str, text: str) -> float:
    if code == "zh":
        return float(sum(any(map(str.isalnum, text[a:b])) for a, b in jieba_words(text)))
    return float("nan") if code in ("ja", "th") else float(len(text.split()))


def count(loaded: LoadedVocabulary, text: str) -> tuple[int, int]:
    """Tokens of a text, and how many of them are unknown."""
    if loaded.engine is not None:
        ids = loaded.engine.encode(text, add_special_tokens=False).ids
        return len(ids), ids.count(loaded.unknown_id)
    by_kind: dict[str, Callable[[], int]] = {
        "bytes": lambda: len(text.encode()),
        "characters": lambda: len(text),
        "jieba": lambda: len(jieba_words(text)),
    }
    return by_kind.get(loaded.spec.id, lambda: len(text.split()))(), 0


def budget(*, text: str, vocabulary: str, limit: int) -> Budget:
    """Split a text into pieces of at most ``limit`` tokens, as few breaks inside lines and sentences as possible.

    A piece ends at the last line that fits, else at the last sentence, word, or character; a character (a whole
    grapheme, an emoji with its parts) is never broken, so that a piece of one character may exceed the limit.
    Errors: TextEmpty, TextTooLong, BadParameter("limit").

    >>> [piece.tokens for piece in budget(text="One. Two. Three.", vocabulary="gpt2", limit=4).pieces]
    [4, 2]
    """
    if not text.strip():
        raise TextEmpty
    if len(text) > MAX_TEXT:
        raise TextTooLong(count=len(text), limit=MAX_TEXT, unit="characters")
    text = text.encode("utf-8", "replace").decode()
    loaded = load_vocabulary(vocabulary)
    whole, _ = count(loaded, text)
    if limit < 1 or whole > limit * MAX_PIECES // 2:
        raise BadParameter(name="limit")
    ends = [0, *(found.end() for found in _GRAPHEME.finditer(text))]
    whole_characters = frozenset(ends)
    pieces: list[Piece] = []
    at = 0
    while at < len(text):
        end = _furthest(loaded, text, at, ends, limit)
        end, broken = _nicer(loaded, text, at, end, whole_characters, limit)
        pieces.append(Piece(at, end, count(loaded, text[at:end])[0], broken))
        at = end
    return Budget(vocabulary, limit, tuple(pieces), whole)


def _nicer(
    loaded: LoadedVocabulary, text: str, at: int, furthest: int, allowed: frozenset[int], limit: int
) -> tuple[int, str]:
    """The last good place to end the piece in its second half, and what kind of place it is."""
    if furthest == len(text):
        return furthest, "end"
    for name, pattern in zip(("line", "sentence", "word"), _BREAKS, strict=True):
        places = [found.end() for found in pattern.finditer(text, at, furthest)]
        fitting = [place for place in places if place in allowed and 2 * place >= at + furthest]
        for place in reversed(fitting):
            if count(loaded, text[at:place])[0] <= limit:
                return place, name
    return furthest, "character"


def _furthest(loaded: LoadedVocabulary, text: str, at: int, ends: list[int], limit: int) -> int:
    """A grapheme boundary up to which the text from ``at`` takes at most ``limit`` tokens, about the last one.

    Where the budget is used up in the cut of a window is tried first; text that ends there may be cut into more.
    """
    first = bisect_right(ends, at)
    window = 4 * limit + 16
    end = _used_up(loaded, text[at : at + window], limit)
    while end == window and at + window < len(text):
        window *= 2
        end = _used_up(loaded, text[at : at + window], limit)
    place = max(first, bisect_right(ends, at + end) - 1)
    while place > first and count(loaded, text[at : ends[place]])[0] > limit:
        place -= 1
    return ends[place]


def _used_up(loaded: LoadedVocabulary, text: str, limit: int) -> int:
    """Where token number ``limit`` of the text ends, in characters; its length when it has no more."""
    if loaded.engine is not None:
        offsets = loaded.engine.encode(text, add_special_tokens=False).offsets
        return offsets[limit - 1][1] if len(offsets) > limit else len(text)
    if loaded.spec.id in ("characters", "bytes"):
        lengths = accumulate(len(char.encode()) if loaded.spec.id == "bytes" else 1 for char in text)
        return sum(length <= limit for length in lengths)
    spans = jieba_words(text) if loaded.spec.id == "jieba" else [m.span() for m in re.finditer(r"\S+", text)]
    return spans[limit - 1][1] if len(spans) > limit else len(text)
