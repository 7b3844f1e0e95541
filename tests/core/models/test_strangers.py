"""Tokenizers and chat templates of strangers: what would take long is refused, what the known families do is not."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest
from tokenizers import Regex, Tokenizer, models, pre_tokenizers

from core.compute.next_token.distribution import _as_a_chat
from core.errors import BadParameter, RefusedFile
from core.models.load import steps
from core.models.load.loading import load
from core.models.load.steps import KNOWN, MOST_GROWTH, check, is_cheap
from core.models.specs import find
from core.models.tokens import templates
from core.paths import ASSETS, DATA, MODELS

FILES = sorted([*(DATA / "tokenizers").glob("*.json.gz"), *MODELS.glob("*/*tokenizer.json*")])
LLAMA_3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|"
    r"\s+(?!\S)|\s+"
)
GPT_2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
CHEAP = (
    LLAMA_3,
    GPT_2,
    r" {2,}",
    r"[0-9][0-9][0-9]",
    r"[\s\S]",
    "▁?[A-Za-z]+|▁?[0-9]|▁",
    "[A-Z|(]+",
    *sorted(KNOWN),
)
SLOW = ("(a+)+$", "(a|aa)+$", "(?:a?){60}a{60}", "(a*)*b")
OTHERS = (
    "a*a*b", r"(\w+)\1", r"\g<0>", "[a-z&&[^b]]+", "a{1,65000}", "a?a?a?a", "(?=a+$)", "[", "(", "a|(b", "[^(|[.,!]]+",
    r"\X+", "x" * 2001, None,
)  # fmt: skip
NASTY = tuple(
    text * 4_000 + end
    for text in ("a", "A", " ", "1", "!", "一", "\n ", "aA", "a ", "'s")
    for end in ("", "b", "!")
)
"""Texts on which patterns backtrack, if they do."""


def cutter(pattern: str) -> Tokenizer:
    made = Tokenizer(models.BPE(vocab={"a": 0}, merges=[]))
    made.pre_tokenizer = pre_tokenizers.Split(Regex(pattern), "isolated")
    return made


def content(path: Any) -> dict[str, Any]:
    raw = path.read_bytes()
    found: dict[str, Any] = json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ASSETS).as_posix())
def test_what_the_known_families_do_to_a_text_is_admitted(path: Any) -> None:
    check("m", content(path))


@pytest.mark.parametrize("pattern", CHEAP)
def test_a_cheap_pattern_is_done_with_nasty_texts(pattern: str) -> None:
    """The library breaks off a match of ten million steps."""
    assert is_cheap(pattern)
    made = cutter(pattern)
    for text in NASTY:
        pieces = made.pre_tokenizer.pre_tokenize_str(text)
        assert "".join(piece for piece, _ in pieces) == text


@pytest.mark.parametrize("pattern", SLOW)
def test_a_pattern_that_backtracks_is_refused(pattern: str) -> None:
    assert not is_cheap(pattern)
    with pytest.raises(RefusedFile, match="costly_steps"):
        check(
            "m", {"pre_tokenizer": {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated"}}
        )


def test_the_library_alone_would_try_long() -> None:
    with pytest.raises(BaseException, match="retry-limit"):
        cutter(SLOW[0]).encode("a" * 40 + "b")


@pytest.mark.parametrize("pattern", OTHERS)
def test_what_is_not_known_to_be_quick_is_refused(pattern: object) -> None:
    assert not is_cheap(pattern)


def replaced(old: str, new: str) -> dict[str, object]:
    return {"type": "Replace", "pattern": {"String": old}, "content": new}


@pytest.mark.parametrize(
    "values",
    [
        {"normalizer": {"type": "Sequence", "normalizers": [replaced("a", "aa")] * 5}},
        {"normalizer": replaced("a", "a" * (MOST_GROWTH + 1))},
        {"normalizer": replaced("", "a" * MOST_GROWTH)},
        {"normalizer": {"prepend": "a" * 1000}},
        {"normalizer": {"type": "Precompiled", "precompiled_charsmap": "?"}},
        {"decoder": {"type": "Sequence", "decoders": [{"type": "Fuse"}] * 100}},
        {"post_processor": {"type": "TemplateProcessing", "single": [{"Sequence": {"id": "A", "type_id": 0}}] * 65}},
        {"pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Digits"}] * 65}},
        {"model": {"type": "WordPiece", "max_input_chars_per_word": 10**6}},
    ],
)  # fmt: skip
def test_steps_that_make_much_of_a_text_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(RefusedFile, match="costly_steps"):
        check("m", values)


def test_a_table_of_characters_may_not_make_long_texts_of_them() -> None:
    def table(text: bytes) -> dict[str, Any]:
        charsmap = base64.b64encode((8).to_bytes(4, "little") + bytes(8) + text + b"\0").decode()
        return {"normalizer": {"type": "Precompiled", "precompiled_charsmap": charsmap}}

    check("m", table(b"a" * steps.LONGEST))
    with pytest.raises(RefusedFile):
        check("m", table(b"a" * (steps.LONGEST + 1)))


# ------------------------------------------------------------------------------------------ templates


@pytest.mark.parametrize(
    "template",
    [
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{% for a in range(10**9) %}{% endfor %}",
        "{{ 'a' * 10**10 }}",
        "{{ 'a' * 10**6 }}",
        "{{ (10**9)**(10**9) }}",
        "{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}",
    ],
)
def test_a_costly_template_is_refused_with_a_reason(template: str) -> None:
    with pytest.raises(RefusedFile, match="costly_template"):
        templates.render_bounded("m", template, {})


@pytest.mark.parametrize(
    "template", ["{% if %}", "{{ raise_exception('no') }}", "{{ 1 / 0 }}", "{{ ''.__class__.__mro__ }}"]
)
def test_a_template_that_is_wrong_is_a_mistake_of_its_own(template: str) -> None:
    with pytest.raises(BadParameter):
        templates.render_bounded("m", template, {})


def test_a_strangers_template_gives_what_transformers_makes_of_it() -> None:
    loaded = load("smollm2-135m")
    stranger: Any = type("Stranger", (), {"spec": find("hub:ann/plain"), "tokenizer": loaded.tokenizer})
    text = 'Grüße, 你好 "x" <|im_end|>\n{{ 7 * 7 }}'
    assert _as_a_chat(stranger, text) == _as_a_chat(loaded, text)
    values = {"messages": [{"a": "é<"}]}
    template = "{% generation %}{{ messages[0] | tojson }}{% endgeneration %}{{ strftime_now('%%') }}"
    assert templates.render_bounded("m", template, values) == '{"a": "é<"}%'
