"""The runs that are bundled, each for one point, and how they are written."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from core.data.lab_recipe import Recipe, as_strings
from core.data.lab_runs import INDEX, SEARCH, weights
from core.data.lab_runs import run as bundled
from core.models.load.manifest import FORMAT, NAME
from core.models.load.writing import as_json, sha256
from core.paths import DATA
from core.training.lab import frames
from core.training.lab.frames import Frame
from core.training.lab.live import curves
from core.training.lab.run import Record, Run, moments

COMMAND = "python -m core.training.lab --write"
FOLDER = DATA / "lab"
CARD = Path(__file__).parents[1] / "card_texts" / "lab.md"
PIECES = 160
"""Most pieces whose vectors are kept at every moment: the most frequent ones."""
DIGITS = 4
"""Significant digits of a curve."""
TRIALS = 12
"""Of the grid, and at random."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A run with its group and the run beside it."""

    recipe: Recipe
    group: str
    twin: str = ""
    every: int = 12  # weights are kept at one moment in so many, besides the first and the last


_SMALL = Recipe(
    task="reverse", width=32, heads=2, context=24, batch=32, rate=1e-2, warmup=40, steps=800, clip=0.0
)  # fmt: skip
_DROP = replace(_SMALL, dropout=0.2)
_GATHER = replace(_SMALL, batch=4, accumulation=8)
_WARM = replace(_SMALL, layers=4, rate=2e-2, warmup=150, steps=400)
_FEW = Recipe(
    task="english", part=0.03, width=64, context=32, batch=32, rate=3e-3, decay=0.0, steps=900, warmup=50
)
_PLAIN = Recipe(task="english", width=32, heads=2, context=32, batch=32, rate=5e-3, steps=600, warmup=50)
_RACE = replace(_SMALL, clip=1.0)

RUNS: Mapping[str, Bundle] = {
    "english": Bundle(Recipe(task="english", width=64, context=48, batch=24, rate=4e-3, steps=1500), "task", every=3),
    "poems": Bundle(Recipe(task="poems", width=64, context=32, batch=32, rate=4e-3, steps=1200), "task", every=6),
    "addition": Bundle(Recipe(task="addition", width=64, context=16, batch=64, rate=4e-3, steps=2400), "task", every=3),
    "reverse": Bundle(Recipe(task="reverse", width=64, context=24, batch=64, rate=4e-3, steps=1200), "task", every=3),
    "dates": Bundle(Recipe(task="dates", width=64, context=40, batch=32, rate=4e-3, steps=1200), "task", every=3),
    "sound": Bundle(_SMALL, "fault"),
    "fault-rate": Bundle(replace(_SMALL, fault="rate"), "fault", "sound"),
    "fault-shift": Bundle(replace(_SMALL, fault="shift"), "fault", "sound"),
    "fault-zeroing": Bundle(replace(_SMALL, fault="zeroing"), "fault", "sound"),
    "fault-order": Bundle(replace(_SMALL, fault="order"), "fault", "sound"),
    "sound-dropout": Bundle(_DROP, "fault"),
    "fault-evaluation": Bundle(replace(_DROP, fault="evaluation"), "fault", "sound-dropout"),
    "sound-average": Bundle(_GATHER, "fault"),
    "fault-average": Bundle(replace(_GATHER, fault="average"), "fault", "sound-average"),
    "warmup": Bundle(_WARM, "warmup"),
    "fault-warmup": Bundle(replace(_WARM, fault="warmup"), "fault", "warmup"),
    "overfitted": Bundle(_FEW, "overfitting"),
    "cured-dropout": Bundle(replace(_FEW, dropout=0.3), "overfitting", "overfitted"),
    "cured-stopping": Bundle(replace(_FEW, patience=4), "overfitting", "overfitted"),
    "cured-data": Bundle(replace(_FEW, part=1.0), "overfitting", "overfitted"),
    "smoothing-off": Bundle(_PLAIN, "smoothing"),
    "smoothing-on": Bundle(replace(_PLAIN, smoothing=0.1), "smoothing", "smoothing-off"),
    "optimizer-sgd": Bundle(replace(_RACE, optimizer="sgd", rate=0.1), "optimizer", "optimizer-adamw"),
    "optimizer-momentum": Bundle(replace(_RACE, optimizer="momentum", rate=0.1), "optimizer", "optimizer-adamw"),
    "optimizer-adagrad": Bundle(replace(_RACE, optimizer="adagrad", rate=0.03), "optimizer", "optimizer-adamw"),
    "optimizer-adamw": Bundle(_RACE, "optimizer"),
    "schedule-constant": Bundle(replace(_RACE, schedule="constant"), "schedule", "optimizer-adamw"),
    "schedule-linear": Bundle(replace(_RACE, schedule="linear"), "schedule", "optimizer-adamw"),
    "schedule-step": Bundle(replace(_RACE, schedule="step"), "schedule", "optimizer-adamw"),
    "schedule-exponential": Bundle(replace(_RACE, schedule="exponential"), "schedule", "optimizer-adamw"),
    "schedule-plateau": Bundle(replace(_RACE, schedule="plateau"), "schedule", "optimizer-adamw"),
    "masked": Bundle(replace(_PLAIN, objective="masked", steps=900), "objective", "smoothing-off"),
    "both": Bundle(replace(_PLAIN, objective="both"), "objective", "smoothing-off"),
    "adversarial": Bundle(replace(_FEW, epsilon=0.05), "overfitting", "overfitted"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A training that is over."""

    run: Run
    records: Sequence[Record]
    frames: Sequence[Frame]
    stored: Mapping[int, dict[str, np.ndarray[Any, Any]]]


def train(recipe: Recipe, every: int) -> Made:
    """The whole training of a recipe with its moments; weights of one moment in ``every``, and of the last."""
    run = Run(recipe)
    kept = moments(recipe.steps)
    wanted = {*kept[::every], kept[-1]}
    records: list[Record] = []
    seen, stored = [frames.look(run)], {0: halves(run)}
    for record in run.records():
        records.append(record)
        if run.done in kept or run.ended:
            seen.append(frames.look(run))
            if run.done in wanted or run.ended:
                stored[run.done] = halves(run)
    return Made(run, records, seen, stored)


def halves(run: Run) -> dict[str, np.ndarray[Any, Any]]:
    """The parameters in float16."""
    return {name: one.detach().numpy().astype(np.float16) for name, one in run.model.named_parameters()}


def shown_pieces(run: Run) -> np.ndarray[Any, Any]:
    """The most frequent pieces of what is trained on, in the order of the vocabulary."""
    counts = np.bincount(run.task.train.ids.ravel(), minlength=len(run.task.vocabulary))
    counts[:3] = 0
    there = int((counts > 0).sum())
    return np.sort(np.argsort(-counts, kind="stable")[: min(PIECES, there)]).astype(np.int32)


def contents(name: str, bundle: Bundle, made: Made) -> dict[str, bytes]:
    """The two files of a run."""
    from safetensors.numpy import save

    shown = shown_pieces(made.run)
    arrays: dict[str, Any] = {
        "attention": np.stack([one.attention for one in made.frames]),
        "embeddings": np.ascontiguousarray(np.stack([one.embeddings[shown] for one in made.frames])),
        "shown": shown,
    }
    for step, parts in made.stored.items():
        arrays |= {f"{step:05d}/{key}": value for key, value in parts.items()}
    return {
        f"{name}.safetensors": save(arrays),
        f"{name}.json.gz": _zipped(told(name, bundle, made)),
    }


def told(name: str, bundle: Bundle, made: Made) -> dict[str, Any]:
    """What is said of a run besides its arrays."""
    run, task = made.run, made.run.task
    columns = curves([astuple(one) for one in made.records], len(run.group_names))
    return {
        "recipe": as_strings(bundle.recipe), "command": f"{COMMAND} {name}", "ended": run.ended,
        "groups": run.group_names, **{key: _listed(column) for key, column in columns.items()},
        "frames": [
            {"step": one.step, "samples": one.samples, "accuracy": _short(one.accuracy),
             "honest": _short(one.held_out), "right": _short(one.right), "sure": _short(one.sure)}
            for one in made.frames
        ],
        "questions": task.questions, "answers": task.answers, "text": frames.fixed_text(task),
        "pieces": task.vocabulary.pieces, "merges": task.vocabulary.merges, "stored": sorted(made.stored),
    }  # fmt: skip


def entry(bundle: Bundle, made: Made) -> dict[str, Any]:
    """A run's line in the index."""
    last, measured = made.frames[-1], [one.held_out for one in made.records if one.held_out is not None]
    return {
        "group": bundle.group, "twin": bundle.twin, "recipe": as_strings(bundle.recipe), "ended": made.run.ended,
        "steps": made.run.done, "loss": _short(made.records[-1].loss), "held_out": _short(measured[-1]),
        "honest": _short(last.held_out), "accuracy": _short(last.accuracy), "seconds": round(made.run.seconds, 1),
    }  # fmt: skip


def _listed(column: np.ndarray[Any, Any]) -> Any:
    if column.ndim > 1:
        return [_listed(row) for row in column]
    return [_short(float(value)) for value in column]


def _short(value: float) -> float | None:
    """A number of four significant digits; None for what is none."""
    return float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None


def _zipped(value: object) -> bytes:
    content = io.BytesIO()
    with gzip.GzipFile(fileobj=content, mode="wb", mtime=0) as file:
        file.write(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
    return content.getvalue()


# --- the search -----------------------------------------------------------------------------------

_TRIED = replace(_RACE, steps=250, warmup=20)
RATES, WIDTHS = (1e-3, 3e-3, 1e-2, 3e-2), (16, 32, 64)


def trials() -> list[tuple[str, Recipe]]:
    """A grid of rate and width, and as many at random: rate, width, layers, batch, warm-up."""
    grid = [("grid", replace(_TRIED, rate=rate, width=width)) for rate in RATES for width in WIDTHS]
    chance = np.random.default_rng(7)
    free = [
        (
            "random",
            replace(
                _TRIED,
                rate=float(f"{10 ** chance.uniform(-3.5, -1):.2g}"),
                width=int(chance.choice((16, 24, 32, 48, 64))),
                layers=int(chance.integers(1, 4)),
                batch=int(chance.choice((16, 32, 64))),
                warmup=int(chance.integers(0, 60)),
            ),
        )
        for _ in range(TRIALS)
    ]
    return grid + free


def tried(by: str, recipe: Recipe) -> dict[str, Any]:
    """What came of one trial."""
    run = Run(recipe)
    measured = [record.held_out for record in run.records() if record.held_out is not None]
    last = frames.look(run)
    return {
        "by": by, "recipe": as_strings(recipe), "held_out": _short(min(measured)), "accuracy": _short(last.accuracy),
        "parameters": sum(one.numel() for one in run.model.parameters()),
    }  # fmt: skip


# --- the folder -----------------------------------------------------------------------------------


def write(name: str) -> str:
    """Train one run, or the search, and put it into the folder; says what came of it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    if name == "search":
        found = {"trials": [tried(by, recipe) for by, recipe in trials()]}
        (FOLDER / SEARCH).write_text(as_json(found), encoding="utf-8")
        seal()
        return f"search: {len(found['trials'])} trials"
    bundle = RUNS[name]
    made = train(bundle.recipe, bundle.every)
    for file, content in contents(name, bundle, made).items():
        (FOLDER / file).write_bytes(content)
    path = FOLDER / INDEX
    known = json.loads(path.read_text("utf-8"))["runs"] if path.exists() else {}
    known[name] = entry(bundle, made)
    path.write_text(as_json({"runs": {one: known[one] for one in RUNS if one in known}}), encoding="utf-8")
    seal()
    return f"{name}: {known[name]}"


def seal() -> None:
    """The card and the manifest of what lies in the folder."""
    (FOLDER / "README.md").write_bytes(CARD.read_bytes())
    files = {}
    for path in sorted(FOLDER.iterdir()):
        if path.name != NAME:
            content = path.read_bytes()
            files[path.name] = {"sha256": sha256(content), "bytes": len(content), "source": "core.training.lab",
                                "licence": "Apache-2.0", "command": COMMAND}  # fmt: skip
    manifest = {"format": FORMAT, "model": "lab", "files": files, "tensors": {}, "dequantized_sha256": {}}
    (FOLDER / NAME).write_text(as_json(manifest), encoding="utf-8")


def state_of(name: str, step: int) -> bytes:
    """The state of a bundled run at a moment whose weights are kept, for ``live.fork_bundled``; a fresh optimizer.

    Errors: those of ``lab_runs.weights``.
    """
    import torch

    found = weights(name, step)
    recipe = bundled(name).recipe
    torch_random = torch.Generator().manual_seed(recipe.seed).get_state()
    state = {
        "model": {key: torch.from_numpy(value.copy()) for key, value in found.items()}, "optimizer": {}, "grads": [],
        "plateau": {}, "random": torch_random, "done": step, "ended": "", "best": float("inf"), "waited": 0,
        "seconds": 0.0,
    }  # fmt: skip
    content = io.BytesIO()
    torch.save(state, content)
    return content.getvalue()
