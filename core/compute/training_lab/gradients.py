"""Back-propagation through the lab's network: how large the loss's gradient is at every tensor, layer by layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from core.arrays import Array, read_only
from core.compute.training_lab import network
from core.compute.training_lab.network import STAGES, Shape
from core.data import lab_runs
from core.data.lab_recipe import CHOICES
from core.errors import BadParameter, TextTooShort
from core.jobs.lines import TRAININGS
from core.results import named

if TYPE_CHECKING:
    import torch
    from torch import nn

DEPTHS = (2, 12)
"""Fewest and most layers of a fresh network."""
WIDTH, HEADS, LENGTH, SEQUENCES, PIECES = 32, 4, 16, 8, 40
"""Of a fresh network, and of the random tokens that it reads."""


@dataclass(frozen=True, slots=True, eq=False)
class Gradients:
    """Norms of the loss's gradient, and of what it is the gradient of."""

    loss: float  # nats per token
    stages: tuple[str, ...]  # of a layer, in the order in which they are computed
    gradient: Array  # [layer, stage] norm of the gradient
    size: Array  # [layer, stage] norm of the tensor
    embedding: float  # norm of the gradient at what enters the first layer
    output: float  # norm of the gradient at what the logits are made of
    parameters: tuple[str, ...]  # by name
    parameter: Array  # [parameter] norm of the gradient
    tokens: tuple[str, ...]  # of the text; () for random ones


@named("training_lab.flow")
def flow(
    *, depth: int, norm: bool, residual: bool, initialisation: str = "scaled", seed: int = 0
) -> Gradients:
    """Gradients in a fresh network of so many layers, with or without norms and residual stream.

    It reads random tokens and is asked for the next ones; nothing is trained. Errors: BadParameter.
    Source: Glorot & Bengio 2010, §4; He et al. 2016 (identity mappings), §2.

    >>> deep = flow(depth=8, norm=False, residual=False)
    >>> bool(deep.gradient[0, -1] < 0.1 * deep.gradient[-1, -1])
    True
    """
    if not DEPTHS[0] <= depth <= DEPTHS[1]:
        raise BadParameter(name="depth")
    if initialisation not in CHOICES["initialisation"]:
        raise BadParameter(name="initialisation")
    import torch

    shape = Shape(
        PIECES, depth, WIDTH, HEADS, LENGTH, norm=norm, residual=residual, initialisation=initialisation
    )
    with TRAININGS.turn(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = network.make(shape)
        ids = torch.randint(1, PIECES, (SEQUENCES, LENGTH + 1))
        return _looked(model, ids, depth, ())


@named("training_lab.gradients")
def gradients(*, run: str, step: int, text: str) -> Gradients:
    """Gradients of a bundled run's loss on a text, with the weights after ``step`` steps.

    What does not fit the context is left out. Errors: BadParameter, TextTooShort, MissingWeights, DamagedModel.
    """
    found = lab_runs.run(run)
    vocabulary, recipe = found.vocabulary, found.recipe
    ids = vocabulary.encode(text)[: recipe.context + 1]
    if len(ids) < 2:
        raise TextTooShort(count=len(ids), least=2, unit="tokens")
    stored = lab_runs.weights(run, step)
    import torch

    shape = Shape(
        len(vocabulary), recipe.layers, recipe.width, recipe.heads, len(stored["places"]),
        ways="ways" in stored, initialisation=recipe.initialisation,
    )  # fmt: skip
    with TRAININGS.turn(), torch.random.fork_rng(devices=[]):
        model = network.make(shape)
        model.load_state_dict({name: torch.from_numpy(one.copy()) for name, one in stored.items()})
        return _looked(model, torch.tensor([ids]), recipe.layers, vocabulary.shown(ids))


def _looked(model: nn.Module, ids: torch.Tensor, depth: int, tokens: tuple[str, ...]) -> Gradients:
    """Backwards from the mean loss of the next tokens; ``ids`` [sequence, token + 1]."""
    import torch
    from torch.nn.functional import cross_entropy

    seen: dict[tuple[int, str], torch.Tensor] = {}

    def see(layer: int, name: str, state: torch.Tensor) -> torch.Tensor:
        state.retain_grad()
        seen[layer, name] = state
        return state

    with torch.enable_grad():
        logits = model(ids[:, :-1], "forward", None, see)
        loss = cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())
        loss.backward()  # type: ignore[no-untyped-call]
    places = [[(layer, name) for name in STAGES] for layer in range(depth)]
    named_parameters = dict(model.named_parameters())
    return Gradients(
        float(loss.detach()), STAGES,
        _norms([[seen[place].grad for place in row] for row in places]),
        _norms([[seen[place].detach() for place in row] for row in places]),
        _norm(seen[-1, "after_mlp"].grad), _norm(seen[depth, "norm_1"].grad), tuple(named_parameters),
        _norms([one.grad for one in named_parameters.values()]), tokens,
    )  # fmt: skip


def _norms(tensors: Any) -> Array:
    found = [[_norm(one) for one in row] if isinstance(row, list) else _norm(row) for row in tensors]
    return read_only(np.array(found, np.float32))


def _norm(tensor: Any) -> float:
    return 0.0 if tensor is None else float(tensor.double().norm())
