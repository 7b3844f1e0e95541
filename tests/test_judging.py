"""The sentences that judge a result: each is in the list ``judging.toml`` with a test in which it would be false."""

from __future__ import annotations

import ast
import tomllib
from functools import cache
from typing import Any

import pytest

from core import catalog
from core.paths import ROOT
from tests.test_text import texts

LIST: dict[str, Any] = tomllib.loads((ROOT / "tests" / "judging.toml").read_text("utf-8"))
SAYING = ("notice.", "said.", "loop.notice", "run.notice", "ablation.", "waking.said", "curve.said", "canvas.said",
          "canvas.together", "norms.massive", "fertility.worst")  # fmt: skip
"""How the ids of sentences begin that say what a result comes to."""
APART = ("ablation.title", "ablation.charts.")
"""Headings and labels among them."""


@cache
def found_in(file: str) -> frozenset[str]:
    """The tests of a file."""
    found = ast.walk(ast.parse((ROOT / file).read_text("utf-8")))
    return frozenset(
        one.name for one in found if isinstance(one, ast.FunctionDef) and one.name.startswith("test")
    )


def test_every_page_has_its_list() -> None:
    assert set(LIST) == {"home", *(page.stem for page in catalog.PAGES)}


@pytest.mark.parametrize("page", LIST)
def test_every_sentence_about_a_result_is_listed(page: str) -> None:
    """A new one is put among those that judge, with its test, or among those that only tell."""
    judges, tells = LIST[page]["judges"], LIST[page]["tells"]
    words = texts("en", f"{page}.toml")
    assert not set(judges) & set(tells)
    assert len(set(tells)) == len(tells)
    assert not {*judges, *tells} - words.keys(), "no such sentence"
    saying = {id for id in words if id.startswith(SAYING) and not id.startswith(APART)}
    assert not saying - {*judges, *tells}, "neither judges nor tells"


@pytest.mark.parametrize("page", LIST)
def test_what_judges_has_a_test(page: str) -> None:
    for id, where in LIST[page]["judges"].items():
        file, _, name = where.partition("::")
        assert name in found_in(file), f"{page} {id}: {where}"
