"""What the operator sets by environment variables."""

from __future__ import annotations

import os


def setting(name: str, default: float) -> float:
    """An operator's number from the environment; what is no positive number counts as not set."""
    try:
        value = float(os.environ.get(name, ""))
    except ValueError:
        return default
    return value if 0 < value < float("inf") else default
