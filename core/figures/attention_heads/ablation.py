"""What switching heads off changed, as charts: the candidates with and without them, and every token's change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from core.arrays import Array
from core.figures.charts import CATEGORY, Axis, Series, Spec, bars, by_rows, titled, with_texts
from core.numbers import fill, percent

if TYPE_CHECKING:
    from core.compute.attention_heads.ablation import Ablation

Words = Mapping[str, str]
BEFORE, AFTER, LESS, MORE = 0, 5, 0, 5
"""Of CATEGORY."""
LEAST = {"loss": 0.02, "turn": 1e-6}
"""Nats, and 1 − cosine: an axis that ended earlier would draw rounding as change."""
ROW, HIGHEST = 26, 640
"""Pixels of a candidate or token, and of a chart at most."""
ROOM = 1.8
"""So many times the longest bar is an axis on which its shares stand beside it."""


def shown(result: Ablation, most: int) -> list[int]:
    """The candidates that are drawn: so many of the most probable ones before, and after; falling by ``before``."""
    sides = (result.before, result.after)
    return sorted({at for side in sides for at in np.argsort(-side, kind="stable")[:most].tolist()})


def candidates(result: Ablation, words: Words, *, language: str, most: int, highest: int = HIGHEST) -> Spec:
    """The most probable next tokens with all heads and without some; both shares stand beside the longer bar."""
    kept = shown(result, most)
    names = [result.candidates[at] for at in kept]
    before, after = ([float(side[at]) for at in kept] for side in (result.before, result.after))
    pairs, places = list(zip(before, after, strict=True)), list(range(len(kept)))

    def side(at: int, id: str, colour: int) -> Series:
        tips = [
            fill(words["candidate"], language, token=token, side=words[id], p=pair[at])
            for token, pair in zip(names, pairs, strict=True)
        ]
        return Series(words[id], [pair[at] for pair in pairs], places, tips, colour)

    series = [side(0, "before", BEFORE), side(1, "after", AFTER)]
    room = Axis(span=(0, ROOM * max(before + after)), ticks=())
    spec = by_rows(bars(series, room, Axis(), across=True, names=names))
    beside = [f"{percent(one)} → {percent(other)}" for one, other in pairs]
    spec = with_texts(spec, [max(pair) for pair in pairs], places, beside)
    alt = fill(words["alt_candidates"], language, token=names[0], before=before[0], after=after[0])
    return titled(spec, words["candidates"], alt=alt, height=min(highest, _high(len(names))))


def tokens(
    result: Ablation, words: Words, *, language: str, most: int | None = None, highest: int = HIGHEST
) -> Spec:
    """The change of each token, the first one on top: of a decoder's loss, or how far an encoder's vector turned.

    ``most``: so many of them are drawn, those of the largest change, in the order of the text.
    """
    measure, change = changes(result)
    kept = sorted(np.argsort(-np.abs(np.nan_to_num(change)), kind="stable")[:most].tolist())
    labels, known = [result.tokens.labels[at] for at in kept], np.nan_to_num(change)[kept]
    tips = [_tip(result, words, language, at) for at in kept]
    series = Series(words[f"{measure}_title"], known, list(range(len(labels))), tips)
    reach = max(LEAST[measure], float(np.abs(known).max()))
    axis = Axis(words[f"axis_{measure}"], "~g", span=(-reach if measure == "loss" else 0, reach))
    spec = by_rows(bars([series], axis, Axis(), across=True, names=labels))
    if measure == "loss":
        spec["data"][0]["marker"] = {"color": [CATEGORY[MORE if value >= 0 else LESS] for value in known]}
    top = int(np.abs(known).argmax())
    values = {"count": len(labels), "token": labels[top], "change": float(known[top])}
    alt = fill(words[f"alt_{measure}"], language, **values)
    whole = len(labels) == len(result.tokens)
    title = words[f"{measure}_title"] if whole else fill(words[f"{measure}_few"], language, count=len(labels))
    return titled(spec, title, alt=alt, height=min(highest, _high(len(labels))))


def changes(result: Ablation) -> tuple[str, Array]:
    """What is measured of each token, and its change: "loss" (nats, nan for the first) or "turn" (1 − cosine)."""
    if np.isfinite(result.loss_before).any():
        return "loss", result.loss_after - result.loss_before
    return "turn", np.maximum(0, 1 - result.similarity)


def _tip(result: Ablation, words: Words, language: str, at: int) -> str:
    """What is said of a token; the first one of a decoder has no loss."""
    measure, change = changes(result)
    token, known = result.tokens.labels[at], float(change[at])
    if measure == "turn":
        return fill(
            words["turn_token"], language, token=token, after=float(result.similarity[at]), change=known
        )
    if np.isnan(known):
        return words["no_value"]
    before, after = float(result.loss_before[at]), float(result.loss_after[at])
    return fill(words["loss_token"], language, token=token, before=before, after=after, change=known)


def _high(rows: int) -> int:
    return min(HIGHEST, 130 + ROW * rows)
