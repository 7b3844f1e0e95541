"""What each view of the page ``masked_words`` computes, and for which model."""

from __future__ import annotations

from dataclasses import replace

from core.calls import Plan, call, later
from core.catalog import State
from core.catalog.masked_words import CAUSAL, ENCODER, MASKED, SHIP, text_for
from core.compute.masked_words import gaps
from core.compute.masked_words.pairs import cosine, follows, gain
from core.compute.masked_words.rule import play, sheet
from core.errors import GlassboxError
from core.models import needs, specs
from core.scripts import has_han


def masked_model(asked: str) -> str:
    """The model that fills masks: the one asked for where it may, else the bundled one."""
    return needs.MASKED.used(asked, MASKED)


def causal_model(asked: str, reader: str) -> str:
    """The model that reads from left to right: the one asked for where it does, else the second one of the link."""
    return asked if kind(asked) == "decoder" else reader or CAUSAL


def encoder_model(asked: str) -> str:
    """The model whose vectors are compared."""
    return asked if kind(asked) == "encoder" and asked != MASKED else ENCODER


def kind(model: str) -> str:
    """What a model is; "" where that is not known."""
    try:
        return specs.find(model).kind
    except GlassboxError:
        return ""


def both(state: State) -> Plan:
    """What both models give at every word of the text: a masked one, and one from left to right."""
    text, asked = str(state["text"]), str(state["model"])
    masks = masked_model(asked)
    if masks == MASKED:  # it reads English only
        text = text_for(str(state["view"]), text)
    yield call(gaps.masked, model=masks, text=text)
    yield call(gaps.causal, model=causal_model(asked, str(state["reader"])), text=text)


def gap(state: State) -> Plan:
    """Both sides; then the whole text with each candidate for the hidden word, or all hidden words at once."""
    masks, reads = both(state)
    told, foreseen = (yield masks), (yield reads)
    text, hide = str(masks.text), state["hide"]
    assert isinstance(hide, tuple)
    hidden = gaps.places_of(text, hide)
    if len(hidden) > 1:
        places = tuple(str(one) for one in hidden)
        yield later(call(gaps.fill_masked, model=masks.model, text=text, hide=places))
        yield later(call(gaps.fill_causal, model=reads.model, text=text, hide=places))
        return
    place = hidden[0] if hidden else gaps.telling(told, foreseen)
    candidates = gaps.rivals(told, foreseen, place)
    yield later(call(gaps.rerank, model=reads.model, text=text, place=place, candidates=candidates))


def rule(state: State) -> Plan:
    """The tokens that the rule is played on; the rolls are drawn in the browser."""
    yield call(sheet, model=str(state["model"]), text=str(state["text"]))


def rolls(state: State) -> Plan:
    """The rolls as the browser draws them: for the table of numbers and for the snippet."""
    asked = call(play, model=str(state["model"]), text=str(state["text"]))
    given = {name: state[name] for name in ("seed", "share", "epochs", "copies")}
    yield replace(asked, arguments={**asked.arguments, **given})


def pairs(state: State) -> Plan:
    """The scores that can be had for the pairs; the next-sentence head reads English only."""
    told, asked = str(state["pairs"]), str(state["model"])
    yield call(cosine, model=encoder_model(asked), pairs=told)
    yield call(gain, model=causal_model(asked, str(state["reader"])), pairs=told)
    if not has_han(told):
        yield call(follows, model=MASKED, pairs=told)


def picture() -> Plan:
    """What the page's picture in the gallery is drawn from."""
    yield call(sheet, model=MASKED, text=SHIP)


def calls(state: State) -> Plan:
    """What the view of a state computes."""
    views = {"gap": gap, "rule": rule, "pairs": pairs}
    yield from views.get(str(state["view"]), both)(state)
