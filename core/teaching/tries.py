"""How often an address was wrong: who guesses codes is stopped, and whoever was right is not."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections.abc import Callable

MOST = 10_000
"""So many addresses are remembered; the one that was wrong first is forgotten first."""


def network(address: str) -> str:
    """What one machine can call its own: its address, and of the sixth version the half that a network is given.

    >>> network("192.0.2.7"), network("2001:db8:1:2:3:4:5:6"), network("nowhere")
    ('192.0.2.7', '2001:db8:1:2::', 'nowhere')
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if found.version == 4:
        return str(found)
    return str(ipaddress.ip_network((found, 64), strict=False).network_address)


class Tries:
    """Counts what was wrong, by address, within a window of seconds."""

    def __init__(self, most: int, window: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._window, self._clock = most, window, clock
        self._wrong: dict[str, tuple[float, int]] = {}  # when the first of them was, and how many
        self._changing = threading.Lock()

    def spent(self, address: str) -> bool:
        """Whether an address has been wrong too often."""
        with self._changing:
            return self._now(network(address))[1] >= self._most

    def wrong(self, address: str) -> None:
        """An address was wrong."""
        who = network(address)
        with self._changing:
            since, count = self._now(who)
            self._wrong.pop(who, None)
            while len(self._wrong) >= MOST:
                del self._wrong[next(iter(self._wrong))]
            self._wrong[who] = (since, count + 1)

    def _now(self, who: str) -> tuple[float, int]:
        now = self._clock()
        since, count = self._wrong.get(who, (now, 0))
        return (since, count) if now - since < self._window else (now, 0)
