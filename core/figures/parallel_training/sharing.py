"""Who holds what and what travels, as charts: by formula for a model, and as it was counted in real processes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from core.figures.charts import Axis, Series, Spec, Values, bars, lines, marked, titled, with_texts
from core.numbers import byte_size, fill, ten, whole

if TYPE_CHECKING:
    from core.compute.parallel_training.formulas import Held, Traffic
    from core.compute.parallel_training.measured import Measured

Words = Mapping[str, str]
KINDS = ("weights", "gradients", "states")
COLOURS = (0, 1, 2)
LINES = (("data", 0, ""), ("zero_3", 5, "dash"), ("tensor", 2, ""), ("pipeline", 3, "dot"))
"""Ways whose traffic is drawn against the tokens of a step: colour and dash."""
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star")
MARKED = (1, 2, 3, 4, 5, 1, 2)
"""Mark and colour of each way along the line of one process."""
GIGA = 1e9
ROOM = 1.3
"""How far an axis goes beyond its longest bar, for what is written there."""
MEMORY_COLUMNS = ("way", "processes", *KINDS)
HELD_COLUMNS = ("way", *(f"{kind}_held" for kind in KINDS))
WIRE_COLUMNS = ("way", "sent", "formula")
TRAFFIC_COLUMNS = ("way", "tokens", "formula")
PROOF_COLUMNS = ("way", "step", "loss", "alone")


def way_name(name: str, count: int, asked: int, words: Words, language: str) -> str:
    """What a way is called, with the processes that it can use where there are more."""
    return words[name] if count == asked else fill(words["used"], language, way=words[name], count=count)


def memory(found: Held, words: Words, *, language: str, room: float) -> Spec:
    """Gigabytes of the fullest process in each way, and an upright line where an accelerator's memory ends."""
    asked = max(found.used)
    names = [
        way_name(name, used, asked, words, language)
        for name, used in zip(found.ways, found.used, strict=True)
    ]
    series = []
    for at, (kind, colour) in enumerate(zip(KINDS, COLOURS, strict=True)):
        values = found.bytes[:, at]
        tips = [
            fill(words["tip_memory"], language, way=name, kind=words[kind], size=float(value))
            for name, value in zip(names, values, strict=True)
        ]
        series.append(Series(words[kind], values / GIGA, range(len(names)), tips, colour))
    total = found.bytes.sum(axis=1)
    x = Axis(words["axis_memory"], span=(0, ROOM * max(float(total.max()), room) / GIGA))
    chart = bars(series, x, Axis(), across=True, stacked=True, names=names)
    chart = with_texts(chart, total / GIGA, range(len(names)), [byte_size(float(one)) for one in total])
    alt = fill(words["alt_memory"], language, first=float(total[0]), last=float(total[3]))
    title = fill(words["title_memory"], language, parameters=found.parameters, count=asked)
    return titled(marked(chart, room / GIGA), title, alt=alt, height=400)


def held_rows(found: Measured, words: Words) -> Iterator[tuple[object, ...]]:
    """One row a way: numbers counted in the fullest process."""
    for name, values in zip(found.ways, found.held, strict=True):
        yield words[name], *map(int, values)


def memory_rows(found: Held, words: Words) -> Iterator[tuple[object, ...]]:
    """One row a way."""
    for name, used, values in zip(found.ways, found.used, found.bytes, strict=True):
        yield words[name], used, *map(int, values)


# --- what travels -----------------------------------------------------------------------------------------


def wire(found: Measured, words: Words, *, language: str) -> Spec:
    """Bytes that the busiest real process sent in a step, beside those of the formula."""
    places = range(len(found.ways))
    told = (("counted", found.sent, 0), ("formula", found.formula, 1))
    series = [
        Series(
            words[id],
            values / 1000,
            places,
            _sizes(found, values, words[f"tip_{id}"], words, language),
            colour,
        )
        for id, values, colour in told
    ]
    x = Axis(words["axis_wire"], span=(0, ROOM * float(found.sent.max()) / 1000))
    names = [words[name] for name in found.ways]
    chart = bars(series, x, Axis(), across=True, names=names)
    chart = with_texts(chart, found.sent / 1000, places, [byte_size(float(one)) for one in found.sent])
    at = int(found.sent.argmax())
    alt = fill(words["alt_wire"], language, way=names[at], size=float(found.sent[at]))
    title = fill(words["title_wire"], language, count=found.processes)
    return titled(chart, title, alt=alt, height=400)


def _sizes(found: Measured, values: Values, sentence: str, words: Words, language: str) -> list[str]:
    return [
        fill(sentence, language, way=words[name], size=float(value))
        for name, value in zip(found.ways, values, strict=True)
    ]


def traffic(found: Traffic, words: Words, *, language: str) -> Spec:
    """Gigabytes that the busiest process sends, against the tokens of a step, for a model of the visitor's choice."""
    asked, series = max(found.used), []
    for (name, colour, dash), used, values in zip(LINES, found.used, found.bytes, strict=True):
        title = way_name(name, used, asked, words, language)
        tips = [
            fill(words["tip_traffic"], language, way=title, tokens=tokens, size=float(value))
            for tokens, value in zip(found.tokens, values, strict=True)
        ]
        series.append(Series(title, found.tokens, values / GIGA, tips, colour, dash))
    chart = lines(
        series, Axis(words["axis_tokens"], "~s", log=True), Axis(words["axis_traffic"], "~g", log=True)
    )
    alt = fill(
        words["alt_traffic"], language, data=float(found.bytes[0, 0]), tensor=float(found.bytes[2, -1])
    )
    title = fill(words["title_traffic"], language, parameters=found.parameters, count=asked)
    return titled(chart, title, alt=alt, height=400)


def wire_rows(found: Measured, words: Words) -> Iterator[tuple[str, int, int]]:
    """One row a way."""
    for name, sent, formula in zip(found.ways, found.sent, found.formula, strict=True):
        yield words[name], int(sent), round(float(formula))


def traffic_rows(found: Traffic, words: Words) -> Iterator[tuple[str, int, int]]:
    """One row for each way and number of tokens."""
    for name, values in zip(found.ways, found.bytes, strict=True):
        for tokens, value in zip(found.tokens, values, strict=True):
            yield words[name], tokens, round(float(value))


# --- the proof --------------------------------------------------------------------------------------------


def losses(found: Measured, words: Words, *, language: str) -> Spec:
    """The loss of one process as a line, and on it the marks of each way; they take turns, so that each is seen."""
    steps = list(range(1, len(found.alone) + 1))
    tips = [
        fill(words["tip_loss"], language, way=words["alone"], step=step, loss=float(loss))
        for step, loss in zip(steps, found.alone, strict=True)
    ]
    one = lines([Series(words["alone"], steps, found.alone, tips, 0)], Axis(), Axis())
    one["data"][0]["mode"] = "lines"
    turns = [range(at, len(steps), len(found.ways)) for at in range(len(found.ways))]
    series = [
        Series(
            words[name], [steps[at] for at in turn], [found.loss[row, at] for at in turn],
            [fill(words["tip_loss"], language, way=words[name], step=steps[at], loss=float(found.loss[row, at]))
             for at in turn],
            MARKED[row], symbol=SYMBOLS[row],
        )
        for row, (name, turn) in enumerate(zip(found.ways, turns, strict=True))
    ]  # fmt: skip
    chart = lines(series, Axis(words["axis_step"]), Axis(words["axis_loss"], ".1f"), points=True)
    chart = {**chart, "data": [*one["data"], *chart["data"]]}
    first, last = float(found.alone[0]), float(found.alone[-1])
    alt = fill(words["alt_loss"], language, first=first, last=last, off=found.off)
    return titled(chart, words["title_loss"], alt=alt, height=400)


def apart(found: Measured, words: Words, *, language: str, limit: float) -> Spec:
    """By how much weights differ at most from those of one process, and losses, against what was promised."""
    off = abs(found.loss - found.alone).max(axis=1)
    places = range(len(found.ways))
    values = ((found.apart, "of_weights", 0), (off, "of_losses", 1))
    series = [
        Series(words[id], some, places, [
            fill(words[f"tip_{id}"], language, way=words[name], apart=float(value))
            for name, value in zip(found.ways, some, strict=True)
        ], colour)
        for some, id, colour in values
    ]  # fmt: skip
    powers = (-16, -12, -8, -4, 0)
    x = Axis(
        words["axis_apart"], span=(-17, 0), log=True, ticks=[10.0**power for power in powers],
        names=[ten(power) for power in powers],
    )  # fmt: skip
    chart = marked(bars(series, x, Axis(), across=True, names=[words[name] for name in found.ways]), limit)
    alt = fill(words["alt_apart"], language, apart=float(found.apart.max()), off=found.off)
    return titled(chart, words["title_apart"], alt=alt, height=400)


def held(found: Measured, words: Words, *, language: str) -> Spec:
    """Numbers that the fullest real process held."""
    places = range(len(found.ways))
    series = [
        Series(words[kind], found.held[:, at] / 1000, places, [
            fill(words["tip_held"], language, way=words[name], kind=words[kind], count=int(count))
            for name, count in zip(found.ways, found.held[:, at], strict=True)
        ], colour)
        for at, (kind, colour) in enumerate(zip(KINDS, COLOURS, strict=True))
    ]  # fmt: skip
    names, total = [words[name] for name in found.ways], found.held.sum(axis=1)
    x = Axis(words["axis_held"], span=(0, ROOM * int(total.max()) / 1000))
    chart = bars(series, x, Axis(), across=True, stacked=True, names=names)
    chart = with_texts(chart, total / 1000, places, [whole(int(one), language) for one in total])
    title = fill(words["title_held"], language, count=found.processes)
    alt = fill(words["alt_held"], language, most=int(total.max()), least=int(total.min()))
    return titled(chart, title, alt=alt, height=400)


def proof_rows(found: Measured, words: Words) -> Iterator[tuple[object, ...]]:
    """One row for each way and step."""
    for name, row in zip(found.ways, found.loss, strict=True):
        for step, (loss, alone) in enumerate(zip(row, found.alone, strict=True), 1):
            yield words[name], step, float(loss), float(alone)
