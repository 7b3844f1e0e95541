"""Shapes of models: their sizes by name, and how many numbers each part of them has."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import BadParameter

OWN = "own"


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a decoder; ``gated`` ones are built as Llama is, the others as GPT-2 is."""

    layers: int
    width: int
    heads: int
    vocabulary: int
    keys: int  # heads that have keys and values of their own
    inner: int  # width of the MLP
    positions: int = 0  # learned ones; 0: rotary
    gated: bool = False
    tied: bool = True  # the output layer has the embedding's weights
    biased: bool = False  # queries, keys and values have biases

    @property
    def reading(self) -> int:
        """Numbers of all keys (or values) of a token."""
        return self.width // self.heads * self.keys


def _gpt(layers: int, width: int, heads: int, vocabulary: int, positions: int) -> Shape:
    return Shape(layers, width, heads, vocabulary, heads, 4 * width, positions)


KNOWN = {
    "tiny-gpt": _gpt(2, 128, 4, 1024, 128),
    "gpt2": _gpt(12, 768, 12, 50257, 1024),
    "smollm2-135m": Shape(30, 576, 9, 49152, 3, 1536, gated=True),
    "qwen-coder": Shape(24, 896, 14, 126979, 2, 4864, gated=True, biased=True),
    "gpt2-xl": _gpt(48, 1600, 25, 50257, 1024),
    "llama-2-7b": Shape(32, 4096, 32, 32000, 32, 11008, gated=True, tied=False),
    "llama-3-8b": Shape(32, 4096, 32, 128256, 8, 14336, gated=True, tied=False),
    "llama-3-70b": Shape(80, 8192, 64, 128256, 8, 28672, gated=True, tied=False),
    "gpt3-175b": _gpt(96, 12288, 96, 50257, 2048),
}
"""Sizes as their configurations have them, of bundled models the bundled ones (GPT-3: Brown et al. 2020, table 2.1)."""
SIZES = {"layers": (1, 128), "width": (64, 16384), "heads": (1, 128), "vocabulary": (256, 262144)}
"""Bounds of an own shape."""
MOST_LENGTH = 131_072


def shape_of(*, shape: str, layers: int, width: int, heads: int, vocabulary: int) -> Shape:
    """A known shape, or an own one as GPT-2 is built: its width becomes a multiple of its heads.

    Errors: BadParameter("shape") and the names in ``SIZES``.

    >>> shape_of(shape="own", layers=2, width=130, heads=4, vocabulary=1000).width
    128
    """
    if shape in KNOWN:
        return KNOWN[shape]
    if shape != OWN:
        raise BadParameter(name="shape")
    given = {"layers": layers, "width": width, "heads": heads, "vocabulary": vocabulary}
    for name, (low, high) in SIZES.items():
        if not low <= given[name] <= high:
            raise BadParameter(name=name)
    fitted = max(1, width // heads) * heads
    return _gpt(layers, fitted, heads, vocabulary, 2048)


def layer_parameters(shape: Shape) -> int:
    """Numbers of one layer's weights: attention, MLP and two norms."""
    h, kept = shape.width, shape.reading
    if shape.gated:
        return 2 * h * h + 2 * h * kept + shape.biased * (h + 2 * kept) + 3 * h * shape.inner + 2 * h
    return 4 * h * h + 4 * h + 2 * h * shape.inner + shape.inner + h + 4 * h


def parameters(shape: Shape) -> int:
    """Numbers of all weights; tied ones are counted once.

    >>> parameters(KNOWN["gpt2"])
    124439808
    """
    h = shape.width
    norm = h if shape.gated else 2 * h
    outside = (shape.vocabulary * (1 if shape.tied else 2) + shape.positions) * h + norm
    return outside + shape.layers * layer_parameters(shape)


def adapter_parameters(shape: Shape, rank: int) -> int:
    """Numbers of LoRA's two factors of this rank, at the queries' and the values' weights of every layer (Hu 2021)."""
    h = shape.width
    return shape.layers * rank * (2 * h + h + shape.reading)
