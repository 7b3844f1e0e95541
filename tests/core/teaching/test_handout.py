"""A handout holds what it was given, and nothing of it as markup or script of its own."""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
from html.parser import HTMLParser

import pytest

from core.teaching.handout import About, Frame, Plot, build

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


def about(text: str = "", link: str = "https://example.org/?a=1&b=2") -> About:
    return About("en", f"Title {text}", f"Question {text}", ((f"Text {text}", f"said {text}"),), link)


def test_what_it_is_given_is_text_and_attributes_alone() -> None:
    inner = f"<!doctype html><p>{html.escape(BAD)}</p>"
    figures: list[Frame | Plot] = [
        Frame(inner),
        Plot(json.dumps({"data": [{"name": BAD}], "layout": {}}), f"told {BAD}"),
    ]
    content = build(about(BAD), figures, PLOTLY)
    read = Elements(content)
    assert not read.all("img")
    assert [one.get("type") for one in read.all("script")] == [
        "application/json",
        "module",
        "text/plain",
        "module",
    ]
    assert read.inside["h1"] == [f"Title {BAD}"]
    assert read.inside["dd"] == [f"said {BAD}"]
    assert str(read.all("iframe")[0]["srcdoc"]).startswith(inner)
    assert read.all("div")[0]["aria-label"] == f"told {BAD}"
    told = next(text for text in read.inside["script"] if text.startswith("{"))
    assert json.loads(told) == {"data": [{"name": BAD}], "layout": {}}


def test_plotly_is_packed_once_and_only_where_a_chart_is() -> None:
    charts = [Plot("{}", "one"), Plot("{}", "two")]
    packed = re.findall(r'id="plotly">([^<]+)<', build(about(), charts, PLOTLY))
    assert [gzip.decompress(base64.b64decode(one)).decode() for one in packed] == [PLOTLY]
    assert 'id="plotly"' not in build(about(), [Frame("<p>x</p>")], PLOTLY)
    assert "srcdoc" not in build(about(), charts, PLOTLY)


@pytest.mark.parametrize(
    ("link", "linked"), [("https://a.b/?c=d", True), ("javascript:alert(1)", False), ("", False)]
)
def test_only_a_web_page_is_linked(link: str, linked: bool) -> None:
    assert [one["href"] for one in Elements(build(about(link=link), [], PLOTLY)).all("a")] == [link] * linked
