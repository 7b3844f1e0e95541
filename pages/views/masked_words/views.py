"""Which models the views of ``masked_words`` speak of, what each computes, and the sentences under it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.catalog.masked_words import CAUSAL, ENCODER, GUESSING, MASKED, RULE_ZH, SHIP, text_for
from core.compute.masked_words import gaps as compute
from core.compute.masked_words import pairs as sentence_pairs
from core.compute.masked_words import rule as masking_rule
from core.data.quality import measured
from core.errors import GlassboxError
from core.models import specs
from pages.kit import cache, controls, fields, permalink, prompt, reading
from pages.kit.cache import Outcome
from pages.kit.frame import Opened, let_it_be_drawn
from pages.views.next_token.sampling import name

CLEARED = ("hide", "word")  # what belongs to one text


def view(page: Opened) -> str:
    """The view in the link."""
    return str(page.link.get("view"))


def masked_model(page: Opened) -> str:
    """The model that fills masks: the one asked for where it may, else the bundled one."""
    try:
        spec = specs.find(page.link.model)
    except GlassboxError:  # the computation says what is wrong with it
        return page.link.model
    if spec.source == "bundled" or spec.kind not in ("encoder", ""):
        return MASKED
    return spec.id


def causal_model(page: Opened) -> str:
    """The model that reads from left to right: the one asked for where it does, else the second one of the link."""
    return page.link.model if _kind(page.link.model) == "decoder" else str(page.link.get("reader")) or CAUSAL


def encoder_model(page: Opened) -> str:
    """The model whose vectors are compared."""
    asked = page.link.model
    return asked if _kind(asked) == "encoder" and asked != MASKED else ENCODER


def _kind(model: str) -> str:
    try:
        return specs.find(model).kind
    except GlassboxError:
        return ""


# --- what stands above the figure -------------------------------------------------------------------------


def adopt(page: Opened) -> None:
    """A text that the bundled masked model cannot read gives way to one that it can; a new text has its own gaps."""
    link, drawer = page.link, permalink.memory()
    told = text_for(view(page), link.text)
    if told != link.text and masked_model(page) == MASKED:
        link.set(text=told)
        drawer["mw_lent"] = True
    elif drawer.get("mw_lent") and view(page) not in GUESSING:
        drawer["mw_lent"] = False
        if link.text == SHIP:
            link.set(text=RULE_ZH)
    before = drawer.get("mw_read", link.text)
    if before != link.text:
        changed = {
            one: page.declared.param(one).default for one in CLEARED if drawer.get("mw_own") == _own(page)
        }
        link.set(**changed)
    drawer |= {"mw_read": link.text, "mw_own": _own(page)}


def _own(page: Opened) -> tuple[Any, ...]:
    return tuple(page.link.get(one) for one in CLEARED)


def head(page: Opened) -> None:
    """The text and the model, or the pairs; then the choice of the view."""
    if view(page) != "pairs":
        prompt.strip(page)
    if page.link.shared("present"):
        return
    controls.parts(page, "view")
    if view(page) == "pairs":
        fields.box(page, "pairs", height=176, clears=("cell",))


def second_model(page: Opened) -> None:
    """The choice of the causal model, where the model in hand is none."""
    if page.link.shared("present") or _kind(page.link.model) == "decoder":
        return
    titles = {
        spec.id: name(spec.id)
        for spec in specs.REGISTRY
        if spec.kind == "decoder" and spec.offered_on("masked_words")
    }
    left, _ = st.columns([2, 3])
    with left:
        fields.select(page, "reader", titles)


# --- results ----------------------------------------------------------------------------------------------


def sides(page: Opened) -> tuple[Outcome[compute.Masked], Outcome[compute.Causal]]:
    """What both models give at every word of the text."""
    return (
        page.compute(compute.masked, model=masked_model(page)),
        page.compute(compute.causal, model=causal_model(page)),
    )


def more_calls(page: Opened, told: compute.Masked, foreseen: compute.Causal) -> list[cache.Asked[Any]]:
    """What is computed for the hidden words besides: the whole text with each candidate, or all gaps at once."""
    text = page.link.text
    hidden = compute.places_of(text, page.link.names("hide"))
    if len(hidden) > 1:
        hide = tuple(str(one) for one in hidden)
        return [
            cache.asked(function, model=model, text=text, hide=hide)
            for function, model in ((compute.fill_masked, told.model), (compute.fill_causal, foreseen.model))
        ]
    place = hidden[0] if hidden else compute.telling(told, foreseen)
    candidates = compute.rivals(told, foreseen, place)
    return [cache.asked(compute.rerank, model=foreseen.model, text=text, place=place, candidates=candidates)]


def at_hand(calls: list[cache.Asked[Any]]) -> Any:
    """Their results where they are bundled or kept: one, or a pair; else None."""
    found = [cache.at_hand(call) for call in calls]
    values = tuple(one.value for one in found if one is not None)
    return None if len(values) < len(calls) else values[0] if len(values) == 1 else values


def complete(page: Opened, calls: list[cache.Asked[Any]]) -> None:
    """Compute what is missing while the canvas already shows the rest, then draw it again."""
    let_it_be_drawn()
    for call in calls:
        plain: dict[str, Any] = {
            key: value for key, value in call.arguments.items() if key not in ("model", "text")
        }
        page.compute(call.function, model=call.model, **plain)
    if at_hand(calls) is not None:
        st.rerun()


def pair_results(page: Opened) -> tuple[Outcome[sentence_pairs.Pairs], ...]:
    """The scores that can be had for the pairs; the next-sentence head reads English only."""
    pairs = str(page.link.get("pairs"))
    wanted: list[tuple[Callable[..., Any], str]] = [
        (sentence_pairs.cosine, encoder_model(page)), (sentence_pairs.gain, causal_model(page))
    ]  # fmt: skip
    if not sentence_pairs.chinese(pairs):
        wanted.append((sentence_pairs.follows, MASKED))
    return tuple(page.compute(function, model=model, pairs=pairs) for function, model in wanted)


def call(page: Opened) -> tuple[Callable[..., Any], dict[str, Any], str]:
    """The function that the present view rests on, its arguments, and its model."""
    if view(page) == "rule":
        given = {one: page.link.get(one) for one in ("seed", "share", "epochs", "copies")}
        return masking_rule.play, given, page.link.model
    if view(page) == "pairs":
        return sentence_pairs.gain, {"pairs": page.link.get("pairs")}, causal_model(page)
    return compute.masked, {}, masked_model(page)


# --- sentences --------------------------------------------------------------------------------------------


def say_gap(page: Opened, told: Outcome[compute.Masked], foreseen: Outcome[compute.Causal]) -> None:
    """Which side guesses better over the whole text."""
    more, less, count = compute.better(told.value, foreseen.value)
    reading.line(
        page, "notice.gap", live(told, foreseen).badge, masked=name(told.value.model),
        causal=name(foreseen.value.model), more=more, less=less, count=count,
    )  # fmt: skip
    honest(page)


def say_rule(page: Opened, found: Outcome[masking_rule.Sheet]) -> None:
    """How many tokens a roll chooses on average, and how often none."""
    count = sum(not one for one in found.value.tokens.special)
    share = float(str(page.link.get("share")))
    reading.line(page, "notice.rule", found.badge, count=count, mean=count * share, none=(1 - share) ** count)
    st.caption(page.words("notice.sample", count=len(found.value.others), size=found.value.size))


def say_pairs(page: Opened, found: tuple[Outcome[sentence_pairs.Pairs], ...]) -> None:
    """How often each score finds the first sentence that belongs to a second one."""
    right = {one.value.kind: one.value.right for one in found}
    id = "notice.pairs" if "follows" in right else "notice.pairs_two"
    reading.line(page, id, live(*found).badge, count=len(found[0].value.second), **right)
    if "follows" not in right:
        st.caption(page.words("notice.pairs_chinese"))
    elif told := measured(MASKED):
        st.caption(page.words("notice.follows", follows=told["follows"]))


def say_pseudo(page: Opened, told: Outcome[compute.Masked], foreseen: Outcome[compute.Causal]) -> None:
    """The two perplexities, and what they can be compared by."""
    one, other = compute.totals(told.value), compute.totals(foreseen.value)
    reading.line(
        page, "notice.pseudo", live(told, foreseen).badge, masked=name(told.value.model),
        causal=name(foreseen.value.model), pseudo=one.per_piece, plain=other.per_piece, bits=one.bits_per_character,
        other=other.bits_per_character,
    )  # fmt: skip
    honest(page)


def instead(page: Opened) -> None:
    """Whose turn our own masked model takes."""
    asked = page.link.model
    ours = view(page) in GUESSING and masked_model(page) == MASKED and asked != causal_model(page)
    reading.instead(page, "notice.instead", MASKED if ours else asked)


def honest(page: Opened) -> None:
    """How good our own masked model is, measured, and that it reads no Chinese."""
    if masked_model(page) != MASKED:
        return
    if sentence_pairs.chinese(page.link.text):
        st.caption(page.words("notice.weak"))
    if found := measured(MASKED):
        st.caption(
            page.words("notice.own", **{key: found[key] for key in ("first", "five", "unigram", "trigram")})
        )


def live(*found: Outcome[Any]) -> Outcome[Any]:
    """The result whose badge speaks for all: one that was computed now, if any was."""
    return next((one for one in found if one.badge.kind == "live"), found[0])
