"""What is done once visitors rest: the model that the first one's language opens on is loaded, and garbage collected.

Streamlit would collect garbage after every run of a script, a tenth of what a run costs. Here it is collected when
nobody has asked for anything for a moment, and now and then while they do; what the imports have made is taken out.
"""

from __future__ import annotations

import gc
import os
import threading
import time

from streamlit import runtime

from core import catalog, host
from core.catalog import Language
from core.models import specs
from core.models.load import here, memory
from core.models.load.loading import warm_up
from core.models.tokens import vocabularies
from pages.kit import session as crowd

IDLE = 4.0  # seconds without any run until the model is loaded
GONE = 125.0  # seconds after which nobody who left can come back to a session: Streamlit keeps them for 120
AGAIN = 5.0  # seconds until memory is given back again near the limit
CALM, LONGEST = 1.0, 15.0  # seconds without any, or at most, until garbage is collected
LOOK = 0.5  # seconds between two looks
_lock = threading.Lock()
_keeper: threading.Thread | None = None
_last = 0.0  # when the last run ended
_language: Language = "en"  # the first visitor's


def after_run(language: Language) -> None:
    """Called at the end of each run of the whole page; the first one starts what watches for calm.

    Outside a server there is nobody to wait for: nothing is started.
    """
    global _keeper, _last, _language
    _last = time.monotonic()
    if (
        _keeper is None and runtime.exists() and type(runtime.get_instance()) is runtime.Runtime
    ):  # not a test's
        with _lock:
            if _keeper is None:
                _language = language
                gc.collect()
                gc.freeze()
                _keeper = threading.Thread(target=_keep, name="glassbox-keeper", daemon=True)
                _keeper.start()


def at_start() -> None:
    """With ``GLASSBOX_WARMUP=start``: load what the languages open on before anybody can ask, while it fits."""
    if os.environ.get("GLASSBOX_WARMUP") != "start":
        return
    room = here.budget()
    for id in dict.fromkeys(catalog.PAGES[0].model.values()):
        room -= here.need(specs.find(id))
        if room >= 0 and (loading := warm_up(id)) is not None:
            loading.join()


def due(now: float, last: float, collected: float) -> bool:
    """Whether garbage is collected now, after a run that ended at ``last``; all in seconds."""
    return last > collected and (now - last > CALM or now - collected > LONGEST)


def is_pressed(held: int, limit: int | None) -> bool:
    """Whether so many bytes are so near the limit that what can be made again is dropped."""
    return limit is not None and held > host.NEAR * limit


def give_back() -> None:
    """Drop what can be made again, and return its memory to the system."""
    host.give_back()
    vocabularies.forget_vocabularies()
    memory.reclaim()


class Rest:
    """Whether memory is given back: once when all have gone, and now and then while there is little."""

    def __init__(self, now: float) -> None:
        self.there, self.given = now, 0.0  # when somebody was there last, when it was given back last

    def due(self, now: float, visitors: int, *, pressed: bool) -> bool:
        """Asked again and again; ``now`` in seconds, ``visitors``: how many are connected."""
        if visitors:
            self.there = now
        gone = now - self.there > GONE and self.given <= self.there
        if gone or (pressed and now - self.given > AGAIN):
            self.given = now
            return True
        return False


def _keep() -> None:
    warm = os.environ.get("GLASSBOX_WARMUP", "1") in ("0", "start")
    collected, rest = _last, Rest(_last)
    while True:
        time.sleep(LOOK)
        now, last = time.monotonic(), _last
        pressed = is_pressed(host.resident_bytes(), host.account().limit)
        if rest.due(now, crowd.connected(), pressed=pressed):
            crowd.forget_who_left()
            give_back()
        if not warm and now - last > IDLE:
            warm = True
            warm_up(catalog.PAGES[0].model[_language])
        if due(now, last, collected):
            gc.collect()
            memory.trim()
            collected = time.monotonic()
