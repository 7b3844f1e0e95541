"""The views of ``model_anatomy`` that read the residual stream: lens, contributions, norms, patching, neurons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.compute.model_anatomy import calls
from core.compute.model_anatomy.lens import lens_notice, parts_notice
from core.compute.model_anatomy.neurons import neuron_notice
from core.compute.model_anatomy.norms import norms_notice
from core.compute.model_anatomy.patching import patch_notice
from core.figures.model_anatomy import lens as figures
from pages.kit import controls, reading
from pages.kit.frame import Opened
from pages.kit.view import Canvas, Data, Draw, Found, Rows, View, all_values, nothing

Say = Callable[[Opened, Found], None]
Take = Callable[[Found], tuple[Any, ...]]


def second(page: Opened) -> None:
    """The text that receives the states: a field, filled with the one that goes with the first text."""
    partner = calls.second(page.state())
    if not page.link.shared("present"):
        controls.line(page, "other", clears=("row", "pos", "upto"), value=partner)


def alone(page: Opened) -> None:
    """That there is no second text yet."""
    if not calls.second(page.state()):
        st.info(page.words("said.no_partner"), icon=":material/info:")


def last(found: Found) -> tuple[Any, ...]:
    """The result that has the tokens asked for by id."""
    return found.values[-1:]


# --- what to notice ---------------------------------------------------------------------------------------


def say_lens(page: Opened, found: Found) -> None:
    """Where the answer comes up."""
    told = lens_notice(found.values[0])
    id = "said.lens_all" if not told.before else "said.lens_last" if told.stays == told.depth else "said.lens"
    reading.line(
        page, id, found.badge, token=told.token, probability=told.probability, stays=told.stays, depth=told.depth,
        before=told.before,
    )  # fmt: skip


def say_parts(page: Opened, found: Found) -> None:
    """Which part pushes most, and how well the parts add up."""
    told = parts_notice(found.values[-1], page.link.number("answer"), page.link.number("against"))
    reading.line(
        page, f"said.parts_{told.part}", found.badge, token=told.token, layer=told.layer, head=told.head,
        value=told.value, attention=told.attention, mlp=told.mlp, logit=told.logit,
    )  # fmt: skip


def say_norms(page: Opened, found: Found) -> None:
    """How the states grow, or that they are reset."""
    told = norms_notice(found.values[0])
    reading.line(
        page, "said.norms_post" if told.post else "said.norms", found.badge, token=told.token, layer=told.layer,
        largest=told.largest, times=told.times, start=told.start, end=told.end,
    )  # fmt: skip


def say_patching(page: Opened, found: Found) -> None:
    """Which token carries the answer where."""
    told = patch_notice(found.values[0])
    same = told.early == told.late or told.moves <= 0 or page.link.get("part") != "stream"
    reading.line(
        page, "said.patching_part" if same else "said.patching", found.badge, giver=told.giver, taker=told.taker,
        early=told.early, late=told.late, early_effect=told.early_effect, late_effect=told.late_effect,
        moves=told.moves,
    )  # fmt: skip


def say_neurons(page: Opened, found: Found) -> None:
    """The strongest neuron of the layer."""
    told = neuron_notice(found.values[0], page.link.number("block"))
    reading.line(
        page, "said.neurons" if told.up else "said.neurons_bare", found.badge, layer=told.layer, neuron=told.neuron,
        token=told.token, value=told.value, up=page.words("list_separator").join(told.up[:4]),
    )  # fmt: skip


# --- the views --------------------------------------------------------------------------------------------


def of_stream(
    name: str, say: Say, shows: tuple[str, ...], takes: Take = all_values, above: Draw = nothing,
    without: Draw | None = None,
) -> View:  # fmt: skip
    """A view of the stream: a word where another model stands in, its canvas, what to notice."""
    canvas = Canvas(
        "lens_views", f"ma_{name}", figures.payload, words=name, shows=shows, takes=takes,
        options=lambda page, _: {"view": name, "language": page.link.language}, html=("taken.html", f"{name}.html"),
    )  # fmt: skip

    def draw(page: Opened, found: Found) -> None:
        read = calls.reading(page.state())
        if read.instead:
            st.caption(page.words("said.instead", text=read.text))
        canvas.mount(page, found)

    def tell(page: Opened, found: Found) -> None:
        say(page, found)
        if not calls.reading(page.state()).instead:
            reading.weakness(page)

    return View(
        calls.PLANS[name],
        (canvas,),
        tell,
        (
            Rows(lambda _, found: figures.table(takes(found)[0]), f"{name}.csv", "taken.csv"),
            Data(lambda found: takes(found)[0], f"{name}.json"),
        ),
        fields=above,
        draw=draw,
        room=True,
        without=without,
    )


VIEWS = {
    "lens": of_stream("lens", say_lens, ("by", "row", "pos", "pins", "dense")),
    "contributions": of_stream("contributions", say_parts, ("pos", "answer", "against"), last),
    "norms": of_stream("norms", say_norms, ("measure", "off", "pos")),
    "patching": of_stream(
        "patching", say_patching, ("part", "row", "pos", "upto"), above=second, without=alone
    ),
    "neurons": of_stream("neurons", say_neurons, ("block", "neuron", "pos")),
}
