"""Stamps of bundled results: whatever can change a result changes its stamp, and words about it do not."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from core import examples
from core.calls import Call, call
from core.compute.masked_words import gaps, pairs, rule
from core.paths import ROOT
from tests.core import stamp
from tests.core.stamp import Tree

SHIP = "A ship."
MASKED = call(gaps.masked, model="mini-bert", text=SHIP)
PAIRS = call(pairs.cosine, model="e5-small-enzh", pairs="One. | Two.")
SHEET = call(rule.sheet, model="mini-bert", text=SHIP)
CALLS = (MASKED, PAIRS, SHEET)
HERE = Tree(ROOT)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A checkout's code and manifests; stamps of it are those of the checkout."""
    shutil.copytree(ROOT / "core", tmp_path / "core", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "requirements.txt", tmp_path)
    for path in (ROOT / "assets").rglob("*"):
        if path.is_file() and path.parts[len(ROOT.parts) + 1] in ("models", "data"):
            goal = tmp_path / path.relative_to(ROOT)
            goal.parent.mkdir(parents=True, exist_ok=True)
            goal.hardlink_to(path) if path.stat().st_size > stamp.SMALL else shutil.copy(path, goal)
    return tmp_path


def edit(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def add(folder: Path, file: str) -> None:
    """One more statement at the end of a module."""
    path = folder / file
    path.write_text(path.read_text("utf-8") + "\nMORE = 1\n", encoding="utf-8")


def changed(folder: Path, asked: tuple[Call[Any], ...] = CALLS) -> list[Call[Any]]:
    """The calls whose stamps differ between the checkout and its copy."""
    there = Tree(folder)
    return [one for one in asked if HERE.stamp(one) != there.stamp(one)]


def test_a_copy_has_the_same_stamps_and_words_do_not_matter(copy: Path) -> None:
    assert changed(copy) == []
    edit(copy, "core/compute/masked_words/gaps.py", '"""', '"""Otherwise said. ')
    edit(copy, "core/models/read/trace.py", "\nimport", "\n# a comment\n\n\nimport")
    assert changed(copy) == []


def test_a_change_in_a_function_s_own_module_is_seen_and_others_keep_their_stamps(copy: Path) -> None:
    add(copy, "core/compute/masked_words/gaps.py")
    assert changed(copy) == [MASKED, PAIRS]  # which reads words as it does


def test_a_change_far_down_is_seen(copy: Path) -> None:
    add(copy, "core/arrays.py")
    assert changed(copy) == list(CALLS)


@pytest.mark.parametrize(("old", "new"), [("torch==", "torch==9"), ("numpy==", "numpy==9")])
def test_another_version_of_a_library_is_seen(copy: Path, old: str, new: str) -> None:
    edit(copy, "requirements.txt", old, new)
    assert changed(copy) == list(CALLS)


def test_a_library_that_only_draws_is_not(copy: Path) -> None:
    edit(copy, "requirements.txt", "streamlit==", "streamlit==9")
    assert changed(copy) == []


def test_other_weights_change_the_results_of_their_model(copy: Path) -> None:
    edit(copy, "assets/models/mini-bert/manifest.json", '"sha256": "', '"sha256": "0')
    assert changed(copy) == [MASKED, SHEET]


def test_a_worker_that_is_started_by_its_name_belongs_to_the_code() -> None:
    found = HERE.closure(("core.compute.embedding_space.projection",))
    assert "core.compute.embedding_space.worker" in found


def test_code_that_reads_data_names_them() -> None:
    """Data are found by their names in code: a module of computations that asks where they lie must name some."""
    silent = []
    for path in [*(ROOT / "core" / "compute").rglob("*.py"), *(ROOT / "core" / "data").glob("*.py")]:
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        if "core.paths.DATA" in path.read_text("utf-8") or "import DATA" in path.read_text("utf-8"):
            words = {getattr(node, "value", None) for node in stamp._run(HERE.parsed(module))}
            if not HERE.named(word for word in words if isinstance(word, str)):
                silent.append(module)
    assert not silent


def test_a_result_without_its_stamp_is_computed_and_another_file_too(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GLASSBOX_ALL_RESULTS", raising=False)
    wanted = examples.wanted(["masked_words"])
    stamps = {one.path.stem: HERE.stamp(one) for one in wanted}
    monkeypatch.setattr(stamp, "KEPT", copy / "examples.json")
    stamp.write(stamps, wanted)
    few = {one.path.stem for one in stamp.due(wanted)}
    assert few == stamp.sample(wanted)
    assert 0 < len(few) <= stamp.OF_EACH_PAGE
    other = next(one for one in wanted if one.path.stem not in few)
    stamp.write(stamps | {other.path.stem: "0"}, wanted)
    assert {one.path.stem for one in stamp.due(wanted)} == few | {other.path.stem}
    assert stamp.changed(wanted) == [other]
    add(copy, "core/compute/masked_words/gaps.py")
    stamp.write(stamps, wanted)
    due = stamp.changed(wanted, Tree(copy))
    assert due == [one for one in wanted if one.function.__module__ != rule.__name__]
    assert 0 < len(due) < len(wanted)
    monkeypatch.setenv("GLASSBOX_ALL_RESULTS", "1")
    assert stamp.due(wanted) == list(wanted)


def test_another_bundled_file_has_another_stamp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = examples.wanted(["masked_words"])[0]
    before = HERE.stamp(one)
    content = bytearray(one.path.read_bytes())
    content[-1] ^= 1
    (tmp_path / one.path.name).write_bytes(content)
    monkeypatch.setattr("core.calls.EXAMPLES", tmp_path)
    assert HERE.stamp(one) != before
