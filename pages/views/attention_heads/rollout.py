"""Attention multiplied through the layers, beside each layer's own."""

from __future__ import annotations

import streamlit as st

from core.compute.attention_heads import calls
from core.compute.attention_heads.rollout import notice
from core.figures.attention_heads import parts as figures
from pages.kit import reading
from pages.kit.frame import Opened
from pages.kit.view import Canvas, Data, Found, Rows, View, spoken
from pages.views.attention_heads.sentences import bare


def say(page: Opened, found: Found) -> None:
    """Where the last token's rollout lies, and that it is no explanation."""
    seen = notice(found.values[0])
    reading.line(
        page, "notice.rollout", found.badge, layers=seen.layers, token=bare(seen.token), top=seen.top,
        share=seen.share, raw=seen.raw, difference=seen.difference,
    )  # fmt: skip
    st.caption(page.words("rollout_caution"))


VIEW = View(
    calls.rolled,
    (
        Canvas(
            "attention_rollout", "ah_rollout", figures.rollout_payload, words="rollout", shows=("level", "token"),
            options=spoken, html=("export.rollout", "rollout.html"),
        ),
    ),
    say,
    (
        Rows(lambda _, found: figures.rollout_table(found.values[0]), "rollout.csv", "export.rollout_csv"),
        Data(lambda found: found.values[0], "rollout.json", "export.rollout_json"),
    ),
    read="reads.rollout",
)  # fmt: skip
