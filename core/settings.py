"""What the operator sets by environment variables."""

from __future__ import annotations

import os
from urllib.parse import urlsplit


def setting(name: str, default: float) -> float:
    """An operator's number from the environment; what is no positive number counts as not set."""
    try:
        value = float(os.environ.get(name, ""))
    except ValueError:
        return default
    return value if 0 < value < float("inf") else default


_reached = False


def reached_by_others(*, yes: bool) -> None:
    """Told by whatever serves the app: whether its address can be reached from beyond this machine."""
    global _reached
    _reached = yes


def public() -> bool:
    """Whether others than the operator reach the app: ``$GLASSBOX_PUBLIC`` (1 or 0), else as the server was told."""
    said = os.environ.get("GLASSBOX_PUBLIC", "").strip()
    return said != "0" if said else _reached


def own_address() -> str:
    """Where visitors reach the app, ``$GLASSBOX_URL``, without a slash at its end; "" where that is no address."""
    said = os.environ.get("GLASSBOX_URL", "").strip().rstrip("/")
    try:
        parts = urlsplit(said)
    except ValueError:
        return ""
    return said if parts.scheme in ("http", "https") and parts.hostname and not parts.query else ""
