"""Every state is a link: the one place that knows session state and the URL.

The state of a page is a flat dict of declared parameters. It lives in the session, is mirrored to the URL (values
other than their default), and is read back when the URL was changed from outside: a cold link, the back button, a
link that somebody pasted. A URL is visitor input: each value is parsed and clamped by its ``Param``.

Widgets are *controlled*: before each is drawn its key is set from the state, and its callback writes the state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import streamlit as st

from core.catalog import Language, Page, Param, Preset, State, Value, find
from core.catalog.kinds import LANGUAGES, MAX_TEXT
from core.jobs.opening import Link as Address
from core.jobs.opening import link_of
from core.teaching.walk import COUNT
from pages.kit.session import session

SHARED = (
    Param("lang", "choice", "", options=LANGUAGES),
    Param("present", "flag", False),
    Param("model", "text", ""),  # "" = the page's default for the language
    Param("text", "text", "\0"),  # "\0" = the page's default for the language; a visitor may well send ""
    Param("walk", "int", 0, low=0, high=COUNT),  # the step on the way of one sentence; 0 = on none
    Param("slide", "int", 0, low=-1, high=999),  # −1: the state as it was when presenting began
    Param("lecture", "text", ""),  # the id of a bundled lecture, or a packed one
    Param("presenter", "flag", False),  # notes instead of the figure
    Param("figure", "int", 0, low=0, high=9),  # the one of several that is presented alone; 0 = all
)
PRESENTING = ("present", "slide", "lecture", "presenter", "figure")
"""What says how a state is presented, and not which it is."""


_SHARED = {param.name: param for param in SHARED}
MAX_LINK = 12_000  # characters of a text as a link writes it


def browser_language() -> str:
    """The visitor's language by the browser's locale: Chinese for any zh locale, else English."""
    return "zh" if str(st.context.locale or "").lower().startswith("zh") else "en"


def _key(page: Page | None, param: Param) -> str:
    return param.name if page is None or param is _SHARED.get(param.name) else f"{page.short}_{param.name}"


def _declared(page: Page | None) -> list[tuple[str, Param]]:
    own = page.params if page else ()
    return [(p.name, p) for p in SHARED] + [(_key(page, p), p) for p in own]


def shared_state() -> dict[str, Value]:
    """The values of the shared parameters as they are set: what the whole page depends on."""
    state = session().state
    return {p.name: state[p.name] for p in SHARED if p.name in state}


@dataclass(frozen=True, slots=True)
class Link:
    """The state of one page for one visitor."""

    page: Page | None
    held: Mapping[str, Value] | None = None  # a state that is read alone; None: the session's
    desk: bool = False  # as it is while nobody presents

    @property
    def _state(self) -> Mapping[str, Value]:
        return session().state if self.held is None else self.held

    @property
    def language(self) -> str:
        """The language of the words: chosen, else the browser's."""
        return str(self._state.get("lang") or browser_language())

    @property
    def model(self) -> str:
        """The id of the model in hand: chosen, else the page's for the language."""
        return str(self._state.get("model") or (self.page.model[self.page_language] if self.page else ""))

    @property
    def text(self) -> str:
        """The visitor's text, else the page's for the language."""
        text = str(self._state.get("text", "\0"))
        return self.page.text[self.page_language] if text == "\0" and self.page else text

    @property
    def page_language(self) -> Language:
        """The language as the declarations know it."""
        return "zh" if self.language == "zh" else "en"

    def get(self, name: str) -> Value:
        """The value of one of the page's own parameters."""
        assert self.page is not None
        state = self._state
        key = _key(self.page, self.page.param(name))
        return state[key] if key in state else self.page.default(name, self.model, self.page_language)

    def number(self, name: str) -> int:
        """The value of a whole-number parameter, own or shared."""
        value = self.shared(name) if name in _SHARED else self.get(name)
        assert isinstance(value, int)
        return value

    def names(self, name: str) -> tuple[str, ...]:
        """The value of a list parameter."""
        value = self.get(name)
        assert isinstance(value, tuple)
        return value

    def shared(self, name: str) -> Value:
        """The value of a shared parameter (``present``, ``slide``)."""
        if name == "present" and self.desk:
            return False
        return self._state.get(name, _SHARED[name].default)

    def set(self, **values: Value) -> None:
        """Set parameters by name, then mirror the state to the URL."""
        state = session().state
        for name, value in values.items():
            own = self.page.named if self.page else {}
            state[_key(self.page, own[name]) if name in own else name] = value
        write(self.page)

    def choose_model(self, model: str) -> None:
        """Another model has other heads: what is not declared to be kept goes back to that model's defaults."""
        self.forget(kept=False)
        self.set(model=model)

    def keep(self) -> None:
        """Hold on to what is shown only by the language's default, before the language changes."""
        state = session().state
        state |= {"model": self.model, "text": self.text}
        for name in self.page.spoken.get(self.page_language, {}) if self.page else ():
            assert self.page is not None
            state.setdefault(_key(self.page, self.page.param(name)), self.get(name))

    def forget(self, *, kept: bool = True) -> None:
        """The page's own parameters to their defaults, those that are kept with another model too or not."""
        for param in self.page.params if self.page else ():
            if kept or not param.kept:
                session().state.pop(_key(self.page, param), None)

    def own_state(self) -> dict[str, Value]:
        """Model, text and the page's own parameters where they were set."""
        state, own = session().state, self.page.params if self.page else ()
        keys = {name: name for name in ("model", "text")} | {one.name: _key(self.page, one) for one in own}
        return {name: state[key] for name, key in keys.items() if key in state}

    def restore(self, values: Mapping[str, Value]) -> None:
        """Go back to what ``own_state`` gave."""
        self.forget()
        for name in ("model", "text"):
            session().state.pop(name, None)
        self.set(**values)

    def apply(self, preset: Preset) -> None:
        """Go to a preset's state."""
        self.forget()
        self.set(**dict(preset.values(self.page_language)))

    def url(self, **values: Value) -> str:
        """The link to the present state, complete (language, model and text always named), with some values changed.

        What was emptied is named, too: left out it would be the default again.
        """
        state = {**_non_default(self), "lang": self.language}
        if self.page:
            state |= {"model": self.model} if self.model else {}
            state |= {} if too_long(self.text) else {"text": self.text}
        state |= {name: _format(name, value) for name, value in values.items()}
        base = str(st.context.url or "").split("?")[0]
        if self.held is not None and self.page:
            parts = urlsplit(base)
            base = parts._replace(path=f"{parts.path.rpartition('/')[0]}/{self.page.stem}").geturl()
        return f"{base}?{urlencode(state)}"

    def query(self) -> dict[str, str]:
        """The query parameters of the state alone, model and text always named."""
        asked = parse_qsl(self.url().partition("?")[2], keep_blank_values=True)
        return {name: value for name, value in asked if name not in (*PRESENTING, "lang")}

    def plain_url(self) -> str:
        """The complete link to the present state, outside of any lecture."""
        return f"{self.url().partition('?')[0]}?{urlencode({**self.query(), 'lang': self.language})}"

    def adopt(self, raw: Mapping[str, str], *, keep: tuple[str, ...] = ()) -> None:
        """Take over what a link says; what it leaves out goes to its default, but for ``keep``."""
        state = session().state
        for key, param in _declared(self.page):
            if key in raw:
                state[key] = param.parse(raw[key].replace("\0", ""))
            elif key in state and key not in keep:
                del state[key]


def query(page: Page, state: State, language: str) -> dict[str, str]:
    """The query parameters of a page's state, complete with the model and text that the language opens with."""
    lang: Language = "zh" if language == "zh" else "en"
    full: dict[str, Value] = {"model": page.model[lang], "text": page.text[lang], **state}
    own = {p.name: p for p in page.params}
    shared = {p.name: p for p in SHARED}
    return {_key(page, own[n]) if n in own else n: (own | shared)[n].format(v) for n, v in full.items()}


def parsed(page: Page, raw: Mapping[str, str]) -> dict[str, Value]:
    """The state that the query parameters of a link mean: model, text and the page's own parameters."""
    declared = [(key, param) for key, param in _declared(page) if key in raw]
    return {
        param.name: param.parse(raw[key])
        for key, param in declared
        if param.name in ("model", "text") or param is not _SHARED.get(key)
    }


def kept_text() -> str:
    """The visitor's text where it is too long for the link, so that the browser keeps it over a reload."""
    text = str(session().back_text or session().state.get("text", ""))
    return text if too_long(text) else ""


def _format(name: str, value: Value) -> str:
    return _SHARED[name].format(value)


def _non_default(link: Link) -> dict[str, str]:
    state, page = link._state, link.page
    shown = {}
    for key, param in _declared(page):
        default = (
            param.default
            if page is None or param is _SHARED.get(key)
            else page.default(param.name, link.model, link.page_language)
        )
        value = state.get(key, default)
        if value != default and not too_long(value):
            shown[key] = param.format(value)
    return shown


def too_long(value: Value) -> bool:
    """Whether a text is too long for a link (servers refuse request lines of some 64 kB)."""
    return isinstance(value, str) and len(quote(value)) > MAX_LINK


def read(page: Page | None) -> None:
    """Adopt what the URL says where it is not what we wrote ourselves (cold link, back button, pasted link)."""
    raw: Mapping[str, str] = {k: st.query_params[k] for k in st.query_params}
    if raw == session().url and session().page == (page.stem if page else ""):
        return
    fresh_page = session().page != (page.stem if page else "")
    if fresh_page:
        session().page = page.stem if page else ""
        session().visit += 1
    state = session().state
    navigated = fresh_page and session().url is not None and not set(raw) - {"lang"}
    if navigated:
        for name in (*PRESENTING[1:], "walk"):
            state.pop(name, None)
    Link(page).adopt(raw, keep=tuple(state) if navigated else ("lang", "present"))


def foresee() -> None:
    """Adopt how a link presents its page: the frame around it is drawn before the page adopts the rest."""
    raw = {k: st.query_params[k] for k in st.query_params}
    if raw != session().url:
        for name in PRESENTING:
            if name in raw:
                session().state[name] = _SHARED[name].parse(raw[name].replace("\0", ""))


def opened(page: str) -> Address | None:
    """The link that a session has begun with, at its beginning."""
    if session().url is not None:
        return None
    return link_of(page, {name: st.query_params[name] for name in st.query_params})


def write(page: Page | None) -> None:
    """Mirror the state to the URL; nothing is sent when nothing changed."""
    shown = {**_non_default(Link(page)), "lang": Link(page).language}
    if {k: st.query_params[k] for k in st.query_params} != shown:
        st.query_params.from_dict(shown)
    session().url = shown


def held(page: Page, raw: Mapping[str, str], language: Language) -> Link:
    """The state that the query parameters of a link mean, whatever the session's is: to be read alone."""
    said = {key: param.parse(raw[key].replace("\0", "")) for key, param in _declared(page) if key in raw}
    return Link(page, said | {"lang": language})


def link(stem: str | None) -> Link:
    """The state of a page (None: a page without parameters, such as home)."""
    return Link(find(stem) if stem else None)


__all__ = ["MAX_TEXT", "SHARED", "Link", "browser_language", "link", "read", "write"]
