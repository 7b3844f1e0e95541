"""A model from outside whose vocabulary is texts that would be programs and links: each of them is one token."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file
from tokenizers import AddedToken, Tokenizer

from core.paths import ROOT
from tests.hostile import INJECTIONS

NAME = "hostile"
ID = f"folder:{NAME}"
SOURCE = ROOT / "assets" / "models" / "tiny-gpt"
LONGEST = 100
PLACES = 512
"""Tokens that it reads: as many as any page takes."""


WORDS = tuple(text.replace(" ", "/") for text in INJECTIONS if text.isprintable() and len(text) < LONGEST)
"""Markup without spaces: a label shows a space by a sign, which would break it."""


def write(root: Path) -> None:
    """The bundled tiny GPT with these words more, under ``root``, which is to be ``$GLASSBOX_MODELS``."""
    folder = root / NAME
    folder.mkdir()
    tokenizer = Tokenizer.from_file(str(SOURCE / "tokenizer.json"))
    tokenizer.add_tokens([AddedToken(text, normalized=False) for text in WORDS])
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_bytes((SOURCE / "tokenizer_config.json").read_bytes())
    weights = {
        name: value.astype(np.float32) for name, value in load_file(SOURCE / "model.safetensors").items()
    }
    words, places = weights["transformer.wte.weight"], weights["transformer.wpe.weight"]
    count = tokenizer.get_vocab_size()
    weights["transformer.wte.weight"] = words[np.arange(count) % len(words)]
    weights["transformer.wpe.weight"] = places[np.arange(PLACES) % len(places)]
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    config = json.loads((SOURCE / "config.json").read_text("utf-8"))
    config |= {"vocab_size": count, "n_positions": PLACES}
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
