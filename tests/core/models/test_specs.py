"""The registry, and ids that come from a URL."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from core.catalog import PAGES
from core.errors import ModelLocked, UnknownModel, UnsupportedModel
from core.models import specs
from core.models.load import files
from core.models.specs import ARCHITECTURES, REGISTRY, ModelSpec, find, with_config
from core.paths import MODELS

HUB = ModelSpec("hub:a/b", "b", "", "", "hub", "a/b")


def test_ids_are_unique_and_plain() -> None:
    ids = [spec.id for spec in REGISTRY]
    assert len(set(ids)) == len(ids)
    assert all(name == name.lower() and ":" not in name and "/" not in name for name in ids)


def test_every_listed_model_says_what_it_is() -> None:
    families = {(known.family, known.kind) for known in ARCHITECTURES.values()}
    for spec in REGISTRY:
        assert (spec.family, spec.kind) in families
        assert spec.licence, spec.id
        assert spec.languages
        assert spec.shows
        assert spec.max_tokens >= (64 if spec.source == "bundled" else 512)
        assert spec.megabytes == round(spec.parameters * 4 / 1e6)
        assert find(spec.id) is spec


def test_bundled_models_come_first_and_lie_in_assets() -> None:
    bundled = [spec for spec in REGISTRY if spec.source == "bundled"]
    ours = ["date-translator", "mini-bert", "tiny-gpt", "poem-gpt"]
    assert [spec.id for spec in bundled] == ["smollm2-135m", "qwen2.5-coder-0.5b", "e5-small-enzh", *ours]
    assert list(REGISTRY[:7]) == bundled
    for spec in bundled:
        tensors = json.loads((MODELS / spec.location / "manifest.json").read_text("utf-8"))["tensors"]
        sizes = [entry["shape"] for entry in tensors.values()]
        assert spec.parameters == sum(size[0] * (size[1] if len(size) > 1 else 1) for size in sizes)


def test_a_bundled_model_that_lacks_files_is_not_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = find("mini-bert")
    shutil.copytree(MODELS / spec.location, tmp_path / spec.location)
    monkeypatch.setattr(specs, "MODELS", tmp_path)
    specs._is_whole.cache_clear()
    try:
        assert spec.offered_on("masked_words")
        next((tmp_path / spec.location).glob("*.safetensors")).unlink()
        specs._is_whole.cache_clear()
        assert not spec.offered_on("masked_words")
        assert not find("e5-small-enzh").is_here()
        assert HUB.is_here()
    finally:
        specs._is_whole.cache_clear()


def test_pickers_offer_what_a_page_can_show() -> None:
    """Our small models stand on some pages only; all others, and what an operator adds, on every one."""
    stems = {page.stem for page in PAGES}
    offered = {stem: {spec.id for spec in REGISTRY if spec.offered_on(stem)} for stem in stems}
    everywhere = {spec.id for spec in REGISTRY if spec.shows == specs.EVERY_PAGE and spec.is_here()}
    assert {"smollm2-135m", "e5-small-enzh", "gpt2"} <= everywhere
    assert all(everywhere <= found for found in offered.values())
    assert offered["attention_heads"] - everywhere == {"date-translator", "mini-bert", "tiny-gpt", "poem-gpt"}
    assert offered["next_token"] - everywhere == {"tiny-gpt", "poem-gpt"}
    assert not offered["embedding_space"] - everywhere
    assert HUB.offered_on("next_token")


@pytest.mark.parametrize(
    ("text", "location", "revision"),
    [
        ("hub:gpt2", "gpt2", ""),
        ("hub:Qwen/Qwen2.5-0.5B", "Qwen/Qwen2.5-0.5B", ""),
        ("hub:a/b@main", "a/b", "main"),
        ("hub:EleutherAI/pythia-70m@step3000", "EleutherAI/pythia-70m", "step3000"),
    ],
)
def test_a_free_hub_id(text: str, location: str, revision: str) -> None:
    spec = find(text)
    assert (spec.source, spec.location, spec.revision) == ("hub", location, revision)
    assert (spec.id, spec.family, spec.kind) == (text, "", "")


HOSTILE = [
    "",
    " ",
    "no-such-model",
    "SmolLM2-135m",
    "smollm2-135m ",
    "smollm2-135m\n",
    "hub:",
    "hub:/",
    "hub:a/",
    "hub:/b",
    "hub:a/b/c",
    "hub:a/b@",
    "hub:a/b@x@y",
    "hub:a/b@refs/pr/1",
    "hub:../b",
    "hub:a/..",
    "hub:a..b/c",
    "hub:a--b/c",
    "hub:a/b?x=1",
    "hub:a/b#x",
    "hub:a/b\n",
    "hub:a\\b/c",
    "hub:é/b",
    "hub:http://x/y",
    "hub:-a/b",
    "hub:a/.b",
    "folder:",
    "folder:..",
    "folder:.",
    "folder:../x",
    "folder:a/b",
    "folder:a\\b",
    "folder:/etc",
    "folder:~",
    "folder:a\x00b",
    "folder:missing",
    "bundled:smollm2-135m",
    "<script>alert(1)</script>",
    "hub:" + "a" * 300 + "/b",
    "x" * 100_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=[repr(text)[:40] for text in HOSTILE])
def test_a_malformed_id_is_unknown(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "config.json").write_text('{"model_type": "gpt2"}', "utf-8")
    monkeypatch.setenv("GLASSBOX_MODELS", str(tmp_path / "models"))
    with pytest.raises(UnknownModel) as caught:
        find(text)
    assert len(str(caught.value.values["model"])) <= specs.MAX_ID


def folder(root: Path, name: str, config: object) -> None:
    (root / name).mkdir(parents=True)
    (root / name / "config.json").write_text(json.dumps(config), "utf-8")


def test_a_local_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder(tmp_path, "mine", {"model_type": "gpt2", "n_positions": 64})
    folder(tmp_path, "other", {"model_type": "mamba"})
    folder(tmp_path, "list", [])
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("GLASSBOX_MODELS", str(tmp_path))
    spec = find("folder:mine")
    assert (spec.source, spec.location) == ("folder", str(tmp_path / "mine"))
    assert (spec.family, spec.kind, spec.max_tokens) == ("gpt2", "decoder", 64)
    assert find("folder:other").family == ""
    for name in ("list", "empty"):
        with pytest.raises(UnknownModel):
            find(f"folder:{name}")
    assert [each.id for each in specs.folder_specs()] == ["folder:mine"]


def test_a_config_is_read_once_and_anew_when_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder(tmp_path, "mine", {"model_type": "gpt2", "n_positions": 64})
    monkeypatch.setenv("GLASSBOX_MODELS", str(tmp_path))
    read: list[str] = []
    real = files.read_object

    def noted(model: str, path: Path, root: Path) -> dict[str, Any]:
        read.append(model)
        return real(model, path, root)

    monkeypatch.setattr(files, "read_object", noted)
    assert [find("folder:mine").max_tokens for _ in range(5)] == [64] * 5
    assert len(read) == 1, "a page asks for each model of the folder, at every run"
    config = tmp_path / "mine" / "config.json"
    config.write_text(json.dumps({"model_type": "gpt2", "n_positions": 32}), "utf-8")
    assert find("folder:mine").max_tokens == 32
    config.unlink()
    for _ in range(2):
        with pytest.raises(UnknownModel):
            find("folder:mine")
    assert len(read) == 2
    config.symlink_to("/etc/hostname")
    assert find("folder:mine").family == "", "whoever loads it is told that it leads elsewhere"


def test_no_folder_is_looked_at_without_a_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GLASSBOX_MODELS", raising=False)
    assert specs.folder_specs() == ()
    with pytest.raises(UnknownModel):
        find("folder:mine")


def test_a_link_out_of_the_root_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder(tmp_path / "outside", "secret", {"model_type": "gpt2"})
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "secret").symlink_to(tmp_path / "outside" / "secret")
    monkeypatch.setenv("GLASSBOX_MODELS", str(tmp_path / "root"))
    with pytest.raises(UnknownModel):
        find("folder:secret")


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_an_architecture_is_recognised_by_its_config(name: str) -> None:
    known = ARCHITECTURES[name]
    spec = with_config(HUB, {"model_type": name, known.length_key: 100})
    assert (spec.family, spec.kind) == (known.family, known.kind)
    assert spec.max_tokens == 100 - known.length_lost


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"model_type": "mamba"},
        {"model_type": None},
        {"model_type": ["gpt2"]},
        {"model_type": "gpt2", "auto_map": {"AutoModel": "evil.Model"}},
        {"model_type": "bert", "is_decoder": True},
    ],
)
def test_other_architectures_are_refused(config: dict[str, object]) -> None:
    with pytest.raises(UnsupportedModel):
        with_config(HUB, config)


def test_a_nonsensical_length_falls_back() -> None:
    assert with_config(HUB, {"model_type": "llama", "max_position_embeddings": "x"}).max_tokens == 512


def test_the_operator_can_close_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    for text in ("gpt2", "hub:a/b"):
        specs.check_allowed(text)
    monkeypatch.setenv("GLASSBOX_PUBLIC", "1")
    for spec in REGISTRY:
        specs.check_allowed(spec.id)
    with pytest.raises(ModelLocked):
        specs.check_allowed("hub:a/b")
    with pytest.raises(ModelLocked):
        specs.check_allowed("hub:openai-community/gpt2")
    monkeypatch.setenv("GLASSBOX_MODELS_ALLOW", "hub:a/b , distilgpt2")
    specs.check_allowed("hub:a/b")
    specs.check_allowed("distilgpt2")
    specs.check_allowed("smollm2-135m")
    with pytest.raises(ModelLocked):
        specs.check_allowed("gpt2")


def test_the_operators_token_opens_listed_models_only(monkeypatch: pytest.MonkeyPatch) -> None:
    assert specs.may_use_token("llama-3.2-1b")
    assert not specs.may_use_token("hub:me/private")
    monkeypatch.setenv("GLASSBOX_MODELS_ALLOW", "hub:me/private")
    assert specs.may_use_token("hub:me/private")
