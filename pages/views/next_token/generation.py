"""The parts of the next-token page that generate: one text as a tree, lanes, beam search, the loop."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from core.compute.next_token import repetition
from core.compute.next_token.requests import MOST_LANES, BeamRequest, LanesRequest, TextRequest, parse_forks
from core.figures.next_token import generation as figures
from core.figures.next_token.generation import Running
from pages.kit import canvas, export, reading
from pages.kit.frame import Opened
from pages.views.next_token import sampling, streams
from pages.views.next_token.streams import View

TREE, LANES, BEAM, LOOP = "nt_tree", "nt_lanes", "nt_beam", "nt_loop"
LOOKS = {
    TREE: ("temperature", "length", "seed", "forks"),
    LANES: ("length", "seed", "lanes"),
    BEAM: ("beams", "depth"),
    LOOP: ("repeats",),
}
SHOWN = {TREE: ("temperature", "length", "seed"), LANES: ("length", "seed"), BEAM: ("beams", "depth")}
COMPONENTS = {TREE: "generation_tree", LANES: "lanes", BEAM: "beam_tree", LOOP: "repeat_curve"}
HOTTEST = 5.0


def text_request(page: Opened) -> TextRequest:
    """One text: the link's settings, seed and forks."""
    return TextRequest(
        **_prompt(page), count=page.link.number("length"), seed=page.link.number("seed"),
        settings=sampling.settings(page), forks=parse_forks(page.link.names("forks")),
    )  # fmt: skip


def lanes_request(page: Opened) -> LanesRequest:
    """The text at the link's temperatures."""
    return LanesRequest(
        **_prompt(page), count=page.link.number("length"), seed=page.link.number("seed"),
        settings=sampling.settings(page), temperatures=temperatures(page),
    )  # fmt: skip


def beam_request(page: Opened) -> BeamRequest:
    """Beam search with the link's width and depth."""
    return BeamRequest(**_prompt(page), beams=page.link.number("beams"), depth=page.link.number("depth"))


def temperatures(page: Opened) -> tuple[float, ...]:
    """The link's temperatures: numbers from 0 to 5, at most four; else the page's own."""
    default = page.declared.param("lanes").default
    assert isinstance(default, tuple)
    found = [_number(name) for name in page.link.names("lanes")]
    known = tuple(value for value in found if 0 <= value <= HOTTEST)[:MOST_LANES]
    return known or tuple(float(name) for name in default)


@streams.live(TREE, text_request)
def generate(page: Opened, view: View) -> None:
    """One text, token by token, and all that were tried before it."""
    grown = streams.grown(TREE)
    wanted = text_request(page)
    current = [request for request, _ in grown].index(wanted)
    data = figures.tree_payload(
        grown, current, _running(view, wanted.count), _words(page, "tree"), _state(page, TREE),
        language=page.link.language, caption=export.label(page),
    )  # fmt: skip
    _mount(page, TREE, data)
    _below(page, view)


@streams.live(LANES, lanes_request)
def lanes(page: Opened, view: View) -> None:
    """One text at several temperatures."""
    data = figures.lanes_payload(
        view.result, _running(view, page.link.number("length")), _words(page, "lanes"), _state(page, LANES),
        language=page.link.language, caption=export.label(page),
    )  # fmt: skip
    _mount(page, LANES, data)
    _below(page, view)


@streams.live(BEAM, beam_request)
def beam(page: Opened, view: View) -> None:
    """The tree of a beam search."""
    data = figures.beam_payload(
        view.result, _running(view, page.link.number("depth")), _words(page, "beam"), _state(page, BEAM),
        language=page.link.language, caption=export.label(page),
    )  # fmt: skip
    _mount(page, BEAM, data)
    _below(page, view)


def loop(page: Opened) -> None:
    """The probability of the text's own repetition."""
    found = page.compute(repetition.repeat, phrase=page.link.text, repeats=page.link.number("repeats"))
    data = canvas.packed(
        figures.loop_payload, found.value, words=page.words.sub("loop"),
        state=canvas.state_to_push(LOOP, {"repeats": page.link.get("repeats")}), language=page.link.language,
        caption=export.label(page),
    )  # fmt: skip
    canvas.mount("repeat_curve", data, key=LOOP, look=canvas.committer(page.declared.stem, LOOP, LOOKS[LOOP]))
    first, last = float(found.value.mean[0]), float(found.value.mean[-1])
    reading.line(page, "loop.notice", found.badge, first=first, last=last, count=found.value.repeats)
    reading.weakness(page)


def take_home(page: Opened) -> None:
    """The part that is shown as an interactive figure, and its numbers as a table."""
    words, language = page.words, page.link.language
    part = str(page.link.get("part"))
    if part == "loop":
        told = page.compute(
            repetition.repeat, phrase=page.link.text, repeats=page.link.number("repeats")
        ).value
        state = {"repeats": page.link.get("repeats")}
        _files(
            page, LOOP, lambda: figures.loop_payload(told, words.sub("loop"), state, language=language),
            figures.LOOP_COLUMNS, lambda: figures.loop_rows(told),
        )  # fmt: skip
        return
    key = {"generate": TREE, "lanes": LANES, "beam": BEAM}[part]
    found = streams.last(key)
    if found is None:
        return
    rest = Running("done", 0, 0.0, found.steps)
    state = {name: page.link.get(name) for name in SHOWN[key]}
    if part == "generate":
        grown = streams.grown(key)
        current = [request for request, _ in grown].index(text_request(page))
        _files(
            page, key,
            lambda: figures.tree_payload(grown, current, rest, _words(page, "tree"), state, language=language),
            figures.TEXT_COLUMNS, lambda: figures.text_rows(found.result),
        )  # fmt: skip
    elif part == "lanes":
        _files(
            page, key,
            lambda: figures.lanes_payload(found.result, rest, _words(page, "lanes"), state, language=language),
            figures.LANE_COLUMNS, lambda: figures.lane_rows(found.result),
        )  # fmt: skip
    else:
        _files(
            page, key, lambda: figures.beam_payload(found.result, rest, _words(page, "beam"), state, language=language),
            figures.BEAM_COLUMNS, lambda: figures.beam_rows(found.result),
        )  # fmt: skip


def _files(
    page: Opened, key: str, payload: Callable[[], bytes], columns: tuple[str, ...],
    rows: Callable[[], list[tuple[object, ...]]],
) -> None:  # fmt: skip
    html, name = export.standalone_of(page), COMPONENTS[key]
    export.buttons(page, [
        ("run.export_figure", f"{name}.html", "text/html", lambda: html(name, payload())),
        ("run.export_table", f"{name}.csv", "text/csv", lambda: export.table(columns, rows())),
    ])  # fmt: skip


def _prompt(page: Opened) -> dict[str, Any]:
    read = sampling.reading(page)
    return {
        "model": page.link.model, "text": read["prompt"], "limit": page.declared.limit, "chat": read["chat"],
        "forced": read["forced"],
    }  # fmt: skip


def _number(text: str) -> float:
    try:
        return float(text) if len(text) < 20 else math.nan
    except ValueError:
        return math.nan


def _running(view: View, most: int) -> Running:
    return Running(view.state, view.place, view.rate, most)


def _words(page: Opened, table: str) -> dict[str, str]:
    return page.words.sub("run") | page.words.sub(table)


def _state(page: Opened, key: str) -> dict[str, Any]:
    return canvas.state_to_push(key, {name: page.link.get(name) for name in SHOWN[key]})


def _mount(page: Opened, key: str, data: bytes) -> None:
    look = canvas.committer(page.declared.stem, key, LOOKS[key])
    canvas.mount(
        COMPONENTS[key],
        data,
        key=key,
        look=look,
        stop=lambda _: streams.stop(key),
        again=lambda _: streams.again(key),
    )


def _below(page: Opened, view: View) -> None:
    """Under the figure: where its numbers come from, and what the model is bad at."""
    reading.line(page, "run.notice_beam" if page.link.get("part") == "beam" else "run.notice", view.badge)
    reading.weakness(page)
