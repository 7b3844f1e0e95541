"""What will it say next, and what does temperature do?

The whole next-token distribution, what each sampling setting does to it, and how much each token of a text surprised
the model. Holtzman et al. 2020 (top-p); Keskar et al. 2019 (repetition penalty); Shannon 1948 (surprise).
"""

from typing import Any

from core.compute.next_token import distribution as compute
from core.compute.next_token import repetition
from core.compute.next_token.filters import apply_filters
from core.figures.next_token import distribution as figures
from pages.kit import canvas, code, controls, export, frame, lecture, permalink, prompt, reading
from pages.kit.frame import Opened
from pages.views.next_token import generation as generating
from pages.views.next_token import sampling

STEM = "next_token"
CANVAS, STRIP = "nt_distribution", "nt_surprise"
LOOK = (*sampling.NUMBERS, "order", "view", "seed")


def on_force(value: Any) -> None:
    """A token was put after the text, or taken back."""
    canvas.commit(permalink.link(STEM), (CANVAS,), ("forced",), value)


@frame.panel
def filters(page: Opened) -> None:
    """The distribution after the text, and what the settings make of it."""
    result = page.compute(compute.distribution, **sampling.reading(page))
    data = canvas.packed(
        figures.payload, result.value, words=page.words.sub("canvas"),
        state=canvas.state_to_push(CANVAS, sampling.state(page)), model=page.link.model,
        language=page.link.language, caption=export.label(page),
    )  # fmt: skip
    look = canvas.committer(STEM, CANVAS, LOOK)
    canvas.mount("token_distribution", data, key=CANVAS, look=look, force=on_force)
    found = compute.notice(result.value)
    reading.line(page, "notice.peaked", result.badge, token=found.token, top=found.top, count=found.count)
    reading.weakness(page)
    names = page.compute(compute.labels)
    table = canvas.packed(figures.labels_payload, names.value, words={}, state={}, model=page.link.model)
    canvas.mount("token_labels", table, key="nt_labels")
    reading.follow(page)


@frame.panel
def surprise(page: Opened) -> None:
    """How probable each token of the text was: raw, in the chat template, and to a second model."""
    results, titles = sampling.readings(page, compute.surprise)
    data = canvas.packed(
        figures.surprise_payload, *(one.value for one in results), words=page.words.sub("strip"),
        state=canvas.state_to_push(STRIP, {"unit": page.link.get("unit")}), titles=titles,
        language=page.link.language,
    )  # fmt: skip
    canvas.mount("surprise_strip", data, key=STRIP, look=canvas.committer(STEM, STRIP, ("unit",)))
    first = results[0]
    token, bits = compute.most_surprising(first.value)
    reading.line(
        page, "notice.surprise", first.badge, token=token, bits=bits, perplexity=first.value.perplexity,
        per_byte=first.value.bits_per_byte,
    )  # fmt: skip
    reading.weakness(page)
    if not page.link.shared("present"):
        sampling.second_model(page)
        reading.follow(page)


def how(page: Opened) -> None:
    """The source of what the part computes, and the snippet that computes it."""
    part = page.link.get("part")
    if part == "surprise":
        code.show(page, compute.surprise, {"prompt": page.link.text})
    elif part == "loop":
        code.show(page, repetition.repeat, {"phrase": page.link.text, "repeats": page.link.number("repeats")})
    else:
        code.show(page, compute.distribution, sampling.reading(page))
        code.source(apply_filters)


def numbers(page: Opened) -> None:
    """The figure and its numbers to take home."""
    html = export.standalone_of(page)
    if page.link.get("part") in ("generate", "lanes", "beam", "loop"):
        generating.take_home(page)
        return
    if page.link.get("part") == "surprise":
        told = page.compute(compute.surprise, prompt=page.link.text, chat=False).value
        picture = figures.surprise_payload(
            told, page.words.sub("strip"), {"unit": page.link.get("unit")},
            titles=[("lane_raw", sampling.name(page.link.model))], language=page.link.language,
        )  # fmt: skip
        table, columns, name = figures.surprise_rows(told), figures.SURPRISE_COLUMNS, "surprise"
        figure = "surprise_strip"
    else:
        result = page.compute(compute.distribution, **sampling.reading(page)).value
        picture = figures.payload(
            result, page.words.sub("canvas"), sampling.state(page), model=page.link.model,
            language=page.link.language,
        )  # fmt: skip
        after = apply_filters(result.logits, result.tokens.ids, sampling.settings(page))
        table, columns = (
            figures.rows(result, after.probabilities, sampling.removed(page, after)),
            figures.COLUMNS,
        )
        name, figure = "distribution", "token_distribution"
    rows = tuple(table)
    export.buttons(page, [
        (f"export.{name}", f"{name}.html", "text/html", lambda: html(figure, picture)),
        (f"export.{name}_csv", f"{name}.csv", "text/csv", lambda: export.table(columns, rows)),
    ])  # fmt: skip


PARTS = {
    "filters": filters, "generate": generating.generate, "lanes": generating.lanes, "beam": generating.beam,
    "loop": generating.loop, "surprise": surprise,
}  # fmt: skip
page = frame.open(STEM)
sampling.follow_text(page)
prompt.strip(page)
if not page.link.shared("present"):
    controls.row(page, choices=("part", "chat"))
PARTS[str(page.link.get("part"))](page)
lecture.experiments(page.words, page.link)
if not page.link.shared("present"):
    reading.tabs(page, reading.text, how, numbers)
