"""Guessing from both sides, as messages for the canvases of ``masked_words``."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, cast

import numpy as np

from core.compute.masked_words.gaps import TOP, Causal, Filled, Masked, Reranked, blank, telling, totals
from core.figures.buffer import pack
from core.figures.masked_words.payloads import (
    Gap,
    GapFill,
    GapFillArrays,
    GapFillState,
    MaskRule,
    MaskRuleState,
    PseudoStrip,
    PseudoStripArrays,
    PseudoStripState,
    Total,
    WholeText,
)

if TYPE_CHECKING:
    from core.compute.masked_words.pairs import Pairs
    from core.compute.masked_words.rule import Roll, Sheet

Words = Mapping[str, str]
State = Mapping[str, object]


def gap_payload(
    told: Masked, foreseen: Causal, more: Reranked | tuple[Filled, Filled] | None, words: Words, state: State, *,
    text: str, titles: Sequence[str], language: str, caption: str = "",
) -> bytes:  # fmt: skip
    """Pack both models' guesses at every word, and what the server has computed for the hidden ones.

    ``more``: the whole-text scores of one gap, or both models' guesses at several. The canvas commits ``look`` {hide,
    several}; with {hide: []} it shows the gap that the right side helps most.
    Arrays: nats0, nats1 [word] (−1: none), rank0, rank1, count0, count1 [word], share0, share1 [word, TOP].
    """
    sides: tuple[Masked | Causal, ...] = (told, foreseen)
    meta: GapFill = {
        "words": dict(words),
        "language": language,
        "caption": caption,
        "state": cast("GapFillState", {"hide": [], "several": False, "version": 0, **state}),
        "titles": list(titles),
        "text": list(told.words),
        "between": between(told, text),
        "telling": telling(told, foreseen),
        "blank": [blank(word) for word in told.words],
        "top": TOP,
        "candidates": [list(side.candidates) for side in sides],
        "whole": _whole_text(more, told.words) if isinstance(more, Reranked) else None,
        "several": [_gaps(side) for side in more] if isinstance(more, tuple) else None,
    }
    arrays: GapFillArrays = {
        "nats0": np.nan_to_num(told.word_nats, nan=-1.0), "nats1": np.nan_to_num(foreseen.word_nats, nan=-1.0),
        "rank0": told.rank, "rank1": foreseen.rank, "count0": told.count, "count1": foreseen.count,
        "share0": told.share, "share1": foreseen.share,
    }  # fmt: skip
    return pack(meta, arrays)


def between(told: Masked | Causal, text: str) -> list[str]:
    """What stands before each word and behind the last one: white space, mostly."""
    ends = [0, *(start + len(word) for start, word in zip(told.starts.tolist(), told.words, strict=True))]
    return [text[a:b] for a, b in zip(ends, [*told.starts.tolist(), len(text)], strict=True)]


def _whole_text(found: Reranked, words: Sequence[str]) -> WholeText:
    order = np.argsort(-found.share, kind="stable").tolist()
    return {
        "place": found.place,
        "true": -1 if blank(words[found.place]) else order.index(0),
        "candidates": [found.candidates[at] for at in order],
        "share": found.share[order].tolist(),
        "left": found.left_share[order].tolist(),
    }


def _gaps(found: Filled) -> list[Gap]:
    return [
        {
            "place": int(place),
            "read": found.read[at],
            "nats": None if math.isnan(found.nats[at]) else float(found.nats[at]),
            "rank": int(found.rank[at]),
            "candidates": list(found.candidates[at * TOP : (at + 1) * TOP]),
            "share": found.share[at].tolist(),
        }
        for at, place in enumerate(found.places)
    ]


GAP_COLUMNS = (
    "word", "masked_nats", "masked_rank", "masked_pieces", "masked_guess", "causal_nats", "causal_rank",
    "causal_pieces", "causal_guess",
)  # fmt: skip


def gap_rows(told: Masked, foreseen: Causal) -> Iterator[tuple[object, ...]]:
    """Every word as a gap, for a table with `GAP_COLUMNS`; what cannot be told is an empty cell."""
    sides: tuple[Masked | Causal, ...] = (told, foreseen)
    for at, word in enumerate(told.words):
        row: list[object] = [word]
        for side in sides:
            nats, rank = float(side.word_nats[at]), int(side.rank[at])
            guess = side.candidates[at * TOP]
            row += ["" if math.isnan(nats) else nats, rank or "", int(side.count[at]), guess]
        yield tuple(row)


# --- the rule ---------------------------------------------------------------------------------------------


def rule_payload(found: Sheet, words: Words, state: State, *, language: str, caption: str = "") -> bytes:
    """Pack a text's tokens; the browser draws. The canvas commits ``look`` {seed, share, rolls, epochs, copies}."""
    shown = {"seed": 1, "share": 0.15, "rolls": 100, "epochs": 40, "copies": 1, "version": 0, **state}
    meta: MaskRule = {
        "words": dict(words),
        "language": language,
        "caption": caption,
        "state": cast("MaskRuleState", shown),
        "labels": list(found.tokens.labels),
        "special": [bool(one) for one in found.tokens.special],
        "mask": found.mask,
        "others": list(found.others),
        "size": found.size,
    }
    return pack(meta, {})


RULE_COLUMNS = ("token", "label", "state", "written")
STATES = ("not chosen", "masked", "replaced", "kept")


def rule_rows(roll: Roll) -> Iterator[tuple[object, ...]]:
    """One outcome token by token, for a table with `RULE_COLUMNS`."""
    for at, (label, state, written) in enumerate(
        zip(roll.labels, roll.states.tolist(), roll.written, strict=True)
    ):
        yield at, label, STATES[state], written


# --- pairs ------------------------------------------------------------------------------------------------


PAIR_COLUMNS = ("score", "model", "first", "second", "value")


def pair_rows(results: Sequence[Pairs]) -> Iterator[tuple[object, ...]]:
    """Every first sentence with every second one, for a table with `PAIR_COLUMNS`."""
    for one in results:
        for first, row in zip(one.first, one.score.tolist(), strict=True):
            for second, value in zip(one.second, row, strict=True):
                yield one.kind, one.model, first, second, value


# --- pseudo-perplexity ------------------------------------------------------------------------------------


def pseudo_payload(
    told: Masked,
    foreseen: Causal,
    words: Words,
    state: State,
    *,
    text: str,
    titles: Sequence[str],
    language: str,
    caption: str = "",
) -> bytes:
    """Pack each word's surprise on both sides, piece by piece, and the text's totals.

    Arrays, n = 0 masked, 1 causal: nats{n} [piece] (−1: none), word{n} [piece] index of its word, together{n} [word].
    The canvas commits ``look`` {word}.
    """
    sides: tuple[Masked | Causal, ...] = (told, foreseen)
    meta: PseudoStrip = {
        "words": dict(words),
        "language": language,
        "caption": caption,
        "state": cast("PseudoStripState", {"word": -1, "version": 0, **state}),
        "titles": list(titles),
        "text": list(told.words),
        "spaced": [" " in gap or "\n" in gap for gap in between(told, text)[:-1]],
        "pieces": [list(side.pieces.labels) for side in sides],
        "totals": [cast("Total", asdict(totals(side))) for side in sides],
    }
    arrays: PseudoStripArrays = {
        "nats0": np.nan_to_num(told.nats, nan=-1.0), "nats1": np.nan_to_num(foreseen.nats, nan=-1.0),
        "word0": told.word_of, "word1": foreseen.word_of,
        "together0": np.nan_to_num(told.word_nats, nan=-1.0),
        "together1": np.nan_to_num(foreseen.word_nats, nan=-1.0),
    }  # fmt: skip
    return pack(meta, arrays)


PSEUDO_COLUMNS = ("side", "word", "piece", "nats", "bits")


def pseudo_rows(told: Masked, foreseen: Causal) -> Iterator[tuple[object, ...]]:
    """Every piece of both models, for a table with `PSEUDO_COLUMNS`."""
    sides: tuple[tuple[str, Masked | Causal], ...] = (("masked", told), ("causal", foreseen))
    for name, side in sides:
        for label, owner, nats in zip(
            side.pieces.labels, side.word_of.tolist(), side.nats.tolist(), strict=True
        ):
            cells = ("", "") if math.isnan(nats) else (nats, nats / math.log(2))
            yield name, side.words[owner] if owner >= 0 else "", label, *cells


__all__ = [
    "GAP_COLUMNS", "PAIR_COLUMNS", "PSEUDO_COLUMNS", "RULE_COLUMNS", "between", "gap_payload", "gap_rows", "pair_rows",
    "pseudo_payload", "pseudo_rows", "rule_payload", "rule_rows",
]  # fmt: skip
