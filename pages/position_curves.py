"""How does a model know the order?

Sinusoidal, rotary, ALiBi, T5 and learned positions, what they do in a real model, and what is left without any.
Vaswani et al. 2017 §3.5; Su et al. 2021; Press et al. 2022; Raffel et al. 2020; Peng et al. 2023; Kazemnejad et al.
2023.
"""

from typing import Any

from core.catalog.position_curves import READ
from core.figures.position_curves import views as figures
from pages.kit import canvas, code, export, frame, lecture, permalink, prompt, reading
from pages.kit.frame import Opened
from pages.views.position_curves import views as positions

STEM = "position_curves"
KEY = "pc_canvas"


def on_look(value: Any) -> None:
    """Something in the canvas was moved and let go, or another scheme was chosen."""
    link = permalink.link(STEM)
    assert link.page is not None
    canvas.commit(link, (KEY,), tuple(param.name for param in link.page.params), value)


def picture(page: Opened, found: positions.Found, state: dict[str, Any]) -> bytes:
    """The canvas's payload for the view in the link."""
    return canvas.packed(
        figures.payload, *found.results, words=page.words.sub("canvas"), state=state,
        view=str(page.link.get("view")), language=page.link.language, titles=found.titles, roles=found.roles,
        caption=export.label(page), failed=found.failed,
    )  # fmt: skip


@frame.panel
def figure(page: Opened) -> None:
    """The scheme in hand; the text and the model where it looks at one."""
    found = positions.find(page)
    positions.instead(page, found)
    state = canvas.state_to_push(KEY, positions.state(page))
    canvas.mount("position_curves", picture(page, found, state), key=KEY, look=on_look)
    positions.notice(page, found)
    if page.link.get("view") in READ:
        prompt.strip(page)
    reading.follow(page)


def read(page: Opened) -> None:
    """The reading text, and the model's card where one is looked at."""
    reading.text(page, model=page.link.get("view") in READ)


def how(page: Opened) -> None:
    """The source of the view's computation, and the snippet that repeats it."""
    code.show(page, *positions.call(page, str(page.link.get("view"))), model=positions.shown(page))


def numbers(page: Opened) -> None:
    """The figure and the numbers of the view to take home."""
    view = str(page.link.get("view"))
    found = positions.find(page)
    if found.failed:
        return
    function, arguments = positions.call(page, view)
    results = found.results or (page.compute(function, **arguments).value,)
    state = positions.state(page)
    data, html = picture(page, found, state), export.standalone_of(page)
    columns, rows = figures.table(results[-1])
    export.buttons(page, [
        ("export.html", "positions.html", "text/html", lambda: html("position_curves", data)),
        ("export.csv", "positions.csv", "text/csv", lambda: export.table(columns, rows)),
        ("export.data_json", "positions.json", "application/json", lambda: export.as_json(results[-1])),
    ])  # fmt: skip


page = frame.open(STEM)
figure(page)
lecture.experiments(page.words, page.link)
if not page.link.shared("present"):
    reading.tabs(page, read, how, numbers)
