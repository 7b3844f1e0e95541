"""The views of ``model_anatomy`` that show the network itself: the text flowing through it, and its masks."""

from __future__ import annotations

from typing import Any

from core.compute import model_anatomy as compute
from core.figures import model_anatomy as figures
from pages.kit import canvas, code, export, frame, permalink, reading
from pages.kit.anatomy_view import View
from pages.kit.frame import Opened

STEM, FLOW = "model_anatomy", "ma_flow"
PLACE = ("stack", "layer", "head", "box", "token", "cell")


def on_look(value: Any) -> None:
    """The visitor went to another place in the figure."""
    canvas.commit(permalink.link(STEM), (FLOW,), PLACE, value)


@frame.panel
def flow(page: Opened) -> None:
    """The whole network for this text, to zoom into."""
    found = page.compute(compute.structure)
    data = canvas.packed(
        figures.flow_payload, found.value, words=page.words.sub("flow"),
        state=canvas.state_to_push(FLOW, {name: page.link.get(name) for name in PLACE}),
        language=page.link.language, caption=export.label(page),
    )  # fmt: skip
    canvas.mount("model_flow", data, key=FLOW, look=on_look)
    reading.line(page, "notice.flow", found.badge, **compute.notice(found.value))
    reading.follow(page)


def how(page: Opened) -> None:
    """The source of what the view counts, and the snippet that counts it."""
    code.show(page, compute.structure, {})


def numbers(page: Opened) -> None:
    """The parts with their shapes and parameter counts to take home."""
    found = page.compute(compute.structure).value
    rows = tuple(figures.part_rows(found))
    export.buttons(
        page, [("export.parts", "parts.csv", "text/csv", lambda: export.table(figures.PART_COLUMNS, rows))]
    )


VIEWS: dict[str, View] = {"flow": View(flow, how, numbers)}
