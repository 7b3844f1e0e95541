"""Models in memory: single loads, a byte budget with least-recently-used eviction, one lock per model."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import host
from core.errors import (
    DamagedModel,
    DiskFull,
    GlassboxError,
    MissingWeights,
    ModelTooLarge,
    ModelUnavailable,
    OutOfMemory,
    RefusedFile,
)
from core.models.load import bundled, checkpoint, disk, here, hub, patience, remote, small
from core.models.load.checkpoint import Checked
from core.models.load.device import best_device, has_own_memory, place, prepare_torch, weight_bytes
from core.models.load.memory import freeze, is_out_of_memory, reclaim
from core.models.load.progress import Progress, silent
from core.models.load.residency import (
    STORE,
    LoadedModel,
    fits_whole,
    is_resident,
    largest_bytes,
    make_room,
    touch,
)
from core.models.specs import ModelSpec, check_allowed, find

if TYPE_CHECKING:
    import torch
    from torch import nn


BUNDLED_BYTES = 4
"""Bytes of a weight of a bundled model while it is built: float32, whatever the device computes in."""
_warming: set[str] = set()
_changing = threading.Lock()  # guards _warming
_log = logging.getLogger("glassbox.models")


def load(model_id: str, progress: Progress | None = None, *, token: str | None = None) -> LoadedModel:
    """The model, from memory or loaded now; callers of one id share one load.

    ``token``: a Hugging Face token, for a gated model of the hub (without it, ``$HF_TOKEN``).

    What went wrong for one is told the others for a minute (``patience``).

    Raises: UnknownModel, ModelLocked, UnsupportedModel, ModelUnavailable, ModelTooLarge, MemoryLent, HubUnreachable,
    RefusedFile, DamagedModel, MissingWeights, DiskFull, TooManyLoads, OutOfMemory.
    """
    spec = find(model_id)
    check_allowed(model_id)
    if found := touch(model_id):
        return found
    report = progress or silent
    with patience.alone(model_id):
        if found := touch(model_id):
            return found
        with patience.remembering((model_id, token, *_stands(spec))):
            if spec.source != "bundled":
                patience.count(model_id)
            loaded = _load(spec, report, token)
        report("ready", 1.0)
        return loaded


def _stands(spec: ModelSpec) -> tuple[object, ...]:
    """What a failure was about: the files of a model as they lie there, the hub that was asked, the memory."""
    if spec.source == "hub":
        return remote.endpoint(), hub.is_offline(), here.budget()
    folder = bundled.folder_of(spec) if spec.source == "bundled" else Path(spec.location)
    found = (
        [(one.name, one.stat(follow_symlinks=False)) for one in os.scandir(folder)] if folder.is_dir() else []
    )
    return largest_bytes(), *sorted((name, one.st_size, one.st_mtime_ns) for name, one in found)


def _load(spec: ModelSpec, progress: Progress, token: str | None) -> LoadedModel:
    """Fetch and check what is not here (others may load meanwhile), then build; once more alone if memory runs out."""
    try:
        with disk.held(spec.location) if spec.source == "hub" else nullcontext():
            checked = _checked(spec, progress, token)
            prepare_torch()
            with checkpoint.BUILDING:
                loaded = _fitted(spec, checked, progress)
                STORE.put("model", spec.id, loaded, loaded.bytes)
    except (DamagedModel, MissingWeights, RefusedFile, ModelUnavailable, DiskFull) as error:
        if spec.source == "hub":
            disk.discard(spec.location, str(error.values.get("file", "")))
        raise
    freeze()
    return loaded


def _fitted(spec: ModelSpec, checked: Checked | None, progress: Progress) -> LoadedModel:
    """The model, built while nothing else is."""
    for last in (False, True):
        try:
            return _built(spec, checked, progress)
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            _log.warning("out of memory while loading %s", spec.id)
            if last:
                raise OutOfMemory(model=spec.id) from error
        make_room(spec.id, 0, everything=True)
    raise AssertionError("it was built, or raised")


def _checked(spec: ModelSpec, progress: Progress, token: str | None) -> Checked | None:
    """What a model from outside is, fetched if need be; the bundled ones have checksums of their own."""
    if spec.source == "bundled":
        return None
    folder = Path(spec.location)
    if spec.source == "hub":
        folder = hub.fetch(
            spec, token=token, progress=progress, limit=largest_bytes, weight_bytes=weight_bytes
        )
    return checkpoint.check(spec, folder, limit=largest_bytes(), weight_bytes=weight_bytes())


def _built(spec: ModelSpec, checked: Checked | None, progress: Progress) -> LoadedModel:
    def room(known: ModelSpec, parameters: int, compact: int) -> bool:
        """Make room for a model; whether for its small form, of ``compact`` bytes, because the other does not fit."""
        need = parameters * weight_bytes()
        small_form = 0 < compact < need and best_device()[0] == "cpu" and not fits_whole(need)
        make_room(known.id, compact if small_form else need)
        if has_own_memory(best_device()[0]):
            _check_host(known, parameters * (weight_bytes() if checked else BUNDLED_BYTES))
        return small_form

    if checked is None:
        return finished(*bundled.build(spec, room, progress))
    return finished(
        *checkpoint.build(
            checked,
            lambda known, parameters: room(known, parameters, 0),
            progress,
            dtype=best_device()[1],
        )
    )


@contextmanager
def on_processor(spec: ModelSpec) -> Iterator[LoadedModel]:
    """A model once more, beside the one on a card: on the CPU and in float32, for as long as the two are compared.

    Raises: ModelTooLarge where the host has no room for it, what loading raises.
    """
    import torch

    checked = _checked(spec, silent, None)

    def room(known: ModelSpec, parameters: int) -> bool:
        _check_host(known, parameters * BUNDLED_BYTES)
        return False

    with checkpoint.BUILDING:
        if checked is None:
            built = bundled.build(spec, lambda known, parameters, _: room(known, parameters), silent)
        else:
            built = checkpoint.build(checked, room, silent, dtype=torch.float32)
    yield _placed(*built, device="cpu", dtype=torch.float32)
    del built
    reclaim()


def _check_host(spec: ModelSpec, need: int) -> None:
    """Whether the host has room for a module until it is on the card. Raises: ModelTooLarge."""
    room = host.room()
    if need > room:
        raise ModelTooLarge(model=spec.id, need_mb=-(-need // 10**6), limit_mb=room // 10**6)


def finished(spec: ModelSpec, model: nn.Module, tokenizer: Any) -> LoadedModel:
    """Put the module on its device; nothing of it will ever be trained."""
    return _placed(spec, model, tokenizer, *best_device())


def _placed(
    spec: ModelSpec, model: nn.Module, tokenizer: Any, device: str, dtype: torch.dtype
) -> LoadedModel:
    model.eval().requires_grad_(False)
    place(model, device, dtype)
    name = "int8" if small.is_small(model) else str(dtype).removeprefix("torch.")
    return LoadedModel(spec, model, tokenizer, device, name, small.bytes_held(model), threading.RLock())


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
