"""Canvas components on a page: registered once, controlled by the page's state, never remounted by their own commits.

A component's payload carries the state that Python wants it to show. When the visitor moves something inside the
canvas, the canvas already shows it and commits it once; sending it back would send the whole payload again. So the
kit remembers what each canvas shows and only pushes a state (with a new sequence number) that differs from it.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from core.figures.components import source
from core.jobs.shelf import Shelf
from pages.kit.permalink import Link, link
from pages.kit.session import Shown, session

_PAYLOADS = Shelf.dealt("payloads")  # each with the results that it is known by


@functools.cache
def renderer(name: str) -> Any:
    """The registered component of ``assets/components/<name>``."""
    html, css, js = source(name)
    return st.components.v2.component(f"glassbox_{name}", html=html, css=css, js=js)


def state_to_push(key: str, state: Mapping[str, Any]) -> dict[str, Any]:
    """The state to put into the payload: the one pushed last while the canvas still shows what is wanted."""
    drawer = session().shown
    known = drawer.get(key)
    place = (session().visit, bool(session().state.get("present")))  # a new page, or another scale of type
    session().fresh |= known is None or known.place != place
    if known is None or known.shown != dict(state) or known.place != place:
        count = known.pushed["version"] + 1 if known else 0
        known = drawer[key] = Shown(dict(state), {**state, "version": count}, place)
    return dict(known.pushed)


def packed(
    maker: Callable[..., bytes],
    *results: Any,
    words: Mapping[str, str],
    state: Mapping[str, Any],
    **options: Any,
) -> bytes:
    """The payload ``maker(*results, words, state, **options)``, packed once for all visitors who see the same.

    Results are frozen and told apart by identity: the cache that made them hands out the same object.
    """
    plain = json.dumps([words, state, options], sort_keys=True)

    def make() -> tuple[bytes, tuple[Any, ...]]:
        given = json.loads(plain)
        return maker(*results, *given[:2], **given[2]), results

    payload: bytes = _PAYLOADS.get((maker, results, plain), make)[0]
    return payload


def shows(keys: tuple[str, ...], changes: Mapping[str, Any]) -> None:
    """Note that these canvases show ``changes`` already."""
    for key in keys:
        known = session().shown.get(key)
        if known is not None:
            known.shown |= {name: value for name, value in changes.items() if name in known.shown}


def mount(
    name: str,
    data: bytes,
    *,
    key: str,
    height: int | str = "content",
    on: Mapping[str, Callable[[Any], None]] | None = None,
    **handlers: Callable[[Any], None],
) -> None:
    """Draw a component; ``handlers`` and ``on`` map events to what is done with values (visitor input: validate)."""

    def callback(event: str, handle: Callable[[Any], None]) -> Callable[[], None]:
        def run() -> None:
            value = getattr(st.session_state.get(key), event, None)
            if value is not None:
                handle(value)

        return run

    wired = {
        f"on_{event}_change": callback(event, handle) for event, handle in {**(on or {}), **handlers}.items()
    }
    renderer(name)(key=key, data=data, height=height, **wired)


def numbers(value: Any, names: tuple[str, ...]) -> dict[str, int]:
    """The named whole numbers of an event's value; empty when any is missing (a canvas event is visitor input)."""
    if not isinstance(value, Mapping):
        return {}
    found = {name: value.get(name) for name in names}
    if not all(
        isinstance(v, (int, float)) and not isinstance(v, bool) and 0 <= v < 2**31 for v in found.values()
    ):
        return {}
    return {name: int(v) for name, v in found.items() if v is not None}


def commit(state: Link, keys: tuple[str, ...], names: tuple[str, ...], value: Any) -> None:
    """Take over what a canvas committed: each named parameter parsed as if it came from a URL."""
    assert state.page is not None
    if not isinstance(value, Mapping):
        return
    changes = {n: state.page.param(n).parse(_raw(value[n])) for n in names if n in value}
    state.set(**changes)
    shows(keys, {n: list(v) if isinstance(v, tuple) else v for n, v in changes.items()})


def committer(stem: str, key: str, names: tuple[str, ...]) -> Callable[[Any], None]:
    """The handler of a canvas's own controls: it commits the named parameters of a page."""
    return lambda value: commit(link(stem), (key,), names, value)


def _raw(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, (list, tuple)):
        return ",".join(str(item) for item in value)
    return str(value)
