"""What the tests of the bank share: its entries, the texts of one, and expressions that are evaluated, not trusted."""

from __future__ import annotations

import ast
import math
import re
import statistics
from collections.abc import Callable, Iterator
from inspect import Parameter, Signature, signature
from itertools import chain
from typing import Any

import numpy as np
import pytest

from core.bank.entries import Entry, bank
from core.catalog import LANGUAGES, Language
from core.catalog.question_bank import CHAPTERS

BOTH: dict[Language, dict[str, Entry]] = {language: dict(bank(language)) for language in LANGUAGES}
IDS = tuple(BOTH["en"])
each_language = pytest.mark.parametrize("language", LANGUAGES)
FORMULA = re.compile(r"\$\$(?P<block>.*?)\$\$|\$(?P<line>[^$\n]*)\$", re.DOTALL)
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def each_entry(test: Callable[..., None]) -> Callable[..., None]:
    """The test of an entry, for all of a chapter at once: each that fails is named."""

    def run(chapter: str, **given: Any) -> None:
        faults = []
        for id in (id for id in IDS if BOTH["en"][id].chapter == chapter):
            try:
                test(id, **given)
            except AssertionError as fault:
                faults.append(f"{id}: {fault}")
        assert not faults, "\n\n".join(faults)

    own = [one for name, one in signature(test).parameters.items() if name != "id"]
    first = Parameter("chapter", Parameter.POSITIONAL_OR_KEYWORD)
    vars(run)["__signature__"] = Signature([first, *own])
    run.__name__, run.__doc__ = test.__name__, test.__doc__
    made: Callable[..., None] = pytest.mark.parametrize("chapter", CHAPTERS)(run)
    return made


def texts(one: Entry) -> Iterator[tuple[str, str]]:
    """Name and text of all that is read of an entry."""
    yield from ((name, getattr(one, name)) for name in ("title", "ask", "short", "long"))
    yield from ((f"also[{at}]", text) for at, text in enumerate(one.also))
    yield from chain.from_iterable(
        ((f"wrong[{at}].said", pair.said), (f"wrong[{at}].right", pair.right))
        for at, pair in enumerate(one.wrong)
    )


def bare(text: str) -> str:
    """A text without its formulas and code."""
    return FORMULA.sub(" ", CODE.sub(" ", text))


def formulas(text: str) -> list[tuple[str, bool]]:
    """The formulas of a text, and whether each stands on a line of its own; none within code."""
    found = FORMULA.finditer(CODE.sub(" ", text))
    return [(one["block"] or one["line"] or "", one["block"] is not None) for one in found]


def cites(one: Entry) -> set[int]:
    """The numbers of the sources that an entry names where claims are made."""
    said = [one.long, *(text for pair in one.wrong for text in (pair.said, pair.right))]
    return {int(number) for text in said for number in re.findall(r"\[(\d+)\](?!\()", bare(text))}


# --- expressions ------------------------------------------------------------------------------------------

MODULES = {"math": math, "np": np, "statistics": statistics}
CALLED = {"sum": sum, "range": range, "min": min, "max": max, "len": len, "abs": abs, "round": round, "float": float,
          "int": int, "zip": zip, "set": set, "list": list, "tuple": tuple,
          "sorted": sorted, "enumerate": enumerate}  # fmt: skip
ADMITTED = (
    ast.Expression, ast.Constant, ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop, ast.Name, ast.Load, ast.Store,
    ast.Call, ast.keyword, ast.Attribute, ast.Tuple, ast.List, ast.GeneratorExp, ast.ListComp, ast.comprehension,
    ast.Compare, ast.cmpop, ast.BoolOp, ast.boolop, ast.IfExp, ast.Subscript, ast.Slice,
)  # fmt: skip


def value(expression: str) -> float:
    """What an expression over math, statistics and numpy gives. Errors: ValueError for anything else."""
    tree = ast.parse(expression, mode="eval")
    for node in ast.walk(tree):
        if not isinstance(node, ADMITTED):
            raise ValueError(f"{type(node).__name__} in {expression}")  # noqa: TRY004 - the text is wrong
        if isinstance(node, ast.Attribute) and (
            node.attr.startswith("_") or node.attr in ("load", "fromfile", "save")
        ):
            raise ValueError(f"{node.attr} in {expression}")
        if isinstance(node, ast.Name) and node.id.startswith("_"):
            raise ValueError(f"{node.id} in {expression}")
    known = {
        "__builtins__": {"__import__": __import__},
        **MODULES,
        **CALLED,
    }  # numpy imports parts of its own
    return float(eval(compile(tree, "bank", "eval"), known))


def shown(text: str) -> tuple[float, float]:
    """A number as it is written, and half of its last digit.

    >>> shown("1,024"), shown("0.67")
    ((1024.0, 0.5), (0.67, 0.005))
    """
    plain = text.replace(",", "").replace("−", "-")
    return float(plain), 0.5 * 10.0 ** -len(plain.partition(".")[2])


def recalculated(one: Entry) -> bool:
    """Whether an expression calculates: a number alone repeats what it should prove."""
    return all(any(isinstance(node, ast.BinOp | ast.Call) for node in ast.walk(ast.parse(number.calculation)))
               for number in one.numbers)  # fmt: skip
