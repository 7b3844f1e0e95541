"""A small GPT that is trained to be measured: in any precision, with dropout and checkpoints if asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from torch import nn

STARTS = 0.02
"""Standard deviation of fresh weights, as in GPT-2."""


@dataclass(frozen=True, slots=True)
class Small:
    """Sizes of the network, and what it does besides."""

    layers: int
    width: int
    heads: int
    vocabulary: int
    length: int  # most tokens of a sequence
    dropout: float = 0.0
    every: int = 0  # so many layers are one checkpoint; 0: none


@cache
def _layer() -> type[nn.Module]:
    """The class of a layer, made once torch is there."""
    import torch
    from torch import nn
    from torch.nn.functional import gelu

    class Layer(nn.Module):
        """Norm → attention → norm → MLP, each added to the stream; the whole matrix of attention is kept."""

        def __init__(self, small: Small) -> None:
            super().__init__()
            self.heads, self.dropout = small.heads, small.dropout
            self.ln_1, self.ln_2 = nn.LayerNorm(small.width), nn.LayerNorm(small.width)
            self.attention = nn.Linear(small.width, 3 * small.width)
            self.output = nn.Linear(small.width, small.width)
            self.inner = nn.Linear(small.width, 4 * small.width)
            self.outer = nn.Linear(4 * small.width, small.width)

        def drop(self, state: torch.Tensor) -> torch.Tensor:
            """With dropout, which keeps a mask of one byte a number."""
            return torch.native_dropout(state, self.dropout, True)[0] if self.dropout else state

        def forward(self, state: torch.Tensor) -> torch.Tensor:
            """[batch, token, width] → the same."""
            parts = self.attention(self.ln_1(state)).chunk(3, dim=-1)
            q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in parts)
            scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
            later = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
            weights = self.drop(scores.masked_fill(later, -math.inf).softmax(-1))
            mixed = (weights @ v).transpose(1, 2).flatten(-2)
            state = state + self.drop(self.output(mixed))
            inner = gelu(self.inner(self.ln_2(state)), approximate="tanh")
            return state + self.drop(self.outer(inner))

    return Layer


@cache
def _network() -> type[nn.Module]:
    """The class of the network, made once torch is there."""
    import torch
    from torch import nn
    from torch.nn.functional import embedding
    from torch.utils.checkpoint import checkpoint

    class Network(nn.Module):
        """A decoder with learned positions; the output layer has the weights of the embedding."""

        def __init__(self, small: Small) -> None:
            super().__init__()
            self.every = small.every
            self.tokens = nn.Parameter(torch.empty(small.vocabulary, small.width))
            self.places = nn.Parameter(torch.empty(small.length, small.width))
            self.layers = nn.ModuleList(_layer()(small) for _ in range(small.layers))
            self.last = nn.LayerNorm(small.width)
            for name, one in self.named_parameters():
                _fresh(name, one)

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            """Logits, [batch, token, vocabulary]."""
            state = embedding(ids, self.tokens) + self.places[: ids.shape[-1]]
            for start in range(0, len(self.layers), self.every or len(self.layers)):
                part = self.layers[start : start + (self.every or len(self.layers))]
                again = partial(checkpoint, _through, use_reentrant=False) if self.every else _through
                state = again(part, state)
            logits: torch.Tensor = self.last(state) @ self.tokens.T
            return logits

    return Network


def _through(layers: Any, state: torch.Tensor) -> torch.Tensor:
    for layer in layers:
        state = layer(state)
    return state


def _fresh(name: str, parameter: torch.Tensor) -> None:
    from torch import nn

    if parameter.ndim > 1:
        nn.init.normal_(parameter, std=STARTS)
    elif name.endswith("bias"):
        nn.init.zeros_(parameter)


def make(small: Small) -> nn.Module:
    """A fresh network; the seed is torch's own."""
    return _network()(small)


def layer(small: Small) -> nn.Module:
    """One fresh layer of it."""
    return _layer()(small)


def loss(
    model: nn.Module, ids: torch.Tensor
) -> Any:  # a tensor, whose ``backward`` torch leaves without types
    """Mean cross-entropy of each next token in float32, nats; ``ids`` [batch, token + 1]."""
    from torch.nn.functional import cross_entropy

    logits = model(ids[:, :-1]).flatten(0, 1)
    return cross_entropy(logits.float(), ids[:, 1:].flatten())
