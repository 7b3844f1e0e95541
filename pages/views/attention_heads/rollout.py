"""Attention multiplied through the layers, beside each layer's own."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.compute.attention_heads import calls
from core.compute.attention_heads.rollout import Rollout, notice
from core.figures.attention_heads import rollout as figures
from pages.kit import controls, reading
from pages.kit.frame import Opened
from pages.kit.view import Chart, Data, Found, Rows, View
from pages.views.attention_heads.sentences import bare


def shown(page: Opened, found: Found) -> dict[str, int]:
    """The layer and the token that are looked at."""
    rolled, link = found.values[0], page.link
    return {
        "layer": figures.layer_of(rolled, link.number("level")),
        "token": figures.token_of(rolled, link.number("token")),
    }


_chart = partial(Chart, words="rollout", options=shown)
_row = partial(_chart, picks=lambda _, __, row, ___: {"token": row})
RAW = _row("ah_rollout_raw", figures.raw, html=("export.rollout_raw", "rollout_raw.html"))
ROLLED = _row("ah_rollout", figures.rolled, html=("export.rollout", "rollout.html"))
PATH = _chart(
    "ah_rollout_path", figures.path, html=("export.rollout_path", "rollout_path.html"),
    picks=lambda _, __, row, ___: {"level": row},
)  # fmt: skip


def draw(page: Opened, found: Found) -> None:
    """One layer alone and all up to it; below, one token through all layers."""
    rolled: Rollout = found.values[0]
    look = shown(page, found)
    if not page.link.shared("present"):
        choices(page, found)
    for column, one in zip(st.columns(2, gap="medium"), (RAW, ROLLED), strict=True):
        with column:
            one.mount(page, found)
    st.markdown(_row_of(page, rolled, look))
    PATH.mount(page, found)


def choices(page: Opened, found: Found) -> None:
    """The layer and the token; one of each needs no choice."""
    rolled, look = found.values[0], shown(page, found)
    with st.container(horizontal=True, gap="large"):
        controls.along(page, "level", [str(layer) for layer in range(len(rolled.raw))], look["layer"])
        titles = {
            at: page.words("params.token.one", at=at, label=label)
            for at, label in enumerate(rolled.tokens.labels)
        }
        if len(titles) > 1:
            controls.stops(page, "token", titles, look["token"])


def _row_of(page: Opened, rolled: Rollout, look: dict[str, int]) -> str:
    """Where the token's row of the product lies, and where the layer itself looks."""
    labels, words = [bare(label) for label in rolled.tokens.labels], page.words.get("rollout")
    language, separator = page.link.language, page.words("list_separator")
    product, own = (
        figures.strongest(one[look["layer"], look["token"]], labels, words, language, separator)
        for one in (rolled.rolled, rolled.raw)
    )
    token = labels[look["token"]]
    return page.words("rollout.row", query=token, layer=look["layer"], rolled=product, raw=own)


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
    (RAW, ROLLED, PATH),
    say,
    (
        Rows(lambda _, found: figures.rollout_table(found.values[0]), "rollout.csv", "export.rollout_csv"),
        Data(lambda found: found.values[0], "rollout.json", "export.rollout_json"),
    ),
    draw=draw,
    choices=choices,
    read="reads.rollout",
)  # fmt: skip
