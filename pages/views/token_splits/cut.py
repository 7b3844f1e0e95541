"""Tokenization, first part: the text in several vocabularies, why a piece is cut as it is, other languages."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.compute.token_splits import calls
from core.compute.token_splits.costs import fertility
from core.compute.token_splits.cut import specials, split
from core.compute.token_splits.picks import place, telling
from core.compute.token_splits.reasons import explain_word
from core.figures.token_splits import cut as figures
from core.figures.token_splits import fertility as uneven
from core.models import specs
from pages.kit import canvas, controls, permalink, prompt, reading
from pages.kit.frame import Opened
from pages.kit.view import Canvas, Chart, Data, Found, Rows, View
from pages.views.token_splits import vocabularies

STEM, KEY = "token_splits", "ts_chips"


def head(page: Opened) -> None:
    """The choice of the part, and the example texts: the text box is in the canvas."""
    controls.parts(page)
    prompt.examples(page)


def typed(value: Any) -> None:
    """The text was changed in the canvas."""
    prompt.take(permalink.link(STEM), (KEY,), value)


def pick(page: Opened, found: Found) -> tuple[str, str]:
    """The vocabulary and the piece of text whose cut is explained."""
    return telling(found.of(split), str(page.link.get("by")), str(page.link.get("piece")))


def offer(page: Opened, found: Found) -> dict[str, Any]:
    """What the canvas takes besides the cuts: without any, its lanes are empty and can still be changed."""
    missing = found.of(split) is None
    return {
        "pick": pick(page, found), "vocabularies": vocabularies.offered(page), "language": page.link.language,
        "hub": specs.open_to_all(), "asked": calls.chosen(page.state()),
        "failed": missing and bool(page.link.text.strip()),
    }  # fmt: skip


def reason(page: Opened, found: Found) -> dict[str, Any]:
    """Which piece is explained, and how many tokens share it."""
    by, piece = pick(page, found)
    _, count = place(found.of(split), by, piece)
    title = vocabularies.title(page, by)
    return {"piece": piece, "count": count, "title": title, "language": page.link.language}


def names(page: Opened, found: Found) -> dict[str, Any]:
    """The names of the vocabularies and of the languages."""
    titles = [vocabularies.title(page, id) for id in found.of(fertility).vocabularies]
    return {"titles": titles, "languages": page.words.get("languages")}


CHIPS = Canvas(
    "token_chips", KEY, figures.payload, words="chips", shows=("show", "limit"),
    state=lambda page, _: {"text": page.link.text}, takes=lambda found: (found.of(split),), options=offer, caption=None,
    on={
        "typed": typed,
        "chosen": canvas.committer(STEM, KEY, ("vocab",)),  # a vocabulary was added, taken away or replaced
        "pick": canvas.committer(STEM, KEY, ("by", "piece")),  # the text of a token, in its vocabulary
    },
    html=("export.chips", "tokens.html"), alone={"hub": False},
)  # fmt: skip
TREE = Canvas(
    "merge_tree", "ts_tree", figures.explain_payload, words="tree", takes=lambda found: (found.of(explain_word),),
    options=reason, caption=None,
)  # fmt: skip
LANGUAGES = Chart(
    "ts_fertility", uneven.figure, words="fertility", takes=lambda found: (found.of(fertility),), options=names,
)  # fmt: skip


def say(page: Opened, found: Found) -> None:
    """What to do with the cuts; how the vocabulary came to cut one piece as it does; other languages."""
    reading.line(page, "notice.cut", found.badge)
    _marks(page, found)
    TREE.mount(page, found)
    if not page.link.shared("present"):
        st.subheader(page.words("fertility.title"), anchor=False)
        st.markdown(page.words("fertility.lead"))
        LANGUAGES.mount(page, found)
        _most_uneven(page, found)


def _marks(page: Opened, found: Found) -> None:
    """Which names in the text are special tokens, and in which vocabularies."""
    places: dict[tuple[str, ...], list[str]] = {}
    for name, ids in specials(found.of(split)).items():
        places.setdefault(tuple(vocabularies.title(page, id) for id in ids), []).append(name)
    for titles, names in places.items():
        reading.control(page, "notice.control_cut", names, titles=page.words("list_separator").join(titles))


def _most_uneven(page: Opened, found: Found) -> None:
    """The language and the vocabulary that go together worst; what a star means, where there is one."""
    told, called = found.of(fertility), names(page, found)
    vocabulary, language = uneven.worst(told)
    st.markdown(
        page.words(
            "fertility.worst", title=called["titles"][vocabulary], times=float(told.ratio[vocabulary, language]),
            language=called["languages"].get(told.languages[language], told.names[language]),
        )
    )  # fmt: skip
    if told.unknown.any():
        st.caption(page.words("fertility.star"))


VIEW = View(
    calls.cut,
    (CHIPS,),
    say,
    (
        Rows(lambda _, found: (figures.COLUMNS, figures.rows(found.of(split))), "tokens.csv", "export.tokens_csv"),
        Data(lambda found: found.of(split), "tokens.json"),
    ),
    head=head,
    without=lambda page: CHIPS.mount(page, Found((), ())),
    model=lambda _: "",
)  # fmt: skip
