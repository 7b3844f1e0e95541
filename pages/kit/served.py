"""What stands around the pages where Streamlit reads an ``app``: headers, the gate, logs, counted faults."""

from __future__ import annotations

import functools
from typing import Any

from starlette.middleware import Middleware
from streamlit import config
from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session

from core import counters
from core.figures.framed import framed
from core.models.specs import REGISTRY
from core.serving import logs
from core.serving.gate import Gate
from core.serving.headers import Headers, fingerprint
from pages.kit import warm


def around() -> dict[str, Any]:
    """What ``st.App`` is told besides its script; the logs and Streamlit itself are set up."""
    keep_theme()
    warm.at_start()
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


def keep_theme() -> None:
    """Let the theme be made once: Streamlit makes it anew for every run, a fifth of what a small page costs.

    It is some hundred settings in six tables; they stay as they were when the server began.
    """
    populate = app_session._populate_theme_msg

    @functools.cache
    def made(section: str) -> CustomThemeConfig:
        theme = CustomThemeConfig()
        populate(theme, section)
        return theme

    def copied(msg: CustomThemeConfig, section: str = "theme") -> None:
        if made(section).ByteSize():  # what is copied into is there, empty or not
            msg.MergeFrom(made(section))

    app_session._populate_theme_msg = copied
