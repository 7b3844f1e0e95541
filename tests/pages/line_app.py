"""A page that waits for its turn: ``?text=…&seconds=…`` rests when it has come, ``?hold=1`` until ``?release=1``.

``?text=…&job=1`` does so in the background; ``?probe=1`` says how many run and wait.
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


class Rest:
    """Many short steps."""

    def steps(self) -> Iterator[None]:
        while True:
            time.sleep(0.02)
            yield


@st.cache_resource
def behind() -> Line:
    """The line of the jobs."""
    return Line("rest", lambda: 4)


@st.cache_resource
def gate() -> threading.Event:
    """Holds up the one at work."""
    return threading.Event()


if st.query_params.get("release"):
    gate().set()
elif st.query_params.get("probe"):
    st.code(json.dumps([*FORWARD.counts, *behind().counts]))
elif st.query_params.get("job"):
    who = visitor()
    job = behind().start(st.query_params["text"], Rest, who, lambda: is_connected(who))
    st.code(json.dumps([job.state, job.watchers]))
else:
    with frame.waiting(words("en"), ""), FORWARD.turn():
        if st.query_params.get("hold"):
            gate().clear()
            gate().wait(60)
        else:
            time.sleep(float(st.query_params["seconds"]))
    st.code(json.dumps(st.query_params["text"]))
