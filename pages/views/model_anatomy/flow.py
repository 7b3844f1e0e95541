"""The views of ``model_anatomy`` that show the network itself: the text flowing through it, and its masks."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.calls import Call
from core.catalog.attention_heads import DATE
from core.catalog.model_anatomy import BOTH, PLACE
from core.compute.model_anatomy import calls
from core.compute.model_anatomy.flow import flow
from core.compute.model_anatomy.masks import allowed, seen
from core.compute.model_anatomy.parts import anatomy, portions
from core.figures.model_anatomy import flow as figures
from core.models import specs
from pages.kit import models, reading
from pages.kit.frame import Opened
from pages.kit.view import Canvas, Data, Found, Rows, View

# --- the network ------------------------------------------------------------------------------------------


def place(page: Opened, found: Found) -> dict[str, Any]:
    """Where in the model in hand the link is."""
    return calls.place(page.state(), found.of(flow))


def about(page: Opened, found: Found) -> dict[str, Any]:
    """What the canvas takes besides the results."""
    title = models.name(page, page.model)
    return {"place": place(page, found), "language": page.link.language, "title": title}


def zoomed(_: Opened, found: Found) -> Call[Any]:
    """What the place zoomed into shows first: a box, a head, or the whole network."""
    return found.calls[:2][-1]


def say_flow(page: Opened, found: Found) -> None:
    """Where the parameters sit, in one sentence."""
    if one := found.outcome(flow):
        parts = portions(one.value.anatomy)
        reading.line(page, "notice.flow", one.badge, total=f"{one.value.anatomy.parameters:,}", **parts)
    reading.weakness(page)


# --- masks ------------------------------------------------------------------------------------------------


def asked(page: Opened) -> int:
    """Which of the models shown is the one in hand."""
    return calls.masked(page.link.model, page.link.text).index(page.link.model)


def titled(page: Opened, found: Found) -> dict[str, Any]:
    """The models' names."""
    titles = [models.name(page, one.model) for one in found.calls]
    return {"language": page.link.language, "titles": titles, "asked": asked(page)}


def say_masks(page: Opened, found: Found) -> None:
    """How many pairs of tokens the model in hand lets look at each other."""
    own = found.outcomes[asked(page)]
    if own is not None:
        mask = own.value.masks[0]
        pairs = seen(mask)
        reading.line(
            page,
            f"notice.masks_{mask.rule}",
            own.badge,
            count=len(mask.queries),
            seen=pairs.seen,
            all=pairs.all,
        )
    if page.link.model != BOTH and BOTH in [one.model for one in found.calls]:
        st.caption(page.words("notice.masks_date", model=specs.find(BOTH).title, text=DATE))


def mask_rows(_: Opened, found: Found) -> tuple[Any, Any]:
    """Every mask, query by query and key by key."""
    return figures.MASK_COLUMNS, (row for one in found.values for row in figures.mask_rows(one))


VIEWS = {
    "flow": View(
        calls.flow,
        (
            Canvas(
                "model_flow", "ma_flow", figures.flow_payload, words="flow", shows=PLACE, state=place, options=about,
                html=("export.flow", "anatomy.html"),
            ),
        ),
        say_flow,
        (
            Rows(
                lambda _, found: (figures.PART_COLUMNS, figures.part_rows(found.of(flow).anatomy)), "parts.csv",
                "export.parts",
            ),
            Rows(
                lambda _, found: (figures.LENGTH_COLUMNS, figures.length_rows(found.of(flow))), "lengths.csv",
                "export.lengths",
            ),
            Data(lambda found: next(iter(found.values[1:][-1:]), None), "place.json"),
        ),
        how=zoomed,
        sources=(anatomy,),
    ),
    "masks": View(
        calls.masks,
        (
            Canvas(
                "model_masks", "ma_masks", figures.masks_payload, words="masks", shows=("padding",), options=titled,
                html=("export.flow", "masks.html"),
            ),
        ),
        say_masks,
        (Rows(mask_rows, "masks.csv", "export.masks"),),
        how=lambda page, found: found.calls[asked(page)],
        sources=(allowed,),
    ),
}  # fmt: skip
