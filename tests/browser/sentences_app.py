"""A page of Streamlit with every injection in every kind of element whose text is Markdown."""

import streamlit as st

from pages.kit.text import words
from tests.hostile import INJECTIONS

SENTENCES = [words("en")("errors.unknown_model", model=text) for text in INJECTIONS]

for name, draw in (("text", st.markdown), ("small", st.caption), ("warned", st.warning)):
    with st.container(key=name):
        draw("\n\n".join(SENTENCES))
with st.container(key="labels"):
    for place, sentence in enumerate(SENTENCES[::7]):
        st.button(sentence, key=f"button{place}", help=sentence)
        st.progress(0.5, text=sentence)
        st.select_slider(sentence, [sentence, f"{sentence} "], key=f"slider{place}")
