"""How a load says how far it is."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, float], None]
"""Called with the step's name ("download", "read", "ready") and the fraction of it that is done, 0..1."""


def silent(step: str, fraction: float) -> None:
    """Where nobody wants to know the progress."""
