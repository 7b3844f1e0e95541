"""How text is cut, as messages for the canvases ``token_chips`` and ``merge_tree``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, cast

import numpy as np

from core.compute.token_splits.cut import Cut
from core.figures.buffer import Array, pack, with_defaults
from core.figures.token_splits.payloads import (
    ChipLane,
    Edge,
    MergeTree,
    Offer,
    Spelled,
    TokenChips,
    TokenChipsState,
    Trees,
)
from core.models.tokens.labels import visible

if TYPE_CHECKING:
    from core.compute.token_splits.cut import Splits
    from core.compute.token_splits.reasons import Explanation, Node

STATE: TokenChipsState = {
    "text": "",  # what stands in the text box
    "show": "text",  # or "ids", "bytes": what stands on a chip
    "limit": 0,  # tokens per piece; 0: one piece
    "version": 0,  # a new value makes the canvas follow all of this state, what is being typed included
}
MOST_CHARACTERS = 6  # of an explained piece are shown as bytes
MOST_LEAVES = 26  # of a merge forest are drawn


def payload(
    splits: Splits | None,
    words: Mapping[str, str],
    state: Mapping[str, object],
    *,
    vocabularies: Sequence[Offer],
    language: str,
    asked: Sequence[str] = (),
    failed: bool = False,
    pick: tuple[str, str] = ("", ""),
    most_lanes: int = 4,
    most_limit: int = 64,
    hub: bool = False,
) -> bytes:
    """Pack every vocabulary's cut of one text; None where there is no text, or it could not be cut (`failed`).

    The lanes of the vocabularies that were `asked` for are empty then, and can still be changed. `vocabularies` are
    those on offer ({id, title, algorithm, size}, titles translated); `pick` is the (vocabulary, piece of text) that
    is explained. The canvas commits ``typed`` {text}, ``look`` {show, limit}, ``chosen`` {vocab} and ``pick``
    {by, piece}. Raises ValueError for an unknown key of `state`.
    """
    titles = {one["id"]: one for one in vocabularies}
    cuts = splits.cuts if splits else tuple(_nothing(one) for one in asked)
    rates = splits.characters_per_token if splits else (0.0,) * len(cuts)
    meta: TokenChips = {
        "words": dict(words),
        "language": language,
        "state": with_defaults(state, STATE),
        "text": splits.text if splits else "",
        "choices": [{"id": one["id"], "title": one["title"]} for one in vocabularies],
        "pick": {"by": pick[0], "piece": pick[1]},
        "most_lanes": most_lanes,
        "most_limit": most_limit,
        "hub": hub,
        "failed": failed,
        "lanes": [
            _lane(cut, titles.get(cut.vocabulary), rate) for cut, rate in zip(cuts, rates, strict=True)
        ],
    }
    lonely = splits.lonely if splits else ((),) * len(cuts)
    each = enumerate(map(_arrays, cuts, lonely))
    return pack(meta, {f"{name}{at}": array for at, arrays in each for name, array in arrays.items()})


def _nothing(vocabulary: str) -> Cut:
    return Cut(vocabulary, (), (), (), (), (), (), (), ())


def _lane(cut: Cut, about: Offer | None, rate: float) -> ChipLane:
    return {
        "id": cut.vocabulary,
        "title": about["title"] if about else cut.vocabulary,
        "algorithm": about["algorithm"] if about else "bpe",
        "size": about["size"] if about else 0,
        "labels": list(cut.labels),
        "hex": list(cut.bytes_hex),
        "rate": rate,
    }


def _arrays(cut: Cut, lonely: Sequence[int]) -> dict[str, Array]:
    """Ids, character offsets, groups [token], int32; marks [token], uint8: only this cut is made, special, lost."""
    starts, ends = np.asarray(cut.starts, np.int32), np.asarray(cut.ends, np.int32)
    before = np.r_[-1, ends[:-1]] if len(ends) else ends
    return {
        "ids": np.asarray(cut.ids, np.int32),
        "starts": starts,
        "ends": ends,
        "groups": np.asarray(cut.groups, np.int32),
        "lonely": (np.isin(before, list(lonely)) & (starts >= before)).astype(np.uint8),
        "special": np.asarray(cut.special, np.uint8),
        "unknown": np.asarray(cut.unknown, np.uint8),
    }


COLUMNS = ("vocabulary", "token", "id", "label", "bytes", "start", "end")


def rows(splits: Splits) -> Iterator[tuple[object, ...]]:
    """Every token of every vocabulary, for a table with `COLUMNS`; offsets count characters from 0."""
    for cut in splits.cuts:
        each = zip(cut.ids, cut.labels, cut.bytes_hex, cut.starts, cut.ends, strict=True)
        for at, (id, label, data, start, end) in enumerate(each):
            yield cut.vocabulary, at, id, label, data, start, end


def explain_payload(
    found: Explanation,
    words: Mapping[str, str],
    state: Mapping[str, object],
    *,
    piece: str,
    count: int,
    title: str,
    language: str,
) -> bytes:
    """Pack why the word around `piece` is cut as it is: merges, lattice, attempts, or only bytes; `state` is unused.

    Of a word of more than `MOST_LEAVES` parts, and of a character that `count` tokens share, only the piece itself
    is shown.
    """
    trees = _trees(found, count)
    kind = "bpe" if trees["nodes"] else "unigram" if found.edges else "wordpiece" if found.steps else "plain"
    about = found.labels if kind != "plain" else (visible(piece),)
    meta: MergeTree = {
        "words": dict(words),
        "language": language,
        "state": dict(state),
        "kind": kind,
        "title": title,
        "piece": found.word if kind != "plain" and not trees["part"] else visible(piece),
        "tokens": list(trees["labels"] if kind == "bpe" else about),
        "nodes": trees["nodes"],
        "roots": trees["roots"],
        "chosen": trees["chosen"],
        "edges": [cast("Edge", asdict(edge)) for edge in found.edges],
        "length": max((edge.end for edge in found.edges), default=0),
        "score": _minus(found.score),
        "second": _minus(found.second),
        "steps": [{"tried": list(step.tried), "found": step.taken} for step in found.steps],
        "characters": _bits(piece),
    }
    return pack(meta, {})


def _minus(value: float) -> str:
    return f"{value:.1f}".replace("-", "−") if np.isfinite(value) else ""


def _bits(piece: str) -> list[Spelled]:
    """The characters of a piece beyond ASCII, with code point and UTF-8 bytes."""
    beyond = [char for char in piece if ord(char) > 127][:MOST_CHARACTERS]
    return [
        {
            "glyph": "" if len(visible(char)) > 2 else visible(char),
            "code": f"U+{ord(char):04X}",
            "bytes": list(char.encode()),
        }
        for char in beyond
    ]


def _trees(found: Explanation, count: int) -> Trees:
    """The merge forest: of the whole word, or of the tokens that share the chosen one's character."""
    nodes, roots = found.nodes, list(found.roots)
    chosen = roots[found.chosen] if found.chosen < len(roots) else -1
    labels = [nodes[root].label for root in roots]
    if len(labels) == len(found.labels):
        labels = list(found.labels)
    part = count > 1 or sum(node.left < 0 for node in nodes) > MOST_LEAVES
    if part:
        own = slice(found.chosen, found.chosen + count)
        roots, labels = roots[own], labels[own]
    kept = sorted(_under(nodes, roots))
    number = {old: new for new, old in enumerate(kept)}
    return {
        "nodes": [
            {
                "label": nodes[old].label,
                "left": number.get(nodes[old].left, -1),
                "right": number.get(nodes[old].right, -1),
                "rank": nodes[old].rank,
            }
            for old in kept
        ],
        "roots": [number[root] for root in roots],
        "chosen": number.get(chosen, -1),
        "labels": labels,
        "part": part,
    }


def _under(nodes: Sequence[Node], roots: Sequence[int]) -> set[int]:
    """Roots and all that they were made of."""
    found: set[int] = set()
    waiting = list(roots)
    while waiting:
        at = waiting.pop()
        found.add(at)
        waiting += [child for child in (nodes[at].left, nodes[at].right) if child >= 0]
    return found
