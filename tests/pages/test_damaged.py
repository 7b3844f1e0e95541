"""Bundled results that are damaged, cut off or empty: the page computes what they held."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from core import calls, catalog
from core.figures import posters
from core.jobs.shelf import Shelf
from core.paths import EXAMPLES
from pages.kit import cache
from tests.pages.app import healthy, shown, visit


@pytest.mark.parametrize("kept", [0.0, 0.5, 0.97], ids=["empty", "half", "nearly_whole"])
@pytest.mark.parametrize("stem", ["position_curves", "token_splits", "classic_models", "attention_heads"])
def test_a_page_whose_results_are_cut_off_computes_them(
    stem: str, kept: float, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for file in EXAMPLES.glob("*.npz"):
        content = file.read_bytes()
        (tmp_path / file.name).write_bytes(content[: int(kept * len(content))])
    monkeypatch.setattr(calls, "EXAMPLES", tmp_path)
    monkeypatch.setattr(cache, "_SHIPPED", Shelf(32))
    page = catalog.find(stem)
    app = visit(stem, {"lang": "en", "model": page.model["en"], "text": page.text["en"]})
    healthy(app)
    assert not app.warning
    assert "bundled example" not in shown(app)


def test_a_picture_of_a_chart_that_is_damaged_is_none(tmp_path: Path) -> None:
    sound = next(iter(sorted(posters.FOLDER.glob("*.gz"))))
    content, chance = sound.read_bytes(), random.Random(0)
    whole = posters._read(sound)
    assert whole
    for turn in range(200):
        changed = bytearray(content if turn % 2 else content[: chance.randrange(len(content))])
        if turn % 2:
            changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
        file = tmp_path / f"{turn}.json.gz"
        file.write_bytes(changed)
        assert posters._read(file) in (None, whole)
