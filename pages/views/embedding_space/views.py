"""The views of the page ``embedding_space``: which result each asks for, how it is drawn, what can be taken home."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.compute.embedding_space import calls as embedding_calls
from core.compute.embedding_space.calls import Call
from core.data import meanings
from core.errors import NeedsWorker
from core.figures.embedding_space import contextual as embedding_models
from core.figures.embedding_space import rows as embedding_tables
from core.figures.embedding_space import tables as embedding_space
from pages.kit import canvas, export, jobs, permalink
from pages.kit.cache import Outcome
from pages.kit.frame import Opened
from pages.kit.permalink import Link
from pages.kit.session import own
from pages.views.embedding_space import fields as embedding_fields

DIMENSIONS = {"glove": 50, "chinese": 384}
JOB = "es_job"
LONGEST_WORD = 80


@dataclass(frozen=True, slots=True)
class View:
    """How one view is drawn: its canvas, what the canvas shows of the state, and its rows for a spreadsheet."""

    component: str
    key: str
    maker: Callable[..., bytes]
    shows: Callable[[Opened], dict[str, Any]]
    options: Callable[[Opened], dict[str, Any]]
    rows: Callable[[Any], tuple[Sequence[str], Iterable[Sequence[object]]]]


@dataclass(slots=True)
class Lasso:
    """The words that were chosen last."""

    words: tuple[str, ...] = ()


def name(page: Opened) -> str:
    """The present view."""
    return str(page.link.get("view"))


def state(page: Opened) -> dict[str, Any]:
    """All that a computation of this page may read: the page's own parameters, and the text."""
    values: dict[str, Any] = {param.name: page.link.get(param.name) for param in page.declared.params}
    if (
        name(page) == "map"
        and page.link.get("source") == "list"
        and (file := embedding_fields.uploaded()) is not None
    ):
        values["own"] = file
    return values | {"text": page.link.text}


def call(page: Opened) -> Call:
    """The computation behind the present view."""
    return embedding_calls.asked(state(page))


def result(page: Opened) -> Outcome[Any] | None:
    """The present view's result; None while a long projection runs (its panel stands in the figure's place)."""
    wanted = call(page)
    return jobs.compute(page, wanted.function, key=JOB, text=wanted.text, **wanted.numbers)


def at_hand(page: Opened) -> Any | None:
    """The present view's result for its table of numbers; None while a long projection runs."""
    wanted = call(page)
    try:
        return page.compute(wanted.function, text=wanted.text, model=page.link.model, **wanted.numbers).value
    except NeedsWorker:  # said where the figure would stand
        return None


def of_model(page: Opened) -> bool:
    """Whether a model stands behind the present view."""
    return "loaded" in inspect.signature(call(page).function).parameters


def placed(link: Link, value: Any) -> None:
    """Take over what a map shows: zoom, centre and turn, as one word in the link."""
    place = value.get("view") if isinstance(value, Mapping) else None
    if isinstance(place, str) and (not place or embedding_space.VIEW.fullmatch(place)):
        link.set(place=place)
        canvas.shows(("es_map",), {"view": place})


def chosen(value: Any) -> None:
    """Keep the words that were chosen with the lasso, for the button under the map."""
    words = value.get("words") if isinstance(value, Mapping) else None
    if isinstance(words, (list, tuple)):
        kept = [str(word)[:LONGEST_WORD].replace("\0", "") for word in words[: embedding_space.MOST_CHOSEN]]
        own(Lasso).words = tuple(kept)


def lassoed(page: Opened) -> None:
    """A button that maps only the words that were chosen with the lasso."""
    words = own(Lasso).words
    if name(page) == "map" and page.link.get("source") == "table" and len(words) > 1:
        st.button(
            page.words("lasso.button", count=len(words)), key="es_lasso", icon=":material/lasso_select:",
            on_click=_only, args=(page, tuple(words)), help=page.words("lasso.help"),
        )  # fmt: skip


def _only(page: Opened, words: tuple[str, ...]) -> None:
    own(Lasso).words = ()
    permalink.link(page.declared.stem).set(
        source="list", own="\n".join(words), method="pca", place="", by="table"
    )


def mount(page: Opened, found: Any, **handlers: Callable[[Any], None]) -> None:
    """Draw the present view's canvas; it keeps its place and data while only its own state changes."""
    view = VIEWS[name(page)]
    data = canvas.packed(
        view.maker, found, words=page.words.sub(f"canvas_{name(page)}"),
        state=canvas.state_to_push(view.key, view.shows(page)), language=page.link.language,
        caption=caption(page), **view.options(page),
    )  # fmt: skip
    canvas.mount(view.component, data, key=view.key, height="content", **handlers)


def downloads(page: Opened, found: Any) -> None:
    """The figure and its numbers to take home."""
    view, id = VIEWS[name(page)], name(page)
    html = export.standalone_of(page)
    payload = view.maker(
        found, page.words.sub(f"canvas_{id}"), {**view.shows(page)}, language=page.link.language,
        caption=caption(page), **view.options(page),
    )  # fmt: skip
    columns, rows = view.rows(found)
    table = export.table(columns, rows)
    export.buttons(page, [
        ("export.html", f"{id}.html", "text/html", lambda: html(view.component, payload)),
        ("export.csv", f"{id}.csv", "text/csv", lambda: table),
        ("export.data_json", f"{id}.json", "application/json", lambda: export.as_json(found)),
    ])  # fmt: skip


def caption(page: Opened) -> str:
    """What a picture taken away says of itself: the page, the view, and where the vectors come from."""
    return (
        f"Glassbox · {page.words('page.title')} · {page.words(f'params.view.{name(page)}')} · {title(page)}"
    )


def title(page: Opened) -> str:
    """Where the vectors of the present view come from."""
    shown, source = name(page), str(page.link.get("source"))
    if shown in ("analogy", "onehot", "compress") or (shown == "map" and source == "table"):
        return page.words(f"titles.{page.link.get('table')}")
    if shown == "map" and source == "list" and page.link.get("by") == "table":
        return page.words("titles.list")
    return f"{page.words(f'titles.{source}')} · {page.link.model}" if shown == "map" else page.link.model


def _nothing(_: Opened) -> dict[str, Any]:
    return {}


def _map_shows(page: Opened) -> dict[str, Any]:
    place = str(page.link.get("place"))
    return {
        "word": str(page.link.get("word")),
        "view": place if embedding_space.VIEW.fullmatch(place) else "",
    }


def _map_options(page: Opened) -> dict[str, Any]:
    source, table = str(page.link.get("source")), str(page.link.get("table"))
    return {
        "title": title(page),
        "dimensions": DIMENSIONS[table] if source == "table" else 0,
        "groups": dict(page.words.items("groups" if source == "table" else "topics")),
    }


def _senses_options(page: Opened) -> dict[str, Any]:
    chosen = str(page.link.get("set"))
    own = chosen == embedding_calls.OWN
    return {"titles": {} if own else meanings.sense_set(chosen).titles.get(page.link.language, {})}


def _topics(page: Opened) -> dict[str, Any]:
    return {"titles": meanings.topic_titles(page.link.language)}


def _shows(*names: str) -> Callable[[Opened], dict[str, Any]]:
    return lambda page: {name: page.link.get(name) for name in names}


VIEWS: dict[str, View] = {
    "map": View(
        "embedding_map", "es_map", embedding_space.map_payload, _map_shows, _map_options,
        embedding_tables.map_table,
    ),
    "analogy": View(
        "analogy_path", "es_analogy", embedding_space.analogy_payload, _nothing, _nothing,
        embedding_tables.analogy_table,
    ),
    "onehot": View(
        "one_hot", "es_onehot", embedding_space.one_hot_payload, _nothing, _nothing,
        embedding_tables.one_hot_table,
    ),
    "senses": View(
        "sense_layers", "es_senses", embedding_models.senses_payload, _shows("layer"), _senses_options,
        embedding_tables.senses_table,
    ),
    "sentences": View(
        "sentence_grid", "es_sentences", embedding_models.sentences_payload, _shows("pair"), _topics,
        embedding_tables.sentences_table,
    ),
    "anisotropy": View(
        "layer_spread", "es_spread", embedding_models.spread_payload, _shows("layer"), _nothing,
        embedding_tables.spread_table,
    ),
    "compress": View(
        "compression_curve", "es_curve", embedding_space.compression_payload, _nothing,
        lambda page: {"kinds": dict(page.words.items("kinds"))}, embedding_tables.compression_table,
    ),
}  # fmt: skip
"""By id; the words of a view's canvas are the table ``canvas_<id>`` of the page's word file."""
