"""The parts of ``training_lab``."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from core.compute.training_lab import calls
from core.compute.training_lab.curves import curves
from core.models.needs import ANY
from pages.kit import controls
from pages.kit.frame import Opened
from pages.kit.view import View
from pages.views.training_lab import faults, film, gradients, live, race, runs


def head(page: Opened) -> None:
    """The choice of the part; no text is read."""
    controls.parts(page)


made = partial(View, head=head, model=lambda _: "", need=ANY)
VIEWS = {
    "runs": made(calls.runs, runs.CHARTS, runs.say, runs.FILES, fields=runs.fields, draw=runs.draw),
    "film": replace(film.VIEW, head=head),
    "race": made(calls.race, (race.RACE, race.ENDS), race.say, race.FILES, fields=race.fields, draw=race.draw),
    "faults": made(
        calls.faults, (faults.LOSSES, faults.NORMS), faults.say, faults.FILES, fields=faults.fields,
        draw=faults.draw, sources=(curves,),
    ),
    "gradients": replace(gradients.VIEW, head=head),
    "search": made(
        calls.search, (race.COORDINATES, race.RATES), race.say_search, race.SEARCH_FILES,
        fields=race.search_fields, draw=race.draw_search,
    ),
    "live": replace(live.VIEW, head=head),
}  # fmt: skip
