"""The view of the neurons of MLPs: what makes one fire, and what it writes."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.compute.model_anatomy.lens import place
from core.compute.model_anatomy.neurons import Neurons, neuron_notice
from core.figures.model_anatomy import neurons as figures
from core.figures.model_anatomy.stream import linked
from pages.kit import controls, reading
from pages.kit.frame import Opened
from pages.kit.view import Found
from pages.views.model_anatomy import stream


def _asked(page: Opened, found: Found) -> dict[str, int]:
    at = stream.at(page, found.values[0].tokens.labels)
    return {"block": page.link.number("block"), "neuron": page.link.number("neuron"), "at": at}


def _picked(page: Opened, found: Found, row: int, column: int) -> dict[str, int]:
    one: Neurons = found.values[0]
    layer = place(page.link.number("block"), len(one.ids))
    return {"neuron": int(one.ids[layer, row]), "pos": linked(column, len(one.tokens.labels))}


_chart = partial(stream.chart, "neurons", options=_asked)
GRID = _chart("neurons", figures.grid, picks=_picked)
OVER = _chart("over", figures.over)


def _titles(page: Opened, found: Neurons, one: figures.Chosen) -> dict[str, str]:
    """The neurons of the layer by id; the strongest at the token is −1 in a link."""
    first = page.words("params.neuron.strongest", number=one.strongest)
    ids = found.ids[one.layer].tolist()
    asked = page.link.number("neuron") in ids
    titles = {str(id): page.words("params.neuron.one", number=id) for id in ids}
    return {"-1": first} | titles | ({} if asked else {str(page.link.number("neuron")): first})


def _beside(page: Opened, found: Found) -> None:
    neurons: Neurons = found.values[0]
    one = figures.chosen(neurons, **_asked(page, found))
    with st.container(horizontal=True, gap="medium"):
        controls.along(
            page, "block", [str(layer) for layer in range(len(neurons.ids))], one.layer, clears=("neuron",)
        )
        stream.token(page, neurons.tokens.labels)
        controls.select(page, "neuron", _titles(page, neurons, one))
    _fires(page, neurons, one)
    OVER.mount(page, found)


def _fires(page: Opened, found: Neurons, one: figures.Chosen) -> None:
    """How strong it is at the token, and which tokens it pushes."""
    token = found.tokens.labels[stream.at(page, found.tokens.labels)]
    st.markdown(page.words("neurons.fires", layer=one.layer, neuron=one.id, value=one.value, token=token))
    if not one.up:
        st.caption(page.words("neurons.no_head"))
        return
    side = "up" if one.value >= 0 else "down"
    separator = page.words("list_separator")
    st.markdown(page.words(f"neurons.{side}", up=separator.join(one.up), down=separator.join(one.down)))


def _say(page: Opened, found: Found) -> None:
    """The strongest neuron of the layer."""
    told = neuron_notice(found.values[0], page.link.number("block"))
    reading.line(
        page, "said.neurons" if told.up else "said.neurons_bare", found.badge, layer=told.layer, neuron=told.neuron,
        token=told.token, value=told.value, up=page.words("list_separator").join(told.up[:4]),
    )  # fmt: skip


VIEW = stream.view("neurons", _say, GRID, _beside)
