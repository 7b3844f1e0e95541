"""Pack the bundled models: ``python -m core.packing.pack smollm2|e5|qwen [--source FILE] [--out FOLDER]``.

The command fetches a package that carries the quantized weights, keeps the quantized values as they are,
renames and re-orders them for transformers, and writes ``assets/models/<id>/``: safetensors shards, config,
tokenizer, model card and manifest. The same source gives the same bytes. It needs requirements-dev.txt.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from core.models.load.writing import Package, write
from core.packing import pack_e5, pack_qwen, pack_smollm2
from core.packing.wheels import wheels
from core.paths import MODELS

RECIPES: dict[str, tuple[str, tuple[str, ...], Callable[[Mapping[str, Path]], Package]]] = {
    "smollm2": (pack_smollm2.MODEL, pack_smollm2.REQUIREMENTS, pack_smollm2.package),
    "e5": (pack_e5.MODEL, pack_e5.REQUIREMENTS, pack_e5.package),
    "qwen": (pack_qwen.MODEL, pack_qwen.REQUIREMENTS, pack_qwen.package),
}
"""Name on the command line → (model id, packages, recipe)."""


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m core.packing.pack", description=__doc__)
    parser.add_argument("model", choices=sorted(RECIPES))
    parser.add_argument(
        "--source", type=Path, action="append", default=[], help="a wheel that is already here; repeatable"
    )
    parser.add_argument("--out", type=Path, help="folder to write; default assets/models/<id>")
    given = parser.parse_args(arguments)
    model, requirements, make = RECIPES[given.model]
    with tempfile.TemporaryDirectory() as folder:
        write(make(wheels(requirements, given.source, Path(folder))), given.out or MODELS / model)


if __name__ == "__main__":
    main()
