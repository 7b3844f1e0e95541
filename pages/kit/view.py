"""One part of a page: what it computes, how it is drawn, what is said of it, what can be taken home.

A page is a table of views and one call of ``show``. What a state computes stands once, as the view's ``calls`` (a plan,
see ``core.calls``), and is used by the page, by its snippet, by the bundled examples and by the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import streamlit as st

from core.calls import Call, Plan, walk
from core.catalog import State
from core.errors import GlassboxError
from pages.kit import cache, canvas, code, controls, export, frame, jobs, lecture, prompt, reading
from pages.kit.cache import Badge, Outcome
from pages.kit.frame import Opened

Draw = Callable[[Opened], None]
Table = tuple[Sequence[str], Iterable[Sequence[object]]]


class Waits(Exception):
    """A result is computed in the background; its panel stands in the figure's place."""


@dataclass(frozen=True, slots=True)
class Found:
    """The results of a view in the order of its plan; None for one that a first picture does without."""

    calls: tuple[Call[Any], ...]
    outcomes: tuple[Outcome[Any] | None, ...]
    whole: bool = True  # no result is missing, and none is a glance

    @property
    def values(self) -> tuple[Any, ...]:
        """The results that are there."""
        return tuple(one.value for one in self.outcomes if one is not None)

    @property
    def badge(self) -> Badge:
        """The badge that speaks for all: of a result that was computed now, if any was."""
        badges = [one.badge for one in self.outcomes if one is not None]
        return next((one for one in badges if one.kind == "live"), badges[0] if badges else Badge("toy"))

    def outcome(self, function: Callable[..., Any]) -> Outcome[Any] | None:
        """The outcome of the first call of a function, None without one."""
        pairs = zip(self.calls, self.outcomes, strict=True)
        return next((one for asked, one in pairs if asked.function is function and one), None)

    def of(self, function: Callable[..., Any]) -> Any:
        """The result of the first call of a function, None without one."""
        one = self.outcome(function)
        return one.value if one else None


def nothing(_: Opened) -> None:
    """Where a view has nothing to draw."""


def all_values(found: Found) -> tuple[Any, ...]:
    """Where a payload takes all results."""
    return found.values


@dataclass(frozen=True, slots=True)
class Canvas:
    """One canvas of a view: ``payload(*results, words, state, **options)`` packs what it draws."""

    component: str  # assets/components/<page>/<component>
    key: str
    payload: Callable[..., bytes]
    words: str = "canvas"  # table of the page's words
    shows: tuple[str, ...] = ()  # parameters that it shows, and commits as "look"
    state: Callable[[Opened, Found], dict[str, Any]] | None = (
        None  # what it shows, where it is no plain parameters
    )
    takes: Callable[[Found], tuple[Any, ...]] = all_values
    options: Callable[[Opened, Found], dict[str, Any]] = lambda _, __: {}
    caption: Callable[[Opened, Found], str] | None = lambda page, _: export.label(page)  # None: it has none
    on: Mapping[str, Callable[[Any], None]] = field(default_factory=dict)  # further events
    html: tuple[str, str] = ("export.html", "")  # word and file name of its download
    alone: Mapping[str, Any] = field(default_factory=dict)  # options that differ in the download

    def shown(self, page: Opened, found: Found) -> dict[str, Any]:
        """What it shows of the state, lists as JSON has them."""
        values = {name: page.link.get(name) for name in self.shows}
        if self.state is not None:
            values |= self.state(page, found)
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    def _options(self, page: Opened, found: Found) -> dict[str, Any]:
        about = {"caption": self.caption(page, found)} if self.caption else {}
        return {"words": page.words.sub(self.words), **about, **self.options(page, found)}

    def mount(self, page: Opened, found: Found) -> None:
        """Draw it; it keeps its place and data while only its own state changes."""
        state = canvas.state_to_push(self.key, self.shown(page, found))
        data = canvas.packed(self.payload, *self.takes(found), state=state, **self._options(page, found))
        look = {"look": canvas.committer(page.declared.stem, self.key, self.shows)} if self.shows else {}
        canvas.mount(self.component, data, key=self.key, on={**look, **self.on})

    def file(self, page: Opened, found: Found) -> export.File:
        """Its download: an interactive page that works without a network, made when it is asked for."""
        label, name = self.html
        html, options = export.standalone_of(page), {**self._options(page, found), **self.alone}
        taken, state = self.takes(found), self.shown(page, found)
        words = options.pop("words")

        def make() -> str:
            return html(self.component, self.payload(*taken, words, state, **options))

        return label, name or f"{self.component}.html", "text/html", make


@dataclass(frozen=True, slots=True)
class Rows:
    """Numbers of a view as a table to take home."""

    table: Callable[[Opened, Found], Table]
    file: str
    label: str = "export.csv"

    def download(self, page: Opened, found: Found) -> export.File:
        """Its download as CSV."""
        columns, rows = self.table(page, found)
        kept = tuple(rows)
        return self.label, self.file, "text/csv", lambda: export.table(columns, kept)


@dataclass(frozen=True, slots=True)
class Data:
    """A result of a view as JSON to take home."""

    pick: Callable[[Found], Any]
    file: str
    label: str = "export.data_json"

    def download(self, page: Opened, found: Found) -> export.File:
        """Its download as JSON."""
        del page
        value = self.pick(found)
        return self.label, self.file, "application/json", lambda: export.as_json(value)


@dataclass(frozen=True, slots=True)
class View:
    """One part of a page."""

    calls: Callable[[State], Plan]
    canvases: tuple[Canvas, ...]
    say: Callable[[Opened, Found], None]  # the sentences under the figure
    files: tuple[Rows | Data, ...] = ()
    head: Draw | None = None  # what stands above, where it is not the page's own
    fields: Draw = nothing  # what can be set beside the figure
    state: Callable[[Opened], State] = lambda page: page.state()
    draw: Callable[[Opened, Found], None] | None = (
        None  # the figure, where it is not the canvases in their order
    )
    job: str = ""  # key of the panel that stands in for a result which takes long
    how: Callable[[Opened, Found], Call[Any]] = lambda _, found: found.calls[0]
    sources: tuple[Callable[..., Any], ...] = ()  # further functions whose source is shown
    model: Callable[[Opened], str] = lambda page: page.link.model  # of the card; "" without one
    read: str = "page.read"  # its reading text
    more: Callable[[Opened, Found], None] = lambda _, __: None  # below the downloads
    without: Draw = (
        nothing  # what stands there where nothing is computed: not yet asked for, or an error was told
    )


def show(
    page: Opened, views: Mapping[str, View], *, by: str = "view", head: Draw = prompt.strip, follow: str = ""
) -> None:
    """The whole page below its head line: the view that the link asks for, experiments, and the tabs.

    ``follow``: the parameter by which experiments are chosen, where not all of them are shown with every view.
    """
    chosen = str(page.link.get(by))
    view = views.get(chosen) or next(iter(views.values()))
    (view.head or head)(page)
    figure(page, view)
    lecture.experiments(page.words, page.link, by=follow)
    if not page.link.shared("present"):
        parts = (partial(_read, view=view), partial(_how, view=view), partial(_numbers, view=view))
        reading.tabs(page, *parts)


def head(by: str) -> Draw:
    """The row that chooses the view, then the text and the model."""

    def draw(page: Opened) -> None:
        controls.parts(page, by)
        prompt.strip(page)

    return draw


@frame.panel
def figure(page: Opened, view: View) -> None:
    """The figure of a view with its fields and sentences; errors stay inside, and what is slow comes second."""
    view.fields(page)
    with frame.guard(page.words):
        found = _first(page, view)
        if found is not None:
            _figure(page, view, found)
    reading.follow(page)


def _first(page: Opened, view: View) -> Found | None:
    """What a first picture is drawn from; None where there is nothing, and what stands in its place is drawn."""
    try:
        found = results(page, view, first=True)
    except Waits:
        return None
    except GlassboxError as error:
        frame.tell(page.words, error)
        found = Found((), ())
    if found.calls:
        return found
    view.without(page)
    return None


def _figure(page: Opened, view: View, found: Found) -> None:
    if view.draw is None:
        for one in view.canvases:
            one.mount(page, found)
    else:
        view.draw(page, found)
    view.say(page, found)
    if not found.whole:
        frame.let_it_be_drawn()
        results(page, view)
        if all(
            cache.at_hand(asked) for asked in found.calls
        ):  # what could not be kept is not drawn again and again
            st.rerun()


def results(page: Opened, view: View, *, first: bool = False) -> Found:
    """All results of a view; for a first picture, those that come later are left out or a glance stands for them.

    Errors: those of the functions, and Waits while one is computed in the background.
    """
    outcomes: list[Outcome[Any] | None] = []
    whole = True

    def run(asked: Call[Any]) -> Any:
        nonlocal whole
        missing = first and (asked.later or asked.glance is not None) and cache.at_hand(asked) is None
        whole = whole and not missing
        outcomes.append(_glance(page, asked) if missing else _result(page, view, asked))
        return outcomes[-1].value if outcomes[-1] else None

    calls = tuple(asked for asked, _ in walk(view.calls(view.state(page)), run))
    return Found(calls, tuple(outcomes), whole)


def _glance(page: Opened, asked: Call[Any]) -> Outcome[Any] | None:
    return page.run(asked.glance) if asked.glance is not None else None


def _result(page: Opened, view: View, asked: Call[Any]) -> Outcome[Any]:
    found = jobs.compute(page, asked, key=view.job) if view.job else page.run(asked)
    if found is None:
        raise Waits
    return found


def at_hand(page: Opened, view: View) -> Found | None:
    """All results of a view for the tabs below it; None while one is computed in the background."""
    try:
        return results(page, view)
    except Waits:
        return None


def _read(page: Opened, *, view: View) -> None:
    model = view.model(page)
    reading.text(page, model=bool(model), id=view.read, used=model)


def _how(page: Opened, *, view: View) -> None:
    found = at_hand(page, view)
    if found is not None:
        code.show(page, view.how(page, found))
        for function in view.sources:
            code.source(function)


def _numbers(page: Opened, *, view: View) -> None:
    found = at_hand(page, view)
    if found is not None and not found.calls:
        view.without(page)
    elif found is not None:
        files = [one.file(page, found) for one in view.canvases]
        export.buttons(page, [*files, *(one.download(page, found) for one in view.files)])
        view.more(page, found)
