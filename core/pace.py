"""How often something may be done: by each who does it, and in all, within a window of time."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Hashable


class Pace:
    """Counts for everybody; older than ``window`` seconds, what was done counts no more."""

    def __init__(self, own: int, together: int, window: float) -> None:
        self.own, self.together, self.window = own, together, window
        self._done: deque[tuple[float, Hashable]] = deque()
        self._changing = threading.Lock()

    def wait(self, who: Hashable) -> float:
        """0 and it is counted, or the seconds until it may be done: by this one, or by anybody.

        >>> pace = Pace(1, 9, 60.0)
        >>> pace.wait("ann"), 59 < pace.wait("ann") <= 60, pace.wait("bob")
        (0.0, True, 0.0)
        """
        now = time.monotonic()
        with self._changing:
            while self._done and now - self._done[0][0] > self.window:
                self._done.popleft()
            own = [when for when, one in self._done if one == who]
            full, all_full = len(own) >= self.own, len(self._done) >= self.together
            if not full and not all_full:
                self._done.append((now, who))
                return 0.0
            return (own[0] if full else self._done[0][0]) + self.window - now

    def forget(self) -> None:
        """Nothing was done."""
        with self._changing:
            self._done.clear()
