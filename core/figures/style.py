"""Colours of every figure: one meaning per colour, the same for pictures drawn here and on the canvases.

Sequential: one hue from the background to ink, lightness linear in OKLab (Ottosson 2020). Diverging:
blue-white-orange around zero. Categories: Okabe and Ito (2008), at most seven. ``theme.js`` holds the same
numbers for the canvases; a test compares the two.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

Mode = Literal["paper", "stage"]
Triple = tuple[float, float, float]

HUE = 258.0  # OKLCH hue of attention and probability: ink blue
OKABE_ITO = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442")
GROUPS = ("countries", "cities", "animals", "food", "numbers", "feelings", "family")  # a colour each
NIGHT_BLUE = "#8a8cff"  # of a group on the stage, as in drawing.js: the first colour is too dark there


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one theme."""

    background: str
    panel: str
    text: str
    cool: str  # negative end of the diverging scale
    neutral: str  # its zero
    warm: str  # positive end


PALETTES: dict[Mode, Palette] = {
    "paper": Palette("#fbfaf7", "#f2efe8", "#22242a", "#0072b2", "#ffffff", "#d55e00"),
    "stage": Palette("#101216", "#1b1e24", "#e8e6e1", "#56b4e9", "#101216", "#f0883e"),
}


def group_tones(groups: Sequence[str]) -> list[int]:
    """The place in `OKABE_ITO` of each of at most seven groups: its own for one of `GROUPS`, else the first free."""
    free = [at for at, group in enumerate(GROUPS) if group not in groups]
    return [GROUPS.index(group) if group in GROUPS else free.pop(0) for group in groups]


def group_colour(tone: int, mode: Mode) -> str:
    """The colour of a point of a group."""
    return NIGHT_BLUE if mode == "stage" and not tone else OKABE_ITO[tone]


def _to_oklab(colour: str) -> Triple:
    """``#rrggbb`` → OKLab lightness, a, b."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    l_ = math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    m_ = math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    s_ = math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    return (
        0.2104542553 * l_ + 0.793617785 * m_ - 0.0040720468 * s_,
        1.9779984951 * l_ - 2.428592205 * m_ + 0.4505937099 * s_,
        0.0259040371 * l_ + 0.7827717662 * m_ - 0.808675766 * s_,
    )


def _from_oklab(lab: Triple) -> str:
    """OKLab → ``#rrggbb``, clipped to the gamut."""
    lightness, a, b = lab
    l_ = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    m_ = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    s_ = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
    linear = (
        4.0767416621 * l_ - 3.3077115913 * m_ + 0.2309699292 * s_,
        -1.2684380046 * l_ + 2.6097574011 * m_ - 0.3413193965 * s_,
        -0.0041960863 * l_ - 0.7034186147 * m_ + 1.707614701 * s_,
    )
    clipped = (min(1.0, max(0.0, c)) for c in linear)
    bytes_ = (
        math.floor(255 * (12.92 * c if c <= 0.0031308 else 1.055 * c ** (1 / 2.4) - 0.055) + 0.5)
        for c in clipped
    )
    return "#" + "".join(f"{value:02x}" for value in bytes_)


def _polar(lightness: float, chroma: float, hue: float) -> Triple:
    angle = math.radians(hue)
    return lightness, chroma * math.cos(angle), chroma * math.sin(angle)


@cache
def ramp(mode: Mode, hue: float = HUE, background: str = "") -> tuple[str, ...]:
    """256 colours of one hue from the background to ink; equal steps of lightness in OKLab."""
    dark = mode == "stage"
    start = _to_oklab(background or PALETTES[mode].background)
    end = _polar(0.96, 0.035, hue) if dark else _polar(0.27, 0.085, hue)
    pull = _polar(0.0, 0.25 if dark else 0.22, hue)
    colours = []
    for step in range(256):
        t = step / 255
        a, b = ((1 - t) ** 2 * start[k] + 2 * t * (1 - t) * pull[k] + t * t * end[k] for k in (1, 2))
        colours.append(_from_oklab((start[0] + (end[0] - start[0]) * t, a, b)))
    return tuple(colours)
