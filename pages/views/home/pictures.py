"""The gallery's pictures: drawn once per page and theme from the bundled results."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from core.catalog import Page, find
from core.catalog.masked_words import MASKED, SHIP
from core.catalog.next_token import STORY
from core.compute.attention_heads import overview as attention_heads
from core.compute.embedding_space import calls as embedding_calls
from core.compute.masked_words import rule as masking_rule
from core.compute.model_anatomy import flow as model_flow
from core.compute.next_token import distribution as next_token
from core.compute.next_token.filters import Settings, apply_filters
from core.compute.position_curves import views as position_curves
from core.compute.token_splits import cut as token_splits
from core.figures.home import flow_png, heads_png, holes_png, map_png, shares_png, tokens_png, waves_png
from pages.kit.cache import run


def of(page: Page, *, dark: bool) -> bytes | None:
    """The picture of a page in the theme's colours."""
    return _picture(page.stem, dark)


@st.cache_resource(max_entries=128, show_spinner=False)
def _picture(stem: str, dark: bool) -> bytes | None:
    page = find(stem)
    makers = {
        "attention_heads": _attention,
        "token_splits": _tokens,
        "embedding_space": _words,
        "position_curves": _waves,
        "next_token": _shares,
        "model_anatomy": _flow,
        "masked_words": _holes,
    }
    return makers[stem](page, dark) if stem in makers else None


def _attention(page: Page, dark: bool) -> bytes:
    overview = run(
        attention_heads.overview, model=page.model["en"], text=page.text["en"], limit=page.limit
    ).value
    return heads_png(overview.attention, "stage" if dark else "paper")


def _tokens(page: Page, dark: bool) -> bytes:
    ids = page.default("vocab", page.model["en"])
    assert isinstance(ids, tuple)
    splits = run(token_splits.split, text=page.text["en"], vocabularies=ids).value
    return tokens_png([cut.ends for cut in splits.cuts], "stage" if dark else "paper")


def _waves(page: Page, dark: bool) -> bytes:
    del page
    found = run(position_curves.waves, d=96, base=10000.0, span=180, shift=1, layout="halves").value
    return waves_png(found.table, "stage" if dark else "paper")


def _words(page: Page, dark: bool) -> bytes:
    model = page.model["en"]
    state = {param.name: page.default(param.name, model, "en") for param in page.params}
    wanted = embedding_calls.asked({**state, "text": page.text["en"]})
    arguments: dict[str, Any] = dict(wanted.arguments)
    found = run(wanted.function, **arguments).value
    return map_png(found.positions, found.groups, "stage" if dark else "paper")


def _shares(page: Page, dark: bool) -> bytes:
    result = run(next_token.distribution, model=page.model["en"], prompt=STORY, chat=False, forced=()).value
    top = result.label_ids[:8]
    shares = [
        apply_filters(result.logits, (), Settings(temperature=temperature)).probabilities[top].tolist()
        for temperature in (0.5, 1.0, 2.0)
    ]
    return shares_png(shares, "stage" if dark else "paper")


def _flow(page: Page, dark: bool) -> bytes:
    stack = run(model_flow.flow, model=page.model["en"], text=page.text["en"]).value.stacks[0]
    boxes = [stack.boxes.index(box) for box in ("o", "down", "add_2")]
    return flow_png(stack.lengths[:, boxes], "stage" if dark else "paper")


def _holes(page: Page, dark: bool) -> bytes:
    del page
    found = run(masking_rule.sheet, model=MASKED, text=SHIP).value
    special = np.asarray(found.tokens.special)
    rolls = [masking_rule.draw(special, 1, roll)[0][~special].tolist() for roll in range(9)]
    return holes_png(rolls, "stage" if dark else "paper")
