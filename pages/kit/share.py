"""A link to exactly this state, as text and as a code for the lecture hall's phones."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

import streamlit as st

from core import settings
from core.figures import payloads
from core.figures.buffer import pack
from pages.kit import canvas
from pages.kit.permalink import Link, too_long
from pages.kit.text import Words

KEY = "gb_share"


def is_open() -> bool:
    """Whether the link is shown: then it must be that of the state in hand."""
    return bool(st.session_state.get(KEY))


def button(words: Words, link: Link) -> None:
    """The share button: the complete link to copy, and its QR code."""
    with st.popover(words("share.title"), icon=":material/share:", key=KEY, on_change="rerun") as popover:
        if not popover.open:
            return
        with st.container(width=360):
            _panel(words, link)


def _panel(words: Words, link: Link) -> None:
    url = reachable(link.url())
    st.caption(words("share.help"))
    meta: payloads.CopyLink = {"url": url, "words": words.sub("share.button")}
    canvas.mount("copy_link", pack(meta, {}, compress=False), key="gb_copy")
    st.code(url, language=None, wrap_lines=True)
    if too_long(link.text):
        st.caption(words("share.text_left_out"))
    else:
        code(words, url, size=240)


def code(words: Words, url: str, *, size: int) -> None:
    """The QR code of a link, ``size`` pixels wide; where no phone can reach it, that is said."""
    url = reachable(url)
    picture = qr(url)
    if is_local(url):
        st.caption(words("share.local"))
    if picture:
        st.image(picture, width=size)
    else:
        st.caption(words("share.too_long"))


def reachable(url: str) -> str:
    """The link at the address that the operator has named (``$GLASSBOX_URL``), else as the browser has it."""
    own = settings.own_address()
    if not own:
        return url
    parts, base = urlsplit(url), urlsplit(own)
    path = "/" + parts.path.rstrip("/").rpartition("/")[2]
    return parts._replace(scheme=base.scheme, netloc=base.netloc, path=base.path + path).geturl()


def is_local(url: str) -> bool:
    """Whether a link leads to the very machine on which it is opened."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or host.endswith(".localhost") or ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name
        return False


def qr(url: str) -> str | None:
    """The QR code of a link as SVG (black on white, with its quiet zone); None when the link is too long for one."""
    import segno

    try:
        return segno.make(url, error="l").svg_inline(scale=4, border=4, light="white")
    except segno.DataOverflowError:
        return None
