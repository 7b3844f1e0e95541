"""Glassbox (大模型透视): the frame around every page. Start with ``streamlit run app.py``."""

from pages.kit import frame

frame.main()
