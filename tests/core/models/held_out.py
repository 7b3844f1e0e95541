"""Text that no model wrote and none of ours was made with, and what a model foretells at each place of it."""

from __future__ import annotations

import gzip
from typing import Any

import torch

from core.models.load.residency import LoadedModel
from core.paths import DATA


def lines(tokenizer: Any, length: int) -> list[list[int]]:
    """Tokens of two passages of Melville's prose, then of two runs of Tang poems."""
    found = []
    for name, start in (("english", 100_000), ("tang-held-out", 0)):
        text = gzip.decompress((DATA / "corpora" / f"{name}.txt.gz").read_bytes()).decode()
        found += [tokenizer(text[at : at + 6 * length]).input_ids[:length] for at in (start, start + 4000)]
    return found


def scores(loaded: LoadedModel, texts: list[list[int]]) -> list[torch.Tensor]:
    """Log-probabilities [token, vocab] of each text."""
    model: Any = loaded.model
    with torch.inference_mode():
        return [model(torch.tensor([ids])).logits[0].log_softmax(-1) for ids in texts]
