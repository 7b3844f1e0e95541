"""The views of the residual stream as messages for the canvas ``lens_views``, and as tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from core.figures.buffer import Array, pack

if TYPE_CHECKING:
    from core.compute.model_anatomy.lens import Contributions, Lens, Tracks
    from core.compute.model_anatomy.neurons import Neurons
    from core.compute.model_anatomy.norms import Norms, Removed
    from core.compute.model_anatomy.patching import Patched, Patching

Made = tuple[dict[str, Any], dict[str, Array]]
Table = tuple[tuple[str, ...], Iterator[tuple[object, ...]]]


def payload(*results: Any, view: str, language: str, caption: str = "") -> bytes:
    """Pack ``*results, words, state`` of one view. The canvas commits ``look``: parameters of the view."""
    *found, words, state = results
    makers: dict[str, Any] = {
        "lens": _lens, "contributions": _contributions, "norms": _norms, "patching": _patching, "neurons": _neurons,
    }  # fmt: skip
    more, arrays = makers[view](*found)
    meta = {
        "words": dict(words),
        "state": dict(state),
        "view": view,
        "language": language,
        "caption": caption,
    }
    return pack(meta | more, arrays)


def _named(result: Any) -> dict[str, str]:
    return {str(id): label for id, label in zip(result.label_ids.tolist(), result.labels, strict=True)}


def _lens(lens: Lens, tracks: Tracks) -> Made:
    meta = {
        "labels": list(lens.tokens.labels), "layers": lens.layers.tolist(), "depth": lens.depth,
        "names": _named(lens) | dict(zip(map(str, tracks.ids.tolist()), tracks.labels, strict=True)),
        "pins": tracks.ids.tolist(), "at": tracks.at,
    }  # fmt: skip
    arrays = {
        name: getattr(lens, name) for name in ("top_ids", "top_probability", "entropy", "rank", "answer")
    }
    return meta, arrays | {
        "own": lens.answer_probability, "pin_probability": tracks.probability, "pin_rank": tracks.rank,
    }  # fmt: skip


def _contributions(one: Contributions) -> Made:
    meta = {
        "labels": list(one.tokens.labels), "at": one.at, "ids": one.candidate_ids.tolist(),
        "names": list(one.candidates),
    }  # fmt: skip
    names = (
        "probability", "logits", "embedding", "position", "heads", "attention_bias", "mlp", "norm_bias",
        "head_bias", "residual", "magnitude",
    )  # fmt: skip
    return meta, {name: getattr(one, name) for name in names}


def _norms(norms: Norms, removed: Removed | None = None) -> Made:
    meta: dict[str, Any] = {"labels": list(norms.tokens.labels), "post": norms.post}
    arrays = {name: getattr(norms, name) for name in ("stream", "attention", "mlp", "cosine")}
    if removed is not None:
        meta |= {"off": removed.off, "names": list(removed.candidates)}
        arrays |= {"changed": removed.stream, "before": removed.before, "after": removed.after}
    return meta, arrays


def _patching(map: Patching, span: Patched | None = None) -> Made:
    meta: dict[str, Any] = {
        "labels": list(map.giver.labels), "others": list(map.taker.labels), "answers": list(map.answers),
        "names": _named(map), "part": map.part, "gap": map.gap.tolist(),
    }  # fmt: skip
    names = ("effect", "differs", "top_ids", "top_probability", "own_ids", "own_probability")
    arrays: dict[str, Array] = {name: getattr(map, name) for name in names}
    if span is not None:
        meta["span"] = {
            "layer": span.layer, "first": span.first, "last": span.last, "effect": span.effect,
            "labels": list(span.labels), "probability": span.top_probability.tolist(),
        }  # fmt: skip
    return meta, arrays


def _neurons(one: Neurons) -> Made:
    meta = {
        "labels": list(one.tokens.labels), "count": one.count, "gated": one.gated, "names": _named(one),
        "pushed": one.up.shape[-1],
    }  # fmt: skip
    return meta, {
        "ids": one.ids,
        "activation": one.activation.astype(np.float32),
        "strongest": one.strongest,
        "up": one.up,
        "down": one.down,
    }


def table(result: Any) -> Table:
    """The numbers of a view as columns and rows, for a CSV file."""
    makers: dict[str, Callable[[Any], Table]] = {
        "Lens": _lens_rows, "Contributions": _contribution_rows, "Norms": _norm_rows, "Patching": _patch_rows,
        "Neurons": _neuron_rows,
    }  # fmt: skip
    return makers[type(result).__name__](result)


def _lens_rows(one: Lens) -> Table:
    names = dict(zip(one.label_ids.tolist(), one.labels, strict=True))
    columns = ("layer", "position", "token", "top", "probability", "entropy_nats", "rank_of_answer")
    return columns, (
        (layer, at, label, names[int(one.top_ids[row, at, 0])], float(one.top_probability[row, at, 0]),
         float(one.entropy[row, at]), int(one.rank[row, at]))
        for row, layer in enumerate(one.layers.tolist()) for at, label in enumerate(one.tokens.labels)
    )  # fmt: skip


def _contribution_rows(one: Contributions) -> Table:
    def rows() -> Iterator[tuple[object, ...]]:
        for name in ("embedding", "position", "norm_bias", "head_bias", "residual", "logits"):
            yield (name, "", "", *getattr(one, name).tolist())
        for layer in range(one.mlp.shape[1]):
            for head in range(one.heads.shape[2]):
                yield ("head", layer, head, *one.heads[:, layer, head].tolist())
            yield ("attention_bias", layer, "", *one.attention_bias[:, layer].tolist())
            yield ("mlp", layer, "", *one.mlp[:, layer].tolist())

    return ("part", "layer", "head", *one.candidates), rows()


def _norm_rows(one: Norms) -> Table:
    columns = ("layer", "position", "token", "stream", "attention", "mlp", "cosine")
    sides = (one.attention, one.mlp, one.cosine)
    return columns, (
        (layer, at, label, float(one.stream[layer, at]),
         *(float(side[layer - 1, at]) if layer else "" for side in sides))
        for layer in range(len(one.stream)) for at, label in enumerate(one.tokens.labels)
    )  # fmt: skip


def _patch_rows(one: Patching) -> Table:
    names = dict(zip(one.label_ids.tolist(), one.labels, strict=True))
    columns = ("layer", "position", "giver", "taker", "effect", "top", "probability")
    pairs = list(zip(one.giver.labels, one.taker.labels, strict=True))
    return columns, (
        (layer, at, giver, taker, float(one.effect[layer, at]), names[int(one.top_ids[layer, at, 0])],
         float(one.top_probability[layer, at, 0]))
        for layer in range(len(one.effect)) for at, (giver, taker) in enumerate(pairs)
    )  # fmt: skip


def _neuron_rows(one: Neurons) -> Table:
    return ("layer", "neuron", *one.tokens.labels), (
        (layer, int(id), *row)
        for layer, ids in enumerate(one.ids.tolist())
        for id, row in zip(ids, one.activation[layer].tolist(), strict=True)
    )
