"""What the answer to a new text is compared with: a Streamlit script with a text box and one chart that follows it."""

import plotly.graph_objects as go
import streamlit as st

text = st.text_area("Text", "one", key="prompt_widget")
st.plotly_chart(go.Figure(go.Scatter(y=[ord(char) for char in text])), key="chart")
