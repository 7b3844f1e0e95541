"""Models in memory: single loads, a byte budget with least-recently-used eviction, one lock per model."""

from __future__ import annotations

import logging
import math
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import GlassboxError, ModelTooLarge, OutOfMemory
from core.models import vocabularies
from core.models.memory import freeze, is_out_of_memory, keep_heaps_small, reclaim
from core.models.slots import forward_slot, setting
from core.models.specs import ModelSpec, check_allowed, find

if TYPE_CHECKING:
    import torch
    from torch import nn
    from transformers import PreTrainedTokenizerFast

__all__ = [
    "LoadedModel",
    "Progress",
    "ResidentModel",
    "best_device",
    "budget_bytes",
    "evict",
    "forward_slot",
    "is_out_of_memory",
    "is_resident",
    "load",
    "make_room",
    "prepare_torch",
    "resident",
    "warm_up",
]

Progress = Callable[[str, float], None]
"""Called with the step's name ("download", "read", "ready") and the fraction of it that is done, 0..1."""

BUDGET_MB = 850
"""Room for resident models and vocabularies without ``$GLASSBOX_MODEL_BUDGET_MB``, in 10^6 bytes, on a CPU."""
GPU_SHARE = 0.6
"""The part of a GPU's memory that is room for models without that setting."""
THREADS = 2
"""Threads of torch (``$GLASSBOX_THREADS``): the same everywhere, so that results repeat."""
IDLE_S = 2.0
"""Pause before a model is warmed up, in seconds."""


@dataclass(slots=True)
class LoadedModel:
    """A model that is ready to compute. Hold ``lock`` while hooks are on the module."""

    spec: ModelSpec  # family and kind are known
    model: nn.Module  # eval mode, no gradients, eager attention
    tokenizer: PreTrainedTokenizerFast
    device: str  # "cuda" | "mps" | "cpu"
    dtype: str  # "float32" | "bfloat16"
    bytes: int  # of its parameters, tied ones counted once
    lock: threading.RLock


@dataclass(frozen=True, slots=True)
class ResidentModel:
    """A line of the list of models in memory."""

    id: str
    title: str
    device: str
    dtype: str
    bytes: int


_models: OrderedDict[str, LoadedModel] = OrderedDict()  # least recently used first
_used: dict[str, float] = {}  # when each of them was asked for last
_table = threading.RLock()  # guards _models, _flights, _warming and the one-time settings
_flights: dict[str, threading.Lock] = {}  # one load of an id at a time
_building = threading.Lock()  # one module takes memory at a time, so that the budget holds
_warming: set[str] = set()
_prepared = False
_log = logging.getLogger("glassbox.models")


def load(model_id: str, progress: Progress | None = None, *, token: str | None = None) -> LoadedModel:
    """The model, from memory or loaded now; callers of one id share one load.

    ``token``: a Hugging Face token, for a gated model of the hub (without it, ``$HF_TOKEN``).

    Raises: UnknownModel, ModelLocked, UnsupportedModel, ModelUnavailable, ModelTooLarge, HubUnreachable,
    DamagedModel, MissingWeights, OutOfMemory.
    """
    spec = find(model_id)
    check_allowed(model_id)
    if found := _touch(model_id):
        return found
    with _flight(model_id):
        if found := _touch(model_id):
            return found
        report = progress or _silent
        loaded = _load(spec, report, token)
        report("ready", 1.0)
        return loaded


def is_resident(model_id: str) -> bool:
    """Whether the model is in memory."""
    with _table:
        return model_id in _models


def resident() -> tuple[ResidentModel, ...]:
    """The models in memory, the most recently used first."""
    with _table:
        models = list(reversed(_models.items()))
    return tuple(ResidentModel(key, m.spec.title, m.device, m.dtype, m.bytes) for key, m in models)


def evict(model_id: str) -> bool:
    """Forget the model and give its memory back; False when it was not in memory.

    A computation that still holds the model keeps it alive until it ends.
    """
    with _table:
        gone = _models.pop(model_id, None)
    if gone is None:
        return False
    del gone
    reclaim()
    return True


def _touch(model_id: str) -> LoadedModel | None:
    with _table:
        found = _models.get(model_id)
        if found:
            _models.move_to_end(model_id)
            _used[model_id] = time.monotonic()
        return found


@contextmanager
def _flight(model_id: str) -> Iterator[None]:
    with _table:
        lock = _flights.setdefault(model_id, threading.Lock())
    with lock:
        yield


def _silent(step: str, fraction: float) -> None:
    """Where nobody wants to know the progress."""


def _load(spec: ModelSpec, progress: Progress, token: str | None) -> LoadedModel:
    """Fetch what is not here (others may load meanwhile), then build; once more alone if memory runs out."""
    prepare_torch()
    folder = _folder(spec, progress, token)
    with _building:
        for last in (False, True):
            try:
                loaded = _built(spec, folder, progress)
                break
            except (MemoryError, RuntimeError) as error:
                if not is_out_of_memory(error):
                    raise
                _log.warning("out of memory while loading %s", spec.id)
                if last:
                    raise OutOfMemory(model=spec.id) from error
            make_room(spec.id, 0, everything=True)
        with _table:
            _models[spec.id] = loaded
            _used[spec.id] = time.monotonic()
    freeze()
    return loaded


def _folder(spec: ModelSpec, progress: Progress, token: str | None) -> Path:
    if spec.source != "hub":
        return Path(spec.location)
    from core.models import hub

    return hub.fetch(spec, token=token, progress=progress, limit=budget_bytes(), weight_bytes=_weight_bytes())


def _built(spec: ModelSpec, folder: Path, progress: Progress) -> LoadedModel:
    from core.models import bundled, checkpoint

    def room(known: ModelSpec, parameters: int) -> None:
        make_room(known.id, parameters * _weight_bytes())

    if spec.source == "bundled":
        return finished(*bundled.build(spec, room, progress))
    return finished(*checkpoint.build(spec, folder, room, progress))


def finished(spec: ModelSpec, model: nn.Module, tokenizer: Any) -> LoadedModel:
    """Put the module on its device; nothing of it will ever be trained."""
    device, dtype = best_device()
    model.eval().requires_grad_(False)
    if device != "cpu":
        model.to(device=device, dtype=dtype)
    size = sum(parameter.numel() * parameter.element_size() for parameter in model.parameters())
    return LoadedModel(
        spec, model, tokenizer, device, str(dtype).removeprefix("torch."), size, threading.RLock()
    )


# ------------------------------------------------------------------------------------------------ room


def budget_bytes() -> int:
    """Bytes that resident models and, on a CPU, vocabularies may take together.

    ``$GLASSBOX_MODEL_BUDGET_MB`` · 10^6, or a default.
    """
    import torch

    default = float(BUDGET_MB)
    if best_device()[0] == "cuda":
        default = GPU_SHARE * torch.cuda.get_device_properties(0).total_memory / 1e6
    return int(setting("GLASSBOX_MODEL_BUDGET_MB", default) * 1e6)


def make_room(model_id: str, need: int, everything: bool = False) -> None:
    """Evict what was used least recently until ``need`` bytes for ``model_id`` fit the budget.

    Raises: ModelTooLarge when ``need`` alone exceeds it.
    """
    budget = budget_bytes()
    if need > budget:
        raise ModelTooLarge(model=model_id, need_mb=-(-need // 10**6), limit_mb=budget // 10**6)
    while _over(need, budget, everything) and _evict_oldest():
        pass


def make_room_beside(need: int) -> None:
    """Evict what was used least recently until ``need`` bytes of something else fit beside the models."""
    if resident() and best_device()[0] == "cpu":
        budget = budget_bytes()
        while _over(need, budget) and _evict_oldest():
            pass


def _over(need: int, budget: int, everything: bool = False) -> bool:
    """Whether something has to leave for ``need`` bytes."""
    words = vocabularies.taken() if best_device()[0] == "cpu" else 0
    with _table:
        return everything or sum(loaded.bytes for loaded in _models.values()) + words + need > budget


def _evict_oldest() -> bool:
    """Evict the model or vocabulary that was used least recently; False when there is none."""
    words = vocabularies.oldest()
    with _table:
        model = next(iter(_models), "")
        since = _used[model] if model else math.inf
    if words and words[1] < since:
        _log.info("evicting the vocabulary %s", words[0])
        vocabularies.forget(words[0])
        return True
    if model:
        _log.info("evicting %s", model)
        evict(model)
    return bool(model)


# ------------------------------------------------------------------------------------------------ device


def best_device() -> tuple[str, torch.dtype]:
    """Where models run here: CUDA in bfloat16, else Apple's GPU, else the CPU, both in float32."""
    import torch

    if torch.cuda.is_available():
        return "cuda", torch.bfloat16
    if torch.backends.mps.is_available():
        return "mps", torch.float32
    return "cpu", torch.float32


def _weight_bytes() -> int:
    """Bytes of one parameter on this device."""
    return best_device()[1].itemsize


def prepare_torch() -> None:
    """Fix the number of threads and how memory is handed back, once."""
    import torch

    global _prepared
    with _table:
        if not _prepared:
            keep_heaps_small()
            _leave_scipy_out()
            torch.set_num_threads(max(1, int(setting("GLASSBOX_THREADS", min(THREADS, os.cpu_count() or 1)))))
            _prepared = True


def _leave_scipy_out() -> None:
    """Keep transformers from importing SciPy for the losses of image models: 37 MB that nothing here uses."""
    import transformers.utils as parts

    parts.is_scipy_available = lambda: False  # type: ignore[attr-defined]


# ------------------------------------------------------------------------------------------------ warm-up


def warm_up(model_id: str) -> threading.Thread | None:
    """Load the model in the background after a pause; None when that is off, under way or not needed.

    ``GLASSBOX_WARMUP=0`` turns it off. A failure is logged; whoever needs the model later gets the error.
    """
    if os.environ.get("GLASSBOX_WARMUP") == "0" or is_resident(model_id):
        return None
    with _table:
        if model_id in _warming:
            return None
        _warming.add(model_id)
    thread = threading.Thread(target=_warm, args=(model_id,), name="glassbox-warm-up", daemon=True)
    thread.start()
    return thread


def _warm(model_id: str) -> None:
    try:
        time.sleep(IDLE_S)
        load(model_id)
    except GlassboxError as error:
        _log.warning("warming up %s failed: %s", model_id, error)
    finally:
        with _table:
            _warming.discard(model_id)
