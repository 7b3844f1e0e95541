"""How much memory a host has for models: made-up trees of control groups, and this machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import psutil
import pytest

from core.models.load import host, residency
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
    assert host.room_of(16 * GB, NONE_V1) == host.room_of(16 * GB, None)


def test_what_is_left_covers_everything_else() -> None:
    """Models never get what is reserved, and more memory never makes less room."""
    sizes = [round(gb * GB) for gb in HOSTS]
    for rooms in (
        [host.room_of(64 * GB, size) for size in sizes],
        [host.room_of(size, None) for size in sizes],
    ):
        assert rooms == sorted(rooms)
        assert all(
            room <= max(host.LEAST, size - host.RESERVED) for room, size in zip(rooms, sizes, strict=True)
        )
    assert host.room_of(None, None) == host.UNKNOWN
    assert host.room_of(None, 2 * GB) == host.room_of(16 * GB, 2 * GB)


def test_the_setting_goes_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(residency, "best_device", lambda: ("cpu", None))
    monkeypatch.delenv("GLASSBOX_MODEL_BUDGET_MB", raising=False)
    assert residency.budget_bytes() == host.room()
    monkeypatch.setenv("GLASSBOX_MODEL_BUDGET_MB", "560")
    assert residency.budget_bytes() == 560_000_000


@pytest.mark.parametrize("readme", ["README.md", "README.zh.md"])
def test_the_table_of_the_readme_is_that_of_the_code(readme: str) -> None:
    """A line for each host: its memory, the room in a container, the room on a machine, and what runs."""
    lines = (ROOT / readme).read_text("utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    said = {row[0]: row[1:3] for row in rows if row[0].endswith(" GB")}
    assert list(said) == [f"{gb} GB" for gb in HOSTS]
    for gb in HOSTS:
        size = round(gb * GB)
        rooms = host.room_of(64 * GB, size), host.room_of(size, None)
        assert said[f"{gb} GB"] == [f"{room // 10**6} MB" for room in rooms], gb
