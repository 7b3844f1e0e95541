"""``node --test``: what the scripts promise by themselves, without a browser and without Python."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from core.paths import ROOT

FILES = sorted((ROOT / "tests" / "js").rglob("*.test.mjs"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_node_finds_no_fault(file: Path) -> None:
    done = subprocess.run(
        ["node", "--test", "--test-reporter=tap", str(file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\n# fail 0" in done.stdout
    assert "\n# pass 0" not in done.stdout, "a file without a test proves nothing"
