"""The payloads of the generation canvases: the tree of texts, the lanes, the tree of a beam search; tables of all."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

from core.figures.buffer import pack
from core.figures.next_token import payloads as sent

if TYPE_CHECKING:
    from core.compute.next_token.repetition import RepeatCurve
    from core.compute.next_token.requests import Beams, Lane, Lanes, Path, TextRequest
    from core.models.tokens.labels import Tokens

T = TypeVar("T", bound=np.generic)
Words = Mapping[str, str]
UNKNOWN = -1.0  # stands for "no value"; NaN is drawn nowhere


@dataclass(frozen=True, slots=True)
class Running:
    """How a generation stands."""

    state: str  # "waiting" | "running" | "done" | "stopped"
    place: int  # in line
    seconds: float  # until its turn comes, about; 0: not known
    rate: float  # steps per second, 0: not known
    most: int  # steps that were asked for

    def header(self) -> sent.Run:
        """For a payload."""
        seconds, rate = math.ceil(self.seconds), round(self.rate, 1)
        return {"state": self.state, "place": self.place, "seconds": seconds, "rate": rate, "most": self.most}


@dataclass(slots=True)
class _Node:
    """One token of the merged tree."""

    parent: int
    depth: int
    path: int  # a text that it stands in
    step: int  # of that text


def merged(paths: Sequence[Path]) -> tuple[list[_Node], list[list[int]]]:
    """The texts as one tree, equal beginnings joined: its nodes, parents first, and each text's nodes."""
    nodes: list[_Node] = []
    places: dict[tuple[int, int], int] = {}
    lines: list[list[int]] = []
    for number, path in enumerate(paths):
        parent, line = -1, []
        for step, token in enumerate(path.tokens.ids):
            key = (parent, token)
            if key not in places:
                places[key] = len(nodes)
                nodes.append(_Node(parent, step, number, step))
            parent = places[key]
            line.append(parent)
        lines.append(line)
    return nodes, lines


def tree_payload(
    grown: Sequence[tuple[TextRequest, Path]], current: int, running: Running, words: Words,
    state: Mapping[str, Any], *, language: str, caption: str = "",
) -> bytes:  # fmt: skip
    """Pack the tree of a session's texts; ``current`` is the one that the link names.

    Arrays: parent, depth, token [node]; chance, own [node], probability after the settings and by the model;
    options [node, option] ids, their chances and own probabilities; forced, entropy (bits) [node].
    """
    paths = [path for _, path in grown]
    nodes, lines = merged(paths)
    names: dict[str, str] = {}
    for node in nodes:
        path = paths[node.path]
        options, labels = map(str, path.options[node.step].tolist()), path.option_labels[node.step]
        names |= dict(zip(options, labels, strict=True))
        names.setdefault(str(path.tokens.ids[node.step]), path.tokens.labels[node.step])
    header: sent.GenerationTree = {
        "words": dict(words), "state": cast("sent.GenerationTreeState", dict(state)), "language": language,
        "caption": caption,
        "run": running.header(), "names": names, "current": current,
        "prompt": _written(paths[0].prompt) if paths else "",
        "labels": [paths[node.path].tokens.labels[node.step] for node in nodes],
        "texts": [
            {"forks": [fork.link for fork in request.forks], "nodes": line, "ended": path.ended, "text": path.text}
            for (request, path), line in zip(grown, lines, strict=True)
        ],
    }  # fmt: skip
    return pack(header, _node_arrays(nodes, paths))


def _written(tokens: Tokens) -> str:
    """The text of the tokens, special ones by their names."""
    return b"".join(tokens.bytes).decode("utf-8", "replace")


def _node_arrays(nodes: Sequence[_Node], paths: Sequence[Path]) -> sent.GenerationTreeArrays:
    def each(name: str, type_: type[T]) -> npt.NDArray[T]:
        rows = [getattr(paths[node.path], name)[node.step] for node in nodes]
        return np.array(rows, dtype=type_)

    wide = max((path.options.shape[1] for path in paths), default=0)
    return {
        "parent": np.array([node.parent for node in nodes], np.int32),
        "token": np.array([paths[node.path].tokens.ids[node.step] for node in nodes], np.int32),
        "chance": each("chance", np.float32),
        "own": each("model_chance", np.float32),
        "entropy": each("entropy", np.float32),
        "forced": each("forced", np.uint8),
        "options": each("options", np.int32).reshape(len(nodes), wide),
        "option_chance": each("option_chance", np.float32).reshape(len(nodes), wide),
        "option_own": each("option_model", np.float32).reshape(len(nodes), wide),
    }


def lanes_payload(
    lanes: Lanes,
    running: Running,
    words: Words,
    state: Mapping[str, Any],
    *,
    language: str,
    caption: str = "",
) -> bytes:
    """Pack one text at several temperatures: each lane's tokens with their probabilities, distinct-n, repetition."""
    header: sent.Lanes = {
        "words": dict(words), "state": cast("sent.LanesState", dict(state)), "language": language,
        "caption": caption,
        "run": running.header(), "prompt": _written(lanes.prompt), "lanes": [_lane(lane) for lane in lanes.lanes],
    }  # fmt: skip
    arrays = {f"chance{n}": lane.path.chance for n, lane in enumerate(lanes.lanes)}
    arrays |= {f"own{n}": lane.path.model_chance for n, lane in enumerate(lanes.lanes)}
    return pack(header, arrays)


def _lane(lane: Lane) -> sent.Lane:
    return {
        "temperature": lane.temperature, "labels": list(lane.path.tokens.labels), "text": lane.path.text,
        "again": lane.again.astype(int).tolist(), "distinct": [round(share, 4) for share in lane.distinct],
        "repetition": round(lane.repetition, 4), "ended": lane.path.ended,
    }  # fmt: skip


def beam_payload(
    found: Beams,
    running: Running,
    words: Words,
    state: Mapping[str, Any],
    *,
    language: str,
    caption: str = "",
) -> bytes:
    """Pack the tree of a beam search: every candidate, which ones went on, and the finished texts."""
    header: sent.BeamTree = {
        "words": dict(words), "state": cast("sent.BeamTreeState", dict(state)), "language": language,
        "caption": caption,
        "run": running.header(), "beams": found.beams, "prompt": _written(found.prompt),
        "labels": list(found.labels), "ended": found.ended,
    }  # fmt: skip
    arrays: sent.BeamTreeArrays = {
        "parent": found.parent, "step": found.step, "log_chance": found.log_chance, "score": found.score,
        "kept": found.kept.astype(np.uint8), "closed": found.closed.astype(np.uint8), "results": found.results,
        "result_scores": found.result_scores, "greedy": found.greedy,
    }  # fmt: skip
    return pack(header, arrays)


# --- numbers to take home -------------------------------------------------------------------------------------

TEXT_COLUMNS = ("position", "id", "token", "probability", "model_probability", "entropy_bits", "forced")
BEAM_COLUMNS = ("node", "parent", "step", "id", "token", "log_probability", "score", "kept", "closed")
LANE_COLUMNS = ("temperature", "position", "id", "token", "probability", "model_probability")
LOOP_COLUMNS = ("repetition", "position", "token", "probability")


def text_rows(path: Path) -> list[tuple[object, ...]]:
    """One row per generated token."""
    columns = (path.tokens.ids, path.tokens.labels, path.chance, path.model_chance, path.entropy, path.forced)
    return [(at, *_plain(row)) for at, row in enumerate(zip(*columns, strict=True))]


def lane_rows(lanes: Lanes) -> list[tuple[object, ...]]:
    """One row per token of each lane."""
    return [(lane.temperature, *row[:5]) for lane in lanes.lanes for row in text_rows(lane.path)]


def beam_rows(found: Beams) -> list[tuple[object, ...]]:
    """One row per candidate."""
    columns = (
        found.parent,
        found.step,
        found.ids,
        found.labels,
        found.log_chance,
        found.score,
        found.kept,
        found.closed,
    )
    return [(at, *_plain(row)) for at, row in enumerate(zip(*columns, strict=True))]


def loop_rows(curve: RepeatCurve) -> list[tuple[object, ...]]:
    """One row per token of each repetition; the first of all, which nothing stands before, has an empty cell."""
    return [
        (repeat + 1, at, label, _plain_chance(float(curve.chance[repeat, at])))
        for repeat in range(curve.repeats)
        for at, label in enumerate(curve.tokens.labels)
    ]


def _plain_chance(p: float) -> object:
    return "" if math.isnan(p) else p


def _plain(row: Sequence[Any]) -> tuple[object, ...]:
    return tuple(value.item() if isinstance(value, np.generic) else value for value in row)
