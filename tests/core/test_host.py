"""How much memory a host has and how it is dealt out: made-up trees of control groups, this machine, a process."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import psutil
import pytest

from core import host
from core.models.load import residency
from core.paths import ROOT

GB = 10**9
NONE_V1 = 9223372036854771712  # what version 1 says where there is no limit
HOSTS = (0.7, 1, 1.2, 2, 2.7, 4, 16)


def tree(folder: Path, member: str, limits: Mapping[str, str]) -> tuple[Path, Path]:
    """A folder of groups with these files, and what ``/proc/self/cgroup`` says."""
    for name, text in limits.items():
        (folder / "groups" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "groups" / name).write_text(text + "\n", "utf-8")
    (folder / "member").write_text(member, "utf-8")
    return folder / "groups", folder / "member"


@pytest.mark.parametrize(
    ("member", "limits", "expected"),
    [
        ("0::/\n", {"memory.max": str(2 * GB)}, 2 * GB),  # a container with a view of its own
        ("0::/a/b\n", {"a/b/memory.max": str(3 * GB), "a/memory.max": "max"}, 3 * GB),
        ("0::/a/b\n", {"a/b/memory.max": str(3 * GB), "a/memory.max": str(GB)}, GB),  # the parent's is less
        ("0::/a/b\n", {"a/b/memory.max": "max", "a/memory.max": "max"}, None),
        (
            "0::/docker/x\n",
            {"memory.max": str(GB)},
            GB,
        ),  # the path is the host's, the files are the container's
        ("0::/../../x\n", {"memory.max": str(GB), "x/memory.max": "7"}, GB),
        ("4:cpu,cpuacct:/a\n3:memory:/a\n", {"memory/a/memory.limit_in_bytes": str(GB)}, GB),
        (
            "3:memory:/a/b\n0::/\n",
            {"memory/a/b/memory.limit_in_bytes": str(NONE_V1), "memory/a/memory.limit_in_bytes": str(GB)},
            GB,
        ),
        ("3:memory:/docker/x\n", {"memory/memory.limit_in_bytes": str(GB)}, GB),
        ("4:cpu:/a\n", {"cpu/a/memory.limit_in_bytes": "7", "memory/memory.limit_in_bytes": "7"}, None),
        ("0::/a\n", {"a/memory.max": ""}, None),
        ("senseless\n\n", {"memory.max": "max"}, None),
    ],
)
def test_the_least_limit_of_all_groups_holds(
    tmp_path: Path, member: str, limits: dict[str, str], expected: int | None
) -> None:
    assert host.container_bytes(*tree(tmp_path, member, limits)) == expected


def test_a_system_without_control_groups_has_no_limit(tmp_path: Path) -> None:
    assert host.container_bytes(tmp_path / "groups", tmp_path / "member") is None


def test_the_machine_has_what_psutil_says() -> None:
    assert host.total_bytes() == psutil.virtual_memory().total


def test_no_limit_of_version_1_is_that_of_the_machine() -> None:
    assert (
        host.limit_of(0, NONE_V1, None, 16 * GB)
        == host.limit_of(0, None, None, 16 * GB)
        == (16 * GB, "machine")
    )


def test_the_least_limit_holds_whoever_sets_it() -> None:
    assert host.limit_of(800, 2 * GB, 3 * GB, 16 * GB) == (800_000_000, "setting")
    assert host.limit_of(8000, 2 * GB, 3 * GB, 16 * GB) == (2 * GB, "container")
    assert host.limit_of(0, 4 * GB, 3 * GB, 16 * GB) == (3 * GB, "process")
    assert host.limit_of(0, None, None, None) == (None, "unknown")


PROCESS = """
import resource
from core import host
free = host.process_bytes()
resource.setrlimit(resource.RLIMIT_{kind}, ({bytes}, {bytes}))
print(free, host.process_bytes(), host.account().source)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="as Linux has it")
@pytest.mark.parametrize(("kind", "unused"), [("AS", host.UNUSED_ADDRESSES), ("DATA", host.UNUSED_DATA)])
def test_a_process_whose_addresses_are_limited_takes_less(kind: str, unused: int) -> None:
    limit = 3 * GB
    done = subprocess.run(
        [sys.executable, "-c", PROCESS.format(kind=kind, bytes=limit)], cwd=ROOT, capture_output=True, text=True,
        check=True, env={"PATH": "", "GLASSBOX_MEMORY_MB": ""},
    )  # fmt: skip
    assert done.stdout.split() == ["None", str(limit - unused), "process"]


def test_what_this_process_and_its_children_hold_is_what_psutil_says() -> None:
    here, child = psutil.Process(), subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        there = psutil.Process(child.pid)
        while there.memory_info().rss < 5_000_000:  # it has not begun
            time.sleep(0.01)
        assert host.resident_bytes() == pytest.approx(here.memory_info().rss, rel=0.1)
        family = sum(one.memory_info().rss for one in here.children(recursive=False))
        assert host.children_bytes() == pytest.approx(family, rel=0.2)
    finally:
        child.communicate()
    assert child.pid not in psutil.pids()


def test_what_is_left_covers_everything_else() -> None:
    """Models never get what is the server's, more memory never makes less of anything, and all of it is dealt out."""
    for source in ("container", "machine"):
        dealt = [host.deal(round(gb * GB), source) for gb in HOSTS]
        for kind in ("weights", "sessions", "spare", "part"):
            found = [getattr(one, kind) for one in dealt]
            assert found == sorted(found), kind
        for one in dealt:
            assert one.limit is not None
            assert one.weights <= max(host.LEAST, one.limit - host.SERVER)
            assert all(0 < size <= host.KEPT[kind] for kind, size in one.kept.items())
            assert one.weights + one.spare + host.SERVER <= max(one.limit, host.LEAST + host.SERVER)
    assert dealt[-1].kept == host.KEPT
    assert host.deal(None, "unknown").weights == host.UNKNOWN


def test_a_small_host_computes_in_small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    for gb, expected in ((0.5, host.FEW_NUMBERS), (1.2, 14_437_500), (4, 24_000_000)):
        dealt = host.deal(round(gb * GB), "container")
        monkeypatch.setattr(host, "account", lambda dealt=dealt: dealt)
        assert host.numbers(24_000_000) == pytest.approx(expected)


def test_a_small_host_keeps_little_and_lets_few_in() -> None:
    small, large = host.deal(800_000_000, "container"), host.deal(3 * GB, "container")
    assert sum(small.kept.values()) < 100_000_000 < sum(large.kept.values())
    assert small.sessions < 50 < large.sessions


def test_the_setting_goes_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(residency, "best_device", lambda: ("cpu", None))
    monkeypatch.delenv("GLASSBOX_MODEL_BUDGET_MB", raising=False)
    assert residency.budget_bytes() == host.room()
    monkeypatch.setenv("GLASSBOX_MODEL_BUDGET_MB", "560")
    assert residency.budget_bytes() == 560_000_000


@pytest.mark.parametrize("readme", ["README.md", "README.zh.md"])
def test_the_account_of_the_readme_is_that_of_the_code(readme: str) -> None:
    """A line for each kind: what it may take on four hosts."""
    lines = (ROOT / readme).read_text("utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| `")]
    said = {row[0].split("`")[1]: row[1:] for row in rows if row[-1].endswith(" MB") and len(row) == 5}
    dealt = [host.deal(round(gb * GB), "container") for gb in (0.8, 1.2, 2, 4)]
    expected = {kind: [f"{one.kept[kind] // 10**6} MB" for one in dealt] for kind in host.KEPT}
    expected["model"] = [f"{one.weights // 10**6} MB" for one in dealt]
    expected["workers"] = [f"{(one.weights + one.spare - host.LEAST) // 10**6} MB" for one in dealt]
    assert said == expected
    assert f"| {' | '.join(str(one.sessions) for one in dealt)} |" in "\n".join(lines)


@pytest.mark.parametrize("readme", ["README.md", "README.zh.md"])
def test_the_table_of_the_readme_is_that_of_the_code(readme: str) -> None:
    """A line for each host: its memory, the room in a container, the room on a machine, and what runs."""
    lines = (ROOT / readme).read_text("utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    said = {row[0]: row[1:3] for row in rows if row[0].endswith(" GB")}
    assert list(said) == [f"{gb} GB" for gb in HOSTS]
    for gb in HOSTS:
        size = round(gb * GB)
        rooms = host.deal(size, "container").weights, host.deal(size, "machine").weights
        assert said[f"{gb} GB"] == [f"{room // 10**6} MB" for room in rooms], gb
