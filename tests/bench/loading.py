"""Bundled models: seconds to load once the libraries are imported, and memory of a process that holds one."""

from __future__ import annotations

import json
import subprocess
import sys

from core.paths import ROOT
from tests.bench.report import Line

MODELS = ("smollm2-135m", "e5-small-enzh")
REPEATS = 3
LOAD_BOUND = 3.0  # seconds, warm
MEMORY_BOUND = 1000.0  # MB, with Streamlit, torch and transformers imported

SCRIPT = """
import json, sys, time
import psutil, streamlit, torch, transformers
from transformers import BertModel, LlamaForCausalLM, PreTrainedTokenizerFast
from core.models.load.loading import load
from core.models.load.residency import evict
times = []
for _ in range(int(sys.argv[2])):
    start = time.perf_counter()
    loaded = load(sys.argv[1])
    times.append(time.perf_counter() - start)
    memory = psutil.Process().memory_info().rss / 1e6
    del loaded
    evict(sys.argv[1])
left = psutil.Process().memory_info().rss / 1e6
print(json.dumps({"times": times, "memory": memory, "left": left}))
"""


def _measured(model: str) -> list[Line]:
    command = [sys.executable, "-c", SCRIPT, model, str(REPEATS)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    note = f"first {found['times'][0]:.2f} s; {found['left']:.0f} MB after eviction"
    return [
        Line(f"load {model}", min(found["times"]), LOAD_BOUND, "s", note),
        Line(f"memory with {model}", found["memory"], MEMORY_BOUND, "MB"),
    ]


def measure() -> list[Line]:
    """Each model in a process of its own."""
    return [line for model in MODELS for line in _measured(model)]
