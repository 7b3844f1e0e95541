"""What a training step keeps in memory, by formulas: its parts, and what each saver changes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from core.arrays import read_only
from core.compute.training_memory.shapes import (
    MOST_LENGTH,
    Shape,
    adapter_parameters,
    parameters,
    shape_of,
)
from core.errors import BadParameter
from core.numerics import Doubles
from core.results import named

PARTS = ("weights", "gradients", "states", "attention", "activations", "logits")
PRECISIONS = ("fp32", "bf16", "fp16")
OPTIMIZERS = ("adam", "adam8", "momentum", "sgd")
KEEPS = ("none", "selective", "full")
"""What is computed again in the backward pass: nothing, the core of attention, or whole layers."""
BLOCK = 2048
"""Numbers of a state that share one scale in 8-bit Adam (Dettmers et al. 2022)."""
STATES = {"adam": 8.0, "adam8": 2 + 2 * 4 / BLOCK, "momentum": 4.0, "sgd": 0.0}
"""Bytes of the optimizer's states for each weight that is trained."""
COPY = 4.0
"""Bytes of the float32 copy that training in 16 bits adds for each weight."""
SAVED = ("norm_1", "qkv_in", "qkv", "scores", "scores_dropped", "out_in", "norm_2", "mlp_in", "gates", "mlp_out_in",
         "masks")  # fmt: skip
LORA_RANK, ZERO = 16, 3
"""What the rows for LoRA and ZeRO show where they are not chosen already."""
BOUNDS = {
    "batch": (1, 1024),
    "length": (16, MOST_LENGTH),
    "processes": (1, 1024),
    "rank": (0, 256),
    "zero": (0, 3),
}


@dataclass(frozen=True, slots=True)
class Setting:
    """How a shape is trained."""

    batch: int  # sequences that one process reads at once
    length: int  # tokens of each
    precision: str = "fp32"
    optimizer: str = "adam"
    keep: str = "none"
    zero: int = 0  # stage of ZeRO
    processes: int = 1
    rank: int = 0  # of LoRA; 0: all weights are trained


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """What is kept in one process, for the settings as chosen and with one saver more each."""

    rows: tuple[str, ...]  # "chosen", then the savers that are not in use
    bytes: Doubles  # [row, part of PARTS]
    saved: tuple[str, ...]  # what one layer keeps for the backward pass, in the order of the forward pass
    saved_bytes: Doubles  # [tensor]
    parameters: int
    trained: int


def saved_tensors(shape: Shape, setting: Setting) -> dict[str, float]:
    """Bytes of each tensor that one layer keeps for its backward pass, without checkpointing.

    As GPT-2 is built with dropout they add up to s·b·h·(34 + 5·a·s/h) at 16 bits (Korthikanti et al. 2022, §4.1): 16
    numbers of ``e`` bytes and two masks of one byte for each of s·b·h, two numbers and a mask for each of a·s²·b.
    Gated layers keep the gate, its activation, the other half and their product, and have no dropout. Where the
    weights are frozen (LoRA), inputs of those that no gradient is computed for are not kept.

    >>> gpt3 = shape_of(shape="gpt3-175b", layers=0, width=0, heads=0, vocabulary=0)
    >>> sum(saved_tensors(gpt3, Setting(1, 2048, "fp16")).values()) == 2048 * 12288 * (34 + 5 * 96 * 2048 / 12288)
    True
    """
    e = 4 if setting.precision == "fp32" else 2
    tokens = setting.length * setting.batch
    wide, square = tokens * shape.width, shape.heads * setting.length * tokens
    dropout, full = not shape.gated, setting.rank == 0
    numbers = {
        "norm_1": wide, "qkv_in": wide, "qkv": wide + 2 * tokens * shape.reading, "scores": square,
        "scores_dropped": 0, "out_in": full * wide, "norm_2": wide, "mlp_in": full * wide,
        "gates": (3 if shape.gated else 1) * tokens * shape.inner, "mlp_out_in": full * tokens * shape.inner,
    }  # fmt: skip
    found = {name: float(e * count) for name, count in numbers.items()}
    found["scores_dropped"] = float(dropout * (e + 1) * square)
    found["masks"] = float(dropout * 2 * wide)
    return {name: found[name] for name in SAVED}


def layer_bytes(shape: Shape, setting: Setting) -> tuple[float, float]:
    """What one layer keeps: the matrices of attention, none where they are computed again, and all else."""
    found = saved_tensors(shape, setting)
    matrices = found["scores"] + found["scores_dropped"]
    return matrices * (setting.keep != "selective"), sum(found.values()) - matrices


def activations(shape: Shape, setting: Setting) -> tuple[float, float]:
    """The same of all layers, and the output layer's input; of layers that are computed again their inputs and one."""
    wide = (4 if setting.precision == "fp32" else 2) * setting.length * setting.batch * shape.width
    matrices, others = layer_bytes(shape, setting)
    if setting.keep == "full":
        return matrices, others + (shape.layers + 2) * wide
    return shape.layers * matrices, shape.layers * others + 2 * wide


def parts(shape: Shape, setting: Setting) -> Doubles:
    """Bytes of each of ``PARTS`` in one process.

    Weights and gradients: 4 bytes a number, 2 at 16 bits. States: the optimizer's, and a float32 copy at 16 bits. ZeRO
    divides states from stage 1, gradients from stage 2 and weights from stage 3 on by the processes
    (Rajbhandari et al. 2020, §5). Logits: 4·s·b·V, always float32.
    """
    every = parameters(shape)
    low = setting.precision != "fp32"
    size, extra = (2, COPY) if low else (4, 0.0)
    added = adapter_parameters(shape, setting.rank)
    trained = added if setting.rank else every
    split = [setting.processes if setting.zero >= stage else 1 for stage in (1, 2, 3)]
    return np.array([
        size * (every + added) / split[2], size * trained / split[1],
        (STATES[setting.optimizer] + extra) * trained / split[0], *activations(shape, setting),
        4.0 * setting.length * setting.batch * shape.vocabulary,
    ])  # fmt: skip


def savers(setting: Setting) -> dict[str, Setting]:
    """The setting with one saver more, for each that it does not have."""
    found = {
        "half": replace(setting, precision="bf16") if setting.precision == "fp32" else setting,
        "adam8": replace(setting, optimizer="adam8") if setting.optimizer == "adam" else setting,
        "selective": replace(setting, keep="selective") if setting.keep == "none" else setting,
        "full": replace(setting, keep="full"),
        "zero": replace(setting, zero=ZERO) if setting.processes > 1 else setting,
        "lora": replace(setting, rank=LORA_RANK) if not setting.rank else setting,
    }
    return {name: one for name, one in found.items() if one != setting}


@named("training_memory.estimate")
def estimate(
    *, shape: str, layers: int, width: int, heads: int, vocabulary: int, batch: int, length: int, precision: str,
    optimizer: str, keep: str, zero: int, processes: int, rank: int,
) -> Estimate:  # fmt: skip
    """What training a shape keeps in memory, and what each saver would change.

    Weights + gradients + states + activations + logits, in bytes (see ``parts``, ``saved_tensors``). Not counted:
    what lives for a moment only, the allocator's gaps, the device's own. Errors: BadParameter.

    >>> own = dict(layers=1, width=64, heads=1, vocabulary=256)
    >>> found = estimate(shape="llama-2-7b", **own, batch=1, length=2048, precision="bf16", optimizer="adam",
    ...                  keep="none", zero=0, processes=1, rank=0)
    >>> round(found.bytes[0, 2] / 1e9)
    81
    """
    model = shape_of(shape=shape, layers=layers, width=width, heads=heads, vocabulary=vocabulary)
    setting = Setting(batch, length, precision, optimizer, keep, zero, processes, rank)
    _check(setting)
    rows = {"chosen": setting, **savers(setting)}
    saved = {name: size for name, size in saved_tensors(model, setting).items() if size}
    return Estimate(
        rows=tuple(rows),
        bytes=read_only(np.stack([parts(model, one) for one in rows.values()])),
        saved=tuple(saved),
        saved_bytes=read_only(np.array(list(saved.values()))),
        parameters=parameters(model),
        trained=adapter_parameters(model, rank) if rank else parameters(model),
    )


def _check(setting: Setting) -> None:
    """Errors: BadParameter."""
    for name, (low, high) in BOUNDS.items():
        if not low <= getattr(setting, name) <= high:
            raise BadParameter(name=name)
    for name, known in (("precision", PRECISIONS), ("optimizer", OPTIMIZERS), ("keep", KEEPS)):
        if getattr(setting, name) not in known:
            raise BadParameter(name=name)
