"""One head's exact numbers as one message for the ``attention_focus`` canvas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from core.figures.attention_heads.payloads import (
    AttentionFocus,
    AttentionFocusArrays,
    AttentionFocusSaid,
    AttentionFocusState,
)
from core.figures.buffer import pack, with_defaults
from core.figures.payloads import Floats

if TYPE_CHECKING:
    from core.compute.attention_heads.overview import Focus
    from core.models.tokens.labels import Tokens

GROUP = "attention"
"""Canvases of one group hear each other."""
DEFAULTS: AttentionFocusState = {
    "token": -1,  # query that is pinned, -1 for none
    "key": -1,  # key that is pinned, -1 for none
    "step": "softmax",  # "raw", "scaled", "masked" or "softmax"
    "weight": "attention",  # or "value": attention × ‖value‖
    "rotary": True,  # dimensions with (True) or before (False) the rotation
    "ablate": [],  # names of the heads that are switched off, "5.1"
    "layer": 0,  # ignored, as is head: the focus says which head it is
    "head": 0,
    "version": 0,  # a new value makes the canvas follow all of this state, its own changes included
}


def _arrays(focus: Focus) -> AttentionFocusArrays:
    """The head's matrices [query, key], vectors [token, head_dim] and value norms [key], as float32.

    Without rotary positions q and k are their own content and are sent once; a bias goes where there is one.
    """
    arrays: AttentionFocusArrays = {
        "attention": _plain(focus.attention), "scores": _plain(focus.scores), "q": _plain(focus.q),
        "k": _plain(focus.k), "value_norm": _plain(focus.value_norm),
    }  # fmt: skip
    if focus.rotary:
        arrays |= {"q_content": _plain(focus.q_content), "k_content": _plain(focus.k_content)}
    if focus.bias is not None:
        arrays["bias"] = _plain(focus.bias)
    return arrays


def _plain(values: Floats) -> Floats:
    return np.ascontiguousarray(values, dtype=np.float32)


def focus_payload(
    focus: Focus | None,
    tokens: Tokens,
    words: Mapping[str, str],
    state: Mapping[str, object],
    *,
    heads: int = 0,
    language: str = "en",
    caption: str = "",
) -> bytes:
    """Pack attention, scores, q, k (with and before rotary) and value norms of one head; None draws nothing.

    `words` is the table ``focus`` of the page's texts; `state` may hold any key of `DEFAULTS`; `heads` counts the
    heads of the layer (0: as far as this head's family reaches); `caption` (model and text) stands under the picture
    that a visitor saves. The canvas commits ``look`` {token, key, step, weight, rotary}, ``pick`` {layer, head} and
    ``ablate`` [name, …], and follows `state` where it differs. Raises ValueError for an unknown key of it.
    """
    own = {name: value for name, value in state.items() if name != "group"}
    said: AttentionFocusSaid = {
        "words": dict(words), "language": language, "group": str(state.get("group", GROUP)), "caption": caption,
        "state": with_defaults(own, DEFAULTS), "labels": [], "special": [],
    }  # fmt: skip
    if focus is None:
        return pack(said, {})
    shared = [int(head) for head in focus.shared]
    meta: AttentionFocus = {
        **said,
        "labels": list(tokens.labels),
        "special": [bool(special) for special in tokens.special],
        "layer": int(focus.layer),
        "head": int(focus.head),
        "kv_head": int(focus.kv_head),
        "shared": shared,
        "heads": max(heads, focus.head + 1, *(head + 1 for head in shared)),
        "scale": float(focus.scale),
        "causal": bool(focus.causal),
        "rotary": bool(focus.rotary),
        "d": int(focus.q.shape[-1]),
    }
    return pack(meta, _arrays(focus))
