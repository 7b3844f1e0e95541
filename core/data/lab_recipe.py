"""How one small model of the page ``training_lab`` is trained: every choice, bounded and read from plain strings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace

from core.errors import BadParameter

CHOICES: Mapping[str, tuple[str, ...]] = {
    "task": ("english", "poems", "addition", "reverse", "copy", "dates", "several", "own"),
    "tokenizer": ("characters", "bpe"),
    "objective": ("causal", "both", "masked"),
    "optimizer": ("sgd", "momentum", "adagrad", "adam", "adamw"),
    "schedule": ("constant", "linear", "cosine", "step", "exponential", "plateau"),
    "initialisation": ("scaled", "gpt2", "xavier", "large", "zero"),
    "fault": ("none", "rate", "warmup", "shift", "zeroing", "order", "evaluation", "average"),
}
"""What each choice may be. Faults: the rate is too high, there is no warm-up, labels are shifted by one, gradients are
never zeroed, data comes in order, dropout stays on in evaluation, accumulation averages wrongly."""
BOUNDS: Mapping[str, tuple[float, float]] = {
    "layers": (1, 12), "width": (8, 256), "heads": (1, 8), "context": (8, 256), "rate": (1e-6, 100.0),
    "warmup": (0, 2000), "batch": (1, 128), "accumulation": (1, 16), "dropout": (0.0, 0.8), "decay": (0.0, 1.0),
    "smoothing": (0.0, 0.5), "clip": (0.0, 100.0), "patience": (0, 100), "epsilon": (0.0, 1.0),
    "seed": (0, 2**31 - 1), "steps": (1, 5000), "part": (0.002, 1.0),
}  # fmt: skip
"""Least and most of each number."""
EXAMPLES = ("addition", "reverse", "copy", "dates", "several")
"""Tasks that ask and are answered; the others are texts that go on."""
LONGEST = 200_000
"""Characters of an own text."""
GROWN = ("task", "text", "tokenizer", "layers", "width", "heads", "context", "objective", "part")
"""What a fork has of the run that it leaves: other weights or other texts would be another run."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """One training. Errors: BadParameter for what is out of bounds."""

    task: str = "addition"
    text: str = ""  # the own text
    part: float = 1.0  # of what there is to train on
    tokenizer: str = "characters"
    layers: int = 2
    width: int = 64
    heads: int = 4
    context: int = 64  # most tokens of a sequence
    objective: str = "causal"  # "both": next and previous token; "masked": 15 % of the tokens
    optimizer: str = "adamw"
    schedule: str = "cosine"
    warmup: int = 50  # steps
    rate: float = 3e-3  # the highest
    batch: int = 32  # sequences of a micro-batch
    accumulation: int = 1  # micro-batches of a step
    dropout: float = 0.0
    decay: float = 0.01  # weight decay of matrices
    smoothing: float = 0.0  # of labels
    clip: float = 1.0  # largest norm of all gradients together; 0: as it comes
    initialisation: str = "scaled"
    patience: int = 0  # measurements without a better held-out loss until it stops; 0: it does not stop early
    epsilon: float = 0.0  # of FGSM on the embeddings; 0: none
    fault: str = "none"
    seed: int = 0
    steps: int = 1000

    def __post_init__(self) -> None:
        for name, options in CHOICES.items():
            if getattr(self, name) not in options:
                raise BadParameter(name=name)
        for name, (least, most) in BOUNDS.items():
            value = getattr(self, name)
            if not (isinstance(value, int | float) and least <= value <= most):
                raise BadParameter(name=name)
        if self.width % self.heads:
            raise BadParameter(name="heads")
        if len(self.text) > LONGEST or bool(self.text) != (self.task == "own"):
            raise BadParameter(name="text")

    @property
    def parameters(self) -> int:
        """Weights of the layers, about: those of the embeddings depend on the vocabulary."""
        return self.layers * 12 * self.width**2


def parse(values: Mapping[str, str]) -> Recipe:
    """A recipe of strings, as a link or a form has them; what is not named is the default.

    Errors: BadParameter for an unknown name, for what is no number, and for what is out of bounds.

    >>> parse({"task": "reverse", "rate": "0.01"}).rate
    0.01
    """
    known = {field.name: field.default for field in fields(Recipe)}
    found: dict[str, object] = {}
    for name, value in values.items():
        if name not in known:
            raise BadParameter(name=name[:40])
        found[name] = _read(name, value, known[name])
    return replace(Recipe(), **found)  # type: ignore[arg-type]


def _read(name: str, value: str, default: object) -> object:
    if isinstance(default, str):
        return value
    try:
        number = float(value) if isinstance(default, float) else int(value)
    except ValueError:
        raise BadParameter(name=name) from None
    if not math.isfinite(number):
        raise BadParameter(name=name)
    return number


def as_strings(recipe: Recipe) -> dict[str, str]:
    """The same recipe as ``parse`` reads it: every field, numbers as Python writes them."""
    return {name: str(value) for name, value in asdict(recipe).items()}


def differing(first: Recipe, second: Recipe) -> tuple[str, ...]:
    """The names of what two recipes do not share."""
    return tuple(
        field.name for field in fields(Recipe) if getattr(first, field.name) != getattr(second, field.name)
    )
