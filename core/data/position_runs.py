"""Losses of the five bundled models that differ in their positions only; no model is loaded for them."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np

from core.arrays import Array, read_only
from core.models.load.manifest import read_manifest
from core.paths import DATA

FOLDER = DATA / "positions"


@dataclass(frozen=True, slots=True, eq=False)
class Losses:
    """Held-out loss at every position."""

    schemes: tuple[str, ...]
    trained: int  # tokens of the sequences in training
    windows: int  # of held-out text, that the means are over
    loss: Array  # [scheme, position], nats per token; nan where the scheme has no position
    error: Array  # [scheme, position], standard error of the mean, nats


def read_losses() -> Losses:
    """The bundled measurements. Raises: MissingWeights, DamagedModel."""
    found = json.loads(read_manifest("positions", FOLDER).read_bytes("curves.json"))
    schemes = tuple(str(name) for name in found["schemes"])
    loss, error = (
        np.array(
            [[np.nan if one is None else one for one in found[key][name]] for name in schemes], np.float32
        )
        for key in ("loss", "error")
    )
    return Losses(schemes, int(found["trained"]), int(found["windows"]), read_only(loss), read_only(error))
