"""Which models are in memory, how much they may take, and which leaves first."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from core import counters, host
from core.errors import MemoryLent, ModelTooLarge, VocabularyTooLarge
from core.models.load.device import best_device, card_bytes, has_own_memory
from core.models.load.memory import give_way, reclaim, trim
from core.models.specs import ModelSpec
from core.settings import setting

if TYPE_CHECKING:
    from torch import nn
    from transformers import PreTrainedTokenizerFast


GPU_SHARE = 0.6
"""The part of a card's memory that is room for models without that setting."""
WHOLE_SHARE = 2 / 3
"""The part of the budget that the float32 weights of a bundled model may take on a CPU. One that takes more keeps 8-bit
codes: two that evict each other cost a class far more than a forward pass that is a little slower."""
TRACE_SHARE = 0.1
"""The part of a card's memory that is room for traces; what is left is for forward passes."""


@dataclass(slots=True)
class LoadedModel:
    """A model that is ready to compute. Hold ``lock`` while hooks are on the module."""

    spec: ModelSpec  # family and kind are known
    model: nn.Module  # eval mode, no gradients, eager attention
    tokenizer: PreTrainedTokenizerFast
    device: str  # "cuda" ("cuda:1" where there are several) | "mps" | "cpu"
    dtype: str  # of the weights of its matrices: "float32" | "bfloat16" | "int8" (``small``)
    bytes: int  # of its parameters, tied ones counted once, and of the scales of 8-bit ones
    lock: threading.RLock


@dataclass(frozen=True, slots=True)
class ResidentModel:
    """A line of the list of models in memory."""

    id: str
    title: str
    device: str
    dtype: str
    bytes: int


KINDS = ("model", "vocabulary")
_log = logging.getLogger("glassbox.models")


@dataclass(slots=True)
class _Kept:
    """A thing in memory: what it is, the bytes that it takes, and when it was asked for last."""

    value: Any
    bytes: int
    used: float  # time.monotonic()


class Store:
    """What is kept in memory by kind ("model", "vocabulary") and name, the least recently used first."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()

    def get(self, kind: str, name: str) -> Any:
        """The thing of that name, from now on the one that was used last; None where it is not kept."""
        with self.lock:
            found = self._kept.get((kind, name))
            if found is None:
                return None
            found.used = time.monotonic()
            self._kept.move_to_end((kind, name))
            return found.value

    def put(self, kind: str, name: str, value: Any, size: int) -> None:
        """Keep a thing that takes ``size`` bytes."""
        with self.lock:
            self._kept[kind, name] = _Kept(value, size, time.monotonic())
            self._kept.move_to_end((kind, name))

    def pop(self, kind: str, name: str) -> bool:
        """Forget a thing; False where it was not kept."""
        with self.lock:
            return self._kept.pop((kind, name), None) is not None

    def names(self, kind: str) -> tuple[str, ...]:
        """The names of a kind, the least recently used first."""
        with self.lock:
            return tuple(name for one, name in self._kept if one == kind)

    def values(self, kind: str) -> tuple[Any, ...]:
        """The things of a kind, the least recently used first, without using them."""
        with self.lock:
            return tuple(kept.value for (one, _), kept in self._kept.items() if one == kind)

    def bytes(self, *kinds: str) -> int:
        """What the things of some kinds take together."""
        with self.lock:
            return sum(kept.bytes for (kind, _), kept in self._kept.items() if kind in kinds)

    def oldest(self, *kinds: str) -> tuple[str, str] | None:
        """Kind and name of what was used least recently among some kinds."""
        with self.lock:
            return next((key for key in self._kept if key[0] in kinds), None)

    def idle(self, kind: str) -> dict[str, float]:
        """For each name of a kind, the seconds since it was asked for last."""
        now = time.monotonic()
        with self.lock:
            return {name: now - kept.used for (one, name), kept in self._kept.items() if one == kind}


STORE = Store()
"""All models and vocabularies in memory."""
for _kind in KINDS:
    counters.weigh(_kind, partial(STORE.bytes, _kind), host.room())
_lent = 0  # bytes that something else has for a while


def touch(model_id: str) -> LoadedModel | None:
    """The model where it is in memory, from now on the one that was used last."""
    found: LoadedModel | None = STORE.get("model", model_id)
    return found


def is_resident(model_id: str) -> bool:
    """Whether the model is in memory."""
    return model_id in STORE.names("model")


def resident() -> tuple[ResidentModel, ...]:
    """The models in memory, the most recently used first."""
    with STORE.lock:
        models = list(zip(STORE.names("model"), STORE.values("model"), strict=True))
    return tuple(ResidentModel(key, m.spec.title, m.device, m.dtype, m.bytes) for key, m in reversed(models))


def evict(model_id: str) -> bool:
    """Forget the model and give its memory back; False when it was not in memory.

    A computation that still holds the model keeps it alive until it ends.
    """
    gone = STORE.pop("model", model_id)
    if gone:
        reclaim()
    return gone


def budget_bytes() -> int:
    """Bytes that resident models may take together, and vocabularies with them where they share one memory.

    ``$GLASSBOX_MODEL_BUDGET_MB`` · 10^6, or what the machine has for them (``host``), or a share of the card.
    """
    name = best_device()[0]
    if not has_own_memory(name):
        return own_memory()
    return int(setting("GLASSBOX_MODEL_BUDGET_MB", GPU_SHARE * card_bytes(name) / 1e6) * 1e6)


def own_memory() -> int:
    """Bytes of the machine's own memory, not a card's, that models and vocabularies may take together."""
    return int(setting("GLASSBOX_MODEL_BUDGET_MB", host.room() / 1e6) * 1e6)


def fits_whole(need: int) -> bool:
    """Whether a bundled model of ``need`` bytes is kept as it is on a CPU, and not as 8-bit codes."""
    return need <= WHOLE_SHARE * own_memory()


def largest_bytes() -> int:
    """Bytes of the largest model that can be had: it is built in the host's memory, also for a card."""
    budget = budget_bytes()
    return min(budget, host.room()) if has_own_memory(best_device()[0]) else budget


def trace_bytes() -> int:
    """Bytes that traces may take where they lie: on the card, or in main memory."""
    name = best_device()[0]
    return int(TRACE_SHARE * card_bytes(name)) if has_own_memory(name) else host.account().kept["traces"]


def make_room(model_id: str, need: int, everything: bool = False) -> None:
    """Evict what was used least recently until ``need`` bytes for ``model_id`` fit the budget.

    Raises: ModelTooLarge when ``need`` alone exceeds it, MemoryLent where it would not without what is lent.
    """
    budget = budget_bytes()
    if need > budget:
        raise ModelTooLarge(model=model_id, need_mb=-(-need // 10**6), limit_mb=budget // 10**6)
    kinds = KINDS if everything else _shared()
    free = budget - (_lent if _shared() == KINDS else 0)
    if need > free:
        raise MemoryLent(model=model_id)
    while (everything or STORE.bytes(*kinds) + need > free) and _evict_oldest(kinds):
        pass
    if everything or host.short_of(need):
        give_way()


def make_room_beside(vocabulary: str, need: int) -> None:
    """Evict what was used least recently until a vocabulary of ``need`` bytes fits.

    It fits beside the models where both share one memory, else beside the other vocabularies in the host's.
    Raises: VocabularyTooLarge when it alone exceeds what there is.
    """
    kinds, room = _in_main_memory()
    if need > room - _lent:
        limit = (room - _lent) // 10**6
        raise VocabularyTooLarge(vocabulary=vocabulary, need_mb=-(-need // 10**6), limit_mb=limit)
    while STORE.bytes(*kinds) + need > room - _lent and _evict_oldest(kinds):
        pass
    if host.short_of(need):
        give_way()


def make_way(model_id: str) -> None:
    """Memory has run out beside a model: all others leave, and what is kept for speed alone."""
    for other in STORE.names("model"):
        if other != model_id:
            _log.warning("evicting the model %s: out of memory", other)
            STORE.pop("model", other)
            counters.EVICTIONS.labels("model").inc()
    give_way()


@contextmanager
def lend(need: int) -> Iterator[None]:
    """Leave ``need`` bytes of main memory to something else for a while, as far as there is so much."""
    global _lent
    with STORE.lock:
        _lent += need
    try:
        kinds, room = _in_main_memory()
        while STORE.bytes(*kinds) > max(0, room - _lent) and _evict_oldest(kinds):
            pass
        yield
    finally:
        with STORE.lock:
            _lent -= need


def _in_main_memory() -> tuple[tuple[str, ...], int]:
    """The kinds that lie in main memory, and the bytes that they may take there."""
    return (KINDS, own_memory()) if _shared() == KINDS else (KINDS[1:], host.room())


def _shared() -> tuple[str, ...]:
    """The kinds that share the models' budget: on a card vocabularies take none of its memory.

    Before torch is there nothing is anywhere else than in main memory.
    """
    return KINDS[:1] if "torch" in sys.modules and has_own_memory(best_device()[0]) else KINDS


def _evict_oldest(kinds: tuple[str, ...]) -> bool:
    """Evict what was used least recently of some kinds; False when there is none."""
    found = STORE.oldest(*kinds)
    if found is None:
        return False
    kind, name = found
    _log.info("evicting the %s %s", kind, name)
    STORE.pop(kind, name)
    counters.EVICTIONS.labels(kind).inc()
    reclaim() if kind == "model" else trim()
    return True
