"""What a view of ``model_anatomy`` consists of; ``anatomy_flow`` and ``anatomy_lens`` register theirs in ``VIEWS``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pages.kit.frame import Opened

Draw = Callable[[Opened], None]


@dataclass(frozen=True, slots=True)
class View:
    """One view: its figure (a ``frame.panel``), how it is computed, and its numbers to take home."""

    draw: Draw
    how: Draw
    numbers: Draw
