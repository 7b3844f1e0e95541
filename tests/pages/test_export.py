"""Tables that are taken home: what a reader of CSV finds in them, and that no cell is a formula."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
from pathlib import Path

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from core.paths import ROOT
from pages.kit.export import table
from tests.hostile import INJECTIONS

SIGNS = (
    "=+-@＝＋－＠﹢﹣﹦﹫"  # as they are typed, and as Chinese keyboards and East Asian typography have them
)
LEADS = (
    "",
    " ",
    "\u3000",
    "\u00a0 ",
    "\ufeff",
    "\u200b",
    "\t",
    "\r",
    "\n",
    "\u202e",
    "\x00",
    "\r\n ",
    " \ufeff\t ",
)
FORMULAS = [
    f"{lead}{sign}{rest}"
    for lead, sign, rest in itertools.product(LEADS, SIGNS, ("1+1", "cmd|' /C calc'!A0", ""))
]


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True))


def test_a_spreadsheet_knows_the_encoding() -> None:
    content = table(["词", "n"], [("猫", 1)]).encode()
    assert content.startswith(codecs.BOM_UTF8), "Excel takes what has no mark for the encoding of its country"
    assert pd.read_csv(io.BytesIO(content)).columns[0] == "词"


def test_a_formula_is_a_text_in_every_place() -> None:
    for text in FORMULAS:
        found = read(table([text, "n"], [(text, 1), ("a", text)]))
        assert found == [[f"'{text}", "n"], [f"'{text}", "1"], ["a", f"'{text}"]], repr(text)


def test_what_is_no_formula_stays_as_it_is() -> None:
    plain = [
        "a", "a=1", "'=1", "字", "1-1", "a,b", 'say "x"', "a;b\tc", "line\nline", "line\r=1+1", "", "−1", "…=", "(=1)",
    ]  # fmt: skip
    assert read(table(["n"], [(one, -0.5, None, True) for one in plain])) == [
        ["n"], *([one, "-0.5", "", "True"] for one in plain)
    ]  # fmt: skip


@given(st.lists(st.one_of(st.sampled_from(INJECTIONS), st.text(max_size=20)), min_size=2, max_size=5))
def test_every_text_comes_back_or_is_marked(texts: list[str]) -> None:
    header, row = read(table(texts, [texts]))
    assert header == row
    for text, found in zip(texts, row, strict=True):
        assert found in (text, f"'{text}")
        assert found.lstrip(" \t\r\n\ufeff")[:1] not in tuple("=+-@＝＋－＠")


def test_no_table_is_written_elsewhere() -> None:
    writers = [
        path.relative_to(ROOT).as_posix()
        for folder in ("core", "pages")
        for path in Path(ROOT / folder).rglob("*.py")
        if "csv.writer" in (text := path.read_text("utf-8")) or "to_csv" in text or "DictWriter" in text
    ]
    assert writers == ["pages/kit/export.py"]
