"""What one visitor's session remembers besides the widgets: typed fields of the kit, and each page's by its class."""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import streamlit as st
from streamlit.runtime import exists, get_instance
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core import host, settings
from core.catalog import Value
from core.errors import Crowded, GlassboxError
from core.jobs.opening import OPENINGS, Link, link_of

T = TypeVar("T")
NAME = "glassbox"
FORWARDED = "X-Forwarded-For"
"""What a proxy writes into a request: the addresses that it has come from, the last one is the proxy's own word."""


@dataclass(slots=True)
class Shown:
    """What a canvas shows now, what was pushed into it last, and where."""

    shown: dict[str, Any]
    pushed: dict[str, Any]
    place: tuple[int, bool]


@dataclass(slots=True)
class Session:
    """The drawer of one session."""

    state: dict[str, Value] = field(default_factory=dict)  # declared parameters by their names in the link
    url: dict[str, str] | None = None  # as we wrote it last
    page: str = ""  # stem of the page that is shown
    visit: int = 0  # counts the pages that were opened
    up: bool = False  # the frame is drawn in this run
    drawn: dict[str, Value] | None = None  # the shared parameters that the whole page was drawn with
    rest: tuple[Any, ...] = ()  # what the page around text and figure was drawn with
    shown: dict[str, Shown] = field(default_factory=dict)  # by key of a canvas
    fresh: bool = False  # a canvas is drawn for the first time in this visit
    charted: bool = False  # a chart was sent: the browser has plotly, or is loading it
    below: str | None = None  # the link whose state an open tab under the page shows
    guesses: dict[str, str] = field(default_factory=dict)  # by experiment
    back: str = ""  # the link to go back to from a lecture
    back_text: str = ""  # its text where that is too long for a link
    prepared: tuple[int, dict[str, Value]] = (0, {})  # the state that was presented first, and at which visit
    turned: tuple[str, dict[str, str]] | None = None  # the page that a lecture goes on to, and its link
    tried: tuple[str, dict[str, Value]] | None = None  # a model that was chosen, and the state before
    told: GlassboxError | None = None  # why it could not be had
    room: tuple[str, str] | tuple[()] | None = (
        None  # code and key of the room that is open; None: not asked yet
    )
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)  # by place on a page
    own: dict[type, Any] = field(default_factory=dict)  # what pages keep, by their classes
    pages: dict[str, dict[str, list[Any]]] = field(
        default_factory=dict
    )  # the navigation's sections, by language


_LAST = threading.local()
"""The drawer that this thread found last, and for which run: one is asked for some hundred times in each."""


def session() -> Session:
    """This session's drawer."""
    context = get_script_run_ctx()
    if context is None or getattr(_LAST, "context", None) is not context:
        if NAME not in st.session_state:
            st.session_state[NAME] = Session()
        _LAST.context, _LAST.found = context, st.session_state[NAME]
    found: Session = _LAST.found
    return found


def own(kind: type[T]) -> T:
    """What a page keeps in this session: one instance of its own class, made when it is first asked for."""
    found: T = session().own.setdefault(kind, kind())
    return found


def visitor() -> str:
    """The id of the session that runs this script; "" outside of one."""
    context = get_script_run_ctx()
    return context.session_id if context else ""


def is_connected(visitor: str) -> bool:
    """Whether a browser shows this session; without a server there is nobody who could leave."""
    return not exists() or get_instance().is_active_session(visitor)


def connected() -> int:
    """How many visitors' browsers are connected."""
    manager = _sessions()
    return len(manager.list_active_sessions()) if manager else 0


def kept() -> int:
    """How many sessions are kept of visitors who may come back to them."""
    manager = _sessions()
    return len(manager.list_sessions()) - connected() if manager else 0


def uploaded() -> int:
    """Bytes of the files that visitors have sent."""
    files: Any = get_instance().uploaded_file_mgr if exists() else None
    stored = list(getattr(files, "file_storage", {}).values())
    return sum(len(one.data) for some in stored for one in list(some.values()))


def emptied(key: str) -> bytes:
    """What the file in an uploader holds, which nobody keeps from now on, whether it is taken or refused."""
    kept: UploadedFile = st.session_state[key]  # what the uploader gives out is a copy
    content = kept.getvalue()
    kept.truncate(0)
    context = get_script_run_ctx()
    if context is not None and isinstance(store := context.uploaded_file_mgr, MemoryUploadedFileManager):
        store.remove_file(context.session_id, kept.file_id)
    return content


def forget_who_left() -> None:
    """End the sessions of visitors who have left, from another thread than the server's."""
    manager = _sessions()
    ended = {one.session.id for one in manager.list_active_sessions()} if manager else set()
    for one in manager.list_sessions() if manager else ():
        if one.session.id not in ended:
            one.session._event_loop.call_soon_threadsafe(manager.close_session, one.session.id)


def _sessions() -> Any:
    """Streamlit's own list of sessions, which it keeps to itself; None without a server."""
    return getattr(get_instance(), "_session_mgr", None) if exists() else None


def admit() -> None:
    """Let a visitor in who has just come. Errors: Crowded where there is memory for no more."""
    most = host.account().sessions
    if session().url is None and connected() > most:
        raise Crowded(count=most)


def own_link() -> Link:
    """The link of this session, as its browser shows it."""
    return link_of(session().page, session().url or {})


def is_there(visitor: str, link: Link) -> bool:
    """Whether a visitor's browser is connected, or is opening the link that it had again: a reload."""
    return is_connected(visitor) or OPENINGS.under_way(link)


def address() -> str:
    """The address of the visitor's machine; "" for this one."""
    return came_from(st.context.ip_address, st.context.headers)


def came_from(peer: str | None, headers: Mapping[str, str]) -> str:
    """The address of a visitor whose connection comes from ``peer``; None is this machine, where a proxy may stand.

    What anybody else says of its address counts for nothing.
    """
    return peer or str(headers.get(FORWARDED, "")).rpartition(",")[2].strip()


def note_reach() -> None:
    """Tell the settings, once it is so, that others reach the server."""
    if is_reached(str(st.get_option("server.address") or ""), st.context.headers):
        settings.reached_by_others(yes=True)


def is_reached(listens: str, headers: Mapping[str, str]) -> bool:
    """Whether others reach a server: it listens beyond this machine ("": everywhere), or a proxy stands before it."""
    try:
        loopback = listens == "localhost" or ipaddress.ip_address(listens).is_loopback
    except ValueError:
        loopback = False
    return not loopback or FORWARDED in headers
