"""``python -m tests.faults [01 42 …]``: plant small faults in a copy and see that tests fail; all without a name.

Each fault of ``faults.toml`` is a patch of one file and the tests that must fail with it. These pass in an untouched
copy first: a test that is not there, or fails anyway, proves nothing. A name is the start of a fault's id.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PASSED, FAILED = 0, 1  # what pytest returns; anything else: the tests did not run


@dataclass(frozen=True, slots=True)
class Fault:
    """A small mistake, and the tests that see it."""

    id: str
    what: str
    tests: tuple[str, ...]

    @property
    def patch(self) -> Path:
        """The mistake as a diff."""
        return HERE / f"{self.id}.patch"


def read_faults() -> tuple[Fault, ...]:
    """All faults, in order."""
    entries = tomllib.loads((HERE / "faults.toml").read_text("utf-8"))
    return tuple(Fault(id, entry["what"], tuple(entry["tests"])) for id, entry in entries.items())


def apply(fault: Fault, folder: Path, *options: str) -> str:
    """Patch a folder (``--check``: only try, ``--reverse``: undo); what git says where it does not fit."""
    alone = os.environ | {"GIT_CEILING_DIRECTORIES": str(folder.parent)}  # no repository around a copy
    command = ["git", "apply", *options, str(fault.patch)]
    done = subprocess.run(command, cwd=folder, env=alone, capture_output=True, text=True, check=False)
    return done.stderr.strip() or "git apply failed" if done.returncode else ""


def copy_tracked(goal: Path) -> None:
    """What git tracks, as it is now; assets are linked (a patch replaces a file, it does not write into it)."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    for name in filter(None, listed.stdout.decode().split("\0")):
        source, copy = ROOT / name, goal / name
        if not source.is_file():
            continue  # deleted, and not yet committed
        copy.parent.mkdir(parents=True, exist_ok=True)
        try:
            (os.link if name.startswith("assets/") else shutil.copy2)(source, copy)
        except OSError:  # another file system
            shutil.copy2(source, copy)
    if (ROOT / ".venv").is_dir():
        (goal / ".venv").symlink_to(ROOT / ".venv")


def run(tests: tuple[str, ...], folder: Path) -> tuple[int, str]:
    """Pytest's verdict on some tests of a folder, up to the first failure, and its output."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--tb=short", "-p", "no:cacheprovider", *tests]
    settings = {
        name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTEST_ADDOPTS")
    }
    settings |= {"GLASSBOX_NEEDS_BROWSER": "1", "GLASSBOX_ALL_RESULTS": "1"}  # what does not run sees nothing
    done = subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def verdict(fault: Fault, folder: Path) -> str:
    """``caught``, or why not."""
    if wrong := apply(fault, folder):
        return f"does not apply: {wrong}"
    code, output = run(fault.tests, folder)
    if wrong := apply(fault, folder, "--reverse"):
        raise RuntimeError(f"{fault.id} cannot be undone: {wrong}")
    if code == FAILED and re.search(r"^\d+ failed\b", output, re.MULTILINE):
        return "caught"
    return "NOT CAUGHT" if code == PASSED else f"no test failed, pytest ended with {code}:\n{output}"


def main(names: list[str]) -> int:
    """Plant all faults or some; 1 if one is not caught."""
    every = read_faults()
    faults = [fault for fault in every if not names or fault.id.startswith(tuple(names))]
    if unknown := [name for name in names if not any(fault.id.startswith(name) for fault in every)]:
        print(f"unknown: {', '.join(unknown)}; there are: {', '.join(fault.id for fault in every)}")
        return 2
    with tempfile.TemporaryDirectory(prefix="glassbox-faults-") as made:
        folder = Path(made).resolve() / "copy"
        copy_tracked(folder)
        print(f"{len(faults)} faults; without them:", end=" ", flush=True)
        code, output = run(tuple(dict.fromkeys(test for fault in faults for test in fault.tests)), folder)
        if code != PASSED:
            print(f"the tests do not pass\n{output}")
            return 1
        print(output.strip().splitlines()[-1])
        missed = 0
        for fault in faults:
            start = time.monotonic()
            found = verdict(fault, folder)
            missed += found != "caught"
            print(f"{fault.id:36} {time.monotonic() - start:4.0f} s  {found:10}  {fault.what}", flush=True)
    print(f"{len(faults) - missed} of {len(faults)} faults are caught")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
