"""Many short lines through a model: their tokens, their hidden states, one vector for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import regex

from core.arrays import Array
from core.errors import NoTokens, TextEmpty, TextTooLong
from core.models.read.held import sent
from core.models.read.layouts import network
from core.models.read.trace import computing
from core.models.tokens.labels import Tokens, label_tokens
from core.numerics import unit

if TYPE_CHECKING:
    from core.models.load.residency import LoadedModel

MOST_TOKENS = 64
"""Tokens of one line at most, special ones included."""
BATCH = 16
"""Lines of one length that go through the model together: without padding, so that nothing changes."""


def encode(loaded: LoadedModel, line: str, prefix: str = "") -> tuple[list[int], list[tuple[int, int]]]:
    """Token ids, and the characters [start, end) of the line that each stands for."""
    made = loaded.tokenizer(prefix + line, verbose=False, return_offsets_mapping=True)
    ids: list[int] = list(made["input_ids"])
    limit = min(MOST_TOKENS, loaded.spec.max_tokens or MOST_TOKENS)
    if len(ids) > limit:
        raise TextTooLong(count=len(ids), limit=limit)
    if len(ids) <= loaded.tokenizer.num_special_tokens_to_add(pair=False):
        raise TextEmpty  # the tokenizer's normalizer left nothing of it
    return ids, [(start - len(prefix), end - len(prefix)) for start, end in made["offset_mapping"]]


def is_unknown(loaded: LoadedModel, tokens: Tokens, text: str) -> bool:
    """Whether the vocabulary has no token for anything in a text but blanks and punctuation."""
    name, number = loaded.tokenizer.unk_token, loaded.tokenizer.unk_token_id
    if number not in tokens.ids or name in text:  # a name that was typed is no word that is lacking
        return False
    known = [
        data.decode("utf-8", "replace")
        for one, data, special in zip(tokens.ids, tokens.bytes, tokens.special, strict=True)
        if one != number and not special
    ]
    return not any(regex.search(r"[^\s\p{P}]", piece) for piece in known)


def unknown(loaded: LoadedModel, lines: Sequence[str]) -> tuple[str, ...]:
    """The lines of which the model sees unknown tokens only: they are all alike to it. Errors: NoTokens for all."""
    tokens = [label_tokens(loaded.tokenizer, encode(loaded, line)[0]) for line in lines]
    found = tuple(line for line, own in zip(lines, tokens, strict=True) if is_unknown(loaded, own, line))
    if found and len(found) == len(lines):
        raise NoTokens(model=loaded.spec.id, text=found[0][:40])
    return found


def passes(loaded: LoadedModel, lines: Sequence[Sequence[int]]) -> Iterator[tuple[int, Array]]:
    """(index of the line, its hidden states [layer + 1, token, d_model]), shorter lines first.

    Lines of equal length run together; others are let in between two batches.
    """
    import torch

    base: Any = network(loaded).base_model
    module = base.get_encoder() if loaded.spec.kind == "encoder-decoder" else base
    cache = {"use_cache": False} if loaded.spec.kind == "decoder" else {}
    for batch in _batches([len(ids) for ids in lines]):
        with computing(loaded):
            ids = torch.tensor([list(lines[at]) for at in batch], device=loaded.device)
            output = module(input_ids=ids, output_hidden_states=True, **cache)
            states = np.stack([sent(layer) for layer in output.hidden_states])
        for place, at in enumerate(batch):
            yield at, states[:, place]


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Indices in groups of equal length, at most BATCH each."""
    order = sorted(range(len(lengths)), key=lambda at: lengths[at])
    batch: list[int] = []
    for at in order:
        if batch and (len(batch) == BATCH or lengths[at] != lengths[batch[0]]):
            yield batch
            batch = []
        batch.append(at)
    if batch:
        yield batch


def embedded(loaded: LoadedModel, lines: Sequence[str]) -> Array:
    """[line, d_model] mean of the last hidden states of each line with the model's prefix, at length 1."""
    encoded = [encode(loaded, line, loaded.spec.prefix)[0] for line in lines]
    means: list[Any] = [None] * len(lines)
    for at, states in passes(loaded, encoded):
        means[at] = states[-1].mean(0)
    return unit(np.stack(means)).astype(np.float32)
