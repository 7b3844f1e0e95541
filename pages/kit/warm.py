"""The model that the first visitor's language opens on is loaded in the background, once the server is idle."""

from __future__ import annotations

import gc
import os
import threading

from core import catalog
from core.catalog import Language
from core.models.load.loading import warm_up

IDLE = 4.0  # seconds without any script run
_lock = threading.Lock()
_timer: threading.Timer | None = None
_done = False
_frozen = False


def _start(language: Language) -> None:
    global _done
    _done = True

    warm_up(catalog.PAGES[0].model[language])


def after_first_visit(language: Language) -> None:
    """Called at the end of each script run until the warm-up has started: (re)arms the idle timer.

    Streamlit collects garbage after every run; what the imports have made is taken out of that, once.
    """
    global _timer, _frozen
    if not _frozen:
        _frozen = True
        gc.collect()
        gc.freeze()
    if _done or os.environ.get("GLASSBOX_WARMUP", "1") == "0":
        return
    with _lock:
        if _timer is not None:
            _timer.cancel()
        _timer = threading.Timer(IDLE, _start, [language])
        _timer.daemon = True
        _timer.start()
