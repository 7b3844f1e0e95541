"""The app itself, plus answers: ``?probe=1``, ``masked``, ``next`` time a bare forward, ``queue`` counts generations.

The time of a forward pass depends on the process (threads, what else it holds), so it is measured where
the app measures its own. An answer is one code block with JSON.
"""

import json
import runpy
import statistics
import time
from pathlib import Path
from typing import Any

import streamlit as st

ROOT = Path(__file__).resolve().parents[2]
REPEATS = 9


def bare_forward(model_id: str, text: str, probe: str) -> dict[str, float]:
    """Median milliseconds of one forward pass that returns attentions and hidden states.

    ``masked``: of one through the layers alone, with as many copies of the text as it has tokens. ``next``: of one that
    returns the logits of the next token and nothing else.
    """
    import torch

    from core.models.load.device import forward_slot
    from core.models.load.loading import load

    loaded = load(model_id)
    inputs = loaded.tokenizer(text, return_tensors="pt")["input_ids"].to(loaded.device)
    layers: Any = loaded.model.base_model
    times = []
    with forward_slot():
        for _ in range(REPEATS):
            start = time.perf_counter()
            with torch.inference_mode():
                if probe == "masked":
                    layers(input_ids=inputs.expand(inputs.shape[1], -1))
                elif probe == "next":
                    loaded.model(input_ids=inputs, use_cache=False, logits_to_keep=1)
                else:
                    loaded.model(
                        input_ids=inputs, output_attentions=True, output_hidden_states=True, use_cache=False
                    )
            times.append(1000 * (time.perf_counter() - start))
    return {
        "milliseconds": statistics.median(times[2:]),
        "tokens": inputs.shape[1],
        "threads": torch.get_num_threads(),
    }


def queue() -> dict[str, int]:
    """How many generations run, and how many wait."""
    from core.jobs.lines import GENERATIONS

    running, waiting = GENERATIONS.counts
    return {"running": running, "waiting": waiting}


if st.query_params.get("probe") == "queue":
    st.code(json.dumps(queue()))
elif (probe := st.query_params.get("probe")) in ("1", "masked", "next"):
    model_id, text = st.query_params["model"], st.query_params["text"]
    st.code(json.dumps(bare_forward(model_id, text, probe)))
else:
    runpy.run_path(str(ROOT / "app.py"), run_name="__main__")
