"""What a link says of a parameter is admitted or replaced, whatever it is, and what a page writes is read again."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import catalog
from core.catalog import Param, Value
from core.catalog.kinds import DIGITS, MAX_TEXT
from pages.kit import permalink
from tests import hostile

PARAMS = [*permalink.SHARED, *(param for page in catalog.PAGES for param in page.params)]
KINDS = ("choice", "int", "float", "flag", "text", "list")
WHOLE = 2**53
"""Beyond it a number of a link is no longer exact."""
RAW = st.one_of(
    st.text(st.characters(exclude_categories=())),
    st.integers().map(str),
    st.floats().map(str),
    st.from_regex(r"[-+]?[0-9_]{0,5}\.?[0-9]{0,25}(e[-+]?[0-9]{1,4})?", fullmatch=True),
    st.lists(st.text(max_size=3), max_size=12).map(",".join),
    st.sampled_from(hostile.VALUES),
)


def of_kind(kind: str) -> st.SearchStrategy[Param]:
    return st.sampled_from([param for param in PARAMS if param.kind == kind])


def admitted(param: Param) -> st.SearchStrategy[Any]:
    """Every value that a parameter may have."""
    low, high = max(param.low, -WHOLE), min(param.high, WHOLE)
    items = st.text(st.characters(exclude_characters=","), min_size=1)
    return {
        "choice": st.sampled_from(param.options or (param.default,)),
        "int": st.integers(math.ceil(low), math.floor(high)),
        "float": st.floats(float(low), float(high)).map(lambda value: float(f"{value:{DIGITS}}")),
        "flag": st.booleans(),
        "text": st.text(),
        "list": st.lists(items, max_size=int(min(param.high, 20)), unique=True).map(tuple),
    }[param.kind]


def holds(param: Param, value: Value) -> bool:
    """Whether a parameter may have a value."""
    match param.kind:
        case "choice":
            return value in (*param.options, param.default)
        case "int":
            return type(value) is int and (param.low <= value <= param.high or value == param.default)
        case "float":
            return type(value) is float and math.isfinite(value) and param.low <= value <= param.high
        case "flag":
            return type(value) is bool
        case "text":
            return type(value) is str and len(value) <= MAX_TEXT
    assert type(value) is tuple
    return len(value) <= param.high and all(value) and len(set(value)) == len(value)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=150, deadline=None)
@given(data=st.data(), raw=RAW)
def test_whatever_a_link_says_is_of_the_kind_and_within_bounds(
    kind: str, data: st.DataObject, raw: str
) -> None:
    param = data.draw(of_kind(kind))
    value = param.parse(raw)
    assert holds(param, value)
    assert param.parse(param.format(value)) == value


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_what_a_page_writes_is_read_again(kind: str, data: st.DataObject) -> None:
    param = data.draw(of_kind(kind))
    value = data.draw(admitted(param))
    assert holds(param, value)
    assert param.parse(param.format(value)) == value


def test_every_parameter_meets_every_hostile_value() -> None:
    assert {param.kind for param in PARAMS} == set(KINDS)
    for param in PARAMS:
        for raw in (*hostile.VALUES, *hostile.TEXTS.values(), "x" * (MAX_TEXT + 1)):
            assert holds(param, param.parse(raw)), (param.name, raw)
        own: tuple[Value, ...] = (param.default, *param.options)
        assert all(holds(param, value) and param.parse(param.format(value)) == value for value in own)
