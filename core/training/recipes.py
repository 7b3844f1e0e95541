"""How each of our models is made: data, shape, plan, measurements, card. Used by ``python -m core.training``."""

from __future__ import annotations

import io
import itertools
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.models.load.manifest import FORMAT, NAME
from core.models.load.writing import as_json, sha256
from core.paths import DATA, MODELS
from core.training import cards, data, dates, mini_bert, poems, tiny_gpt
from core.training.folders import bytes_of, pack, round_weights, take
from core.training.loop import Plan, Run, Step, seed_all, train, write_line

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch import nn

    from core.training.loop import Score

COMMAND = "python -m core.training"
SEED = 0
LOGGED = 25
"""One step in so many is a line of the log."""
DATE_STEPS = 2300
BERT_STEPS, BERT_TOKENS = 10_500, 2048
GPT_SHAPE = tiny_gpt.Shape(vocabulary=1024, length=128)
GPT_STEPS, GPT_WINDOWS = 4000, 32
KEPT = (0, 10, 20, 40, 80, 160, 250, 350, 450, 550, 600, 650, 700, 750, 800,
        850, 900, 950, 1000, 1100, 1200, 1400, 1700, 2000, 2500, 3000)  # fmt: skip
"""Steps whose weights are kept, besides the last one."""
LINE_SHAPE = tiny_gpt.Shape(vocabulary=1024, length=64)
LINE_STEPS, LINE_WINDOWS = 500, 32
REACH = 4
"""Loss per position is measured up to so many times the trained length."""
POEM_CHARACTERS, POEM_TOKENS, POEM_STEPS = 3500, 1536, 12_000
SAMPLED = 200
"""Poems that are drawn to measure their form."""


@dataclass(frozen=True, slots=True)
class Given:
    """What the command line says."""

    out: Path | None
    work: Path  # fetched packages and unfinished runs
    seconds: float  # of CPU
    steps: int  # 0: the recipe's own
    note: str  # added to the card: what was out of the ordinary
    say: Callable[[str], None]
    beside: Path | None = None  # folder of a model that is measured on the same texts


def _run(
    given: Given, name: str, run: Run, held_out: Score, *, every: int, seen: Callable[[Step], None]
) -> None:
    """Train to the end, from a checkpoint if there is one; ``seen`` is told every step."""
    folder = given.work / name
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint, log = folder / "checkpoint.pt", folder / "log.jsonl"
    if checkpoint.exists():
        run.restore(checkpoint)
    lines = log.read_text("utf-8").splitlines() if log.exists() else []
    kept = [line for line in lines if json.loads(line)["step"] <= run.done]
    log.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
    if run.done == 0:
        seen(Step(0, math.nan, 0.0, 0.0, 0.0))
    for step in train(run, seconds=given.seconds, held_out=held_out, every=every, checkpoint=checkpoint):
        seen(step)
        if step.step % LOGGED == 0 or step.held_out is not None:
            write_line(log, step)
        if step.held_out is not None:
            given.say(f"{name}: step {step.step}, loss {step.loss:.3f}, held out {step.held_out:.3f}, "
                      f"{step.seconds:.0f} s")  # fmt: skip
    run.model.eval()


def _nothing(step: Step) -> None:
    """Where nobody looks on."""


def _log(given: Given, name: str) -> str:
    return (given.work / name / "log.jsonl").read_text("utf-8")


def _plan(given: Given, steps: int, rate: float, warmup: int, **more: Any) -> Plan:
    return Plan(steps=given.steps or steps, rate=rate, warmup=warmup, seed=SEED, **more)


# --- the recipes ----------------------------------------------------------------------------------


def make_dates(given: Given) -> Path:
    """The translator of dates and numbers."""
    engine = dates.tokenizer()
    seed_all(SEED)
    model = dates.make()
    kept = [one for way in ("en-zh", "zh-en") for one in dates.held_out(way, 100, seed=2)]
    some = dates.tensors(kept, engine)
    run = Run(
        model, lambda step: dates.batch(step, SEED, engine), dates.loss, _plan(given, DATE_STEPS, 2e-3, 300)
    )
    _run(given, "dates", run, lambda one: float(dates.loss(one, some)), every=250, seen=_nothing)
    round_weights(model)
    shares = {
        (way, kind): dates.exact(model, engine, dates.held_out(way, 2000, kind=kind))
        for way in ("en-zh", "zh-en")
        for kind in ("date", "number")
    }
    looks = dates.alignment(model, engine, dates.held_out("en-zh", 400, seed=3))
    out = given.out or MODELS / "date-translator"
    special = {
        "pad_token": dates.PAD,
        "bos_token": dates.START,
        "eos_token": dates.END,
        "unk_token": dates.UNKNOWN,
    }
    pack(
        out, model="date-translator", module=model, tokenizer=engine,
        tokenizer_config={**special, "model_max_length": dates.LENGTH}, command=f"{COMMAND} dates",
        sources=["generated"], card=cards.dates(given.note, run.plan, run.done, run.seconds, shares, looks),
        texts={"log.jsonl": _log(given, "dates")},
    )  # fmt: skip
    return out


def make_bert(given: Given) -> Path:
    """The mini BERT."""
    found = mini_bert.corpus(given.work)
    size = found.tokenizer.get_vocab_size()
    asked = mini_bert.held_out(found, 1000)
    few = mini_bert.held_out(found, 150, seed=2)
    seed_all(SEED)
    model = mini_bert.make(size)
    run = Run(model, lambda step: mini_bert.batch(found, step, SEED, BERT_TOKENS), mini_bert.loss,
              _plan(given, BERT_STEPS, 1e-3, 300, half=True))  # fmt: skip
    _run(given, "bert", run, lambda one: mini_bert.quality(one, few).loss, every=250, seen=_nothing)
    round_weights(model)
    quality = mini_bert.quality(model, asked)
    others = mini_bert.baselines(found, asked)
    sample = io.BytesIO()
    np.savez_compressed(sample, ids=asked.ids.astype(np.uint16), kinds=asked.kinds.astype(np.uint8),
                        labels=asked.labels.astype(np.int16), follows=asked.follows.astype(np.uint8))  # fmt: skip
    out = given.out or MODELS / "mini-bert"
    names = ("pad", "unk", "cls", "sep", "mask")
    special = {f"{name}_token": piece for name, piece in zip(names, mini_bert.SPECIAL, strict=True)}
    pack(
        out, model="mini-bert", module=model, tokenizer=found.tokenizer,
        tokenizer_config={**special, "model_max_length": mini_bert.POSITIONS}, command=f"{COMMAND} bert",
        sources=[data.MOBY.name, data.SOTU.name],
        card=cards.bert(given.note, run.plan, run.done, run.seconds, quality, others),
        texts={"log.jsonl": _log(given, "bert"), "quality.json": as_json({**asdict(quality), "baselines": others})},
        blobs={"held-out.npz": sample.getvalue()},
    )  # fmt: skip
    return out


@dataclass(slots=True)
class _Album:
    """The tiny GPT at some steps of its training, measured and kept as it will be shipped."""

    model: nn.Module
    folder: Path
    steps: set[int]
    seen: Any  # windows of trained texts
    kept: Any  # … of held-out ones
    probe: Any  # random tokens, repeated once

    def look(self, step: Step) -> None:
        """Keep and measure the weights, if it is a step that is kept."""
        if step.step not in self.steps:
            return
        halved = tiny_gpt.gpt2(GPT_SHAPE, bos=0, eos=0)
        halved.load_state_dict(self.model.state_dict())
        round_weights(halved)
        halved.train(False)
        row = {
            "step": step.step,
            "train": float(tiny_gpt.losses(halved, self.seen).mean()),
            "held_out": float(tiny_gpt.losses(halved, self.kept).mean()),
            "induction": tiny_gpt.induction(halved, self.probe).tolist(),
        }
        (self.folder / f"{step.step:05d}.safetensors").write_bytes(bytes_of(halved))
        (self.folder / f"{step.step:05d}.json").write_text(json.dumps(row), encoding="utf-8")

    def along(self, done: int) -> dict[str, Any]:
        """What was measured up to a step."""
        rows = [
            json.loads((self.folder / f"{step:05d}.json").read_text("utf-8"))
            for step in sorted(self.steps)
            if step <= done
        ]
        columns = {name: [row[name] for row in rows] for name in ("train", "held_out", "induction")}
        return {"steps": [row["step"] for row in rows], **columns, "probe": self.probe.tolist()}

    def blobs(self, steps: Sequence[int]) -> dict[str, bytes]:
        """The weights of some steps, by the names that they are shipped under."""
        names = [f"{step:05d}.safetensors" for step in steps]
        return {f"steps/{name}": (self.folder / name).read_bytes() for name in names}


def _album(given: Given, model: nn.Module, text: tiny_gpt.Text, most: int) -> _Album:
    folder = given.work / "gpt" / "steps"
    folder.mkdir(parents=True, exist_ok=True)
    return _Album(
        model, folder, {step for step in KEPT if step < most} | {most},
        tiny_gpt.spread(text.train, GPT_SHAPE.length, 128), tiny_gpt.spread(text.held_out, GPT_SHAPE.length, 256),
        tiny_gpt.induction_text(text.common, GPT_SHAPE.length // 2),
    )  # fmt: skip


def make_gpt(given: Given) -> Path:
    """The tiny GPT with its checkpoints."""
    text = tiny_gpt.english(GPT_SHAPE.vocabulary, given.work)
    seed_all(SEED)
    model = tiny_gpt.gpt2(GPT_SHAPE, bos=0, eos=0)
    tiny_gpt.sharpen(model)
    plan = _plan(given, GPT_STEPS, 3e-3, 100, half=True)
    album = _album(given, model, text, plan.steps)

    def batch(step: int) -> Any:
        return tiny_gpt.batch(text, step, SEED, GPT_WINDOWS, GPT_SHAPE.length, tiny_gpt.REPEATS)

    run = Run(model, batch, tiny_gpt.loss, plan)
    some = album.kept[::4]
    _run(given, "gpt", run, lambda one: float(tiny_gpt.losses(one, some).mean()), every=250, seen=album.look)
    if run.done not in album.steps:  # out of time
        album.steps.add(run.done)
        album.look(Step(run.done, 0.0, 0.0, 0.0, run.seconds))
    round_weights(model)
    along = album.along(run.done)
    out = given.out or MODELS / "tiny-gpt"
    pack(
        out, model="tiny-gpt", module=model, tokenizer=text.tokenizer,
        tokenizer_config={"bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>",
                          "model_max_length": GPT_SHAPE.length},
        command=f"{COMMAND} gpt", sources=[data.MOBY.name, data.SOTU.name],
        card=cards.gpt(given.note, run.plan, run.done, run.seconds, along, _baselines(text)),
        texts={"log.jsonl": _log(given, "gpt"), "checkpoints.json": as_json(along)}, blobs=album.blobs(along["steps"]),
    )  # fmt: skip
    return out


def _baselines(text: tiny_gpt.Text) -> dict[str, float]:
    """Held-out loss of token frequencies, and of frequencies after each token (add-one on top of the former)."""
    size = text.tokenizer.get_vocab_size()
    pairs, single = np.zeros((size, size)), np.zeros(size)
    for ids, share in zip(text.train, (tiny_gpt.NOVEL, 1 - tiny_gpt.NOVEL), strict=True):
        weight = share / len(ids) * 1e6
        np.add.at(pairs, (ids[:-1], ids[1:]), weight)
        single += np.bincount(ids, minlength=size) * weight
    frequency = (single + 1) / (single + 1).sum()
    after = (pairs + 20 * frequency) / (pairs.sum(1, keepdims=True) + 20)
    kept = tiny_gpt.spread(text.held_out, GPT_SHAPE.length, 256)
    return {
        "token frequencies": float(-np.log(frequency[kept[:, 1:]]).mean()),
        "frequencies after each token": float(-np.log(after[kept[:, :-1], kept[:, 1:]]).mean()),
    }


def make_positions(given: Given) -> Path:
    """Five models that differ in their positions only, and their loss at every position."""
    text = tiny_gpt.english(LINE_SHAPE.vocabulary, given.work)
    far = REACH * LINE_SHAPE.length
    kept = _sliding(text, far)
    few = tiny_gpt.spread(text.held_out, LINE_SHAPE.length, 128)
    curves: dict[str, Any] = {}
    blobs: dict[str, bytes] = {}
    runs: dict[str, Run] = {}
    for scheme in tiny_gpt.SCHEMES:
        seed_all(SEED)
        model = tiny_gpt.make(LINE_SHAPE, scheme)

        def batch(step: int) -> Any:
            return tiny_gpt.batch(text, step, SEED, LINE_WINDOWS, LINE_SHAPE.length)

        run = runs[scheme] = Run(model, batch, tiny_gpt.loss, _plan(given, LINE_STEPS, 2e-3, 150, half=True))
        _run(given, f"positions-{scheme}", run, lambda one: float(tiny_gpt.losses(one, few).mean()), every=250,
             seen=_nothing)  # fmt: skip
        round_weights(model)
        blobs[f"{scheme}.safetensors"] = bytes_of(model)
        curves[scheme] = _curve(model, kept, LINE_SHAPE.length if scheme == "learned" else far)
        given.say(f"positions: {scheme} measured")
    first = next(iter(runs.values()))
    measured_on = {"windows": len(kept), "trained": LINE_SHAPE.length, "length": far, "schemes": list(curves)}
    out = given.out or DATA / "positions"
    texts = {
        "curves.json": as_json({**measured_on, **{key: {s: c[key] for s, c in curves.items()} for key in
                                                   ("loss", "error")}}),
        "tokenizer.json": text.tokenizer.to_str(),
        "README.md": cards.positions(given.note, first.plan, first.done, sum(run.seconds for run in runs.values()),
                                     measured_on, {scheme: curve["loss"] for scheme, curve in curves.items()}),
    } | {f"{scheme}.jsonl": _log(given, f"positions-{scheme}") for scheme in curves}  # fmt: skip
    _write_data(out, {**{name: content.encode() for name, content in texts.items()}, **blobs})
    return out


def _sliding(text: tiny_gpt.Text, length: int) -> Any:
    """Overlapping held-out windows: nearly every token is predicted at every position."""
    parts = []
    for ids, stride in zip(text.held_out, (48, 144), strict=True):
        starts = np.arange(0, len(ids) - length - 1, stride)
        parts.append(ids[starts[:, None] + np.arange(length + 1)].astype(np.int64))
    return np.concatenate(parts)


def _curve(model: nn.Module, kept: Any, reach: int) -> dict[str, list[float | None]]:
    """Mean loss and its standard error at each position; None where the model has no position."""
    found = tiny_gpt.losses(model, kept[:, : reach + 1])
    gap: list[float | None] = [None] * (kept.shape[1] - 1 - reach)
    loss = [round(float(one), 5) for one in found.mean(0)]
    error = [round(float(one), 5) for one in found.std(0) / math.sqrt(len(found))]
    return {"loss": [*loss, *gap], "error": [*error, *gap]}


def _write_data(out: Path, contents: dict[str, bytes]) -> None:
    """A folder of data with a manifest."""
    out.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (out / name).write_bytes(content)
    files = {
        name: {"sha256": sha256(content), "bytes": len(content), "source": "core.training", "licence": "Apache-2.0",
               "command": f"{COMMAND} positions"}
        for name, content in contents.items()
    }  # fmt: skip
    manifest = {
        "format": FORMAT,
        "model": "positions",
        "files": files,
        "tensors": {},
        "dequantized_sha256": {},
    }
    (out / NAME).write_text(as_json(manifest), encoding="utf-8")


def make_poems(given: Given) -> Path:
    """The GPT that writes poems."""
    tang = data.tang(POEM_CHARACTERS, given.work)
    both = tang, data.song(tang, given.work)
    engine = tiny_gpt.characters(tang)
    trained = [
        tuple(itertools.chain(*parts))
        for parts in zip(*(one for part in both for one in (part.train, part.partly)), strict=True)
    ]
    ids = tiny_gpt.poem_ids(engine, trained)
    asked = data.unseen(tang.held_out, trained), both[1].held_out
    kept = [tiny_gpt.poem_ids(engine, forms) for forms in asked]
    shape = tiny_gpt.Shape(engine.get_vocab_size(), max(form.shape[1] for form in ids), width=192, layers=4)
    seed_all(SEED)
    model = tiny_gpt.gpt2(shape, bos=0, eos=1)
    run = Run(model, lambda step: tiny_gpt.poem_batch(ids, step, SEED, POEM_TOKENS), tiny_gpt.poem_loss,
              _plan(given, POEM_STEPS, 1.5e-3, 300, half=True))  # fmt: skip
    few = [form[:60] for forms in kept for form in forms]
    _run(given, "poems", run, lambda one: poems.bits(one, few) * math.log(2), every=250, seen=_nothing)
    round_weights(model)
    told = cards.Poems(
        shape,
        (_count(tang.train, tang.partly), _count(both[1].train, both[1].partly)),
        sum(len(form) for forms in kept for form in forms),
        _poem_bits(model, given, shape, ids, kept),
        poems.continued(model, engine, data.couplets(trained)),
        *_drawn(model, engine, data.couplets(trained)),
    )
    out = given.out or MODELS / "poem-gpt"
    pack(
        out, model="poem-gpt", module=model, tokenizer=engine,
        tokenizer_config={"bos_token": tiny_gpt.BEGIN, "eos_token": tiny_gpt.STOP, "unk_token": tiny_gpt.OTHER,
                          "model_max_length": shape.length},
        command=f"{COMMAND} poems", sources=[data.POEMS.name, data.SIMPLE.name],
        card=cards.poems(given.note, run.plan, run.done, run.seconds, told),
        texts={"log.jsonl": _log(given, "poems")},
    )  # fmt: skip
    return out


def _count(*parts: Sequence[Sequence[str]]) -> int:
    return sum(len(form) for part in parts for form in part)


def _poem_bits(
    model: nn.Module, given: Given, shape: tiny_gpt.Shape, ids: Any, kept: Sequence[Any]
) -> dict[str, list[float]]:
    """Bits per character of held-out Tang and Song poems, of the model and of what is measured beside it."""
    found = {"this model": [poems.bits(model, forms) for forms in kept]}
    if given.beside is not None:
        other = tiny_gpt.gpt2(shape, bos=0, eos=1)
        take(other, (given.beside / "model.safetensors").read_bytes())
        other.train(False)
        found["the model before this one"] = [poems.bits(other, forms) for forms in kept]
    for order in (1, 3, poems.HIGHEST):
        found[f"{order}-grams of the same poems"] = [
            float(-np.log2(poems.ngrams(ids, forms, shape.vocabulary, order)).mean()) for forms in kept
        ]
    return found


def _drawn(model: Any, engine: Tokenizer, known: set[str]) -> tuple[list[str], float, float]:
    """Drawn poems, the share of regular ones, and of couplets that were trained on."""
    drawn = tiny_gpt.sample(model, engine, SAMPLED, temperature=0.8, seed=SEED)
    lines = [line for text in drawn for line in text.splitlines()]
    regular = sum(bool(data.regular(text.split("\n"))) for text in drawn) / len(drawn)
    return drawn, regular, sum(line in known for line in lines) / max(1, len(lines))


RECIPES: dict[str, Callable[[Given], Path]] = {
    "dates": make_dates,
    "bert": make_bert,
    "gpt": make_gpt,
    "positions": make_positions,
    "poems": make_poems,
}
"""Name on the command line → recipe."""
