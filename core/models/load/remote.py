"""One file of the hub: how long it is, and the beginning of it, without a cache and without trusting the server."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from core.errors import DamagedModel, DiskFull, GlassboxError, HubUnreachable, ModelUnavailable, UnknownModel
from core.models.load import disk, files
from core.models.specs import ModelSpec

ANSWER_S = 3.0
"""Longest wait for a hub's first answer, all in all, in seconds."""
TIMEOUT_S = 10.0
"""Longest wait of one that has answered, about a file or for the beginning of it, in seconds."""
MAIN = "main"
_SHA256 = 64  # characters; the etag of a small file is shorter
_PIECE = 1 << 16
_FULL = (errno.ENOSPC, errno.EDQUOT)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of the repository: its length in bytes, its commit, and for a large one its checksum."""

    name: str
    bytes: int
    commit: str
    place: str  # where its content is
    sha256: str = ""


def endpoint() -> str | None:
    """The operator's hub, None for the usual one."""
    return os.environ.get("HF_ENDPOINT") or None


def look(spec: ModelSpec, name: str, revision: str, token: str | bool) -> RemoteFile | None:
    """What the hub says of a file, None where the repository has none of that name.

    Raises: HubUnreachable, UnknownModel, ModelUnavailable (``reason``: gated).
    """
    from huggingface_hub import errors, get_hf_file_metadata, hf_hub_url

    with translated(spec):
        url = hf_hub_url(spec.location, name, revision=revision, endpoint=endpoint())
        try:
            found = get_hf_file_metadata(
                url, token=token, timeout=TIMEOUT_S, library_name="glassbox", endpoint=endpoint()
            )
        except errors.EntryNotFoundError:
            return None
    if found.size is None or not found.commit_hash:
        raise HubUnreachable(model=spec.id)
    etag = found.etag or ""
    return RemoteFile(
        name, found.size, found.commit_hash, found.location, etag if len(etag) == _SHA256 else ""
    )


def first_look(spec: ModelSpec, name: str, revision: str, token: str | bool) -> RemoteFile | None:
    """As ``look``, of a hub that may not be there: whatever it is that takes long, ``ANSWER_S`` are waited in all.

    A connection has time limits for each of its steps and for each address; their sum may be many times as much.
    """
    import_module("huggingface_hub.file_download")  # takes a while, and is none of the hub's
    found: list[RemoteFile | GlassboxError | None] = []

    def ask() -> None:
        try:
            found.append(look(spec, name, revision, token))
        except GlassboxError as error:  # raised below
            found.append(error)

    asking = threading.Thread(target=ask, name="glassbox-hub", daemon=True)
    asking.start()
    asking.join(ANSWER_S)
    if not found:
        raise HubUnreachable(model=spec.id)
    if isinstance(found[0], GlassboxError):
        raise found[0]
    return found[0]


def peek(spec: ModelSpec, file: RemoteFile, token: str | bool, start: int, count: int) -> bytes:
    """``count`` bytes of a file from ``start`` on; a server that sends more, or too slowly, is left.

    Raises: HubUnreachable, DamagedModel when the file ends before.
    """
    from huggingface_hub import get_session, hf_raise_for_status

    same = urlsplit(file.place).netloc == urlsplit(endpoint() or file.place).netloc
    headers = {"Range": f"bytes={start}-{start + count - 1}", "Accept-Encoding": "identity"}
    if token and same:  # a signed address elsewhere needs none, and shall not learn it
        headers["Authorization"] = f"Bearer {token}"
    before = time.monotonic() + TIMEOUT_S
    content = b""
    if not count:
        return content
    with (
        translated(spec),
        get_session().stream("GET", file.place, headers=headers, timeout=TIMEOUT_S) as answer,
    ):
        hf_raise_for_status(answer)
        skip = start if answer.status_code != 206 else 0  # it knows no ranges
        for piece in answer.iter_bytes(_PIECE):
            content += piece
            if len(content) >= skip + count:
                break
            if time.monotonic() > before:
                raise HubUnreachable(model=spec.id)
    content = content[skip : skip + count]
    if len(content) < count:
        raise DamagedModel(model=spec.id, file=file.name)
    return content


def read_object(spec: ModelSpec, file: RemoteFile, token: str | bool) -> dict[str, Any]:
    """The JSON object in a file, its length checked first. Errors: as ``peek``, ``check_length`` and ``parse``."""
    files.check_length(spec.id, file.name, file.bytes)
    return files.parse(spec.id, file.name, peek(spec, file, token, 0, file.bytes))


def read_shapes(spec: ModelSpec, file: RemoteFile, token: str | bool) -> dict[str, tuple[int, ...]]:
    """The tensors of a safetensors file. Errors: as ``peek``, ``header_length`` and ``shapes``."""
    first = peek(spec, file, token, 0, min(8, file.bytes))
    length = files.header_length(spec.id, file.name, first, file.bytes)
    return files.shapes(spec.id, file.name, peek(spec, file, token, 8, length), file.bytes)


@contextmanager
def translated(spec: ModelSpec, need: int = 0) -> Iterator[None]:
    """The hub library's exceptions as ours; ``need``: bytes that are to be written."""
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
    except (transport, errors.EntryNotFoundError, errors.FileMetadataError, OSError) as error:
        raise _of_the_disk(spec, error, need) or HubUnreachable(model=spec.id) from error


def _of_the_disk(spec: ModelSpec, error: BaseException | None, need: int) -> GlassboxError | None:
    """What the disk has to do with an error; None for nothing."""
    while error is not None:
        number = getattr(error, "errno", None)
        if number in _FULL:
            return DiskFull(model=spec.id, need_mb=-(-need // 10**6), limit_mb=max(0, disk.free()) // 10**6)
        if number in _FORBIDDEN and getattr(error, "filename", None):
            return ModelUnavailable(model=spec.id, reason="cache_closed")
        error = error.__cause__ or error.__context__
    return None
