"""The bundled trainings of the page ``training_lab``: their curves, what they wrote on the way, where they looked.

Made by ``python -m core.training.lab --write`` with the loop that trains live. Arrays are read-only, and the last few
runs are remembered.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import numpy as np

from core.arrays import Array, read_only
from core.data.lab_recipe import Recipe, parse
from core.data.lab_tokens import SPECIALS, Vocabulary
from core.errors import BadParameter
from core.models.load.manifest import read_manifest
from core.paths import DATA, MODELS

FOLDER = DATA / "lab"
INDEX, SEARCH = "index.json", "search.json"
KEPT = 8
"""Runs that are remembered: some 200 kB each."""


@dataclass(frozen=True, slots=True)
class About:
    """What there is to choose from, without reading a run."""

    name: str
    group: str  # "task", "fault", "warmup", "dropout", "smoothing", "optimizer", "schedule", "overfitting", …
    twin: str  # the run to look at beside it; "" for none
    recipe: Recipe
    ended: str  # "steps", "patience", "diverged"
    steps: int  # that were done
    loss: float  # the last one, nats per token
    held_out: float  # the last one that was measured, as the run measured it
    honest: float  # the held-out loss at the end without a fault, nats per token
    accuracy: float  # at the end, 0 … 1
    seconds: float  # of processor time


@dataclass(frozen=True, slots=True, eq=False)
class LabRun:
    """One bundled training."""

    name: str
    recipe: Recipe
    command: str
    ended: str
    groups: tuple[str, ...]  # what norms and ratios are of
    step: Array  # [record]
    loss: Array  # [record] nats per token, as it was minimised
    held_out: Array  # [record] nats per token, as the run measured it; nan where it did not
    norm: Array  # [record] of all gradients, before clipping
    norms: Array  # [record, group]
    ratio: Array  # [record] norm of the update by norm of the weights
    ratios: Array  # [record, group]
    rate: Array  # [record]
    speed: Array  # [record] tokens per second of processor time on the machine that trained it
    frames: tuple[int, ...]  # steps of the moments
    samples: tuple[tuple[str, ...], ...]  # [frame][question]; of a text: greedy ones, then drawn ones
    accuracy: Array  # [frame] share of right answers, of poems of the right form, of known words
    honest: Array  # [frame] held-out loss without a fault, nats per token
    right: Array  # [frame] share of held-out tokens foretold first
    sure: Array  # [frame] mean probability of the first
    questions: tuple[str, ...]
    answers: tuple[str, ...]  # the right ones; () for texts
    text: tuple[str, ...]  # tokens of the text whose attention is kept
    vocabulary: Vocabulary
    stored: tuple[int, ...]  # steps whose weights are kept


@dataclass(frozen=True, slots=True, eq=False)
class AttentionFilm:
    """Where the model looked in one text, moment by moment."""

    steps: tuple[int, ...]
    text: tuple[str, ...]
    weights: Array  # [frame, layer, head, query, key] 0 … 1 in steps of 1/255


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddingFilm:
    """Token vectors in the plane of the last moment's two principal components, moment by moment."""

    steps: tuple[int, ...]
    pieces: tuple[str, ...]
    positions: Array  # [frame, piece, 2]; the centre is the last moment's
    explained: Array  # [2] share of the last moment's variance


@dataclass(frozen=True, slots=True, eq=False)
class Induction:
    """Tiny GPT along its training: the loss, and how far its heads copy what came next before."""

    steps: tuple[int, ...]
    train: Array  # [checkpoint] nats per token
    held_out: Array  # [checkpoint] nats per token
    score: Array  # [checkpoint, layer, head] 0 … 1


@dataclass(frozen=True, slots=True)
class Trial:
    """One short training of the search."""

    by: str  # "grid" or "random"
    recipe: Recipe
    held_out: float  # best, nats per token
    accuracy: float  # at the end
    parameters: int


def _read(name: str) -> bytes:
    return read_manifest("lab", FOLDER).read_bytes(name)


@cache
def about() -> Mapping[str, About]:
    """All bundled runs by their names. Errors: MissingWeights, DamagedModel."""
    found = json.loads(_read(INDEX))["runs"]
    return {
        name: About(name=name, **{key: value for key, value in one.items() if key != "recipe"},
                    recipe=parse(one["recipe"]))
        for name, one in found.items()
    }  # fmt: skip


def names(group: str = "") -> tuple[str, ...]:
    """The runs of a group, or all of them."""
    return tuple(name for name, one in about().items() if group in ("", one.group))


def _known(name: str) -> str:
    if name not in about():
        raise BadParameter(name="run")
    return name


@lru_cache(KEPT)
def run(name: str) -> LabRun:
    """A bundled run. Errors: BadParameter("run"), MissingWeights, DamagedModel."""
    found = json.loads(gzip.decompress(_read(f"{_known(name)}.json.gz")))
    groups = tuple(found["groups"])
    plain = ("step", "loss", "held_out", "norm", "ratio", "rate", "speed")
    grouped = {key: _column(found[key]).reshape(-1, len(groups)) for key in ("norms", "ratios")}
    frames = found["frames"]
    return LabRun(
        name=name, recipe=parse(found["recipe"]), command=found["command"], ended=found["ended"], groups=groups,
        **{key: _column(found[key]) for key in plain}, **{key: read_only(one) for key, one in grouped.items()},
        frames=tuple(int(one["step"]) for one in frames),
        samples=tuple(tuple(one["samples"]) for one in frames),
        **{key: _column([one[key] for one in frames]) for key in ("accuracy", "honest", "right", "sure")},
        questions=tuple(found["questions"]), answers=tuple(found["answers"]), text=tuple(found["text"]),
        vocabulary=Vocabulary(tuple(found["pieces"]), found["merges"]), stored=tuple(found["stored"]),
    )  # fmt: skip


def _column(values: Any) -> Array:
    """Numbers with gaps; None is nan."""
    return read_only(np.array(values, np.float32))


@lru_cache(2)
def _arrays(name: str) -> dict[str, np.ndarray[Any, Any]]:
    from safetensors.numpy import load

    return load(_read(f"{_known(name)}.safetensors"))


@lru_cache(KEPT)
def attention_film(name: str) -> AttentionFilm:
    """Where a bundled run looked in its text. Errors: those of ``run``."""
    found = run(name)
    weights: Array = _arrays(name)["attention"].astype(np.float32) / np.float32(255)
    return AttentionFilm(found.frames, found.text, read_only(weights))


@lru_cache(KEPT)
def embedding_film(name: str) -> EmbeddingFilm:
    """The token vectors of a bundled run, of its most frequent pieces. Errors: those of ``run``."""
    found, arrays = run(name), _arrays(name)
    positions, explained = film_of(arrays["embeddings"])
    pieces = found.vocabulary.shown(arrays["shown"].tolist())
    return EmbeddingFilm(found.frames, pieces, positions, explained)


def film_of(embeddings: np.ndarray[Any, Any]) -> tuple[Array, Array]:
    """Positions [frame, piece, 2] and shares of variance [2], in the principal components of the last frame.

    A component points to where its largest entry is positive. Of a frame of one point, or of equal ones, all is 0.
    """
    frames = embeddings.astype(np.float64)
    centre = frames[-1].mean(0)
    _, sizes, axes = np.linalg.svd(frames[-1] - centre, full_matrices=False)
    axes = axes[:2] * np.sign(np.take_along_axis(axes[:2], np.abs(axes[:2]).argmax(1)[:, None], 1))
    whole = float((sizes**2).sum())
    share = sizes[:2] ** 2 / whole if whole else np.zeros(2)
    positions = (frames - centre) @ axes.T
    return read_only(positions.astype(np.float32)), read_only(share.astype(np.float32))


def weights(name: str, step: int) -> dict[str, Array]:
    """The parameters of a bundled run after ``step`` steps, float32.

    Errors: BadParameter("step") where none are kept, and those of ``run``.
    """
    if step not in run(name).stored:
        raise BadParameter(name="step")
    start = f"{step:05d}/"
    return {
        key.removeprefix(start): read_only(array.astype(np.float32))
        for key, array in _arrays(name).items()
        if key.startswith(start)
    }


@cache
def search() -> tuple[Trial, ...]:
    """The short trainings of the search, a grid and random ones. Errors: MissingWeights, DamagedModel."""
    found = json.loads(_read(SEARCH))["trials"]
    return tuple(
        Trial(one["by"], parse(one["recipe"]), one["held_out"], one["accuracy"], one["parameters"])
        for one in found
    )


@cache
def induction() -> Induction:
    """What was measured along the training of tiny-gpt, whose checkpoints are kept.

    Errors: MissingWeights, DamagedModel.
    """
    found = json.loads(read_manifest("tiny-gpt", MODELS / "tiny-gpt").read_bytes("checkpoints.json"))
    train, held_out, score = (_column(found[key]) for key in ("train", "held_out", "induction"))
    return Induction(tuple(found["steps"]), train, held_out, score)


def special(piece: str) -> bool:
    """Whether a piece stands for no text."""
    return piece in SPECIALS
