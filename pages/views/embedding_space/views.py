"""The views of the page ``embedding_space``: what each computes, how it is drawn, what can be taken home."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from core.compute.embedding_space import calls
from core.data import meanings
from core.data.word_tables import DIMENSIONS
from core.figures.embedding_space import (
    analogies,
    compression,
    matrices,
    partners,
    rows,
    senses,
    spread,
    tables,
)  # fmt: skip
from pages.kit import canvas, controls, permalink
from pages.kit.canvas import committer
from pages.kit.frame import Opened
from pages.kit.session import own
from pages.kit.view import Canvas, Chart, Data, Found, Rows, Table, View
from pages.views.embedding_space import fields, notices

STEM = "embedding_space"
LONGEST_WORD = 80


# --- what the canvases commit -----------------------------------------------------------------------------


@dataclass(slots=True)
class Lasso:
    """The words that were chosen last."""

    words: tuple[str, ...] = ()


def placed(value: Any) -> None:
    """Take over what a map shows: zoom, centre and turn, as one word in the link."""
    place = value.get("view") if isinstance(value, Mapping) else None
    if isinstance(place, str) and (not place or tables.VIEW.fullmatch(place)):
        permalink.link(STEM).set(place=place)
        canvas.shows(("es_map",), {"view": place})


def chosen(value: Any) -> None:
    """Keep the words that were chosen with the lasso, for the button under the map."""
    words = value.get("words") if isinstance(value, Mapping) else None
    if isinstance(words, (list, tuple)):
        kept = [str(word)[:LONGEST_WORD].replace("\0", "") for word in words[: tables.MOST_CHOSEN]]
        own(Lasso).words = tuple(kept)


def lassoed(page: Opened) -> None:
    """A button that maps only the words that were chosen with the lasso."""
    words = own(Lasso).words
    if page.link.get("source") == "table" and len(words) > 1:
        st.button(
            page.words("lasso.button", count=len(words)), key="es_lasso", icon=":material/lasso_select:",
            on_click=_only, args=(page, words), help=page.words("lasso.help"),
        )  # fmt: skip


def _only(page: Opened, words: tuple[str, ...]) -> None:
    own(Lasso).words = ()
    permalink.link(page.declared.stem).set(
        source="list", own="\n".join(words), method="pca", place="", by="table", word=""
    )


# --- sentences --------------------------------------------------------------------------------------------


def say_map(page: Opened, found: Found) -> None:
    """How far the map can be trusted; the words that were circled, and those nearest to a picked one."""
    notices.of_map(page, found)
    lassoed(page)
    notices.nearest(page)


def say_analogy(page: Opened, found: Found) -> None:
    """The answer; and the words nearest to one that was chosen."""
    notices.of_analogy(page, found)
    fields.answers(page, found.values[0].words)
    notices.nearest(page)


def say_senses(page: Opened, found: Found) -> None:
    """How far the senses part, and the sentences."""
    notices.of_senses(page, found)
    notices.sentences_of_senses(page, found.values[0], sense_titles(page))


# --- canvases ---------------------------------------------------------------------------------------------


def caption(page: Opened, _: Found) -> str:
    """What a picture taken away says of itself: the page, the view, and where the vectors come from."""
    view = page.words(f"params.view.{page.link.get('view')}")
    return f"Glassbox · {page.words('page.title')} · {view} · {title(page)}"


def title(page: Opened) -> str:
    """Where the vectors of the present view come from."""
    shown, source = page.link.get("view"), str(page.link.get("source"))
    if shown in ("analogy", "onehot", "compress") or (shown == "map" and source == "table"):
        return page.words(f"titles.{page.link.get('table')}")
    if shown == "map" and source == "list" and page.link.get("by") == "table":
        return page.words("titles.list")
    return f"{page.words(f'titles.{source}')} · {page.model}" if shown == "map" else page.model


def place_of_map(page: Opened, _: Found) -> dict[str, Any]:
    """The word that is picked, and where the map is looked at from."""
    place = str(page.link.get("place"))
    return {"word": str(page.link.get("word")), "view": place if tables.VIEW.fullmatch(place) else ""}


def plain(page: Opened) -> dict[str, Any]:
    """Where a canvas takes no more than its result."""
    del page
    return {}


def map_options(page: Opened) -> dict[str, Any]:
    """What is mapped, and what its groups are called."""
    source, table = str(page.link.get("source")), str(page.link.get("table"))
    return {
        "title": title(page),
        "dimensions": DIMENSIONS[table] if source == "table" else 0,
        "groups": dict(page.words.items("groups" if source == "table" else "topics")),
    }


def sense_titles(page: Opened) -> Mapping[str, str]:
    """What the senses of a bundled set are called."""
    chosen = str(page.link.get("set"))
    return {} if chosen == calls.OWN else meanings.sense_set(chosen).titles.get(page.link.language, {})


def sense(page: Opened) -> dict[str, Any]:
    """The layer that is looked at, and what the senses are called."""
    return {**layer(page), "titles": sense_titles(page)}


def lecture(page: Opened) -> dict[str, Any]:
    """Whether the type is large."""
    return {"lecture": bool(page.link.shared("present"))}


def kinds(page: Opened) -> dict[str, Any]:
    """What the kinds of compression are called."""
    return {"kinds": dict(page.words.items("kinds"))}


def pair(page: Opened) -> dict[str, Any]:
    """The pair that is looked at."""
    return {"pair": page.link.number("pair")}


def layer(page: Opened) -> dict[str, Any]:
    """The layer that is looked at."""
    return {"layer": page.link.number("layer")}


def model(page: Opened) -> str:
    """The model behind the present view; "" where its vectors come from a table."""
    return next(calls.calls(page.state())).model


def part(
    id: str,
    drawn: Canvas | tuple[Chart, ...],
    table: Callable[[Any], Table],
    say: Callable[[Opened, Found], None],
    options: Callable[[Opened], dict[str, Any]] = plain,
) -> View:
    """A view of one result: its figure with words and file of its own, and the result as a table and as data."""

    def given(page: Opened, _: Found) -> dict[str, Any]:
        return {"language": page.link.language, **options(page)}

    html, figures = ("export.html", f"{id}.html"), tuple[Canvas | Chart, ...]()
    if isinstance(drawn, Canvas):
        figures = (replace(drawn, words=f"canvas_{id}", options=given, caption=caption, html=html),)
    else:
        named = ((one, one.html if one.html[1] else html) for one in drawn)
        figures = tuple(replace(one, words=f"chart_{id}", options=given, html=own) for one, own in named)
    return View(
        calls.VIEWS[id],
        figures,
        say,
        (
            Rows(lambda _, found: table(found.values[0]), f"{id}.csv"),
            Data(lambda found: found.values[0], f"{id}.json"),
        ),
        fields=fields.of,
        state=fields.uploaded if id == "map" else Opened.state,
        job="es_job",
        model=model,
    )


ANALOGY = part(
    "analogy",
    (
        Chart("es_analogy", analogies.path),
        Chart("es_answers", analogies.answers, html=("export.answers", "answers.html")),
    ),
    rows.analogy_table,
    say_analogy,
    lecture,
)


def side_by_side(page: Opened, found: Found, view: View, widths: tuple[int, int]) -> None:
    """Two charts of a view beside each other."""
    for column, one in zip(st.columns(list(widths), gap="medium"), view.canvases, strict=True):
        with column:
            one.mount(page, found)


def draw_analogy(page: Opened, found: Found) -> None:
    """The path, and beside it the words that lie where it ends."""
    side_by_side(page, found, ANALOGY, (3, 2))


MATRICES = part(
    "onehot",
    (
        Chart("es_onehot", matrices.sparse),
        Chart("es_dense", matrices.dense, html=("export.dense", "dense.html")),
    ),
    rows.one_hot_table,
    notices.of_onehot,
)


def draw_matrices(page: Opened, found: Found) -> None:
    """Both matrices side by side."""
    side_by_side(page, found, MATRICES, (1, 1))


SENSES = part(
    "senses",
    (
        Chart("es_senses", senses.plane),
        Chart("es_parting", senses.curve, html=("export.layers", "layers.html")),
    ),
    rows.senses_table,
    say_senses,
    sense,
)


def draw_senses(page: Opened, found: Found) -> None:
    """The sentences in a plane with the choice of a layer; beside it how far the senses are apart in all layers."""
    result, (plane, curve) = found.values[0], SENSES.canvases
    left, right = st.columns([3, 2], gap="medium")
    with left:
        plane.mount(page, found)
        titles = senses.stops(result, page.words.get("params.layer.best"), page.link.language)
        shown = senses.layer_of(result, page.link.number("layer"))
        controls.stops(page, "layer", titles, -1 if shown == result.best else shown)
    with right:
        curve.mount(page, found)


SPREAD = part(
    "anisotropy",
    (
        Chart("es_spread", spread.curve),
        Chart("es_cosines", spread.histogram, html=("export.cosines", "cosines.html")),
        Chart("es_directions", spread.directions, html=("export.directions", "directions.html")),
    ),
    rows.spread_table,
    notices.of_anisotropy,
    layer,
)


def draw_spread(page: Opened, found: Found) -> None:
    """The curve over the layers with the choice of one; beside it what makes up that one."""
    large, *small = SPREAD.canvases
    left, right = st.columns([3, 2], gap="medium")
    with left:
        large.mount(page, found)
        controls.along(
            page,
            "layer",
            spread.names(found.values[0]),
            spread.layer_of(found.values[0], page.link.number("layer")),
        )
    with right:
        for one in small:
            one.mount(page, found)


PARTNERS = part(
    "sentences",
    (
        Chart(
            "es_sentences",
            partners.cosines,
            html=("export.cosines_of_pairs", "pairs.html"),
            picks=lambda _, __, row, ___: {"pair": row},
        ),
        Chart("es_plane", partners.raw, html=("export.plane", "plane.html")),
        Chart("es_plane_apart", partners.apart, html=("export.plane_apart", "plane_apart.html")),
    ),
    rows.sentences_table,
    notices.of_sentences,
    pair,
)


def draw_partners(page: Opened, found: Found) -> None:
    """Every sentence with every other, and all of them in a plane, twice; below, the choice of a pair."""
    for column, one in zip(st.columns(len(PARTNERS.canvases)), PARTNERS.canvases, strict=True):
        with column:
            one.mount(page, found)
    titles = partners.titles(found.values[0], page.words.get("pair_title"), page.link.language)
    with st.container(width=620):
        controls.select(page, "pair", {"-1": page.words("params.pair.none"), **titles})


VIEWS = {
    "map": part(
        "map",
        Canvas(
            "embedding_map", "es_map", tables.map_payload, state=place_of_map,
            on={"pick": committer(STEM, "es_map", ("word",)), "view": placed, "lasso": chosen},
        ),
        rows.map_table, say_map, map_options,
    ),
    "analogy": replace(
        ANALOGY, draw=draw_analogy, choices=lambda page, found: fields.answers(page, found.values[0].words),
    ),
    "onehot": replace(MATRICES, draw=draw_matrices),
    "senses": replace(SENSES, draw=draw_senses),
    "sentences": replace(PARTNERS, draw=draw_partners),
    "anisotropy": replace(SPREAD, draw=draw_spread),
    "compress": part(
        "compress", (Chart("es_curve", compression.figure),), rows.compression_table, notices.of_compress, kinds,
    ),
}  # fmt: skip
