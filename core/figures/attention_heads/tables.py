"""Results as rows for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from core.compute.attention_heads.overview import Focus
    from core.models.tokens.labels import Tokens


def metric_rows(metrics: np.ndarray) -> Iterator[tuple[object, ...]]:
    """(layer, head, one column per metric) for metrics [metric, layer, head]; no value is an empty cell."""
    _, layers, heads = metrics.shape
    for layer in range(layers):
        for head in range(heads):
            row = metrics[:, layer, head].tolist()
            yield (layer, head, *("" if np.isnan(value) else value for value in row))


def columns(names: Sequence[str], rows: Iterable[Sequence[object]]) -> dict[str, list[object]]:
    """Rows turned into named columns; an empty cell is None."""
    turned = zip(*rows, strict=True)
    return {
        name: [None if cell == "" else cell for cell in column]
        for name, column in zip(names, turned, strict=True)
    }


def matrix_rows(focus: Focus, tokens: Tokens) -> Iterator[tuple[object, ...]]:
    """(query token, attention to each key token …) for one head."""
    for label, row in zip(tokens.labels, focus.attention.tolist(), strict=True):
        yield (label, *row)
