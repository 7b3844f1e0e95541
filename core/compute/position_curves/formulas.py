"""Ways to tell a Transformer the order of its tokens, as formulas: numbers in, float64 arrays out.

The canvas ``position_curves`` has the same formulas in JavaScript (``formulas.js``); a test compares the two.
p, m, n are positions, d a (even) number of dimensions, i = 0 … d/2 − 1 a pair of dimensions.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LAYOUTS = ("interleaved", "halves")
"""Which two dimensions are pair i: (2i, 2i + 1) as the papers write it, or (i, i + d/2) as most code does it."""
SCALINGS = ("none", "linear", "ntk", "yarn")
BETA_FAST, BETA_SLOW = 32.0, 1.0
"""YaRN keeps pairs that turn more than 32 times within the trained length, and stretches those under one turn."""


def frequencies(d: int, base: float) -> Floats:
    """Angle per position of each pair, [d / 2], radians: ω_i = base^(−2i/d) (Vaswani et al. 2017, §3.5).

    >>> frequencies(4, 100.0)
    array([1. , 0.1])
    """
    return base ** (-np.arange(0, d, 2) / d)


def members(d: int, layout: str) -> tuple[Ints, Ints]:
    """First and second dimension of each pair, each [d / 2]."""
    i = np.arange(d // 2)
    return (2 * i, 2 * i + 1) if layout == "interleaved" else (i, i + d // 2)


def sinusoidal(positions: npt.ArrayLike, d: int, base: float, layout: str = "interleaved") -> Floats:
    """PE(p), [position, d]: sin(p·ω_i) and cos(p·ω_i) of every pair (Vaswani et al. 2017, §3.5).

    >>> sinusoidal([0], 4, 1e4)
    array([[0., 1., 0., 1.]])
    """
    angle = np.outer(np.asarray(positions, np.float64), frequencies(d, base))
    first, second = members(d, layout)
    table = np.empty((len(angle), d))
    table[:, first], table[:, second] = np.sin(angle), np.cos(angle)
    return table


def shift_matrix(k: int, d: int, base: float, layout: str = "interleaved") -> Floats:
    """M_k, [d, d], with PE(p + k) = M_k · PE(p) for every p: each pair is turned by k·ω_i."""
    angle = k * frequencies(d, base)
    first, second = members(d, layout)
    matrix = np.zeros((d, d))
    matrix[first, first] = matrix[second, second] = np.cos(angle)
    matrix[first, second], matrix[second, first] = np.sin(angle), -np.sin(angle)
    return matrix


def dot_by_distance(distances: npt.ArrayLike, d: int, base: float) -> Floats:
    """PE(p) · PE(p + k) / (d/2) = mean over pairs of cos(k·ω_i), whatever p is; 1 at k = 0."""
    means: Floats = np.cos(np.outer(np.asarray(distances, np.float64), frequencies(d, base))).mean(axis=1)
    return means


def rotary_frequencies(
    d: int, base: float, scaling: str = "none", factor: float = 1.0, trained: int = 2048
) -> tuple[Floats, float]:
    """Angle per position of each pair, [d / 2], radians, and what queries and keys are multiplied by.

    - none:   θ_i = base^(−2i/d)                                      (Su et al. 2021, §3.2.2)
    - linear: θ_i / factor                                            (Chen et al. 2023)
    - ntk:    base · factor^(d/(d−2)) in place of base; the fast pairs hardly change, the slowest is stretched in full
    - yarn:   pairs with more than 32 turns within ``trained`` positions stay, those with less than one are divided by
              the factor, between them a ramp; q and k times 0.1·ln(factor) + 1  (Peng et al. 2023, §3.2–3.4)
    """
    plain = frequencies(d, base)
    if scaling == "linear":
        return plain / factor, 1.0
    if scaling == "ntk":
        return frequencies(d, base * factor ** (d / (d - 2)) if d > 2 else base), 1.0
    if scaling == "yarn":
        stretched = yarn_ramp(d, base, trained)
        scale = 0.1 * math.log(factor) + 1 if factor > 1 else 1.0
        return plain / factor * stretched + plain * (1 - stretched), scale
    return plain, 1.0


def yarn_ramp(d: int, base: float, trained: int) -> Floats:
    """How much of the stretch each pair takes, [d / 2], from 0 (kept) to 1 (divided by the factor)."""

    def turning(turns: float) -> float:
        """The pair, as a real number, that makes so many turns within the trained length."""
        return d * math.log(trained / (turns * 2 * math.pi)) / (2 * math.log(base))

    low = max(math.floor(turning(BETA_FAST)), 0)
    high = min(math.ceil(turning(BETA_SLOW)), d - 1)
    width = 0.001 if low == high else high - low
    ramp: Floats = np.clip((np.arange(d // 2) - low) / width, 0, 1)
    return ramp


def rotate(
    x: npt.ArrayLike, position: float, theta: npt.NDArray[np.floating], layout: str = "halves"
) -> Floats:
    """A query or key, [..., d], with pair i turned by position · θ_i (Su et al. 2021, eq. 15)."""
    values = np.asarray(x, np.float64)
    first, second = members(values.shape[-1], layout)
    angle = position * np.asarray(theta, np.float64)
    cos, sin = np.cos(angle), np.sin(angle)
    turned = np.empty_like(values)
    turned[..., first] = values[..., first] * cos - values[..., second] * sin
    turned[..., second] = values[..., second] * cos + values[..., first] * sin
    return turned


def alibi_slopes(heads: int) -> Floats:
    """Slope of each head, [head]: 2^(−8/n), 2^(−16/n), … for a power of two n (Press et al. 2022, §3).

    Of other numbers: the slopes of the next smaller power, then every other one of the next larger.

    >>> alibi_slopes(4)
    array([0.25      , 0.0625    , 0.015625  , 0.00390625])
    """
    power = 1 << (heads.bit_length() - 1)
    slopes = 2.0 ** (-8 / power * np.arange(1, power + 1))
    more = 2.0 ** (-4 / power * np.arange(1, 2 * (heads - power), 2))
    return np.concatenate([slopes, more])


def t5_bucket(relative: npt.ArrayLike, buckets: int = 32, far: int = 128, both: bool = True) -> Ints:
    """The bucket of each relative position (key − query): one learned number per bucket and head is added to the score.

    Near distances have a bucket each, farther ones share, ever wider on a log scale, and from ``far`` on all share the
    last. ``both``: keys after the query have buckets of their own (an encoder); else they fall into bucket 0.
    (Raffel et al. 2020, §2.1.) Computed in float32 as T5 does, so that edges fall on the same side.
    """
    distance = -np.asarray(relative, np.int64)
    start = np.zeros_like(distance)
    if both:
        buckets //= 2
        start = np.where(distance < 0, buckets, 0)
        distance = np.abs(distance)
    distance = np.maximum(distance, 0)
    exact = max(1, buckets // 2)
    wide = np.maximum(distance, 1).astype(np.float32) / np.float32(exact)
    steps = np.log(wide) / np.float32(math.log(max(far, exact + 1) / exact)) * np.float32(buckets - exact)
    shared = np.minimum(exact + np.maximum(steps, 0).astype(np.int64), buckets - 1)
    found: Ints = start + np.where(distance < exact, np.minimum(distance, buckets - 1), shared)
    return found
