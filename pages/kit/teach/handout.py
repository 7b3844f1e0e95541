"""What a page shows as one file to hand out: made when it is asked for."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from core.calls import Call
from core.catalog import Value
from core.figures.charts import Spec, alt_of, themed
from core.teaching.handout import Frame, Plot, Section
from pages.kit import chart, export, share
from pages.kit.cache import Badge
from pages.kit.frame import Opened
from pages.kit.teach.take import Make, about_of, built

PAPER = {"paper_bgcolor": "#ffffff", "plot_bgcolor": "#ffffff"}
"""What is printed is white."""


def framed(file: export.File) -> Callable[[], Frame]:
    """A canvas by its download."""
    return lambda: Frame(file[3]())


def plotted(spec: Spec) -> Callable[[], Plot]:
    """A chart."""

    def make() -> Plot:
        drawn = themed(chart.sized(spec, present=False))
        drawn["layout"] |= PAPER
        return Plot(json.dumps(drawn), alt_of(spec))

    return make


def file(page: Opened, figures: Sequence[Make], calls: Sequence[Call[Any]], badge: Badge) -> export.File:
    """The handout of what is shown now, with its settings and link; ``calls`` are what the figures are drawn from."""
    about = about_of(page.words, page.words("page.title"), page.words("page.question"))
    named, link = settings(page, calls, badge), share.reachable(page.link.url())

    def make() -> str:
        return built(about, [Section([one() for one in figures], named, link)])

    return "export.handout", f"{page.declared.stem}_handout.html", "text/html", make


def settings(page: Opened, calls: Sequence[Call[Any]], badge: Badge) -> list[tuple[str, str]]:
    """Model, text, what else is not as the page opens with it, and where the result comes from.

    ``calls`` are what the figures are drawn from.
    """
    words, declared = page.words, page.declared
    models = list(dict.fromkeys(one.model for one in calls if one.model)) if calls else [page.model]
    read = not calls or any(page.link.text in one.arguments.values() for one in calls)
    shared = [(words("prompt.model"), words("list_separator").join(models))] if models else []
    shared += [(words("prompt.label"), page.link.text)] if read else []
    own = [
        (words(f"params.{param.name}.label"), _value(page, param.name))
        for param in declared.params
        if words.find(f"params.{param.name}.label")  # a canvas shows its own controls
        and page.link.get(param.name)
        != declared.default(param.name, page.link.model, page.link.page_language)
    ]
    return [*shared, *own, (words("handout.result"), page.origin(badge))]


def _value(page: Opened, name: str) -> str:
    """A value in words where the page has some for it."""
    value: Value = page.link.get(name)
    said = page.words.find(f"params.{name}.{value}") if isinstance(value, str) else None
    return said if isinstance(said, str) else page.declared.param(name).format(value)
