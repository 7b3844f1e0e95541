"""What the app's throughput is compared with: a Streamlit script with ``PLAIN_ELEMENTS`` plain elements."""

import os

import streamlit as st

for number in range(int(os.environ.get("PLAIN_ELEMENTS", "40"))):
    st.markdown(f"Element {number}")
