"""What each view of the page ``model_anatomy`` computes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from core.calls import Call, Plan, call, glanced
from core.catalog import State
from core.catalog.model_anatomy import BOTH, ENCODER, PAGE, PARTNERS, causal, read_by
from core.compute.model_anatomy import lens as lenses
from core.compute.model_anatomy import neurons as firing
from core.compute.model_anatomy.flow import Flow, box, cell, head
from core.compute.model_anatomy.flow import flow as flow_of
from core.compute.model_anatomy.masks import masks as masks_of
from core.compute.model_anatomy.norms import norms as norms_of
from core.compute.model_anatomy.norms import without_norms
from core.compute.model_anatomy.patching import patch_span
from core.compute.model_anatomy.patching import patching as patching_of
from core.errors import GlassboxError
from core.models import needs, specs
from core.models.needs import Need

NEEDS: Mapping[str, Need] = {
    "lens": needs.HEAD,
    "contributions": needs.DECODER,
    "norms": needs.ONE_STACK,
    "patching": needs.DECODER,
    "neurons": needs.ONE_STACK,
}
"""What a view needs of a model; that of an encoder is normed after every sum, and its logits are no sum of parts."""


def _number(state: State, name: str) -> int:
    return int(str(state[name]))


# --- the network ------------------------------------------------------------------------------------------


def flow(state: State) -> Plan:
    """The text in the whole network, and in full what is in the place that is zoomed into."""
    read: dict[str, Any] = {"model": str(state["model"]), "text": str(state["text"])}
    found = yield call(flow_of, **read)
    at = place(state, found)
    where = {**read, "stack": at["stack"], "layer": at["layer"]}
    if at["box"]:
        held = yield call(box, **where, box=at["box"])
        if at["cell"] >= 0:
            token = at["token"] if at["token"] >= 0 else len(held.tokens) - 1
            yield call(cell, **where, box=at["box"], token=token, at=at["cell"])
    elif at["head"] >= 0:
        yield call(head, **where, head=at["head"], cross=at["cross"])


def place(state: State, found: Flow) -> dict[str, Any]:
    """The state's place in the model in hand: what that does not have is left out, as a link may say anything."""
    stacks = {stack.name: stack for stack in found.anatomy.stacks}
    name = str(state["stack"]) if state["stack"] in stacks else next(iter(stacks))
    stack, held = stacks[name], next(one for one in found.stacks if one.name == name)
    layer = min(_number(state, "layer"), stack.layers - 1)
    boxed = str(state["box"]) if layer >= 0 and state["box"] in held.boxes else ""
    tokens = found.target if found.target and name == "decoder" else found.tokens
    rows = found.tokens if boxed in ("cross_k", "cross_v") else tokens
    width = held.widths[held.boxes.index(boxed)] if boxed else 0
    return {
        "stack": name, "layer": layer, "box": boxed,
        "head": min(_number(state, "head"), stack.heads - 1) if layer >= 0 else -1,
        "cross": bool(state["cross"]) and stack.cross, "token": min(_number(state, "token"), len(rows) - 1),
        "cell": min(_number(state, "cell"), width - 1) if boxed else -1,
    }  # fmt: skip


def masks(state: State) -> Plan:
    """The masks of one model of each kind."""
    asked, text = str(state["model"]), str(state["text"])
    for model in masked(asked, text):
        yield call(masks_of, model=model, text=read_by(model, asked, text))


def masked(asked: str, text: str) -> tuple[str, ...]:
    """One model of each kind: the one asked for, and the bundled ones of the other kinds."""
    try:
        kind = str(specs.find(asked).kind)
    except GlassboxError:  # the computation says what is wrong with it
        kind = ""
    shown = {"encoder": ENCODER, "decoder": causal(text), "encoder-decoder": BOTH}
    return tuple((shown | {kind: asked}).values()) if kind else (asked,)


# --- the residual stream ----------------------------------------------------------------------------------


def reads(state: State) -> str:
    """The model whose stream is shown: the one asked for, or the text's decoder where that lacks what is needed."""
    need = NEEDS.get(str(state["view"]), needs.ANY)
    return need.used(str(state["model"]), causal(str(state["text"])))


def _read(state: State, function: Callable[..., Any], **numbers: Any) -> Call[Any]:
    """The call of a function of the stream."""
    read: dict[str, Any] = {"model": reads(state), "text": str(state["text"])}
    return call(function, **read, limit=_number(state, "limit"), **numbers)


def lens(state: State) -> Plan:
    """What each layer would say already, and some tokens on their way; at first of the two ends of the stream only."""
    yield glanced(_read(state, lenses.lens, dense=state["dense"]), _read(state, lenses.glance))
    yield _read(state, lenses.tracks, at=state["pos"], pins=state["pins"])


def contributions(state: State) -> Plan:
    """The parts of the logits; once more with the tokens asked for by id, where they are no candidates yet."""
    found = yield _read(state, lenses.contributions, at=state["pos"])
    if more := further(found, state):
        yield _read(state, lenses.contributions, at=state["pos"], **more)


def further(result: lenses.Contributions, state: State) -> dict[str, int]:
    """The tokens that a state asks for by id and that are not among the candidates; empty where all are."""
    asked = {name: _number(state, name) for name in ("answer", "against")}
    known = {-1, *result.candidate_ids.tolist()}
    return {} if known >= set(asked.values()) else asked


def norms(state: State) -> Plan:
    """The lengths along the stream, and those without some norms."""
    yield _read(state, norms_of)
    if state["off"] != "none":
        yield _read(state, without_norms, off=state["off"])


def patching(state: State) -> Plan:
    """Every state put into the run of a second text, and a row of tokens at once; nothing without a second text."""
    if other := second(state):
        given = {"other": other, "part": state["part"]}
        found = yield _read(state, patching_of, **given)
        if row := span(state, *found.effect.shape):
            yield _read(state, patch_span, **given, **row)


def second(state: State) -> str:
    """The second text: the one typed, or the one that goes with a text of the page; "" without."""
    return str(state["other"]) or PARTNERS.get(str(state["text"]), "")


def span(state: State, layers: int, tokens: int) -> dict[str, int] | None:
    """The row of tokens to be patched at once, clamped to what there is; None for a single cell.

    >>> span({"row": -1, "pos": 0, "upto": 9}, 30, 5)
    {'layer': 29, 'first': 0, 'last': 4}
    """
    first = lenses.place(_number(state, "pos"), tokens)
    last = min(_number(state, "upto"), tokens - 1)
    if last <= first:
        return None
    row = _number(state, "row")
    return {"layer": layers - 1 if row < 0 else min(row, layers - 1), "first": first, "last": last}


def neurons(state: State) -> Plan:
    """The strongest neurons and which tokens they push; at first without those tokens."""
    yield glanced(_read(state, firing.neurons), _read(state, firing.glance))


def picture() -> Plan:
    """What the page's picture in the gallery is drawn from."""
    yield call(flow_of, model=PAGE.model["en"], text=PAGE.text["en"])


PLANS: Mapping[str, Callable[[State], Plan]] = {
    "flow": flow, "masks": masks, "lens": lens, "contributions": contributions, "norms": norms, "patching": patching,
    "neurons": neurons,
}  # fmt: skip


def calls(state: State) -> Plan:
    """What the view of a state computes."""
    yield from PLANS.get(str(state["view"]), flow)(state)
