"""Tables of the views of the residual stream, for files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.compute.model_anatomy.lens import Contributions, Lens
    from core.compute.model_anatomy.neurons import Neurons
    from core.compute.model_anatomy.norms import Norms
    from core.compute.model_anatomy.patching import Patching

Table = tuple[tuple[str, ...], Iterator[tuple[object, ...]]]


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
