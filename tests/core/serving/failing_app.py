"""A page that does with a visitor's text all that must not bring it into a log."""

import logging
import threading
import warnings

import streamlit as st
from streamlit import config

from core.serving import logs

if __name__ == "__main__":
    text = st.query_params.get("text", "")
    library = logging.getLogger("some.library")
    library.warning(f"read {text}")
    library.warning("read %s", text)
    library.warning("read %(it)s", {"it": text})
    library.warning("read " + text + " of %d", 3)
    library.error("%s has %d parts, %r", text, 3, text)
    library.warning("the %s is new", "model")
    warnings.warn(text, stacklevel=1)
    failing = threading.Thread(target=lambda: int(text), name=text)
    failing.start()
    failing.join()
    try:
        dict[str, str]()[text]
    except KeyError as error:
        error.add_note(text)
        library.exception("failed with %s", error)
        raise ValueError(f"unknown: {text}") from error
else:
    if logs.wanted():
        logs.install(["model"])
        for option, value in logs.OF_STREAMLIT.items():
            config.set_option(option, value)
    app = st.App(__file__)
