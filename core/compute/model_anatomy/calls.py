"""Which computations a view of the residual stream asks for: for the page, and for what is bundled with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.catalog.kinds import Language
from core.catalog.model_lens import DECODER, ENCODER, PARTNERS, STANDS_IN
from core.compute.model_anatomy import lens as model_lens
from core.compute.model_anatomy import neurons as model_lens_neurons
from core.compute.model_anatomy import norms as model_lens_norms
from core.compute.model_anatomy import patching as model_lens_patching

NEED_HEAD = ("lens", "contributions", "patching")
"""Views that a model without a head cannot show."""


@dataclass(frozen=True, slots=True)
class Call:
    """One computation: the function and its arguments besides model, text and limit."""

    function: Callable[..., Any]
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a view reads: the model and text asked for, or a decoder where that model has no head."""

    model: str
    text: str
    instead: bool


def reads(view: str, *, model: str, text: str, opening: str, language: Language) -> Reading:
    """The model and text of a view; ``opening`` is the text that the page opens on."""
    if model != ENCODER or view not in NEED_HEAD:
        return Reading(model, text, instead=False)
    return Reading(DECODER, STANDS_IN[language] if text == opening else text, instead=True)


def partner(text: str, other: str) -> str:
    """The second text: the one typed, or the one that goes with a text of the page; "" without."""
    return other or PARTNERS.get(text, "")


def wanted(view: str, text: str, values: Mapping[str, Any]) -> tuple[Call, ...]:
    """The computations of a view in a state; none where patching lacks its second text."""
    at = {"at": values["pos"]}
    if view == "lens":
        return (
            Call(model_lens.lens, {"dense": values["dense"]}),
            Call(model_lens.tracks, at | {"pins": tuple(values["pins"])}),
        )
    if view == "contributions":
        return (Call(model_lens.contributions, at),)
    if view == "norms":
        first = Call(model_lens_norms.norms, {})
        off = values["off"]
        return (first,) if off == "none" else (first, Call(model_lens_norms.without_norms, {"off": off}))
    if view == "neurons":
        return (Call(model_lens_neurons.neurons, {}),)
    other = partner(text, str(values["other"]))
    return (Call(model_lens_patching.patching, {"other": other, "part": values["part"]}),) if other else ()


def glance(view: str, calls: tuple[Call, ...]) -> tuple[Call, ...] | None:
    """Calls whose results can be drawn while those of a view are computed; None where all of it is quick."""
    quick = {"lens": model_lens.glance, "neurons": model_lens_neurons.glance}.get(view)
    return (Call(quick, {}), *calls[1:]) if quick else None


def further(result: model_lens.Contributions, values: Mapping[str, Any]) -> dict[str, int]:
    """The tokens that a link asks for by id and that are not among the candidates; empty where all are."""
    asked = {name: int(values[name]) for name in ("answer", "against")}
    known = {-1, *result.candidate_ids.tolist()}
    return {} if known >= set(asked.values()) else asked


def span(values: Mapping[str, Any], layers: int, tokens: int) -> dict[str, int] | None:
    """The row of tokens to be patched at once, clamped to what there is; None for a single cell.

    >>> span({"row": -1, "pos": 0, "upto": 9}, 30, 5)
    {'layer': 29, 'first': 0, 'last': 4}
    """
    first, last = model_lens.place(values["pos"], tokens), min(int(values["upto"]), tokens - 1)
    if last <= first:
        return None
    row = int(values["row"])
    return {"layer": layers - 1 if row < 0 else min(row, layers - 1), "first": first, "last": last}
