"""A link to exactly this state, as text and as a code for the lecture hall's phones."""

from __future__ import annotations

import streamlit as st

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
    url = link.url()
    st.caption(words("share.help"))
    meta: payloads.CopyLink = {"url": url, "words": words.sub("share.button")}
    canvas.mount("copy_link", pack(meta, {}, compress=False), key="gb_copy")
    st.code(url, language=None, wrap_lines=True)
    picture = qr(url)
    if too_long(link.text):
        st.caption(words("share.text_left_out"))
    elif picture:
        st.image(picture, width=240)
    else:
        st.caption(words("share.too_long"))


def qr(url: str) -> str | None:
    """The QR code of a link as SVG (black on white, with its quiet zone); None when the link is too long for one."""
    import segno

    try:
        return segno.make(url, error="l").svg_inline(scale=4, border=4, light="white")
    except segno.DataOverflowError:
        return None
