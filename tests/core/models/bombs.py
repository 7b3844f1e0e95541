"""Models that are made to harm: as folders, as repositories of a hub, and what each costs who loads it.

``python -m tests.core.models.bombs`` loads all of them in a process of its own and writes a line of JSON.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil

from core.errors import GlassboxError
from core.models.load import disk, patience
from core.models.load.loading import load
from core.models.load.residency import evict
from tests.core.models.fake_hub import FakeHub, Repository, serve
from tests.core.tiny import tiny

Harm = Callable[[Path], None]
HEADER = 1_000_000_000  # bytes
LONG = 5_000  # characters of a name


def _config(**values: object) -> Harm:
    def harm(folder: Path) -> None:
        path = folder / "config.json"
        path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | values), "utf-8")

    return harm


def _written(name: str, content: str) -> Harm:
    def harm(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        (folder / name).write_text(content, "utf-8")

    return harm


def _long(name: str, size: int) -> Harm:
    """A file that begins as it did and has holes up to its length."""

    def harm(folder: Path) -> None:
        with (folder / name).open("ab") as file:
            file.truncate(size)

    return harm


def _linked(name: str, target: str) -> Harm:
    def harm(folder: Path) -> None:
        (folder / name).unlink()
        (folder / name).symlink_to(target)

    return harm


def _header(folder: Path) -> None:
    with (folder / "model.safetensors").open("wb") as file:
        file.write(HEADER.to_bytes(8, "little"))
        file.truncate(HEADER + 1000)


def _index(*names: str) -> Harm:
    def harm(folder: Path) -> None:
        (folder / "model.safetensors").unlink()
        written = json.dumps({"weight_map": {str(at): name for at, name in enumerate(names)}})
        (folder / "model.safetensors.index.json").write_text(written, "utf-8")

    return harm


def _tensor_name(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    path = folder / "model.safetensors"
    state = load_file(path)
    save_file(state | {"x" * LONG: state["transformer.wte.weight"].clone()}, path, {"format": "pt"})


def _pipe(folder: Path) -> None:
    (folder / "config.json").unlink()
    os.mkfifo(folder / "config.json")


def _nested(levels: int) -> str:
    return '{"model_type": "gpt2", "a": ' + "[" * levels + "]" * levels + "}"


def _tokenizer(**parts: object) -> Harm:
    def harm(folder: Path) -> None:
        path = folder / "tokenizer.json"
        path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | parts), "utf-8")

    return harm


_TWICE = {"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}
_BACKTRACKS = {"type": "Split", "pattern": {"Regex": "(a+)+$"}, "behavior": "Isolated", "invert": False}
_DIGITS = '{"model_type": "gpt2", "n_layer": ' + "9" * 5_000 + "}"
BOMBS: Mapping[str, tuple[Harm, str]] = {
    "200 layers": (_config(n_layer=200, n_embd=1024, n_head=16), "model_too_large"),
    "200 layers by another name": (_config(num_hidden_layers=200, hidden_size=1024), "model_too_large"),
    "thin layers": (_config(n_layer=100_000, n_embd=4, n_head=1), "numbers_too_large"),
    "more layers than weights": (_config(n_layer=256), "other_weights"),
    "width": (_config(n_embd=1_000_000), "numbers_too_large"),
    "a width that is allowed": (_config(n_embd=32_768), "model_too_large"),
    "inner width": (_config(n_inner=250_000, n_embd=4_096), "model_too_large"),
    "vocabulary": (_config(vocab_size=1_000_000_000), "numbers_too_large"),
    "a vocabulary that is allowed": (_config(vocab_size=2_000_000), "other_weights"),
    "heads": (_config(n_head=1_000_000_000), "numbers_too_large"),
    "heads of another family": (
        _written(
            "config.json",
            json.dumps({"model_type": "llama", "num_hidden_layers": 2, "hidden_size": 4096, "head_dim": 4096,
                        "num_attention_heads": 1024, "vocab_size": 340}),
        ),
        "model_too_large",
    ),
    "positions": (_config(n_positions=1_000_000_000), "numbers_too_large"),
    "positions of a sinusoid": (
        _written("config.json", json.dumps({"model_type": "marian", "max_position_embeddings": 10**7})),
        "numbers_too_large",
    ),
    "no whole number": (_config(n_layer=3.5), "numbers_too_large"),
    "a negative number": (_config(n_head=-4), "numbers_too_large"),
    "a number of words": (_config(n_embd="32"), "numbers_too_large"),
    "heads that do not divide": (_config(n_head=5), "config_senseless"),
    "5,000 digits": (_written("config.json", _DIGITS), "numbers_too_large"),
    "nesting": (_written("config.json", _nested(40)), "nested_too_deep"),
    "deep nesting": (_written("config.json", _nested(400_000)), "nested_too_deep"),
    "nested tokenizer": (_written("tokenizer.json", "[" * 900_000), "nested_too_deep"),
    "nested settings": (_written("tokenizer_config.json", _nested(400_000)), "nested_too_deep"),
    "tokenizer of another's": (
        _written("special_tokens_map.json", '{"tokenizer_file": "/dev/zero"}'),
        "names_other_files",
    ),
    "tokenizers elsewhere": (
        _written("tokenizer_config.json", '{"fast_tokenizer_files": ["../x/tokenizer.4.0.0.json"]}'),
        "names_other_files",
    ),
    "weights for a tokenizer": (
        _written("tokenizer_config.json", '{"gguf_file": "/dev/zero"}'),
        "names_other_files",
    ),
    "config of 150 MB": (_long("config.json", 150_000_000), "file_too_long"),
    "tokenizer of 150 MB": (_long("tokenizer.json", 150_000_000), "file_too_long"),
    "merges of 120 MB": (_long("merges.txt", 120_000_000), "file_too_long"),
    "index of 150 MB": (
        lambda folder: (_index("a.safetensors")(folder), _long("model.safetensors.index.json", 150_000_000)(folder))[0],
        "file_too_long",
    ),
    "header of 1 GB": (_header, "header_too_long"),
    "header that ends nowhere": (_written("model.safetensors", "ÿÿÿÿ"), "damaged_model"),
    "name of a shard": (_index("x" * LONG + ".safetensors"), "damaged_model"),
    "shard elsewhere": (_index("../out.safetensors"), "damaged_model"),
    "many shards": (_index(*(f"{at}.safetensors" for at in range(10_000))), "numbers_too_large"),
    "name of a tensor": (_tensor_name, "name_too_long"),
    "a pattern that backtracks": (_tokenizer(pre_tokenizer=_BACKTRACKS), "costly_steps"),
    "a text that doubles": (
        _tokenizer(normalizer={"type": "Sequence", "normalizers": [_TWICE] * 40}),
        "costly_steps",
    ),
}  # fmt: skip
"""What is done to a folder → the reason or the key of the error that is told."""
LINKS: Mapping[str, tuple[Harm, str]] = {
    "config elsewhere": (_linked("config.json", "/etc/hostname"), "file_elsewhere"),
    "config without end": (_linked("config.json", "/dev/zero"), "file_elsewhere"),
    "config that is itself": (_linked("config.json", "config.json"), "unknown_model"),
    "config that is a pipe": (_pipe, "file_elsewhere"),
    "weights elsewhere": (_linked("model.safetensors", "/bin/sh"), "file_elsewhere"),
    "tokenizer without end": (_linked("tokenizer.json", "/dev/zero"), "file_elsewhere"),
    "settings elsewhere": (_linked("tokenizer_config.json", "/etc/passwd"), "file_elsewhere"),
}
"""As `BOMBS`, where a hub has no such thing."""
LARGEST = 1_000_000  # bytes of a file that a fake hub holds; of a longer one it says how long it is


def plain(folder: Path) -> None:
    """Write a small model that does no harm."""
    made: Any = tiny("gpt2")
    made.model.save_pretrained(folder)
    made.tokenizer.save_pretrained(folder)


def repository(folder: Path) -> Repository:
    """What a hub has of a folder."""
    found = {path.name: path for path in folder.iterdir()}
    sizes = {name: path.stat().st_size for name, path in found.items()}
    heads = {}
    for name, path in found.items():
        with path.open("rb") as file:
            heads[name] = file.read(LARGEST)
    return Repository(heads, announced={name: size for name, size in sizes.items() if size > LARGEST})


def peak() -> float:
    """The most memory that this process has had since it was last asked, in 10^6 bytes."""
    status = Path("/proc/self/status").read_text("utf-8")
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    Path("/proc/self/clear_refs").write_text("5", "utf-8")
    return int(kilobytes) * 1024 / 1e6


def tried(model: str) -> dict[str, object]:
    """What loading comes to, the seconds it takes and the memory that it takes beside what was there."""
    patience.forget()
    peak()
    before, begun = psutil.Process().memory_info().rss / 1e6, time.perf_counter()
    try:
        load(model)
        told = "loaded"
    except GlassboxError as error:
        told = str(error.values.get("reason", error.key))
    seconds = time.perf_counter() - begun
    return {"told": told, "seconds": seconds, "megabytes": peak() - before}


def environment(root: Path) -> dict[str, str]:
    """What a server is told that may load models of a folder and of a hub."""
    return {
        "GLASSBOX_MODELS": str(root / "folders"), "HF_HUB_CACHE": str(root / "cache"), "GLASSBOX_PUBLIC": "0",
        "GLASSBOX_MODEL_BUDGET_MB": "850", "HF_HUB_OFFLINE": "0",
    }  # fmt: skip


def laid(root: Path, hub: FakeHub) -> Iterator[tuple[str, str]]:
    """Write them one after the other; the name and the id of each that has just been written."""
    for at, (name, (harm, _)) in enumerate({**BOMBS, **LINKS}.items()):
        folder = root / "folders" / f"bomb{at}"
        plain(folder)
        harm(folder)
        if name in BOMBS:
            hub.repositories[f"ann/bomb{at}"] = repository(folder)
            yield f"{name}, hub", f"hub:ann/bomb{at}"
        yield name, f"folder:bomb{at}"


def main() -> dict[str, dict[str, object]]:
    """Load all of them."""
    root = Path(tempfile.mkdtemp())
    os.environ |= environment(root)
    plain(root / "folders" / "plain")
    found = {}
    with serve({"ann/plain": repository(root / "folders" / "plain")}) as hub:
        os.environ["HF_ENDPOINT"] = hub.url
        found["plain"] = tried("folder:plain")  # the libraries are imported now
        evict("folder:plain")
        for name, id in laid(root, hub):
            found[name] = tried(id)
        there = [str(one) for one in disk.cache_folder().rglob("*") if one.is_file()]
        found["disk"] = {
            "left": [one for one in there if not one.endswith("CACHEDIR.TAG")]
        }  # the library's, 191 bytes
        found["plain, hub"] = tried("hub:ann/plain")
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main()))
