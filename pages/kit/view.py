"""One part of a page: what it computes, how it is drawn, what is said of it, what can be taken home.

A page is a table of views and one call of ``show``. What a state computes stands once, as the view's ``calls`` (a plan,
see ``core.calls``), and is used by the page, by its snippet, by the bundled examples and by the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import streamlit as st

from core.calls import Call, Plan, walk
from core.catalog import State, Value
from core.errors import GlassboxError, NeedsWorker
from core.figures.charts import Spec
from core.models import needs
from core.models.needs import Need
from core.teaching.handout import Frame, Plot
from pages.kit import (
    cache,
    canvas,
    chart,
    code,
    controls,
    export,
    frame,
    jobs,
    lecture,
    models,
    permalink,
    prompt,
    reading,
    share,
)
from pages.kit.cache import Badge, Outcome
from pages.kit.frame import Opened
from pages.kit.permalink import Link
from pages.kit.session import own, session
from pages.kit.teach import handout
from pages.kit.teach.bar import Bar
from pages.kit.teach.take import Taken
from pages.kit.text import words

Draw = Callable[[Opened], None]
Table = tuple[Sequence[str], Iterable[Sequence[object]]]


FIRST = 0.8
"""Of the time in which a browser draws: what was waited for comes before the rest of the page is sent."""


class Waits(Exception):
    """A result is computed in the background; its panel stands in the figure's place."""


@dataclass(frozen=True, slots=True)
class Found:
    """The results of a view in the order of its plan; None for one that a first picture does without."""

    calls: tuple[Call[Any], ...]
    outcomes: tuple[Outcome[Any] | None, ...]
    whole: bool = True  # no result is missing, and none is a glance
    glance: bool = False  # one is: it can be drawn, and no sentence is true of it
    waited: bool = False  # one was computed now

    @property
    def values(self) -> tuple[Any, ...]:
        """The results that are there."""
        return tuple(one.value for one in self.outcomes if one is not None)

    @property
    def badge(self) -> Badge:
        """The badge that speaks for all: of a result that was computed now, if any was."""
        badges = [one.badge for one in self.outcomes if one is not None]
        return next((one for one in badges if one.kind == "live"), badges[0] if badges else Badge("toy"))

    def call(self, function: Callable[..., Any]) -> Call[Any]:
        """The first call of a function. Errors: StopIteration without one, a programming mistake."""
        return next(asked for asked in self.calls if asked.function is function)

    def outcome(self, function: Callable[..., Any]) -> Outcome[Any] | None:
        """What the first call of a function gave, with its own badge; None without one."""
        pairs = zip(self.calls, self.outcomes, strict=True)
        return next((one for asked, one in pairs if asked.function is function and one), None)

    def of(self, function: Callable[..., Any]) -> Any:
        """The result of the first call of a function, None without one."""
        found = self.outcome(function)
        return found.value if found else None


def nothing(_: Opened) -> None:
    """Where a view has nothing to draw."""


def spoken(page: Opened, _: Found) -> dict[str, Any]:
    """The visitor's language, where a canvas takes that besides the results."""
    return {"language": page.link.language}


def all_values(found: Found) -> tuple[Any, ...]:
    """Where a payload takes all results."""
    return found.values


@dataclass(frozen=True, slots=True)
class Canvas:
    """One canvas of a view: ``payload(*results, words, state, **options)`` packs what it draws."""

    component: str  # assets/components/<page>/<component>
    key: str
    payload: Callable[..., bytes]
    words: str | tuple[str, ...] = "canvas"  # table of the page's words, or several
    shows: tuple[str, ...] = ()  # parameters that it shows, and commits as "look"
    state: Callable[[Opened, Found], dict[str, Any]] | None = (
        None  # what it shows, where it is no plain parameters
    )
    takes: Callable[[Found], tuple[Any, ...]] = all_values
    options: Callable[[Opened, Found], dict[str, Any]] = lambda _, __: {}
    caption: Callable[[Opened, Found], str] | None = lambda page, _: export.label(page)  # None: it has none
    on: Mapping[str, Callable[[Any], None]] = field(default_factory=dict)  # further events
    html: tuple[str, str] = ("export.html", "")  # word and file name of its download
    alone: Mapping[str, Any] = field(default_factory=dict)  # options that differ in its download
    grows: bool = False  # packed anew for each drawing: what is still growing is not worth keeping

    def shown(self, page: Opened, found: Found) -> dict[str, Any]:
        """What it shows of the state, lists as JSON has them."""
        values = {name: page.link.get(name) for name in self.shows}
        if self.state is not None:
            values |= self.state(page, found)
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    def _options(self, page: Opened, found: Found) -> dict[str, Any]:
        tables = (self.words,) if isinstance(self.words, str) else self.words
        words = {id: word for table in tables for id, word in page.words.sub(table).items()}
        about = {"caption": self.caption(page, found)} if self.caption else {}
        return {"words": words, **about, **self.options(page, found)}

    def mount(self, page: Opened, found: Found) -> None:
        """Draw it; it keeps its place and data while only its own state changes."""
        state = canvas.state_to_push(self.key, self.shown(page, found))
        options, taken = self._options(page, found), self.takes(found)
        if self.grows:
            data = self.payload(*taken, options.pop("words"), state, **options)
        else:
            data = canvas.packed(self.payload, *taken, state=state, **options)
        look = {"look": canvas.committer(page.declared.stem, self.key, self.shows)} if self.shows else {}
        canvas.mount(self.component, data, key=self.key, on={**look, **self.on})

    def file(self, page: Opened, found: Found) -> export.File:
        """Its download: an interactive page that works without a network, made when it is asked for."""
        label, name = self.html
        html, options = export.standalone_of(page), {**self._options(page, found), **self.alone}
        taken, state = (
            self.takes(found),
            {**self.shown(page, found), "version": 0},
        )  # as what is pushed into it
        words = options.pop("words")

        def make() -> str:
            return html(self.component, self.payload(*taken, words, state, **options))

        return label, name or f"{self.component}.html", "text/html", make

    def part(self, page: Opened, found: Found) -> Callable[[], Frame]:
        """Its place in the page's handout."""
        return handout.framed(self.file(page, found))


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart of a view: ``figure(*results, words, **options)`` says what plotly draws."""

    key: str  # unique on all pages
    figure: Callable[..., Spec]
    words: str | tuple[str, ...] = "charts"  # table of the page's words, or several
    takes: Callable[[Found], tuple[Any, ...]] = all_values
    options: Callable[[Opened, Found], dict[str, Any]] = lambda _, __: {}
    html: tuple[str, str] = ("export.html", "")  # word and file name of its download
    there: Callable[[Found], bool] = lambda _: True  # whether its results are among those that were found
    picks: Callable[[Opened, Found, int, int], Mapping[str, Value]] | None = (
        None  # the parameters that a cell of a heat map stands for
    )

    def made(self, page: Opened, found: Found) -> chart.Made:
        """The chart of these results."""
        tables = (self.words,) if isinstance(self.words, str) else self.words
        present = bool(page.link.shared("present"))
        options = {**spoken(page, found), **self.options(page, found)}
        return chart.made(self.figure, self.takes(found), page.words, tables, present=present, **options)

    def mount(self, page: Opened, found: Found) -> None:
        """Draw it."""
        pick = partial(self._pick, page, found) if self.picks else None
        chart.draw(page, self.made(page, found), key=self.key, file=self.key, pick=pick)

    def _pick(self, page: Opened, found: Found, row: int, column: int) -> None:
        assert self.picks is not None
        page.link.set(**self.picks(page, found, row, column))

    def file(self, page: Opened, found: Found) -> export.File:
        """Its download: an interactive page that works without a network, made when it is asked for."""
        label, name = self.html
        spec, title, about = self.made(page, found).spec, page.words("page.title"), export.caption(page)
        make = partial(chart.standalone, spec, title=title, caption=about, language=page.link.language)
        return label, name or f"{self.key}.html", "text/html", make

    def part(self, page: Opened, found: Found) -> Callable[[], Plot]:
        """Its place in the page's handout."""
        return handout.plotted(self.made(page, found).spec)


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

    pick: Callable[[Found], Any]  # None where there is nothing to take
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
    canvases: tuple[Canvas | Chart, ...]
    say: Callable[[Opened, Found], None]  # the sentences under the figure
    files: tuple[Rows | Data, ...] = ()
    head: Draw | None = None  # what stands above, where it is not the page's own
    fields: Draw = nothing  # what can be set beside the figure; in a lecture behind the button of its bar
    aside: Draw = nothing  # so are what else its head, …
    choices: Callable[[Opened, Found], None] = lambda _, __: None  # … and its figure can be set by
    state: Callable[[Opened], State] = lambda page: page.state()
    draw: Callable[[Opened, Found], None] | None = (
        None  # the figure, where it is not the canvases in their order
    )
    job: str = ""  # key of the panel that stands in for a result which takes long
    how: Callable[[Opened, Found], Call[Any]] | None = (
        None  # the call shown, where it is not the plan's first
    )
    sources: tuple[Callable[..., Any], ...] = ()  # further functions whose source is shown
    model: Callable[[Opened], str] = lambda page: (
        page.link.model
    )  # named above the figure and in the card; "" without one
    need: Need = needs.ANY  # what it needs of a model: others are not offered
    lacks: str = ""  # what a model lacks for which another stands in, where that is not the need
    read: str = "page.read"  # its reading text
    more: Callable[[Opened, Found], None] = lambda _, __: None  # below the downloads
    programs: tuple[tuple[str, str], ...] = ()  # further programs: the word above each, and its code
    without: Draw | None = None  # what stands there where an error was told, or nothing was asked for
    room: bool = False  # waits and errors have a room of their own: the figure below it is never mounted anew
    foot: Draw = nothing  # below the figure and its sentences, whatever came of them
    tabs: Callable[[State], Plan] | None = None  # what the tabs show, where it is not what the figure needs
    last: Callable[[Opened], Found | None] | None = None  # where the numbers come from, if from no plan
    whole: Callable[[Opened], Found] | None = None  # all of it, waited for, if from no plan

    def take(self, link: Link) -> Taken:
        """The figures of a state for a handout, computed now where need be.

        Errors: those of the functions, NeedsWorker for what takes long.
        """
        assert link.page is not None
        page = _reading(Opened(words(link.language, link.page.stem), link), self)
        found = self.whole(page) if self.whole else _walked(page, self, cache.run, first=False)
        there = drawn(self, found) if found.outcomes or self.without is None else []
        number = link.number("figure")
        alone = there[number - 1 : number] if number else []
        figures = tuple(one.part(page, found) for one in alone or there)
        return Taken(figures, tuple(handout.settings(page, found.calls, found.badge)))


def show(
    page: Opened, views: Mapping[str, View], *, by: str = "view", head: Draw = prompt.strip, follow: str = ""
) -> None:
    """The whole page below its head line: the view that the link asks for, experiments, and the tabs.

    ``follow``: the parameter by which experiments are chosen, where not all of them are shown with every view.
    """
    session().rest = _rest(page, views, by, follow)
    body(page, views, by, head, follow)
    _behind(page, views, by)
    lecture.experiments(page.words, page.link, by=follow)
    if not page.link.shared("present"):
        view = _chosen(page, views, by)
        parts = (partial(_read, view=view), partial(_how, view=view), partial(_numbers, view=view))
        reading.tabs(_reading(page, view), *parts)


def _behind(page: Opened, views: Mapping[str, View], by: str) -> None:
    """What can be set, behind the button of the bar above what is presented."""
    place = own(Bar).place if page.link.shared("present") else None
    if place is None:
        return
    view = _chosen(page, views, by)
    desk = replace(_reading(page, view), link=replace(page.link, desk=True))
    with place, suppress(GlassboxError):  # which is told where the figure would stand
        view.aside(desk)
        view.fields(desk)
        found = at_hand(desk, view)
        if found is not None and found.outcomes:
            view.choices(desk, found)


@st.fragment
def body(page: Opened, views: Mapping[str, View], by: str, head: Draw, follow: str) -> None:
    """Text, model and figure: all that another text changes, so that a browser draws nothing else for it."""
    if not session().up:
        if session().rest != _rest(page, views, by, follow):
            st.rerun()
        session().drawn = permalink.shared_state()
    view = _chosen(page, views, by)
    (view.head or head)(_reading(page, view))
    figure(page, views, by)


def _rest(page: Opened, views: Mapping[str, View], by: str, follow: str) -> tuple[Any, ...]:
    """What the page around ``body`` depends on; an open tab looks after itself (see ``reading.follow``)."""
    told = () if page.link.shared("walk") else ("text",)  # its bar leads on with the text
    shared = {name: value for name, value in permalink.shared_state().items() if name not in told}
    model = _model(page, _chosen(page, views, by))
    own = [page.link.get(name) for name in dict.fromkeys((by, follow)) if name]
    return shared, own, model, permalink.kept_text(), share.is_open()


def _chosen(page: Opened, views: Mapping[str, View], by: str) -> View:
    return views.get(str(page.link.get(by))) or next(iter(views.values()))


def _reading(page: Opened, view: View) -> Opened:
    """The page with the model that a view reads."""
    return replace(page, used=_model(page, view), need=view.need)


def _model(page: Opened, view: View) -> str:
    try:
        return view.model(page)
    except GlassboxError:  # said below, where the figure would stand
        return page.link.model


def head(by: str) -> Draw:
    """The row that chooses the view, then the text and the model."""

    def draw(page: Opened) -> None:
        controls.parts(page, by)
        prompt.strip(page)

    return draw


@frame.panel
def figure(page: Opened, views: Mapping[str, View], by: str) -> None:
    """The figure of the chosen view (a canvas may choose another one itself) with its fields and sentences.

    Errors stay inside, and what is slow comes second.
    """
    view = _chosen(page, views, by)
    page = _reading(page, view)
    models.told(page)
    reading.instead(page, view.lacks or view.need.id)
    view.fields(page)
    with frame.guard(page.words):
        found = _first(page, view)
        if found is not None:
            _figure(page, view, found)
    view.foot(page)
    reading.follow(page)


def _first(page: Opened, view: View) -> Found | None:
    """What a first picture is drawn from; None where there is nothing, and what stands in its place is drawn."""
    room = st.container() if view.room else nullcontext()
    try:
        with room:
            found = results(page, view, first=True)
        models.taken()
        if found.outcomes or view.without is None:
            return found
    except Waits:
        return None
    except GlassboxError as error:
        models.take_back(page, error)
        with room:
            frame.tell(page.words, error)
    if view.without is not None:
        view.without(page)
    return None


def drawn(view: View, found: Found) -> list[Canvas | Chart]:
    """The canvases and charts of a view that there are results for."""
    return [one for one in view.canvases if isinstance(one, Canvas) or one.there(found)]


def _alone(page: Opened, view: View, found: Found) -> Canvas | Chart | None:
    """The one figure that is presented, large, where there are several; None for all of them."""
    there = drawn(view, found)
    number = page.link.number("figure") if page.link.shared("present") else 0
    return there[number - 1] if 0 < number <= len(there) else None


def _figure(page: Opened, view: View, found: Found) -> None:
    alone = _alone(page, view, found)
    if alone is not None or view.draw is None:
        for one in [alone] if alone is not None else drawn(view, found):
            one.mount(page, found)
    else:
        view.draw(page, found)
    if found.waited:
        frame.let_it_be_drawn(FIRST)
    if not found.glance:
        view.say(page, found)
    if not found.whole:
        frame.let_it_be_drawn()
        whole = results(page, view)
        if all(cache.at_hand(asked) for asked in found.calls):
            st.rerun()
        if found.glance:  # what could not be kept is not drawn again and again
            view.say(page, whole)


def results(page: Opened, view: View, *, first: bool = False) -> Found:
    """All results of a view; for a first picture, those that come later are left out or a glance stands for them.

    Errors: those of the functions, and Waits while one is computed in the background, whose panel is drawn here.
    """
    return _walked(page, view, partial(_result, page, view), first=first)


def _walked(page: Opened, view: View, result: Callable[[Call[Any]], Outcome[Any]], *, first: bool) -> Found:
    outcomes: list[Outcome[Any] | None] = []
    whole, glance, waited = True, False, False

    def run(asked: Call[Any]) -> Any:
        nonlocal whole, glance, waited
        new = first and cache.at_hand(asked) is None
        missing = new and (asked.later or asked.glance is not None)
        whole, glance = whole and not missing, glance or (missing and asked.glance is not None)
        waited = waited or (new and not missing)
        outcomes.append(_glance(page, asked) if missing else result(asked))
        return outcomes[-1].value if outcomes[-1] else None

    calls = tuple(asked for asked, _ in walk(view.calls(view.state(page)), run))
    return Found(calls, tuple(outcomes), whole, glance, waited)


def _glance(page: Opened, asked: Call[Any]) -> Outcome[Any] | None:
    return page.run(asked.glance) if asked.glance is not None else None


def _result(page: Opened, view: View, asked: Call[Any]) -> Outcome[Any]:
    if not view.job:
        return page.run(asked)
    found = jobs.compute(page, asked, key=view.job, draw=partial(_unfinished, view))
    if found is None:
        raise Waits
    return found


def _unfinished(view: View, page: Opened, value: Any) -> None:
    """The canvases of a view with what is there of its result so far; they commit nothing yet."""
    st.caption(page.words("jobs.unfinished"))
    found = Found((), (Outcome(value, Badge("exact")),), whole=False)
    for one in view.canvases:
        if isinstance(one, Canvas):
            replace(one, grows=True, on={}).mount(page, found)


def at_hand(page: Opened, view: View) -> Found | None:
    """All results of a view for the tabs below it; None while one takes long (its panel stands above)."""
    if view.last is not None:
        return view.last(page)
    try:
        return _walked(page, replace(view, calls=view.tabs or view.calls), page.run, first=False)
    except NeedsWorker:
        return None


def _read(page: Opened, *, view: View) -> None:
    model = _model(page, view)
    reading.text(page, model=bool(model), id=view.read, used=model)


def _how(page: Opened, *, view: View) -> None:
    asked = _asked(page, view)
    if asked is not None:
        code.show(page, asked)
    elif view.sources:
        st.markdown(page.words("code.source"))
    for function in view.sources:
        code.source(function)
    for word, program in view.programs:
        st.markdown(page.words(word))
        st.code(program)


def _asked(page: Opened, view: View) -> Call[Any] | None:
    """The call whose program is shown; the plan's first needs no result."""
    if view.how is None:
        return next((view.tabs or view.calls)(view.state(page)), None)
    found = at_hand(page, view)
    return view.how(page, found) if found is not None else None


def _numbers(page: Opened, *, view: View) -> None:
    found = at_hand(page, view)
    if found is None:
        return
    if view.without is not None and not found.outcomes:
        view.without(page)
    else:
        files = [one.file(page, found) for one in drawn(view, found)]
        there = [one for one in view.files if isinstance(one, Rows) or one.pick(found) is not None]
        parts = [one.part(page, found) for one in drawn(view, found)]
        whole = [handout.file(page, parts, found.calls, found.badge)] if parts else []
        export.buttons(page, [*files, *whole, *(one.download(page, found) for one in there)])
        view.more(page, found)
