"""Token labels, bytes and groups, on three kinds of vocabulary."""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib import import_module
from itertools import groupby
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.models.load.loading import load
from core.models.tokens.labels import Tokens, label_each, label_tokens, visible
from tests.core.tiny import byte_level, metaspace, word_piece

REFERENCE: Any = import_module("transformers.convert_slow_tokenizer")
STAND_INS = REFERENCE.bytes_to_unicode()
ISOLATE, POP = "\u2068", "\u2069"
FAMILY = "👩\u200d👩\u200d👧"
HARD = ["\u0301", "\u200b", "\u200d", "\u202e", "\ufeff", "\x00", "\x7f", "\x85", "\n", "\t", " ", "\u3000"]
HARD += ["中", "龘", "א", "ש", "ع", "क्षि", FAMILY, "🇨🇳", "❤\ufe0f", "1\ufe0f\u20e3", "é", "가", "\U0010fffd"]

texts = st.text() | st.lists(st.sampled_from(HARD) | st.characters(exclude_categories=["Cs"])).map("".join)


def shown(tokenizer: Any, text: str) -> Tokens:
    return label_tokens(tokenizer, tokenizer(text).input_ids)


@settings(max_examples=200, deadline=None)
@given(texts)
@example(FAMILY + "中文" + "שלום" + "e\u0301\x00\u200b")
def test_bytes_of_a_byte_level_vocabulary_are_the_text(text: str) -> None:
    tokens = shown(byte_level(), text)
    assert b"".join(tokens.bytes) == text.encode()
    assert len(tokens) == len(tokens.labels) == len(tokens.bytes) == len(tokens.groups) == len(tokens.special)


@settings(max_examples=200, deadline=None)
@given(texts)
def test_a_label_never_hides_anything(text: str) -> None:
    for label in shown(byte_level(), text).labels:
        assert label
        assert "\ufffd" not in label
        bare = label.removeprefix(ISOLATE).removesuffix(POP)
        for char in bare.replace(" ", "") if "|" in bare else bare:
            assert unicodedata.category(char) not in ("Cc", "Zl", "Zp", "Cs")
            assert char not in "\u200b\u200e\u200f\u202a\u202e\u2066\ufeff"
        assert "\n" not in label


@settings(max_examples=200, deadline=None)
@given(texts)
def test_a_group_is_whole_characters(text: str) -> None:
    tokens = shown(byte_level(), text)
    assert all(b - a in (0, 1) for a, b in zip(tokens.groups, tokens.groups[1:], strict=False))
    pairs = zip(tokens.groups, tokens.bytes, strict=True)
    parts = [b"".join(data for _, data in run) for _, run in groupby(pairs, key=lambda pair: pair[0])]
    assert "".join(part.decode("utf-8") for part in parts) == text  # strict: no group ends inside a character


def byte_tokens(*parts: bytes) -> Tokens:
    """Label the given bytes, one token for each part, as a byte-level vocabulary would hold them."""
    tokenizer: Any = byte_level()

    class Fixed:
        backend_tokenizer = tokenizer.backend_tokenizer
        added_tokens_decoder: dict[int, Any] = {}  # noqa: RUF012 - a stand-in of a few lines
        all_special_ids: tuple[int, ...] = ()

        def convert_ids_to_tokens(self, ids: list[int]) -> list[str]:
            return [stand_in(parts[one]) for one in ids]

    fixed: Any = Fixed()
    return label_tokens(fixed, range(len(parts)))


def stand_in(data: bytes) -> str:
    """GPT-2's printable stand-ins, by transformers' own table."""
    return "".join(STAND_INS[byte] for byte in data)


def test_a_cut_character_is_shown_by_the_bytes_of_each_token() -> None:
    tokens = byte_tokens(b"a \xe4\xb8", b"\xad", "文".encode(), b" \xf0\x9f", b"\x98", b"\x80!")
    assert tokens.labels == ("a· E4 B8|", "|AD", "文", "· F0 9F|", "|98|", "|80 !")
    assert tokens.groups == (0, 0, 1, 2, 2, 2)


def test_bytes_that_are_no_text_have_no_cut() -> None:
    tokens = byte_tokens(b"\xe4\xb8", b"\xff\xfe", b"ok", b"\x80")
    assert tokens.labels == ("E4 B8", "FF FE", "ok", "80")
    assert tokens.groups == (0, 1, 2, 3)


def test_a_grapheme_of_several_tokens_is_one_group() -> None:
    woman, joiner, laptop = (char.encode() for char in "👩\u200d💻")
    tokens = byte_tokens(b"x", woman, joiner, laptop, b"e", "\u0301".encode(), b"y")
    assert tokens.labels == ("x", "👩", "U+200D", "💻", "e", "◌\u0301", "y")
    assert tokens.groups == (0, 1, 1, 1, 2, 2, 3)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        (" the", "·the"),
        ("a\n\tb\r", "a⏎⇥b␍"),
        ("\x00\x1b\x7f\x85", "␀␛␡U+0085"),
        ("\u200b", "U+200B"),
        ("\u202e\u2066\u200f", "U+202EU+2066U+200F"),
        ("\u00a0\u3000\u00ad\ufeff\ufffd", "U+00A0U+3000U+00ADU+FEFFU+FFFD"),
        ("\u2028", "U+2028"),
        ("e\u0301", "e\u0301"),
        ("\u0301", "◌\u0301"),
        (" \u0301", "·◌\u0301"),
        ("שלום", f"{ISOLATE}שלום{POP}"),
        (" عربي", f"{ISOLATE}·عربي{POP}"),
        (FAMILY, FAMILY),
        ("a\u200db", "aU+200Db"),
        ("x\ufe0f", "xU+FE0F"),
        ("❤\ufe0f", "❤\ufe0f"),
        ("🇨🇳1\ufe0f\u20e3", "🇨🇳1\ufe0f\u20e3"),
        ("\ue000", "U+E000"),
        ("<b>&", "<b>&"),  # plain text: whoever makes HTML of it escapes it
        ("中文", "中文"),
    ],
)
def test_everything_in_a_label_can_be_seen(text: str, label: str) -> None:
    assert visible(text) == label
    assert byte_tokens(text.encode()).labels == (label,)


def test_a_unigram_vocabulary_shows_its_spaces_and_special_tokens() -> None:
    tokens = shown(metaspace(), "the cat")
    assert tokens.special[0]
    assert tokens.special[-1]
    assert (tokens.labels[0], tokens.labels[-1]) == ("<s>", "</s>")
    assert b"".join(tokens.bytes[1:-1]) == b" the cat"
    assert tokens.labels[1].startswith("·")


def test_an_unknown_character_is_a_special_token() -> None:
    tokens = shown(metaspace(), "the 龘")
    assert "<unk>" in tokens.labels
    assert tokens.special[tokens.labels.index("<unk>")]


def test_word_piece_keeps_its_sign_and_loses_it_in_the_bytes() -> None:
    tokens = shown(word_piece(), "the foxs")
    inner = [at for at, label in enumerate(tokens.labels) if label.startswith("##")]
    assert inner
    assert all(tokens.bytes[at].decode() == tokens.labels[at][2:] for at in inner)
    assert b"".join(tokens.bytes[1:-1]) == b"thefoxs"


def test_word_piece_words_are_never_one_group() -> None:
    tokens = shown(word_piece(), "the cat")
    assert tokens.groups == tuple(range(len(tokens)))


def test_candidates_are_labelled_alone() -> None:
    tokenizer = byte_level()
    ids = tokenizer("龘").input_ids
    assert label_each(tokenizer, ids) == ("E9", "BE", "98")
    assert label_tokens(tokenizer, ids).labels == ("E9|", "|BE|", "|98")


def test_an_id_without_a_token_is_named_by_its_number() -> None:
    tokenizer = byte_level()
    tokens = label_tokens(tokenizer, [len(tokenizer) + 5])
    assert tokens.labels == (f"[{len(tokenizer) + 5}]",)
    assert tokens.special == (True,)


def test_no_tokens_are_no_labels() -> None:
    assert label_tokens(byte_level(), []) == Tokens((), (), (), (), ())


# --- the bundled vocabularies ---------------------------------------------------------------------


@cache
def known_bytes() -> frozenset[int]:
    vocabulary = load("smollm2-135m").tokenizer.get_vocab()
    return frozenset(byte for byte in range(256) if stand_in(bytes([byte])) in vocabulary)


@settings(max_examples=100, deadline=None)
@given(texts)
def test_bytes_of_smollm2_are_the_text(text: str) -> None:
    # the vocabulary has no token for 21 of the 256 bytes (some controls, lead bytes of empty planes)
    known = bytes(byte for byte in text.encode() if byte in known_bytes())
    tokens = shown(load("smollm2-135m").tokenizer, text)
    ordinary = zip(tokens.bytes, tokens.special, strict=True)
    assert b"".join(data for data, special in ordinary if not special) == known


def test_smollm2_cuts_rare_characters_into_bytes() -> None:
    tokens = shown(load("smollm2-135m").tokenizer, "the 龘!")
    assert tokens.labels[0] == "the"
    assert "�" not in "".join(tokens.labels)
    cut = [label for label in tokens.labels if "|" in label]
    assert cut[0].endswith("|")
    assert cut[-1].startswith("|")
    assert (
        len({group for group, label in zip(tokens.groups, tokens.labels, strict=True) if "|" in label}) == 1
    )


def test_the_encoder_shows_chinese_words() -> None:
    tokens = shown(load("e5-small-enzh").tokenizer, "猫坐在垫子上。")
    assert (tokens.labels[0], tokens.labels[-1]) == ("<s>", "</s>")
    assert "".join(tokens.labels[1:-1]).replace("·", "") == "猫坐在垫子上。"
