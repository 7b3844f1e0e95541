"""What stands around the pages where Streamlit reads an ``app``: headers, the gate, logs, counted faults."""

from __future__ import annotations

from typing import Any

from starlette.middleware import Middleware
from streamlit import config

from core import counters
from core.figures.framed import framed
from core.models.specs import REGISTRY
from core.serving import lean, logs
from core.serving.gate import Gate
from core.serving.headers import Headers, fingerprint


def around() -> dict[str, Any]:
    """What ``st.App`` is told besides its script; the logs and Streamlit itself are set up."""
    lean.install()
    if logs.wanted():
        logs.install(["model", "vocabulary", *(spec.id for spec in REGISTRY)])
        for option, value in logs.OF_STREAMLIT.items():
            config.set_option(option, value)
    return {
        "middleware": [
            Middleware(Headers, [fingerprint(script.encode()) for script in framed().values()]),
            Middleware(Gate, config.get_option("server.baseUrlPath")),
        ],
        "on_script_error": counters.fault,
    }
