"""How a page draws tokens, read from its link."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import streamlit as st

from core.compute.next_token.filters import Filtered, Settings, ordered
from core.errors import GlassboxError
from core.models import specs
from pages.kit import cache, frame, permalink
from pages.kit.cache import Outcome
from pages.kit.frame import Opened
from pages.kit.session import own

T = TypeVar("T")

NUMBERS = (
    "temperature", "top_k", "top_p", "min_p", "typical", "repetition", "frequency", "presence",
)  # fmt: skip


def settings(page: Opened) -> Settings:
    """The settings of the link: each within the bounds that its parameter declares, the order completed."""
    values: dict[str, Any] = {name: page.link.get(name) for name in NUMBERS}
    return Settings(**values, order=ordered(page.link.names("order")))


def state(page: Opened) -> dict[str, Any]:
    """What the canvas of the distribution shows: the settings, its view, and the seed of its draws."""
    chosen = settings(page)
    values: dict[str, Any] = {name: getattr(chosen, name) for name in NUMBERS}
    return values | {
        "order": list(chosen.order),
        "view": page.link.get("view"),
        "seed": page.link.get("seed"),
    }


def forced(page: Opened) -> tuple[str, ...]:
    """The ids of the tokens that the visitor has put after the text."""
    return page.link.names("forced")


@dataclass(slots=True)
class Read:
    """What was read last, and what was put after it then."""

    here: tuple[Any, ...] | None = None
    added: dict[str, tuple[str, ...]] = field(default_factory=dict)


def follow_text(page: Opened) -> None:
    """Tokens put after a text, and branches of its continuation, belong to that text: another one starts without."""
    added = {name: page.link.names(name) for name in ("forced", "forks")}
    here = (page.link.text, page.link.model, page.link.get("chat"))
    before = own(Read)
    if before.here is not None and before.here != here:
        page.link.set(
            **{name: () for name, value in added.items() if value and before.added.get(name) == value}
        )
    before.here, before.added = here, {name: page.link.names(name) for name in added}


def reading(page: Opened) -> dict[str, Any]:
    """What the model reads: the text, raw or as a user's turn, and the forced tokens."""
    return {"prompt": page.link.text, "chat": page.link.get("chat") == "chat", "forced": forced(page)}


def removed(page: Opened, found: Filtered) -> list[str]:
    """The name of the step that removed each token of the vocabulary; "" where it is kept."""
    names = ("", *settings(page).order)
    return [names[number] for number in found.removed_by.tolist()]


def readings(page: Opened, function: Callable[..., T]) -> tuple[list[Outcome[T]], list[tuple[str, str]]]:
    """The same text read raw, in the chat template where that is chosen, and by a second model; with titles."""
    text, model, other = page.link.text, page.link.model, str(page.link.get("other"))
    results = [page.compute(function, prompt=text, chat=False)]
    titles = [("lane_raw", name(model))]
    if page.link.get("chat") == "chat":
        results.append(page.compute(function, prompt=text, chat=True))
        titles.append(("lane_chat", name(model)))
    if other and other != model:
        with frame.guard(page.words):
            results.append(
                cache.run(
                    function, model=other, prompt=text, chat=False,
                    waiting=lambda: frame.waiting(page.words, other),
                )
            )  # fmt: skip
            titles.append(("lane_raw", name(other)))
    return results, titles


def name(model: str) -> str:
    """A model's title, or its id where it is not known."""
    try:
        return specs.find(model).title
    except GlassboxError:
        return model


def second_model(page: Opened) -> None:
    """The choice of a second model to read the same text."""
    link, words = page.link, page.words
    chosen = str(link.get("other"))
    listed = (one for one in specs.REGISTRY if one.kind == "decoder" and one.offered_on("next_token"))
    ids = ["", *(one.id for one in listed if one.id != link.model)]
    st.session_state["nt_other_widget"] = chosen
    st.selectbox(
        words("params.other.label"), ids if chosen in ids else [*ids, chosen], key="nt_other_widget",
        format_func=lambda id: name(id) if id else words("params.other.none"), help=words("params.other.help"),
        on_change=_chosen, args=(page,), width=360,
    )  # fmt: skip


def _chosen(page: Opened) -> None:
    permalink.link(page.declared.stem).set(other=str(st.session_state["nt_other_widget"] or ""))
