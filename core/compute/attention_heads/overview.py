"""Which words each attention head looks at: the computations of the page ``attention_heads``.

Overview of all heads, calibration on repeated random tokens, one head in full. All results are frozen and their
arrays read-only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.arrays import Array, read_only
from core.catalog.attention_heads import METRICS
from core.compute.attention_heads.metrics import measure
from core.errors import BadParameter
from core.models.read.layouts import network
from core.models.read.trace import Trace, projections, trace_ids
from core.models.tokens.labels import Tokens, label_tokens
from core.results import named

if TYPE_CHECKING:
    from core.models.load.residency import LoadedModel

Bytes = npt.NDArray[np.uint8]

MAX_ROWS = 128
"""An overview matrix has at most so many rows and columns."""

SPEAKING = {"induction": 0.35, "duplicate": 0.5, "previous": 0.3, "first": 0.0}
"""Which metric a sentence is about: the first of these whose strongest head reaches the share."""

ASKED = 0.3
"""A share that is enough for the metric that is asked for."""

DRAWN = 2048
"""The calibration block is chosen among so many randomly drawn tokens of the vocabulary."""


@dataclass(frozen=True, slots=True, eq=False)
class Overview:
    """All heads at a glance."""

    tokens: Tokens
    attention: (
        Bytes  # [layer, head, row, column], 255 = 1.0; a cell is the largest of pooled × pooled weights
    )
    pooled: int  # tokens per row and column: 1 up to 128 tokens
    metrics: Array  # [metric, layer, head] in the order of METRICS; nan where no query qualifies
    causal: bool  # every token looks only at itself and earlier ones
    kv_heads: int  # fewer than heads where neighbouring heads share keys and values


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Metrics on a text that has nothing in it but repetition."""

    metrics: Array  # [metric, layer, head]
    length: int  # tokens of the block that stands there twice
    seed: int


@dataclass(frozen=True, slots=True, eq=False)
class Focus:
    """One head in full: attention = softmax over keys of (scores · scale + bias + mask)."""

    layer: int
    head: int
    kv_head: int  # index of the key/value head that it uses
    shared: tuple[int, ...]  # all heads that use this key/value head, itself included
    scale: float
    causal: bool  # mask: −∞ for keys after the query
    rotary: bool
    attention: Array  # [query, key]
    scores: Array  # [query, key], q·k, neither scaled nor masked
    bias: Array | None  # [query, key], added after scaling (T5); None elsewhere
    q: Array  # [token, head_dim], rotary applied
    k: Array  # [token, head_dim], rotary applied
    q_content: Array  # [token, head_dim], before rotary
    k_content: Array  # [token, head_dim], before rotary
    value_norm: Array  # [key], Euclidean length of the value vector


@dataclass(frozen=True, slots=True)
class Notice:
    """The strongest head of each metric, for one sentence in words; metrics that are nan are left out."""

    metrics: tuple[str, ...]
    layers: tuple[int, ...]
    heads: tuple[int, ...]
    values: tuple[float, ...]  # share of attention 0..1; entropy in nats, distance in tokens

    def telling(self, asked: str) -> tuple[str, int, int, float] | None:
        """The most telling metric and its strongest head (layer, head, share); the metric asked for comes first.

        None where a text says nothing: one token.
        """
        found = {one[0]: one for one in zip(self.metrics, self.layers, self.heads, self.values, strict=True)}
        enough = {name: min(least, ASKED) if name == asked else least for name, least in SPEAKING.items()}
        order = sorted(enough, key=lambda name: name != asked)
        return next((found[name] for name in order if name in found and found[name][3] >= enough[name]), None)


@named("attention_heads.overview")
def overview(*, trace: Trace) -> Overview:
    """Small pictures and metrics of all heads of one text; one token is enough (most metrics are nan then).

    Attention is rounded to 1/255 and, above 128 tokens, max-pooled over squares of ⌈tokens / 128⌉ tokens.

    >>> overview(trace=make_trace(model, "The cat", limit=256)).attention[0, 0]  # doctest: +SKIP
    array([[255,   0], [200,  55]], dtype=uint8)
    """
    pooled = -(-len(trace.tokens) // MAX_ROWS)
    attention = np.asarray(trace.attention)
    cells = np.rint(_max_pool(attention, pooled) * 255).astype(np.uint8)
    return Overview(
        tokens=trace.tokens,
        attention=read_only(cells),
        pooled=pooled,
        metrics=read_only(measure(attention, trace.tokens.ids)),
        causal=trace.kind == "decoder",
        kv_heads=trace.kv_heads,
    )


def _max_pool(attention: Array, size: int) -> Array:
    """[..., n, n] → [..., ⌈n / size⌉, ⌈n / size⌉], the largest of each square."""
    if size == 1:
        return attention
    rows = _max_of_rows(attention, size)
    return _max_of_rows(rows.swapaxes(-1, -2), size).swapaxes(-1, -2)


def _max_of_rows(matrices: Array, size: int) -> Array:
    """[..., n, m] → [..., ⌈n / size⌉, m]; the last group may be smaller."""
    result = matrices[..., ::size, :].copy()
    for offset in range(1, size):
        others = matrices[..., offset::size, :]
        kept = result[..., : others.shape[-2], :]
        np.maximum(kept, others, out=kept)
    return result


@named("attention_heads.calibration")
def calibration(*, loaded: LoadedModel, seed: int = 0, length: int = 24) -> Calibration:
    """Metrics on one block of random ordinary tokens, repeated: start token, block, block, end token.

    Words that never stood together and then come again in the same order leave a head nothing to go by but
    the repetition (Olsson et al. 2022, arXiv:2209.11895). Errors: BadParameter("length").

    >>> calibration(loaded=model).metrics[METRICS.index("induction")].max()  # doctest: +SKIP
    0.97
    """
    if not 2 <= length <= MAX_ROWS:
        raise BadParameter(name="length")
    trace = trace_ids(loaded, calibration_ids(loaded, seed, length))
    metrics = measure(np.asarray(trace.attention), trace.tokens.ids)
    return Calibration(metrics=read_only(metrics), length=length, seed=seed)


def calibration_ids(loaded: LoadedModel, seed: int, length: int) -> tuple[int, ...]:
    """The token ids of the calibration text; no token comes twice in the block.

    The block is drawn from whole words after a space, and from other letters and digits where the vocabulary
    has too few of those: half words and fragments of characters are rare in what a model has read.
    """
    tokenizer = loaded.tokenizer
    vocabulary = min(len(tokenizer), int(network(loaded).config.vocab_size))
    drawn = [int(one) for one in np.random.default_rng(seed).permutation(vocabulary)[:DRAWN]]
    texts = _texts(label_tokens(tokenizer, drawn))
    words = [one for one, text in zip(drawn, texts, strict=True) if _is_word(text)]
    others = [one for one, text in zip(drawn, texts, strict=True) if not _is_word(text) and text.isalnum()]
    block = [*words, *others][:length]
    decoder = loaded.spec.kind == "decoder"
    start = tokenizer.cls_token_id if loaded.spec.kind == "encoder" else tokenizer.bos_token_id
    if start is None and decoder:
        start = tokenizer.eos_token_id  # stands between texts in training (GPT-2, Qwen)
    end = None if decoder else tokenizer.sep_token_id or tokenizer.eos_token_id
    edges = [[one] if isinstance(one, int) else [] for one in (start, end)]
    return (*edges[0], *block, *block, *edges[1])


def _texts(tokens: Tokens) -> list[str]:
    """What each token says by itself; "" for special tokens, and no letter for a cut character."""
    both = zip(tokens.bytes, tokens.special, strict=True)
    return ["" if special else data.decode("utf-8", "replace") for data, special in both]


def _is_word(text: str) -> bool:
    return len(text) > 2 and text[0] == " " and text[1:].isalpha()


@named("attention_heads.focus")
def focus(*, loaded: LoadedModel, trace: Trace, layer: int, head: int) -> Focus:
    """One head's exact attention with the queries, keys and scores that made it.

    scores = q·k of the recomputed projections. Errors: BadParameter("layer" | "head").

    >>> head = focus(loaded=model, trace=trace, layer=5, head=1)  # doctest: +SKIP
    >>> np.abs(softmax(head.scores * head.scale + mask) - head.attention).max() < 1e-5  # doctest: +SKIP
    True
    """
    if not 0 <= head < trace.attention.shape[1]:
        raise BadParameter(name="head")
    made = projections(loaded, trace, layer)
    kv_head = int(made.kv_of_head[head])
    q, k = made.q[head], made.k[kv_head]
    return Focus(
        layer=layer,
        head=head,
        kv_head=kv_head,
        shared=tuple(int(one) for one in np.flatnonzero(made.kv_of_head == kv_head)),
        scale=made.scale,
        causal=trace.kind == "decoder",
        rotary=made.rotary,
        attention=trace.attention[layer, head],
        scores=read_only(q @ k.T),
        bias=None if made.bias is None else made.bias[head],
        q=q,
        k=k,
        q_content=made.q_content[head],
        k_content=made.k_content[kv_head],
        value_norm=made.value_norm[head],
    )


def notice(overview: Overview) -> Notice:
    """The strongest head of each metric (the first one of equals), for the sentence above the picture."""
    found = []
    for metric, values in zip(METRICS, overview.metrics, strict=True):
        if not np.isnan(values).all():
            layer, head = (int(at) for at in np.unravel_index(np.nanargmax(values), values.shape))
            found.append((metric, layer, head, float(values[layer, head])))
    metrics, layers, heads, strongest = zip(*found, strict=True)
    return Notice(metrics, layers, heads, strongest)
