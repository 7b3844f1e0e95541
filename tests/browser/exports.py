"""``python -m tests.browser.exports FOLDER [PLACE [first]]``: the downloads of every view, made as a page makes them.

Without a place each view is as it opens. With one, each text of a visitor is made of injections, those from that place
on; ``first``: of the view alone that each page shows first. ``FOLDER/files.json`` says of each file from which view it
comes.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from playwright.sync_api import Browser, ConsoleMessage, Error, Page

from core import catalog
from core.catalog import Page as Declared
from core.jobs.lines import GENERATIONS
from core.models import specs
from core.paths import ROOT
from pages.kit import export, permalink
from pages.kit.frame import Opened
from pages.kit.text import table
from tests.browser.harness import tripwire
from tests.hostile import INJECTIONS
from tests.pages.app import healthy, visit

FURTHER: Mapping[str, Sequence[tuple[str, Mapping[str, str]]]] = {
    "attention_heads": (("heads", {"ah_ablate": "1.1"}),),
    "embedding_space": tuple(
        ("map", {"es_method": "pca", **query})
        for query in ({"es_source": "list", "es_by": "encoder"}, {"es_source": "hidden"})
    ),
}
"""States with a figure, or with a visitor's text, that no view shows at first."""
AT_ONCE = 4
"""So many injections meet in one visit, one in each text."""
SHORT = [one for one in INJECTIONS if len(one) <= 48 and not set(one) & set("|\0\r\n\u2028\u2029,，、;；\t")]
"""Injections that are one line, one item of a list, one side of a pair."""
SMALL = ("tiny-gpt", "poem-gpt", "e5-small-enzh")
"""The smallest models, of which a page takes the first that it offers."""


View = tuple[Declared, str, dict[str, str]]


def views() -> Iterator[View]:
    """Every view of every page, as the query of its link."""
    for page in catalog.PAGES:
        shows: tuple[str, ...] = next((one.options for one in page.params if one.name == page.by), ("",))
        for view, query in (*((one, {}) for one in shows), *FURTHER.get(page.stem, ())):
            found = permalink.query(page, {page.by: view} if view else {}, "en")
            yield (
                page,
                view,
                {name: value for name, value in found.items() if name not in ("text", "model")} | dict(query),
            )


def hostile(page: Declared, place: int) -> dict[str, str]:
    """Every text that a link can bring to the page's figures, made of injections, read by a small model."""
    text, first, second, source = taken = [SHORT[(place + at) % len(SHORT)] for at in range(AT_ONCE)]
    own = {
        "attention_heads": {"first": first, "second": second, "source": source},
        "embedding_space": {"own": "\n".join(taken)},
        "masked_words": {"pairs": f"{first} | {second}\n{source} | {text}"},
    }.get(page.stem, {})
    offered = {spec.id for spec in specs.REGISTRY if spec.offered_on(page.stem)}
    model = next(one for one in SMALL if one in offered)
    return {f"{page.short}_{name}": value for name, value in own.items()} | {"text": text, "model": model}


def write(folder: Path, place: int | None, chosen: Iterable[View]) -> dict[str, list[str]]:
    """Write all files; the names of each view's."""
    written: dict[str, list[str]] = {}
    real = export.buttons

    for turn, (page, view, query) in enumerate(chosen):
        names = written.setdefault(f"{page.stem} {view} {turn}", [])

        def buttons(
            page: Opened, files: Sequence[export.File], names: list[str] = names, turn: int = turn
        ) -> None:
            real(page, files)
            for _, name, _, make in files:
                names.append(f"{turn:02d}_{name}")
                (folder / names[-1]).write_text(make(), "utf-8", newline="")

        texts = hostile(page, place + turn * AT_ONCE) if place is not None else {}
        with patch.object(export, "buttons", buttons):
            app = visit(page.stem, query | texts | {"lang": "en"})
            while any(GENERATIONS.counts):  # looked at until all is written: what nobody looks at ends
                app.run()
            app.session_state["gb_tabs"] = table("en", "common")["tabs"]["data"]
            healthy(app.run())
    return {view: list(dict.fromkeys(names)) for view, names in written.items()}


# --- what a browser makes of them ---------------------------------------------------------------------------

DRAWN = """() => {
  const figure = document.querySelector("figure");
  const inked = (canvas) => {
    if (!canvas.width || !canvas.height || !canvas.getBoundingClientRect().height) return false;
    const image = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height);
    const dots = new Uint32Array(image?.data.buffer ?? []);
    return dots.some((dot) => dot !== dots[0]);
  };
  const seen = (one) => one.getBoundingClientRect().height > 0;
  const [canvases, shapes] = ["canvas", "svg :is(path, rect, circle, line, text)"].map((kind) =>
    [...figure.querySelectorAll(kind)].filter(seen),
  );
  const written = [...figure.querySelectorAll("#figure *")].filter((one) => !one.children.length && seen(one));
  const waits = [...figure.querySelectorAll(".gb-skeleton, [aria-busy=true]")].some(seen);
  return !waits && (canvases.length ? canvases.some(inked) : shapes.length > 3 || written.length > 12);
}"""
FRAMED = "() => document.querySelectorAll('svg :is(path, rect, circle, line, text)').length > 3"


def files(folder: Path, *place: str) -> dict[str, list[Path]]:
    """The pages of each view."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.browser.exports", str(folder), *place],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert not done.returncode, done.stderr[-3000:]
    assert "window.__hit" not in done.stderr
    found = json.loads((folder / "files.json").read_text("utf-8"))
    return {
        view: [folder / name for name in names if name.endswith(".html")] for view, names in found.items()
    }


@contextmanager
def alone(browser: Browser) -> Iterator[Page]:
    """A browser without a network."""
    context = browser.new_context(viewport={"width": 1000, "height": 800}, offline=True)
    yield context.new_page()
    context.close()


def open_and_draw(page: Page, file: Path) -> None:
    """Open a download; fails on any script error, where nothing is drawn, and where a text runs."""
    errors: list[str] = []

    def complained(message: ConsoleMessage) -> None:
        if message.type == "error":
            errors.append(message.text)

    def failed(error: Error) -> None:
        errors.append(str(error))

    page.on("console", complained)
    page.on("pageerror", failed)
    with tripwire(page, "file://"):
        page.goto(file.as_uri())
        draws(page)
    page.remove_listener("console", complained)
    page.remove_listener("pageerror", failed)
    assert not errors, (file.name, errors)


def draws(page: Page) -> None:
    """Wait until its figure is there, in a frame of its own where it has one."""
    if page.locator("iframe").count():
        page.frames[-1].wait_for_function(FRAMED, timeout=20_000)
    else:
        page.wait_for_function(DRAWN, timeout=20_000)


if __name__ == "__main__":
    goal, places = Path(sys.argv[1]), sys.argv[2:]
    asked: Iterable[View] = views()
    if "first" in places:
        asked = {page.stem: (page, view, query) for page, view, query in reversed(list(asked))}.values()
    made = write(goal, int(places[0]) if places else None, asked)
    (goal / "files.json").write_text(json.dumps(made), "utf-8")
