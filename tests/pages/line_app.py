"""A page that rests for a while when its turn has come (``?text=…&seconds=…``); ``?probe=1`` counts those in line."""

import json
import time

import streamlit as st

from core.jobs.lines import FORWARD
from pages.kit import frame
from pages.kit.text import words

if st.query_params.get("probe"):
    st.code(json.dumps(FORWARD.counts))
else:
    with frame.waiting(words("en"), ""), FORWARD.turn():
        time.sleep(float(st.query_params["seconds"]))
    st.code(json.dumps(st.query_params["text"]))
