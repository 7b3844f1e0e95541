"""Training a vocabulary: BPE, WordPiece and Unigram on a small corpus, and every merge of BPE one by one.

The library ``tokenizers`` trains; what it does not tell (how often each merged pair stood in the corpus, how long
the corpus was after each merge) comes from replaying its merges over the corpus' words. Nothing is random but
the choice of lines that are held out, which ``seed`` decides.
"""

from __future__ import annotations

import itertools
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core.arrays import read_only
from core.catalog.token_splits import ALGORITHMS
from core.compute.token_splits.corpus import (
    LONGEST_WORD,
    SPACE,
    alphabet_of,
    count_words,
    held_out,
    read_corpus,
    words_of,
)
from core.errors import BadParameter
from core.jobs.lines import TRAININGS
from core.models.tokens.labels import visible
from core.results import named

if TYPE_CHECKING:
    from tokenizers import Tokenizer

LEAST_SIZE, MOST_SIZE = 64, 8000
"""Bounds of the vocabulary's size."""
SHOWN_WORDS = 60
"""So many of the corpus' most frequent words are shown while merges are scrubbed."""
SIZES = (200, 400, 800, 1600, 3200, 6400)
"""Vocabulary sizes of the curve."""
SEED_PIECES = 50_000
"""Unigram starts from so many pieces and drops the least useful ones."""
UNKNOWN = "[UNK]"

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]
Progress = Callable[[str, float], None]
"""Told a stage ("training", "sizes") and how much of it is done, 0 … 1."""


@dataclass(frozen=True, slots=True)
class Merge:
    """One step of training BPE."""

    left: str
    right: str
    new: str
    count: int  # how often the pair stood in the corpus just before


@dataclass(frozen=True, slots=True, eq=False)
class Training:
    """A vocabulary trained on a corpus."""

    algorithm: str
    size: int  # as asked for
    seed: int
    characters: int  # of the text that was trained on
    lines: int  # that were trained on
    held_out: int  # lines that were not
    words: int  # different words of the corpus
    alphabet: tuple[
        str, ...
    ]  # the characters that it can write, the most frequent first: half the size at most
    pieces: tuple[str, ...]  # in order of id; the rarest characters of Unigram come in no fixed order
    labels: tuple[str, ...]  # [piece] plain text for display, "·" for a space
    scores: Floats  # [piece] Unigram: natural logarithm of its probability; else empty
    merges: tuple[Merge, ...]  # BPE, in the order they were learned
    length: Ints  # [merge + 1] BPE: tokens of the corpus after so many merges
    samples: tuple[str, ...]  # the corpus' most frequent words
    sample_counts: Ints  # [sample] how often each stands in the corpus
    sample_cuts: tuple[tuple[str, ...], ...]  # [sample] each as the finished vocabulary cuts it
    unknown_rate: float  # share of the held-out characters that the vocabulary cannot write
    characters_per_token: float  # on the held-out lines


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """How a vocabulary's size changes what it does with text that it has not seen."""

    algorithm: str
    d_model: int
    sizes: Ints  # [size] pieces that the trained vocabulary has
    length: Ints  # [size] tokens of the held-out text
    characters_per_token: Floats  # [size]
    unknown_rate: Floats  # [size] share of the held-out characters that it cannot write
    parameters: Ints  # [size] numbers of the embedding: pieces · d_model
    characters: int  # of the held-out text


@named("token_splits.train")
def train(
    *, algorithm: str, corpus: str, size: int, seed: int = 0, progress: Progress | None = None
) -> Training:
    """Train a vocabulary of about ``size`` pieces on a bundled corpus, or on ``corpus`` itself.

    Errors: BadParameter("algorithm" | "size"), TextEmpty, TextTooShort, TextTooLong (in bytes).

    >>> train(algorithm="bpe", corpus="low lower lowest " * 50, size=64).merges[0]  # doctest: +SKIP
    Merge(left='l', right='o', new='lo', count=135)
    """
    if not LEAST_SIZE <= size <= MOST_SIZE:
        raise BadParameter(name="size")
    text = read_corpus(corpus)
    with TRAININGS.turn():
        lines, kept = held_out(text, seed)
        _say(progress, "training", 0.1)
        words = count_words(lines, algorithm)
        _say(progress, "training", 0.3)
        engine = trained(algorithm, words, size)
        _say(progress, "training", 0.7)
        merges, length = replay(engine, words) if algorithm == "bpe" else ((), np.zeros(0, np.int32))
    pieces, scores = _pieces(engine)
    most = words.most_common(SHOWN_WORDS)
    tokens, unknown, characters = measure(engine, kept, algorithm)
    return Training(
        algorithm=algorithm,
        size=size,
        seed=seed,
        characters=sum(map(len, lines)),
        lines=len(lines),
        held_out=len(kept),
        words=len(words),
        alphabet=alphabet_of(words, size),
        pieces=pieces,
        labels=tuple(visible(piece.replace(SPACE, " ")) for piece in pieces),
        scores=scores,
        merges=merges,
        length=length,
        samples=tuple(word for word, _ in most),
        sample_counts=read_only(np.array([count for _, count in most], np.int32)),
        sample_cuts=tuple(tuple(_cut(engine, word)) for word, _ in most),
        unknown_rate=unknown / max(1, characters),
        characters_per_token=characters / max(1, tokens),
    )


@named("token_splits.curve")
def curve(
    *, algorithm: str, corpus: str, d_model: int = 512, seed: int = 0, progress: Progress | None = None
) -> Curve:
    """Train vocabularies of ``SIZES`` and measure each on the lines that were held out.

    Sizes that the corpus is too small for are left out. Errors: as ``train``, BadParameter("d_model").
    """
    if not 1 <= d_model <= 16_384:
        raise BadParameter(name="d_model")
    text = read_corpus(corpus)
    with TRAININGS.turn():
        lines, kept = held_out(text, seed)
        words = count_words(lines, algorithm)
        rows: list[tuple[int, int, float, float, int]] = []
        characters = 0
        for done, size in enumerate(SIZES):
            _say(progress, "sizes", done / len(SIZES))
            engine = trained(algorithm, words, size)
            tokens, unknown, characters = measure(engine, kept, algorithm)
            have = engine.get_vocab_size()
            if rows and have <= rows[-1][0]:
                break
            rate = characters / max(1, tokens)
            rows.append((have, tokens, rate, unknown / max(1, characters), have * d_model))
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    return Curve(
        algorithm=algorithm,
        d_model=d_model,
        sizes=read_only(columns[0].astype(np.int32)),
        length=read_only(columns[1].astype(np.int32)),
        characters_per_token=read_only(columns[2].astype(np.float32)),
        unknown_rate=read_only(columns[3].astype(np.float32)),
        parameters=read_only(columns[4].astype(np.int32)),
        characters=characters,
    )


def gain(found: Curve) -> tuple[float, float]:
    """How many times as many pieces the largest vocabulary has as the smallest, and the share of tokens it saves."""
    sizes, length = found.sizes, found.length
    return float(sizes[-1] / sizes[0]), float(1 - length[-1] / length[0])


def gain_said(found: Curve) -> str:
    """Which sentence says what the sizes change: "curve", or why a larger vocabulary saves nothing.

    "curve_flat": fewer characters are unknown, and what was one unknown token is written out; "curve_same": the new
    pieces shorten nothing.
    """
    if found.length[-1] < found.length[0]:
        return "curve"
    return "curve_flat" if found.unknown_rate[-1] < found.unknown_rate[0] else "curve_same"


def _say(progress: Progress | None, stage: str, done: float) -> None:
    if progress is not None:
        progress(stage, done)


# --- training -------------------------------------------------------------------------------------


def trained(algorithm: str, words: Mapping[str, int], size: int) -> Tokenizer:
    """The library's tokenizer, trained on words with their counts. Errors: BadParameter("algorithm")."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    if algorithm not in ALGORITHMS:
        raise BadParameter(name="algorithm")
    alphabet = alphabet_of(words, size)
    options: dict[str, Any] = {"vocab_size": size, "special_tokens": [UNKNOWN], "show_progress": False}
    model: Any
    trainer: Any
    if algorithm == "unigram":
        model = models.Unigram()
        options |= {"unk_token": UNKNOWN, "max_piece_length": 16, "seed_size": SEED_PIECES}
        trainer = trainers.UnigramTrainer(**options)
    elif algorithm == "wordpiece":
        model = models.WordPiece({UNKNOWN: 0}, unk_token=UNKNOWN, max_input_chars_per_word=LONGEST_WORD)
        lines = "\n".join(_repeated(dict.fromkeys(words, 1), frozenset(alphabet))).split("\n")
        inside = {char for line in lines for char in line[1:]}
        # named first, because the library's own order varies
        options["special_tokens"] = [UNKNOWN, *(f"##{char}" for char in sorted(inside))]
        trainer = trainers.WordPieceTrainer(min_frequency=2, **options)
    else:
        model = models.BPE(unk_token=UNKNOWN)
        trainer = trainers.BpeTrainer(min_frequency=2, **options)
    engine = Tokenizer(model)
    engine.pre_tokenizer = pre_tokenizers.Split("\n", behavior="removed")
    engine.train_from_iterator(_repeated(words, frozenset(alphabet)), trainer)
    if algorithm == "unigram":
        pieces = json.loads(engine.to_str())["model"]["vocab"][1:]
        pieces.sort(key=lambda entry: (-round(entry[1], 1), entry[0]))
        engine.model = models.Unigram([(UNKNOWN, 0.0), *map(tuple, pieces)], unk_id=0)
    return engine


def _repeated(words: Mapping[str, int], alphabet: frozenset[str]) -> Iterator[str]:
    """Every word as often as it stands in the corpus, many on a line, cut at characters that stay unknown."""
    batch: list[str] = []
    for word, count in words.items():
        known = "".join(char if char in alphabet else "\n" for char in word).strip("\n")
        batch += [known] * count if known else []
        if len(batch) > 1000:
            yield "\n".join(batch)
            batch = []
    yield "\n".join(batch)


def _cut(engine: Tokenizer, word: str) -> list[str]:
    return list(engine.encode(word, add_special_tokens=False).tokens)


def _pieces(engine: Tokenizer) -> tuple[tuple[str, ...], Floats]:
    vocabulary = json.loads(engine.to_str())["model"]["vocab"]
    if isinstance(vocabulary, list):
        scores = np.array([score for _, score in vocabulary], np.float32)
        return tuple(piece for piece, _ in vocabulary), read_only(scores)
    ordered = sorted(vocabulary.items(), key=lambda item: item[1])
    return tuple(piece for piece, _ in ordered), read_only(np.zeros(0, np.float32))


def measure(engine: Tokenizer, lines: Sequence[str], algorithm: str) -> tuple[int, int, int]:
    """Tokens of the lines, characters of them that are unknown, and all their characters."""
    words = Counter(word for line in lines for word in words_of(line, algorithm))
    unknown_id = engine.token_to_id(UNKNOWN)
    tokens = unknown = 0
    counts = list(words.values())
    found = engine.encode_batch(list(words), add_special_tokens=False)
    for encoding, count in zip(found, counts, strict=True):
        tokens += count * len(encoding.ids)
        lost = sum(
            end - start
            for one, (start, end) in zip(encoding.ids, encoding.offsets, strict=True)
            if one == unknown_id
        )
        unknown += count * lost
    return tokens, unknown, sum(map(len, lines))


# --- every merge ----------------------------------------------------------------------------------


class _Corpus:
    """Words in pieces, with the counts of neighbouring pairs kept up to date while pairs are merged."""

    def __init__(self, words: Mapping[str, int], alphabet: frozenset[str]) -> None:
        self.words = [[char if char in alphabet else UNKNOWN for char in word] for word in words]
        self.counts = list(words.values())
        self.tokens = sum(len(word) * count for word, count in zip(self.words, self.counts, strict=True))
        self.where: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
        for at, word in enumerate(self.words):
            for pair in itertools.pairwise(word):
                self.where[pair].add(at)

    def merge(self, left: str, right: str) -> int:
        """Join every such pair; how often it stood there."""
        new, done = left + right, 0
        for at in self.where.pop((left, right), set()):
            word, count = self.words[at], self.counts[at]
            made: list[str] = []
            place = 0
            while place < len(word):
                if word[place] == left and place + 1 < len(word) and word[place + 1] == right:
                    made.append(new)
                    place += 2
                else:
                    made.append(word[place])
                    place += 1
            joined = len(word) - len(made)
            if joined:
                self.words[at] = made
                done += joined * count
                for pair in itertools.pairwise(made):
                    if new in pair:
                        self.where[pair].add(at)
        self.tokens -= done
        return done


def replay(engine: Tokenizer, words: Mapping[str, int]) -> tuple[tuple[Merge, ...], Ints]:
    """The merges of a trained BPE with their counts, and the corpus' length in tokens after each."""
    model = json.loads(engine.to_str())["model"]
    alphabet = frozenset(piece for piece in model["vocab"] if len(piece) == 1)
    corpus = _Corpus(words, alphabet)
    merges, length = [], [corpus.tokens]
    for left, right in model["merges"]:
        count = corpus.merge(left, right)
        merges.append(Merge(left, right, left + right, count))
        length.append(corpus.tokens)
    return tuple(merges), read_only(np.array(length, np.int32))
