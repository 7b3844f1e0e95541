"""Every link that visitors have opens what it opened before: ``links.toml`` against ``said/<stem>.json``."""

from __future__ import annotations

import pytest

from core.paths import ROOT
from tests.pages import links

LINKS = links.links()
EACH = [
    pytest.param(stem, id, id=f"{stem}-{id}")
    for stem, queries in LINKS.items()
    for id in queries
]  # fmt: skip
PAGE: links.Said = {
    "url": {"lang": "en"},
    "says": ["title: T", "markdown: 98 % :blue-badge[b]", "button [a]: A"],
}


@pytest.mark.parametrize(("stem", "id"), EACH)
def test_a_link_opens_what_it_opened(stem: str, id: str) -> None:
    now = links.opened(stem, LINKS[stem][id])
    assert not links.differences(links.said(stem), id, now), (
        f"if it is meant: {links.__name__} --write {stem}"
    )


@pytest.mark.parametrize("stem", LINKS)
def test_what_is_kept_is_of_the_links_that_there_are(stem: str) -> None:
    assert list(links.said(stem)["links"]) == list(LINKS[stem])


def test_the_links_lead_to_every_page_in_both_languages() -> None:
    assert len(EACH) >= 150
    pages = {path.stem for path in (ROOT / "pages").glob("*.py")}
    assert set(LINKS) >= pages
    for queries in LINKS.values():
        assert {query.get("lang") for query in queries.values()} >= {None, "en", "zh"}


@pytest.mark.parametrize(
    ("line", "other", "expected"),
    [
        ("button [a]: A", "button [a]: B", False),
        ("caption: 0.31", "caption: 0.32", False),  # no badge: nothing was measured
        ("markdown: 0.31 :blue-badge[b]", "markdown: 0.32 :blue-badge[b]", True),
        ("markdown: 0.31 :blue-badge[b]", "markdown: 0.33 :blue-badge[b]", False),
        ("markdown: 98 % :blue-badge[b]", "markdown: 97 % :blue-badge[b]", True),
        ("markdown: layer 3 :blue-badge[b]", "markdown: layer 4 :blue-badge[b]", False),
        ("c [k] array x uint8 3 mean 1.20e+02", "c [k] array x uint8 3 mean 1.21e+02", True),
        ("c [k] array x uint8 3 mean 1.20e+02", "c [k] array x uint8 3 mean 1.20e+01", False),
        ("c [k] array x uint8 3 mean 1.20e+02", "c [k] array x uint8 4 mean 1.20e+02", False),
    ],
)
def test_measured_numbers_may_differ_in_their_last_place_and_nothing_else(
    line: str, other: str, expected: bool
) -> None:
    assert links.same(line, other) is expected


def test_times_and_devices_are_masked_in_badges_only() -> None:
    said = "In 5 s on cpu :green-badge[live · M on cpu · 1,250 ms]"
    assert links.masked(said) == "In 5 s on cpu :green-badge[live · M on DEVICE · TIME]"
    assert links.masked("12 ms]") == "12 ms]"


def test_what_is_gone_and_what_is_new_is_told() -> None:
    other = {"url": {"lang": "en"}, "says": ["title: T", "button [b]: B"]}
    common = links.usual([PAGE, other])
    assert common == {"en": ["title: T"]}
    kept = {"usual": common, "links": {"p": links.told(PAGE, common)}}
    assert links.differences(kept, "p", PAGE) == []
    changed = {**PAGE, "says": ["title: U", *PAGE["says"][1:]]}
    assert links.differences(kept, "p", changed) == ["− title: T", "+ title: U"]
    assert links.differences(kept, "p", {**PAGE, "says": PAGE["says"][:2]}) == ["− button [a]: A"]
    apart = {**PAGE, "says": ["title: T", "caption: C", "markdown: 99 % :blue-badge[b]", "button [b]: B"]}
    assert links.differences(kept, "p", apart) == ["+ caption: C", "− button [a]: A", "+ button [b]: B"]
    moved = {**PAGE, "url": {"lang": "en", "x": "1"}}
    assert links.differences(kept, "p", moved) == ["− {'lang': 'en'}", "+ {'lang': 'en', 'x': '1'}"]
