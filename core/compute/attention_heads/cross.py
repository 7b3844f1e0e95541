"""Which source token an encoder-decoder looks at while it writes: a greedy output and its cross-attention."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.arrays import Array, read_only
from core.errors import NeedsEncoderDecoder
from core.models.read.layouts import network
from core.models.read.trace import Trace, make_trace, trace_ids
from core.models.tokens.labels import Tokens, label_tokens, unknown
from core.numerics import log_softmax
from core.results import named

if TYPE_CHECKING:
    from core.models.load.residency import LoadedModel

MOST_SOURCE = 64
MOST_WRITTEN = 48
"""Tokens of the source, special ones included, and tokens that are written at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Translation:
    """A source, what the model writes for it, and where each written token's query looks."""

    source: Tokens
    written: Tokens  # the end token included where the model came to it
    attention: Array  # [layer, head, written, source], rows sum to 1
    probability: Array  # [written], that the model gave the token when it wrote it
    ended: bool  # it wrote the end token within MOST_WRITTEN tokens


@dataclass(frozen=True, slots=True)
class TranslationNotice:
    """What to notice: the head that is surest of its source tokens, and the reordering in it.

    The marks around the source do not count: a head that rests on the end token is sure, and aligns nothing. What the
    model does not know (<unk>) stands for words, and counts.
    """

    layer: int
    head: int
    sure: float  # its largest weight on an ordinary source token, mean over the written ones
    step: int  # the written token whose source stands farthest from its own place
    written: str  # … and its label
    source: str
    share: float  # weight on that source token
    unknown: int  # tokens of the source that the model does not know
    count: int  # tokens of the source without the marks around it


@named("attention_heads.translate")
def translate(*, loaded: LoadedModel, source: str) -> Translation:
    """Greedy output (the most probable token at each step) and its cross-attention.

    Row t of a matrix is the query made where token t is written: the decoder has read the start token and the t − 1
    tokens before it (Bahdanau et al. 2015, arXiv:1409.0473; Vaswani et al. 2017 §3.2.3).
    Errors: NeedsEncoderDecoder, TextEmpty, TextTooLong above 64 tokens.

    >>> found = translate(loaded=load("date-translator"), source="March 5, 2024")  # doctest: +SKIP
    >>> "".join(found.written.labels)  # doctest: +SKIP
    '2024年3月5日</s>'
    """
    if loaded.spec.kind != "encoder-decoder":
        raise NeedsEncoderDecoder(model=loaded.spec.id)
    start = make_trace(loaded, source, limit=MOST_SOURCE)
    end = network(loaded).config.eos_token_id
    written: list[int] = []
    trace, probability = start, []
    while True:
        token, share = _most_probable(trace)
        written.append(token)
        probability.append(share)
        if token == end or len(written) == MOST_WRITTEN:
            break
        trace = trace_ids(loaded, start.tokens.ids, written)
    assert trace.cross_attention is not None  # the model's kind
    return Translation(
        source=start.tokens,
        written=label_tokens(loaded.tokenizer, written),
        attention=np.asarray(trace.cross_attention),
        probability=read_only(np.array(probability, np.float32)),
        ended=written[-1] == end,
    )


def _most_probable(trace: Trace) -> tuple[int, float]:
    """The token that the model would write after the last one of the target, and its probability."""
    assert trace.logits is not None  # an encoder-decoder has a prediction head
    logits = trace.logits[-1]
    token = int(logits.argmax())
    return token, float(np.exp(log_softmax(logits)[token]))


def notice(found: Translation) -> TranslationNotice:
    """The head with the sharpest rows, and its boldest reordering."""
    ordinary = [at for at, special in enumerate(found.written.special) if not special] or [0]
    lost = np.array(unknown(found.source))
    marks = np.array(found.source.special) & ~lost
    known = np.where(marks, 0, found.attention)  # [layer, head, written, source]
    sure = known[:, :, ordinary].max(axis=-1).mean(axis=-1)
    layer, head = (int(at) for at in np.unravel_index(int(sure.argmax()), sure.shape))
    matrix = known[layer, head]
    places = matrix.argmax(axis=-1)
    source_end, written_end = max(1, len(found.source) - 1), max(1, len(found.written) - 1)
    far = [abs(int(places[at]) / source_end - at / written_end) * float(matrix[at].max()) for at in ordinary]
    at = ordinary[int(np.argmax(far))]
    return TranslationNotice(
        layer=layer,
        head=head,
        sure=float(sure[layer, head]),
        step=at,
        written=found.written.labels[at],
        source=found.source.labels[int(places[at])],
        share=float(matrix[at].max()),
        unknown=int(lost.sum()),
        count=int((~marks).sum()),
    )
