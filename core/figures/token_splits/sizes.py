"""What a vocabulary's size changes, as three charts over one logarithmic axis: tokens, unknown characters, rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from core.figures.charts import THIRD, Axis, Series, Spec, lines, titled
from core.numbers import fill, whole

if TYPE_CHECKING:
    from core.compute.token_splits.training import Curve

Words = Mapping[str, str]
WIDTHS = (64, 128, 256, 384, 512, 576, 768, 1024, 1536, 2048, 3072, 4096, 8192, 16384)
"""Values of d_model on offer: those of small and large models."""
SAME = 0.0005
"""A change of tokens below it is none."""
HEIGHT = 340


def tokens(found: Curve, words: Words, *, language: str, d_model: int) -> Spec:
    """Tokens per character of held-out text."""
    return _chart(found, _rate(found), words["tokens"], Axis(form=".2f"), words, language, d_model)


def unknown(found: Curve, words: Words, *, language: str, d_model: int) -> Spec:
    """Share of the characters of held-out text that the vocabulary cannot write."""
    values = found.unknown_rate.tolist()
    return _chart(found, values, words["unknown"], Axis(form=".2~%"), words, language, d_model)


def parameters(found: Curve, words: Words, *, language: str, d_model: int) -> Spec:
    """Numbers in the embedding, in the unit that the language counts in."""
    values = [size * d_model / float(words["unit_value"]) for size in found.sizes.tolist()]
    title = fill(words["parameters"], language, d_model=d_model)
    return _chart(found, values, title, Axis(), words, language, d_model)


def _chart(
    found: Curve, values: Sequence[float], title: str, y: Axis, words: Words, language: str, d_model: int
) -> Spec:
    sizes, tips = found.sizes.tolist(), _tips(found, words, language, d_model)
    ticks = sizes[::2]  # a third of the page has no room for more
    x = Axis(words["plot"], log=True, ticks=ticks, names=[whole(size, language) for size in ticks])
    name = title.replace("\n", " ")
    spec = lines([Series(name, sizes, values, tips)], x, y)
    spec["layout"]["yaxis"]["rangemode"] = "tozero"
    alt = fill(words["alt"], language, title=name, said=tips[-1])
    return titled(spec, title, alt=alt, height=HEIGHT, wide=THIRD)


def _rate(found: Curve) -> list[float]:
    """[size] Tokens per character."""
    return (found.length / max(1, found.characters)).tolist()  # type: ignore[no-any-return]


def _tips(found: Curve, words: Words, language: str, d_model: int) -> list[str]:
    """What is said of each size, and what the step from the one before it costs and saves."""
    rates, told = _rate(found), []
    for at, size in enumerate(found.sizes.tolist()):
        here = fill(
            words["said"], language, size=size, tokens=rates[at], unknown=float(found.unknown_rate[at]),
            parameters=size * d_model, d_model=d_model,
        )  # fmt: skip
        told.append(f"{here}\n{_step(found, at, rates, words, language)}" if at else here)
    return told


def _step(found: Curve, at: int, rates: Sequence[float], words: Words, language: str) -> str:
    change, before = rates[at] / rates[at - 1] - 1, int(found.sizes[at - 1])
    written = found.unknown_rate[at] < found.unknown_rate[at - 1]
    more = "said_more" if written else "said_more_all"
    id = "said_fewer" if change < -SAME else more if change > SAME else "said_same"
    return fill(words[id], language, change=abs(change), before=before, factor=int(found.sizes[at]) / before)
