"""The headers of every answer: what a document may load, who may frame it, what a browser must not guess."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import os
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from core.serving.asgi import App, Message, Receive, Scope, Send

_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)
UNCHANGED = 304
"""The status of an answer whose headers a browser puts in the place of those that it has kept."""
FEATURES = (
    "accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "geolocation", "gyroscope",
    "hid", "magnetometer", "microphone", "midi", "payment", "serial", "usb", "xr-spatial-tracking",
)  # fmt: skip
"""Abilities of a browser that no page needs."""
ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "permissions-policy": ", ".join(f"{name}=()" for name in FEATURES),
}


def fingerprint(script: bytes) -> str:
    """A script in line as a policy names it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}'"


@cache
def streamlit_scripts() -> tuple[str, ...]:
    """The fingerprints of the scripts in line of Streamlit's document, whatever its version."""
    spec = importlib.util.find_spec("streamlit")
    assert spec is not None
    assert spec.origin is not None
    document = (Path(spec.origin).parent / "static" / "index.html").read_bytes()
    return tuple(fingerprint(script) for script in _SCRIPT.findall(document))


def frame_ancestors() -> str:
    """Who may show the app in a frame (``$GLASSBOX_FRAME_ANCESTORS``): addresses with blanks between them."""
    found = os.environ.get("GLASSBOX_FRAME_ANCESTORS", "").replace(";", " ").replace(",", " ").split()
    return " ".join(found) or "'self'"


def document_policy(scripts: Iterable[str], ancestors: str) -> str:
    """What a page may load: from this server alone, and no script in line but those of the fingerprints.

    Canvases are modules that Streamlit imports from blobs; style sheets in line are Streamlit's own and the canvases'.
    """
    return "; ".join((
        "default-src 'none'",
        f"script-src 'self' blob: 'wasm-unsafe-eval' {' '.join(scripts)}",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        f"frame-ancestors {ancestors}",
    ))  # fmt: skip


def file_policy(ancestors: str) -> str:
    """What anything else may load that a browser is led to open as a document: nothing."""
    return f"default-src 'none'; sandbox; frame-ancestors {ancestors}"


class Headers:
    """Puts the headers on every answer of an application; ``scripts`` are fingerprints of what may stand in line."""

    def __init__(self, app: App, scripts: Iterable[str] = ()) -> None:
        self._app, self._scripts = app, (*streamlit_scripts(), *scripts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does, with our headers in place of its own of these names."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = self._replaced(message["status"], message.get("headers", ()))
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)

    def _replaced(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        known = [(name.lower(), value) for name, value in headers]
        ours = ALWAYS | (
            {} if status == UNCHANGED else {"content-security-policy": self._policy(dict(known))}
        )
        kept = [(name, value) for name, value in known if name.decode("latin-1") not in ours]
        return [*kept, *((name.encode(), value.encode()) for name, value in ours.items())]

    def _policy(self, headers: Mapping[bytes, bytes]) -> str:
        """The policy of an answer with these headers: that of a page, or that of a file."""
        page = (
            headers.get(b"content-type", b"").startswith(b"text/html")
            and b"content-disposition" not in headers
        )
        ancestors = frame_ancestors()
        return document_policy(self._scripts, ancestors) if page else file_policy(ancestors)
