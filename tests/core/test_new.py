"""A page made by the command: what it touches, and that it is whole."""

from __future__ import annotations

import ast
import shutil
import tomllib
from pathlib import Path

import pytest

from core.catalog import new
from core.paths import ROOT


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the one shared file that a new page changes."""
    (tmp_path / new.LIST).parent.mkdir(parents=True)
    shutil.copy(ROOT / new.LIST, tmp_path / new.LIST)
    return tmp_path


def test_a_new_page_touches_one_shared_file(checkout: Path) -> None:
    made = new.write("odd_page", "od", "training", checkout)
    shared = [path for path in made if (ROOT / path).exists()]
    assert shared == [new.LIST]
    tree = ast.parse((checkout / new.LIST).read_text("utf-8"))
    pages = next(node for node in tree.body if isinstance(node, ast.AnnAssign))
    assert isinstance(pages.value, ast.Tuple)
    assert isinstance(pages.value.elts[-1], ast.Name)
    assert pages.value.elts[-1].id == "ODD_PAGE"


def test_every_file_of_it_is_sound(checkout: Path) -> None:
    for path in new.write("odd_page", "od", "training", checkout):
        text = (checkout / path).read_text("utf-8")
        if path.suffix == ".py":
            ast.parse(text)
            assert "$" not in text
        elif path.suffix == ".toml":
            assert tomllib.loads(text)["concepts"]["odd_page_first"]["name"]


def test_what_is_still_the_skeleton_s_is_named(checkout: Path) -> None:
    new.write("odd_page", "od", "training", checkout)
    told = new.missing("odd_page", "od", "training", checkout)
    assert "assets/text/zh/odd_page.toml: still the skeleton's" in told
    words = checkout / "assets" / "text" / "zh" / "odd_page.toml"
    words.write_text(words.read_text("utf-8").replace("新的一页", "奇怪的一页"), "utf-8")
    assert len(new.missing("odd_page", "od", "training", checkout)) == len(told) - 1


@pytest.mark.parametrize(
    ("stem", "short", "chapter"),
    [
        ("../etc", "ab", "training"),
        ("Odd", "od", "training"),
        ("odd_page", "odd", "training"),
        ("odd_page", "od", "x"),
    ],
)
def test_a_name_that_will_not_do_is_refused(stem: str, short: str, chapter: str, checkout: Path) -> None:
    with pytest.raises(ValueError, match="stem"):
        new.write(stem, short, chapter, checkout)


def test_a_page_that_is_there_is_left_alone(checkout: Path) -> None:
    new.write("odd_page", "od", "training", checkout)
    with pytest.raises(FileExistsError, match="odd_page"):
        new.write("odd_page", "od", "training", checkout)
