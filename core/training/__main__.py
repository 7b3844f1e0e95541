"""Train our own models: ``python -m core.training dates|bert|gpt|positions|poems [--out DIR] [--seconds N]``.

Fetches the texts, trains from a fixed seed on one thread of the CPU, measures on what was held out, and writes the
folder of the model: weights, tokenizer, log, card, manifest. A run that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from pathlib import Path

from core.training.data import CACHE
from core.training.recipes import COMMAND, RECIPES, Given


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    import torch

    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("model", choices=sorted(RECIPES))
    parser.add_argument(
        "--out", type=Path, help="folder to write; default: where the app looks for the model"
    )
    parser.add_argument("--seconds", type=float, default=math.inf, help="most CPU seconds of training")
    parser.add_argument("--steps", type=int, default=0, help="steps, instead of the recipe's own number")
    parser.add_argument(
        "--work", type=Path, default=CACHE, help="folder of fetched texts and unfinished runs"
    )
    parser.add_argument("--note", default="", help="a sentence for the card")
    parser.add_argument("--beside", type=Path, help="folder of an earlier model of poems, measured beside it")
    given = parser.parse_args(arguments)
    torch.set_num_threads(1)

    def say(line: str) -> None:
        print(line, flush=True)

    asked = Given(given.out, given.work, given.seconds, given.steps, given.note, say, given.beside)
    out = RECIPES[given.model](asked)
    print(f"written: {out}")


if __name__ == "__main__":
    main()
