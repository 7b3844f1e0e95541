"""What can be set in each view of the page ``embedding_space``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.catalog import Value
from core.catalog.embedding_space import ANALOGIES, SOURCES, SPOKEN
from core.compute.embedding_space import encodings
from core.compute.embedding_space.calls import OWN
from core.data import meanings
from core.data.uploads import MAX_MEGABYTES
from pages.kit import controls, frame, permalink, prompt
from pages.kit.frame import Opened
from pages.kit.session import emptied, own

FRESH = ("place",)  # other points: what was zoomed into is gone
UPLOAD, ENCODING = "w_es_upload", "w_es_encoding"
THREE_LINES = 520  # pixels; on a phone they share what there is


def head(page: Opened) -> None:
    """The row that chooses the view."""
    controls.parts(page, "view", clears=("word", "layer"))


def of(page: Opened) -> None:
    """The fields of the present view."""
    if not page.link.shared("present"):
        with st.container(key="es_fields", gap="xsmall"):
            FIELDS[str(page.link.get("view"))](page)


def _map(page: Opened) -> None:
    source = str(page.link.get("source"))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        with st.container(width=190):
            titles = {id: page.words(f"params.source.{id}") for id in SOURCES}
            controls.select(page, "source", titles, clears=(*FRESH, "word"))
        if source == "table":
            _table(page)
        controls.choice(page, "method", clears=FRESH)
        controls.choice(page, "dims", clears=FRESH)
        with st.popover(page.words("settings"), icon=":material/tune:", width="content"):
            _settings(page, source)
    READS.get(source, _nothing)(page)


def _table(page: Opened) -> None:
    """Another table has other words: those of the analogy and of the one-hot view change with it."""
    words = {"glove": SPOKEN["en"], "chinese": SPOKEN["zh"]}
    controls.choice(page, "table", clears=(*FRESH, "word"), sets={
        id: {name: own[name] for name in ("a", "b", "c", "words")} for id, own in words.items()
    })  # fmt: skip


def _settings(page: Opened, source: str) -> None:
    method = str(page.link.get("method"))
    if source in ("table", "input"):
        controls.number(page, "count", step=50, clears=FRESH)
    if source == "hidden":
        controls.number(page, "layer", high=MOST_LAYERS, clears=FRESH)
    if method == "umap":
        controls.number(page, "neighbours", clears=FRESH)
        controls.number(page, "min_dist", step=0.01, clears=FRESH)
    if method == "tsne":
        controls.number(page, "perplexity", clears=FRESH)
    if method == "pca":
        st.caption(page.words("pca_exact"))
    if method == "umap":  # t-SNE starts from PCA: it has nothing that a seed would change
        controls.number(page, "seed", clears=FRESH)


MOST_LAYERS = 32


def _nothing(page: Opened) -> None:
    """A table needs no more fields."""


def _own(page: Opened) -> None:
    left, right = st.columns([3, 2], gap="medium")
    with left:
        controls.box(page, "own", clears=(*FRESH, "word"))
    with right:
        _upload(page)
        controls.choice(page, "by", clears=FRESH)
        if page.link.get("by") == "encoder":
            controls.model(page)


def _upload(page: Opened) -> None:
    words = page.words
    st.html(f"<style>{UPLOAD_STYLE.replace(BUTTON, words('upload.button'))}</style>")
    st.file_uploader(
        words("upload.label"), type=["csv", "txt", "tsv"], key=UPLOAD, help=words("upload.help"),
        max_upload_size=MAX_MEGABYTES, on_change=_other_file,
    )  # fmt: skip
    if _file().content:
        st.caption(words("upload.instead"))
        with frame.guard(words):
            _encoding(page)


def _other_file() -> None:
    st.session_state.pop(ENCODING, None)


def _encoding(page: Opened) -> None:
    """The choice of an encoding where the file can be read in several."""
    found = read()
    if found and len(found.others) > 1:
        st.session_state[ENCODING] = found.encoding
        st.selectbox(
            page.words("upload.encoding"), found.others, key=ENCODING, format_func=lambda id: encodings.ENCODINGS[id],
        )  # fmt: skip


BUTTON = "$button"  # what the style has in place of the word
UPLOAD_STYLE = """
.st-key-w_es_upload [data-testid="stFileUploaderDropzoneInstructions"] { display: none; }
.st-key-w_es_upload [data-testid="stFileUploaderDropzone"] { padding: 0.4rem; min-height: 0; }
.st-key-w_es_upload [data-testid="stFileUploaderDropzone"] button > * { display: none; }
.st-key-w_es_upload [data-testid="stFileUploaderDropzone"] button::after { content: "$button"; }
"""


def uploaded(page: Opened) -> dict[str, Value]:
    """The page's state, with the visitor's file in place of the list. Errors: those of reading it."""
    state, found = page.state(), read() if page.link.get("source") == "list" else None
    return {**state, "own": found.text} if found else state


@dataclass(slots=True)
class Upload:
    """The id of the file in the uploader, and what it held."""

    file: str = ""
    given: encodings.Given = field(default_factory=encodings.Given)


def read() -> encodings.Decoded | None:
    """The visitor's file as text; None without one. Errors: why it was refused."""
    found = _file()
    if found.refused:
        raise found.refused.bare()
    return (
        encodings.decode(found.content, str(st.session_state.get(ENCODING) or "")) if found.content else None
    )


def _file() -> encodings.Given:
    """What the file in the uploader held when it came; nothing of one that is refused or taken out."""
    mine, held = own(Upload), st.session_state.get(UPLOAD)
    file = getattr(held, "file_id", "")
    if file != mine.file:
        mine.file, mine.given = file, encodings.Given()
        if isinstance(held, UploadedFile):
            mine.given = encodings.given(emptied(UPLOAD))
    return mine.given


def _text(page: Opened) -> None:
    left, right = st.columns([5, 2], gap="medium")
    with left:
        controls.text(page)
    with right:
        controls.model(page)
    prompt.examples(page)


def _only_model(page: Opened) -> None:
    with st.container(width=420):
        controls.model(page)


READS: dict[str, Callable[[Opened], None]] = {
    "list": _own,
    "input": _only_model,
    "hidden": _text,
    "lines": _text,
}


def _analogy(page: Opened) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        with st.container(horizontal=True, width=THREE_LINES, gap="small", wrap=False):
            for name in "abc":
                with st.container(width="stretch"):
                    controls.line(page, name, clears=("word",))
        _table(page)
    offered = {f"{a} − {b} + {c}": (a, b, c) for a, b, c in ANALOGIES[str(page.link.get("table"))]}
    now = tuple(page.link.get(name) for name in "abc")
    pressed = next((title for title, words in offered.items() if words == now), None)
    prompt.pills(
        page, {title: title for title in offered}, pressed, lambda title: _triple(page, *offered[title])
    )


def _triple(page: Opened, a: str, b: str, c: str) -> None:
    permalink.link(page.declared.stem).set(a=a, b=b, c=c, word="")


def answers(page: Opened, words: Sequence[str]) -> None:
    """The answers, of which the neighbours of one can be shown; not in a lecture."""
    if not page.link.shared("present"):
        controls.offered(page, "word", words, label="look_at")


def _onehot(page: Opened) -> None:
    left, right = st.columns([5, 2], gap="medium", vertical_alignment="bottom")
    with left:
        controls.line(page, "words")
    with right:
        _table(page)


def _senses(page: Opened) -> None:
    titles = {one.id: page.words(f"sets.{one.id}") for one in meanings.sense_sets()}
    left, right = st.columns(2, gap="medium")
    with left:
        controls.select(page, "set", {**titles, OWN: page.words("sets.own")}, clears=("layer", "word"))
    with right:
        controls.model(page)
    if page.link.get("set") == OWN:
        with left:
            controls.line(page, "word")
        with right:
            controls.box(page, "lines", height=160)


def _sentences(page: Opened) -> None:
    left, right = st.columns(2, gap="medium", vertical_alignment="bottom")
    with left:
        controls.model(page)
    with right, st.popover(page.words("own_pairs"), icon=":material/edit:", width="content"):
        controls.box(page, "pairs", height=220, clears=("pair",))
        controls.reset(page, "pairs", label="params.pairs.reset")


def _anisotropy(page: Opened) -> None:
    left, right = st.columns(2, gap="medium", vertical_alignment="bottom")
    with left:
        controls.choice(page, "on", clears=("layer",))
    if page.link.get("on") == "text":
        _text(page)
    else:
        with right:
            controls.model(page)


def _compress(page: Opened) -> None:
    _table(page)


FIELDS: dict[str, Callable[[Opened], None]] = {
    "map": _map,
    "analogy": _analogy,
    "onehot": _onehot,
    "senses": _senses,
    "sentences": _sentences,
    "anisotropy": _anisotropy,
    "compress": _compress,
}
