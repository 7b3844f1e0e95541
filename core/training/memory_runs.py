"""Runs of a small GPT for the page on memory: ``python -m core.training.memory_runs``.

Times training steps with checkpoints of different sizes, trains one network in four precisions on the same batches, and
writes what it noted to ``assets/data/memory``. Bytes and losses follow from the seed; times are those of the machine.
"""

from __future__ import annotations

import re
import statistics
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from core.compute.training_memory import network
from core.compute.training_memory.measured import (
    BATCH,
    HEADS,
    VOCABULARY,
    WIDTH,
    step_bytes,
)
from core.compute.training_memory.network import Small
from core.data.classic_corpora import read
from core.models.load.manifest import FORMAT, NAME
from core.models.load.writing import as_json, sha256
from core.paths import DATA

if TYPE_CHECKING:
    import torch
    from torch import nn

COMMAND = "python -m core.training.memory_runs"
LAYERS, LENGTH, EVERY = 8, 128, (0, 1, 2, 4, 8)
REPEATS = 9
WINDOWS, READ, STEPS, RATE = 16, 64, 100, 3e-3
DIVISOR, SCALE = 64, 14
"""Losses are divided as by one who adds up the gradients of 64 batches; the power of two of the run with scaling."""
RUNS = ("fp32", "bf16", "fp16", "scaled")
SCALES = tuple(range(0, 31, 2))
SEEN = 40
"""After so many steps the gradients are looked at."""
SAMPLE = 16_384
WINDOW = 10
CARD = """\
# Small runs, measured

- **Made by** `{command}` on the CPU with torch {torch}, on one thread, seed 0. Licence: Apache-2.0.
- `steps.json`: one training step of a GPT with {layers} layers of width {width} on {batch} sequences of {length}
  tokens, float32, Adam, no dropout, with checkpoints of different sizes: peak of the bytes of all tensors, and
  processor time (median of {repeats} steps, taken in turn).
- `precisions.json`: a GPT with 2 layers trained for {steps} steps on the beginning of *Moby-Dick* (public domain) in
  words, the {vocabulary} most frequent ones, with float32 weights for the optimizer and forward and backward passes
  in each precision. The loss is divided by {divisor}. Losses in nats; shares of gradients that float16 makes zero by
  the scale of the loss.
- `gradients.f32`: {sample} gradients at the outputs of its modules after {seen} steps, float32, little-endian.
"""


def timed() -> dict[str, Any]:
    """Peak bytes and processor time of a step for each size of checkpoints."""
    import torch

    models = {every: network.make(_small(every)) for every in EVERY}
    ids = torch.randint(0, VOCABULARY, (BATCH, LENGTH + 1), generator=torch.Generator().manual_seed(0))
    spent: dict[int, list[float]] = {every: [] for every in EVERY}
    for repeat in range(REPEATS + 1):
        for every, model in models.items():
            start = time.process_time()
            network.loss(model, ids).backward()
            if repeat:  # the first one warms up
                spent[every].append(time.process_time() - start)
    peak = [float(step_bytes(_small(every), BATCH, LENGTH).sum()) for every in EVERY]
    seconds = [statistics.median(spent[every]) for every in EVERY]
    return {
        "every": EVERY,
        "peak": peak,
        "seconds": seconds,
        "repeats": REPEATS,
        "layers": LAYERS,
        "length": LENGTH,
    }


def _small(every: int) -> Small:
    return Small(LAYERS, WIDTH, HEADS, VOCABULARY, LENGTH, every=every)


class Words:
    """The novel as numbers of words, cut into windows by the step's own draw."""

    def __init__(self) -> None:
        import torch

        words = re.findall(r"[a-z]+|[^\sa-z]", " ".join(read("english", lower=True).train))
        known = [word for word, _ in Counter(words).most_common(VOCABULARY - 1)]
        places = {word: at for at, word in enumerate(known, 1)}
        self._ids = torch.tensor([places.get(word, 0) for word in words])

    def batch(self, step: int) -> torch.Tensor:
        """[window, token + 1]."""
        import torch

        draw = torch.Generator().manual_seed(step)
        starts = torch.randint(0, len(self._ids) - READ - 1, (WINDOWS,), generator=draw)
        return self._ids[starts[:, None] + torch.arange(READ + 1)]


class Mixed:
    """Float32 weights for the optimizer, and a copy of them in another precision that computes."""

    def __init__(self, precision: str) -> None:
        import torch

        types = {
            "fp32": torch.float32,
            "bf16": torch.bfloat16,
            "fp16": torch.float16,
            "scaled": torch.float16,
        }
        torch.manual_seed(0)
        self.weights = network.make(Small(2, WIDTH, HEADS, VOCABULARY, READ))
        self.copy = network.make(Small(2, WIDTH, HEADS, VOCABULARY, READ)).to(types[precision])
        self.optimizer = torch.optim.Adam(self.weights.parameters(), lr=RATE)

    def gradients(self, ids: torch.Tensor, scale: float) -> tuple[float, list[torch.Tensor]]:
        """The loss, and the gradient of each weight as the copy computes it, in float32, the scale taken out."""
        import torch

        with torch.no_grad():
            for ours, theirs in zip(self.copy.parameters(), self.weights.parameters(), strict=True):
                ours.copy_(theirs)
        self.copy.zero_grad()
        loss = network.loss(self.copy, ids)
        (loss * (scale / DIVISOR)).backward()
        found = [one.grad.float() / scale for one in self.copy.parameters() if one.grad is not None]
        return float(loss.detach()), found

    def step(self, ids: torch.Tensor, scale: float) -> float:
        """One step; it is left out where a gradient is no finite number."""
        loss, found = self.gradients(ids, scale)
        if all(bool(one.isfinite().all()) for one in found):
            for weight, gradient in zip(self.weights.parameters(), found, strict=True):
                weight.grad = gradient
            self.optimizer.step()
        return loss


def trained(words: Words) -> list[list[float]]:
    """[run, step] losses in each precision."""
    found = []
    for run in RUNS:
        mixed = Mixed(run)
        found.append([mixed.step(words.batch(at), 2.0 ** (SCALE * (run == "scaled"))) for at in range(STEPS)])
    return found


def looked_at(words: Words) -> tuple[dict[str, Any], bytes]:
    """Shares of gradients that float16 loses by the scale of the loss, and a sample of the gradients in float32."""
    plain, half = Mixed("fp32"), Mixed("fp16")
    for at in range(SEEN):
        plain.step(words.batch(at), 1.0)
    half.weights.load_state_dict(plain.weights.state_dict())
    ids = words.batch(SEEN)
    there = np.concatenate([one.numpy().ravel() != 0 for one in plain.gradients(ids, 1.0)[1]])
    lost, over = [], []
    for scale in SCALES:
        found = np.concatenate([one.numpy().ravel() for one in half.gradients(ids, 2.0**scale)[1]])
        lost.append(float((found[there] == 0).mean()))
        over.append(float((~np.isfinite(found[there])).mean()))
    return {"scales": SCALES, "lost": lost, "over": over}, sample(plain.copy, ids)


def sample(model: nn.Module, ids: torch.Tensor) -> bytes:
    """Gradients at the outputs of the modules, evenly from all of them that are not zero, as bytes of float32."""
    found: list[Any] = []

    def keep(_: Any, __: Any, made: Any) -> None:
        made.register_hook(lambda gradient: found.append(gradient.detach().numpy().ravel()))

    hooks = [one.register_forward_hook(keep) for one in model.modules()]
    (network.loss(model, ids) / DIVISOR).backward()
    for hook in hooks:
        hook.remove()
    values = np.concatenate(found)
    values = values[values != 0]
    picked = np.random.default_rng(0).choice(values, SAMPLE, replace=False)
    return picked.astype("<f4").tobytes()


def main() -> None:
    """Measure and write."""
    import torch

    torch.set_num_threads(1)
    words = Words()
    steps = timed()
    shares, gradients = looked_at(words)
    runs = {"runs": RUNS, "loss": np.round(trained(words), 4).tolist(), "window": WINDOW, "divisor": DIVISOR,
            "scale": SCALE, **shares}  # fmt: skip
    card = CARD.format(
        command=COMMAND, torch=torch.__version__, layers=LAYERS, width=WIDTH, batch=BATCH, length=LENGTH,
        repeats=REPEATS, steps=STEPS, vocabulary=VOCABULARY, divisor=DIVISOR, sample=SAMPLE, seen=SEEN,
    )  # fmt: skip
    write({
        "steps.json": as_json(steps).encode(), "precisions.json": as_json(runs).encode(), "gradients.f32": gradients,
        "README.md": card.encode(),
    })  # fmt: skip


def write(contents: dict[str, bytes]) -> None:
    """The folder of data with its manifest."""
    out = DATA / "memory"
    out.mkdir(parents=True, exist_ok=True)
    about = {"source": "core.training", "licence": "Apache-2.0", "command": COMMAND}
    files = {}
    for name, content in contents.items():
        (out / name).write_bytes(content)
        files[name] = {"sha256": sha256(content), "bytes": len(content), **about}
    manifest = {"format": FORMAT, "model": "memory", "files": files, "tensors": {}, "dequantized_sha256": {}}
    (out / NAME).write_text(as_json(manifest), encoding="utf-8")


if __name__ == "__main__":
    main()
