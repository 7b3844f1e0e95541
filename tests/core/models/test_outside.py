"""What comes from outside shares: room on the disk, failures, and how much each may ask for."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from core import errors, settings
from core.jobs.asker import Asker, asking
from core.models.load import disk, hub, patience, remote
from core.models.load.loading import load
from core.models.load.residency import evict, is_resident, resident
from core.models.specs import find, is_allowed, open_to_all
from core.models.tokens import vocabularies
from core.models.tokens.vocabularies import load_vocabulary
from tests.core.models import bombs
from tests.core.models.fake_hub import FakeHub, serve

MODELS = ("hub:ann/one", "hub:ann/two", "hub:ann/three")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    bombs.plain(folder)
    return folder


@pytest.fixture
def fake(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """A hub with three models of the same length."""
    names = [model.removeprefix("hub:") for model in MODELS]
    with serve({name: bombs.repository(made) for name in names}) as running:
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda _: None)
        clear()
        yield running
    clear()


def clear() -> None:
    patience.forget()
    vocabularies.forget_vocabularies()
    for model in resident():
        evict(model.id)


def later(seconds: float) -> None:
    """What would be forgotten after some seconds is forgotten."""
    patience._failures.expire(time.monotonic() + seconds)


def kept() -> set[str]:
    return {path.name.rpartition("--")[2] for path in disk.cache_folder().glob("models--*")}


# ------------------------------------------------------------------------------------------ the disk


def use(model: str) -> None:
    """Load from the disk, some time after whatever was used before."""
    evict(model)
    load(model)
    folder = disk.folder_of(find(model).location)
    stamps = [path.stat().st_mtime for path in disk.cache_folder().glob(f"*/{disk.MARK}")]
    os.utime(folder / disk.MARK, times=(0, max(stamps) + 1))


@pytest.mark.usefixtures("fake")
def test_what_was_used_least_recently_leaves_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    use(MODELS[0])
    one = disk.used()
    written = [*disk.cache_folder().glob("*/blobs/*"), *disk.cache_folder().glob("*/refs/*")]
    assert one == sum(path.stat().st_size for path in written)
    use(MODELS[1])
    use(MODELS[0])
    monkeypatch.setenv("GLASSBOX_DISK_MB", str(2.5 * one / 1e6))
    use(MODELS[2])
    assert kept() == {"one", "three"}
    assert disk.used() <= 2.5 * one
    use(MODELS[1])
    assert kept() == {"two", "three"}


@pytest.mark.usefixtures("fake")
def test_a_vocabulary_counts_like_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    use(MODELS[0])
    monkeypatch.setenv("GLASSBOX_DISK_MB", str((disk.used() + 100) / 1e6))
    load_vocabulary(MODELS[1])
    assert kept() == {"two"}


@pytest.mark.parametrize(
    "content", [b"[" * 100_000, b"{}", b'{"model": {"type": "WordLevel"}}', b"\xff" * 100]
)
def test_a_vocabulary_that_is_refused_leaves_nothing(content: bytes, fake: FakeHub) -> None:
    fake.repositories["ann/one"].files["tokenizer.json"] = content
    for _ in range(2):
        with pytest.raises((errors.DamagedModel, errors.RefusedFile, errors.UnsupportedModel)):
            load_vocabulary(MODELS[0])
    assert fake.fetched("tokenizer.json") == 1
    assert kept() == set()


@pytest.mark.parametrize("size", [40_000_001, 10**12])
def test_a_long_vocabulary_is_not_fetched(size: int, fake: FakeHub) -> None:
    fake.repositories["ann/one"].announced["tokenizer.json"] = size
    with pytest.raises(errors.RefusedFile) as caught:
        load_vocabulary(MODELS[0])
    assert caught.value.values["reason"] == "file_too_long"
    assert fake.sent == 0
    assert not disk.cache_folder().exists()


@pytest.mark.usefixtures("fake")
def test_what_others_keep_in_the_cache_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    other = disk.cache_folder() / "models--me--large"
    (other / "blobs").mkdir(parents=True)
    (other / "blobs" / "a").write_bytes(b"x" * 1_000_000)
    monkeypatch.setenv("GLASSBOX_DISK_MB", "0.5")
    use(MODELS[0])
    use(MODELS[1])
    assert disk.used() <= 500_000
    assert (other / "blobs" / "a").stat().st_size == 1_000_000
    disk.discard("me/large")
    assert other.exists()


@pytest.mark.usefixtures("fake")
def test_more_than_the_whole_budget_is_refused_and_nothing_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    use(MODELS[0])
    monkeypatch.setenv("GLASSBOX_DISK_MB", "0.01")
    with pytest.raises(errors.DiskFull) as caught:
        load(MODELS[1])
    assert caught.value.values["model"] == MODELS[1]
    assert kept() == {"one"}


def test_a_floor_stays_free_and_room_for_it_is_made(fake: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is nearly full: first the older model leaves, then, where that is not enough, it is said."""
    use(MODELS[0])
    one, usage = disk.used(), shutil.disk_usage("/")

    def free(_: object) -> Any:
        return usage._replace(free=disk.FLOOR + int(1.5 * one) - disk.used())

    monkeypatch.setattr("core.models.load.disk.shutil.disk_usage", free)
    use(MODELS[1])
    assert kept() == {"two"}
    sent = fake.sent
    monkeypatch.setattr(
        "core.models.load.disk.shutil.disk_usage", lambda _: usage._replace(free=disk.FLOOR - 1)
    )
    with pytest.raises(errors.DiskFull):
        load(MODELS[2])
    assert fake.sent < sent + 50_000  # config and header


@pytest.mark.usefixtures("fake")
def test_a_disk_that_fills_up_meanwhile_is_said_and_recovers(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as full:

        def write(*_: object, **__: object) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        full.setattr("huggingface_hub.file_download.http_get", write)
        with pytest.raises(errors.DiskFull):
            load(MODELS[0])
    assert kept() == set()
    later(61)
    assert load(MODELS[0]).spec.family == "gpt2"


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="a folder in which nobody may write is needed"
)
@pytest.mark.usefixtures("fake")
def test_a_cache_that_cannot_be_written_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", "/sys/glassbox")
    monkeypatch.setattr(disk, "free", lambda: 10**12)
    for ask in (load, load_vocabulary):
        with pytest.raises(errors.ModelUnavailable) as caught:
            ask(MODELS[0])
        assert caught.value.values["reason"] == "cache_closed"


@pytest.mark.usefixtures("fake")
def test_a_file_that_is_damaged_on_the_disk_is_fetched_again_after_a_minute() -> None:
    load(MODELS[0])
    evict(MODELS[0])
    config = hub.cached(find(MODELS[0]))
    assert config is not None
    settings_file = config / "tokenizer.json"
    settings_file.resolve().write_bytes(b"{")
    with pytest.raises(errors.GlassboxError):
        load(MODELS[0])
    later(61)
    assert load(MODELS[0]).spec.family == "gpt2"


# ------------------------------------------------------------------------------------------ failures


def test_a_silent_hub_lets_ten_visitors_wait_once(fake: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (
        remote.ANSWER_S <= 3 < remote.TIMEOUT_S
    )  # the one wait of all, whatever the library itself waits for
    monkeypatch.setattr(remote, "ANSWER_S", 0.5)
    fake.silent = 2.0
    with ThreadPoolExecutor(10) as pool:
        found = list(pool.map(failure, [MODELS[0]] * 10))
    assert {type(one) for one in found} == {errors.HubUnreachable}
    assert len(fake.requests) == 1
    with pytest.raises(errors.HubUnreachable) as caught:
        load(MODELS[1])  # of the same hub
    assert caught.value.values == {"model": MODELS[1]}
    with pytest.raises(errors.HubUnreachable):
        load_vocabulary(MODELS[2])
    assert len(fake.requests) == 1
    fake.silent = 0.0
    later(61)
    assert load(MODELS[0]).spec.family == "gpt2"


def failure(model: str) -> BaseException | None:
    try:
        load(model)
    except errors.GlassboxError as error:
        return error
    return None


def test_a_broken_model_is_asked_for_once_and_others_are_not_held_up(fake: FakeHub) -> None:
    fake.repositories["ann/one"].files["config.json"] = b"{"
    assert [type(failure(MODELS[0])) for _ in range(10)] == [errors.DamagedModel] * 10
    asked = len(fake.requests)
    assert asked <= 2
    assert load(MODELS[1]).spec.family == "gpt2"
    fake.repositories["ann/one"].files["config.json"] = fake.repositories["ann/two"].files["config.json"]
    assert isinstance(failure(MODELS[0]), errors.DamagedModel)
    later(61)
    assert failure(MODELS[0]) is None


def test_a_no_about_one_model_is_none_about_the_hub(fake: FakeHub) -> None:
    assert isinstance(failure("hub:ann/nothing"), errors.UnknownModel)
    fake.repositories["ann/one"].gated_token = "hf_other"
    assert isinstance(failure(MODELS[0]), errors.ModelUnavailable)
    assert failure(MODELS[1]) is None


def test_a_folder_that_is_mended_loads_at_once(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patience.forget()
    shutil.copytree(made, tmp_path / "mine")
    monkeypatch.setenv("GLASSBOX_MODELS", str(tmp_path))
    path = tmp_path / "mine" / "model.safetensors"
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])
    for _ in range(2):
        assert isinstance(failure("folder:mine"), errors.DamagedModel)
    path.write_bytes(whole)
    assert load("folder:mine").spec.family == "gpt2"
    clear()


def test_one_who_waits_for_another_can_go(fake: FakeHub) -> None:
    """The wait for somebody else's load looks up, and ends with what that raises."""

    class Gone(Exception):
        pass

    def look(*_: object) -> None:
        raise Gone

    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with patience.alone(MODELS[0]):
            held.set()
            done.wait(30)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(30)
    with pytest.raises(Gone), asking(Asker("bob", look=look)):
        load(MODELS[0])
    done.set()
    thread.join()
    assert fake.requests == []


# ------------------------------------------------------------------------------------------ how much


@pytest.mark.usefixtures("fake")
def test_an_address_has_its_share_of_loads_and_all_have_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience.LOADS, "own", 2)
    monkeypatch.setattr(patience.LOADS, "together", 3)
    with asking(Asker("session 1", address="192.0.2.1")):
        load(MODELS[0])
        load(MODELS[0])  # it is there: nothing is loaded
        load_vocabulary(MODELS[1])
    with asking(Asker("session 2", address="192.0.2.1")):
        with pytest.raises(errors.TooManyLoads) as caught:
            load(MODELS[2])
        assert caught.value.values == {"model": MODELS[2], "minutes": 10}
        assert load(MODELS[0]).spec.id == MODELS[0]
        assert load("tiny-gpt").spec.id == "tiny-gpt"  # is not from outside
    with asking(Asker("session 3", address="192.0.2.2")):
        load(MODELS[2])
        with pytest.raises(errors.TooManyLoads):
            load_vocabulary("hub:ann/four")
    with asking(Asker("session 4", address="192.0.2.3")), pytest.raises(errors.TooManyLoads):
        load("hub:ann/five")
    evict(MODELS[2])
    load(MODELS[2])  # a command's loads are not counted
    assert is_resident(MODELS[2])


def test_loads_are_counted_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    patience.forget()
    now = time.monotonic()
    monkeypatch.setattr(patience.LOADS, "own", 1)
    with asking(Asker("ann")):
        patience.count("a")
        with pytest.raises(errors.TooManyLoads):
            patience.count("b")
        monkeypatch.setattr("core.pace.time.monotonic", lambda: now + patience.LOADS.window + 1)
        patience.count("b")
    patience.forget()


# ------------------------------------------------------------------------------------------ who


def test_the_hub_is_open_where_nobody_else_reaches_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    free, listed = find("hub:a/b"), find("gpt2")
    monkeypatch.delenv("GLASSBOX_PUBLIC")
    settings.reached_by_others(yes=False)
    assert open_to_all()
    assert is_allowed(free)
    settings.reached_by_others(yes=True)
    try:
        assert not open_to_all()
        assert (is_allowed(free), is_allowed(listed), is_allowed(find("tiny-gpt"))) == (False, True, True)
        monkeypatch.setenv("GLASSBOX_PUBLIC", "0")
        assert is_allowed(free)
        monkeypatch.setenv("GLASSBOX_PUBLIC", "1")
        settings.reached_by_others(yes=False)
        assert not is_allowed(free)
    finally:
        settings.reached_by_others(yes=False)
