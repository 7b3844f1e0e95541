"""The views of ``model_anatomy`` that read the residual stream: lens, contributions, norms, patching, neurons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.compute.model_anatomy import calls as model_lens_calls
from core.compute.model_anatomy import lens as model_lens
from core.compute.model_anatomy import neurons as model_lens_neurons
from core.compute.model_anatomy import norms as model_lens_norms
from core.compute.model_anatomy import patching as model_lens_patching
from core.compute.model_anatomy.calls import Call, Reading
from core.errors import NeedsOneStack
from core.figures.model_anatomy import lens as figures
from core.models import specs
from pages.kit import canvas, code, export, fields, frame, reading
from pages.kit.cache import Badge
from pages.kit.frame import Opened
from pages.kit.view import View

STEM = "model_anatomy"
LOOK = {
    "lens": ("by", "row", "pos", "pins", "dense"),
    "contributions": ("pos", "answer", "against"),
    "norms": ("measure", "off", "pos"),
    "patching": ("part", "row", "pos", "upto"),
    "neurons": ("block", "neuron", "pos"),
}
ASKED = ("pos", "pins", "dense", "answer", "against", "off", "other", "part", "row", "upto")


@dataclass(frozen=True, slots=True)
class Found:
    """The results of a view, what they are of, and where they came from."""

    results: tuple[Any, ...]
    read: Reading
    badge: Badge


def reads(page: Opened, view: str) -> Reading:
    """The model and text that the view reads."""
    link = page.link
    opening = page.declared.text[link.page_language]
    return model_lens_calls.reads(
        view, model=link.model, text=link.text, opening=opening, language=link.page_language
    )


def values(page: Opened) -> dict[str, Any]:
    """The parameters that decide what is computed."""
    return {name: page.link.get(name) for name in ASKED}


def glanced(page: Opened, view: str) -> Found | None:
    """What can be drawn of the view while it is computed; None where nothing is to be waited for."""
    read = reads(page, view)
    quick = model_lens_calls.glance(view, model_lens_calls.wanted(view, read.text, values(page)))
    return None if quick is None or kept(page, view) else _found(page, read, quick)


def kept(page: Opened, view: str) -> bool:
    """Whether what the view rests on is there without a computation."""
    read = reads(page, view)
    first = model_lens_calls.wanted(view, read.text, values(page))[0]
    return page.at_hand(first.function, model=read.model, text=read.text, **first.arguments)


def _found(page: Opened, read: Reading, calls: tuple[Call, ...]) -> Found:
    outcomes = [page.compute(c.function, model=read.model, text=read.text, **c.arguments) for c in calls]
    return Found(tuple(one.value for one in outcomes), read, outcomes[0].badge)


def find(page: Opened, view: str) -> Found:
    """The results of the view in the link; none where patching has no second text."""
    read, asked = reads(page, view), values(page)
    calls = model_lens_calls.wanted(view, read.text, asked)
    outcomes = [page.compute(c.function, model=read.model, text=read.text, **c.arguments) for c in calls]
    if view == "contributions" and (more := model_lens_calls.further(outcomes[0].value, asked)):
        arguments = calls[0].arguments | more
        outcomes = [page.compute(calls[0].function, model=read.model, text=read.text, **arguments)]
    if view == "patching" and outcomes:
        layers, tokens = outcomes[0].value.effect.shape
        span = model_lens_calls.span(asked, layers, tokens)
        if span:
            arguments = calls[0].arguments | span
            function = model_lens_patching.patch_span
            outcomes.append(page.compute(function, model=read.model, text=read.text, **arguments))
    live = [one.badge for one in outcomes if one.badge.kind == "live"]
    badges = live or [one.badge for one in outcomes] or [Badge("toy")]
    return Found(tuple(one.value for one in outcomes), read, badges[0])


def state(page: Opened, view: str) -> dict[str, Any]:
    """What the canvas shows of the link."""
    found = {name: page.link.get(name) for name in LOOK[view]}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}


def picture(page: Opened, view: str, found: Found, shown: dict[str, Any]) -> bytes:
    """The canvas's payload."""
    return canvas.packed(
        figures.payload, *found.results, words=page.words.sub(view), state=shown, view=view,
        language=page.link.language, caption=export.label(page),
    )  # fmt: skip


def figure(page: Opened, view: str, say: Callable[[Opened, Found], None]) -> None:
    """The canvas of a view with what to notice, and a word where another model stands in."""
    if view == "patching":
        refuse_two_stacks(page)
        second(page)
    with st.container():  # what is said while the visitor waits takes no other part's place
        quick = glanced(page, view)
        found = quick or find(page, view)
    if not found.results:
        st.info(page.words("said.no_partner"), icon=":material/info:")
        return
    if found.read.instead:
        st.caption(page.words("said.instead", text=found.read.text))
    key = f"ma_{view}"
    data = picture(page, view, found, canvas.state_to_push(key, state(page, view)))
    canvas.mount("lens_views", data, key=key, look=canvas.committer(STEM, key, LOOK[view]))
    if quick:
        frame.let_it_be_drawn()
        found = find(page, view)
        if kept(page, view):  # else it was pushed out already: better a part than the same again and again
            st.rerun()
    say(page, found)
    if not found.read.instead:
        reading.weakness(page)
    reading.follow(page)


def refuse_two_stacks(page: Opened) -> None:
    """An encoder-decoder is refused before a second text is asked for. Errors: NeedsOneStack, UnknownModel."""
    model = reads(page, "patching").model
    if specs.find(model).kind == "encoder-decoder":
        raise NeedsOneStack(model=model)


def second(page: Opened) -> None:
    """The text that receives the states: a field, filled with the one that goes with the first text."""
    if page.link.shared("present"):
        return
    read = reads(page, "patching")
    partner = model_lens_calls.partner(read.text, str(page.link.get("other")))
    fields.line(page, "other", clears=("row", "pos", "upto"), value=partner)


@frame.panel
def lens(page: Opened) -> None:
    """The logit lens."""
    figure(page, "lens", say_lens)


def say_lens(page: Opened, found: Found) -> None:
    """Where the answer comes up."""
    told = model_lens.lens_notice(found.results[0])
    id = "said.lens_all" if not told.before else "said.lens_last" if told.stays == told.depth else "said.lens"
    reading.line(
        page, id, found.badge, token=told.token, probability=told.probability, stays=told.stays, depth=told.depth,
        before=told.before,
    )  # fmt: skip


@frame.panel
def contributions(page: Opened) -> None:
    """Direct logit attribution."""
    figure(page, "contributions", say_parts)


def say_parts(page: Opened, found: Found) -> None:
    """Which part pushes most, and how well the parts add up."""
    answer, against = (page.link.number(name) for name in ("answer", "against"))
    told = model_lens.parts_notice(found.results[0], answer, against)
    reading.line(
        page, f"said.parts_{told.part}", found.badge, token=told.token, layer=told.layer, head=told.head,
        value=told.value, attention=told.attention, mlp=told.mlp, logit=told.logit,
    )  # fmt: skip


@frame.panel
def norms(page: Opened) -> None:
    """Norms along the stream."""
    figure(page, "norms", say_norms)


def say_norms(page: Opened, found: Found) -> None:
    """How the states grow, or that they are reset."""
    told = model_lens_norms.norms_notice(found.results[0])
    reading.line(
        page, "said.norms_post" if told.post else "said.norms", found.badge, token=told.token, layer=told.layer,
        largest=told.largest, times=told.times, start=told.start, end=told.end,
    )  # fmt: skip


@frame.panel
def patching(page: Opened) -> None:
    """Activation patching."""
    figure(page, "patching", say_patching)


def say_patching(page: Opened, found: Found) -> None:
    """Which token carries the answer where."""
    told = model_lens_patching.patch_notice(found.results[0])
    same = told.early == told.late or told.moves <= 0 or page.link.get("part") != "stream"
    reading.line(
        page, "said.patching_part" if same else "said.patching", found.badge, giver=told.giver, taker=told.taker,
        early=told.early, late=told.late, early_effect=told.early_effect, late_effect=told.late_effect,
        moves=told.moves,
    )  # fmt: skip


@frame.panel
def neurons(page: Opened) -> None:
    """Neurons of the MLPs."""
    figure(page, "neurons", say_neurons)


def say_neurons(page: Opened, found: Found) -> None:
    """The strongest neuron of the layer."""
    told = model_lens_neurons.neuron_notice(found.results[0], page.link.number("block"))
    reading.line(
        page, "said.neurons" if told.up else "said.neurons_bare", found.badge, layer=told.layer, neuron=told.neuron,
        token=told.token, value=told.value, up=page.words("list_separator").join(told.up[:4]),
    )  # fmt: skip


def how(page: Opened) -> None:
    """The source of what the view computes, and the snippet that computes it."""
    view = str(page.link.get("view"))
    read = reads(page, view)
    for call in model_lens_calls.wanted(view, read.text, values(page))[:1]:
        code.show(page, call.function, call.arguments, model=read.model, text=read.text)


def numbers(page: Opened) -> None:
    """The figure and its numbers to take home."""
    view = str(page.link.get("view"))
    found = find(page, view)
    if not found.results:
        return
    data, html = picture(page, view, found, state(page, view)), export.standalone_of(page)
    columns, rows = figures.table(found.results[0])
    export.buttons(page, [
        ("taken.html", f"{view}.html", "text/html", lambda: html("lens_views", data)),
        ("taken.csv", f"{view}.csv", "text/csv", lambda: export.table(columns, rows)),
        ("export.data_json", f"{view}.json", "application/json", lambda: export.as_json(found.results[0])),
    ])  # fmt: skip


VIEWS: dict[str, View] = {
    "lens": View(lens, how, numbers),
    "contributions": View(contributions, how, numbers),
    "norms": View(norms, how, numbers),
    "patching": View(patching, how, numbers),
    "neurons": View(neurons, how, numbers),
}
