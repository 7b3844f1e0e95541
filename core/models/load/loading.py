"""Models in memory: single loads, a byte budget with least-recently-used eviction, one lock per model."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import GlassboxError, OutOfMemory
from core.models.load import bundled, checkpoint, hub
from core.models.load.device import best_device, prepare_torch, weight_bytes
from core.models.load.memory import freeze, is_out_of_memory
from core.models.load.progress import Progress, silent
from core.models.load.residency import STORE, LoadedModel, budget_bytes, is_resident, make_room, touch
from core.models.specs import ModelSpec, check_allowed, find

if TYPE_CHECKING:
    from torch import nn


_flights: dict[str, threading.Lock] = {}  # one load of an id at a time
_building = threading.Lock()  # one module takes memory at a time, so that the budget holds
_warming: set[str] = set()
_changing = threading.Lock()  # guards _flights and _warming
_log = logging.getLogger("glassbox.models")


def load(model_id: str, progress: Progress | None = None, *, token: str | None = None) -> LoadedModel:
    """The model, from memory or loaded now; callers of one id share one load.

    ``token``: a Hugging Face token, for a gated model of the hub (without it, ``$HF_TOKEN``).

    Raises: UnknownModel, ModelLocked, UnsupportedModel, ModelUnavailable, ModelTooLarge, HubUnreachable,
    DamagedModel, MissingWeights, OutOfMemory.
    """
    spec = find(model_id)
    check_allowed(model_id)
    if found := touch(model_id):
        return found
    with _flight(model_id):
        if found := touch(model_id):
            return found
        report = progress or silent
        loaded = _load(spec, report, token)
        report("ready", 1.0)
        return loaded


@contextmanager
def _flight(model_id: str) -> Iterator[None]:
    with _changing:
        lock = _flights.setdefault(model_id, threading.Lock())
    with lock:
        yield


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
        STORE.put("model", spec.id, loaded, loaded.bytes)
    freeze()
    return loaded


def _folder(spec: ModelSpec, progress: Progress, token: str | None) -> Path:
    if spec.source != "hub":
        return Path(spec.location)
    return hub.fetch(spec, token=token, progress=progress, limit=budget_bytes(), weight_bytes=weight_bytes())


def _built(spec: ModelSpec, folder: Path, progress: Progress) -> LoadedModel:
    def room(known: ModelSpec, parameters: int) -> None:
        make_room(known.id, parameters * weight_bytes())

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


def warm_up(model_id: str) -> threading.Thread | None:
    """Load the model in the background; None when that is off, under way or not needed.

    ``GLASSBOX_WARMUP=0`` turns it off. A failure is logged; whoever needs the model later gets the error.
    """
    if os.environ.get("GLASSBOX_WARMUP") == "0" or is_resident(model_id):
        return None
    with _changing:
        if model_id in _warming:
            return None
        _warming.add(model_id)
    thread = threading.Thread(target=_warm, args=(model_id,), name="glassbox-warm-up", daemon=True)
    thread.start()
    return thread


def _warm(model_id: str) -> None:
    try:
        load(model_id)
    except GlassboxError as error:
        _log.warning("warming up %s failed: %s", model_id, error)
    finally:
        with _changing:
            _warming.discard(model_id)
