"""One sentence to each view of the page ``embedding_space``, computed from the result, that says what to notice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.compute.embedding_space import notices as telling
from core.compute.embedding_space import tables as embedding_space
from core.numbers import decimal
from pages.kit import reading
from pages.kit.cache import Badge, Outcome
from pages.kit.frame import Opened

MOST_NAMED = 12  # words that a sentence lists


def say(page: Opened, found: Outcome[Any]) -> None:
    """The sentence of the present view, with its badge."""
    SAY[str(page.link.get("view"))](page, found.value, found.badge)


def _listed(page: Opened, words: tuple[str, ...]) -> str:
    shown = page.words("list_separator").join(words[:MOST_NAMED])
    return shown + ("…" if len(words) > MOST_NAMED else "")


def _map(page: Opened, found: Any, badge: Badge) -> None:
    trust, kin = found.trustworthiness, telling.kin(found)
    small = "_small" if trust < 0 else ""
    sentences = [
        page.words(f"notice.map_{found.method}{small}", share=telling.explained(found), trust=trust),
        page.words("notice.kin", share=kin) if kin >= 0 else "",
        page.words("notice.missing", count=len(found.missing), words=_listed(page, found.missing))
        if found.missing
        else "",
        page.words("notice.repeated", count=len(found.repeated), words=_listed(page, found.repeated))
        if found.repeated
        else "",
    ]
    st.markdown(f"{page.words.join(*filter(None, sentences))} {page.badge(badge)}")


def _analogy(page: Opened, found: Any, badge: Badge) -> None:
    values: dict[str, Any] = {name: getattr(found, name) for name in "abc"}
    values |= {"best": found.words[0], "cosine": float(found.similarity[0]), "parallel": found.parallel}
    if found.excluded:
        values |= {"input": found.excluded[0], "input_cosine": float(found.excluded_similarity[0])}
    reading.line(page, "notice.analogy_input" if found.excluded else "notice.analogy", badge, **values)


def _onehot(page: Opened, found: Any, badge: Badge) -> None:
    first, second, cosine = telling.closest(found)
    reading.line(page, "notice.onehot", badge, first=first, second=second, cosine=cosine,
                 vocabulary=found.vocabulary, dim=found.dim)  # fmt: skip
    if found.missing:
        st.caption(page.words("notice.missing", count=len(found.missing), words=_listed(page, found.missing)))


def _senses(page: Opened, found: Any, badge: Badge) -> None:
    layer = page.link.number("layer")
    layer = found.best if layer < 0 or layer >= len(found.silhouette) else layer
    silhouette, chance, accuracy = telling.parted(found, layer)
    start = telling.parted(found, 0)[0]
    reading.line(
        page, "notice.senses_best" if layer == found.best else "notice.senses", badge, word=found.word,
        layer=layer, best=found.best, silhouette=silhouette, chance=chance, accuracy=accuracy, start=start,
    )  # fmt: skip
    if found.skipped:
        st.caption(page.words("notice.skipped", count=len(found.skipped), words=_listed(page, found.skipped)))
    if found.causal:
        st.caption(page.words("notice.causal"))


def _sentences(page: Opened, found: Any, badge: Badge) -> None:
    first, second = telling.found_partners(found)
    reading.line(page, "notice.sentences", badge, first=first, second=second, count=len(found.first),
                 partner=found.partner, other=found.other)  # fmt: skip


def _anisotropy(page: Opened, found: Any, badge: Badge) -> None:
    layer, raw, centred = telling.narrowest(found)
    reading.line(page, "notice.anisotropy", badge, layer=layer, raw=raw, centred=centred, tokens=found.tokens)


def _compress(page: Opened, found: Any, badge: Badge) -> None:
    full, _ = telling.kept(found, "float32")
    small, most = telling.kept(found, "int8")
    bits, some = telling.kept(found, "binary")
    reading.line(page, "notice.compress", badge, full=full, int8=small, int8_recall=most, binary=bits,
                 binary_recall=some, queries=found.queries)  # fmt: skip


SAY: dict[str, Callable[[Opened, Any, Badge], None]] = {
    "map": _map,
    "analogy": _analogy,
    "onehot": _onehot,
    "senses": _senses,
    "sentences": _sentences,
    "anisotropy": _anisotropy,
    "compress": _compress,
}


def nearest(page: Opened) -> None:
    """The nearest words of the whole table to the word that was picked, drawn or not drawn on the map."""
    word, view = str(page.link.get("word")).strip(), str(page.link.get("view"))
    if not word or not (view == "analogy" or (view == "map" and page.link.get("source") == "table")):
        return
    found = page.compute(embedding_space.neighbours, table=str(page.link.get("table")), word=word).value
    pairs = [f"{one} {decimal(cosine)}" for one, cosine in zip(found.words, found.similarity, strict=True)]
    st.markdown(page.words("notice.nearest", word=found.word, words=page.words("list_separator").join(pairs)))
