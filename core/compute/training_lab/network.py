"""The lab's small Transformer: causal, backwards or from both sides, with or without norms and residual stream."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from torch import nn

    See = Callable[[int, str, torch.Tensor], torch.Tensor]

STARTS = 0.02
"""Standard deviation of fresh weights as GPT-2 has them."""
LARGE = 0.5
"""Of weights that start too large."""
BLOCKED = -1e9
"""Added to scores that are not to be seen; finite, so that a row without any stays a number."""
DIRECTIONS = ("forward", "backward", "both")
"""Which tokens a token sees: those before it, those after it, all."""
STAGES = ("norm_1", "query", "key", "value", "attention", "mixed", "after_attention", "norm_2", "inner", "outer",
          "after_mlp")  # fmt: skip
"""Tensors of a layer in the order in which they are computed; those named ``after`` are the residual stream."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the network, and what it is made of."""

    vocabulary: int
    layers: int
    width: int
    heads: int
    length: int  # most tokens of a sequence
    dropout: float = 0.0
    norm: bool = True
    residual: bool = True
    ways: bool = False  # it reads in two directions, and is told which
    initialisation: str = "scaled"


def unseen(_: int, __: str, state: torch.Tensor) -> torch.Tensor:
    """Where nobody looks at the stages."""
    return state


@cache
def _layer() -> type[nn.Module]:
    """The class of a layer, made once torch is there."""
    from torch import nn
    from torch.nn.functional import dropout, gelu

    class Layer(nn.Module):
        """Norm → attention → norm → MLP, each added to the stream."""

        def __init__(self, shape: Shape, number: int) -> None:
            super().__init__()
            self.shape, self.number = shape, number
            self.norm_1, self.norm_2 = (
                nn.LayerNorm(shape.width) if shape.norm else nn.Identity() for _ in range(2)
            )
            self.query, self.key, self.value, self.output = (
                nn.Linear(shape.width, shape.width) for _ in range(4)
            )
            self.inner = nn.Linear(shape.width, 4 * shape.width)
            self.outer = nn.Linear(4 * shape.width, shape.width)

        def drop(self, state: torch.Tensor) -> torch.Tensor:
            return dropout(state, self.shape.dropout, self.training) if self.shape.dropout else state

        def add(self, state: torch.Tensor, made: torch.Tensor) -> torch.Tensor:
            return state + self.drop(made) if self.shape.residual else self.drop(made)

        def forward(self, state: torch.Tensor, bias: torch.Tensor, see: See) -> torch.Tensor:
            """``state`` [batch, token, width], ``bias`` [batch | 1, 1, query, key]."""
            at, heads = self.number, self.shape.heads
            read = see(at, "norm_1", self.norm_1(state))
            whole = (
                see(at, name, made(read))
                for name, made in (("query", self.query), ("key", self.key), ("value", self.value))
            )
            wholes: list[Any] = list(whole)  # `unflatten` has no types
            q, k, v = (one.unflatten(-1, (heads, -1)).transpose(1, 2) for one in wholes)
            scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]) + bias
            weights = see(at, "attention", scores.softmax(-1))
            mixed = (self.drop(weights) @ v).transpose(1, 2).flatten(-2)
            state = see(at, "after_attention", self.add(state, see(at, "mixed", self.output(mixed))))
            inner = see(at, "inner", gelu(self.inner(see(at, "norm_2", self.norm_2(state)))))
            return see(at, "after_mlp", self.add(state, see(at, "outer", self.outer(inner))))

    return Layer


@cache
def _network() -> type[nn.Module]:
    """The class of the network, made once torch is there."""
    import torch
    from torch import nn
    from torch.nn.functional import dropout, embedding

    class Network(nn.Module):
        """Learned positions; the output layer has the weights of the embedding."""

        def __init__(self, shape: Shape) -> None:
            super().__init__()
            self.shape = shape
            self.tokens = nn.Parameter(torch.empty(shape.vocabulary, shape.width))
            self.places = nn.Parameter(torch.empty(shape.length, shape.width))
            self.ways = nn.Parameter(torch.empty(2, shape.width)) if shape.ways else None
            self.layers = nn.ModuleList(_layer()(shape, at) for at in range(shape.layers))
            self.last = nn.LayerNorm(shape.width) if shape.norm else nn.Identity()
            for name, one in self.named_parameters():
                _fresh(name, one, shape)

        def vectors(self, ids: torch.Tensor) -> torch.Tensor:
            """Of the tokens alone, [batch, token, width]."""
            return embedding(ids, self.tokens)

        def forward(
            self, ids: torch.Tensor, direction: str = "forward", vectors: torch.Tensor | None = None,
            see: See = unseen,
        ) -> torch.Tensor:  # fmt: skip
            """Logits, [batch, token, vocabulary]; ``vectors`` in place of the tokens' own, ``see`` at each stage.

            Pads (0) are seen by nobody that sees what comes later.
            """
            state = (self.vectors(ids) if vectors is None else vectors) + self.places[: ids.shape[-1]]
            if self.ways is not None:
                state = state + self.ways[int(direction == "backward")]
            if self.shape.dropout:
                state = dropout(state, self.shape.dropout, self.training)
            state = see(-1, "after_mlp", state)
            bias = mask(ids, direction)
            for layer in self.layers:
                state = layer(state, bias, see)
            logits: torch.Tensor = see(self.shape.layers, "norm_1", self.last(state)) @ self.tokens.T
            return logits

    return Network


def mask(ids: torch.Tensor, direction: str) -> torch.Tensor:
    """Added to the scores, [batch | 1, 1, query, key]."""
    import torch

    count = ids.shape[-1]
    square = torch.ones(count, count, dtype=torch.bool)
    if direction == "forward":
        blocked = square.triu(1)[None]
    else:
        blocked = (ids == 0)[:, None, :] | (square.tril(-1) if direction == "backward" else ~square)
    return torch.zeros(blocked.shape).masked_fill(blocked, BLOCKED)[:, None]


def _fresh(name: str, one: torch.Tensor, shape: Shape) -> None:
    """The first values of a parameter; the seed is torch's own."""
    from torch import nn

    if one.ndim < 2:
        if name.endswith("bias"):
            nn.init.zeros_(one)
        return
    wide = one.shape[-1]
    if shape.initialisation == "zero":
        nn.init.zeros_(one)
    elif shape.initialisation == "large":
        nn.init.normal_(one, std=LARGE)
    elif shape.initialisation == "gpt2":
        nn.init.normal_(one, std=STARTS)
    elif shape.initialisation == "xavier":
        nn.init.xavier_normal_(one)
    else:
        ends = name.endswith(("output.weight", "outer.weight"))
        nn.init.normal_(one, std=wide**-0.5 / (math.sqrt(2 * shape.layers) if ends else 1))


def make(shape: Shape) -> nn.Module:
    """A fresh network."""
    return _network()(shape)
