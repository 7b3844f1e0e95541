"""The views of ``parallel_training``."""

from __future__ import annotations

from core.compute.parallel_training import calls
from core.compute.parallel_training.first import mean
from core.figures.parallel_training.first import COLUMNS, chart, rows
from pages.kit import reading
from pages.kit.frame import Opened
from pages.kit.view import Chart, Found, Rows, View


def say(page: Opened, found: Found) -> None:
    """How many bytes a character takes on average."""
    result = found.values[0]
    reading.line(page, "notice.first", found.badge, count=len(result.bytes), mean=mean(result))


VIEWS = {
    "first": View(
        calls.first,
        (Chart("pt_first", chart),),
        say,
        (Rows(lambda _, found: (COLUMNS, rows(found.values[0])), "parallel_training.csv"),),
        model=lambda _: "",
    )
}
