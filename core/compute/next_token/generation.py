"""Texts grown token by token with a KV cache: one, or several side by side.

Each task is an iterator that runs the model once per step; ``core.compute.next_token.live`` lets several visitors'
tasks take turns, ``core.compute.next_token.run`` runs one alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core.arrays import Array, read_only
from core.compute.next_token import filters
from core.compute.next_token.repetition import distinct, repeated, repeats_at
from core.compute.next_token.requests import (
    MOST_LANES,
    MOST_TOKENS,
    NEUTRAL,
    Ended,
    Lane,
    Lanes,
    LanesRequest,
    Path,
    Step,
    TextRequest,
    end_ids,
    uniform,
    written,
)
from core.models.read.decoding import Cache
from core.models.tokens.labels import label_each, label_tokens
from core.numerics import highest, softmax

if TYPE_CHECKING:
    from core.models.load.residency import LoadedModel

ALTERNATIVES = 8
"""Most probable tokens that are kept for each step, the one that was taken not counted in."""


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
        own = softmax(logits)
        after = self._filtered(logits, own)
        at = len(self._steps)
        fork = self._forks.get(at)
        forced = bool(fork and 0 <= fork.token < len(own))
        token = fork.token if fork and forced else filters.draw(after, uniform(self._seed(at), at))
        best = highest(own, ALTERNATIVES).tolist()
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
        lanes = []
        for temperature, chooser in zip(self._temperatures, self._choosers, strict=True):
            path = chooser.path()
            ids = path.tokens.ids
            distincts = distinct(ids, 1), distinct(ids, 2)
            lanes.append(Lane(temperature, path, distincts, read_only(repeats_at(ids, 4)), repeated(ids, 4)))
        ended: Ended = "" if any(not lane.path.ended for lane in lanes) else "length"
        return Lanes(label_tokens(self._loaded.tokenizer, self._ids), tuple(lanes), ended)


def _bits(probability: filters.Floats) -> float:
    some = probability[probability > 0]
    return float(-(some * np.log2(some)).sum()) + 0.0


def _floats(values: Sequence[Any]) -> Array:
    return read_only(np.array(values, dtype=np.float32))
