"""What n-grams expect, cost and count, as charts and tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.arrays import Array
from core.figures.charts import Axis, Series, Spec, bars, heat, lines, titled, with_level
from core.numbers import fill, whole

if TYPE_CHECKING:
    from core.compute.classic_models.ngrams import Counted, Following, Growth, HeldOut, Written
    from core.compute.classic_models.transformer import Expected, Reach, Read

Words = Mapping[str, str]
COLOURS = (6, 0, 1, 2, 3, 5)
"""Of each order, 0 first: an order has the same colour in every chart."""
SMOOTHED = {"add": 1, "backoff": 3, "interpolated": 4, "kneser_ney": 0}
TRANSFORMER = 5
SHARES_FROM = 0.0005
"""An order that adds less to every row is not drawn."""
NEXT_COLUMNS = ("next", "probability", "counts")
COST_COLUMNS = ("smoothing", "order", "bits", "perplexity")
COUNT_COLUMNS = ("order", "distinct", "once", "unseen", "possible")


def order_name(order: int, words: Words, language: str) -> str:
    """What an order is called: that of no context has a name of its own."""
    return words["order_none"] if order == 0 else fill(words["order"], language, order=order)


def following(found: Following, words: Words, *, language: str, most: float) -> Spec:
    """The most probable pieces after a context; each bar is made of what each order adds, the largest part at least."""
    names, series = list(found.pieces), []
    least = min(SHARES_FROM, float(found.shares.max()))
    for order in range(found.shares.shape[1]):
        share = found.shares[:, order]
        if share.max() >= least:
            said = order_name(order, words, language)
            tips = [
                fill(words["tip_next"], language, piece=piece, p=float(p), order=said, part=float(part))
                for piece, p, part in zip(names, found.probability, share, strict=True)
            ]
            series.append(Series(said, share, range(len(names)), tips, COLOURS[order]))
    return _next(series, words, language, names, found.probability, "title_next", most)


def expected(found: Expected, words: Words, *, language: str, most: float) -> Spec:
    """The most probable pieces after the same context, as a Transformer has them."""
    names = list(found.pieces)
    tips = [
        fill(words["tip_model"], language, piece=piece, p=float(p))
        for piece, p in zip(names, found.probability, strict=True)
    ]
    series = [Series(words["model"], found.probability, range(len(names)), tips, TRANSFORMER)]
    return _next(series, words, language, names, found.probability, "title_model", most)


def reach(found: Reach, words: Words, *, language: str) -> Spec:
    """How probable the Transformer's first piece is when only the end of the text is left."""
    lengths = found.lengths.tolist()
    pairs = zip(lengths, found.probability, strict=True)
    tips = [fill(words["tip_reach"], language, count=length, p=float(p)) for length, p in pairs]
    title = fill(words["title_reach"], language, piece=found.piece)
    series = [Series(title, lengths, found.probability, tips, TRANSFORMER)]
    x, y = Axis(words["axis_reach"], ticks=lengths, log=True), Axis(words["probability"], ".0%")
    alt = fill(
        words["alt_reach"],
        language,
        piece=found.piece,
        one=float(found.probability[0]),
        all=float(found.probability[-1]),
    )
    return titled(lines(series, x, y), title, alt=alt, height=300)


def _next(
    series: Sequence[Series],
    words: Words,
    language: str,
    names: Sequence[str],
    p: Array,
    title: str,
    most: float,
) -> Spec:
    x = Axis(words["probability"], ".0%", (0, most))
    chart = bars(series, x, Axis(), across=True, stacked=True, names=names)
    alt = fill(words["alt_next"], language, piece=names[0], p=float(p[0]))
    return titled(chart, words[title], alt=alt, height=420)


def most_of(*probabilities: Array) -> float:
    """The end of an axis that several charts share."""
    return min(1.0, 1.08 * max(float(some.max()) for some in probabilities))


def next_rows(found: Following) -> Iterator[tuple[str, float, str]]:
    """One row a piece: how often it was seen after the last 0, 1, 2 … pieces."""
    for piece, p, counts in zip(found.pieces, found.probability, found.counts, strict=True):
        yield piece, float(p), " / ".join(map(str, counts))


# --- what held-out text costs -------------------------------------------------------------------------


def by_order(found: HeldOut, read: Read | None, words: Words, *, language: str, model: str) -> Spec:
    """Bits per byte of the held-out text against the order, the Transformer's as a level line."""
    orders = list(range(1, found.bits.shape[1] + 1))
    series = [_cost(name, orders, row, words, language, "tip_order") for name, row in _smoothed(found)]
    chart = lines(series, Axis(words["axis_order"], ticks=orders), Axis(words["axis_bits"], ".1f"))
    alt = fill(words["alt_order"], language, bits=float(found.bits.min()))
    return titled(_with_model(chart, read, words, language, model), words["title_order"], alt=alt)


def by_size(found: Growth, read: Read | None, words: Words, *, language: str, model: str) -> Spec:
    """The same against the size of the training text, which doubles from point to point."""
    sizes = [int(size) for size in found.used]
    series = [_cost(name, sizes, row, words, language, "tip_size") for name, row in _smoothed(found)]
    chart = lines(series, Axis(words["axis_size"], "~s", log=True), Axis(words["axis_bits"], ".1f"))
    first, last = (float(found.bits[:, at].min()) for at in (0, -1))
    alt = fill(words["alt_size"], language, first=first, last=last)
    return titled(_with_model(chart, read, words, language, model), words["title_size"], alt=alt)


def _smoothed(found: HeldOut | Growth) -> Iterator[tuple[str, Array]]:
    yield from zip(found.smoothings, found.bits, strict=True)


def _cost(name: str, places: Sequence[int], bits: Array, words: Words, language: str, tip: str) -> Series:
    said = words[name]
    tips = [
        fill(words[tip], language, name=said, at=at, bits=float(b))
        for at, b in zip(places, bits, strict=True)
    ]
    return Series(said, places, bits, tips, SMOOTHED[name])


def _with_model(chart: Spec, read: Read | None, words: Words, language: str, model: str) -> Spec:
    """With the Transformer's line, once it has read the text."""
    if read is None:
        return chart
    name = fill(words["level"], language, model=model, bits=read.bits)
    return with_level(chart, read.bits, name, colour=TRANSFORMER)


def cost_rows(found: HeldOut, words: Words) -> Iterator[tuple[str, int, float, float]]:
    """One row a model."""
    for name, bits, perplexity in zip(found.smoothings, found.bits, found.perplexity, strict=True):
        for at in range(len(bits)):
            yield words[name], at + 1, float(bits[at]), float(perplexity[at])


# --- what there is to count ---------------------------------------------------------------------------


def unseen(found: Counted, words: Words, *, language: str) -> Spec:
    """By order, the share of held-out n-grams that training never saw, and of those that it saw once."""
    orders = list(range(1, len(found.distinct) + 1))
    once = found.once / found.distinct
    told = (("unseen", found.unseen, 5), ("unseen_context", found.unseen_context, 1), ("once", once, 4))
    series = []
    for id, values, colour in told:
        pairs = zip(orders, values, strict=True)
        tips = [fill(words[f"tip_{id}"], language, order=at, share=float(share)) for at, share in pairs]
        series.append(Series(words[id], orders, values, tips, colour))
    x, y = Axis(words["axis_order"], ticks=orders), Axis(words["axis_share"], ".0%", (0, 1.03))
    alt = fill(words["alt_unseen"], language, order=orders[-1], share=float(found.unseen[-1]))
    return titled(lines(series, x, y), words["title_unseen"], alt=alt)


def table(found: Counted, words: Words, *, language: str) -> Spec:
    """How often each of the most frequent pieces stood right after each."""
    names = list(found.table_pieces)
    tips = [
        [fill(words["tip_table"], language, first=one, second=other, count=int(count)) for other, count in
         zip(names, row, strict=True)]
        for one, row in zip(names, found.table, strict=True)
    ]  # fmt: skip
    logs = np.log10(1 + found.table.astype(np.float64))
    written = [["" if not count else whole(int(count), language) for count in row] for row in found.table]
    chart = heat(logs, names, names, tips, x=words["axis_second"], y=words["axis_first"], written=written)
    del chart["data"][0]["colorbar"]
    chart["data"][0]["showscale"] = False
    never = float((found.table == 0).mean())
    alt = fill(words["alt_table"], language, count=len(names), never=never)
    return titled(chart, words["title_table"], alt=alt, height=520)


def count_rows(found: Counted) -> Iterator[tuple[int, int, int, float, float]]:
    """One row an order; the last column is the logarithm of how many n-grams are possible."""
    for at in range(len(found.distinct)):
        yield (
            at + 1, int(found.distinct[at]), int(found.once[at]), float(found.unseen[at]), float(found.possible[at]),
        )  # fmt: skip


# --- what is written ------------------------------------------------------------------------------------


def copied(texts: Sequence[Written], words: Words, *, language: str) -> Spec:
    """For each order's text, the shares of its pieces that end n-grams of the training text, by their length."""
    orders = list(range(1, len(texts) + 1))
    series = []
    for length in range(len(texts) + 1):
        shares = [float((one.orders == length).mean()) for one in texts]
        if not any(shares):
            continue
        name = fill(words["copied"], language, length=length) if length else words["copied_none"]
        pairs = zip(orders, shares, strict=True)
        tips = [
            fill(words["tip_copied"], language, order=at, length=length, share=share) for at, share in pairs
        ]
        series.append(Series(name, range(len(orders)), shares, tips, COLOURS[length]))
    names = [order_name(at, words, language) for at in orders]
    chart = bars(
        series,
        Axis(words["axis_written"]),
        Axis(words["axis_share"], ".0%", (0, 1)),
        stacked=True,
        names=names,
    )
    last = float((texts[-1].orders == orders[-1]).mean())
    alt = fill(words["alt_copied"], language, order=orders[-1], share=last)
    return titled(chart, words["title_copied"], alt=alt, height=320)
