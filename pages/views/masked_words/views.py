"""The views of ``masked_words``: which models they speak of, what stands above them, and the sentences below."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import streamlit as st

from core.calls import Call
from core.catalog.masked_words import GUESSING, MASKED, RULE_ZH, SHIP, text_for
from core.compute.masked_words import calls
from core.compute.masked_words.calls import kind, masked_model
from core.compute.masked_words.gaps import better, blank, clean, totals
from core.compute.masked_words.pairs import Pairs, cosine, follows, gain
from core.compute.masked_words.rule import chances
from core.data.quality import measured
from core.figures.masked_words import pairs
from core.figures.masked_words import views as figures
from core.models import needs
from core.scripts import has_han
from pages.kit import controls, models, prompt, reading
from pages.kit.frame import Opened
from pages.kit.session import own
from pages.kit.view import Canvas, Chart, Found, Rows, Table, View, drawn, spoken

CLEARED = ("hide", "word")  # what belongs to one text


# --- what stands above the figure -------------------------------------------------------------------------


@dataclass(slots=True)
class Text:
    """The text that was read last with what was chosen in it, and whether it stands in for another."""

    read: str | None = None
    chosen: tuple[Any, ...] = ()
    lent: bool = False


def head(page: Opened) -> None:
    """The choice of the view; then the text and the model."""
    adopt(page)
    controls.parts(page, "view")
    prompt.strip(page, reads=partial(readable, page))


def readable(page: Opened, text: str) -> bool:
    """Whether the model of the view can read an example; the bundled masked model reads English only."""
    return page.model != MASKED or not has_han(text)


def pairs_head(page: Opened) -> None:
    """The choice of the view; then the pairs."""
    adopt(page)
    controls.parts(page, "view")
    if not page.link.shared("present"):
        asked_pairs(page)


def asked_pairs(page: Opened) -> None:
    """The pairs."""
    controls.box(page, "pairs", height=176, clears=("cell",))


def adopt(page: Opened) -> None:
    """A text that the bundled masked model cannot read gives way to one that it can; a new text has its own gaps."""
    link, last, view = page.link, own(Text), str(page.link.get("view"))
    told = text_for(view, link.text)
    if told != link.text and masked_model(link.model) == MASKED:
        link.set(text=told)
        last.lent = True
    elif last.lent and view not in GUESSING:
        last.lent = False
        if link.text == SHIP:
            link.set(text=RULE_ZH)
    if last.read not in (None, link.text) and last.chosen == _chosen(page):
        link.set(**{one: page.declared.param(one).default for one in CLEARED})
    last.read, last.chosen = link.text, _chosen(page)


def _chosen(page: Opened) -> tuple[Any, ...]:
    return tuple(page.link.get(one) for one in CLEARED)


def model(page: Opened) -> str:
    """The model that guesses hidden words."""
    return masked_model(page.link.model)


def second_model(page: Opened) -> None:
    """The choice of the causal model, where the model in hand is none."""
    if page.link.shared("present") or kind(page.link.model) == "decoder":
        return
    left, _ = st.columns([2, 3])
    with left:
        controls.select(page, "reader", models.decoders(page))


# --- sentences --------------------------------------------------------------------------------------------


def say_gap(page: Opened, found: Found) -> None:
    """Which side guesses better over the whole text."""
    told, foreseen = found.values[:2]
    more, less, count = better(told, foreseen)
    masks = [word for word in told.words if blank(word)]
    alone = "notice.gap_blank" if len(masks) == len(told.words) else "notice.gap_none"
    id = "notice.gap" if count else alone
    reading.line(
        page, id, found.badge, masked=models.title(told.model), causal=models.title(foreseen.model),
        more=more, less=less, count=count,
    )  # fmt: skip
    if any(map(blank, told.words[:-1])):
        st.caption(page.words("notice.gap_behind", mask=masks[0]))
    honest(page)
    second_model(page)


def say_rule(page: Opened, found: Found) -> None:
    """How many tokens a roll chooses on average, and how often none."""
    sheet = found.values[0]
    count = sum(not one for one in sheet.tokens.special)
    mean, none = chances(count, float(str(page.link.get("share"))))
    reading.line(page, "notice.rule", found.badge, count=count, mean=mean, none=none)
    st.caption(page.words("notice.sample", count=len(sheet.others), size=sheet.size))


def say_pairs(page: Opened, found: Found) -> None:
    """How often each score finds the first sentence that belongs to a second one."""
    right = {one.kind: one.right for one in found.values}
    id = "notice.pairs" if "follows" in right else "notice.pairs_two"
    reading.line(page, id, found.badge, count=len(found.values[0].second), **right)
    if "follows" not in right:
        st.caption(page.words("notice.pairs_chinese"))
    elif told := measured(MASKED):
        st.caption(page.words("notice.follows", follows=told["follows"]))
    second_model(page)


def say_pseudo(page: Opened, found: Found) -> None:
    """The two perplexities, and what they can be compared by."""
    told, foreseen = found.values
    one, other = totals(told), totals(foreseen)
    reading.line(
        page, "notice.pseudo", found.badge, masked=models.title(told.model), causal=models.title(foreseen.model),
        pseudo=one.per_piece, plain=other.per_piece, bits=one.bits_per_character, other=other.bits_per_character,
    )  # fmt: skip
    honest(page)
    second_model(page)


def honest(page: Opened) -> None:
    """How good our own masked model is, measured, and that it reads no Chinese."""
    if masked_model(page.link.model) != MASKED:
        return
    if has_han(page.link.text):
        st.caption(page.words("notice.weak"))
    if found := measured(MASKED):
        st.caption(
            page.words("notice.own", **{key: found[key] for key in ("first", "five", "unigram", "trigram")})
        )


# --- figures and tables -----------------------------------------------------------------------------------


def guesses(page: Opened, found: Found) -> dict[str, Any]:
    """What the canvases of both models take besides the results."""
    titles = [models.title(one.model) for one in found.values[:2]]
    return {"titles": titles, "text": clean(page.link.text), "language": page.link.language}


def more(found: Found) -> tuple[Any, ...]:
    """Both sides, and what is known of the hidden words: one result, two, or none yet."""
    rest = found.values[2:]
    return (*found.values[:2], rest[0] if len(rest) == 1 else rest or None)


def score(id: str, key: str, function: Callable[..., Pairs]) -> Chart:
    """The chart of one score of the pairs, where it can be had."""

    def options(page: Opened, found: Found) -> dict[str, Any]:
        return {"model": models.title(found.of(function).model), "cell": page.link.number("cell")}

    def picked(_: Opened, found: Found, row: int, column: int) -> dict[str, int]:
        return {"cell": pairs.number(found.of(function), row, column)}

    return Chart(
        key, pairs.figure, words="chart_pairs", takes=lambda found: (found.of(function),), options=options,
        html=(f"export.{id}", f"{id}.html"), there=lambda found: found.of(function) is not None,
        picks=picked,
    )  # fmt: skip


def draw_pairs(page: Opened, found: Found) -> None:
    """The scores side by side; below, the cell that is looked at, and all sentences."""
    charts, words, told = drawn(PAIRS, found), page.words.get("chart_pairs"), found.values[0]
    for column, one in zip(st.columns(len(charts)), charts, strict=True):
        with column:
            one.mount(page, found)
    first, second = pairs.shown(told, page.link.number("cell"))
    with st.container(width=320):
        controls.select(page, "cell", pairs.cells(told, page.link.number("cell"), words, page.link.language))
    st.markdown(page.words("chart_pairs.picked", first=told.first[first], second=told.second[second]))
    st.markdown(pairs.told(found.values, page.link.number("cell"), words, page.link.language))
    lines = [
        page.words("chart_pairs.pair", number=at, first=first, second=second)
        for at, (first, second) in enumerate(zip(told.first, told.second, strict=True), 1)
    ]
    st.caption("\n".join(lines))


def rolls(page: Opened, _: Found) -> Call[Any]:
    """The roll that the browser draws, computed here."""
    return next(calls.rolls(page.state()))


def roll_rows(page: Opened, found: Found) -> Table:
    """The outcome of the roll, token by token."""
    return figures.RULE_COLUMNS, figures.rule_rows(page.run(rolls(page, found)).value)


PAIRS = View(
    calls.pairs,
    (
        score("cosine", "mw_pairs", cosine),
        score("gain", "mw_gain", gain),
        score("follows", "mw_follows", follows),
    ),
    say_pairs,
    (Rows(lambda _, found: (figures.PAIR_COLUMNS, figures.pair_rows(found.values)), "pair_scores.csv"),),
    head=pairs_head,
    aside=asked_pairs,
    choices=lambda page, _: second_model(page),
    how=lambda _, found: found.calls[1],
)  # fmt: skip

VIEWS = {
    "gap": View(
        calls.gap,
        (Canvas("gap_fill", "mw_gap", figures.gap_payload, shows=("hide", "several"), takes=more, options=guesses),),
        say_gap,
        (Rows(lambda _, found: (figures.GAP_COLUMNS, figures.gap_rows(*found.values[:2])), "gap_fill.csv"),),
        aside=second_model,
        model=model,
        need=needs.MASKED,
    ),
    "rule": View(
        calls.rule,
        (
            Canvas(
                "mask_rule", "mw_rule", figures.rule_payload,
                shows=("seed", "share", "rolls", "epochs", "copies"), options=spoken,
            ),
        ),
        say_rule,
        (Rows(roll_rows, "mask_rule.csv"),),
        how=rolls,
    ),
    "pairs": replace(PAIRS, draw=draw_pairs),
    "pseudo": View(
        calls.both,
        (Canvas("pseudo_strip", "mw_pseudo", figures.pseudo_payload, shows=("word",), options=guesses),),
        say_pseudo,
        (Rows(lambda _, found: (figures.PSEUDO_COLUMNS, figures.pseudo_rows(*found.values)), "pseudo_strip.csv"),),
        aside=second_model,
        model=model,
        need=needs.MASKED,
    ),
}  # fmt: skip
