"""Models of the Hugging Face hub: checked before weights are fetched, safetensors only, never their code.

The order is: metadata (names and sizes of all files) → config.json → architecture and size checks → the
other files, each of which appears in the cache only when it is whole.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import (
    DamagedModel,
    GlassboxError,
    HubUnreachable,
    MissingWeights,
    ModelTooLarge,
    ModelUnavailable,
    UnknownModel,
)
from core.models.load import checkpoint
from core.models.specs import ModelSpec, may_use_token, with_config

if TYPE_CHECKING:
    from huggingface_hub.hf_api import ModelInfo

TIMEOUT_S = 10.0
"""Longest wait for an answer about metadata, in seconds."""
DISK_RESERVE = 500_000_000
"""Bytes that stay free on the disk."""
MAIN = "main"

_TRUE = {"1", "ON", "YES", "TRUE"}
_WIDTHS = {"float32": 4, "float16": 2, "bfloat16": 2, "float64": 8}  # bytes of one number
_SLACK = 1_000_000


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of the repository: its length in bytes and, for a large one, its checksum."""

    name: str
    bytes: int
    sha256: str = ""


def fetch(
    spec: ModelSpec,
    *,
    token: str | None = None,
    progress: Callable[[str, float], None],
    limit: int,
    weight_bytes: int = 4,
) -> Path:
    """The folder with the model's files, downloaded if need be.

    ``limit``: bytes that its weights may take in memory, at ``weight_bytes`` for each. When the hub cannot be
    reached, a complete copy from an earlier time is used.

    Raises: HubUnreachable, UnknownModel, UnsupportedModel, ModelTooLarge, DamagedModel, MissingWeights,
    ModelUnavailable (``reason``: offline, gated, no_config, no_safetensors, no_tokenizer, changed).
    """
    if is_offline():
        if folder := cached(spec):
            return folder
        raise ModelUnavailable(model=spec.id, reason="offline")
    key = _token(spec, token)
    try:
        info = _metadata(spec, key)
    except HubUnreachable:
        if folder := cached(spec):
            return folder
        raise
    return _download(spec, info, key, progress, limit, weight_bytes)


def fetch_file(spec: ModelSpec, name: str, *, limit: int, token: str | None = None) -> Path:
    """One file of the repository without the rest (a tokenizer), downloaded if need be; ``limit`` in bytes.

    Raises: HubUnreachable, UnknownModel, ModelTooLarge, DamagedModel, ModelUnavailable (``reason``: offline,
    gated, no_tokenizer).
    """
    from huggingface_hub import try_to_load_from_cache

    earlier = try_to_load_from_cache(
        spec.location, name, cache_dir=cache_folder(), revision=spec.revision or MAIN
    )
    if isinstance(earlier, str):
        return Path(earlier)
    if is_offline():
        raise ModelUnavailable(model=spec.id, reason="offline")
    key = _token(spec, token)
    info = _metadata(spec, key)
    found = [item for item in info.siblings or [] if item.rfilename == name]
    if not found:
        raise ModelUnavailable(model=spec.id, reason="no_tokenizer")
    file = RemoteFile(name, found[0].size or 0, found[0].lfs.sha256 if found[0].lfs else "")
    _check_memory(spec, file.bytes, limit)
    _check_disk(spec, file.bytes)
    return _get(spec, file, spec.revision or MAIN, key)


def is_offline() -> bool:
    """Whether the operator has forbidden the hub (``HF_HUB_OFFLINE=1``)."""
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in _TRUE


def cached(spec: ModelSpec) -> Path | None:
    """The folder of an earlier, complete download."""
    from huggingface_hub import try_to_load_from_cache

    config = try_to_load_from_cache(
        spec.location, checkpoint.CONFIG, cache_dir=cache_folder(), revision=spec.revision or MAIN
    )
    if not isinstance(config, str):
        return None
    folder = Path(config).parent
    try:
        checkpoint.count_parameters(spec, folder)
    except (DamagedModel, MissingWeights, ModelUnavailable):
        return None
    return folder if _has_tokenizer({path.name for path in folder.iterdir()}) else None


def cache_folder() -> Path:
    """Where downloads are kept (``$HF_HUB_CACHE``)."""
    from huggingface_hub import constants

    return Path(os.environ.get("HF_HUB_CACHE") or constants.HF_HUB_CACHE)


def _endpoint() -> str | None:
    return os.environ.get("HF_ENDPOINT") or None


def _token(spec: ModelSpec, token: str | None) -> str | bool:
    """The operator's own token opens only what is listed, never any repository that a link names."""
    if token:
        return token
    return (os.environ.get("HF_TOKEN") or False) if may_use_token(spec.id) else False


@contextmanager
def _translated(spec: ModelSpec) -> Iterator[None]:
    """The hub library's exceptions as ours."""
    from huggingface_hub import errors

    # the base error of the HTTP library that huggingface_hub uses, whichever it is
    transport: Any = next(base for base in errors.HfHubHTTPError.__bases__ if base is not OSError)
    try:
        yield
    except GlassboxError:
        raise
    except errors.GatedRepoError as error:
        raise ModelUnavailable(model=spec.id, reason="gated") from error
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError, errors.HFValidationError) as error:
        raise UnknownModel(model=spec.id) from error
    except (transport, errors.LocalEntryNotFoundError, errors.FileMetadataError, OSError) as error:
        raise HubUnreachable(model=spec.id) from error


def _metadata(spec: ModelSpec, token: str | bool) -> ModelInfo:
    from huggingface_hub import HfApi

    api = HfApi(endpoint=_endpoint(), token=token, library_name="glassbox")
    with _translated(spec):
        return api.model_info(
            spec.location, revision=spec.revision or MAIN, timeout=TIMEOUT_S, files_metadata=True
        )


def _download(
    spec: ModelSpec,
    info: ModelInfo,
    token: str | bool,
    progress: Callable[[str, float], None],
    limit: int,
    weight_bytes: int,
) -> Path:
    """Check what the metadata and the config say, then get the files of exactly that commit."""
    files = {
        item.rfilename: RemoteFile(item.rfilename, item.size or 0, item.lfs.sha256 if item.lfs else "")
        for item in info.siblings or []
    }
    if checkpoint.CONFIG not in files:
        raise ModelUnavailable(model=spec.id, reason="no_config")
    config = _get(spec, files[checkpoint.CONFIG], spec.revision or MAIN, token)
    commit = config.parent.name
    if info.sha and commit != info.sha:
        raise ModelUnavailable(model=spec.id, reason="changed")
    values = checkpoint.read_json(spec, config)
    spec = with_config(spec, values)
    if not _has_tokenizer(set(files)):
        raise ModelUnavailable(model=spec.id, reason="no_tokenizer")
    weights = _weights(spec, files, commit, token)
    _check_memory(spec, _parameters(info, weights, values) * weight_bytes, limit)
    wanted = [files[name] for name in checkpoint.TOKENIZER_FILES if name in files] + weights
    _check_disk(spec, sum(file.bytes for file in wanted))
    total, done = sum(file.bytes for file in wanted), 0
    for file in wanted:
        _get(spec, file, commit, token, _Share(progress, done, max(1, total)))
        done += file.bytes
    progress("download", 1.0)
    return config.parent


def _weights(
    spec: ModelSpec, files: Mapping[str, RemoteFile], commit: str, token: str | bool
) -> list[RemoteFile]:
    if checkpoint.WEIGHTS in files:
        return [files[checkpoint.WEIGHTS]]
    if checkpoint.INDEX not in files:
        raise ModelUnavailable(model=spec.id, reason="no_safetensors")
    index = checkpoint.read_json(spec, _get(spec, files[checkpoint.INDEX], commit, token))
    names = checkpoint.shard_names(spec, index)
    if missing := [name for name in names if name not in files]:
        raise MissingWeights(model=spec.id, file=missing[0])
    return [files[checkpoint.INDEX], *(files[name] for name in names)]


def _has_tokenizer(names: set[str]) -> bool:
    return "tokenizer.json" in names or "vocab.txt" in names or {"vocab.json", "merges.txt"} <= names


def _parameters(info: ModelInfo, weights: list[RemoteFile], config: Mapping[str, Any]) -> int:
    """Numbers in the weights: as the hub counted them, else guessed from the length and the config's dtype.

    The exact count is checked again when the files are here, before memory is taken.
    """
    if info.safetensors and info.safetensors.total:
        return int(info.safetensors.total)
    width = _WIDTHS.get(str(config.get("dtype") or config.get("torch_dtype")), 4)
    return sum(file.bytes for file in weights) // width


def _check_memory(spec: ModelSpec, need: int, limit: int) -> None:
    if need > limit:
        raise ModelTooLarge(model=spec.id, need_mb=-(-need // 10**6), limit_mb=limit // 10**6)


def _check_disk(spec: ModelSpec, need: int) -> None:
    folder = cache_folder()
    while not folder.exists():
        folder = folder.parent
    free = max(0, shutil.disk_usage(folder).free - DISK_RESERVE)
    if need > free:
        raise ModelTooLarge(model=spec.id, need_mb=-(-need // 10**6), limit_mb=free // 10**6)


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

    Raises: HubUnreachable, DamagedModel; a damaged file is removed, so that the next try fetches it again.
    """
    from huggingface_hub import hf_hub_download

    before = _present(spec, file, revision)
    with _translated(spec):
        path = Path(
            hf_hub_download(
                spec.location,
                file.name,
                revision=revision,
                cache_dir=cache_folder(),
                endpoint=_endpoint(),
                token=token,
                etag_timeout=TIMEOUT_S,
                library_name="glassbox",
                tqdm_class=_bar(spec, file, report),
            )
        )
    if not before and not _intact(path, file):
        path.resolve().unlink(missing_ok=True)
        path.unlink(missing_ok=True)
        raise DamagedModel(model=spec.id, file=file.name)
    return path


def _present(spec: ModelSpec, file: RemoteFile, revision: str) -> bool:
    """Whether an earlier call has downloaded, and so checked, the file."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(spec.location, file.name, cache_dir=cache_folder(), revision=revision)
    return isinstance(found, str)


def _intact(path: Path, file: RemoteFile) -> bool:
    if file.bytes and path.stat().st_size != file.bytes:
        return False
    if not file.sha256:
        return True
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest() == file.sha256


def _bar(spec: ModelSpec, file: RemoteFile, report: Callable[[int], None] | None) -> Any:
    """A class that the hub library takes for a progress bar.

    It counts bytes and stops a server that sends many more than it announced (or sends them over and over).
    """
    from huggingface_hub.utils.tqdm import tqdm

    most = 4 * file.bytes + _SLACK

    class Bar(tqdm):
        received = 0

        def __init__(self, *arguments: Any, **options: Any) -> None:
            options.pop("name", None)
            super().__init__(*arguments, **options | {"disable": True})  # type: ignore[no-untyped-call]

        def update(self, n: float | None = 1) -> bool | None:
            Bar.received += max(0, int(n or 0))
            if Bar.received > most:
                raise HubUnreachable(model=spec.id)
            if report:
                report(min(Bar.received, file.bytes))
            return None

    return Bar
