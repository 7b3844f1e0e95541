"""What each part of the page ``next_token`` computes, and what its link asks of a generation."""

from __future__ import annotations

from typing import Any

from core.calls import Call, Plan, call, later
from core.catalog import State
from core.catalog.next_token import DECODER, LANES, PAGE, STEPS, STORY
from core.compute.next_token.distribution import Distribution, distribution, labels, surprise
from core.compute.next_token.filters import Settings, ordered
from core.compute.next_token.repetition import repeat
from core.compute.next_token.requests import (
    BeamRequest,
    LanesRequest,
    TextRequest,
    parse_forks,
    parse_temperatures,
)
from core.models import needs


def model_of(state: State) -> str:
    """The model that reads: the one asked for where it predicts next tokens, else the page's own."""
    return needs.DECODER.used(str(state["model"]), PAGE.model["zh" if state["lang"] == "zh" else "en"])


def read(state: State) -> Call[Distribution]:
    """What comes after the text, raw or as a user's turn, and after the tokens that were put there."""
    model, prompt = model_of(state), str(state["text"])
    return call(
        distribution, model=model, prompt=prompt, chat=state["chat"] == "chat", forced=names(state, "forced")
    )


def filters(state: State) -> Plan:
    """The distribution; then the names of all tokens, to find one by."""
    yield read(state)
    yield later(call(labels, model=model_of(state)))


def generated(state: State) -> Plan:
    """What is generated comes token by token, from a queue; see ``text``, ``lanes`` and ``beams``."""
    del state
    yield from ()


def loop(state: State) -> Plan:
    """The text again and again."""
    yield call(repeat, model=model_of(state), phrase=str(state["text"]), repeats=state["repeats"])


def raw(state: State) -> Plan:
    """How improbable the model found each token of the raw text."""
    yield call(surprise, model=model_of(state), prompt=str(state["text"]), chat=False)


def readings(state: State) -> Plan:
    """The same text read raw, in the chat template where that is chosen, and by a second model."""
    yield from raw(state)
    model, prompt, other = model_of(state), str(state["text"]), str(state["other"])
    if state["chat"] == "chat":
        yield call(surprise, model=model, prompt=prompt, chat=True)
    if other not in ("", model):
        yield later(call(surprise, model=other, prompt=prompt, chat=False))


def calls(state: State) -> Plan:
    """What the part of a state computes."""
    parts = {"loop": loop, "surprise": readings} | dict.fromkeys(("generate", "lanes", "beam"), generated)
    yield from parts.get(str(state["part"]), filters)(state)


def picture() -> Plan:
    """What the page's picture in the gallery is drawn from: what may come after the beginning of a story."""
    yield call(distribution, model=DECODER, prompt=STORY, chat=False, forced=())


# --- what a generation is asked for -----------------------------------------------------------------------


def settings(state: State) -> Settings:
    """How the next token is drawn: each value within the bounds of its parameter, the order completed."""
    values: dict[str, Any] = {name: state[name] for name in STEPS}
    return Settings(**values, order=ordered(names(state, "order")))


def text(state: State) -> TextRequest:
    """One text: the settings, seed and forks."""
    return TextRequest(**_prompt(state), **_drawn(state), forks=parse_forks(names(state, "forks")))


def lanes(state: State) -> LanesRequest:
    """The text at several temperatures."""
    temperatures = parse_temperatures(names(state, "lanes"), LANES)
    return LanesRequest(**_prompt(state), **_drawn(state), temperatures=temperatures)


def beams(state: State) -> BeamRequest:
    """Beam search of a width and depth."""
    size: dict[str, Any] = {name: state[name] for name in ("beams", "depth")}
    return BeamRequest(**_prompt(state), **size)


def _prompt(state: State) -> dict[str, Any]:
    read = {name: state[name] for name in ("text", "limit")}
    return {
        **read,
        "model": model_of(state),
        "chat": state["chat"] == "chat",
        "forced": names(state, "forced"),
    }


def _drawn(state: State) -> dict[str, Any]:
    return {"count": state["length"], "seed": state["seed"], "settings": settings(state)}


def names(state: State, name: str) -> tuple[str, ...]:
    """The value of a list parameter."""
    value = state[name]
    assert isinstance(value, tuple)
    return value
