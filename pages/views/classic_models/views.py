"""The views of ``classic_models``."""

from __future__ import annotations

import itertools
from functools import partial
from typing import Any

import streamlit as st

from core.catalog import State
from core.catalog.classic_models import CHOSEN, OWN
from core.compute.classic_models import calls, judged, ngrams, states, transformer
from core.compute.classic_models.counts import HIGHEST
from core.data.classic_corpora import MOST_BYTES
from core.figures.classic_models import ngrams as figures
from core.figures.classic_models import states as hidden
from core.models.needs import DECODER
from core.numbers import ten
from pages.kit import controls, models, own_text, prompt, reading
from pages.kit.frame import Opened
from pages.kit.view import Chart, Draw, Found, Rows, Table, View

STEM = "classic_models"


# --- what stands above the figure -------------------------------------------------------------------------


def head(page: Opened) -> None:
    """The choice of the view; then the text and the model."""
    controls.parts(page, "view")
    prompt.strip(page)


def bare_head(page: Opened) -> None:
    """The choice of the view, where no text is read."""
    controls.parts(page, "view")


def fields(*names: str) -> Draw:
    """What can be set: the corpus and its pieces, and what the view needs besides."""

    def draw(page: Opened) -> None:
        if page.link.shared("present"):
            return
        with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
            controls.choice(page, "corpus", sets=CHOSEN)
            controls.choice(page, "unit")
            for name in names:
                FIELDS[name](page)
        if page.link.get("corpus") == OWN:
            own_text.box(page, most=MOST_BYTES)

    return draw


def _narrow(name: str, *, step: float, page: Opened) -> None:
    with st.container(width=190):
        controls.number(page, name, step=step)


def _model(page: Opened) -> None:
    with st.container(width=260):
        controls.model(page)


FIELDS: dict[str, Draw] = {
    "case": lambda page: controls.choice(page, "case"),
    "smooth": lambda page: controls.choice(page, "smooth"),
    "order": lambda page: _narrow("order", step=1, page=page),
    "temp": lambda page: _narrow("temp", step=0.1, page=page),
    "seed": lambda page: _narrow("seed", step=1, page=page),
    "states": lambda page: _narrow("states", step=1, page=page),
    "model": _model,
}


def state(page: Opened) -> State:
    """The page's state with the visitor's own text, which is in no link."""
    return {**page.state(), "own": own_text.typed(STEM)}


def empty(page: Opened) -> None:
    """That there is no text of one's own yet."""
    if page.link.get("corpus") == OWN and not own_text.typed(STEM):
        st.info(page.words("own.empty"), icon=":material/edit_note:")


# --- what comes next --------------------------------------------------------------------------------------


def shared_axis(_: Opened, found: Found) -> dict[str, Any]:
    """Both charts end at the same probability."""
    pair = (found.of(ngrams.following), found.of(transformer.expected))
    return {"most": figures.most_of(*(one.probability for one in pair))}


NEXT = (
    Chart("cm_next", figures.following, takes=lambda f: (f.of(ngrams.following),), options=shared_axis),
    Chart("cm_model", figures.expected, takes=lambda f: (f.of(transformer.expected),), options=shared_axis),
    Chart("cm_reach", figures.reach, takes=lambda f: (f.of(transformer.reach),)),
)


def side_by_side(page: Opened, found: Found) -> None:
    """The n-gram model's chart beside the Transformer's."""
    for column, one in zip(st.columns(2, gap="medium"), NEXT, strict=False):
        with column:
            one.mount(page, found)
    if found.of(transformer.reach) is not None and not page.link.shared("present"):
        NEXT[2].mount(page, found)


def say_next(page: Opened, found: Found) -> None:
    """What the n-gram model could look at, and whether both expect the same."""
    counted, other = found.of(ngrams.following), found.of(transformer.expected)
    read, count, types = judged.seen(counted)
    context = page.words("list_separator").join(counted.context)
    if not counted.context:
        st.markdown(page.words("notice.next_none"))
    elif not read:
        st.markdown(page.words("notice.next_new", context=context))
    else:
        values = {
            "most": len(counted.context),
            "context": context,
            "read": read,
            "count": count,
            "types": types,
        }
        st.markdown(page.words("notice.next_seen", **values))
    id = "next_other" if judged.first_differs(counted.pieces, other.pieces) else "next_same"
    reading.line(
        page, f"notice.{id}", found.badge, piece=counted.pieces[0], other=other.pieces[0],
        model=models.title(page.model),
    )  # fmt: skip
    reading.weakness(page)


def next_rows(page: Opened, found: Found) -> Table:
    """The n-gram model's pieces."""
    one = found.of(ngrams.following)
    return [page.words(f"columns.{name}") for name in figures.NEXT_COLUMNS], figures.next_rows(one)


# --- what it costs ----------------------------------------------------------------------------------------


def named(page: Opened, _: Found) -> dict[str, Any]:
    """The Transformer's title."""
    return {"model": models.title(page.model)}


def costs(function: Any, found: Found) -> tuple[Any, ...]:
    """What n-grams cost, and the Transformer."""
    return found.of(function), found.of(transformer.read_held_out)


def say_cost(page: Opened, found: Found) -> None:
    """Which model takes fewest bits, and what add-k does with long contexts."""
    counted, model = found.of(ngrams.held_out), found.of(transformer.read_held_out)
    if model is not None:
        smoothing, order, bits = judged.best(counted)
        id = "cost_model" if model.bits < bits else "cost_ngram"
        reading.line(
            page, f"notice.{id}", found.badge, smoothing=page.words(f"charts.{smoothing}"), order=order, bits=bits,
            model=models.title(page.model), other=model.bits, less=judged.apart(bits, model.bits),
        )  # fmt: skip
    at, more = judged.added(counted)
    st.markdown(
        page.words("notice.cost_add_worse" if more > 0 else "notice.cost_add_better", order=at, more=more)
    )
    if model is not None and judged.is_foreign(page.model, str(page.link.get("corpus"))):
        st.caption(page.words("notice.cost_foreign", model=models.title(page.model)))
    cut(page)


def cut(page: Opened) -> None:
    """Where only the beginning of a long text of one's own is used."""
    given = len(own_text.typed(STEM).encode()) if page.link.get("corpus") == OWN else 0
    if given > MOST_BYTES:
        st.caption(page.words("own.cut", given=given, used=MOST_BYTES))


def cost_rows(page: Opened, found: Found) -> Table:
    """Every n-gram model's bits per byte."""
    words = page.words.get("charts")
    columns = [page.words(f"columns.{name}") for name in figures.COST_COLUMNS]
    return columns, figures.cost_rows(found.of(ngrams.held_out), words)


# --- counts -----------------------------------------------------------------------------------------------


def say_counts(page: Opened, found: Found) -> None:
    """How little of what is possible occurs."""
    counted, order = found.values[0], int(page.link.number("order"))
    share, distinct, once = judged.unseen(counted, order)
    reading.line(
        page, "notice.counts", found.badge, pieces=counted.pieces, vocabulary=counted.vocabulary, order=order,
        possible=ten(round(float(counted.possible[order - 1]))), distinct=distinct, once=once, unseen=share,
    )  # fmt: skip
    cut(page)


def count_rows(page: Opened, found: Found) -> Table:
    """One row an order."""
    columns = [page.words(f"columns.{name}") for name in figures.COUNT_COLUMNS]
    return columns, figures.count_rows(found.values[0])


# --- texts ------------------------------------------------------------------------------------------------


def counted_texts(found: Found) -> tuple[Any, ...]:
    """The texts of the n-gram models, by their order."""
    return (tuple(one for one in found.values if isinstance(one, ngrams.Written)),)


COPIED = Chart("cm_copied", figures.copied, takes=counted_texts)


def draw_texts(page: Opened, found: Found) -> None:
    """Each model's text, and how much of it is copied."""
    COPIED.mount(page, found)
    with st.container(key="cm_texts"):
        columns = itertools.cycle(st.columns(2, gap="medium"))
        for column, asked, one in zip(columns, found.calls, found.values, strict=False):
            with column.container(border=True, gap="xxsmall"):
                st.caption(f"**{_writer(page, asked.arguments, one)}**")
                st.text(one.text)


def _writer(page: Opened, arguments: Any, one: Any) -> str:
    if isinstance(one, ngrams.Written):
        return page.words("written.ngram", order=int(arguments["order"]))
    return page.words("written.states") if isinstance(one, states.Walk) else models.title(page.model)


def say_texts(page: Opened, found: Found) -> None:
    """How much the longest n-grams copy."""
    order = HIGHEST
    long = found.values[order - 1]
    reading.line(page, "notice.write", found.badge, order=order, copied=judged.copied(long, order))
    reading.weakness(page)


# --- hidden states ----------------------------------------------------------------------------------------


def say_states(page: Opened, found: Found) -> None:
    """What was trained, and whether a state has become that of the vowels."""
    made = found.of(states.train_states)
    reading.line(
        page, "notice.states", found.badge, count=len(made.share), pieces=made.pieces,
        steps=len(made.log_likelihood) - 1, bits=made.bits,
    )  # fmt: skip
    own = judged.vowels(made)
    if own is not None:
        st.markdown(page.words("notice.states_vowels", state=own[0], share=own[1]))
    else:
        st.caption(page.words("notice.states_plain"))
    cut(page)


def state_rows(page: Opened, found: Found) -> Table:
    """One row a state."""
    columns = [page.words(f"columns.{name}") for name in hidden.STATE_COLUMNS]
    return columns, hidden.state_rows(found.of(states.train_states))


def trained(found: Found) -> tuple[Any, ...]:
    """The trained model alone."""
    return (found.of(states.train_states),)


# --- all of them ------------------------------------------------------------------------------------------

made = partial(View, state=state, without=empty, need=DECODER)
read = partial(made, model=lambda page: calls.model_of(page.state()))
VIEWS = {
    "next": read(
        calls.following, NEXT, say_next, (Rows(next_rows, "next.csv"),), head=head,
        fields=fields("order", "smooth"), draw=side_by_side, sources=(transformer.expected,),
    ),
    "cost": read(
        calls.cost,
        (
            Chart("cm_order", figures.by_order, takes=partial(costs, ngrams.held_out), options=named),
            Chart("cm_size", figures.by_size, takes=partial(costs, ngrams.growth), options=named),
        ),
        say_cost, (Rows(cost_rows, "cost.csv"),), head=bare_head, fields=fields("order", "model"),
        sources=(ngrams.growth, transformer.read_held_out),
    ),
    "counts": made(
        calls.counts, (Chart("cm_unseen", figures.unseen), Chart("cm_table", figures.table)), say_counts,
        (Rows(count_rows, "counts.csv"),), head=bare_head, fields=fields("order"), model=lambda _: "",
    ),
    "write": read(
        calls.written, (COPIED,), say_texts, (), head=bare_head, fields=fields("smooth", "temp", "seed", "model"),
        draw=draw_texts,
    ),
    "states": made(
        calls.hidden,
        (
            Chart("cm_states", hidden.behind),
            Chart("cm_moves", hidden.moves, takes=trained),
            Chart("cm_learning", hidden.learning, takes=trained),
        ),
        say_states, (Rows(state_rows, "states.csv"),), head=head, fields=fields("states", "case"),
        model=lambda _: "", sources=(states.read_states,),
    ),
}  # fmt: skip
