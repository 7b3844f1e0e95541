"""``pytest -p tests.cpu``: the processor time of each test, user and system, its servers and browsers included.

At the end the sum of each file; ``$GLASSBOX_CPU`` names a file for the seconds of each test, separated by a tab.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

LISTED = 40
"""Files that are shown, the most expensive ones."""
_spent: Counter[str] = Counter()


def seconds() -> float:
    """What this process, its children that ended and those that live have taken so far."""
    own = os.times()
    total = own.user + own.system + own.children_user + own.children_system
    for child in psutil.Process().children(recursive=True):
        try:
            times = child.cpu_times()
        except psutil.Error:  # it ends just now
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[Any]:
    """Measure from the first fixture to the last."""
    before = seconds()
    try:
        return (yield)
    finally:
        _spent[item.nodeid.partition("@")[0]] += seconds() - before  # type: ignore[assignment]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker hands its numbers over."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["cpu"] = dict(_spent)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take a worker's numbers; one that crashed has none."""
    _spent.update(getattr(node, "workeroutput", {}).get("cpu", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The sum of each file, and what each test took as a table."""
    if goal := os.environ.get("GLASSBOX_CPU"):
        lines = (f"{taken:.2f}\t{test}\n" for test, taken in _spent.most_common())
        Path(goal).write_text("".join(lines), encoding="utf-8")
    files: Counter[str] = Counter()
    for test, taken in _spent.items():
        files[test.partition("::")[0]] += taken
    terminalreporter.section("processor time, seconds")
    for file, taken in files.most_common(LISTED):
        terminalreporter.write_line(f"{taken:8.1f}  {file}")
    terminalreporter.write_line(f"{sum(files.values()):8.1f}  all {len(_spent)} tests")
