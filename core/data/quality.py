"""What was measured of our own models when they were trained: ``quality.json`` beside the weights."""

from __future__ import annotations

import json

from core.models.specs import find
from core.paths import MODELS


def measured(model_id: str) -> dict[str, float]:
    """The numbers by name, shares from 0 to 1; of each baseline the first of its numbers. Empty where there are none.

    Raises: UnknownModel.
    """
    try:
        found = json.loads((MODELS / find(model_id).location / "quality.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    numbers = {name: float(value) for name, value in found.items() if isinstance(value, int | float)}
    return numbers | {name: float(values[0]) for name, values in found.get("baselines", {}).items()}
