"""What stands around the pages where Streamlit reads an ``app``: headers, the gate, logs, counted faults."""

from __future__ import annotations

import contextlib
import functools
import logging
import signal
import threading
from collections.abc import AsyncIterator, Callable
from types import FrameType
from typing import Any

from starlette.middleware import Middleware
from starlette.routing import Route
from streamlit import config
from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session

from core import counters, host
from core.catalog import LANGUAGES
from core.figures.framed import framed
from core.models.specs import REGISTRY
from core.serving import logs
from core.serving.gate import Gate
from core.serving.headers import Headers, fingerprint
from core.teaching.room_routes import Doors
from core.teaching.rooms import ROOMS
from pages.kit import session, warm
from pages.kit.text import table

LOG = logging.getLogger("glassbox.memory")


def around() -> dict[str, Any]:
    """What ``st.App`` is told besides its script; the logs and Streamlit itself are set up."""
    keep_theme()
    weigh()
    warm.at_start()
    if logs.wanted():
        logs.install(["model", "vocabulary", *host.SOURCES, *(spec.id for spec in REGISTRY)])
        for option, value in logs.OF_STREAMLIT.items():
            config.set_option(option, value)
    tell_account()
    return {
        "middleware": [
            Middleware(Headers, [fingerprint(script.encode()) for script in framed().values()]),
            Middleware(Gate, config.get_option("server.baseUrlPath"), uploads_fit),
        ],
        "routes": rooms(config.get_option("server.baseUrlPath")),
        "lifespan": ending_rooms,
        "on_script_error": counters.fault,
    }


def rooms(base: str) -> list[Route]:
    """The addresses of rooms, beside the pages."""
    words = {str(language): dict(table(language, "room").get("phone", {})) for language in LANGUAGES}
    doors = Doors(ROOMS, words, base)
    return [
        Route(f"/{base.strip('/')}/room{rest}".replace("//", "/"), doors) for rest in ("", "/{rest:path}")
    ]


@contextlib.asynccontextmanager
async def ending_rooms(_: Any) -> AsyncIterator[None]:
    """Tell who listens in a room when the server is asked to end: it waits until all connections have."""
    if threading.current_thread() is threading.main_thread():
        for one in (signal.SIGINT, signal.SIGTERM):
            signal.signal(one, _ends_rooms(signal.getsignal(one)))
    yield


def _ends_rooms(before: Any) -> Callable[[int, FrameType | None], None]:
    """The handler of a signal, with the rooms' end before what was done so far."""

    def handle(number: int, frame: FrameType | None) -> None:
        ROOMS.close_all()
        if callable(before):
            before(number, frame)

    return handle


def weigh() -> None:
    """Have what the server keeps besides the shelves counted."""
    one = host.account()
    counters.weigh("uploads", session.uploaded, one.kept["uploads"])
    counters.weigh("workers", host.children_bytes, host.for_worker())
    counters.weigh("server", host.resident_bytes, one.limit or 0)
    for state, measure in (("connected", session.connected), ("kept", session.kept)):
        counters.tally(state, measure)
    counters.tally("most", lambda: one.sessions)


def tell_account() -> None:
    """How memory is dealt out, in one line of the log."""
    one = host.account()
    LOG.info(
        "memory of the %s: %d MB, of them %d for models, %d for what is kept, %d for a map; at most %d visitors",
        one.source, (one.limit or 0) // 10**6, one.weights // 10**6, sum(one.kept.values()) // 10**6,
        host.for_worker() // 10**6, one.sessions,
    )  # fmt: skip


def uploads_fit(size: int) -> bool:
    """Whether a file of so many bytes fits beside those of all visitors."""
    return session.uploaded() + size <= host.account().kept["uploads"]


def keep_theme() -> None:
    """Let the theme be made once: Streamlit makes it anew for every run, a fifth of what a small page costs.

    It is some hundred settings in six tables; they stay as they were when the server began.
    """
    populate = app_session._populate_theme_msg

    @functools.cache
    def made(section: str) -> CustomThemeConfig:
        theme = CustomThemeConfig()
        populate(theme, section)
        return theme

    def copied(msg: CustomThemeConfig, section: str = "theme") -> None:
        if made(section).ByteSize():  # what is copied into is there, empty or not
            msg.MergeFrom(made(section))

    app_session._populate_theme_msg = copied
