"""The frame: page config, language, navigation, and what every page opens with.

``main()`` is app.py; ``open(stem)`` is the first line of every page. Streamlit serves ``pages/*.py`` without app.py on
the first request after a server start; ``open`` then sees that the frame is not up, declares the navigation once
(which ends that mode for the whole process) and reruns, with the URL and its parameters kept.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import math
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import add_script_run_ctx, get_script_run_ctx

from core import catalog, counters
from core.calls import Call, call
from core.catalog import Value
from core.errors import GlassboxError
from core.jobs.asker import Asker, asking
from core.jobs.courtesy import COURTESY
from core.jobs.opening import OPENINGS
from core.models import needs
from core.models.needs import Need
from core.numbers import fill
from core.paths import ROOT
from core.teaching import path
from pages.kit import cache, lecture, permalink, stage, warm
from pages.kit.cache import Badge, Outcome, report_to
from pages.kit.permalink import Link
from pages.kit.session import address, admit, note_reach, session, visitor
from pages.kit.teach import show, walk
from pages.kit.text import Words, told, words

LOG = logging.getLogger(__name__)
T = TypeVar("T")
R = TypeVar("R")
P = ParamSpec("P")
PAUSE_S = 0.2
"""Until a browser on the same machine has drawn what was sent, about."""
MOMENT_S = 0.5
"""A wait that is over before is not told; Streamlit's spinner adds half a second to it."""


def main() -> None:
    """Draw the frame and run the page in it."""
    with _courtesy():
        _draw()


def _courtesy() -> contextlib.AbstractContextManager[None]:
    """Whoever opens the app gives way, before each element, to those who are at work in it."""
    context = get_script_run_ctx()
    if context is None or session().url is not None:
        return COURTESY.at_work()
    context._enqueue = COURTESY.polite(context._enqueue)
    return contextlib.nullcontext()


def _draw() -> None:
    """The frame, and the page in it."""
    note_reach()
    _configure()
    language = _language()
    common = words(language)
    page = _navigate(common, hidden=bool(permalink.link(None).shared("present")))
    show.turn()
    stage.draw(common, page.url_path)
    if not permalink.link(None).shared("present"):
        _sidebar(common)
    session().up = True
    came = permalink.opened(page.url_path)
    try:
        with counters.rerun(page.url_path or "home", "whole"), guard(common):
            admit()
            page.run()
    finally:
        session().up = False
        if came is not None:  # whatever it asked for is its own from now on
            OPENINGS.arrive(came)
    warm.after_run(permalink.link(None).page_language)


def _configure() -> None:
    """The tab's title and icon, said before the navigation: a browser would fetch a page's icon from elsewhere."""
    st.set_page_config(
        page_title="Glassbox 大模型透视", page_icon=str(ROOT / "assets" / "icon.svg"), layout="wide"
    )


def _language() -> str:
    state = session().state
    asked = st.query_params.get("lang", "")
    if not state.get("lang") or (asked in catalog.LANGUAGES and dict(st.query_params) != session().url):
        state["lang"] = asked if asked in catalog.LANGUAGES else permalink.browser_language()
    permalink.foresee()
    return str(state["lang"])


def _navigate(common: Words, *, hidden: bool = False) -> Any:
    made = session().pages
    if common.language not in made:  # each looks at its file
        made[common.language] = _sections(common)
    return st.navigation(made[common.language], position="hidden" if hidden else "sidebar", expanded=True)


def _sections(common: Words) -> dict[str, list[Any]]:
    """The pages by chapter, in the order of learning, home before all."""
    home = st.Page(
        ROOT / "pages" / "home.py", title=common("home.title"), icon=":material/home:", default=True
    )
    sections: dict[str, list[Any]] = {"": [home]}
    for page in path.pages():
        title = words(common.language, page.stem)("page.title")
        entry = st.Page(ROOT / "pages" / f"{page.stem}.py", title=title, icon=page.icon, url_path=page.stem)
        sections.setdefault(common(f"chapters.{page.chapter}"), []).append(entry)
    return sections


def _sidebar(common: Words) -> None:
    with st.sidebar:
        state = session().state
        st.session_state["lang_widget"] = state["lang"]
        st.segmented_control(
            common("sidebar.language"),
            catalog.LANGUAGES,
            key="lang_widget",
            required=True,
            format_func=lambda id: {"en": "English", "zh": "中文"}[id],
            on_change=_switch_language,
        )
        stage.theme_switch(common)


def _switch_language() -> None:
    """Only the words change: whatever the visitor looks at is kept, also where it was the old language's default."""
    stem = session().page
    link = permalink.link(stem or None)
    if stem:
        link.keep()
    session().state["lang"] = st.session_state["lang_widget"]
    permalink.write(link.page)


def let_it_be_drawn(times: float = 1) -> None:
    """Pause after a first picture was sent, before the processors are taken again: a browser beside them can draw."""
    time.sleep(times * PAUSE_S)


@dataclass(frozen=True, slots=True)
class Opened:
    """An opened page: its words, its state, and the ways to draw on it."""

    words: Words
    link: Link
    used: str = ""  # the model that the figure is of, where the one asked for cannot be shown
    need: Need = needs.ANY  # what the figure needs of a model

    @property
    def model(self) -> str:
        """The id of the model that is named above the figure, and that the figure is of."""
        return self.used or self.link.model

    @property
    def declared(self) -> catalog.Page:
        """The page's declaration."""
        assert self.link.page is not None
        return self.link.page

    def call(
        self,
        function: Callable[..., T],
        *,
        text: str | None = None,
        model: str | None = None,
        **numbers: Value,
    ) -> Call[T]:
        """The call of a compute function with this page's model and text, or others. Errors: TextEmpty."""
        return call(
            function, model=self.model if model is None else model,
            text=self.link.text if text is None else text, limit=self.declared.limit, **numbers,
        )  # fmt: skip

    def run(self, asked: Call[T]) -> Outcome[T]:
        """The result of a call; waiting is shown."""
        return cache.run(asked, waiting=lambda: waiting(self.words, asked.model or self.model))

    def compute(
        self,
        function: Callable[..., T],
        *,
        text: str | None = None,
        model: str | None = None,
        **numbers: Value,
    ) -> Outcome[T]:
        """The result of a compute function for this page's model and text, or others; waiting is shown."""
        return self.run(self.call(function, text=text, model=model, **numbers))

    def state(self) -> dict[str, Value]:
        """All that a computation of this page may read: every parameter, model, text, language and limit of tokens."""
        own = {param.name: self.link.get(param.name) for param in self.declared.params}
        shared = {"model": self.link.model, "text": self.link.text, "lang": self.link.page_language}
        return {**own, **shared, "limit": self.declared.limit}

    def guarded(self, make: Callable[..., R], **arguments: Any) -> R | None:
        """What ``make`` returns, or None where the visitor has been told what is wrong."""
        found: list[R] = []
        with guard(self.words):
            found.append(make(**arguments))
        return found[0] if found else None

    def _time(self, milliseconds: float) -> str:
        if milliseconds < 9_999.5:
            return self.words("badge.milliseconds", count=round(milliseconds))
        return self.words("badge.seconds", count=round(milliseconds / 1000))

    def _named(self, badge: Badge) -> tuple[str, dict[str, object]]:
        plain = badge.kind == "bundled" and not badge.model  # several models of ours stand behind the result
        kind = "bundled_plain" if plain else "live_small" if badge.small else badge.kind
        values: dict[str, object] = {
            "model": badge.model,
            "device": badge.device,
            "time": self._time(badge.milliseconds),
        }
        return f"badge.{kind}", values

    def origin(self, badge: Badge) -> str:
        """Where a result comes from, as its badge says it, for a file."""
        id, values = self._named(badge)
        return fill(self.words.get(id), self.words.language, **values)

    def badge(self, badge: Badge) -> str:
        """The badge of a result as a line of Markdown."""
        id, values = self._named(badge)
        text = self.words(id, **values)
        colour = {"live": "green", "exact": "green", "bundled": "blue", "toy": "gray"}[badge.kind]
        return f":{colour}-badge[{text}]"


def open(stem: str) -> Opened:
    """First line of every page: bring the frame up if need be, adopt the URL, draw the head line."""
    note_reach()
    if not session().up:
        _bring_up()
    link = permalink.link(stem)
    permalink.read(link.page)
    if link.shared("present"):
        lecture.arrive(link)
    session().fresh = False
    opened = Opened(words(link.language, stem), link)
    permalink.write(link.page)
    session().drawn = permalink.shared_state()
    if not walk.head(opened.words, link):
        lecture.head(opened.words, link)
    return opened


def _bring_up() -> None:
    """Declare the navigation where a page is served without app.py, and run anew."""
    _configure()
    _navigate(words(permalink.browser_language()))
    st.rerun()


def open_home() -> Words:
    """First line of the home page."""
    if not session().up:
        _bring_up()
    permalink.read(None)
    permalink.write(None)
    return words(permalink.link(None).language, "home")


@contextlib.contextmanager
def guard(text: Words) -> Iterator[None]:
    """Whatever can be mended by the visitor becomes a translated sentence with the remedy; the page goes on below."""
    try:
        yield
    except GlassboxError as error:
        tell(text, error)
    except Exception as error:
        counters.fault(error)
        LOG.exception("a page failed")
        st.error(text("errors.unknown"), icon=":material/error:")


def tell(text: Words, error: GlassboxError) -> None:
    """The translated sentence of an error that the visitor can mend."""
    counters.told(error)
    id, values = told(text, error)
    st.warning(text(id, **values), icon=":material/info:")


def panel(function: Callable[Concatenate[Opened, P], None]) -> Callable[Concatenate[Opened, P], None]:
    """A part of a page that reruns by itself and whose errors stay inside it.

    A key or a button of the frame that comes together with a click in a canvas is carried by the fragment's rerun:
    its handler has then changed what the whole page shows, and the page is run.
    """

    @st.fragment
    @functools.wraps(function)
    def guarded(page: Opened, /, *given: P.args, **named: P.kwargs) -> None:
        if session().drawn != permalink.shared_state():
            st.rerun()
        with _alone(page), guard(page.words):
            function(page, *given, **named)

    return guarded


@contextlib.contextmanager
def _alone(page: Opened) -> Iterator[None]:
    """Counts a part that is run by itself, and who opens the app gives way; in a whole page it is a part of that."""
    if session().up:
        yield
        return
    with counters.rerun(page.declared.stem, "part"), COURTESY.at_work():
        yield


@contextlib.contextmanager
def waiting(text: Words, model: str) -> Iterator[None]:
    """Say what is being done while the visitor waits; nothing is drawn where the result is at hand."""
    said = _Waiting(text, model)
    report_to(said.report)
    try:
        with asking(Asker(visitor() or None, look=said.look, address=address())):
            said.spin()
            yield
    finally:
        report_to(None)
        said.clear()


class _Waiting:
    """What one who waits is told: how far a load has come, the place in line, or that the model runs.

    Of what is over in a moment nothing is told: a browser beside the model would draw that instead of letting it run.
    """

    def __init__(self, text: Words, model: str) -> None:
        self._place, self._below = st.empty(), st.empty()
        self._text, self._model = text, model
        self._said = ""
        self._barred = False  # something stands in the first place
        self._turning = contextlib.ExitStack()  # holds the spinner
        self._starts: threading.Timer | None = None  # None: it shall not turn
        self._changing = threading.Lock()

    def spin(self) -> None:
        """The model runs."""
        self._starts = threading.Timer(MOMENT_S, self._turn)
        self._starts.daemon = True
        add_script_run_ctx(self._starts, get_script_run_ctx())
        self._starts.start()

    def _turn(self) -> None:
        with self._changing:
            if self._starts is not None:
                with self._below:
                    self._turning.enter_context(st.spinner(self._text("progress.computing"), show_time=True))

    def _stop(self) -> None:
        with self._changing:
            if self._starts is not None:
                self._starts.cancel()
            self._starts = None
            self._turning.close()

    def clear(self) -> None:
        """It is over."""
        self._stop()
        if self._barred:
            self._place.empty()

    def report(self, stage: str, fraction: float) -> None:
        """How far a load has come."""
        told = self._text(f"progress.{stage}", model=self._model)
        self._bar(min(max(fraction, 0.0), 1.0), told)

    def look(self, place: int, seconds: float) -> None:
        """The place in line, where it has changed; who has gone, or asks for something else, waits no longer."""
        context = get_script_run_ctx()
        if context is not None:
            context.yield_check()
        now = queue_place(self._text, "progress", place, seconds) if place else ""
        if now == self._said:
            return
        if now:
            self._stop()
            self._bar(0.0, now)
        else:
            self._place.empty()
            self.spin()
        self._said = now

    def _bar(self, fraction: float, told: str) -> None:
        self._barred = True
        self._place.progress(fraction, text=told)


def queue_place(text: Words, table: str, place: int, seconds: float) -> str:
    """The sentence that says the place in line, and the seconds where they are known."""
    if seconds > 0:
        return text(f"{table}.queued_for", place=place, seconds=math.ceil(seconds))
    return text(f"{table}.queued", place=place)
