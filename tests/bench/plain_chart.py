"""What the attention page's first figure is compared with: a Streamlit script with one chart."""

import plotly.graph_objects as go
import streamlit as st

st.title("One chart")
st.plotly_chart(go.Figure(go.Scatter(x=list(range(50)), y=[i * i % 17 for i in range(50)])), key="chart")
