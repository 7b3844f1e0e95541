"""Whether a model is here, compared with the hub library's own word on its cache."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from huggingface_hub import constants, try_to_load_from_cache

from core.models.load import here
from core.models.specs import find
from tests.core.models.fake_hub import Repository, serve

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def test_a_download_is_here_once_the_hub_library_finds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import hf_hub_download

    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    spec = find("distilgpt2")
    with serve({spec.location: Repository({"config.json": b"{}", "other.json": b"{}"})}) as hub:
        for name, there in (("other.json", False), ("config.json", True)):
            hf_hub_download(spec.location, name, cache_dir=tmp_path, endpoint=hub.url)
            found = try_to_load_from_cache(spec.location, "config.json", cache_dir=tmp_path)
            assert isinstance(found, str) is there is here.is_cached(spec)
            assert here.where(spec) == ("here" if there else "download")
        commit = hub.repositories[spec.location].commit
    assert here.is_cached(replace(spec, revision=commit))
    assert not here.is_cached(replace(spec, revision="step3000"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert here.where(spec) == "here"
    assert here.where(find("gpt2")) == "offline"


def test_the_cache_is_where_the_hub_library_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"):
        if name in os.environ:
            monkeypatch.delenv(name)
    assert here.cache() == Path(constants.default_cache_path).expanduser()


def test_what_does_not_fit_the_memory_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLASSBOX_MODEL_BUDGET_MB", "600")
    assert here.where(find("smollm2-135m")) == "bundled"
    assert here.where(find("qwen3-0.6b")) == "large"
    monkeypatch.setenv("GLASSBOX_MODEL_BUDGET_MB", "810")
    assert 538e6 < here.need(find("smollm2-135m")) < 539e6  # float32, which leaves a third to another model
    monkeypatch.setenv("GLASSBOX_MODEL_BUDGET_MB", "800")
    assert here.need(find("smollm2-135m")) < 150e6
    monkeypatch.setenv("GLASSBOX_MODEL_BUDGET_MB", "160")
    assert here.where(find("smollm2-135m")) == "bundled"  # as 8-bit codes
    assert 149e6 < here.need(find("smollm2-135m")) < 150e6  # 1.125 bytes a weight, the embedding's 1.0625
    monkeypatch.setenv("GLASSBOX_MODEL_BUDGET_MB", "100")
    assert here.where(find("smollm2-135m")) == "large"
    assert here.where(find("hub:a/b")) == "download"  # not known before it is asked for
