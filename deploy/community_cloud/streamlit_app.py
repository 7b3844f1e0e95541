"""Glassbox on Streamlit Community Cloud, which installs the requirements beside this file; else it is ``app.py``."""

import sys
from pathlib import Path

import streamlit as st

ROOT = str(Path(__file__).resolve().parents[2])
if ROOT not in sys.path:  # it holds the folder of this file alone
    sys.path.insert(0, ROOT)

from pages.kit import frame, served  # noqa: E402 — they lie below the root

if __name__ == "__main__":
    frame.main()
else:
    app = st.App(__file__, **served.around())
