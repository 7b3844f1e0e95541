"""Glassbox (大模型透视): the frame around every page. Start with ``streamlit run app.py``.

Streamlit runs this file as the script of a page. Before that it imports it for the server around the pages: it reads
the file and finds that ``app`` is one. Where it does not look, the script alone runs.
"""

import streamlit as st

from pages.kit import frame, served

if __name__ == "__main__":
    frame.main()
else:
    app = st.App(__file__, **served.around())
