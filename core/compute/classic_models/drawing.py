"""A text that a Transformer writes from nothing, to stand beside those of the counted models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from core.compute.classic_models.transformer import text_ids
from core.errors import BadParameter, NeedsDecoder
from core.models.read.decoding import Cache
from core.models.read.trace import computing
from core.results import named

if TYPE_CHECKING:
    from core.models.load.residency import LoadedModel

MOST_WRITTEN = 120


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A text drawn token by token."""

    text: str
    tokens: int


@named("classic_models.write_model")
def write_model(*, loaded: LoadedModel, seed: int = 0, length: int = 60, temperature: float = 1.0) -> Drawn:
    """A text drawn token by token from p^(1/T) after the sign that begins a text, to the model's own end.

    Errors: NeedsDecoder, BadParameter.

    >>> write_model(loaded=load("poem-gpt"), length=24).tokens  # doctest: +SKIP
    24
    """
    if loaded.spec.kind != "decoder":
        raise NeedsDecoder(model=loaded.spec.id)
    if not (0.05 <= temperature <= 5 and 1 <= length <= MOST_WRITTEN):
        raise BadParameter(name="length" if 0.05 <= temperature <= 5 else "temperature")
    tokenizer: Any = loaded.tokenizer
    chance, ids = np.random.default_rng(seed), text_ids(tokenizer, "")
    begun = len(ids)
    room = min(length, (loaded.spec.max_tokens or length + begun) - begun)
    with computing(loaded):
        cache, fresh = Cache(loaded), ids
        for _ in range(room):
            weights = np.cumsum((cache.read([fresh])[0].double() / temperature).softmax(-1).numpy())
            fresh = [int(np.searchsorted(weights, chance.random() * weights[-1], side="right"))]
            if fresh[0] == tokenizer.eos_token_id:
                break
            ids = [*ids, *fresh]
    return Drawn(tokenizer.decode(ids[begun:], skip_special_tokens=True).strip(), len(ids) - begun)
