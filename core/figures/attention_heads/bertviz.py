"""BertViz's head and model views as one message: its own scripts, the libraries they need, and its parameters.

BertViz's scripts ask for d3 and jQuery through require.js from a network; here both stand in the same page, and a line
of JavaScript stands for require.js. No script has anything of a visitor in it: the app's policy names them all
(``core/figures/framed.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from core.figures.attention_heads.payloads import Bertviz, BertvizArrays, BertvizState
from core.figures.buffer import pack
from core.figures.framed import framed

if TYPE_CHECKING:
    from core.compute.attention_heads.bertviz import Weights


def parameters(found: Weights) -> dict[str, Any]:
    """What BertViz's scripts take in place of PYTHON_PARAMS, the weights left out: both views in one.

    ``display_mode`` is the theme's, in the browser.
    """
    heads = list(range(found.attention.shape[1]))
    labels = list(found.tokens.labels)
    return {
        "attention": [{"name": None, "left_text": labels, "right_text": labels}],
        "default_filter": "0", "root_div_id": "bertviz", "layer": None, "heads": None,
        "include_layers": list(found.layers), "include_heads": heads, "total_heads": len(heads),
    }  # fmt: skip


def payload(
    found: Weights, words: Mapping[str, str], state: Mapping[str, Any], language: str, caption: str = ""
) -> bytes:
    """Scripts, parameters and weights in thousandths [layer, head, query, key] for the canvas ``bertviz``.

    Rounding is done in float64: a float32 number of three decimals would be written with sixteen.
    ``state``: bv ("head" | "model"), version. The canvas commits ``look`` {bv}.
    """
    thousandths = np.rint(found.attention.astype(np.float64) * 1000).astype(np.int32)
    meta: Bertviz = {
        "words": dict(words), "state": cast("BertvizState", dict(state)), "language": language, "caption": caption,
        "scripts": framed(), "parameters": parameters(found),
    }  # fmt: skip
    arrays: BertvizArrays = {"thousandths": thousandths}
    return pack(meta, arrays)


def table(found: Weights) -> tuple[tuple[str, ...], Iterator[tuple[object, ...]]]:
    """One row per layer, head and query: its weights on every key."""
    labels = found.tokens.labels
    return ("layer", "head", "query", *labels), (
        (layer, head, labels[query], *(round(float(weight), 6) for weight in row))
        for layer, heads in zip(found.layers, found.attention, strict=True)
        for head, matrix in enumerate(heads)
        for query, row in enumerate(matrix)
    )
