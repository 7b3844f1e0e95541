"""``python -m tests.bench [first_figure live …]``: measure, print, fail if a bound is missed; all without a name.

Everything runs on this machine, one server after the other; close other work before trusting a number.
"""

from __future__ import annotations

import importlib
import sys
import time

from tests.bench.report import Line

MEASURES = (
    "first_figure",
    "live",
    "anatomy",
    "payload",
    "sessions",
    "loading",
    "forms",
    "bombs",
    "tokens",
    "embedding",
    "positions",
    "generation",
    "chinese",
    "visitors",
    "crowd",
    "reruns",
    "warmup",
    "memory",
    "uploads",
    "room",
    "lecture",
    "limits",
)


def main(names: list[str]) -> int:
    unknown = set(names) - set(MEASURES)
    if unknown:
        print(f"unknown: {', '.join(sorted(unknown))}; there are: {', '.join(MEASURES)}")
        return 2
    lines: list[Line] = []
    for name in names or MEASURES:
        start = time.monotonic()
        measured: list[Line] = importlib.import_module(f"tests.bench.{name}").measure()
        print(f"\n{name} ({time.monotonic() - start:.0f} s)", *measured, sep="\n", flush=True)
        lines += measured
    missed = sum(not line.holds for line in lines)
    print(f"\n{len(lines) - missed} of {len(lines)} bounds hold")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
