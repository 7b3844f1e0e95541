"""Room on the disk for what is fetched: one budget for models and vocabularies, the least recently used goes.

Only what this app has fetched itself counts and may go: each of its repositories has a mark in the hub library's
cache, whose time is that of the last use. What other programs keep there stays.
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from core.errors import DiskFull
from core.settings import setting

DISK_MB = 20_000
"""Room for everything fetched without ``$GLASSBOX_DISK_MB``, in 10^6 bytes."""
FLOOR = 500_000_000
"""Bytes that stay free on the disk."""
MARK = ".glassbox"

_log = logging.getLogger("glassbox.models")
_changing = threading.RLock()
_coming: dict[Path, int] = {}  # folder of a repository → bytes that are being fetched into it
_held: Counter[Path] = Counter()  # folder of a repository → how many read it


def cache_folder() -> Path:
    """Where downloads are kept (``$HF_HUB_CACHE``)."""
    from huggingface_hub import constants

    return Path(os.environ.get("HF_HUB_CACHE") or constants.HF_HUB_CACHE).expanduser().resolve()


def folder_of(repo: str) -> Path:
    """Where the hub library keeps a repository (``owner/name``)."""
    from huggingface_hub.file_download import repo_folder_name

    return cache_folder() / repo_folder_name(repo_id=repo, repo_type="model")


def touch(repo: str) -> None:
    """Note that a repository is used now, if it is ours."""
    with suppress(OSError):
        os.utime(folder_of(repo) / MARK)


@contextmanager
def room(model: str, repo: str, need: int) -> Iterator[None]:
    """Room for ``need`` bytes of a repository while they are fetched; what was used least recently goes for it.

    Raises: DiskFull when there is not enough even then.
    """
    folder = folder_of(repo)
    with _changing:
        _make_room(model, need, folder)
        if not folder.exists():
            folder.mkdir(parents=True)
            (folder / MARK).touch()
        touch(repo)
        _coming[folder] = need
    try:
        yield
    finally:
        with _changing:
            _coming.pop(folder, None)


@contextmanager
def held(repo: str) -> Iterator[None]:
    """A repository stays on the disk: it is being read."""
    folder = folder_of(repo)
    with _changing:
        _held[folder] += 1
    try:
        yield
    finally:
        with _changing:
            _held[folder] -= 1
            if not _held[folder]:
                del _held[folder]


def discard(repo: str, file: str = "") -> None:
    """Remove a repository, if it is ours; of another's a damaged file, so that it is fetched again."""
    folder = folder_of(repo)
    with _changing:
        if folder in _coming:
            return
        if (folder / MARK).exists():
            _remove(folder)
            return
    for link in folder.glob(f"snapshots/*/{file}") if file else ():
        link.resolve().unlink(missing_ok=True)
        link.unlink(missing_ok=True)


def used() -> int:
    """Bytes that everything fetched takes."""
    return sum(_size(folder) for folder in _ours())


def _make_room(model: str, need: int, wanted: Path) -> None:
    budget = int(setting("GLASSBOX_DISK_MB", DISK_MB) * 1e6)
    coming = sum(size for folder, size in _coming.items() if folder != wanted)
    sizes = {folder: _size(folder) for folder in _ours()}
    while need > (left := min(budget - sum(sizes.values()), free()) - coming):
        folder = next((one for one in sizes if one not in (wanted, *_coming, *_held)), None)
        if folder is None or need > budget:
            raise DiskFull(model=model, need_mb=-(-need // 10**6), limit_mb=max(0, left) // 10**6)
        _log.info("removing %s from the disk", folder.name)
        _remove(folder)
        del sizes[folder]


def _ours() -> list[Path]:
    """The folders of our repositories, the least recently used first."""
    marks = cache_folder().glob(f"models--*/{MARK}")
    return [mark.parent for mark in sorted(marks, key=lambda mark: mark.stat().st_mtime)]


def _size(folder: Path) -> int:
    """Bytes of a repository, half a file included; the links to its files count nothing."""
    return sum(one.lstat().st_size for one in folder.rglob("*") if not one.is_symlink() and one.is_file())


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(folder.parent / ".locks" / folder.name, ignore_errors=True)


def free() -> int:
    """Bytes on the disk above those that stay free."""
    folder = cache_folder()
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free - FLOOR
