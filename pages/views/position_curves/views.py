"""Which models the views of ``position_curves`` speak of, what each computes, and the sentence under it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from core.catalog.position_curves import DECODER, ENCODER, FORMULAS, READ
from core.compute.position_curves import views as compute
from core.errors import GlassboxError
from core.models import specs
from core.models.read.positions import TABLES
from pages.kit import reading
from pages.kit.cache import Badge, Outcome
from pages.kit.frame import Opened

ROTARY = ("llama", "qwen")  # families that turn queries and keys


@dataclass(frozen=True, slots=True)
class Found:
    """What a view shows: results with the models that they are of; nothing for a formula."""

    results: tuple[Any, ...] = ()
    models: tuple[str, ...] = ()
    badge: Badge = field(default_factory=lambda: Badge("toy"))
    failed: bool = False

    @property
    def titles(self) -> list[str]:
        """Names of the models."""
        return [specs.find(id).title for id in self.models]

    @property
    def roles(self) -> list[str]:
        """What each model is."""
        return ["decoder" if getattr(result, "causal", True) else "encoder" for result in self.results]


def models(view: str, who: str, asked: str) -> tuple[str, ...]:
    """The models of a view: the one asked for where it fits, else the bundled one that does.

    One that is not known before it is loaded is tried; the computation says what is wrong with it.
    """
    try:
        spec = specs.find(asked)
    except GlassboxError:
        return (asked,)
    if view == "scores":
        return (asked,) if spec.family in ROTARY or not spec.family else (DECODER,)
    if view == "learned":
        return (asked,) if spec.family in TABLES or not spec.family else (ENCODER,)
    if not spec.kind:
        return (asked,)
    one = {"encoder": ENCODER, "decoder": DECODER} | {str(spec.kind): asked}
    return tuple(one[role] for role in ("encoder", "decoder") if who in (role, "both"))


def shown(page: Opened) -> str:
    """The model that the present view speaks of (of two, the last)."""
    return models(str(page.link.get("view")), str(page.link.get("who")), page.link.model)[-1]


def call(page: Opened, view: str) -> tuple[Callable[..., Any], dict[str, Any]]:
    """The function that computes a view's numbers, and its arguments besides model and text."""
    get = page.link.get
    calls: dict[str, tuple[Callable[..., Any], tuple[str, ...]]] = {
        "sinusoidal": (compute.waves, ("d", "base", "span", "shift", "layout")),
        "rotary": (compute.rotary, ("hd", "scaling", "factor", "trained", "span")),
        "alibi": (compute.alibi, ("heads", "span")),
        "t5": (compute.t5, ("buckets", "far", "both", "span")),
        "learned": (compute.learned, ()),
        "scores": (compute.real, ("layer", "head")),
        "shuffle": (compute.shuffle, ("seed",)),
        "beyond": (compute.beyond, ()),
    }
    function, names = calls[view]
    return function, {name: get(name) for name in names} | (
        {"base": get("theta")} if view == "rotary" else {}
    )


def find(page: Opened) -> Found:
    """The results of the view in the link; takes the same room on the page whatever comes of it."""
    view = str(page.link.get("view"))
    if view in FORMULAS:
        st.container()
        return Found()
    function, arguments = call(page, view)
    asked = models(view, str(page.link.get("who")), page.link.model) if view in READ else ("",)

    def all_of_them(**given: Any) -> tuple[Outcome[Any], ...]:
        return tuple(page.compute(function, model=id, **given) for id in asked)

    with st.container():
        outcomes = page.guarded(all_of_them, **arguments)
    if outcomes is None:
        return Found(models=asked if view in READ else (), failed=True)
    live = [one.badge for one in outcomes if one.badge.kind == "live"]
    return Found(
        tuple(one.value for one in outcomes),
        asked if view in READ else (),
        (live or [outcomes[-1].badge])[-1],
    )


def notice(page: Opened, found: Found) -> None:
    """What to notice, in numbers of the result itself; of a formula, the canvas says it as it moves."""
    view = str(page.link.get("view"))
    if found.failed:
        return
    if view in FORMULAS:
        reading.line(page, f"notice.{view}", found.badge)
        return
    if view == "beyond":
        lengths(page, found)
        return
    numbers = compute.notice(found.results[-1])
    id = f"notice.{view}"
    if view == "shuffle":
        id += f"_{found.roles[-1]}" if page.link.get("off") else "_told"
    if view == "learned" and numbers["neighbours"] < 0.9:
        id += "_mixed"
    reading.line(page, id, found.badge, model=found.titles[-1], **numbers)


def instead(page: Opened, found: Found) -> None:
    """Which model stands in for one that tells the order in another way."""
    asked = page.link.model
    known = found.failed or not found.models or asked in found.models
    reading.instead(page, "notice.instead", asked if known else found.models[-1])


def lengths(page: Opened, found: Found) -> None:
    """Which of the five goes on best beyond the trained length, and which worst."""
    result = found.results[-1]
    rows = compute.ends(result)
    (best, gain, low), (worst, loss, high) = rows[0], rows[-1]
    reading.line(
        page, "notice.beyond", found.badge, trained=result.trained, length=result.loss.shape[1],
        best=page.words(f"canvas.scheme_{best}"), gain=gain, low=low,
        worst=page.words(f"canvas.scheme_{worst}"), loss=loss, high=high,
    )  # fmt: skip


def state(page: Opened) -> dict[str, Any]:
    """All that the canvas shows and commits, lists as JSON has them."""
    values = {param.name: page.link.get(param.name) for param in page.declared.params}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
