"""What the overview of 270 heads × 64 tokens sends, beside what BertViz sends for the same attention."""

from __future__ import annotations

import importlib.util
import json
from typing import Any

from tests.bench import browser, servers
from tests.bench.report import Line

MODEL = "smollm2-135m"
TOKENS = 64
TEXT = (
    "The old man went down to the river and looked at the water for a long time because the sun was low "
    "and the birds were quiet and then he saw a small boat with a red sail come around the bend and he knew "
    "that his son was home from the war and he went down to the river to meet him and they looked at it all"
)
WIRE_BOUND = 2.0  # MB
SHARE_BOUND = 10.0  # per cent of BertViz
PAINT_BOUND = 1000.0  # milliseconds after the data have arrived


def _text_of(loaded: Any, tokens: int) -> str:
    """The beginning of TEXT that has exactly this many tokens."""
    words = TEXT.split(" ")
    for count in range(1, len(words) + 1):
        text = " ".join(words[:count])
        if len(loaded.tokenizer(text)["input_ids"]) == tokens:
            return text
    raise RuntimeError(f"no beginning of the text has {tokens} tokens")


def _bertviz_bytes(attention: Any, tokens: list[str]) -> int:
    """Bytes of the parameters that BertViz's model view writes into its page, by its own functions."""
    folder = importlib.util.find_spec("bertviz")
    if folder is None or not folder.submodule_search_locations:
        raise RuntimeError("BertViz is not installed: pip install -r requirements.txt")
    # its package imports a notebook; the two functions that shape the data do not
    spec = importlib.util.spec_from_file_location(
        "bertviz_util", f"{folder.submodule_search_locations[0]}/util.py"
    )
    assert spec is not None
    assert spec.loader is not None
    util = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(util)
    shaped = util.format_attention(attention)
    layers, heads = list(range(shaped.shape[0])), list(range(shaped.shape[1]))
    labels = util.format_special_chars(tokens)
    data = {"name": None, "attn": shaped.tolist(), "left_text": labels, "right_text": labels}
    parameters = {
        "attention": [data],
        "default_filter": "0",
        "root_div_id": f"bertviz-{'0' * 32}",
        "layer": None,
        "heads": heads,
        "include_layers": layers,
        "include_heads": heads,
        "total_heads": len(heads),
    }
    return len(json.dumps(parameters))


def _sizes() -> tuple[str, int, int]:
    """The text, our payload's bytes, BertViz's bytes."""
    import torch

    from core.compute.attention_heads.overview import overview
    from core.figures.attention_heads.overview import overview_payload
    from core.models.load.loading import load
    from core.models.read.trace import make_trace

    loaded = load(MODEL)
    text = _text_of(loaded, TOKENS)
    trace = make_trace(loaded, text, limit=256)
    ours = overview_payload(overview(trace=trace), None, {}, {})
    theirs = [torch.from_numpy(layer.copy()).unsqueeze(0) for layer in trace.attention]
    return text, len(ours), _bertviz_bytes(theirs, list(trace.tokens.labels))


def measure() -> list[Line]:
    """Sizes from the functions themselves, and arrival and paint from a browser."""
    from urllib.parse import urlencode

    text, ours, theirs = _sizes()
    query = urlencode({"lang": "en", "model": MODEL, "text": text})
    with (
        servers.start(servers.APP) as server,
        browser.launched() as chromium,
        browser.opened(chromium, f"{server.url}/{browser.PAGE}?{query}") as page,
    ):
        painted = browser.painted(page, browser.OVERVIEW)
        received = [message for message in browser.messages(page) if not message.sent]
        largest = max((message for message in received if message.time <= painted), key=lambda m: m.bytes)
        browser.settled(page, browser.OVERVIEW)
        wire = sum(message.bytes for message in browser.messages(page) if not message.sent)
    return [
        Line(f"overview of 270 heads × {TOKENS} tokens", ours / 1e6, WIRE_BOUND, "MB"),
        Line("all that the view sends (websocket)", wire / 1e6, WIRE_BOUND, "MB"),
        Line(
            "overview against BertViz",
            100 * ours / theirs,
            SHARE_BOUND,
            "per cent",
            f"BertViz: {theirs / 1e6:.1f} MB",
        ),
        Line("overview painted after its data arrived", painted - largest.time, PAINT_BOUND, "ms"),
    ]
