"""A text grown token by token with a KV cache: what is asked for, what comes out, and the loops that do it.

Each task is an iterator that runs the model once per step; ``core.compute.generation_queue`` lets several visitors'
tasks take turns. ``complete`` runs one alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from core.compute import filters
from core.compute.filters import Settings
from core.models.decoding import Cache
from core.models.layouts import network
from core.models.tokens import Tokens, label_each, label_tokens
from core.models.trace import Array, Ints, computing, read_only

if TYPE_CHECKING:
    from core.models.loading import LoadedModel

MOST_TOKENS = 256
"""Most tokens that one task adds to its text."""
MOST_LANES = 4
ALTERNATIVES = 8
"""Most probable tokens that are kept for each step, the one that was taken not counted in."""
SEEDS = 2**31
NEUTRAL = Settings()
"""Draws from the model's own distribution."""
_FORK = re.compile(r"([0-9]{1,3})([.s])([0-9]{1,10})")

Ended = Literal["", "end", "length", "context"]
R_co = TypeVar("R_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Fork:
    """From here on a text goes another way."""

    at: int  # place of a generated token, from 0
    token: int = -1  # id that is taken there, whatever its probability
    seed: int = -1  # or: the seed that is drawn with from there on


def parse_forks(names: Sequence[str]) -> tuple[Fork, ...]:
    """Forks as a link writes them, in rising order, one for each place; what is malformed is left out.

    >>> parse_forks(("12.345", "20s7", "x"))
    (Fork(at=12, token=345, seed=-1), Fork(at=20, token=-1, seed=7))
    """
    found: dict[int, Fork] = {}
    for name in names:
        match = _FORK.fullmatch(name)
        if match is None or int(match[1]) >= MOST_TOKENS or int(match[3]) >= SEEDS:
            continue
        at, value = int(match[1]), int(match[3])
        found[at] = Fork(at, token=value) if match[2] == "." else Fork(at, seed=value)
    return tuple(found[at] for at in sorted(found))


def format_fork(fork: Fork) -> str:
    """The link's form of a fork.

    >>> format_fork(Fork(12, token=345)), format_fork(Fork(20, seed=7))
    ('12.345', '20s7')
    """
    return f"{fork.at}.{fork.token}" if fork.token >= 0 else f"{fork.at}s{fork.seed}"


# --- what is asked for ----------------------------------------------------------------------------------------


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


# --- what comes out -------------------------------------------------------------------------------------------


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
    repetition: float  # share of generated tokens that complete a 4-gram which stood there before


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


# --- running --------------------------------------------------------------------------------------------------


class Task(Protocol[R_co]):
    """Something that runs the model step by step."""

    def steps(self) -> Iterator[None]:
        """Run the model once for each item; inside ``computing``."""

    def result(self) -> R_co:
        """What is there so far; may be called from another thread."""


def task(request: Request, loaded: LoadedModel, known: Sequence[Step] = ()) -> Task[Any]:
    """The task of a request, checked, nothing computed; ``known``: the first tokens of a text, where they are.

    Errors: TextEmpty, TextTooLong, NeedsDecoder, NoChatTemplate, BadParameter.
    """
    from core.compute.beam_search import BeamTask
    from core.compute.next_token import prompt_ids

    ids = prompt_ids(loaded, request.text, chat=request.chat, forced=request.forced, limit=request.limit)
    if isinstance(request, TextRequest):
        return TextTask(request, loaded, ids, known)
    return (
        LanesTask(request, loaded, ids)
        if isinstance(request, LanesRequest)
        else BeamTask(request, loaded, ids)
    )


def complete(request: Request, loaded: LoadedModel) -> Any:
    """The whole result of a request, computed without waiting for others' turns. Errors: as ``task``, and Busy."""
    work = task(request, loaded)
    running = work.steps()
    while True:
        with computing(loaded):
            if next(running, "over") == "over":
                return work.result()


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


class Chooser:
    """Takes one text's next token from the logits, and keeps what the choice looked like."""

    def __init__(self, request: TextRequest, loaded: LoadedModel, prompt: tuple[int, ...]) -> None:
        self._request, self._loaded = request, loaded
        self._prompt = label_tokens(loaded.tokenizer, prompt)
        self._history = list(prompt)
        self._forks = {fork.at: fork for fork in request.forks}
        self._ends = end_ids(loaded)
        self._steps: list[Step] = []
        self._ready: tuple[int, Ended, Path] | None = None
        self.ended: Ended = "" if self._room() else "context"

    def choose(self, logits: npt.NDArray[np.float32]) -> int:
        """The next token; sets ``ended`` where it was the last one."""
        own = filters.softmax(logits.astype(np.float64))
        after = self._filtered(logits, own)
        at = len(self._steps)
        fork = self._forks.get(at)
        forced = bool(fork and 0 <= fork.token < len(own))
        token = fork.token if fork and forced else filters.draw(after, uniform(self._seed(at), at))
        best = _largest(own, ALTERNATIVES)
        self._take(Step(
            token, float(after[token]), float(own[token]), _bits(own), forced,
            tuple(best), tuple(after[best].tolist()), tuple(own[best].tolist()),
        ))  # fmt: skip
        return token

    def adopt(self, steps: Sequence[Step]) -> list[int]:
        """Take over the first tokens of a text that is known; those that were taken."""
        for step in steps:
            if self.ended:
                break
            self._take(step)
        return [step.token for step in self._steps]

    def _take(self, step: Step) -> None:
        self._steps.append(step)
        self._history.append(step.token)
        if step.token in self._ends:
            self.ended = "end"
        elif len(self._steps) >= min(self._request.count, MOST_TOKENS):
            self.ended = "length"
        elif not self._room():
            self.ended = "context"

    def _seed(self, at: int) -> int:
        """The seed that draws the token at a place."""
        changed = [fork.seed for fork in self._request.forks if fork.at <= at and fork.seed >= 0]
        return changed[-1] if changed else self._request.seed

    @property
    def steps(self) -> Sequence[Step]:
        """The tokens so far; grows."""
        return self._steps

    def over(self) -> bool:
        """Whether the text has its last token."""
        return bool(self.ended)

    def path(self) -> Path:
        """The text so far."""
        count, ended = len(self._steps), self.ended
        if self._ready is None or self._ready[:2] != (count, ended):
            self._ready = (count, ended, self._path(self._steps[:count], ended))
        return self._ready[2]

    def _path(self, steps: Sequence[Step], ended: Ended) -> Path:
        tokenizer = self._loaded.tokenizer
        ids = [step.token for step in steps]
        wide = (len(steps), len(steps[0].options) if steps else 0)
        return Path(
            prompt=self._prompt,
            tokens=label_tokens(tokenizer, ids),
            text=written(self._loaded, ids),
            chance=_floats([step.chance for step in steps]),
            model_chance=_floats([step.model_chance for step in steps]),
            entropy=_floats([step.entropy for step in steps]),
            forced=read_only(np.array([step.forced for step in steps], dtype=np.bool_)),
            options=read_only(np.array([s.options for s in steps], dtype=np.int32).reshape(wide)),
            option_labels=tuple(label_each(tokenizer, step.options) for step in steps),
            option_chance=_floats([step.option_chance for step in steps]).reshape(wide),
            option_model=_floats([step.option_model for step in steps]).reshape(wide),
            ended=ended,
        )

    def _room(self) -> bool:
        most = self._loaded.spec.max_tokens
        return not most or len(self._history) < most

    def _filtered(self, logits: npt.NDArray[np.float32], own: filters.Floats) -> filters.Floats:
        settings = self._request.settings
        if settings == NEUTRAL:
            return own
        return filters.apply_filters(logits, self._history, settings).probabilities


class TextTask:
    """Greedy search or sampling of one text; its beginning may be ``known`` from an earlier one."""

    def __init__(
        self, request: TextRequest, loaded: LoadedModel, ids: tuple[int, ...], known: Sequence[Step] = ()
    ) -> None:
        filters.apply_filters([0.0], [], request.settings)  # refuses bad settings at once
        self.chooser = Chooser(request, loaded, ids)
        self._loaded, self._ids = loaded, [*ids, *self.chooser.adopt(known)]

    def steps(self) -> Iterator[None]:
        """One token each."""
        if self.chooser.over():
            return
        cache, unread = Cache(self._loaded), self._ids
        while True:
            unread = [self.chooser.choose(cache.read([unread])[0].numpy())]
            if self.chooser.over():
                return
            yield

    def result(self) -> Path:
        """The text so far."""
        return self.chooser.path()


def shared_start(one: TextRequest, other: TextRequest) -> int:
    """How many tokens two texts must have in common: up to the first place where their forks differ."""
    if replace(one, forks=(), count=0) != replace(other, forks=(), count=0):
        return 0
    differ = {fork.at for fork in set(one.forks) ^ set(other.forks)}
    return min(differ, default=MOST_TOKENS)


class LanesTask:
    """Several texts from one prompt, read by the model side by side."""

    def __init__(self, request: LanesRequest, loaded: LoadedModel, ids: tuple[int, ...]) -> None:
        self._loaded, self._ids = loaded, ids
        self._temperatures = request.temperatures[:MOST_LANES]
        self._choosers = []
        for temperature in self._temperatures:
            settings = replace(request.settings, temperature=temperature)
            filters.apply_filters([0.0], [], settings)
            alone = TextRequest(
                request.model, request.text, request.limit, request.count, request.seed, settings
            )  # fmt: skip
            self._choosers.append(Chooser(alone, loaded, ids))

    def steps(self) -> Iterator[None]:
        """One token for each lane that goes on."""
        going = [chooser for chooser in self._choosers if not chooser.over()]
        if not going:
            return
        cache = Cache(self._loaded)
        logits = cache.read([self._ids]).numpy().repeat(len(going), axis=0)
        rows = [0] * len(going)
        while True:
            taken = [chooser.choose(row) for chooser, row in zip(going, logits, strict=True)]
            left = [place for place, chooser in enumerate(going) if not chooser.over()]
            if not left:
                return
            if [rows[place] for place in left] != list(range(len(rows))) or len(rows) == 1:
                cache.take([rows[place] for place in left])
            going, rows = [going[place] for place in left], list(range(len(left)))
            yield
            logits = cache.read([[taken[place]] for place in left]).numpy()

    def result(self) -> Lanes:
        """The lanes so far."""
        from core.compute.repetition import distinct, repeated

        lanes = []
        for temperature, chooser in zip(self._temperatures, self._choosers, strict=True):
            path = chooser.path()
            ids = path.tokens.ids
            lanes.append(Lane(temperature, path, (distinct(ids, 1), distinct(ids, 2)), repeated(ids, 4)))
        ended: Ended = "" if any(not lane.path.ended for lane in lanes) else "length"
        return Lanes(label_tokens(self._loaded.tokenizer, self._ids), tuple(lanes), ended)


# --- small parts ----------------------------------------------------------------------------------------------


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


def _largest(values: filters.Floats, count: int) -> list[int]:
    """Places of the largest values, falling; of equal ones the first."""
    count = min(count, len(values))
    some = np.argpartition(-values, count - 1)[:count]
    found: list[int] = some[np.lexsort((some, -values[some]))].tolist()
    return found


def _bits(probability: filters.Floats) -> float:
    some = probability[probability > 0]
    return float(-(some * np.log2(some)).sum()) + 0.0


def _floats(values: Sequence[Any]) -> Array:
    return read_only(np.array(values, dtype=np.float32))
