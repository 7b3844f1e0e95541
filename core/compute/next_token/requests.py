"""What can be asked of a generation, and what its results are made of."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from core.arrays import Array, Ints
from core.compute.next_token.filters import Settings
from core.models.read.layouts import network
from core.models.tokens.labels import Tokens

if TYPE_CHECKING:
    from core.models.load.residency import LoadedModel

MOST_TOKENS = 256
"""Most tokens that one task adds to its text."""
MOST_LANES = 4
"""Most temperatures side by side."""
HOTTEST = 5.0
"""The highest temperature of a lane."""
SEEDS = 2**31
NEUTRAL = Settings()
"""Draws from the model's own distribution."""
FORK = re.compile(r"([0-9]{1,3})([.s])([0-9]{1,10})")

Ended = Literal["", "end", "length", "context"]
R_co = TypeVar("R_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Fork:
    """From here on a text goes another way."""

    at: int  # place of a generated token, from 0
    token: int = -1  # id that is taken there, whatever its probability
    seed: int = -1  # or: the seed that is drawn with from there on

    @property
    def link(self) -> str:
        """As a link writes it.

        >>> Fork(12, token=345).link, Fork(20, seed=7).link
        ('12.345', '20s7')
        """
        return f"{self.at}.{self.token}" if self.token >= 0 else f"{self.at}s{self.seed}"


def parse_forks(names: Sequence[str]) -> tuple[Fork, ...]:
    """Forks as a link writes them, in rising order, one for each place; what is malformed is left out.

    >>> parse_forks(("12.345", "20s7", "x"))
    (Fork(at=12, token=345, seed=-1), Fork(at=20, token=-1, seed=7))
    """
    found: dict[int, Fork] = {}
    for name in names:
        match = FORK.fullmatch(name)
        if match is None or int(match[1]) >= MOST_TOKENS or int(match[3]) >= SEEDS:
            continue
        at, value = int(match[1]), int(match[3])
        found[at] = Fork(at, token=value) if match[2] == "." else Fork(at, seed=value)
    return tuple(found[at] for at in sorted(found))


def parse_temperatures(names: Sequence[str], default: Sequence[str]) -> tuple[float, ...]:
    """Temperatures as a link writes them: those from 0 to 5, at most four; else the default ones.

    >>> parse_temperatures(("0.5", "x", "9"), ("1",)), parse_temperatures(("nan",), ("1",))
    ((0.5,), (1.0,))
    """
    known = tuple(value for value in map(_number, names) if 0 <= value <= HOTTEST)[:MOST_LANES]
    return known or tuple(float(name) for name in default)


def _number(text: str) -> float:
    try:
        return float(text) if len(text) < 20 else math.nan
    except ValueError:
        return math.nan


@dataclass(frozen=True, slots=True)
class TextRequest:
    """One text: greedy where the temperature is 0, else drawn. Equal requests give equal texts on one device class."""

    model: str  # id
    text: str
    limit: int  # most tokens of the prompt
    count: int = 40  # most tokens that are added
    seed: int = 7
    settings: Settings = NEUTRAL
    forks: tuple[Fork, ...] = ()
    chat: bool = False  # the prompt stands in the model's chat template
    forced: tuple[str, ...] = ()  # ids that belong to the prompt already


@dataclass(frozen=True, slots=True)
class LanesRequest:
    """The same text at several temperatures, with the same random numbers."""

    model: str
    text: str
    limit: int
    temperatures: tuple[float, ...] = (0.2, 0.7, 1.0, 1.5)
    count: int = 40
    seed: int = 7
    settings: Settings = NEUTRAL
    chat: bool = False
    forced: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BeamRequest:
    """Beam search."""

    model: str
    text: str
    limit: int
    beams: int = 4
    depth: int = 8  # most tokens that are added
    chat: bool = False
    forced: tuple[str, ...] = ()


Request = TextRequest | LanesRequest | BeamRequest


def most_steps(request: Request) -> int:
    """How often the model runs at most."""
    return request.depth if isinstance(request, BeamRequest) else request.count


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """A generated text, each token with its probability and its alternatives."""

    prompt: Tokens
    tokens: Tokens  # generated ones
    text: str  # of the generated tokens, special ones left out
    chance: Array  # [step], probability of the taken token where it was drawn: after temperature, filters, penalties
    model_chance: Array  # [step], probability that the model itself gave to it
    entropy: Array  # [step], of the model's own distribution, bits
    forced: npt.NDArray[np.bool_]  # [step], taken because a fork said so
    options: Ints  # [step, option], ids of the most probable tokens by the model, falling
    option_labels: tuple[tuple[str, ...], ...]  # [step][option]
    option_chance: Array  # [step, option], probability after temperature, filters, penalties
    option_model: Array  # [step, option], probability by the model
    ended: Ended  # "": more would come · "end": end-of-text token · "length": as many as asked · "context": model full


@dataclass(frozen=True, slots=True, eq=False)
class Lane:
    """One temperature's text and how much it repeats itself."""

    temperature: float
    path: Path
    distinct: tuple[float, float]  # distinct n-grams / n-grams of the generated tokens, n = 1, 2
    again: npt.NDArray[np.bool_]  # [token], completes a 4-gram which stood there before
    repetition: float  # share of the 4-grams which stood there before


@dataclass(frozen=True, slots=True, eq=False)
class Lanes:
    """One text at several temperatures."""

    prompt: Tokens
    lanes: tuple[Lane, ...]
    ended: Ended  # "" while any lane would go on


@dataclass(frozen=True, slots=True, eq=False)
class Beams:
    """The tree of a beam search: every candidate that a step looked at."""

    prompt: Tokens
    beams: int
    parent: Ints  # [node], the node that it continues; −1: the prompt
    step: Ints  # [node], from 0
    ids: Ints  # [node]
    labels: tuple[str, ...]  # [node]
    log_chance: Array  # [node], log probability of the token, nats
    score: Array  # [node], sum of log probabilities from the prompt on, nats
    kept: npt.NDArray[np.bool_]  # [node], goes on (or, at the last step, stands among the results)
    closed: npt.NDArray[np.bool_]  # [node], an end-of-text token or the last step
    results: Ints  # [result], the last node of each finished text, the best first
    result_scores: Array  # [result], score / length, nats per token
    texts: tuple[str, ...]  # [result], special tokens left out
    greedy: Ints  # [step], nodes that greedy search would take, as far as the tree has them
    ended: Ended


class Task(Protocol[R_co]):
    """Something that runs the model step by step."""

    def steps(self) -> Iterator[None]:
        """Run the model once for each item; inside ``computing``."""

    def result(self) -> R_co:
        """What is there so far; may be called from another thread."""


@dataclass(frozen=True, slots=True)
class Step:
    """One generated token."""

    token: int
    chance: float
    model_chance: float
    entropy: float
    forced: bool
    options: tuple[int, ...]
    option_chance: tuple[float, ...]
    option_model: tuple[float, ...]


def shared_start(one: TextRequest, other: TextRequest) -> int:
    """How many tokens two texts must have in common: up to the first place where their forks differ."""
    if replace(one, forks=(), count=0) != replace(other, forks=(), count=0):
        return 0
    differ = {fork.at for fork in set(one.forks) ^ set(other.forks)}
    return min(differ, default=MOST_TOKENS)


def uniform(seed: int, at: int) -> float:
    """The random number in [0, 1) that draws the token at a place: of the seed and the place alone."""
    return float(np.random.default_rng((seed, at)).random())


def end_ids(loaded: LoadedModel) -> frozenset[int]:
    """Tokens that end a text, as the model's own generation settings have them."""
    known = getattr(network(loaded), "generation_config", None)
    found = getattr(known, "eos_token_id", None)
    if found is None:
        found = loaded.tokenizer.eos_token_id
    return frozenset() if found is None else frozenset([found] if isinstance(found, int) else found)


def written(loaded: LoadedModel, ids: Sequence[int]) -> str:
    """The text of some tokens, special ones left out; half a character at the end is left out too."""
    tokenizer: Any = loaded.tokenizer
    text = tokenizer.decode(list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False)
    return str(text).rstrip("\ufffd")
