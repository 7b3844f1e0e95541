"""A model with 8-bit weights beside the same one in float32: time, memory, loading, agreement on held-out text.

Each model in a process of its own, on one thread; the two forms take turns, and processor time is what counts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from core.models.specs import REGISTRY
from core.paths import ROOT
from tests.bench.report import Line

LEAST_MB = 500
"""Bundled models whose float32 takes less than that run everywhere."""
FIRST = "smollm2-135m"
ONE_ROW, PROMPT = 1.5, 1.35  # times as long as in float32
MEMORY_BOUND, LOAD_BOUND = (
    650.0,
    3.0,
)  # MB beside the rest of the process; times as long as SmolLM2 in float32
TOP_1, NATS = 0.97, 0.02

SCRIPT = """
import json, statistics, sys, time
import psutil, torch, transformers
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast, Qwen2ForCausalLM
from core.models.load import bundled
from core.models.load.device import prepare_torch
from core.models.load.loading import finished
from core.models.load.progress import silent
from core.models.read.decoding import Cache
from core.models.specs import find
from tests.core.models.held_out import lines, scores
name, rounds, prompts, length = sys.argv[1], 5, (32, 256), 192
prepare_torch()

def timed(run):
    start = time.process_time()
    made = run()
    return time.process_time() - start, made

def made(small):
    before = psutil.Process().memory_info().rss
    seconds, loaded = timed(lambda: finished(*bundled.build(find(name), lambda *_: small, silent)))
    return {"load": seconds, "rss": (psutil.Process().memory_info().rss - before) / 1e6}, loaded

def read(loaded, ids, times):
    cache = Cache(loaded)
    times[str(len(ids))].append(timed(lambda: cache.read([ids]))[0])
    if len(ids) == prompts[0]:
        times["1"] += [timed(lambda: cache.read([[ids[at]]]))[0] for at in range(3)]

pairs = [made(True), made(False)]
texts = lines(pairs[0][1].tokenizer, length)
ids = (texts[0] + texts[1])[: max(prompts)]
times = [{"1": [], **{str(count): [] for count in prompts}} for _ in pairs]
with torch.inference_mode():
    for _ in range(rounds):
        for count in prompts:
            for (_, loaded), own in zip(pairs, times):
                read(loaded, ids[:count], own)
found = [facts | {"bytes": loaded.bytes / 1e6, "dtype": loaded.dtype} for facts, loaded in pairs]
for facts, own in zip(found, times):
    facts["ms"] = {count: 1000 * statistics.median(values) for count, values in own.items()}
small, full = (scores(loaded, texts) for _, loaded in pairs)
half = len(texts) // 2
for kind, some in (("en", slice(half)), ("zh", slice(half, None))):
    ours, theirs = torch.cat(small[some]), torch.cat(full[some])
    found[0]["top_1_" + kind] = float((ours.argmax(-1) == theirs.argmax(-1)).float().mean())
    found[0]["nats_" + kind] = float((theirs.exp() * (theirs - ours)).sum(-1).mean())
print(json.dumps(found))
"""


def _measured(model: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The small form's numbers and those of float32."""
    command = [sys.executable, "-c", SCRIPT, model]
    environment = os.environ | {"GLASSBOX_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=900, check=True
    )
    small, full = json.loads(done.stdout.splitlines()[-1])
    return small, full


def _lines(model: str, small: dict[str, Any], full: dict[str, Any], load: float) -> list[Line]:
    lines = [
        Line(
            f"{model}: " + ("a token after 32" if count == "1" else f"a prompt of {count}"), ms / full["ms"][count],
            ONE_ROW if count == "1" else PROMPT, "times", f"{ms:.0f} ms against {full['ms'][count]:.0f}",
        )
        for count, ms in small["ms"].items()
    ]  # fmt: skip
    note = f"its tensors {small['bytes']:.0f}, in float32 {full['bytes']:.0f}"
    lines += [
        Line(f"{model}: memory", small["rss"], MEMORY_BOUND, "MB", note),
        Line(
            f"{model}: loading, beside {FIRST}",
            small["load"] / load,
            LOAD_BOUND,
            "times",
            f"{small['load']:.2f} s",
        ),
    ]
    for language in ("en", "zh"):
        lines += [
            Line(
                f"{model}: same first token ({language})", small[f"top_1_{language}"], TOP_1, "", least=True
            ),
            Line(f"{model}: divergence ({language})", small[f"nats_{language}"], NATS, "nats"),
        ]
    return lines


def measure() -> list[Line]:
    """Every bundled model that has a small form worth it."""
    names = [spec.id for spec in REGISTRY if spec.source == "bundled" and spec.megabytes >= LEAST_MB]
    found = {name: _measured(name) for name in names}
    load = found[FIRST][1]["load"]
    return [line for name, (small, full) in found.items() for line in _lines(name, small, full, load)]
