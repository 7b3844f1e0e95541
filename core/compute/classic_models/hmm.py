"""A hidden Markov model: its probabilities, its likeliest states, and training by expectation maximisation.

    p(o, s) = start[s_1] emit[s_1, o_1] · Π_t move[s_t−1, s_t] emit[s_t, o_t]

Sums over states are scaled at every step, so that no text is too long for them (Rabiner 1989, §V A).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.numerics import Doubles

FLOOR = 1e-6
"""Share of an even distribution in what is asked about new text: after training some steps have no chance at all."""
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Hmm:
    """The parameters; every row sums to one."""

    start: Doubles  # [state]
    move: Doubles  # [state, next state]
    emit: Doubles  # [state, piece]

    def floored(self) -> Hmm:
        """Nearly the same, with every step possible."""
        rows = (self.start, self.move, self.emit)
        return Hmm(*((1 - FLOOR) * row + FLOOR / row.shape[-1] for row in rows))


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Texts side by side, the longest first."""

    ids: Whole  # [text, place], 0 behind the end
    active: tuple[int, ...]  # [place] texts that are so long

    @classmethod
    def of(cls, texts: Sequence[Sequence[int]]) -> Batch:
        """Texts of any lengths; empty ones are left out."""
        ranked = sorted((text for text in texts if text), key=len, reverse=True)
        longest = len(ranked[0]) if ranked else 0
        ids = np.zeros((len(ranked), longest), np.int64)
        for row, text in zip(ids, ranked, strict=True):
            row[: len(text)] = text
        lengths = np.array([len(text) for text in ranked])
        return cls(ids, tuple(int((lengths > at).sum()) for at in range(longest)))

    def column(self, at: int) -> Whole:
        """The pieces at a place."""
        return self.ids[: self.active[at], at]


@dataclass(frozen=True, slots=True, eq=False)
class Expected:
    """What the present parameters say of the texts' states."""

    start: Doubles  # [state] how many texts begin in it
    move: Doubles  # [state, next state] how often is gone from one to the other
    emit: Doubles  # [state, piece] how often it gave the piece
    log_likelihood: float  # nats of all texts


def forward(model: Hmm, batch: Batch) -> tuple[list[Doubles], list[Doubles]]:
    """For each place p(state | pieces so far) [text, state], and p(piece | those before it) [text]."""
    gives = model.emit.T
    alphas: list[Doubles] = []
    scales: list[Doubles] = []
    for at, count in enumerate(batch.active):
        before = alphas[-1][:count] @ model.move if alphas else model.start
        joint = before * gives[batch.column(at)]
        scale = joint.sum(axis=1)
        alphas.append(joint / scale[:, None])
        scales.append(scale)
    return alphas, scales


def backward(model: Hmm, batch: Batch, scales: Sequence[Doubles]) -> list[Doubles]:
    """For each place p(pieces behind it | state) [text, state], over the product of their scales."""
    gives, last = model.emit.T, len(batch.active) - 1
    betas = [np.ones((batch.active[last], len(model.start)))] if last >= 0 else []
    for at in range(last, 0, -1):
        inside = gives[batch.column(at)] * betas[-1] / scales[at][:, None]
        beta = np.ones((batch.active[at - 1], len(model.start)))
        beta[: len(inside)] = inside @ model.move.T
        betas.append(beta)
    return betas[::-1]


def log_likelihoods(model: Hmm, batch: Batch) -> Doubles:
    """The logarithm of p of each text, the longest first."""
    result = np.zeros(len(batch.ids))
    for scale in forward(model, batch)[1]:
        result[: len(scale)] += np.log(scale)
    return result


def expect(model: Hmm, batch: Batch) -> Expected:
    """The expectation step (Baum et al. 1970)."""
    alphas, scales = forward(model, batch)
    betas = backward(model, batch, scales)
    gammas = [alpha * beta for alpha, beta in zip(alphas, betas, strict=True)]
    moves = np.zeros_like(model.move)
    gives = model.emit.T
    for at in range(1, len(alphas)):
        inside = gives[batch.column(at)] * betas[at] / scales[at][:, None]
        moves += alphas[at - 1][: len(inside)].T @ inside
    pieces = np.concatenate([batch.column(at) for at in range(len(alphas))])
    flat = np.concatenate(gammas)
    size = model.emit.shape[1]
    emitted = np.stack([np.bincount(pieces, row, size) for row in flat.T]).astype(np.float64)
    likelihood = sum(float(np.log(scale).sum()) for scale in scales)
    return Expected(gammas[0].sum(axis=0), moves * model.move, emitted, likelihood)


def maximised(found: Expected) -> Hmm:
    """The maximisation step: relative frequencies; a state that nothing is expected of keeps an even row."""
    return Hmm(_normal(found.start), _normal(found.move), _normal(found.emit))


def _normal(counts: Doubles) -> Doubles:
    total = counts.sum(axis=-1, keepdims=True)
    return np.where(total > 0, counts / np.where(total > 0, total, 1), 1 / counts.shape[-1])


def begun(frequencies: Doubles, states: int, seed: int) -> Hmm:
    """Parameters to start from: the pieces' frequencies [piece], shaken, and steps at random.

    Nearly even ones would leave all states alike for dozens of steps.
    """
    chance = np.random.default_rng(seed)
    emit = frequencies * chance.exponential(size=(states, len(frequencies)))
    move = chance.exponential(size=(states, states))
    return Hmm(np.full(states, 1 / states), _normal(move), _normal(emit))


def trained(model: Hmm, batch: Batch) -> Iterator[tuple[Hmm, Expected]]:
    """The model and what it expects, after 0, 1, 2, … steps of Baum–Welch; ln p never falls."""
    while True:
        found = expect(model, batch)
        yield model, found
        model = maximised(found)


def viterbi(model: Hmm, ids: Sequence[int]) -> tuple[list[int], float]:
    """The likeliest states of a text and ln p(text, states) (Viterbi 1967)."""
    with np.errstate(divide="ignore"):
        move, gives, score = np.log(model.move), np.log(model.emit.T), np.log(model.start)
    came: list[Whole] = []
    for at, id in enumerate(ids):
        if at:
            paths = score[:, None] + move
            came.append(paths.argmax(axis=0))
            score = paths.max(axis=0)
        score = score + gives[id]
    states = [int(score.argmax())]
    for before in reversed(came):
        states.append(int(before[states[-1]]))
    return states[::-1], float(score.max())
