"""A page that waits for its turn: ``?text=…&seconds=…`` rests when it has come, ``?hold=1`` until ``?release=1``.

``?text=…&job=1`` does so in the background; ``?probe=1`` says how many run and wait, and when each text has left.
"""

import json
import threading
import time
from collections.abc import Iterator

import streamlit as st

from core.jobs.line import Line
from core.jobs.lines import FORWARD
from pages.kit import frame
from pages.kit.session import is_connected, visitor
from pages.kit.text import words


@st.cache_resource
def left() -> dict[str, float]:
    """When each text has left its line, by the clock of this machine."""
    return {}


class Rest:
    """Many short steps."""

    def __init__(self, text: str) -> None:
        self.text = text

    def steps(self) -> Iterator[None]:
        try:
            while True:
                time.sleep(0.02)
                yield
        finally:
            LEFT[self.text] = time.monotonic()


@st.cache_resource
def behind() -> Line:
    """The line of the jobs."""
    return Line("rest", lambda: 4)


@st.cache_resource
def gate() -> threading.Event:
    """Holds up the one at work."""
    return threading.Event()


LEFT = left()
text = st.query_params.get("text", "")
if st.query_params.get("release"):
    gate().set()
elif st.query_params.get("probe"):
    st.code(json.dumps([*FORWARD.counts, *behind().counts, LEFT]))
elif st.query_params.get("job"):
    who = visitor()
    job = behind().start(text, lambda: Rest(text), who, lambda: is_connected(who))
    st.code(json.dumps([job.state, job.watchers]))
else:
    try:
        with frame.waiting(words("en"), ""), FORWARD.turn():
            if st.query_params.get("hold"):
                gate().clear()
                gate().wait(60)
            else:
                time.sleep(float(st.query_params["seconds"]))
    finally:
        LEFT[text] = time.monotonic()
    st.code(json.dumps(text))
