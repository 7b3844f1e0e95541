"""Glassbox (大模型透视): the frame around every page. Start with ``streamlit run app.py``.

Streamlit runs this file as the script of a page. Before that it imports it for the server around the pages: it reads
the file and finds that ``app`` is one. Where it does not look, the script alone runs.
"""

import streamlit as st
from starlette.middleware import Middleware
from streamlit import config

from core import counters
from core.figures.framed import framed
from core.models.specs import REGISTRY
from core.serving import lean, logs
from core.serving.gate import Gate
from core.serving.headers import Headers, fingerprint
from pages.kit import frame

if __name__ == "__main__":
    frame.main()
else:
    lean.install()
    if logs.wanted():
        logs.install(["model", "vocabulary", *(spec.id for spec in REGISTRY)])
        for option, value in logs.OF_STREAMLIT.items():
            config.set_option(option, value)
    app = st.App(
        __file__,
        middleware=[
            Middleware(Headers, [fingerprint(script.encode()) for script in framed().values()]),
            Middleware(Gate, config.get_option("server.baseUrlPath")),
        ],
        on_script_error=counters.fault,
    )
