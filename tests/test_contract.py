"""What every declared page must have: each thing that is missing is named, by page."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from core import catalog, examples
from core.calls import complete, plan, walk
from core.catalog import LANGUAGES, Page
from core.figures.components import folder_of
from core.paths import COMPONENTS, ROOT

PLACES = (
    "pages/{}.py",
    "pages/views/{}/__init__.py",
    "core/compute/{}/calls.py",
    "core/figures/{}/thumbnail.py",
    "assets/text/en/{}.toml",
    "assets/text/zh/{}.toml",
    "tests/core/{}",
)
each_page = pytest.mark.parametrize("page", catalog.PAGES, ids=lambda page: page.stem)


def missing(page: Page) -> Iterator[str]:
    """What a page lacks."""
    yield from (place.format(page.stem) for place in PLACES if not (ROOT / place.format(page.stem)).exists())
    if page.by not in {param.name for param in page.params}:
        yield f"a parameter {page.by!r} that chooses what is shown (Page.by)"
    elif set(page.canvases) != set(page.param(page.by).options):
        yield f"Page.canvases for exactly {page.param(page.by).options}"
    for name in {one for shown in page.canvases.values() for one in shown}:
        places = (COMPONENTS / page.stem / name, COMPONENTS / "frame" / name)
        if not any((place / "component.js").is_file() for place in places):
            yield f"assets/components/{page.stem}/{name}"
    if not len(page.questions) >= 2:
        yield "at least two experiments (Page.questions)"
    if not page.concepts:
        yield "concepts that it shows (Page.concepts)"


@each_page
def test_nothing_is_missing(page: Page) -> None:
    assert not list(missing(page))


@each_page
def test_the_catalogue_alone_names_it_in_code_that_all_share(page: Page) -> None:
    """A page's own files, one line of the catalogue: nothing else knows it."""
    shared = list((ROOT / "pages" / "kit").glob("*.py"))
    shared += [
        ROOT / "core" / "examples.py",
        ROOT / "core" / "calls.py",
        *(ROOT / "pages" / "views" / "home").glob("*.py"),
    ]
    assert not [path.name for path in shared if page.stem in path.read_text("utf-8")]


@each_page
def test_its_picture_is_drawn_from_bundled_results(page: Page) -> None:
    module: Any = importlib.import_module(f"core.compute.{page.stem}.calls")
    draw: Callable[..., bytes] = importlib.import_module(f"core.figures.{page.stem}.thumbnail").png
    done = walk(module.picture(), examples.at_hand)
    assert all(asked.bundled() is not None or asked.plain for asked, _ in done)
    pictures = {mode: draw(*(value for _, value in done), mode=mode) for mode in ("paper", "stage")}
    assert all(picture.startswith(b"\x89PNG") for picture in pictures.values())
    assert pictures["paper"] != pictures["stage"]


@each_page
def test_a_state_says_once_what_it_computes(page: Page) -> None:
    """The plan of a page's first state asks named functions with plain arguments, and the page uses that plan."""
    for language in LANGUAGES:
        for asked, _ in walk(plan(page.stem, complete(page, {"lang": language})), examples.at_hand):
            assert set(asked.arguments) <= set(inspect.signature(asked.function).parameters) | {
                "model", "text", "limit",
            }  # fmt: skip


def test_what_is_missing_is_named() -> None:
    page = catalog.PAGES[0]
    bare = Page(
        "no_such_page", "zz", page.chapter, page.icon, (), page.model, page.text, page.examples, (), (), 1
    )
    found = list(missing(bare))
    assert "core/compute/no_such_page/calls.py" in found
    assert any("Page.by" in one for one in found)
    assert folder_of("stage").is_dir()
