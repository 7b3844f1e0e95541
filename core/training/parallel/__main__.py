"""Train the tiny model in every way: ``python -m core.training.parallel --write``.

Two and then four processes train it by data, tensor and pipeline parallelism and by ZeRO 1 to 3, in float64 and in
float32, from the same weights on the same batches as one process does; what each holds and sends is counted.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, cast

from core.compute.parallel_training.formulas import TINY, WAYS
from core.models.load.manifest import FORMAT, NAME
from core.models.load.writing import as_json, sha256
from core.paths import DATA
from core.training.parallel.runs import PRECISIONS, SEQUENCES, Job, Precision, alone, train, work

COMMAND = "python -m core.training.parallel --write"
FOLDER = DATA / "parallel"
STEPS = 20
PROCESSES = (2, 4)
CARD = Path(__file__).parents[1] / "card_texts" / "parallel.md"


def names(processes: int) -> tuple[str, ...]:
    """The ways that so many processes train in; mixed: two by two."""
    return (*WAYS, "mixed") if processes > 2 else WAYS


def measured() -> dict[str, Any]:
    """What came of all runs, as it is bundled."""
    found: list[dict[str, Any]] = []
    for count in PROCESSES:
        jobs = [Job(name, precision) for name in names(count) for precision in PRECISIONS]
        for job, done in zip(jobs, train(count, jobs, STEPS), strict=True):
            found.append({
                "way": job.name, "processes": count, "precision": job.precision, "losses": done.losses,
                "apart": done.apart, "sent": done.sent, "held": done.held, "alive": done.alive, "kept": done.kept,
            })  # fmt: skip
    return {
        "steps": STEPS, "tokens": SEQUENCES * TINY.length, "parameters": TINY.parameters,
        "alone": {precision: alone(precision, STEPS)[0] for precision in PRECISIONS}, "runs": found,
    }  # fmt: skip


def write(folder: Path) -> None:
    """Run everything and write the folder with its manifest."""
    contents = {"runs.json": as_json(measured()).encode(), "README.md": CARD.read_bytes()}
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    about = {"source": "core.training.parallel", "licence": "Apache-2.0", "command": COMMAND}
    files = {
        name: {"sha256": sha256(content), "bytes": len(content), **about}
        for name, content in contents.items()
    }
    manifest = {
        "format": FORMAT,
        "model": "parallel",
        "files": files,
        "tensors": {},
        "dequantized_sha256": {},
    }
    (folder / NAME).write_text(as_json(manifest), encoding="utf-8")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m core.training.parallel", description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"run everything and write {FOLDER.name}")
    parser.add_argument("--work", type=Path, help="do jobs as one of several processes, in this folder")
    parser.add_argument("--rank", type=int, default=0)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("jobs", nargs="*", help="way:precision")
    given = parser.parse_args()
    if given.work:
        parts = [job.split(":") for job in given.jobs]
        jobs = [Job(name, cast("Precision", precision)) for name, precision in parts]
        work(given.work, given.rank, given.processes, jobs, given.steps)
    elif given.write:
        write(FOLDER)


if __name__ == "__main__":
    main()
