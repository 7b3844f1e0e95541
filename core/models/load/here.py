"""Whether a model is here, as its name in a list says: nothing is asked of the hub, and no library is imported."""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from pathlib import Path
from typing import Literal

from core.models.load import hub, residency
from core.models.load.device import best_device, weight_bytes
from core.models.load.files import CONFIG
from core.models.load.manifest import read_manifest
from core.models.load.quantized import coded_bytes
from core.models.load.remote import MAIN
from core.models.specs import ModelSpec
from core.paths import MODELS

Where = Literal["bundled", "here", "download", "offline", "large"]


def where(spec: ModelSpec) -> Where:
    """Comes with the app, lies here, would be downloaded, cannot be (no hub), or does not fit this machine's memory."""
    if spec.parameters and need(spec) > budget():
        return "large"
    if spec.source == "bundled":
        return "bundled"
    if spec.source == "folder" or is_cached(spec):
        return "here"
    return "offline" if hub.is_offline() else "download"


def need(spec: ModelSpec) -> int:
    """Bytes of its weights in memory, in the form that fits; before torch is there, as on a CPU."""
    on_card = "torch" in sys.modules and best_device()[0] != "cpu"
    whole = spec.parameters * (weight_bytes() if on_card else 4)
    if on_card or spec.source != "bundled" or residency.fits_whole(whole):
        return whole
    return min(whole, _coded_bytes(spec.location))


@lru_cache(maxsize=64)
def _coded_bytes(location: str) -> int:
    """What a bundled model takes with 8-bit codes, by its manifest."""
    tensors = read_manifest(location, MODELS / location).tensors
    return sum(coded_bytes(one.encoding, one.shape) for one in tensors if not one.first)


def budget() -> int:
    """Bytes that models may take; before torch is there, as on a CPU."""
    if "torch" in sys.modules:
        return residency.largest_bytes()
    return residency.own_memory()


def is_cached(spec: ModelSpec) -> bool:
    """Whether a download is complete: config.json, which comes last, lies in the hub library's cache."""
    kept = cache() / f"models--{spec.location.replace('/', '--')}"
    if not kept.is_dir():  # most are not here, and a page asks for each
        return False
    revision = spec.revision or MAIN
    try:
        commit = (kept / "refs" / revision).read_text("utf-8").strip()
    except OSError:
        commit = revision
    return (kept / "snapshots" / commit / CONFIG).is_file()


def cache() -> Path:
    """Where the hub library keeps downloads (its ``HF_HUB_CACHE``)."""
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface"
    return Path(os.environ.get("HF_HUB_CACHE") or Path(home) / "hub").expanduser()
