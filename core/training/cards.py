"""The model cards: what a model is, what it was trained on, how good it is, and what it cannot do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.training import dates as translator
from core.training import tiny_gpt
from core.training.data import MOBY, POEMS, SIMPLE, SOTU, Package
from core.training.folders import front_matter, percent, table

if TYPE_CHECKING:
    from core.training.dates import Alignment
    from core.training.loop import Plan
    from core.training.mini_bert import Quality
    from core.training.poems import Continued

TEXTS = Path(__file__).parent / "card_texts"
_FILES = """- `model.safetensors`: all parameters in float16. `config.json`, `tokenizer.json`, `tokenizer_config.json`:
  as transformers reads them.
- `log.jsonl`: the training, a line every 25 steps: loss, gradient norm, learning rate, CPU seconds; at some the
  held-out loss. `manifest.json`: sha256, size and origin of every file."""


def _source(package: Package, what: str) -> str:
    registry = "npm" if package.kind == "npm" else "PyPI"
    return f"- {what}: package `{package.name}` ({registry}), {package.licence}."


def _english() -> str:
    return "\n".join([
        _source(MOBY, "Herman Melville, *Moby-Dick* (1851)"),
        _source(SOTU, "Messages of the presidents of the United States on the State of the Union, 1790–2021"),
        "- Every twentieth chapter and message is held out. A quarter of what is drawn comes from the novel.",
    ])  # fmt: skip


def _made(command: str, note: str, plan: Plan, done: int, seconds: float) -> str:
    return (
        f"Made by `python -m core.training {command}`: {done} steps of AdamW (highest learning rate {plan.rate:g},"
        f" {plan.warmup} steps of warm-up, then a half cosine to zero; weight decay {plan.decay:g}, gradients clipped"
        f" at {plan.clip:g}), seed {plan.seed}, one CPU thread, {seconds / 60:.0f} minutes of CPU time. The batch of a"
        " step depends on the seed and the step's number only; another machine rounds otherwise and gets slightly"
        " different weights."
        + (" Matrices were multiplied in bfloat16, weights updated in float32." if plan.half else "")
        + f" {note}".rstrip()
    )


def _card(name: str, **values: object) -> str:
    """A card from its text in ``core/training/card_texts``."""
    return (TEXTS / f"{name}.md").read_text("utf-8").format(**values)


def dates(
    note: str,
    plan: Plan,
    done: int,
    seconds: float,
    shares: Mapping[tuple[str, str], float],
    looks: Alignment,
) -> str:
    """Card of the translator."""
    ways = {"en-zh": "English → Chinese", "zh-en": "Chinese → English"}
    good = table(("direction", "dates", "numbers"), [
        (ways[way], percent(shares[way, "date"]), percent(shares[way, "number"])) for way in ways
    ])  # fmt: skip
    rows = [(part, count, *_best(looks, part)) for part, count in zip(looks.parts, looks.counts, strict=True)]
    layer, head, share = looks.overall()
    return _card(
        "dates",
        head=front_matter(("en", "zh"), "translation", "Date translator"),
        most=translator.MOST,
        made=_made("dates", note, plan, done, seconds),
        batch=translator.BATCH,
        good=good,
        parts=table(("part", "cases", "layer", "head", "right"), rows),
        layer=layer,
        best=head,
        share=percent(share),
        files=_FILES,
    )


def _best(looks: Alignment, part: str) -> tuple[object, ...]:
    layer, head, share = looks.best(part)
    return layer, head, percent(share)


def bert(
    note: str,
    plan: Plan,
    done: int,
    seconds: float,
    found: Quality,
    others: Mapping[str, tuple[float, float]],
) -> str:
    """Card of the mini BERT."""
    rows = [
        ("this model (sees both sides)", percent(found.first), percent(found.five)),
        ("trigram of the two words on the left, with back-off", *map(percent, others["trigram"])),
        ("the most frequent pieces, always", *map(percent, others["unigram"])),
    ]
    return _card(
        "bert",
        head=front_matter(("en",), "fill-mask", "Mini BERT"),
        english=_english(),
        made=_made("bert", note, plan, done, seconds),
        places=found.places,
        guesses=table(("guess", "right", "among the first five"), rows),
        loss=found.loss,
        follows=percent(found.follows),
        files=_FILES,
        minutes=seconds / 60,
    )


def gpt(
    note: str, plan: Plan, done: int, seconds: float, along: Mapping[str, Any], others: Mapping[str, float]
) -> str:
    """Card of the tiny GPT."""
    scores = np.array(along["induction"])
    rows = []
    for at, step in enumerate(along["steps"]):
        layer, head = np.unravel_index(int(scores[at].argmax()), scores[at].shape)
        rows.append((step, f"{along['train'][at]:.2f}", f"{along['held_out'][at]:.2f}",
                     f"{scores[at].max():.3f} (layer {layer}, head {head})"))  # fmt: skip
    base = "; ".join(f"{name}: {value:.2f}" for name, value in others.items())
    return _card(
        "gpt",
        head=front_matter(("en",), "text-generation", "Tiny GPT"),
        points=len(along["steps"]),
        english=_english(),
        repeats=percent(tiny_gpt.REPEATS),
        low=tiny_gpt.SPAN[0],
        high=tiny_gpt.SPAN[1],
        common=tiny_gpt.COMMON,
        made=_made("gpt", note, plan, done, seconds),
        steps=table(("step", "loss, trained texts", "loss, held out", "induction, best head"), rows),
        formed=_formed(scores),
        base=base,
        files=_FILES,
    )


def _formed(scores: Any) -> str:
    """Whether an induction head formed, in a sentence."""
    best = float(scores[-1].max())
    if best > 0.5:
        return f"An induction head formed: its score rose from {scores[0].max():.3f} to {best:.3f}."
    return (
        f"**No induction head formed in this run** (best score at the end {best:.3f}): what was learned from the"
        " repeated spans is to copy tokens of the text at large, not yet the one that came next."
    )


def positions(
    note: str,
    plan: Plan,
    done: int,
    seconds: float,
    measured: Mapping[str, Any],
    loss: Mapping[str, Sequence[float | None]],
) -> str:
    """Card of the five models with different positions."""
    trained = int(measured["trained"])

    def mean(values: Sequence[float | None], start: int, end: int) -> str:
        found = [value for value in values[start:end] if value is not None]
        return f"{np.mean(found):.3f}" if found else "none"

    rows = [(scheme, *(mean(values, trained * at, trained * (at + 1)) for at in range(4)))
            for scheme, values in loss.items()]  # fmt: skip
    head = ("positions", *(f"{trained * at}–{trained * (at + 1) - 1}" for at in range(4)))
    return _card(
        "positions",
        head=front_matter(("en",), "text-generation", "Five ways to tell the order"),
        trained=trained,
        length=measured["length"],
        english=_english(),
        made=_made("positions", note, plan, done, seconds),
        windows=measured["windows"],
        losses=table(head, rows),
    )


@dataclass(frozen=True, slots=True)
class Poems:
    """What is said of the poem GPT."""

    shape: tiny_gpt.Shape
    trained: tuple[int, int]  # Tang and Song poems
    held_out: int
    bits: Mapping[str, Sequence[float]]  # who → bits per character of held-out Tang and Song poems
    famous: Sequence[Continued]
    drawn: Sequence[str]
    regular: float  # share of the drawn poems
    copied: float  # share of their couplets


def poems(note: str, plan: Plan, done: int, seconds: float, told: Poems) -> str:
    """Card of the poem GPT."""
    rows = [(who, *(f"{value:.2f}" for value in values)) for who, values in told.bits.items()]
    lines = [(one.first, one.written, "yes" if one.right else one.wanted, "yes" if one.trained else "no")
             for one in told.famous]  # fmt: skip
    some = "\n\n".join("\n".join(f"> {line}  " for line in text.splitlines()) for text in told.drawn[:4])
    right = [one for one in told.famous if one.right]
    return _card(
        "poems",
        head=front_matter(("zh",), "text-generation", "Poem GPT"),
        layers=told.shape.layers,
        heads=told.shape.heads,
        width=told.shape.width,
        length=told.shape.length,
        poems=_source(
            POEMS, "{:,} Tang poems (the *Complete Tang Poems*) and {:,} Song poems".format(*told.trained)
        ),
        simple=_source(SIMPLE, "Made simplified with OpenCC's table of single characters"),
        held_out=told.held_out,
        made=_made("poems", note, plan, done, seconds),
        quality=table(("bits per character", "Tang", "Song"), rows),
        famous=table(("first line", "goes on with", "right", "trained on"), lines),
        right=len(right),
        asked=len(told.famous),
        known=sum(one.trained for one in told.famous),
        seed=plan.seed,
        count=len(told.drawn),
        regular=percent(told.regular),
        copied=percent(told.copied),
        some=some,
        files=_FILES,
        characters=told.shape.vocabulary - 6,
    )
