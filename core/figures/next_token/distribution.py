"""The next token, as messages for the canvases ``token_distribution``, ``token_labels`` and ``surprise_strip``."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from core.compute.next_token.distribution import shared_bits
from core.compute.next_token.filters import ORDER
from core.figures.buffer import Array, pack, with_defaults
from core.figures.next_token.payloads import (
    Chip,
    SurpriseLane,
    SurpriseStrip,
    SurpriseStripState,
    TokenDistribution,
    TokenDistributionArrays,
    TokenDistributionState,
    TokenLabels,
    TokenLabelsArrays,
)
from core.models.tokens.labels import visible
from core.numerics import highest, softmax

if TYPE_CHECKING:
    from core.compute.next_token.distribution import Distribution, Labels, Surprise
    from core.figures.payloads import Steps

STATE: TokenDistributionState = {
    "temperature": 1.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0, "typical": 1.0, "repetition": 1.0, "frequency": 0.0,
    "presence": 0.0,
    "order": list(ORDER),
    "view": "bars",  # or "tail": probability by rank
    "seed": 0,
    "version": 0,  # a new value makes the canvas follow all of this state
}  # fmt: skip
BYTES = re.compile(r"E[4-9](?: [0-9A-F]{2})?")  # of a label: the first bytes of a Chinese character
COMMON = (
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方"
    "多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情"
    "明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给"
    "世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太"
    "量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象"
    "完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带导争运六七八九吃喝猫狗鱼鸟花春夏秋冬伟"
)
"""Common Chinese characters, the most frequent first."""
MOST_CHIPS = 60  # tokens of the text, its end, are shown
MOST_FORCED = 64
WIDE, FINE = 65_536, 256
"""Of a vocabulary wider than that, logits that are not named are sent in steps of one 256th: a probability to 0.2 %."""


def payload(
    result: Distribution, words: Mapping[str, str], state: Mapping[str, object], *, model: str, language: str,
    caption: str = "",
) -> bytes:  # fmt: skip
    """Pack the logits [vocab] as float32, the ids of the text, and the labels of the most probable tokens.

    The logits are the result's own; where the vocabulary is ``WIDE``, those without a label come in ``steps`` [vocab],
    which makes the message less than half as large, and ``logits`` are those with one [named].

    The canvas commits ``look`` {settings, order, view, seed} and ``force`` {forced: ids put after the text}.
    Raises ValueError for an unknown key of ``state``.
    """
    count, chips = len(result.tokens), _chips(result)
    forced = result.tokens.ids[count - result.forced :]
    meta: TokenDistribution = {
        "words": dict(words),
        "language": language,
        "state": with_defaults(state, STATE),
        "model": model,
        "caption": caption,
        "chips": chips[-MOST_CHIPS:],
        "cut": len(chips) > MOST_CHIPS,
        "forced": list(forced),
        "most_forced": MOST_FORCED,
        "length": count,
        "labels": list(result.labels),
        "hints": _hints(result),
    }
    steps = _steps(result)
    arrays: TokenDistributionArrays = {
        "logits": result.logits[result.label_ids] if len(steps) else result.logits,
        "steps": steps,
        "history": np.asarray(result.tokens.ids, dtype=np.int32),
        "label_ids": result.label_ids,
    }
    # Steps would become a fifth smaller, for 15 ms of both sides while a visitor waits.
    return pack(meta, arrays, compress=not len(steps))


def _steps(result: Distribution) -> Steps:
    """The logits in whole steps, int16 [vocab]; none where they are sent as they are."""
    steps = np.round(result.logits * np.float32(FINE))
    if len(steps) <= WIDE or np.abs(steps).max() > np.iinfo(np.int16).max:
        return np.zeros(0, np.int16)
    return steps.astype(np.int16)


def _chips(result: Distribution) -> list[Chip]:
    """The text in chips: tokens that share a whole character stand together, as that character."""
    tokens, first = result.tokens, len(result.tokens) - result.forced
    runs: list[list[int]] = []
    for at, group in enumerate(tokens.groups):
        if at and group == tokens.groups[at - 1] and (at < first) == (at - 1 < first):
            runs[-1].append(at)
        else:
            runs.append([at])
    chips: list[Chip] = []
    for run in runs:
        try:
            text = visible(b"".join(tokens.bytes[at] for at in run).decode()) if len(run) > 1 else ""
        except UnicodeDecodeError:  # the last character is not complete yet
            text = ""
        for part in [run] if text else [[at] for at in run]:
            special, by_hand = bool(tokens.special[part[0]]), part[0] >= first
            chips.append({
                "text": text or tokens.labels[part[0]], "parts": len(part), "special": special, "by_hand": by_hand,
            })  # fmt: skip
    return chips


def _hints(result: Distribution) -> dict[str, str]:
    """For tokens that are the first bytes of a Chinese character: some common characters that begin so."""
    found = {}
    for id, label in zip(result.label_ids.tolist(), result.labels, strict=True):
        if BYTES.fullmatch(label):
            start = bytes.fromhex(label)
            like = [one for one in COMMON if one.encode().startswith(start)][:4]
            if like:
                found[str(id)] = "".join(like)
    return found


def labels_payload(
    found: Labels, words: Mapping[str, str], state: Mapping[str, object], *, model: str
) -> bytes:
    """Pack the labels of a whole vocabulary: UTF-8, one per line; nothing is shown, so no words are needed."""
    del words, state
    meta: TokenLabels = {"model": model}
    arrays: TokenLabelsArrays = {"text": np.frombuffer(found.text.encode(), dtype=np.uint8)}
    return pack(meta, arrays)


COLUMNS = ("rank", "id", "token", "logit", "probability", "probability_after", "removed_by")


def rows(result: Distribution, after: np.ndarray, removed_by: Sequence[str]) -> Iterator[tuple[object, ...]]:
    """The named tokens, most probable first, for a table with `COLUMNS`; ``after`` and ``removed_by`` are [vocab]."""
    logits, share = result.logits, softmax(result.logits)
    named = dict(zip(result.label_ids.tolist(), result.labels, strict=True))
    for rank, id in enumerate(highest(logits, len(named)).tolist(), 1):
        yield (
            rank, id, named.get(id, f"#{id}"), float(logits[id]), float(share[id]), float(after[id]), removed_by[id]
        )  # fmt: skip


# --- surprise ---------------------------------------------------------------------------------------------


def surprise_payload(*parts: Any, titles: Sequence[Sequence[str]], language: str, caption: str = "") -> bytes:
    """Pack one lane per result: ``parts`` are the results (Surprise), the words and the state {unit, version}.

    ``titles`` are (id of the lane's title among the words, name of the model).

    Arrays per lane n: nats{n} [token] (NaN becomes −1), rank{n} [token], shares{n} [token, rival]. The canvas commits
    ``look`` {unit}.
    """
    *results, words, state = parts
    lanes: list[SurpriseLane] = []
    arrays: dict[str, Array] = {}
    shared = shared_bits(results) if len(results) > 1 else [math.nan]
    for at, (result, title) in enumerate(zip(results, titles, strict=True)):
        lanes.append(_lane(result, title, shared[at]))
        arrays[f"nats{at}"] = np.nan_to_num(result.nats, nan=-1.0)
        arrays[f"rank{at}"] = result.rank
        arrays[f"shares{at}"] = result.rival_probability
    meta: SurpriseStrip = {
        "words": dict(words),
        "language": language,
        "state": cast("SurpriseStripState", {"unit": "bits", "version": 0, **state}),
        "caption": caption,
        "lanes": lanes,
    }
    return pack(meta, arrays)


def _lane(result: Surprise, title: Sequence[str], shared: float) -> SurpriseLane:
    alone = math.isnan(shared)
    return {
        "reading": title[0],
        "model": title[1],
        "labels": list(result.tokens.labels),
        "special": [bool(one) for one in result.tokens.special],
        "rivals": list(result.rivals),
        "mean": result.mean,
        "per_byte": "per_byte" if alone else "per_byte_shared",
        "bits_per_byte": result.bits_per_byte if alone else shared,
    }


SURPRISE_COLUMNS = ("token", "label", "bytes", "nats", "bits", "probability", "rank")


def surprise_rows(result: Surprise) -> Iterator[tuple[object, ...]]:
    """Every token of the text, for a table with `SURPRISE_COLUMNS`; what is not predicted has empty cells."""
    each = zip(
        result.tokens.labels, result.sizes.tolist(), result.nats.tolist(), result.rank.tolist(), strict=True
    )
    for at, (label, size, nats, rank) in enumerate(each):
        told = (nats, nats / math.log(2), math.exp(-nats), rank) if rank else ("", "", "", "")
        yield at, label, size, *told
