"""Turns to compute: a fair queue in front of the few cores (or the one GPU) of the server."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from core.errors import Busy
from core.models.load.memory import trim

SLOTS = 1
"""Computations at a time (``$GLASSBOX_FORWARD_SLOTS``): each already uses all threads."""
WAIT_S = 30.0
"""Longest wait for a turn, in seconds (``$GLASSBOX_FORWARD_WAIT_S``)."""
QUEUE = 32
"""Most visitors who wait (``$GLASSBOX_FORWARD_QUEUE``); further ones are told at once."""


def setting(name: str, default: float) -> float:
    """An operator's number from the environment; what is no positive number counts as not set."""
    try:
        value = float(os.environ.get(name, ""))
    except ValueError:
        return default
    return value if 0 < value < float("inf") else default


class Turns:
    """First come, first served; a thread that already has a turn may take it again."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._queue: deque[object] = deque()
        self._running = 0
        self._mine = threading.local()

    @contextmanager
    def turn(self, slots: int, wait: float, most: int) -> Iterator[None]:
        """Hold one of ``slots`` turns.

        Raises: Busy (``place`` in the queue, 1 is next) after ``wait`` seconds or when ``most`` wait already.
        """
        depth: int = getattr(self._mine, "depth", 0)
        if depth == 0:
            self._enter(slots, wait, most)
        self._mine.depth = depth + 1
        try:
            yield
        finally:
            self._mine.depth = depth
            if depth == 0:
                self._leave()

    def _enter(self, slots: int, wait: float, most: int) -> None:
        ticket = object()
        until = time.monotonic() + wait
        with self._changed:
            if len(self._queue) >= most:
                raise Busy(place=len(self._queue) + 1)
            self._queue.append(ticket)
            try:
                while self._queue[0] is not ticket or self._running >= slots:
                    left = until - time.monotonic()
                    if left <= 0 or not self._changed.wait(left):
                        if self._queue[0] is ticket and self._running < slots:
                            break
                        raise Busy(place=self._queue.index(ticket) + 1)
                self._running += 1
            finally:
                self._queue.remove(ticket)
                self._changed.notify_all()

    def _leave(self) -> None:
        with self._changed:
            self._running -= 1
            self._changed.notify_all()


_turns = Turns()


@contextmanager
def forward_slot() -> Iterator[None]:
    """A turn to compute, without gradients.

    Raises: Busy (``place`` in the queue) when none comes within ``WAIT_S`` seconds or too many wait already.
    """
    import torch

    slots = max(1, int(setting("GLASSBOX_FORWARD_SLOTS", SLOTS)))
    most = max(1, int(setting("GLASSBOX_FORWARD_QUEUE", QUEUE)))
    wait = setting("GLASSBOX_FORWARD_WAIT_S", WAIT_S)
    with _turns.turn(slots, wait, most):
        try:
            with torch.inference_mode():
                yield
        finally:
            trim()  # a few milliseconds; the heap would keep what the computation took
