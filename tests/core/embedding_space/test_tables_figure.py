"""What the canvas of word vectors is given: the same points, neighbours and numbers that were computed."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import numpy as np
import pytest

from core.catalog import LANGUAGES
from core.figures.buffer import unpack
from core.figures.components import source
from core.figures.embedding_space import tables as figures
from core.figures.style import GROUPS, OKABE_ITO, group_tones
from core.paths import ROOT
from pages.kit.text import Words, table
from tests.browser.embedding_space import embedding_data as made
from tests.node import in_node

COMPONENTS = ROOT / "assets" / "components"
NAMES = {
    "embedding_map": "canvas_map",
}


def packed(found: Any, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    state = options.pop("state", {"version": 1})
    return unpack(figures.map_payload(found, {"a": "b"}, state, language="en", **options))


def test_a_map_arrives_whole() -> None:
    found = made.map_of(60, 3, sentences=True)
    meta, arrays = packed(found, title="T", caption="C", dimensions=8, groups={"cities": "Städte"})
    assert meta["labels"] == list(found.words)
    assert meta["sentences"] == list(found.sentences)
    assert (meta["dims"], meta["dimensions"], meta["title"], meta["caption"]) == (3, 8, "T", "C")
    np.testing.assert_array_equal(arrays["positions"], found.positions)
    np.testing.assert_array_equal(arrays["neighbours"], found.neighbours)
    np.testing.assert_allclose(arrays["similarity"] / meta["scale"], found.similarity, atol=5.1e-5)
    np.testing.assert_allclose(meta["explained"], found.explained, atol=1e-6)
    shown = ["" if at == 255 else meta["groups"][at] for at in arrays["groups"]]
    assert shown == [{"cities": "Städte"}.get(group, group) for group in found.groups]


def test_only_as_many_groups_as_there_are_colours_and_the_largest_of_them() -> None:
    found = made.map_of(200, groups=11)
    names = [f"g{at}" for at in range(12)]
    groups = tuple(name for at, name in enumerate(names) for _ in range(at + 1))
    found = dataclasses.replace(found, groups=(*groups, *("",) * (200 - len(groups))))
    meta, arrays = packed(found)
    assert meta["groups"] == names[:-8:-1]
    assert len(meta["groups"]) == figures.MOST_COLOURS == len(OKABE_ITO)
    assert meta["counts"] == [12, 11, 10, 9, 8, 7, 6]
    assert int((arrays["groups"] == 255).sum()) == 200 - sum(meta["counts"])


def test_a_known_group_has_the_same_colour_in_every_table() -> None:
    tones = {name: at for at, name in enumerate(GROUPS)}
    for order in (GROUPS[::-1], ("food", "han", "cities", "latin")):
        found = made.map_of(60)
        groups = tuple(name for at, name in enumerate(order) for _ in range(9 - at))
        found = dataclasses.replace(found, groups=(*groups, *("",) * (60 - len(groups))))
        given = packed(found)[0]["tones"]
        assert len(set(given)) == len(order)
        assert [tone for tone, name in zip(given, order, strict=True) if name in tones] == [
            tones[name] for name in order if name in tones
        ]
    assert group_tones(("g0", "g1", "g2")) == [0, 1, 2]


def test_numbers_that_are_none_do_not_reach_the_browser() -> None:
    found = made.map_of(5)
    broken = found.positions.copy()
    broken[0, 0] = np.nan
    worn = found.similarity.copy()
    worn[1, 1] = np.nan
    _, arrays = packed(dataclasses.replace(found, positions=broken, similarity=worn))
    assert np.isfinite(arrays["positions"]).all()
    assert arrays["similarity"][1, 1] == 0


def test_no_points_are_a_message_too() -> None:
    meta, arrays = packed(made.map_of(0))
    assert meta["labels"] == []
    assert arrays["positions"].size == 0
    with pytest.raises(ValueError, match="colour"):
        packed(made.map_of(3), state={"colour": "red"})


def test_ten_thousand_points_are_under_a_megabyte() -> None:
    found = made.map_of(10_000)
    assert len(figures.map_payload(found, {}, {}, language="en")) < 1_000_000


def test_rows_of_a_map_hold_words_places_and_neighbours() -> None:
    found = made.map_of(30, 3)
    rows = list(figures.map_rows(found))
    assert len(rows) == 30
    assert all(len(row) == len(figures.MAP_COLUMNS) for row in rows)
    assert rows[4][0] == found.words[4]
    assert str(rows[4][5]).split() == [found.words[i] for i in found.neighbours[4]]
    assert next(iter(figures.map_rows(made.map_of(3))))[4] == ""


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("1.5_0.12_-0.3", True),
        ("2_0_0_0.6_-1.5", True),
        ("1.5", False),
        ("a_b_c", False),
        ("1_2_3_4_5_6", False),
        ("1e9_0_0", False),
        ("", False),
    ],
)
def test_a_view_in_a_link_is_a_few_numbers(text: str, good: bool) -> None:
    assert bool(figures.VIEW.fullmatch(text)) is good


# --- the components' sources ---


@pytest.mark.parametrize("name", sorted(NAMES))
def test_components_are_whole_and_speak_no_language(name: str) -> None:
    html, _, script = source(name)
    assert "innerHTML" not in script
    assert "import {" not in script
    text = "".join(part.split(">")[-1] for part in html.split("<"))
    assert not text.strip(" \n−+1"), "words come with the data"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_word_that_a_component_asks_for_is_there(name: str, language: str) -> None:
    html, _, script = source(name)
    asked = set(re.findall(r'data-word="(\w+)"', html)) | set(re.findall(r"\bwords\.(\w+)", script))
    own = set(table(language, "embedding_space")[NAMES[name]])
    assert asked <= set(Words(language, "embedding_space").sub(NAMES[name]))
    spelled = {key for key in own - asked if not re.match(r"about_|zoom_", key)}
    assert spelled == set(), "a word that nothing asks for"


# --- the browser's own code, in node ---


MAP = "./assets/components/embedding_space/embedding_map"


def test_the_camera_turns_without_stretching_and_survives_a_link() -> None:
    program = (
        f"import {{ cameraLens, cameraText, cameraFrom }} from '{MAP}/camera.js';"
        "const main = (list) => list.map((c) => [cameraLens(c, {fit: 100, width: 600, height: 400}), "
        "cameraText(c, 3), cameraFrom(cameraText(c, 3), 3), cameraText({...c, yaw: 0, pitch: 0}, 2)]);"
    )
    rng = np.random.default_rng(0)
    cameras = [
        {"zoom": float(z), "x": float(x), "y": float(y), "yaw": float(w), "pitch": float(p)}
        for z, x, y, w, p in zip(rng.uniform(0.3, 50, 20), *rng.uniform(-1.4, 1.4, (4, 20)), strict=True)
    ]
    for camera, (lens, text, back, flat) in zip(cameras, in_node(program, cameras), strict=True):
        turn = np.array([lens["right"], lens["up"], lens["near"]])
        np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-9)
        assert np.linalg.det(turn) == pytest.approx(1)
        assert lens["scale"] == pytest.approx(100 * camera["zoom"])
        assert figures.VIEW.fullmatch(text)
        assert figures.VIEW.fullmatch(flat)
        for name, value in camera.items():
            assert back[name] == pytest.approx(value, abs=0.006)
