"""Attention heads, second part: attention multiplied through the layers, beside each layer's own."""

from __future__ import annotations

import streamlit as st

from core.compute.attention_heads import rollout as compute
from core.figures.attention_heads import parts as figures
from pages.kit import canvas, code, export, frame, prompt, reading
from pages.kit.cache import Outcome
from pages.kit.frame import Opened

STEM = "attention_heads"
KEY = "ah_rollout"
LOOK = ("level", "token")


def figure(page: Opened) -> None:
    """The text and the model, and the rollout."""
    prompt.strip(page)
    _panel(page)


def _found(page: Opened) -> Outcome[compute.Rollout]:
    return page.compute(compute.rollout)


def _picture(page: Opened, found: compute.Rollout) -> bytes:
    state = canvas.state_to_push(KEY, {name: page.link.get(name) for name in LOOK})
    return canvas.packed(
        figures.rollout_payload, found, words=page.words.sub("rollout"), state=state,
        language=page.link.language, caption=export.label(page),
    )  # fmt: skip


@frame.panel
def _panel(page: Opened) -> None:
    found = _found(page)
    look = canvas.committer(STEM, KEY, LOOK)
    canvas.mount("attention_rollout", _picture(page, found.value), key=KEY, look=look)
    seen = compute.notice(found.value)
    reading.line(
        page, "notice.rollout", found.badge, layers=seen.layers, token=seen.token.strip("·") or seen.token,
        top=seen.top, share=seen.share, raw=seen.raw, difference=seen.difference,
    )  # fmt: skip
    st.caption(page.words("rollout_caution"))
    reading.follow(page)


def how(page: Opened) -> None:
    """The source, and the snippet that computes it."""
    code.show(page, compute.rollout, {})


def numbers(page: Opened) -> None:
    """The figure and its numbers to take home."""
    found = _found(page).value
    data, html = _picture(page, found), export.standalone_of(page)
    columns, rows = figures.rollout_table(found)
    export.buttons(page, [
        ("export.rollout", "rollout.html", "text/html", lambda: html("attention_rollout", data)),
        ("export.rollout_csv", "rollout.csv", "text/csv", lambda: export.table(columns, rows)),
        ("export.rollout_json", "rollout.json", "application/json", lambda: export.as_json(found)),
    ])  # fmt: skip
