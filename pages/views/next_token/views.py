"""The parts of ``next_token``: what stands above them, their canvases, and the sentences below."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

from core.catalog.next_token import STEPS
from core.compute.next_token import calls
from core.compute.next_token.distribution import distribution, most_surprising, notice, shared_bits
from core.compute.next_token.filters import apply_filters, ordered, removers
from core.compute.next_token.requests import most_steps
from core.figures.next_token import distribution as figures
from core.figures.next_token import generation, repetition
from core.figures.next_token.generation import Running
from core.models.needs import DECODER
from core.models.tokens.labels import Tokens, spaced, typed
from pages.kit import canvas, controls, models, prompt, reading
from pages.kit.frame import Opened
from pages.kit.session import own
from pages.kit.view import Canvas, Chart, Found, Rows, Table, View
from pages.views.next_token import streams
from pages.views.next_token.streams import Generation

STEM = "next_token"
ADDED = ("forced", "forks")  # what belongs to one text


# --- what stands above the figure -------------------------------------------------------------------------


@dataclass(slots=True)
class Read:
    """What was read last, and what was put after it then."""

    here: tuple[Any, ...] | None = None
    added: dict[str, tuple[str, ...]] = field(default_factory=dict)


def head(page: Opened) -> None:
    """The choice of the part; then the text and the model, and how it reads the text."""
    follow_text(page)
    controls.parts(page)
    prompt.strip(page)
    if not page.link.shared("present"):
        read_as(page)


def read_as(page: Opened) -> None:
    """How the model reads the text: raw or in a chat."""
    controls.row(page, choices=("chat",))


def follow_text(page: Opened) -> None:
    """Tokens put after a text, and branches of its continuation, belong to that text: another one starts without."""
    here, before = (page.link.text, page.model, page.link.get("chat")), own(Read)
    if before.here is not None and before.here != here:
        added = {name: page.link.names(name) for name in ADDED}
        page.link.set(
            **{name: () for name, value in added.items() if value and before.added.get(name) == value}
        )
    before.here, before.added = here, {name: page.link.names(name) for name in ADDED}


# --- the distribution -------------------------------------------------------------------------------------


def steps(page: Opened, _: Found) -> dict[str, Any]:
    """All steps in their order, those too that the link leaves out."""
    return {"order": list(ordered(page.link.names("order")))}


def spoken(page: Opened, _: Found) -> dict[str, Any]:
    """The visitor's language."""
    return {"language": page.link.language}


def names(page: Opened, _: Found) -> dict[str, Any]:
    """The model's id, by which both canvases know each other."""
    return {"model": page.model}


def first(found: Found) -> tuple[Any, ...]:
    """The first result alone."""
    return found.values[:1]


DISTRIBUTION = Canvas(
    "token_distribution", "nt_distribution", figures.payload, shows=(*STEPS, "order", "view", "seed"), state=steps,
    takes=first, options=lambda page, found: names(page, found) | spoken(page, found),
    on={"force": canvas.committer(STEM, "nt_distribution", ("forced",))},
    html=("export.distribution", "distribution.html"),
)  # fmt: skip
LABELS = Canvas(
    "token_labels", "nt_labels", figures.labels_payload, words=(), takes=lambda found: found.values[1:], options=names,
    caption=None,  # the same for all texts
)  # fmt: skip


def say_filters(page: Opened, found: Found) -> None:
    """The most probable token, and how many reach 90 %; below it, unseen, the names of all tokens."""
    told = notice(found.values[0])
    reading.line(page, "notice.peaked", found.badge, token=told.token, top=told.top, count=told.count)
    warned(page, found.values[0].tokens, last=True)
    reading.weakness(page)
    if found.values[1:]:
        LABELS.mount(page, found)


def warned(page: Opened, read: Tokens, *, last: bool) -> None:
    """What of the text makes a token that its writer may not have meant: control tokens, a space behind all."""
    if last and spaced(read):
        st.caption(page.words("notice.space"))
    reading.control(page, "notice.control", typed(page.link.text, read))


def tokens(page: Opened, found: Found) -> Table:
    """The most probable tokens before and after the steps."""
    result, settings = found.of(distribution), calls.settings(page.state())
    after = apply_filters(result.logits, result.tokens.ids, settings)
    return figures.COLUMNS, figures.rows(result, after.probabilities, removers(after, settings.order))


# --- what is generated ------------------------------------------------------------------------------------


def say_run(page: Opened, found: Found) -> None:
    """Where the numbers come from, and what the model is bad at."""
    reading.line(page, "run.notice_beam" if page.link.get("part") == "beam" else "run.notice", found.badge)
    if result := found.values[0].result:
        warned(page, result.prompt, last=True)
    reading.weakness(page)


def running(found: Generation) -> Running:
    """How a generation stands, for its canvas."""
    return Running(found.state, found.place, found.seconds, found.rate, most_steps(found.request))


def tree(found: Found) -> tuple[Any, ...]:
    """All texts of the session's tree, and which of them the link names; that one alone where it is no part of it."""
    one, grown = found.values[0], streams.grown("nt_tree")
    if all(request != one.request for request, _ in grown):
        grown = ((one.request, one.result),)
    return grown, [request for request, _ in grown].index(one.request), running(one)


def growing(found: Found) -> tuple[Any, ...]:
    """What is there so far, and how it stands."""
    one = found.values[0]
    return one.result, running(one)


def streamed(component: str, words: str, key: str, payload: Callable[..., bytes], **how: Any) -> Canvas:
    """The canvas of a part that generates: it can be stopped and started again."""
    return Canvas(
        component, key, payload, words=("run", words), options=spoken, on=streams.events(key), grows=True,
        html=("run.export_figure", f"{component}.html"), **how,
    )  # fmt: skip


def written(columns: Sequence[str], rows: Callable[[Any], Iterable[Sequence[object]]], name: str) -> Rows:
    """What has been generated, as a table."""
    return Rows(lambda _, found: (columns, rows(found.values[0].result)), name, "run.export_table")


# --- repetition and surprise ------------------------------------------------------------------------------


def how_often(page: Opened) -> None:
    """How many times the phrase stands in the text."""
    if not page.link.shared("present"):
        with st.container(width=420):
            controls.number(page, "repeats")


def say_loop(page: Opened, found: Found) -> None:
    """How probable the first repetition that has a probability, and the last one, are."""
    curve = found.values[0]
    alone = "loop.notice_pair" if curve.repeats == 2 else "loop.notice_alone"
    id = alone if curve.first else "loop.notice"
    first, last = float(curve.mean[curve.first]), float(curve.mean[-1])
    reading.line(
        page, id, found.badge, token=page.link.text.strip(), first=first, last=last, count=curve.repeats
    )
    st.caption(page.words("loop.about"))
    reading.weakness(page)


def titles(page: Opened, found: Found) -> dict[str, Any]:
    """Who read the text, and how: raw or in a chat."""
    read = [asked for asked, outcome in zip(found.calls, found.outcomes, strict=True) if outcome]
    lanes = [
        ("lane_chat" if asked.arguments["chat"] else "lane_raw", models.title(asked.model)) for asked in read
    ]
    return {"titles": lanes, "language": page.link.language}


def say_surprise(page: Opened, found: Found) -> None:
    """The most surprising token of the raw text; below it the choice of a second model."""
    result = found.values[0]
    token, bits = most_surprising(result)
    shared = shared_bits(found.values)[0]  # as the lanes have it, where there are several
    per_byte = result.bits_per_byte if math.isnan(shared) or len(found.values) == 1 else shared
    reading.line(
        page, "notice.surprise", replace(found, outcomes=found.outcomes[:1]).badge, token=token, bits=bits,
        perplexity=result.perplexity, per_byte=per_byte,
    )  # fmt: skip
    warned(page, result.tokens, last=False)
    reading.weakness(page)
    if not page.link.shared("present"):
        second_model(page)


def second_model(page: Opened) -> None:
    """The choice of a second model to read the same text."""
    chosen = str(page.link.get("other"))
    listed = {id: title for id, title in models.decoders(page).items() if id != page.model}
    listed |= {chosen: models.entry(page, chosen)} if chosen else {}
    with st.container(width=360):
        controls.select(page, "other", {"": page.words("params.other.none"), **listed})


_PARTS = {
    "filters": View(
        calls.filters, (DISTRIBUTION,), say_filters, (Rows(tokens, "distribution.csv", "export.distribution_csv"),),
        sources=(apply_filters,),
    ),
    "generate": streams.live("nt_tree", calls.text, View(
        calls.generated,
        (
            streamed(
                "generation_tree", "tree", "nt_tree", generation.tree_payload, takes=tree,
                shows=("temperature", "length", "seed", "forks"),
            ),
        ),
        say_run,
        (written(generation.TEXT_COLUMNS, generation.text_rows, "generation_tree.csv"),),
        tabs=calls.filters,
        sources=(apply_filters,),
    )),
    "lanes": streams.live("nt_lanes", calls.lanes, View(
        calls.generated,
        (
            streamed(
                "lanes", "lanes", "nt_lanes", generation.lanes_payload, takes=growing,
                shows=("length", "seed", "lanes"),
            ),
        ),
        say_run,
        (written(generation.LANE_COLUMNS, generation.lane_rows, "lanes.csv"),),
        tabs=calls.filters,
        sources=(apply_filters,),
    )),
    "beam": streams.live("nt_beam", calls.beams, View(
        calls.generated,
        (streamed("beam_tree", "beam", "nt_beam", generation.beam_payload, takes=growing, shows=("beams", "depth")),),
        say_run,
        (written(generation.BEAM_COLUMNS, generation.beam_rows, "beam_tree.csv"),),
        tabs=calls.filters,
        sources=(apply_filters,),
    )),
    "loop": View(
        calls.loop,
        (
            Chart(
                "nt_loop", repetition.curve, words="loop", html=("run.export_figure", "repeat_curve.html"),
            ),
            Chart(
                "nt_loop_tokens", repetition.cells, words="loop", html=("loop.export_tokens", "repeat_tokens.html"),
            ),
        ),
        say_loop,
        (
            Rows(
                lambda _, found: (generation.LOOP_COLUMNS, generation.loop_rows(found.values[0])), "repeat_curve.csv",
                "run.export_table",
            ),
        ),
        fields=how_often,
    ),
    "surprise": View(
        calls.readings,
        (
            Canvas(
                "surprise_strip", "nt_surprise", figures.surprise_payload, words="strip", shows=("unit",),
                options=titles, html=("export.surprise", "surprise.html"),
            ),
        ),
        say_surprise,
        (
            Rows(
                lambda _, found: (figures.SURPRISE_COLUMNS, figures.surprise_rows(found.values[0])), "surprise.csv",
                "export.surprise_csv",
            ),
        ),
        tabs=calls.raw,
        choices=lambda page, _: second_model(page),
    ),
}  # fmt: skip
VIEWS = {
    part: replace(view, model=lambda page: calls.model_of(page.state()), need=DECODER, aside=read_as)
    for part, view in _PARTS.items()
}
