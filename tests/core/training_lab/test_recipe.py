"""Recipes: what is out of bounds is refused by name, and strings say all of one."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.lab_recipe import BOUNDS, CHOICES, LONGEST, Recipe, as_strings, differing, parse
from core.errors import BadParameter

DEFAULTS = {field.name: field.default for field in fields(Recipe)}


def numbers(name: str) -> st.SearchStrategy[Any]:
    least, most = BOUNDS[name]
    if isinstance(DEFAULTS[name], int):
        return st.integers(int(least), int(most))
    return st.floats(least, most)


@st.composite
def recipes(draw: st.DrawFn) -> Recipe:
    values: dict[str, Any] = {name: draw(st.sampled_from(options)) for name, options in CHOICES.items()}
    values |= {name: draw(numbers(name)) for name in BOUNDS if name not in ("width", "heads")}
    heads = draw(st.integers(1, 8))
    values |= {"heads": heads, "width": heads * draw(st.integers(-(-8 // heads), 256 // heads))}
    values["text"] = draw(st.text(min_size=1)) if values["task"] == "own" else ""
    return Recipe(**values)


@given(recipes())
def test_strings_say_all_of_a_recipe(recipe: Recipe) -> None:
    assert parse(as_strings(recipe)) == recipe
    assert differing(recipe, recipe) == ()


@pytest.mark.parametrize("name", BOUNDS)
def test_numbers_have_a_least_and_a_most(name: str) -> None:
    least, most = BOUNDS[name]
    for value in (least - 1, most + 1):
        with pytest.raises(BadParameter, match=name):
            parse({name: str(int(value) if isinstance(DEFAULTS[name], int) else float(value))})


@pytest.mark.parametrize("name", [*CHOICES, *BOUNDS])
@pytest.mark.parametrize("value", ["", "nan", "inf", "-inf", "1e999", "<b>", "0x10", "1;2", "None"])
def test_what_is_none_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(BadParameter, match=name):
        parse({name: value})


def test_names_heads_and_texts_are_checked() -> None:
    with pytest.raises(BadParameter, match="__class__"):
        parse({"__class__": "1"})
    with pytest.raises(BadParameter, match="heads"):
        parse({"width": "64", "heads": "3"})
    with pytest.raises(BadParameter, match="text"):
        parse({"task": "own"})
    with pytest.raises(BadParameter, match="text"):
        parse({"task": "own", "text": "a" * (LONGEST + 1)})
    with pytest.raises(BadParameter, match="text"):
        parse({"text": "another task's"})
    assert parse({"task": "own", "text": "a b c"}).text == "a b c"


def test_bounds_and_choices_name_every_field() -> None:
    assert {*BOUNDS, *CHOICES, "text"} == set(DEFAULTS)
    assert differing(Recipe(), Recipe(rate=0.1, seed=3)) == ("rate", "seed")
