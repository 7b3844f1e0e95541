"""Lists and tables that visitors paste or upload: read as they are meant, refused with a reason."""

from __future__ import annotations

import csv
import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.compute.embedding_space.encodings import decode
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


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("label;x;y\na;1,5;2,5\nb;3,5;4,5\nc;5,5;6,5", {"sep": ";", "decimal": ","}),
        ("label\tx\ty\na\t1,5\t-2,5e1\nb\t3\t,5", {"sep": "\t", "decimal": ","}),
        ("label;x\na;1,5\nb;3,5", {"sep": ";", "decimal": ","}),
        ("label;x;y;z\na;1,5;2,5;3,5\nb;3,5;4,5;5,5", {"sep": ";", "decimal": ","}),
        ('label,x,y\na,"1,5","2,5"\nb,"3,5","4,5"', {"decimal": ","}),
        ('label,x,y\na,"1,000",2.5\nb,"3,500",4.5', {"thousands": ","}),
        (",0,1,2\ncat,0.1,0.2,0.3\ndog,0.4,0.5,0.6\nfox,0.2,0.4,0.1", {}),
        ("word,0,1,2\ncat,0.1,0.2,0.3\ndog,0.4,0.5,0.6\nfox,0.2,0.4,0.1", {}),
        (",x,y\n0,1,2\n1,3,4", {}),
        (",x,y\n7,1,2\n5,3,4", {}),
        ("title,x,y\n1984,0.1,0.2\nEmma,0.3,0.4", {}),
        ("label,x\na,1\nb,2", {}),
    ],
)
def test_a_table_is_what_pandas_reads(text: str, options: dict[str, str]) -> None:
    found, theirs = rows(text), pd.read_csv(io.StringIO(text), index_col=0, **options)
    assert found.labels == tuple(map(str, theirs.index))
    assert found.columns == tuple(map(str, theirs.columns))
    np.testing.assert_array_equal(found.vectors, theirs.to_numpy(np.float64))


@pytest.mark.parametrize("named", [None, "word", "id"])
@pytest.mark.parametrize("columns", [None, ["x", "y"]])
def test_what_a_data_frame_writes_is_read_again(named: str | None, columns: list[str] | None) -> None:
    made = pd.DataFrame([[0.25, 1], [2, 3], [-1e9, 5]], ["cat", "nan", "7"], columns).rename_axis(named)
    found = rows(made.to_csv())
    assert (found.labels, found.named) == (("cat", "nan", "7"), named or "")
    np.testing.assert_array_equal(found.vectors, made.to_numpy())
    beside = pd.DataFrame({"word": ["cat", "dog", "fox"], "x": [1.5, 2, 3], "y": [4, 5, 6]})
    assert rows(beside.to_csv()).labels == rows(beside.to_csv(index=False)).labels == ("cat", "dog", "fox")


def test_the_first_column_is_one_of_labels_as_soon_as_one_of_them_is_no_number() -> None:
    for label in ("Nan", "null", "Infinity", "-inf", "1_000"):
        found = rows(f"{label},0.1,0.2\nBob,0.3,0.4\n1984,0.5,0.6")
        assert found.labels == (label, "Bob", "1984")
        assert found.vectors.tolist() == [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]


def test_a_column_named_group_gives_the_colours_wherever_it_stands() -> None:
    for name in ("group", "Cluster", "类别"):
        found = rows(f"word,x,y,{name}\ncat,1,2,0\ndog,3,4,1")
        assert (found.groups, found.grouped) == (("0", "1"), name)
        assert found.columns == ("x", "y")
    assert rows("word,x,y\ncat,1,2\ndog,3,4").groups == ("", "")


def test_a_point_between_decimal_commas_is_no_number() -> None:
    with pytest.raises(NotFinite) as caught:
        parse("a;1,5;2,5\nb;1.500;2,5")
    assert caught.value.values == {"line": 2}


def test_the_most_rows_are_read() -> None:
    assert len(rows("\n".join(["label,x,y", *(f"w{n},{n},1" for n in range(MAX_ROWS))])).labels) == MAX_ROWS


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
def test_files_in_the_usual_encodings(encoding: str) -> None:
    assert decode("猫,狗\n".encode(encoding)).text == "猫,狗\n"


OTHERS = {
    "big5": "貓,1,2\n學習,3,4\n喜歡,1,2\n朋友,5,6\n",
    "shift_jis": "猫,1,2\n犬,3,4\n",
    "gb18030": "苹果,1,2\n香蕉,3,4\n",
    "euc_kr": "고양이,1,2\n개,3,4\n",
    "cp1252": "word,x,y\nnaïve,1,2\nMünchen,2,3\n",
    "cp1251": "слово,x,y\nкот,1,2\nсобака,3,4\n",
}


@pytest.mark.parametrize("encoding", OTHERS)
def test_a_file_in_another_encoding_is_read_in_it_and_that_is_a_guess(encoding: str) -> None:
    found = decode(OTHERS[encoding].encode(encoding))
    assert (found.text, found.encoding, found.guessed) == (OTHERS[encoding], encoding, True)


@pytest.mark.parametrize("encoding", OTHERS)
def test_a_few_signs_that_many_encodings_admit_are_read_as_the_visitor_chooses(encoding: str) -> None:
    content = OTHERS[encoding].partition("\n")[0].encode(encoding)
    assert not content.isascii() or encoding == "cp1252"
    found = decode(content, encoding)
    assert content.isascii() or encoding in found.others
    assert found.text == content.decode(encoding)
    for other in found.others:
        assert decode(content, other).text == content.decode(other)


def test_unicode_with_a_mark_is_no_guess() -> None:
    for encoding in ("utf-16", "utf-8-sig"):
        found = decode("猫,1\n".encode(encoding), "big5")
        assert (found.text, found.guessed, found.others) == ("猫,1\n", False, ())
    assert decode(b"cat,1\n", "big5").others == ()


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
    np.testing.assert_array_equal(found.vectors, np.array([[x, y] for _, x, y in plain]))
