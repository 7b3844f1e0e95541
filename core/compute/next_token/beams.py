"""Beam search as a tree: the same texts and scores as transformers' own, every candidate kept to be looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.arrays import read_only
from core.compute.next_token.requests import BeamRequest, Beams, Ended, end_ids, written
from core.errors import BadParameter
from core.models.read.decoding import Cache
from core.models.tokens.labels import label_each, label_tokens

if TYPE_CHECKING:
    import torch

    from core.models.load.residency import LoadedModel

MOST_BEAMS, MOST_STEPS = 8, 24


@dataclass(slots=True)
class _Node:
    """One candidate."""

    parent: int
    step: int
    token: int
    log_chance: float
    score: float
    closed: bool
    kept: bool = False


class BeamTask:
    """At each step the ``beams`` best unfinished texts go on; finished ones are ranked by score / length."""

    def __init__(self, request: BeamRequest, loaded: LoadedModel, ids: tuple[int, ...]) -> None:
        if not (1 <= request.beams <= MOST_BEAMS and 1 <= request.depth <= MOST_STEPS):
            raise BadParameter(name="beams")
        self._loaded, self._ids, self._beams = loaded, ids, request.beams
        room = (loaded.spec.max_tokens or 10**9) - len(ids)
        self._depth = min(request.depth, room)
        self._ends = end_ids(loaded)
        self._nodes: list[_Node] = []
        self._running: list[tuple[int, float]] = [(-1, 0.0)]  # node and score of each text that goes on
        self._finished: list[tuple[float, int]] = []  # score / length and node, the best first
        self._improvable = True
        self._state: tuple[int, tuple[tuple[float, int], ...], Ended] = (0, (), "" if room > 0 else "context")

    def steps(self) -> Iterator[None]:
        """One token for each beam."""
        if self._depth < 1:
            return
        cache = Cache(self._loaded)
        logits = cache.read([self._ids])
        for step in range(self._depth):
            going, rows = self._advance(logits, step)
            if not going:
                self._state = (len(self._nodes), tuple(self._finished), "length")
                return
            self._state = (len(self._nodes), tuple(self._finished), "")
            cache.take(rows)
            yield
            logits = cache.read([[self._nodes[node].token] for node, _ in self._running])

    def _advance(self, logits: torch.Tensor, step: int) -> tuple[bool, list[int]]:
        """Take one step; whether there is another, and the row of the cache that each running text continues."""
        candidates = self._candidates(logits, step)
        rows = {node: row for row, (node, _) in enumerate(self._running)}
        chosen = [node for node, _ in candidates[: self._beams]]
        if self._improvable:
            for node in chosen:
                if self._nodes[node].closed:
                    self._finished.append((self._nodes[node].score / (step + 1), node))
            self._finished = sorted(self._finished, key=lambda one: -one[0])[: self._beams]
        open_ones = [(node, score) for node, score in candidates if not self._nodes[node].closed]
        if self._beams == 1 and self._nodes[chosen[0]].closed:
            open_ones = []  # one beam is greedy search
        parents = [rows[self._nodes[node].parent] for node, _ in open_ones[: self._beams]]
        if not open_ones:
            for _, node in self._finished:
                self._nodes[node].kept = True
            return False, []
        self._running = open_ones[: self._beams]
        for node, _ in (*self._running, *((n, s) for s, n in self._finished)):
            self._nodes[node].kept = True
        full = len(self._finished) >= self._beams
        best = self._running[0][1] / (step + 1)
        self._improvable &= not full or best > self._finished[-1][0]
        return self._improvable, parents

    def _candidates(self, logits: torch.Tensor, step: int) -> list[tuple[int, float]]:
        """The best continuations of all running texts, as new nodes with their scores, falling."""
        import torch

        log_chance = torch.log_softmax(logits, dim=-1)
        score = log_chance + torch.tensor([score for _, score in self._running])[:, None]
        most = min(max(2, 1 + len(self._ends)) * self._beams, score.numel())
        found, places = torch.topk(score.flatten(), most)
        result = []
        for value, place in zip(found.tolist(), places.tolist(), strict=True):
            row, token = divmod(place, logits.shape[-1])
            closed = token in self._ends or step + 1 == self._depth
            own = float(log_chance[row, token])
            self._nodes.append(_Node(self._running[row][0], step, token, own, value, closed))
            result.append((len(self._nodes) - 1, value))
        return result

    def result(self) -> Beams:
        """The tree so far."""
        count, finished, ended = self._state
        nodes = self._nodes[:count]
        final = [node for _, node in finished]
        return Beams(
            prompt=label_tokens(self._loaded.tokenizer, self._ids),
            beams=self._beams,
            parent=_ints([node.parent for node in nodes]),
            step=_ints([node.step for node in nodes]),
            ids=_ints([node.token for node in nodes]),
            labels=label_each(self._loaded.tokenizer, [node.token for node in nodes]),
            log_chance=read_only(np.array([node.log_chance for node in nodes], dtype=np.float32)),
            score=read_only(np.array([node.score for node in nodes], dtype=np.float32)),
            kept=read_only(np.array([node.kept for node in nodes], dtype=np.bool_)),
            closed=read_only(np.array([node.closed for node in nodes], dtype=np.bool_)),
            results=_ints(final),
            result_scores=read_only(np.array([score for score, _ in finished], dtype=np.float32)),
            texts=tuple(written(self._loaded, branch(nodes, node)) for node in final),
            greedy=_ints(_greedy(nodes)),
            ended=ended,
        )


def branch(nodes: Sequence[_Node], last: int) -> list[int]:
    """Ids from the prompt to a node."""
    ids: list[int] = []
    while last >= 0:
        ids.append(nodes[last].token)
        last = nodes[last].parent
    return ids[::-1]


def _greedy(nodes: Sequence[_Node]) -> list[int]:
    """From the prompt, always the child of the highest probability, as far as all children were looked at."""
    path: list[int] = []
    parent = -1
    while True:
        children = [place for place, node in enumerate(nodes) if node.parent == parent]
        if not children:
            return path
        parent = max(children, key=lambda place: nodes[place].log_chance)
        path.append(parent)


def _ints(values: Sequence[int]) -> np.ndarray[tuple[int, ...], np.dtype[np.int32]]:
    return read_only(np.array(values, dtype=np.int32))
