"""What is taken home: sources as links, terms linked once, the sheet to print, and the cards for Anki."""

from __future__ import annotations

import csv
import html.parser
import re

import pytest

from core.bank import anki, sheet, writing
from core.bank.rendering import mathjax, rendered
from core.bank.terms import terms, written_in
from core.bank.writing import CITED, KEPT, address, cited, linked, prose
from core.catalog import Language
from core.catalog.question_bank import CHAPTERS
from tests.core.question_bank.bank import BOTH, each_entry, each_language

WORDS = {"title": "T", "wrong": "W", "numbers": "N"}
NAMES = {chapter: chapter for chapter in CHAPTERS}
VOID = {"meta", "br", "link", "input", "img", "hr"}


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("Vaswani et al. 2017, arXiv:1706.03762, §3.2.1", "https://arxiv.org/abs/1706.03762"),
        ("Lin 1991, DOI 10.1109/18.61115", "https://doi.org/10.1109/18.61115"),
        ("X 2020, https://doi.org/10.1162/tacl_a_00349.", "https://doi.org/10.1162/tacl_a_00349"),
        ("Docs, https://example.org/a_b (read 2026)", "https://example.org/a_b"),
        ("Old, arXiv:cmp-lg/9404008", "https://arxiv.org/abs/cmp-lg/9404008"),
        ("Brown 1992, Computational Linguistics 18(4)", ""),
    ],
)
def test_a_source_leads_to_what_it_names(line: str, place: str) -> None:
    assert address(line) == place


def test_formulas_code_and_links_are_left_alone() -> None:
    text = "token $[1] token$ `token [1]` [token](x) ```\ntoken [1]\n``` token [1]"
    made = cited(linked(text, "en", "glossary"), ["A 2020, arXiv:2001.00001"])
    assert made.startswith("[token](glossary?")
    for kept in ("$[1] token$", "`token [1]`", "[token](x)", "```\ntoken [1]\n```"):
        assert kept in made
    assert made.endswith(' token [\\[1\\]](https://arxiv.org/abs/2001.00001 "A 2020, arXiv:2001.00001")')


def test_a_source_without_an_address_is_a_number() -> None:
    assert cited("so [1], [2]", ["A book"]) == "so \\[1\\], \\[2\\]"


def test_terms_are_whole_words_and_the_longest_counts() -> None:
    made = linked("tokens, tokenizers; self-attention and attention; LORA, LoRA; lossless", "en", "g")
    assert re.findall(r"\[([^\]]+)\]\(g\?gl_entry=(\w+)", made) == [
        ("tokens", "token"), ("tokenizers", "tokenizer"), ("self-attention", "self_attention"),
        ("attention", "attention"), ("LoRA", "lora"),
    ]  # fmt: skip
    chinese = linked("多头注意力与注意力，再说注意力。", "zh", "g")
    assert re.findall(r"gl_entry=(\w+)", chinese) == ["multi_head_attention", "attention"]


@each_language
@each_entry
def test_an_answer_is_the_same_but_for_its_links(id: str, language: Language) -> None:
    one, made = BOTH[language][id], writing.answer(id, language, "glossary")
    plain = re.sub(r"\[([^\]]*?)\]\(glossary\?[^\s)]* \"[^\"]*\"\)", r"\1", made)
    plain = re.sub(r"\[\\\[(\d+)\\\]\]\(\S+ \"[^\"]*\"\)", r"[\1]", plain)
    assert re.sub(r"\\\[(\d+)\\\]", r"[\1]", plain) == one.long
    ids = re.findall(r"gl_entry=(\w+)", made)
    assert len(ids) == len(set(ids))
    assert set(ids) <= set(terms(language))


class Balanced(html.parser.HTMLParser):
    """Fails on a tag that is closed by another one."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@each_language
def test_a_sheet_is_complete_and_needs_no_network(language: Language) -> None:
    entries = list(BOTH[language].values())
    made = sheet.sheet(entries, language=language, words=WORDS, chapters=NAMES, about="a < b")
    read = Balanced()
    read.feed(made)
    assert not read.open
    assert all(link.startswith("https://") for link in read.links)
    assert not re.search(r"<(?:script|img|link|iframe)\b|\ue000|\$\$", made)
    assert "a &lt; b" in made
    assert f'<html lang="{language}"' in made
    assert [made.count(f'<article id="{one.id}"') for one in entries] == [1] * len(entries)
    assert made.count("<h2>") == len({one.chapter for one in entries})
    formulas = sum(len([1 for kept in KEPT.finditer(one.long) if kept[0].startswith("$")]) for one in entries)
    assert made.count("<math ") >= formulas


@each_language
def test_cards_are_one_a_question(language: Language) -> None:
    entries = list(BOTH[language].values())
    made = anki.cards(entries, language=language, words=WORDS, deck="D")
    lines = made.splitlines(keepends=True)
    head = [line.strip() for line in lines if line.startswith("#")]
    assert head == ["#separator:tab", "#html:true", "#guid column:1", "#tags column:4", "#deck:D"]
    assert len(lines) == len(head) + len(entries), "a card is a line"
    rows = list(csv.reader(lines[len(head) :], delimiter="\t"))
    assert [len(row) for row in rows] == [4] * len(entries)
    assert [row[0] for row in rows] == [f"glassbox-{language}-{one.id}" for one in entries]
    for row, one in zip(rows, entries, strict=True):
        for part in row[1:3]:
            read = Balanced()
            read.feed(part)
            assert not read.open, one.id
        assert "$" not in prose(row[2], lambda text: text) or "$" in "".join(
            re.findall(r"<code.*?</code>", row[2], re.DOTALL)
        )
        assert row[1].endswith(f"{sheet.stars(one.stars)}</small>")
        assert row[3].split()[1] == one.chapter


def test_formulas_survive_markdown() -> None:
    made = rendered("a*b $x_1*y_1*z$ *c*\n\n$$a<b$$ `$p$` [1]", mathjax, ["A, arXiv:2001.00001"])
    assert r"\(x_1*y_1*z\)" in made
    assert r"\[a&lt;b\]" in made
    assert "<code>$p$</code>" in made
    assert '<a href="https://arxiv.org/abs/2001.00001">[1]</a>' in made
    assert "<em>c</em>" in made
    assert "&lt;script&gt;" in rendered("<script>", mathjax)


@each_language
def test_every_term_is_found_by_its_name(language: Language) -> None:
    for id, one in terms(language).items():
        if len(one.name) > 1:
            pattern, ids = written_in(one.name, language)
            found = pattern.fullmatch(one.name)
            assert found, one.name
            assert ids[(found.lastindex or 0) - 1] == id, one.name
    assert not CITED.search("[x]")
