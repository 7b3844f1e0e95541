"""Lists and tables that visitors paste or upload: read as they are meant, refused with a reason."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.compute.embedding_space.encodings import ENCODINGS, decode
from core.compute.embedding_space.lists import MAX_BYTES, MAX_ROWS, MAX_WORD, Rows, WordList, parse
from core.errors import BadEncoding, BadTable, FileTooLarge, GlassboxError, NotFinite, TextEmpty, TooManyRows


def words(text: str) -> WordList:
    found = parse(text)
    assert isinstance(found, WordList)
    return found


def rows(text: str) -> Rows:
    found = parse(text)
    assert isinstance(found, Rows)
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cat\ndog\nbird", ("cat", "dog", "bird")),
        ("cat, dog,bird", ("cat", "dog", "bird")),
        ("猫，狗、鸟；鱼", ("猫", "狗", "鸟", "鱼")),
        ("cat\r\ndog\r\n\r\n", ("cat", "dog")),
        ("\ufeffcat\n new   york ", ("cat", "new york")),
        ("ｃａｔ", ("cat",)),
        ("1, 2, 3", ("1", "2", "3")),
        ("one\n2\n3", ("one", "2", "3")),
    ],
)
def test_words_are_read(text: str, expected: tuple[str, ...]) -> None:
    assert words(text).words == expected


def test_a_word_given_twice_is_kept_once_and_said() -> None:
    assert words("cat, dog, cat, cat, ｄｏｇ, fish") == WordList(("cat", "dog", "fish"), ("cat", "dog"))


def test_a_long_word_is_cut() -> None:
    assert words("x" * 500).words == ("x" * MAX_WORD,)


def test_a_csv_with_everything() -> None:
    found = rows('label,group,x,y\n"a, b",g1,1,2.5\nc,g2,-3e2,4\n')
    assert found.labels == ("a, b", "c")
    assert found.groups == ("g1", "g2")
    assert found.columns == ("x", "y")
    np.testing.assert_array_equal(found.vectors, [[1, 2.5], [-300, 4]])


@pytest.mark.parametrize(
    ("text", "labels", "groups", "columns"),
    [
        ("a,1,2\nb,3,4", ("a", "b"), ("", ""), ("1", "2")),
        ("a;1;2\nb;3;4", ("a", "b"), ("", ""), ("1", "2")),
        ("a\t1\t2\nb\t3\t4", ("a", "b"), ("", ""), ("1", "2")),
        ("1,2\n3,4", ("1", "2"), ("", ""), ("1", "2")),
        ("x,y\n1,2\n3,4", ("1", "2"), ("", ""), ("x", "y")),
        ("ID,x,y\n7,1,2\n8,3,4", ("7", "8"), ("", ""), ("x", "y")),
        ("词,类,甲,乙\n猫,动物,1,2\n狗,动物,3,4", ("猫", "狗"), ("动物", "动物"), ("甲", "乙")),
        ("\n\na,1,2\n\nb,3,4\n\n", ("a", "b"), ("", ""), ("1", "2")),
    ],
)
def test_forms_of_a_csv(
    text: str, labels: tuple[str, ...], groups: tuple[str, ...], columns: tuple[str, ...]
) -> None:
    found = rows(text)
    assert (found.labels, found.groups, found.columns) == (labels, groups, columns)
    np.testing.assert_array_equal(found.vectors, [[1, 2], [3, 4]])


@pytest.mark.parametrize(
    ("text", "error", "values"),
    [
        ("", TextEmpty, {}),
        (" \n\t\n", TextEmpty, {}),
        (",,,", TextEmpty, {}),
        ("a,1,2\nb,3", BadTable, {"line": 2}),
        ("a,1,2\n\nb,3,4,5", BadTable, {"line": 3}),
        ('a,1,2\n"b,3,4', BadTable, {"line": 2}),
        ("a,1,2\nb,3,nan", NotFinite, {"line": 2}),
        ("a,1,2\nb,3,inf", NotFinite, {"line": 2}),
        ("a,1,2\nb,3,1e300", NotFinite, {"line": 2}),
        ("a,1,2\nb,3,", NotFinite, {"line": 2}),
        ("a,1,2\nb,3,four", NotFinite, {"line": 2}),
        ("a,b,c,1,2\nd,e,f,3,4", NotFinite, {"line": 1}),
        (
            "\n".join(f"w{n}" for n in range(MAX_ROWS + 1)),
            TooManyRows,
            {"count": MAX_ROWS + 1, "limit": MAX_ROWS},
        ),
        ("\n".join(["a,1,2"] * (MAX_ROWS + 2)), TooManyRows, {"limit": MAX_ROWS}),
        ("x" * (MAX_BYTES + 1), FileTooLarge, {"megabytes": 2.1, "limit": 2}),
        ("猫" * (MAX_BYTES // 2), FileTooLarge, {"limit": 2}),
    ],
)
def test_what_cannot_be_read_is_said(
    text: str, error: type[GlassboxError], values: dict[str, object]
) -> None:
    with pytest.raises(error) as caught:
        parse(text)
    assert caught.value.values.items() >= values.items()


def test_the_most_rows_are_read() -> None:
    assert len(rows("\n".join(["label,x,y", *(f"w{n},{n},1" for n in range(MAX_ROWS))])).labels) == MAX_ROWS


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
def test_files_in_the_usual_encodings(encoding: str) -> None:
    assert decode("猫,狗\n".encode(encoding)).text == "猫,狗\n"


@pytest.mark.parametrize(
    "content", [b"\x89PNG\r\n\x1a\n\x00\x00", b"\xff\xfe\x00\xd8\x00a", b"PK\x03\x04\x14\x00\x00\x00"]
)
def test_files_that_are_no_text(content: bytes) -> None:
    with pytest.raises(BadEncoding):
        decode(content)


def test_files_that_are_too_large() -> None:
    with pytest.raises(FileTooLarge):
        decode(b"a" * (MAX_BYTES + 1))


@given(st.text(alphabet=st.sampled_from("a1.,;\t\n\"'猫 -e\x00\u2028\ud800"), max_size=60))
@settings(max_examples=400, deadline=None)
def test_whatever_is_pasted_is_read_or_refused(text: str) -> None:
    try:
        found = parse(text)
    except GlassboxError:
        return
    if isinstance(found, Rows):
        assert len(found.labels) == len(found.groups) == len(found.vectors)
        assert np.isfinite(found.vectors).all()
        assert found.vectors.shape[1] == len(found.columns) > 0
    else:
        assert found.words
        assert len(set(found.words)) == len(found.words)


@given(st.lists(st.tuples(st.text(min_size=1, max_size=9), st.floats(-99, 99, width=32), st.floats(-99, 99, width=32)),
                min_size=2, max_size=9))  # fmt: skip
@settings(max_examples=200, deadline=None)
def test_what_a_spreadsheet_writes_is_read_again(table: list[tuple[str, float, float]]) -> None:
    """Labels that are plain words, numbers of any size."""
    plain = [("w" + "".join(c for c in label if c.isalnum()), x, y) for label, x, y in table]
    out = io.StringIO()
    csv.writer(out).writerows([("label", "x", "y"), *plain])
    found = rows(out.getvalue())
    assert found.labels == tuple(label for label, _, _ in plain)
    np.testing.assert_array_equal(found.vectors, np.array([[x, y] for _, x, y in plain], np.float32))
