"""What a bundled training left of its moments: where its heads looked, how its token vectors lie, its loss."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache

from core.arrays import Array
from core.data import lab_runs
from core.data.classic_corpora import read
from core.data.lab_recipe import EXAMPLES, Recipe
from core.results import named
from core.scripts import has_han

KINDS = ("vowel", "consonant", "digit", "frequent", "common", "rare", "word", "sign")
"""Groups of pieces: letters by their sound, digits, Chinese characters by thirds of their frequency in the Tang poems,
pieces of several characters, and all else."""
VOWELS = frozenset("aeiou")


@dataclass(frozen=True, slots=True, eq=False)
class Film:
    """A bundled training as a film."""

    run: str
    frames: tuple[int, ...]  # steps of the moments
    text: tuple[str, ...]  # tokens of the text that the heads look at
    weights: Array  # [frame, layer, head, query, key] 0 … 1
    causal: bool  # no token sees those after it
    measure: str  # "answers", "form", "words", "gaps": what ``accuracy`` is the share of the right ones of
    pieces: tuple[str, ...]
    kinds: tuple[str, ...]  # of each piece, one of ``KINDS``
    positions: Array  # [frame, piece, 2]
    explained: Array  # [2] share of the last moment's variance
    step: Array  # [record]
    loss: Array  # [record] nats per token
    held_out: Array  # [frame] nats per token
    accuracy: Array  # [frame] 0 … 1; nan where there is none


@named("training_lab.film")
def film(*, run: str) -> Film:
    """The film of a bundled training; its token vectors lie in the plane of the last moment's principal components.

    Errors: BadParameter, MissingWeights, DamagedModel.
    """
    found = lab_runs.run(run)
    looked, placed = lab_runs.attention_film(run), lab_runs.embedding_film(run)
    return Film(
        run, found.frames, looked.text, looked.weights, found.recipe.objective != "masked", _measure(found.recipe),
        placed.pieces, kinds(placed.pieces), placed.positions, placed.explained, found.step, found.loss,
        found.honest, found.accuracy,
    )  # fmt: skip


def _measure(recipe: Recipe) -> str:
    if recipe.objective == "masked":
        return "gaps"
    return "answers" if recipe.task in EXAMPLES else "form" if recipe.task == "poems" else "words"


def kinds(pieces: tuple[str, ...]) -> tuple[str, ...]:
    """The group of each piece.

    >>> kinds(("a", "B", "7", "+", "the"))
    ('vowel', 'consonant', 'digit', 'sign', 'word')
    """
    ranks = _ranks()
    here = sorted((one for one in pieces if len(one) == 1 and has_han(one)), key=lambda one: ranks[one])
    third = {one: KINDS[3 + min(2, 3 * at // len(here))] for at, one in enumerate(here)}
    return tuple(third.get(one) or _kind(one) for one in pieces)


def _kind(piece: str) -> str:
    plain = piece.strip().lower()
    if len(plain) > 1:
        return "word" if plain.isalpha() else "sign"
    if plain.isdigit():
        return "digit"
    if not plain.isalpha():
        return "sign"
    return "vowel" if plain in VOWELS else "consonant"


@cache
def _ranks() -> Counter[str]:
    """Minus the number of times that each character stands in the Tang poems."""
    found: Counter[str] = Counter()
    for poem in read("tang").train:
        found.subtract(poem)
    return found
