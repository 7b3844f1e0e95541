"""Models of the hub, from a fake hub on this machine: what is fetched, refused and left behind."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch

from core import errors
from core.models.load import device, disk, hub, patience, residency
from core.models.load.device import forward_slot
from core.models.load.loading import load
from core.models.load.residency import evict, is_resident, resident
from core.models.specs import find
from tests.core.models.fake_hub import FakeHub, Repository, serve
from tests.core.tiny import tiny

ID = "hub:ann/tiny"


@cache
def files(name: str, root: Path) -> dict[str, bytes]:
    made: Any = tiny(name)
    made.model.save_pretrained(root / name)
    made.tokenizer.save_pretrained(root / name)
    return {path.name: path.read_bytes() for path in (root / name).iterdir()}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("made")


@pytest.fixture
def fake(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    others = {
        "README.md": b"# tiny",
        "pytorch_model.bin": b"pickle",
        "modeling_evil.py": b"raise SystemExit",
        "onnx/model.safetensors": b"not for us",
    }
    with serve({"ann/tiny": Repository(files("gpt2", root) | others)}) as running:
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda _: None)
        monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda _: None)
        patience.forget()
        yield running
    patience.forget()
    for model in resident():
        evict(model.id)


def left_behind(tmp_path: Path) -> set[str]:
    return {path.name for path in (tmp_path / "cache").glob("models--*/snapshots/*/*")}


@pytest.mark.usefixtures("fake")
def test_a_model_is_downloaded_and_computes() -> None:
    steps: list[tuple[str, float]] = []
    loaded = load(ID, lambda step, fraction: steps.append((step, fraction)))
    assert (loaded.spec.id, loaded.spec.family, loaded.spec.kind) == (ID, "gpt2", "decoder")
    assert loaded.spec.max_tokens == 64
    made = tiny("gpt2")
    ids = torch.tensor([made.tokenizer("the cat").input_ids])
    with forward_slot():
        ours, theirs = loaded.model(ids.to(loaded.device)).logits, made.model(ids).logits
    if loaded.dtype == "float32":
        torch.testing.assert_close(ours.cpu(), theirs)
    fractions = [fraction for step, fraction in steps if step == "download"]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert steps[-1] == ("ready", 1.0)


def test_only_weights_tokenizer_and_config_are_fetched(fake: FakeHub, tmp_path: Path) -> None:
    load(ID)
    assert left_behind(tmp_path) == {
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    }
    for name in ("pytorch_model.bin", "modeling_evil.py", "README.md"):
        assert fake.fetched(name) == 0
    assert not any("onnx" in path for _, path in fake.requests)


def test_a_second_load_fetches_nothing_again(fake: FakeHub) -> None:
    load(ID)
    evict(ID)
    fake.whole.clear()
    load(ID)
    assert fake.whole == []


def test_shards_are_followed(fake: FakeHub, root: Path) -> None:
    made: Any = tiny("llama")
    made.model.save_pretrained(root / "sharded", max_shard_size="40KB")
    made.tokenizer.save_pretrained(root / "sharded")
    sharded = {path.name: path.read_bytes() for path in (root / "sharded").iterdir()}
    assert sum(name.endswith(".safetensors") for name in sharded) > 1
    fake.repositories["ann/sharded"] = Repository(sharded)
    state = load("hub:ann/sharded").model.state_dict()
    assert all(torch.equal(state[key].cpu().float(), value) for key, value in made.model.state_dict().items())


def test_a_revision(fake: FakeHub, root: Path) -> None:
    fake.repositories["ann/dated"] = Repository(files("llama", root), revision="step3000")
    assert load("hub:ann/dated@step3000").spec.family == "llama"
    with pytest.raises(errors.UnknownModel):
        load("hub:ann/dated@step9")
    with pytest.raises(errors.UnknownModel):
        load("hub:ann/dated")


# ------------------------------------------------------------------------------------------ unreachable


def test_nobody_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    with pytest.raises(errors.HubUnreachable) as caught:
        load(ID)
    assert caught.value.values == {"model": ID}


def test_the_hub_is_out_of_order(fake: FakeHub) -> None:
    fake.down = True
    with pytest.raises(errors.HubUnreachable):
        load(ID)


def test_the_hub_breaks_off_in_a_file_and_nothing_half_is_used(
    fake: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = fake.repositories["ann/tiny"]
    repository.cut["model.safetensors"] = 1000
    with pytest.raises(errors.HubUnreachable):
        load(ID)
    assert not is_resident(ID)
    assert "model.safetensors" not in left_behind(tmp_path)
    assert hub.cached(find(ID)) is None
    with monkeypatch.context() as offline:
        offline.setenv("HF_HUB_OFFLINE", "1")
        with pytest.raises(errors.ModelUnavailable):
            load(ID)
    fake.down = True
    patience.forget()
    with pytest.raises(errors.HubUnreachable):
        load(ID)
    fake.down = False
    repository.cut.clear()
    patience.forget()
    assert load(ID).spec.family == "gpt2"


def test_a_whole_copy_serves_when_the_hub_is_gone(fake: FakeHub) -> None:
    load(ID)
    evict(ID)
    fake.down = True
    assert load(ID).spec.family == "gpt2"


def test_offline_uses_what_is_here_and_asks_nobody(fake: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    load(ID)
    evict(ID)
    fake.requests.clear()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert load(ID).spec.family == "gpt2"
    with pytest.raises(errors.ModelUnavailable) as caught:
        load("hub:ann/other")
    assert caught.value.values["reason"] == "offline"
    assert fake.requests == []


def test_a_file_that_arrives_damaged_is_fetched_again(fake: FakeHub, tmp_path: Path) -> None:
    repository = fake.repositories["ann/tiny"]
    repository.corrupt.add("model.safetensors")
    with pytest.raises(errors.DamagedModel) as caught:
        load(ID)
    assert caught.value.values == {"model": ID, "file": "model.safetensors"}
    assert "model.safetensors" not in left_behind(tmp_path)
    repository.corrupt.clear()
    patience.forget()
    assert load(ID).spec.family == "gpt2"


# ------------------------------------------------------------------------------------------ refused


def refused(fake: FakeHub, change: dict[str, bytes | None], **settings: Any) -> errors.GlassboxError:
    """The error for a changed repository; nothing of it is on the disk, and of its weights the header was read."""
    old = fake.repositories["ann/tiny"].files
    changed = {name: content for name, content in (old | change).items() if content is not None}
    fake.repositories["ann/tiny"] = Repository(changed, **settings)
    with pytest.raises(errors.GlassboxError) as caught:
        load(ID)
    assert fake.whole == []
    assert fake.sent < 100_000
    assert not disk.cache_folder().exists()
    assert caught.value.values["model"] == ID
    return caught.value


def config(fake: FakeHub, **values: object) -> dict[str, bytes | None]:
    old = json.loads(fake.repositories["ann/tiny"].files["config.json"])
    return {"config.json": json.dumps(old | values).encode()}


def test_pickled_weights_only(fake: FakeHub) -> None:
    error = refused(fake, {"model.safetensors": None})
    assert isinstance(error, errors.ModelUnavailable)
    assert error.values["reason"] == "no_safetensors"


def test_code_of_its_own(fake: FakeHub) -> None:
    error = refused(fake, config(fake, auto_map={"AutoModelForCausalLM": "modeling_evil.Evil"}))
    assert isinstance(error, errors.UnsupportedModel)
    assert fake.fetched("modeling_evil.py") == 0


def test_an_untested_architecture(fake: FakeHub) -> None:
    error = refused(fake, config(fake, model_type="mamba"))
    assert isinstance(error, errors.UnsupportedModel)
    assert error.values["architecture"] == "mamba"


def test_no_config(fake: FakeHub) -> None:
    assert refused(fake, {"config.json": None}).values["reason"] == "no_config"


def test_no_tokenizer(fake: FakeHub) -> None:
    assert refused(fake, {"tokenizer.json": None}).values["reason"] == "no_tokenizer"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe"])
def test_a_config_that_makes_no_sense(fake: FakeHub, content: bytes) -> None:
    assert isinstance(refused(fake, {"config.json": content}), errors.DamagedModel)


def test_too_large_for_the_memory(fake: FakeHub) -> None:
    """By closed form: 48 layers of width 6,400 are 23.6 billion numbers in their matrices alone."""
    error = refused(fake, config(fake, n_layer=48, n_embd=6400, n_head=50))
    assert isinstance(error, errors.ModelTooLarge)
    matrices = 48 * 12 * 6400**2 + 6400 * (340 + 64)
    assert error.values["need_mb"] == -(-matrices * device.weight_bytes() // 10**6)
    assert error.values["limit_mb"] == residency.budget_bytes() // 10**6
    assert fake.sent < 5_000  # the config alone


def test_a_config_that_asks_for_more_than_the_weights_hold(fake: FakeHub) -> None:
    error = refused(fake, config(fake, n_layer=100))
    assert error.values["reason"] == "other_weights"
    patience.forget()
    error = refused(fake, config(fake, n_layer=4))
    assert isinstance(error, errors.MissingWeights)
    assert error.values["file"] == "transformer.h.3.ln_1.weight"
    patience.forget()
    error = refused(fake, config(fake, n_layer=3, n_inner=100))
    assert str(error.values["file"]).endswith(".mlp.c_proj.weight")


def test_other_shapes_than_the_config_asks_for(fake: FakeHub) -> None:
    """As many numbers, in other matrices."""
    error = refused(fake, config(fake, n_positions=63))
    assert isinstance(error, errors.MissingWeights)
    assert error.values["file"] == "transformer.wpe.weight"


def test_weights_whose_length_is_not_what_their_header_says(fake: FakeHub) -> None:
    error = refused(fake, {}, announced={"model.safetensors": 200 * 10**9})
    assert isinstance(error, errors.DamagedModel)


def test_too_large_for_the_disk(fake: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    full = shutil.disk_usage("/")._replace(free=disk.FLOOR + 10)
    monkeypatch.setattr("core.models.load.disk.shutil.disk_usage", lambda _: full)
    assert isinstance(refused(fake, {}), errors.DiskFull)


@pytest.mark.usefixtures("fake")
def test_a_server_that_never_stops_sending_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "_SLACK", -1_000_000_000)
    with pytest.raises(errors.HubUnreachable):
        load(ID)


@pytest.mark.usefixtures("fake")
def test_a_server_that_hardly_sends_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "PATIENCE_S", -1e6)
    with pytest.raises(errors.HubUnreachable):
        load(ID)
    assert not is_resident(ID)


@pytest.mark.usefixtures("fake")
def test_a_repository_that_is_not_there() -> None:
    with pytest.raises(errors.UnknownModel) as caught:
        load("hub:ann/nothing")
    assert caught.value.values == {"model": "hub:ann/nothing"}


def test_an_index_may_not_lead_elsewhere(fake: FakeHub) -> None:
    index = json.dumps({"weight_map": {"x": "../../evil.safetensors"}}).encode()
    old = fake.repositories["ann/tiny"].files
    changed = {name: content for name, content in old.items() if name != "model.safetensors"}
    fake.repositories["ann/tiny"] = Repository(changed | {"model.safetensors.index.json": index})
    with pytest.raises(errors.DamagedModel):
        load(ID)


# ------------------------------------------------------------------------------------------ who may what


def test_where_others_reach_the_server_only_listed_models_are_open(
    fake: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GLASSBOX_PUBLIC", "1")
    with pytest.raises(errors.ModelLocked):
        load(ID)
    assert fake.requests == []
    monkeypatch.setenv("GLASSBOX_MODELS_ALLOW", ID)
    assert load(ID).spec.family == "gpt2"


def test_a_gated_model_needs_a_token(fake: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    fake.repositories["ann/tiny"].gated_token = "hf_right"
    with pytest.raises(errors.ModelUnavailable) as caught:
        load(ID)
    assert caught.value.values["reason"] == "gated"
    monkeypatch.setenv("HF_TOKEN", "hf_right")
    patience.forget()
    with pytest.raises(errors.ModelUnavailable):
        load(ID)  # the operator's token is not for whatever a link names
    assert set(fake.tokens) == {""}
    assert load(ID, token="hf_right").spec.family == "gpt2"


def test_the_operators_token_opens_what_the_operator_lists(
    fake: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.repositories["ann/tiny"].gated_token = "hf_right"
    monkeypatch.setenv("HF_TOKEN", "hf_right")
    monkeypatch.setenv("GLASSBOX_MODELS_ALLOW", ID)
    assert load(ID).spec.family == "gpt2"


@pytest.mark.network
def test_the_real_hub() -> None:
    loaded = load("hub:hf-internal-testing/tiny-random-gpt2")
    assert loaded.spec.family == "gpt2"
