"""The planted faults (``make faults``) still fit the tree: moving a file may leave none of them behind."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.faults.__main__ import HERE, ROOT, apply, read_faults

FAULTS = read_faults()


def test_every_patch_is_listed_and_says_what_is_wrong() -> None:
    assert len(FAULTS) >= 20
    assert [fault.patch for fault in FAULTS] == sorted(HERE.glob("*.patch"))
    assert all(fault.what and fault.tests for fault in FAULTS)


def test_every_patch_applies_and_changes_one_file() -> None:
    assert {fault.id: wrong for fault in FAULTS if (wrong := apply(fault, ROOT, "--check"))} == {}
    for fault in FAULTS:
        files = re.findall(r"^(?:--- a/|diff --git a/)(\S+)", fault.patch.read_text("utf-8"), re.MULTILINE)
        assert len(set(files)) == 1, fault.id


def test_every_test_that_must_fail_is_there() -> None:
    """By its name; and it has cases where one of them is named."""
    gone = []
    for fault in FAULTS:
        for test in fault.tests:
            file, _, name = test.partition("::")
            tree = ast.parse((ROOT / file).read_text("utf-8") if Path(ROOT / file).is_file() else "")
            made = {one.name: one for one in tree.body if isinstance(one, ast.FunctionDef)}
            function, _, case = name.partition("[")
            if function not in made or (case and not made[function].decorator_list):
                gone.append((fault.id, test))
    assert not gone
