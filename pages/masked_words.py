"""What belongs in the gap, seen from both sides?

A masked model and a causal model fill the same gaps; how the gaps are drawn for training; whether one sentence follows
another; pseudo-perplexity. Devlin et al. 2019 §3.1; Liu et al. 2019 §4; Salazar et al. 2020; Kauf & Ivanova 2023.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from core.compute.masked_words import rule as masking_rule
from core.compute.masked_words.gaps import clean
from core.figures.masked_words import views as figures
from pages.kit import canvas, code, export, frame, lecture, reading
from pages.kit.frame import Opened
from pages.views.masked_words import views as masking
from pages.views.next_token import sampling

STEM = "masked_words"
KEYS = {"gap": "mw_gap", "rule": "mw_rule", "pairs": "mw_pairs", "pseudo": "mw_pseudo"}
LOOK = {
    "gap": ("hide", "several"), "rule": ("seed", "share", "rolls", "epochs", "copies"), "pairs": ("cell",),
    "pseudo": ("word",),
}  # fmt: skip
NAMES = {"gap": "gap_fill", "rule": "mask_rule", "pairs": "pair_scores", "pseudo": "pseudo_strip"}


def state(page: Opened) -> dict[str, Any]:
    """What the view's canvas shows."""
    found = {one: page.link.get(one) for one in LOOK[masking.view(page)]}
    return {one: list(value) if isinstance(value, tuple) else value for one, value in found.items()}


def picture(page: Opened) -> tuple[str, bytes]:
    """The view's component and its payload, without what is still to be computed for the hidden words."""
    view, link = masking.view(page), page.link
    options: dict[str, Any] = {
        "words": page.words.sub("canvas"), "state": canvas.state_to_push(KEYS[view], state(page)),
        "language": link.language, "caption": export.label(page),
    }  # fmt: skip
    if view == "rule":
        return NAMES[view], canvas.packed(
            figures.rule_payload, page.compute(masking_rule.sheet).value, **options
        )
    if view == "pairs":
        found = [one.value for one in masking.pair_results(page)]
        titles = [sampling.name(one.model) for one in found]
        pairs = str(link.get("pairs")).replace("\n", " / ")
        options["caption"] = export.label(page, model=", ".join(titles), text=pairs)
        return NAMES[view], canvas.packed(figures.pairs_payload, *found, titles=titles, **options)
    told, foreseen = masking.sides(page)
    options |= {
        "titles": [sampling.name(one.value.model) for one in (told, foreseen)],
        "text": clean(link.text),
    }
    if view == "pseudo":
        return NAMES[view], canvas.packed(figures.pseudo_payload, told.value, foreseen.value, **options)
    more = masking.at_hand(masking.more_calls(page, told.value, foreseen.value))
    return NAMES[view], canvas.packed(figures.gap_payload, told.value, foreseen.value, more, **options)


@frame.panel
def figure(page: Opened) -> None:
    """The view's figure and what to notice in it."""
    view = masking.view(page)
    masking.instead(page)
    name, data = picture(page)
    canvas.mount(name, data, key=KEYS[view], look=canvas.committer(STEM, KEYS[view], LOOK[view]))
    if view == "rule":
        masking.say_rule(page, page.compute(masking_rule.sheet))
    elif view == "pairs":
        masking.say_pairs(page, masking.pair_results(page))
        masking.second_model(page)
    else:
        told, foreseen = masking.sides(page)
        (masking.say_gap if view == "gap" else masking.say_pseudo)(page, told, foreseen)
        masking.second_model(page)
        calls = masking.more_calls(page, told.value, foreseen.value) if view == "gap" else []
        if calls and masking.at_hand(calls) is None:
            masking.complete(page, calls)
    reading.follow(page)


def how(page: Opened) -> None:
    """The source of what the view rests on, and the snippet that repeats it."""
    function, arguments, model = masking.call(page)
    code.show(page, function, arguments, model=model)


def rows(page: Opened) -> tuple[tuple[str, ...], Iterable[Sequence[object]]]:
    """The numbers of the view as a table."""
    view = masking.view(page)
    if view == "rule":
        function, arguments, model = masking.call(page)
        return figures.RULE_COLUMNS, figures.rule_rows(page.compute(function, model=model, **arguments).value)
    if view == "pairs":
        return figures.PAIR_COLUMNS, figures.pair_rows([one.value for one in masking.pair_results(page)])
    told, foreseen = masking.sides(page)
    if view == "gap":
        return figures.GAP_COLUMNS, figures.gap_rows(told.value, foreseen.value)
    return figures.PSEUDO_COLUMNS, figures.pseudo_rows(told.value, foreseen.value)


def numbers(page: Opened) -> None:
    """The figure and its numbers to take home."""
    html = export.standalone_of(page)
    name, data = picture(page)
    columns, lines = rows(page)
    table = tuple(lines)
    export.buttons(page, [
        ("export.html", f"{name}.html", "text/html", lambda: html(name, data)),
        ("export.csv", f"{name}.csv", "text/csv", lambda: export.table(columns, table)),
    ])  # fmt: skip


page = frame.open(STEM)
masking.adopt(page)
masking.head(page)
figure(page)
lecture.experiments(page.words, page.link)
if not page.link.shared("present"):
    reading.tabs(page, reading.text, how, numbers)
