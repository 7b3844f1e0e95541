"""The views of ``model_anatomy`` that show the network itself: the text flowing through it, and its masks."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.catalog.attention_heads import DATE
from core.catalog.model_anatomy import BOTH, ENCODER, causal, read_by
from core.compute.model_anatomy import flow as model_flow
from core.compute.model_anatomy import masks as model_masks
from core.compute.model_anatomy import parts as model_anatomy
from core.compute.model_anatomy.flow import Flow
from core.compute.model_anatomy.masks import Masks
from core.errors import GlassboxError
from core.figures.model_anatomy import flow as figures
from core.models import specs
from pages.kit import canvas, code, export, frame, models, permalink, reading
from pages.kit.cache import Outcome
from pages.kit.frame import Opened
from pages.kit.view import View

STEM, FLOW, MASKS = "model_anatomy", "ma_flow", "ma_masks"
PLACE = ("stack", "layer", "head", "cross", "box", "token", "cell")
MASK_LOOK = ("padding",)


def on_look(value: Any) -> None:
    """The visitor went to another place in the figure."""
    canvas.commit(permalink.link(STEM), (FLOW,), PLACE, value)


def place(page: Opened, found: Flow) -> dict[str, Any]:
    """The link's place in the model in hand: what it does not have is left out, as a link may say anything."""
    stacks = {stack.name: stack for stack in found.anatomy.stacks}
    get = page.link.get
    name = str(get("stack")) if get("stack") in stacks else next(iter(stacks))
    stack, held = stacks[name], next(one for one in found.stacks if one.name == name)
    layer = min(page.link.number("layer"), stack.layers - 1)
    boxed = str(get("box")) if layer >= 0 and get("box") in held.boxes else ""
    tokens = found.target if found.target and name == "decoder" else found.tokens
    rows = found.tokens if boxed in ("cross_k", "cross_v") else tokens
    width = held.widths[held.boxes.index(boxed)] if boxed else 0
    return {
        "stack": name, "layer": layer, "box": boxed,
        "head": min(page.link.number("head"), stack.heads - 1) if layer >= 0 else -1,
        "cross": bool(get("cross")) and stack.cross, "token": min(page.link.number("token"), len(rows) - 1),
        "cell": min(page.link.number("cell"), width - 1) if boxed else -1,
    }  # fmt: skip


def details(page: Opened, at: dict[str, Any]) -> tuple[Outcome[Any], ...]:
    """What is in the place zoomed into, in full: nothing for the network and a whole block."""
    where = {"stack": at["stack"], "layer": at["layer"]}
    found: list[Outcome[Any]] = []
    if at["box"]:
        found.append(page.compute(model_flow.box, **where, box=at["box"]))
        if at["cell"] >= 0:
            token = at["token"] if at["token"] >= 0 else len(found[0].value.tokens) - 1
            found.append(page.compute(model_flow.cell, **where, box=at["box"], token=token, at=at["cell"]))
    elif at["head"] >= 0:
        found.append(page.compute(model_flow.head, **where, head=at["head"], cross=at["cross"]))
    return tuple(found)


def picture(page: Opened, flow: Flow, at: dict[str, Any], state: dict[str, Any]) -> bytes:
    """The canvas's payload for a place."""
    return canvas.packed(
        figures.flow_payload, flow, *(one.value for one in details(page, at)), words=page.words.sub("flow"),
        state=state, place=at, language=page.link.language, title=models.name(page, page.link.model),
        caption=export.label(page),
    )  # fmt: skip


@frame.panel
def flow(page: Opened) -> None:
    """The whole network for this text, to zoom into."""
    found = page.compute(model_flow.flow)
    at = place(page, found.value)
    canvas.mount(
        "model_flow", picture(page, found.value, at, canvas.state_to_push(FLOW, at)), key=FLOW, look=on_look
    )
    notice(page, found)
    reading.weakness(page)
    reading.follow(page)


def notice(page: Opened, found: Outcome[Flow]) -> None:
    """Where the parameters sit, in one sentence."""
    total = found.value.anatomy.parameters
    parts = {name: count / total for name, count in model_anatomy.shares(found.value.anatomy).items()}
    reading.line(page, "notice.flow", found.badge, total=total, **parts)


def flow_how(page: Opened) -> None:
    """The source of what the present place shows, and the snippet that computes it."""
    at = place(page, page.compute(model_flow.flow).value)
    where = {"stack": at["stack"], "layer": at["layer"]}
    if at["box"]:
        code.show(page, model_flow.box, {**where, "box": at["box"]})
    elif at["head"] >= 0:
        code.show(page, model_flow.head, {**where, "head": at["head"], "cross": at["cross"]})
    else:
        code.show(page, model_flow.flow, {})
        code.source(model_anatomy.anatomy)


def flow_numbers(page: Opened) -> None:
    """The figure, its parts and its numbers to take home."""
    found = page.compute(model_flow.flow).value
    at = place(page, found)
    html = export.standalone_of(page)
    data = picture(page, found, at, at)
    parts = tuple(figures.part_rows(found.anatomy))
    lengths = tuple(figures.length_rows(found))
    export.buttons(page, [
        ("export.flow", "anatomy.html", "text/html", lambda: html("model_flow", data)),
        ("export.parts", "parts.csv", "text/csv", lambda: export.table(figures.PART_COLUMNS, parts)),
        ("export.lengths", "lengths.csv", "text/csv", lambda: export.table(figures.LENGTH_COLUMNS, lengths)),
        *[
            ("export.data_json", "place.json", "application/json", lambda one=one: export.as_json(one.value))
            for one in details(page, at)[-1:]
        ],
    ])  # fmt: skip


# --- masks ------------------------------------------------------------------------------------------


def masked(page: Opened) -> tuple[str, ...]:
    """One model of each kind: the one in hand, and the bundled one of the other kinds."""
    bundled = {str(spec.kind): spec.id for spec in reversed(specs.REGISTRY) if spec.source == "bundled"}
    bundled |= {"encoder": ENCODER, "decoder": causal(page.link.text), "encoder-decoder": BOTH}
    try:
        kind = str(specs.find(page.link.model).kind)
    except GlassboxError:  # said by the computation
        kind = ""
    if not kind:
        return (page.link.model,)
    bundled[kind] = page.link.model
    return tuple(bundled[kind] for kind in ("encoder", "decoder", "encoder-decoder") if kind in bundled)


def masks_found(page: Opened) -> tuple[Outcome[Masks], ...]:
    """The masks of every model that is shown."""
    link = page.link
    return tuple(
        page.compute(model_masks.masks, model=id, text=read_by(id, link.model, link.text))
        for id in masked(page)
    )


def masks_picture(page: Opened, found: tuple[Outcome[Masks], ...], state: dict[str, Any]) -> bytes:
    """The canvas's payload of the masks."""
    ids = masked(page)
    return canvas.packed(
        figures.masks_payload, *(one.value for one in found), words=page.words.sub("masks"), state=state,
        language=page.link.language, titles=[models.name(page, id) for id in ids], caption=export.label(page),
        asked=ids.index(page.link.model),
    )  # fmt: skip


@frame.panel
def masks(page: Opened) -> None:
    """Encoder-only, decoder-only and encoder-decoder side by side, with their masks for this text."""
    found = masks_found(page)
    state = canvas.state_to_push(MASKS, {"padding": page.link.get("padding")})
    look = canvas.committer(STEM, MASKS, MASK_LOOK)
    canvas.mount("model_masks", masks_picture(page, found, state), key=MASKS, look=look)
    own = found[masked(page).index(page.link.model)]
    mask = own.value.masks[0]
    length = len(mask.queries)
    seen = int(mask.allowed[:length, :length].sum())
    reading.line(page, f"notice.masks_{mask.rule}", own.badge, count=length, seen=seen, all=length * length)
    if BOTH in masked(page) and page.link.model != BOTH:
        st.caption(page.words("notice.masks_date", model=specs.find(BOTH).title, text=DATE))
    reading.follow(page)


def masks_how(page: Opened) -> None:
    """The source of a mask."""
    code.show(page, model_masks.masks, {})
    code.source(model_masks.allowed)


def masks_numbers(page: Opened) -> None:
    """The figure and the masks to take home."""
    found = masks_found(page)
    html = export.standalone_of(page)
    data = masks_picture(page, found, {"padding": page.link.get("padding")})
    rows = tuple(row for one in found for row in figures.mask_rows(one.value))
    export.buttons(page, [
        ("export.flow", "masks.html", "text/html", lambda: html("model_masks", data)),
        ("export.masks", "masks.csv", "text/csv", lambda: export.table(figures.MASK_COLUMNS, rows)),
    ])  # fmt: skip


VIEWS: dict[str, View] = {
    "flow": View(flow, flow_how, flow_numbers),
    "masks": View(masks, masks_how, masks_numbers),
}
