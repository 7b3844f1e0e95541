"""Train the bundled runs: ``python -m core.training.lab --write [name …]``; all of them, one after the other, without.

Each runs on one thread from its seed. ``search`` is the small search.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from core.models.load.lean import leave_compiler_out
from core.training.lab import bundles


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    import torch

    parser = argparse.ArgumentParser(prog="python -m core.training.lab", description=__doc__)
    parser.add_argument(
        "--write", nargs="*", metavar="name", choices=[*bundles.RUNS, "search"], required=True
    )
    given = parser.parse_args(arguments)
    torch.set_num_threads(1)
    leave_compiler_out()
    for name in given.write or [*bundles.RUNS, "search"]:
        sys.stdout.write(f"{bundles.write(name)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
