"""The tiny GPT along its training: the weights after 0, 10, 20, … steps, and what was measured at each."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.errors import BadParameter
from core.models import specs
from core.models.load import bundled
from core.models.load.loading import finished
from core.models.load.manifest import Manifest, read_manifest
from core.paths import MODELS
from core.training.folders import take

if TYPE_CHECKING:
    from core.models.load.residency import LoadedModel

MODEL = "tiny-gpt"
MEASURED = "checkpoints.json"


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoints:
    """What was measured along the training."""

    steps: tuple[int, ...]
    train: npt.NDArray[np.float32]  # [checkpoint], loss on the texts trained on, nats per token
    held_out: npt.NDArray[np.float32]  # [checkpoint], loss on held-out texts, nats per token
    induction: npt.NDArray[np.float32]  # [checkpoint, layer, head], 0 … 1
    probe: npt.NDArray[np.int64]  # [sequence, token], the repeated random tokens that it was measured on


def _manifest() -> Manifest:
    return read_manifest(MODEL, MODELS / specs.find(MODEL).location)


def measured() -> Checkpoints:
    """The measurements that lie beside the weights; no model is loaded."""
    found = json.loads(_manifest().read_bytes(MEASURED))
    columns = {name: np.array(found[name], np.float32) for name in ("train", "held_out", "induction")}
    probe = np.array(found["probe"], np.int64)
    for column in columns.values():
        column.flags.writeable = False
    probe.flags.writeable = False
    return Checkpoints(steps=tuple(found["steps"]), probe=probe, **columns)


def at(step: int) -> LoadedModel:
    """The model after ``step`` steps, on the CPU; it does not count as a model in memory.

    Errors: BadParameter("step") where nothing was kept, MissingWeights, DamagedModel.
    """
    manifest = _manifest()
    name = f"steps/{step:05d}.safetensors"
    if name not in manifest.sha256:
        raise BadParameter(name="step")
    spec, module, tokenizer = bundled.build(specs.find(MODEL), lambda *_: False, lambda *_: None)
    take(module, manifest.read_bytes(name))
    return finished(replace(spec, title=f"{spec.title}, step {step}"), module, tokenizer)
