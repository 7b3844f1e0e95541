"""Whether a model is here, as its name in a list says: nothing is asked of the hub, and no library is imported."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Literal

from core.models.load import hub, residency
from core.models.load.device import weight_bytes
from core.models.load.files import CONFIG
from core.models.load.remote import MAIN
from core.models.specs import ModelSpec
from core.settings import setting

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
    """Bytes of its weights in memory; before torch is there, as on a CPU."""
    return spec.parameters * (weight_bytes() if "torch" in sys.modules else 4)


def budget() -> int:
    """Bytes that models may take; before torch is there, as on a CPU."""
    if "torch" in sys.modules:
        return residency.budget_bytes()
    return int(setting("GLASSBOX_MODEL_BUDGET_MB", residency.BUDGET_MB) * 1e6)


def is_cached(spec: ModelSpec) -> bool:
    """Whether a download is complete: config.json, which comes last, lies in the hub library's cache."""
    kept = cache() / f"models--{spec.location.replace('/', '--')}"
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
