"""One sentence to each view of the page ``embedding_space``, computed from the result, that says what to notice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.compute.embedding_space import calls, lists
from core.compute.embedding_space import notices as telling
from core.compute.embedding_space.contextual import unused_names
from core.compute.embedding_space.encodings import ENCODINGS
from core.data import meanings
from core.figures.embedding_space import partners, senses, spread
from core.numbers import decimal
from pages.kit import frame, reading
from pages.kit.frame import Opened
from pages.kit.text import plain
from pages.kit.view import Found
from pages.views.embedding_space import fields

if TYPE_CHECKING:
    from core.compute.embedding_space.contextual import Senses, Sentences
    from core.compute.embedding_space.maps import Map

MOST_BESIDE = 3  # senses
MOST_NAMED = 12  # words that a sentence lists


def _listed(page: Opened, words: tuple[str, ...]) -> str:
    shown = page.words("list_separator").join(words[:MOST_NAMED])
    return shown + ("…" if len(words) > MOST_NAMED else "")


def of_map(page: Opened, result: Found) -> None:
    """How much of the original space the map keeps, and what became of what was asked for."""
    found = result.values[0]
    sentences = (_kept(page, found), _kin(page, found), _lowered(page, found), *_left_out(page, found))
    st.markdown(f"{page.words.join(*filter(None, sentences))} {page.badge(result.badge)}")
    if read := page.words.join(*filter(None, _own(page))):
        st.caption(read)


def _kept(page: Opened, found: Map) -> str:
    if found.method == "pca":
        share, rest = telling.explained(found), telling.hidden(found)
        return page.words(
            "notice.map_pca" if rest else "notice.map_pca_all", share=share, rest=rest, dims=found.dims
        )
    if found.trustworthiness < 0:
        return page.words(f"notice.map_{found.method}_small")
    return page.words("notice.trust", trust=found.trustworthiness, real=found.real)


def _kin(page: Opened, found: Map) -> str:
    kin = telling.kin(found)
    if kin is None:
        return ""
    told = page.words("notice.kin", near=kin.near, share=kin.share)
    return page.words.join(told, page.words("notice.kin_without", count=kin.without)) if kin.without else told


def _lowered(page: Opened, found: Map) -> str:
    values = telling.lowered(found, calls.asked(page.state()))
    key = "fewer_neighbours" if found.method == "umap" else "lower_perplexity"
    return page.words(f"notice.{key}", **values) if values else ""


def _left_out(page: Opened, found: Map) -> list[str]:
    """What of the visitor's words is not there, or not as they think."""
    told = {name: getattr(found, name) for name in ("missing", "repeated", "unknown")}
    if page.link.get("source") in ("hidden", "lines"):
        told["names"] = unused_names(page.link.text)
    return [page.words(f"notice.{key}", words=_listed(page, words)) for key, words in told.items() if words]


def _own(page: Opened) -> list[str]:
    """As what a visitor's table and file were read."""
    if page.link.get("source") != "list":
        return []
    file, given = fields.read(), lists.parse(str(fields.uploaded(page)["own"]))
    told = [page.words("notice.encoding", name=ENCODINGS[file.encoding])] if file and file.guessed else []
    if isinstance(given, lists.Rows):
        told.append(page.words("notice.table", rows=len(given.labels), columns=_listed(page, given.columns)))
        told += [page.words("notice.table_label", name=given.named)] if given.named else []
        told += [page.words("notice.table_group", name=given.grouped)] if given.grouped else []
        told += [page.words("notice.table_comma")] if given.comma else []
    return told


def of_analogy(page: Opened, result: Found) -> None:
    """The answer, and an input that lies nearer."""
    found = result.values[0]
    values: dict[str, Any] = {name: getattr(found, name) for name in "abc"}
    values |= {"best": found.words[0], "cosine": float(found.similarity[0]), "parallel": found.parallel}
    if found.excluded:
        values |= {"input": found.excluded[0], "input_cosine": float(found.excluded_similarity[0])}
    reading.line(page, "notice.analogy_input" if found.excluded else "notice.analogy", result.badge, **values)
    left_out = page.words("list_separator").join(found.excluded)
    st.caption(page.words.join(*filter(None, (
        page.words("notice.parallel", **values) if found.words else "",
        page.words("notice.plane", share=float(found.explained.sum())),
        page.words("notice.left_out", words=left_out) if left_out else "",
    ))))  # fmt: skip


def of_onehot(page: Opened, result: Found) -> None:
    """The two words whose dense vectors lie nearest."""
    found = result.values[0]
    first, second, cosine = telling.closest(found)
    reading.line(page, "notice.onehot", result.badge, first=first, second=second, cosine=cosine,
                 vocabulary=found.vocabulary, dim=found.dim)  # fmt: skip
    st.caption(page.words(
        "notice.sizes", vocabulary=found.vocabulary, dim=found.dim, sparse=found.sparse_bytes, dense=found.dense_bytes,
    ))  # fmt: skip
    if found.missing:
        st.caption(page.words("notice.missing", count=len(found.missing), words=_listed(page, found.missing)))


def of_senses(page: Opened, result: Found) -> None:
    """How far the senses come apart at a layer, and the sentences of each."""
    found = result.values[0]
    layer = senses.layer_of(found, page.link.number("layer"))
    silhouette, chance, accuracy = telling.parted(found, layer)
    start = telling.parted(found, 0)[0]
    reading.line(
        page, "notice.senses_best" if layer == found.best else "notice.senses", result.badge, word=found.word,
        layer=layer, best=found.best, silhouette=silhouette, chance=chance, accuracy=accuracy, start=start,
    )  # fmt: skip
    if found.skipped:
        st.caption(page.words("notice.skipped", count=len(found.skipped), words=_listed(page, found.skipped)))
    st.caption(page.words("notice.causal" if found.causal else "notice.both_ways"))


def sentences_of_senses(page: Opened, found: Senses, titles: Mapping[str, str]) -> None:
    """The sentences of each sense with the word in bold, a few senses side by side; not in a lecture."""
    told = senses.told(found, titles)
    for start in range(0, 0 if page.link.shared("present") else len(told), MOST_BESIDE):
        row = told[start : start + MOST_BESIDE]
        for column, (name, lines) in zip(st.columns(max(len(row), 2), gap="medium"), row, strict=False):
            said = [page.words("notice.sense_line", before=a, word=b, after=c) for a, b, c in lines]
            column.markdown("\n".join([f"**{plain(name)}**", "", *said]))


def of_sentences(page: Opened, result: Found) -> None:
    """How many sentences have their translation as the nearest; and the pair that is looked at."""
    found = result.values[0]
    first, second = telling.found_partners(found)
    id = "notice.sentences" if telling.all_near(found) else "notice.sentences_apart"
    reading.line(page, id, result.badge, first=first, second=second, count=len(found.first),
                 partner=found.partner, other=found.other)  # fmt: skip
    if partners.split_by_language(found):
        st.caption(page.words("notice.axis"))
    pair = partners.shown(found, page.link.number("pair"))
    if pair >= 0:
        _pair(page, found, pair)


def _pair(page: Opened, found: Sentences, pair: int) -> None:
    """A pair, and the sentences nearest to its left side."""
    _, right = partners.sides(found, page.words.get("chart_sentences"))
    topic, rank = meanings.topic_titles(page.link.language), int(found.rank_first[pair])
    place = "notice.rank_first" if rank == 1 else "notice.rank_other"
    told = [
        page.words(
            "notice.pair",
            first=found.first[pair],
            second=found.second[pair],
            topic=topic.get(found.groups[pair], ""),
        ),
        page.words(place, cosine=float(found.similarity[pair, pair]), right=right, rank=rank),
    ]
    near = [
        page.words(
            "notice.partner" if at == pair else "notice.near",
            sentence=found.second[at],
            cosine=float(found.similarity[pair, at]),
        )
        for at in partners.nearest(found, pair)
    ]
    st.markdown("\n\n".join([*told, "\n".join(near)]))


def of_anisotropy(page: Opened, result: Found) -> None:
    """The layer with the narrowest cone; then what is true of the layer that is shown."""
    found = result.values[0]
    layer, raw, centred = telling.narrowest(found)
    reading.line(
        page, "notice.anisotropy", result.badge, layer=layer, raw=raw, centred=centred, tokens=found.tokens
    )
    shown = spread.layer_of(found, page.link.number("layer"))
    st.markdown(page.words("notice.layer", **telling.cone(found, shown)))
    st.caption(page.words.join(
        page.words("notice.one_number", width=found.width, share=float(found.top_dimension[shown])),
        page.words("notice.tokens", tokens=found.tokens, sentences=found.sentences, skipped=found.skipped),
    ))  # fmt: skip


def of_compress(page: Opened, result: Found) -> None:
    """What is left of the neighbours with smaller vectors."""
    found = result.values[0]
    full, _ = telling.kept(found, "float32")
    small, most = telling.kept(found, "int8")
    bits, some = telling.kept(found, "binary")
    reading.line(page, "notice.compress", result.badge, full=full, int8=small, int8_recall=most, binary=bits,
                 binary_recall=some, queries=found.queries)  # fmt: skip
    st.caption(page.words("notice.compress_marks", words=found.words))


def nearest(page: Opened) -> None:
    """The nearest words of the whole table to the word that was picked; the figure stands also where it lacks it."""
    with frame.guard(page.words):
        for asked in calls.nearest(page.state()):
            found = page.run(asked).value
            pairs = [
                f"{one} {decimal(cosine)}" for one, cosine in zip(found.words, found.similarity, strict=True)
            ]
            words = page.words("list_separator").join(pairs)
            st.markdown(page.words("notice.nearest", word=found.word, words=words))
