"""Loading: bundled weights against their source, damage, eviction, threads, turns."""

from __future__ import annotations

import gc
import hashlib
import json
import shutil
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core import errors
from core.models.load import bundled, checkpoint, device, loading, memory, residency
from core.models.load.device import forward_slot
from core.models.load.loading import load
from core.models.load.manifest import read_manifest
from core.models.load.residency import LoadedModel, evict, is_resident, resident
from core.models.specs import find
from core.models.tokens import vocabularies
from core.paths import MODELS
from tests.core.tiny import NAMES, SAMPLE, tiny

BUNDLED = ("smollm2-135m", "e5-small-enzh")
PAIRS = [
    ("The cat sleeps on the sofa.", "猫睡在沙发上。"),
    ("I would like a cup of coffee.", "我想要一杯咖啡。"),
    ("The train leaves at eight o'clock.", "火车八点钟出发。"),
    ("He is learning to play the piano.", "他正在学弹钢琴。"),
    ("It will rain tomorrow.", "明天会下雨。"),
    ("The price of oil has risen.", "石油价格上涨了。"),
    ("She bought a new red dress.", "她买了一条新的红裙子。"),
    ("Beijing is the capital of China.", "北京是中国的首都。"),
    ("My father works in a hospital.", "我父亲在医院工作。"),
    ("The children are playing football in the park.", "孩子们在公园里踢足球。"),
    ("Please close the window.", "请把窗户关上。"),
    ("Water boils at one hundred degrees.", "水在一百度时沸腾。"),
]


def clear() -> None:
    vocabularies.forget_vocabularies()
    for model in resident():
        evict(model.id)


@pytest.fixture
def empty() -> Iterator[None]:
    clear()
    yield
    clear()


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One random model of every family, as transformers writes it."""
    root = tmp_path_factory.mktemp("saved")
    for name in NAMES:
        made = tiny(name)
        model: Any = made.model
        model.save_pretrained(root / name)
        made.tokenizer.save_pretrained(root / name)
    return root


@pytest.fixture
def folders(saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A root of local models that a test may harm."""
    root = tmp_path / "folders"
    shutil.copytree(saved, root)
    monkeypatch.setenv("GLASSBOX_MODELS", str(root))
    return root


# ------------------------------------------------------------------------------------------ bundled models


@pytest.mark.parametrize("model_id", BUNDLED)
def test_weights_equal_the_source(model_id: str) -> None:
    """The manifest has the checksum of each tensor; SmolLM2's were computed by the package gguf."""
    expected = read_manifest(model_id, MODELS / model_id).dequantized_sha256
    loaded = load(model_id)
    found = {
        name: hashlib.sha256(parameter.detach().float().cpu().numpy().tobytes()).hexdigest()
        for name, parameter in loaded.model.named_parameters()
    }
    if loaded.dtype == "float32":
        assert found == dict(expected)
    assert found.keys() == expected.keys()


@pytest.mark.parametrize("model_id", BUNDLED)
def test_a_loaded_model_is_ready(model_id: str) -> None:
    loaded = load(model_id)
    model: Any = loaded.model
    assert not model.training
    assert not any(parameter.requires_grad for parameter in model.parameters())
    assert not any(tensor.is_meta for tensor in [*model.parameters(), *model.buffers()])
    assert model.config._attn_implementation == "eager"
    assert loaded.bytes == sum(p.numel() * p.element_size() for p in model.parameters())
    assert loaded.spec.parameters == sum(p.numel() for p in model.parameters())
    name, dtype = device.best_device()
    assert (loaded.device, f"torch.{loaded.dtype}") == (name, str(dtype))
    assert dtype == torch.float32 or name.startswith("cuda")
    assert len(loaded.tokenizer) == model.config.vocab_size


def test_smollm2_ties_its_embeddings_and_turns_at_the_right_speed() -> None:
    model: Any = load("smollm2-135m").model
    assert model.lm_head.weight is model.model.embed_tokens.weight
    frequencies = model.model.rotary_emb.inv_freq.cpu().double().numpy()
    np.testing.assert_allclose(frequencies, 100_000.0 ** (-np.arange(0, 64, 2) / 64), rtol=1e-6)


@pytest.mark.parametrize(
    ("text", "token", "probability"),
    [("The quick brown fox jumps over the lazy", " dog", 0.89), ("The capital of France is", " Paris", 0.77)],
)
def test_smollm2_knows_its_english(text: str, token: str, probability: float) -> None:
    loaded = load("smollm2-135m")
    ids = loaded.tokenizer(text, return_tensors="pt").input_ids.to(loaded.device)
    with forward_slot():
        predicted = loaded.model(ids).logits[0, -1].float().softmax(-1)
    best = int(predicted.argmax())
    assert loaded.tokenizer.decode([best]) == token
    assert float(predicted[best]) == pytest.approx(probability, abs=0.01)


def test_smollm2_cuts_text_as_upstream() -> None:
    """Ids as the upstream model's tokenizer gives them; every digit is a token."""
    tokenizer = load("smollm2-135m").tokenizer
    assert tokenizer("Hello world").input_ids == [19556, 905]
    assert tokenizer.tokenize("in 2024") == ["in", "Ġ", "2", "0", "2", "4"]
    assert tokenizer("<|im_start|>user").input_ids[0] == 1
    chat = tokenizer.apply_chat_template([{"role": "user", "content": "Hi"}], tokenize=False)
    assert "<|im_start|>user\nHi<|im_end|>" in str(chat)
    text = "naïve 中文 🙂\n\tx = 10"
    assert tokenizer.decode(tokenizer(text).input_ids) == text


def sentence_vectors(loaded: LoadedModel, texts: list[str]) -> Any:
    prefixed = [loaded.spec.prefix + text for text in texts]
    batch = loaded.tokenizer(prefixed, return_tensors="pt", padding=True).to(loaded.device)
    with forward_slot():
        hidden = loaded.model(**batch).last_hidden_state.float()
    mask = batch.attention_mask[:, :, None]
    mean = (hidden * mask).sum(1) / mask.sum(1)
    return mean / mean.norm(dim=1, keepdim=True)


def test_e5_finds_translations() -> None:
    loaded = load("e5-small-enzh")
    english, chinese = (sentence_vectors(loaded, list(texts)) for texts in zip(*PAIRS, strict=True))
    cosine = (english @ chinese.T).cpu().numpy()
    order = np.arange(len(PAIRS))
    np.testing.assert_array_equal(cosine.argmax(0), order)
    np.testing.assert_array_equal(cosine.argmax(1), order)
    assert cosine.diagonal().mean() > 0.87
    assert cosine[~np.eye(len(PAIRS), dtype=bool)].mean() < 0.76


def test_e5_keeps_xlm_rs_way_with_text() -> None:
    """Full-width letters, circled digits and ligatures fold as in XLM-R; nothing ordinary is unknown."""
    tokenizer = load("e5-small-enzh").tokenizer
    assert tokenizer.tokenize("Ｆｕｌｌ　①½ﬁ") == tokenizer.tokenize("Full 11⁄2fi")
    assert tokenizer("猫").input_ids[:1] == [0]
    assert tokenizer("猫").input_ids[-1:] == [2]
    for text in ("Naïve café, 3.5 % — “quoted”", "鲁迅《狂人日记》发表于1918年。", "WORLD BANK £5 → €6 😀"):
        assert tokenizer.unk_token_id not in tokenizer(text).input_ids
    assert tokenizer.unk_token_id in tokenizer("привет").input_ids


@pytest.mark.usefixtures("empty")
def test_progress_ends_with_ready() -> None:
    steps: list[tuple[str, float]] = []
    load("e5-small-enzh", lambda step, fraction: steps.append((step, fraction)))
    assert steps[0] == ("read", 0.0)
    assert steps[-1] == ("ready", 1.0)
    assert all(0 <= fraction <= 1 for _, fraction in steps)


# ------------------------------------------------------------------------------------------ damage


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the smaller bundled model, for breaking."""
    clear()
    shutil.copytree(MODELS / "e5-small-enzh", tmp_path / "e5-small-enzh")
    monkeypatch.setattr(bundled, "MODELS", tmp_path)
    yield tmp_path / "e5-small-enzh"
    clear()


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    "file", ["model.safetensors", "config.json", "tokenizer.json", "tokenizer_config.json"]
)
def test_a_flipped_bit_is_seen(copy: Path, file: str) -> None:
    flip(copy / file)
    with pytest.raises(errors.DamagedModel) as caught:
        load("e5-small-enzh")
    assert caught.value.values == {"model": "e5-small-enzh", "file": file}
    assert not is_resident("e5-small-enzh")


@pytest.mark.parametrize("file", ["model.safetensors", "config.json", "tokenizer.json", "manifest.json"])
def test_a_missing_file_is_named(copy: Path, file: str) -> None:
    (copy / file).unlink()
    with pytest.raises(errors.MissingWeights) as caught:
        load("e5-small-enzh")
    assert caught.value.values == {"model": "e5-small-enzh", "file": file}


def test_a_half_copied_shard_is_damaged_and_the_whole_one_loads_again(copy: Path) -> None:
    shard = copy / "model.safetensors"
    whole = shard.read_bytes()
    shard.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(errors.DamagedModel):
        load("e5-small-enzh")
    shard.write_bytes(whole)
    assert load("e5-small-enzh").bytes > 0


def test_ten_visitors_of_a_damaged_shard_wait_once(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shard, build, calls = copy / "model.safetensors", bundled.build, []

    def counted(*arguments: Any) -> Any:
        calls.append(threading.get_ident())
        return build(*arguments)

    def told(_: int) -> str:
        with pytest.raises(errors.DamagedModel) as caught:
            load("e5-small-enzh")
        return str(caught.value)

    monkeypatch.setattr(bundled, "build", counted)
    flip(shard)
    with ThreadPoolExecutor(10) as pool:
        assert len(set(pool.map(told, range(10)))) == 1
    assert len(calls) == 1
    flip(shard)
    assert load("e5-small-enzh").bytes > 0


def _no_json(text: str) -> str:
    return text[:100]


def _other_format(text: str) -> str:
    return text.replace('"format": 1', '"format": 99')


def _tensor_less(text: str) -> str:
    content = json.loads(text)
    del content["tensors"]["embeddings.LayerNorm.bias"]
    return json.dumps(content)


def _no_list(_: str) -> str:
    return "[]"


@pytest.mark.parametrize("change", [_no_json, _other_format, _tensor_less, _no_list])
def test_a_manifest_that_makes_no_sense(copy: Path, change: Callable[[str], str]) -> None:
    path = copy / "manifest.json"
    path.write_text(change(path.read_text("utf-8")), "utf-8")
    with pytest.raises(errors.DamagedModel) as caught:
        load("e5-small-enzh")
    assert caught.value.values["file"] == "manifest.json"


# ------------------------------------------------------------------------------------------ local folders


@pytest.mark.usefixtures("folders", "empty")
@pytest.mark.parametrize("name", NAMES)
def test_every_family_loads_from_a_folder(name: str) -> None:
    loaded, made = load(f"folder:{name}"), tiny(name)
    assert (loaded.spec.family, loaded.spec.kind) == (made.spec.family, made.spec.kind)
    ids = loaded.tokenizer(SAMPLE).input_ids
    assert ids == made.tokenizer(SAMPLE).input_ids
    state, expected = loaded.model.state_dict(), made.model.state_dict()
    # the pooler is not shown; Marian's sinusoidal positions are computed, not stored
    stored = [key for key in expected if "pooler" not in key and "embed_positions" not in key]
    assert set(stored) <= state.keys()
    assert all(torch.equal(state[key].cpu().float(), expected[key]) for key in stored)


def _other_architecture(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text("utf-8"))
    (folder / "config.json").write_text(json.dumps(config | {"model_type": "mamba"}), "utf-8")


def _own_code(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text("utf-8"))
    code = {"AutoModelForCausalLM": "evil.Model", "AutoConfig": "evil.Config"}
    (folder / "config.json").write_text(json.dumps(config | {"auto_map": code}), "utf-8")
    (folder / "evil.py").write_text("raise SystemExit('run')", "utf-8")


def _pickle_only(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def _truncated(folder: Path) -> None:
    content = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(content[:-100])


def _not_safetensors(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"\xff" * 1000)


def _no_tokenizer(folder: Path) -> None:
    for path in folder.glob("*token*"):
        path.unlink()


def _weight_missing(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    state = load_file(folder / "model.safetensors")
    state.pop("model.layers.1.self_attn.q_proj.weight")
    save_file(state, folder / "model.safetensors", {"format": "pt"})


def _index_out_of_the_folder(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder.parent / "out.safetensors")
    index = {"weight_map": {"x": "../out.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), "utf-8")


@pytest.mark.usefixtures("empty")
@pytest.mark.parametrize(
    ("harm", "error"),
    [
        (_other_architecture, errors.UnsupportedModel),
        (_own_code, errors.UnsupportedModel),
        (_pickle_only, errors.ModelUnavailable),
        (_truncated, errors.DamagedModel),
        (_not_safetensors, errors.DamagedModel),
        (_no_tokenizer, errors.ModelUnavailable),
        (_weight_missing, errors.MissingWeights),
        (_index_out_of_the_folder, errors.DamagedModel),
    ],
)
def test_a_folder_that_cannot_be_shown(
    harm: Callable[[Path], None], error: type[errors.GlassboxError], folders: Path
) -> None:
    harm(folders / "llama")
    with pytest.raises(error):
        load("folder:llama")
    assert not is_resident("folder:llama")


# ------------------------------------------------------------------------------------------ room


def room_for(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    need = sum(p.numel() * device.weight_bytes() for name in names for p in tiny(name).model.parameters())
    monkeypatch.setenv("GLASSBOX_MODEL_BUDGET_MB", str(need / 1e6 + 0.001))


@pytest.mark.usefixtures("folders", "empty")
def test_the_least_recently_used_model_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    room_for(monkeypatch, "qwen2", "qwen3")
    load("folder:llama")
    load("folder:qwen2")
    load("folder:llama")
    load("folder:qwen3")
    assert [model.id for model in resident()] == ["folder:qwen3", "folder:llama"]
    assert load("folder:llama").spec.id == "folder:llama"
    assert [model.id for model in resident()] == ["folder:llama", "folder:qwen3"]


@pytest.mark.usefixtures("folders", "empty")
def test_a_model_that_exceeds_the_budget_evicts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    room_for(monkeypatch, "llama")
    load("folder:llama")
    with pytest.raises(errors.ModelTooLarge) as caught:
        load("smollm2-135m")
    assert caught.value.values["model"] == "smollm2-135m"
    assert is_resident("folder:llama")


@pytest.mark.usefixtures("folders", "empty")
def test_models_and_vocabularies_share_one_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    vocabularies.forget_vocabularies()
    monkeypatch.setattr(loading, "best_device", lambda: ("cpu", torch.float32))
    load("folder:llama")
    vocabularies.load_vocabulary("bert")
    load("folder:qwen2")
    vocabularies.load_vocabulary("gpt2")
    taken = sum(model.bytes for model in resident()) + residency.STORE.bytes("vocabulary")
    monkeypatch.setenv("GLASSBOX_MODEL_BUDGET_MB", str(taken / 1e6 + 0.001))
    load("folder:llama")  # used again: the vocabulary is now the oldest
    load("folder:qwen3")
    assert vocabularies.resident_vocabularies() == ("gpt2",)
    assert {model.id for model in resident()} == {"folder:llama", "folder:qwen2", "folder:qwen3"}
    monkeypatch.setenv("GLASSBOX_MODEL_BUDGET_MB", str(residency.STORE.bytes("vocabulary") / 1e6 + 9))
    vocabularies.load_vocabulary("bert")  # takes 8 MB beside the 15 of the other: models leave, oldest first
    assert vocabularies.resident_vocabularies() == ("gpt2", "bert")
    monkeypatch.setenv("GLASSBOX_MODEL_BUDGET_MB", "30")
    with pytest.raises(errors.VocabularyTooLarge) as caught:
        vocabularies.load_vocabulary("xlm-r")  # larger than all that there is: nothing leaves for it
    assert caught.value.values == {
        "vocabulary": "XLM-R (SentencePiece Unigram)",
        "need_mb": 295,
        "limit_mb": 30,
    }
    assert vocabularies.resident_vocabularies() == ("gpt2", "bert")


def test_a_vocabulary_too_large_is_refused_before_any_model_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    vocabularies.forget_vocabularies()
    monkeypatch.setenv("GLASSBOX_MODEL_BUDGET_MB", "20")
    with pytest.raises(errors.VocabularyTooLarge):
        vocabularies.load_vocabulary("o200k")
    vocabularies.load_vocabulary("gpt2")
    vocabularies.load_vocabulary("bert")  # 15 and 8 MB: the first one leaves
    assert vocabularies.resident_vocabularies() == ("bert",)


@pytest.mark.usefixtures("folders", "empty")
def test_what_is_lent_leaves_room_and_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    vocabularies.forget_vocabularies()
    monkeypatch.setattr(loading, "best_device", lambda: ("cpu", torch.float32))
    room_for(monkeypatch, "llama", "qwen2")
    load("folder:llama")
    load("folder:qwen2")
    need = residency.STORE.bytes("model")
    with residency.lend(residency.own_memory() - need + 1):
        assert [model.id for model in resident()] == ["folder:qwen2"], "the one that was used last stays"
        with residency.lend(need), pytest.raises(errors.MemoryLent) as caught:
            load("folder:llama")
        assert caught.value.values == {"model": "folder:llama"}
        assert resident() == ()
        load("folder:llama")
    load("folder:qwen2")
    assert residency.STORE.bytes("model") == need, "both fit again"


@pytest.mark.parametrize("text", ["", "x", "-5", "0", "nan", "inf"])
def test_a_senseless_budget_counts_as_not_set(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GLASSBOX_MODEL_BUDGET_MB", raising=False)
    default = residency.budget_bytes()
    monkeypatch.setenv("GLASSBOX_MODEL_BUDGET_MB", text)
    assert residency.budget_bytes() == default


@pytest.mark.usefixtures("folders", "empty")
def test_an_evicted_model_is_gone_although_it_was_frozen() -> None:
    alive = weakref.ref(load("folder:llama").model)
    assert gc.get_freeze_count() > 0
    assert evict("folder:llama")
    assert alive() is None
    assert not evict("folder:llama")
    assert gc.get_freeze_count() > 0


@pytest.mark.usefixtures("folders", "empty")
def test_out_of_memory_frees_the_others_and_tries_again(monkeypatch: pytest.MonkeyPatch) -> None:
    load("folder:qwen2")
    build, failures = checkpoint.build, [RuntimeError("DefaultCPUAllocator: can't allocate memory: …")]

    def short_of_memory(*arguments: Any, **named: Any) -> Any:
        if failures:
            raise failures.pop()
        return build(*arguments, **named)

    monkeypatch.setattr(checkpoint, "build", short_of_memory)
    load("folder:llama")
    assert [model.id for model in resident()] == ["folder:llama"]


@pytest.mark.usefixtures("folders", "empty")
@pytest.mark.parametrize("kind", [MemoryError, torch.OutOfMemoryError])
def test_out_of_memory_twice_is_said(kind: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    def short_of_memory(*_: Any, **__: Any) -> Any:
        raise kind("no")

    monkeypatch.setattr(checkpoint, "build", short_of_memory)
    with pytest.raises(errors.OutOfMemory):
        load("folder:llama")


def test_another_runtime_error_is_not_taken_for_it() -> None:
    assert not memory.is_out_of_memory(RuntimeError("shape mismatch"))
    assert not memory.is_out_of_memory(ValueError("can't allocate memory"))


# ------------------------------------------------------------------------------------------ threads


@pytest.mark.usefixtures("folders", "empty")
def test_many_callers_share_one_load(monkeypatch: pytest.MonkeyPatch) -> None:
    build, calls = checkpoint.build, []

    def slow(*arguments: Any, **named: Any) -> Any:
        calls.append(threading.get_ident())
        time.sleep(0.2)
        return build(*arguments, **named)

    monkeypatch.setattr(checkpoint, "build", slow)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(load, ["folder:llama"] * 8))
    assert len(calls) == 1
    assert len({id(loaded) for loaded in found}) == 1


@pytest.mark.usefixtures("folders", "empty")
def test_different_models_at_once_stay_within_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    room_for(monkeypatch, "qwen2", "qwen3")
    names = [f"folder:{name}" for name in ("llama", "qwen2", "qwen3", "gpt2")]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(load, names * 3))
    assert [loaded.spec.id for loaded in found] == names * 3
    assert sum(model.bytes for model in resident()) <= residency.budget_bytes()


@pytest.mark.usefixtures("empty")
def test_a_failed_load_does_not_block_the_next(folders: Path) -> None:
    weights = folders / "llama" / "model.safetensors"
    weights.rename(folders / "aside")
    for _ in range(2):
        with pytest.raises(errors.ModelUnavailable):
            load("folder:llama")
    (folders / "aside").rename(weights)
    assert load("folder:llama").lock.acquire(blocking=False)


def test_threads_are_fixed() -> None:
    device.prepare_torch()
    count = torch.get_num_threads()
    assert 1 <= count <= device.THREADS
    device.prepare_torch()
    assert torch.get_num_threads() == count


# ------------------------------------------------------------------------------------------ turns


def test_a_turn_has_no_gradients() -> None:
    with forward_slot():
        assert torch.is_inference_mode_enabled()
    assert not torch.is_inference_mode_enabled()


def test_a_turn_may_be_taken_again_inside() -> None:
    with forward_slot(), forward_slot():
        assert torch.is_inference_mode_enabled()


def test_an_error_gives_the_turn_back() -> None:
    for _ in range(2):
        with pytest.raises(ValueError, match="x"), forward_slot():
            raise ValueError("x")


# ------------------------------------------------------------------------------------------ warm-up


@pytest.mark.usefixtures("folders", "empty")
def test_warm_up_loads_in_the_background(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLASSBOX_WARMUP", "1")
    thread = loading.warm_up("folder:llama")
    assert thread is not None
    assert loading.warm_up("folder:llama") is None  # one is under way
    thread.join(30)
    assert is_resident("folder:llama")
    assert loading.warm_up("folder:llama") is None


@pytest.mark.usefixtures("folders", "empty")
def test_warm_up_can_be_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLASSBOX_WARMUP", "0")
    assert loading.warm_up("folder:llama") is None


@pytest.mark.usefixtures("empty")
def test_a_failed_warm_up_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("GLASSBOX_WARMUP", "1")
    thread = loading.warm_up("no-such-model")
    assert thread is not None
    thread.join(10)
    assert "no-such-model" in caplog.text


def test_unknown_and_locked_models_are_refused_before_anything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(errors.UnknownModel):
        load("nonsense")
    monkeypatch.setenv("GLASSBOX_PUBLIC", "1")
    with pytest.raises(errors.ModelLocked):
        load("hub:someone/something")


@pytest.mark.usefixtures("empty")
@pytest.mark.cuda
def test_on_a_gpu_it_computes_in_bfloat16() -> None:
    loaded = load("smollm2-135m")
    assert (loaded.device, loaded.dtype) == (device.best_device()[0], "bfloat16")
    assert loaded.bytes == 2 * find("smollm2-135m").parameters
    parameter = next(loaded.model.parameters())
    assert (parameter.device.type, parameter.dtype) == ("cuda", torch.bfloat16)
    before = torch.cuda.memory_allocated()
    del loaded, parameter
    evict("smollm2-135m")
    assert torch.cuda.memory_allocated() < before / 2
