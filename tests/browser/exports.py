"""``python -m tests.browser.exports FOLDER [ROUND …] [PAGE …] [first]``: what pages give to take home, as they make it.

Without a round each view is as it opens. In the eight rounds some three hundred injections come to every view, in all
texts that it takes: as words of a list, sides of a pair, and as tokens of a model whose vocabulary they are. ``first``:
of the view alone that each page shows first. ``FOLDER/files.json`` says of each file from which view it comes.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
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
from tests.browser import hostile_model
from tests.browser.harness import tripwire
from tests.hostile import INJECTIONS
from tests.pages.app import healthy, visit

SENSE = "# {name}\na bank of sand\nthe bank is wet\nby the bank\n"
FURTHER: Mapping[str, Sequence[tuple[str, Mapping[str, str]]]] = {
    "attention_heads": (("heads", {"ah_ablate": "1.1"}),),
    "embedding_space": (
        ("map", {"es_method": "pca", "es_source": "list", "es_by": "encoder"}),
        ("map", {"es_method": "pca", "es_source": "hidden"}),
        ("map", {"es_method": "pca", "es_source": "lines"}),
        (
            "senses",
            {"es_set": "own", "es_word": "bank", "es_lines": SENSE.format(name=1) + SENSE.format(name=2)},
        ),
    ),
}
"""States with a figure, or with a visitor's text, that no view shows at first."""
SHORT = [one for one in INJECTIONS if len(one) <= 40 and not set(one) & set("|\0\r\n\u2028\u2029,，、;；\t")]
"""Injections that are one line, one item of a list, one side of a pair."""
COUNT, ROUNDS = 312, 8
BATCH = COUNT // ROUNDS
IN_TEXT = (BATCH, 12, 4, 1)
"""So many of them make a text; fewer where a view takes no more."""
LISTS = {("token_splits", "add"): 12, ("masked_words", "pairs"): 12}
"""Views that take so many words, or sides of pairs, at once."""
PATIENCE = 600
"""Seconds that a page may take on a machine that has much else to do."""
STILL = 3
"""After so many batches a view whose figures do not change with them is left."""
CAPTION = re.compile("<figcaption>.*?</figcaption>", re.DOTALL)
HANDOUT = "_handout.html"
"""How the name of a page's handout ends, which holds all its figures."""
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


def hostile(page: Declared, texts: Sequence[str], size: int) -> dict[str, str]:
    """Every text that a link can bring to the page's figures, made of these; ``size`` of them are one that is read."""
    model = small(page)
    words = [text.replace(" ", "/") for text in texts] if model == hostile_model.ID else list(texts)
    between = "" if model == hostile_model.ID else " "
    text, other = between.join(words[:size]), between.join([*words[1:size], words[0]])
    sides = "\n".join(" | ".join(pair) for pair in zip(texts[::2], texts[1::2], strict=False))
    half = len(texts) // 2
    senses = "\n".join(f"# {at}\nbank " + "\nbank ".join(texts[at : at + half]) for at in (0, half))
    own = {
        "attention_heads": {"first": text, "second": other, "source": text},
        "embedding_space": {"own": "\n".join(texts), "lines": senses, "pairs": sides, "on": "text"},
        "masked_words": {"pairs": sides},
        "model_anatomy": {"other": other},
        "token_splits": {"words": ",".join(texts)},
    }.get(page.stem, {})
    found = {f"{page.short}_{name}": value for name, value in own.items()}
    return found | {"text": "\n".join(texts) if page.stem == "embedding_space" else text, "model": model}


def small(page: Declared) -> str:
    """The model whose vocabulary is injections, where the page reads with such a one; else the smallest."""
    offered = {spec.id for spec in specs.REGISTRY if spec.offered_on(page.stem)}
    found = next(one for one in SMALL if one in offered)
    return hostile_model.ID if found == SMALL[0] else found


def batches_of(page: Declared, view: str, rounds: Iterable[int]) -> Iterator[tuple[int, list[str]]]:
    """Number and texts of the batches of a view that are tried in some rounds."""
    size = LISTS.get((page.stem, view), BATCH)
    parts = [SHORT[at : COUNT : COUNT // size] for at in range(COUNT // size)]
    yield from ((at, parts[at]) for one in rounds for at in range(one, len(parts), ROUNDS))


def write(folder: Path, rounds: Sequence[int], chosen: Iterable[View]) -> dict[str, list[str]]:
    """Write all files; the names of each view's, none where it takes no such text."""
    written: dict[str, list[str]] = {}
    for turn, (page, shows, query) in enumerate(chosen):
        names = written.setdefault(f"{page.stem} {shows} {turn}", [])
        drawn: set[int] = set()
        sizes = list(IN_TEXT)
        asked = {**query, "lang": "en"}
        for batch, texts in batches_of(page, shows, rounds) if rounds else [(0, [])]:
            made = {} if rounds else downloads(page, asked)
            while rounds and not made and sizes:
                made = downloads(page, asked | hostile(page, texts, sizes[0]))
                sizes = sizes if made else sizes[1:]
            for name, content in made.items():
                names.append(f"{turn:02d}_{batch:02d}_{name}")
                (folder / names[-1]).write_text(content, "utf-8", newline="")
            drawn |= {hash(CAPTION.sub("", made[name])) for name in made if not name.endswith(HANDOUT)}
            if not sizes or len(names) >= STILL * len(drawn):
                break
    return written


def downloads(page: Declared, query: Mapping[str, str]) -> dict[str, str]:
    """The files of a page that is opened by a link, by name; none where it asks for something to be mended."""
    made: dict[str, str] = {}

    def buttons(page: Opened, files: Sequence[export.File], real: Any = export.buttons) -> None:
        real(page, files)
        made.update({name: make() for _, name, _, make in files})

    with patch.object(export, "buttons", buttons):
        app = visit(page.stem, query, patience=PATIENCE)
        while any(GENERATIONS.counts):  # looked at until all is written: what nobody looks at ends
            time.sleep(0.1)
            app.run()
        app.session_state["gb_tabs"] = table(query["lang"], "common")["tabs"]["data"]
        healthy(app.run())
    return made


# --- what a browser makes of them ---------------------------------------------------------------------------

DRAWN = """() => {
  const sheet = !document.querySelector("figure"); // a page of text
  const figure = document.querySelector("figure") ?? document.body;
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
  const flat = canvases.filter((canvas) => canvas.getContext("2d")); // not plotly's own of lines in space
  const least = figure.querySelector(".entry-quiz:not([hidden])") ? 4 : 12; // a quiz is one card
  const texts = [...figure.querySelectorAll(sheet ? "*" : "#figure *")];
  const written = texts.filter((one) => !one.children.length && seen(one));
  const waits = [...figure.querySelectorAll(".gb-skeleton, [aria-busy=true]")].some(seen);
  return !waits && (flat.length ? flat.some(inked) : shapes.length > 3 || written.length > least);
}"""
FRAMED = "() => document.querySelectorAll('svg :is(path, rect, circle, line, text)').length > 3"


def files(folder: Path, *chosen: str) -> dict[str, list[Path]]:
    """The files of each view."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.browser.exports", str(folder), *chosen],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert not done.returncode, done.stderr[-3000:]
    assert "window.__hit" not in done.stderr
    found = json.loads((folder / "files.json").read_text("utf-8"))
    return {view: [folder / name for name in names] for view, names in found.items()}


def pages(found: Mapping[str, Iterable[Path]]) -> list[Path]:
    """Those that a browser opens."""
    return [one for names in found.values() for one in names if one.suffix == ".html"]


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
    if page.url.endswith(HANDOUT):
        page.wait_for_function(
            "() => [...document.querySelectorAll('iframe')].every((one) => 'there' in one.dataset)"
        )
        for frame in page.main_frame.child_frames:
            inner = frame.locator("iframe").count()
            (frame.child_frames[-1] if inner else frame).wait_for_function(
                FRAMED if inner else DRAWN, timeout=20_000
            )
        for chart in page.locator("figure > .chart").all():
            chart.locator("svg.main-svg").first.wait_for(timeout=20_000)
    elif page.locator("iframe").count():
        page.frames[-1].wait_for_function(FRAMED, timeout=20_000)
    else:
        page.wait_for_function(DRAWN, timeout=20_000)


def main(goal: Path, given: Sequence[str]) -> None:
    """The command."""
    stems = {page.stem for page in catalog.PAGES} & set(given)
    asked: Iterable[View] = (one for one in views() if not stems or one[0].stem in stems)
    if "first" in given:
        asked = {page.stem: (page, view, query) for page, view, query in reversed(list(asked))}.values()
    rounds = [int(one) for one in given if one.isdigit()]
    with tempfile.TemporaryDirectory() as models, patch.dict(os.environ, GLASSBOX_MODELS=models):
        hostile_model.write(Path(models))
        made = write(goal, rounds, asked)
    (goal / "files.json").write_text(json.dumps(made), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
