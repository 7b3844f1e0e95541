"""A handout holds what it was given, and nothing of it as markup or script of its own."""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.teaching.handout import About, Frame, Plot, Section, build
from core.teaching.kinds import Asked

PLOTLY = "window.Plotly = { newPlot() {} }; // </script>"
BAD = '</script><script>window.hit=1</script><img src=x onerror="window.hit=1">\'"&'


class Elements(HTMLParser):
    """What a browser would find: elements with their attributes, and the text inside each kind."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.inside: dict[str, list[str]] = {}
        self._open = ""
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self._open = tag
        self.inside.setdefault(tag, [])

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - the parser names it so
        self._open = ""

    def handle_data(self, data: str) -> None:
        self.inside.setdefault(self._open, []).append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


WORDS = {id: f"<{id}>" for id in ("before", "after", "answer", "answers", "note", "left_out")}
ABOUT = About("en", "Title", "Lead", WORDS)
ASKED = Asked("Which?", ("this", "that"), 1, "since it is that")


def section(figures: Sequence[Frame | Plot] = (), link: str = "https://example.org/?a=1&b=2") -> Section:
    return Section(figures, (("Text", "said"),), link)


def opened(packed: str) -> str:
    return gzip.decompress(base64.b64decode(packed)).decode()


def test_what_it_is_given_is_text_and_attributes_alone() -> None:
    inner = f"<!doctype html><p>{html.escape(BAD)}</p>"
    figures: list[Frame | Plot] = [
        Frame(inner),
        Plot(json.dumps({"data": [{"name": BAD}], "layout": {}}), f"told {BAD}"),
    ]
    asked = Asked(f"asked {BAD}", (f"a {BAD}", "b"), 0, f"why {BAD}")
    one = Section(
        figures,
        ((f"Name {BAD}", f"value {BAD}"),),
        f"https://example.org/{BAD}",
        f"say {BAD}",
        f"place {BAD}",
        asked,
        asked,
        f"note {BAD}",
        f"missing {BAD}",
    )
    read = Elements(build(About("en", f"Title {BAD}", f"Lead {BAD}", WORDS), [one], PLOTLY))
    assert not read.all("img")
    kinds = ["text/plain", "application/json", "text/plain", "module", "module"]
    assert [one.get("type") for one in read.all("script")] == kinds
    assert read.inside["h1"] == [f"Title {BAD}"]
    assert read.inside["h2"] == [f"say {BAD}"]
    assert read.inside["h3"] == [f"asked {BAD}"] * 2
    assert read.inside["dt"] == [f"Name {BAD}"]
    assert read.inside["dd"] == [f"value {BAD}"]
    assert read.inside["li"] == [f"a {BAD}", "b"] * 2
    said = read.inside["p"]
    for text in ("Lead", "place", "why", "note", "missing"):
        assert f"{text} {BAD}" in said
    framed, drawn, *_ = read.inside["script"]
    assert opened(framed).startswith(inner)
    assert json.loads(drawn) == {"data": [{"name": BAD}], "layout": {}}
    assert read.all("div")[1]["aria-label"] == f"told {BAD}"


def test_plotly_is_packed_once_and_only_where_a_chart_is() -> None:
    charts = [section([Plot("{}", "one"), Plot("{}", "two")]), section([Plot("{}", "three")])]
    packed = re.findall(r'id="plotly">([^<]+)<', build(ABOUT, charts, PLOTLY))
    assert [opened(one) for one in packed] == [PLOTLY]
    assert 'id="plotly"' not in build(ABOUT, [section([Frame("<p>x</p>")])], PLOTLY)


@pytest.mark.parametrize(
    ("link", "linked"), [("https://a.b/?c=d", True), ("javascript:alert(1)", False), ("", False)]
)
def test_only_a_web_page_is_linked(link: str, linked: bool) -> None:
    assert [one["href"] for one in Elements(build(ABOUT, [section(link=link)], PLOTLY)).all("a")] == [
        link
    ] * linked


def test_answers_are_folded_and_nothing_is_asked_where_there_is_no_question() -> None:
    one = replace(section(), title="Look", before=ASKED)
    read = Elements(build(ABOUT, [one, section()], PLOTLY))
    assert [found.get("open", "closed") for found in read.all("details")] == ["closed"]
    assert read.inside["summary"] == ["<answer>"]
    assert read.inside["b"] == ["B · that"]
    assert read.inside["button"] == ["<answers>"]
    without = Elements(build(ABOUT, [section()], PLOTLY))
    assert not without.all("button")
    assert not without.all("details")
    assert not without.all("aside")


@given(
    st.lists(st.lists(st.integers(0, 9_000), max_size=4), min_size=1, max_size=5), st.integers(9_000, 40_000)
)
def test_no_file_is_larger_than_it_may_be_and_no_figure_is_left_out_for_nothing(
    sizes: list[list[int]], largest: int
) -> None:
    """Charts, as they are not packed: the length of each is known."""
    sections = [section([Plot(json.dumps("x" * size), "") for size in some]) for some in sizes]
    whole = build(ABOUT, sections, "", largest=10**9)
    content = build(ABOUT, sections, "", largest=largest)
    left = content.count("&lt;left_out&gt;")
    assert len(content.encode()) <= largest
    assert content.count('class="chart"') + left == sum(map(len, sizes))
    if left:
        every, gone = sorted((size for some in sizes for size in some), reverse=True), left
        smallest = every[gone - 1]
        spare = 200 * len(every)
        assert len(content.encode()) + smallest + spare > largest
    else:
        assert content == whole
