"""The presenter's side of a room: opening one, and telling it what is asked and shown; phones have `core.teaching`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import streamlit as st
from streamlit import config

from core.figures import payloads
from core.figures.buffer import pack
from core.pace import Pace
from core.teaching.kinds import Asked, Phase
from core.teaching.rooms import ROOMS, Room
from pages.kit import canvas, share
from pages.kit.permalink import PRESENTING
from pages.kit.session import address, session
from pages.kit.text import Words
from pages.kit.text import words as words_of

OWN = (*PRESENTING, "embed_options")
"""What of a presenter's link is no phone's."""
HERE = ("localhost", "127.", "::1", "0.0.0.0")  # noqa: S104 — how the names of this machine begin
OPENINGS = Pace(20, 300, 600.0)
"""Rooms that an address, and all, may open in ten minutes."""


def button(words: Words) -> None:
    """Opens a room, or closes the one that is open."""
    own, here = _own(words), _room()
    name = "close" if here else "open" if ROOMS.served else "plain"
    st.button(
        "", key="gb_room_button", icon=f":material/{'group_off' if here else 'group_add'}:", type="tertiary",
        help=own(f"button.{name}"), disabled=not ROOMS.served, on_click=_close if here else _open, args=(own,),
    )  # fmt: skip


def strip(words: Words, asked: Asked | None, phase: Phase | None, link_url: str, place: str = "") -> None:
    """The room that is open, with its numbers; it is told what is asked, and where: ``place`` in the lecture."""
    own, here = _own(words), _room()
    if here:
        ROOMS.show(here.code, here.key, asked, phase, place=place, path=audience_path(link_url))
    if ROOMS.served:
        meta = _meta(own, here, link_url)
        canvas.mount("room", pack(meta, {}, compress=False), key="gb_room", resume=_resume)


def audience_path(link_url: str) -> str:
    """The path of what the presenter shows, for whoever does not present.

    >>> audience_path("https://class.example/heads?present=1&slide=3&lang=en")
    '/heads?lang=en'
    """
    parts = urlsplit(link_url)
    query = [item for item in parse_qsl(parts.query, keep_blank_values=True) if item[0] not in OWN]
    return f"/{parts.path.lstrip('/')}{'?' if query else ''}{urlencode(query)}"


def _own(words: Words) -> Words:
    return words_of(words.language, "room")


def _room() -> Room | None:
    """This session's room, while it lives."""
    code, key = session().room or ("", "")
    return ROOMS.owned(code, key)


def _open(own: Words) -> None:
    found = ROOMS.open() if not OPENINGS.wait(address()) else None
    session().room = (found.code, found.key) if found else ("", "")
    if found is None:
        st.toast(own("button.full"), icon=":material/info:")


def _close(_: Words) -> None:
    code, key = session().room or ("", "")
    ROOMS.close(code, key)
    session().room = ("", "")


def _resume(value: Any) -> None:
    """A tab that was loaded again brings the code and the key (visitor input) of the room that it had."""
    given = value if isinstance(value, Mapping) else {}
    code, key = str(given.get("code", "")), str(given.get("key", ""))
    session().room = (code, key) if ROOMS.owned(code, key) else ("", "")


def _meta(own: Words, here: Room | None, link_url: str) -> payloads.Room:
    """What the canvas is sent: the same at each slide, so that it goes on where it is."""
    meta: payloads.Room = {
        "words": own.sub("strip"), "language": own.language, "resume": session().room is None,
        "code": "", "key": "", "path": "", "address": "", "qr": "", "local": False,
    }  # fmt: skip
    if here is None:
        return meta
    base = str(config.get_option("server.baseUrlPath") or "").strip("/")
    path, server = f"{'/' if base else ''}{base}/room", urlsplit(share.reachable(link_url))
    join = f"{server.scheme}://{server.netloc}{path}"
    return {
        **meta, "code": here.code, "key": here.key, "path": f"{path}/{here.code}", "address": join.partition("//")[2],
        "qr": share.qr(f"{join}/{here.code}?t={here.ticket}") or "",
        "local": str(server.hostname or "").startswith(HERE),
    }  # fmt: skip
