"""Models made to harm: the longest that any of them takes to be refused, and the memory."""

from __future__ import annotations

import json
import subprocess
import sys

from core.paths import ROOT
from tests.bench.report import Line
from tests.core.models.bombs import BOMBS, LINKS

SECONDS = 1.0
MEGABYTES = 50.0


def measure() -> list[Line]:
    """Folders and repositories of a hub on this machine, the libraries being imported."""
    command = [sys.executable, "-m", "tests.core.models.bombs"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    names = [name for name in found if name.removesuffix(", hub") in {**BOMBS, **LINKS}]
    slow = max(names, key=lambda name: found[name]["seconds"])
    large = max(names, key=lambda name: found[name]["megabytes"])
    return [
        Line(
            f"refusing {len(names)} harmful models, the slowest", found[slow]["seconds"], SECONDS, "s", slow
        ),
        Line("and the memory that the largest takes", found[large]["megabytes"], MEGABYTES, "MB", large),
    ]
