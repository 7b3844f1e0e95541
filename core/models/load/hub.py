"""Models of the Hugging Face hub: checked before weights are fetched, safetensors only, never their code.

The order is: how long each file is → config.json, the index and the headers of the weights, read into memory →
architecture, size and agreement → room on the disk → the files, each of which appears in the cache only when it is
whole, config.json last. What is refused before leaves nothing on the disk.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.errors import (
    DamagedModel,
    GlassboxError,
    HubUnreachable,
    MissingWeights,
    ModelUnavailable,
)
from core.models.load import checkpoint, disk, files, patience, remote
from core.models.load.files import CONFIG, INDEX
from core.models.load.remote import MAIN, RemoteFile
from core.models.specs import ModelSpec, may_use_token

SLOWEST = 50_000
"""Bytes a second: a hub that sends fewer, after `PATIENCE_S`, does not answer."""
PATIENCE_S = 30.0

_TRUE = {"1", "ON", "YES", "TRUE"}
_SLACK = 1_000_000


def fetch(
    spec: ModelSpec,
    *,
    token: str | None = None,
    progress: Callable[[str, float], None],
    limit: Callable[[], int],
    weight_bytes: Callable[[], int] = lambda: 4,
) -> Path:
    """The folder with the model's files, downloaded if need be.

    ``limit()``: bytes that its weights may take in memory, at ``weight_bytes()`` for each; both are asked once the
    hub has answered, for they may have to import torch first. When the hub cannot be reached, a complete copy from an
    earlier time is used.

    Raises: HubUnreachable, UnknownModel, UnsupportedModel, RefusedFile, ModelTooLarge, DiskFull, DamagedModel,
    MissingWeights, ModelUnavailable (``reason``: offline, gated, no_config, no_safetensors, no_tokenizer, changed,
    cache_closed).
    """
    if is_offline():
        if folder := cached(spec):
            return folder
        raise ModelUnavailable(model=spec.id, reason="offline")
    key = _token(spec, token)
    try:
        config = _first(spec, CONFIG, key)
    except HubUnreachable:
        if folder := cached(spec):
            return folder
        raise
    if config is None:
        raise ModelUnavailable(model=spec.id, reason="no_config")
    if folder := cached(spec, config.commit):
        disk.touch(spec.location)
        return folder
    wanted = _checked(spec, config, key, limit(), weight_bytes())
    return _download(spec, wanted, key, progress)


def fetch_file(spec: ModelSpec, name: str, *, token: str | None = None) -> Path:
    """One of the files of ``files.LIMITS`` without the rest (a tokenizer), downloaded if need be.

    Raises: HubUnreachable, UnknownModel, RefusedFile, DiskFull, DamagedModel, TooManyLoads, ModelUnavailable
    (``reason``: offline, gated, no_tokenizer, cache_closed).
    """
    if earlier := _present(spec, name, spec.revision or MAIN):
        disk.touch(spec.location)
        return earlier
    if is_offline():
        raise ModelUnavailable(model=spec.id, reason="offline")
    key = _token(spec, token)
    with patience.alone((spec.id, name)), patience.remembering((spec.id, name, key, remote.endpoint())):
        if earlier := _present(spec, name, spec.revision or MAIN):
            return earlier
        patience.count(spec.id)
        file = _first(spec, name, key)
        if file is None:
            raise ModelUnavailable(model=spec.id, reason="no_tokenizer")
        files.check_length(spec.id, name, file.bytes)
        with remote.translated(spec, file.bytes), disk.room(spec.id, spec.location, file.bytes):
            return _get(spec, file, spec.revision or MAIN, key)


def is_offline() -> bool:
    """Whether the operator has forbidden the hub (``HF_HUB_OFFLINE=1``)."""
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in _TRUE


def cached(spec: ModelSpec, commit: str = "") -> Path | None:
    """The folder of an earlier, complete download."""
    config = _present(spec, CONFIG, commit or spec.revision or MAIN)
    if config is None:
        return None
    try:
        checkpoint.local_shapes(spec, config.parent)
    except GlassboxError:
        return None
    return (
        config.parent if checkpoint.has_tokenizer({path.name for path in config.parent.iterdir()}) else None
    )


def _first(spec: ModelSpec, name: str, token: str | bool) -> RemoteFile | None:
    """What the hub says of a file; one that does not answer is not asked again for a while, by anybody."""
    with patience.unless_silent(spec.id, remote.endpoint()):
        return remote.first_look(spec, name, spec.revision or MAIN, token)


def _token(spec: ModelSpec, token: str | None) -> str | bool:
    """The operator's own token opens only what is listed, never any repository that a link names."""
    if token:
        return token
    return (os.environ.get("HF_TOKEN") or False) if may_use_token(spec.id) else False


def _checked(
    spec: ModelSpec, config: RemoteFile, token: str | bool, limit: int, weight_bytes: int
) -> list[RemoteFile]:
    """The files of a model that fits, as far as the small files and the headers of the large ones tell."""
    values = remote.read_object(spec, config, token)
    spec = checkpoint.first_look(spec, values, limit=limit, weight_bytes=weight_bytes)
    found = {
        name: file
        for name in checkpoint.TOKENIZER_FILES
        if (file := remote.look(spec, name, config.commit, token))
    }
    for name, file in found.items():
        files.check_length(spec.id, name, file.bytes)
    if not checkpoint.has_tokenizer(set(found)):
        raise ModelUnavailable(model=spec.id, reason="no_tokenizer")
    index, weights = _weights(spec, config.commit, token)
    stored = [remote.read_shapes(spec, file, token) for file in weights]
    checkpoint.second_look(spec, values, stored, limit=limit, weight_bytes=weight_bytes)
    return [*found.values(), *weights, *index, config]


def _weights(spec: ModelSpec, commit: str, token: str | bool) -> tuple[list[RemoteFile], list[RemoteFile]]:
    """The index, if there is one, and the files with the weights."""
    if whole := remote.look(spec, checkpoint.WEIGHTS, commit, token):
        return [], [whole]
    index = remote.look(spec, INDEX, commit, token)
    if index is None:
        raise ModelUnavailable(model=spec.id, reason="no_safetensors")
    found = []
    for name in checkpoint.shard_names(spec, remote.read_object(spec, index, token)):
        file = remote.look(spec, name, commit, token)
        if file is None:
            raise MissingWeights(model=spec.id, file=name)
        found.append(file)
    return [index], found


def _download(
    spec: ModelSpec, wanted: list[RemoteFile], token: str | bool, progress: Callable[[str, float], None]
) -> Path:
    """Get the files of exactly one commit, the small ones first."""
    commit = wanted[-1].commit
    lacking = [file for file in wanted if not _present(spec, file.name, commit)]
    total, done = max(1, sum(file.bytes for file in lacking)), 0
    with remote.translated(spec, total), disk.room(spec.id, spec.location, total):
        for file in lacking:
            path = _get(spec, file, commit, token, _Share(progress, done, total))
            if file.name in files.LIMITS:
                files.read(spec.id, path, checkpoint.root_of(path.parent))  # before the weights come
            done += file.bytes
        config = _get(
            spec, wanted[-1], spec.revision or MAIN, token
        )  # under the name by which it is found again
    if config.parent.name != commit:
        raise ModelUnavailable(model=spec.id, reason="changed")
    progress("download", 1.0)
    return config.parent


class _Share:
    """One file's part of the progress of all."""

    def __init__(self, progress: Callable[[str, float], None], done: int, total: int) -> None:
        self._progress, self._done, self._total = progress, done, total

    def __call__(self, bytes_done: int) -> None:
        self._progress("download", min(1.0, (self._done + bytes_done) / self._total))


def _get(
    spec: ModelSpec,
    file: RemoteFile,
    revision: str,
    token: str | bool,
    report: Callable[[int], None] | None = None,
) -> Path:
    """Download one file into the cache (nothing happens if it is there) and check its length and checksum.

    Raises: HubUnreachable, DiskFull, DamagedModel; a damaged file is removed, so that the next try fetches it again.
    """
    from huggingface_hub import constants, hf_hub_download

    constants.HF_HUB_DISABLE_XET = True  # its transfers keep a cache of their own and cannot be cut off
    before = _present(spec, file.name, revision)
    with remote.translated(spec, file.bytes):
        path = Path(
            hf_hub_download(
                spec.location,
                file.name,
                revision=revision,
                cache_dir=disk.cache_folder(),
                endpoint=remote.endpoint(),
                token=token,
                etag_timeout=remote.TIMEOUT_S,
                library_name="glassbox",
                tqdm_class=_bar(spec, file, report),
            )
        )
    if not before and not _intact(path, file):
        path.resolve().unlink(missing_ok=True)
        path.unlink(missing_ok=True)
        raise DamagedModel(model=spec.id, file=file.name)
    return path


def _present(spec: ModelSpec, name: str, revision: str) -> Path | None:
    """A file that an earlier call has downloaded, and so checked."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(spec.location, name, cache_dir=disk.cache_folder(), revision=revision)
    return Path(found) if isinstance(found, str) else None


def _intact(path: Path, file: RemoteFile) -> bool:
    if path.stat().st_size != file.bytes:
        return False
    if not file.sha256:
        return True
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest() == file.sha256


def _bar(spec: ModelSpec, file: RemoteFile, report: Callable[[int], None] | None) -> Any:
    """A class that the hub library takes for a progress bar.

    It counts bytes and stops a server that sends many more than it announced (or sends them over and over), or that
    hardly sends any.
    """
    from huggingface_hub.utils.tqdm import tqdm

    most = 4 * file.bytes + _SLACK
    begun = time.monotonic()

    class Bar(tqdm):
        received = 0

        def __init__(self, *arguments: Any, **options: Any) -> None:
            options.pop("name", None)
            super().__init__(*arguments, **options | {"disable": True})  # type: ignore[no-untyped-call]

        def update(self, n: float | None = 1) -> bool | None:
            Bar.received += max(0, int(n or 0))
            slow = Bar.received < SLOWEST * (time.monotonic() - begun - PATIENCE_S)
            if Bar.received > most or slow:
                raise HubUnreachable(model=spec.id)
            if report:
                report(min(Bar.received, file.bytes))
            return None

    return Bar
