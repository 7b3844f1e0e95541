"""The hidden Markov model of a corpus: trained live, read on a text, and writing."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.arrays import Array, Ints, read_only
from core.compute.classic_models import hmm
from core.compute.classic_models.counts import cut_corpus
from core.compute.classic_models.hmm import Batch, Hmm
from core.compute.classic_models.pieces import (
    Speller,
    Unit,
    Vocabulary,
    read_lines,
    shown,
    unknown,
    vocabulary,
)
from core.errors import BadParameter
from core.jobs.lines import TRAININGS
from core.jobs.permit import Report, quiet
from core.jobs.remembered import Remembered
from core.numerics import Doubles, highest
from core.results import named

FEWEST, MOST = 2, 10
"""States."""
EMITTED = 1000
"""So many of the most frequent pieces are given; all others are <unk>."""
PIECES = 40_000
"""Pieces of the training text that are used, from its beginning."""
LONGEST = 100
"""A longer sentence is read as several."""
MOST_STEPS = 100
ROWS = 12
"""So many of the most probable pieces are listed."""
MOST_WRITTEN = 400


@dataclass(frozen=True, slots=True, eq=False)
class Training:
    """A model of hidden states, the most frequent state first."""

    pieces: int  # that were trained on
    vocabulary: int  # different pieces that it gives
    log_likelihood: Array  # [step] nats per piece of the training text after 0, 1, 2, … steps
    start: Array  # [state] probability of beginning in it
    move: Array  # [state, next state]
    share: Array  # [state] expected share of all pieces that it gave
    given: tuple[tuple[str, ...], ...]  # [state][ROWS] the pieces that it gives most often
    probability: Array  # [state, ROWS] of these, in this state; 0 where there are fewer
    bits: float  # bits per byte of the held-out text, with what unknown pieces cost to spell
    spelling: float  # of these, for spelling
    perplexity: float  # per piece of the held-out text, without spelling


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """A text, and the states behind it."""

    pieces: tuple[str, ...]
    known: tuple[bool, ...]  # [piece] whether it is among those that the model gives
    path: Ints  # [piece] Viterbi: the states that are likeliest together
    posterior: Array  # [piece, state] probability of each state, given the whole text
    bits: Array  # [piece] −log2 p(piece | those before it)
    path_log: float  # ln p(text, path)
    log_likelihood: float  # ln p(text), over all paths
    next_state: Array  # [state] probability of the state after the text
    next_pieces: tuple[str, ...]  # the most probable next pieces
    next_probability: Array  # [row]


@dataclass(frozen=True, slots=True, eq=False)
class Walk:
    """A text that the model wrote, and its states."""

    text: str
    pieces: tuple[str, ...]  # "\n" for the end of a sentence
    states: Ints  # [piece]


@dataclass(frozen=True, slots=True, eq=False)
class _Trained:
    words: Vocabulary
    model: Hmm
    logs: tuple[float, ...]  # [step] nats per piece
    share: Doubles
    pieces: int


_TRAINED: Remembered[_Trained] = Remembered(TRAININGS, 4, "states")


def _train(
    corpus: str, unit: Unit, lower: bool, states: int, steps: int, seed: int, progress: Report = quiet
) -> _Trained:
    if not (FEWEST <= states <= MOST and 0 <= steps <= MOST_STEPS):
        raise BadParameter(name="steps" if FEWEST <= states <= MOST else "states")

    def make() -> _Trained:
        return _fitted(cut_corpus(corpus, unit, lower, progress).train, states, steps, seed, progress)

    return _TRAINED.get((corpus, unit, lower, states, steps, seed), make)


def _fitted(lines: Sequence[Sequence[str]], states: int, steps: int, seed: int, progress: Report) -> _Trained:
    whole = vocabulary(lines)
    pieces = whole.pieces[: EMITTED + 2]
    words = Vocabulary(pieces, {piece: at for at, piece in enumerate(pieces) if at > 1})
    parts = [part for line in lines for part in _texts(line, words)]
    starts = itertools.accumulate(map(len, parts), initial=0)
    texts = [part for part, start in zip(parts, starts, strict=False) if start < PIECES]
    batch = Batch.of(texts)
    counts = np.bincount(np.concatenate(texts), minlength=len(pieces)).astype(np.float64)
    begun = hmm.begun(counts / counts.sum(), states, seed)
    total = int(counts.sum())
    run: list[tuple[Hmm, hmm.Expected]] = []
    for step in itertools.islice(hmm.trained(begun, batch), steps + 1):
        run.append(step)
        progress("states", len(run) / (steps + 1))
    model, found = run[-1]
    share = found.emit.sum(axis=1)
    order = ordered(share / total, model.emit)
    sorted_model = Hmm(model.start[order], model.move[np.ix_(order, order)], model.emit[order])
    return _Trained(words, sorted_model, _logs(run, total), share[order] / total, total)


def ordered(share: Doubles, emit: Doubles) -> Ints:
    """States [state], the most frequent first, equally frequent ones by their most probable piece.

    The last digits of a share are other ones on another processor: they decide nothing.
    """
    found: Ints = np.lexsort((emit.argmax(axis=1), -np.round(share, 6))).astype(np.int32)
    return found


def _logs(run: Sequence[tuple[Hmm, hmm.Expected]], pieces: int) -> tuple[float, ...]:
    return tuple(one.log_likelihood / pieces for _, one in run)


def _texts(line: Sequence[str], words: Vocabulary) -> list[list[int]]:
    """A sentence and its end, in parts that are not too long."""
    ids = [*words.ids(line), 1]
    return [ids[at : at + LONGEST] for at in range(0, len(ids), LONGEST)]


@named("classic_models.train_states")
def train_states(
    *,
    corpus: str,
    unit: Unit,
    states: int = 6,
    steps: int = 60,
    seed: int = 0,
    lower: bool = False,
    progress: Report | None = None,
) -> Training:
    """A hidden Markov model of the corpus' most frequent pieces, trained by Baum–Welch.

    Bits per byte are counted as for n-grams: −log2 p over the held-out text, unknown pieces spelled.
    Errors: those of ``read``, OneWord, BadParameter. Source: Baum et al. 1970; Rabiner 1989; with two states and
    characters: Cave & Neuwirth 1980.

    >>> train_states(corpus="english", unit="character", states=2, lower=True).given[1][:5]  # doctest: +SKIP
    ('e', 'a', 'o', 'i', 'u')
    """
    found = _train(corpus, unit, lower, states, steps, seed, progress or quiet)
    emit = found.model.emit
    count = min(ROWS, emit.shape[1])
    rows = np.stack([highest(row, count) for row in emit])
    bits, spelling, pieces = _cost(found, corpus, unit, lower)
    size = cut_corpus(corpus, unit, lower).corpus.held_out_bytes
    return Training(
        pieces=found.pieces, vocabulary=emit.shape[1],
        log_likelihood=_floats(found.logs),
        start=_floats(found.model.start), move=_floats(found.model.move), share=_floats(found.share),
        given=tuple(tuple(shown(found.words.pieces[at]) for at in row) for row in rows),
        probability=_floats(np.take_along_axis(emit, rows, axis=1)),
        bits=(bits + spelling) / size, spelling=spelling / size, perplexity=2 ** (bits / pieces),
    )  # fmt: skip


def _floats(values: object) -> Array:
    return read_only(np.asarray(values, np.float32))


def _cost(found: _Trained, corpus: str, unit: Unit, lower: bool) -> tuple[float, float, int]:
    """Bits of the held-out text, what spelling adds to them, and its pieces."""
    cut = cut_corpus(corpus, unit, lower)
    batch = Batch.of([part for line in cut.held_out for part in _texts(line, found.words)])
    bits = -float(hmm.log_likelihoods(found.model.floored(), batch).sum()) / math.log(2)
    speller = Speller(unknown(cut.train, found.words))
    spelling = math.fsum(speller.cost(piece) for piece in unknown(cut.held_out, found.words))
    return bits, spelling, sum(batch.active)


@named("classic_models.read_states")
def read_states(
    *,
    corpus: str,
    unit: Unit,
    context: str,
    states: int = 6,
    steps: int = 60,
    seed: int = 0,
    lower: bool = False,
    progress: Report | None = None,
) -> Reading:
    """The states behind the last sentence of a text, and what the model expects next.

    Viterbi's path has the highest p(text, path); the posterior of a place is forward · backward. At most ``LONGEST``
    pieces, the last. Errors: those of ``train_states``. Source: Viterbi 1967; Rabiner 1989.

    >>> read_states(corpus="english", unit="word", context="the white whale").path.shape  # doctest: +SKIP
    (3,)
    """
    found = _train(corpus, unit, lower, states, steps, seed, progress or quiet)
    model = found.model.floored()
    lines = read_lines([context.lower() if lower else context], unit)
    line = lines[-1][-LONGEST:] if lines else []
    ids = found.words.ids(line)
    batch = Batch.of([ids])
    alphas, scales = hmm.forward(model, batch)
    posterior = [a * b for a, b in zip(alphas, hmm.backward(model, batch, scales), strict=True)]
    path, log = hmm.viterbi(model, ids) if ids else ([], 0.0)
    state = alphas[-1][0] @ model.move if alphas else model.start
    chance = state @ model.emit
    rows = highest(chance, min(ROWS, len(chance)))
    nats = np.log(np.concatenate(scales)) if scales else np.zeros(0)
    return Reading(
        pieces=tuple(map(shown, line)), known=tuple(piece in found.words.places for piece in line),
        path=read_only(np.array(path, np.int32)),
        posterior=_floats(np.concatenate(posterior) if posterior else np.zeros((0, states))),
        bits=_floats(-nats / math.log(2)), path_log=log, log_likelihood=float(nats.sum()),
        next_state=_floats(state), next_pieces=tuple(shown(found.words.pieces[at]) for at in rows),
        next_probability=_floats(chance[rows]),
    )  # fmt: skip


@named("classic_models.write_states")
def write_states(
    *,
    corpus: str,
    unit: Unit,
    states: int = 6,
    steps: int = 60,
    seed: int = 0,
    draw: int = 0,
    length: int = 60,
    lower: bool = False,
    progress: Report | None = None,
) -> Walk:
    """A text drawn from the model, state by state and piece by piece, without <unk>; ``draw``: the seed of the text.

    Errors: those of ``train_states``, BadParameter("length"). Source: Rabiner 1989 §II.

    >>> write_states(corpus="english", unit="word", length=5).states.shape  # doctest: +SKIP
    (5,)
    """
    if not 1 <= length <= MOST_WRITTEN:
        raise BadParameter(name="length")
    found = _train(corpus, unit, lower, states, steps, seed, progress or quiet)
    chance, model = np.random.default_rng(draw), found.model.floored()
    emit = model.emit.copy()
    emit[:, 0] = 0
    at, path, pieces = _pick(model.start, chance), [], []
    for _ in range(length):
        id = _pick(emit[at], chance)
        path.append(at)
        pieces.append("\n" if id == 1 else found.words.pieces[id])
        at = _pick(model.start if id == 1 else model.move[at], chance)
    text = "\n".join(line.strip(" ") for line in "".join(pieces).split("\n"))
    return Walk(text, tuple(pieces), read_only(np.array(path, np.int32)))


def _pick(weights: Doubles, chance: np.random.Generator) -> int:
    """A place, drawn as often as its weight says."""
    sums = np.cumsum(weights)
    return int(np.searchsorted(sums, chance.random() * sums[-1], side="right"))
