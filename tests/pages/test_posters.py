"""The pictures that stand where a page opens with a chart, until plotly is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core import catalog
from core.catalog import Language
from core.figures import posters
from tests.browser.posters import first_chart, openings

OPENINGS = list(openings())


@pytest.fixture(scope="module")
def wanted() -> dict[str, set[Path]]:
    """Page → the pictures of the charts that it opens on."""
    found: dict[str, set[Path]] = {}
    for page, language, query in OPENINGS:
        found.setdefault(page.stem, set()).add(posters.path(first_chart(page, language, query)))
    return found


def test_a_page_has_all_its_pictures_or_none_yet(wanted: dict[str, set[Path]]) -> None:
    """Where it fails: ``python -m tests.browser.posters``."""
    there = set(posters.FOLDER.glob("*"))
    assert there == {file for files in wanted.values() if files & there for file in files}
    assert wanted["classic_models"] <= there


@pytest.mark.parametrize(
    ("page", "language", "query"), [one for one in OPENINGS if one[0].stem == "classic_models"][:2]
)
def test_a_picture_bears_the_names_of_its_chart(
    page: catalog.Page, language: Language, query: dict[str, str]
) -> None:
    spec = first_chart(page, language, query)
    pictures = posters.of(spec)
    assert pictures is not None
    assert set(pictures) == set(posters.THEMES)
    for by_width in pictures.values():
        for picture in (by_width[name] for name in posters.WIDTHS):
            said = re.sub(r"<[^>]*>", "", picture).replace("&lt;", "<").replace("&gt;", ">")
            assert spec["layout"]["title"]["text"] in said
            assert "<script" not in picture
            assert "http" not in picture.replace("http://www.w3.org/", "")


def test_another_chart_has_no_picture() -> None:
    spec = first_chart(*next(one for one in OPENINGS if one[0].stem == "classic_models"))
    assert posters.of(spec) is not None
    spec["data"][0]["x"][0] += 0.01
    assert posters.of(spec) is None
