"""The bundled results that a page opens on: which they are, and the command that writes them.

``python -m core.examples`` computes every result that a default or an experiment of a declared page needs, in both
languages, and writes it to ``assets/examples``; a test checks each against a live computation.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core import catalog, results
from core.catalog import LANGUAGES, Page, State
from core.compute import attention_heads, next_token, repetition, token_splits
from core.compute.token_picks import place, telling

FOLDER = Path(__file__).resolve().parents[1] / "assets" / "examples"


@dataclass(frozen=True, slots=True)
class Example:
    """One call of a compute function: plain arguments, ``model`` (and ``text``, ``limit`` where it reads a trace)."""

    function: Callable[..., Any]
    arguments: dict[str, Any]

    @property
    def path(self) -> Path:
        """Where its result lies."""
        return results.bundled_path(self.function, self.arguments, FOLDER)


def states(page: Page) -> Iterator[State]:
    """Every state that must open at once: the defaults and each step of each experiment, in each language."""
    for language in LANGUAGES:
        start: dict[str, Any] = {"model": page.model[language], "text": page.text[language]}
        yield start
        for question in page.questions:
            for preset in (question.ask, question.reveal):
                yield {**start, **preset.values(language)}


def attention_calls(page: Page, state: State) -> Iterator[Example]:
    """What the attention page computes in a state."""
    model = str(state["model"])
    read: dict[str, Any] = {"model": model, "text": state["text"], "limit": page.limit}
    yield Example(attention_heads.overview, read)
    yield Example(attention_heads.calibration, {"model": model})
    place = {name: state.get(name, page.default(name, model)) for name in ("layer", "head")}
    yield Example(attention_heads.focus, {**read, **place})
    if state.get("ablate"):
        mode = state.get("mode", page.default("mode", model))
        yield Example(attention_heads.ablate, {**read, "heads": state["ablate"], "mode": mode})


def token_calls(page: Page, state: State) -> Iterator[Example]:
    """What the tokenization page computes in a state."""
    text, model = str(state["text"]), str(state["model"])
    vocabularies = state.get("vocab", page.default("vocab", model))
    assert isinstance(vocabularies, tuple)
    yield Example(token_splits.split, {"text": text, "vocabularies": vocabularies})
    yield Example(token_splits.fertility, {"vocabularies": vocabularies})
    splits = token_splits.split(text=text, vocabularies=vocabularies)
    by, piece = telling(splits, str(state.get("by", "")), str(state.get("piece", "")))
    position, _ = place(splits, by, piece)
    yield Example(token_splits.explain_word, {"text": text, "vocabulary": by, "position": position})


def next_calls(page: Page, state: State) -> Iterator[Example]:
    """What the next-token page computes in a state."""
    model = str(state["model"])
    chat = state.get("chat", page.default("chat", model)) == "chat"
    read: dict[str, Any] = {"model": model, "prompt": state["text"], "chat": False}
    part = state.get("part", page.default("part", model))
    if part == "loop":
        repeats = state.get("repeats", page.default("repeats", model))
        yield Example(repetition.repeat, {"model": model, "phrase": state["text"], "repeats": repeats})
    elif part == "surprise":
        yield Example(next_token.surprise, read)
        if chat:
            yield Example(next_token.surprise, {**read, "chat": True})
    else:
        forced = state.get("forced", page.default("forced", model))
        yield Example(next_token.distribution, {**read, "chat": chat, "forced": forced})
        yield Example(next_token.labels, {"model": model})


CALLS: dict[str, Callable[[Page, State], Iterator[Example]]] = {
    "attention_heads": attention_calls,
    "token_splits": token_calls,
    "next_token": next_calls,
}


def wanted() -> tuple[Example, ...]:
    """All bundled results, each once."""
    found = {
        example.path: example
        for page in catalog.PAGES
        for state in states(page)
        for example in CALLS[page.stem](page, state)
    }
    return tuple(found.values())


def compute(example: Example) -> Any:
    """The result of an example, computed now."""
    import inspect

    from core.models.loading import load
    from core.models.trace import make_trace

    values = dict(example.arguments)
    if "model" not in values:
        return example.function(**values)
    model, text, limit = values.pop("model"), values.pop("text", ""), values.pop("limit", 0)
    wanted = inspect.signature(example.function).parameters
    loaded = load(model)
    given: dict[str, Any] = {"loaded": loaded} if "loaded" in wanted else {}
    if "trace" in wanted:
        given["trace"] = make_trace(loaded, text, limit=limit)
    return example.function(**given, **values)


def main() -> None:
    """Write all bundled results and remove those that no page wants any more."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    examples = wanted()
    for example in examples:
        results.save(compute(example), example.path)
    for path in set(FOLDER.glob("*.npz")) - {example.path for example in examples}:
        path.unlink()
    size = sum(example.path.stat().st_size for example in examples)
    print(f"{len(examples)} results, {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
