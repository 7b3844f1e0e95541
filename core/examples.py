"""The bundled results that a page opens on: which they are, and the command that writes them.

``python -m core.examples`` computes every result that a default or an experiment of a declared page needs, in both
languages, and writes it to ``assets/examples``; a test checks each against a live computation.
"""

from __future__ import annotations

import argparse
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core import catalog, results
from core.catalog import LANGUAGES, Language, Page, State, Value
from core.catalog import model_anatomy as anatomy_page
from core.catalog import position_curves as position_page
from core.catalog.embedding_space import VIEWS
from core.compute import (
    attention_heads,
    embedding_calls,
    embedding_space,
    model_flow,
    model_lens_calls,
    model_masks,
    next_token,
    position_curves,
    projection,
    projection_worker,
    repetition,
    token_adding,
    token_markers,
    token_splits,
)  # fmt: skip
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
        start: dict[str, Any] = {"model": page.model[language], "text": page.text[language], "lang": language}
        yield start
        for view in page.param("view").options if "view" in {p.name for p in page.params} else ():
            yield {**start, "view": view}
        for question in page.questions:
            for preset in (question.ask, question.reveal):
                yield {**start, **preset.values(language)}
        for opening in page.openings:
            yield {**start, **opening}


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
    """What the tokenization page computes in a state, by the part of it that is shown."""

    def value(name: str) -> Any:
        return state.get(name, page.default(name, str(state["model"])))

    own = {"model": state["model"], "text": state["text"]}
    if value("part") == "train":
        corpus = {"algorithm": value("algorithm"), "corpus": value("corpus")}
        yield Example(token_splits.train, {**corpus, "size": value("size")})
        yield Example(token_splits.curve, corpus)
    elif value("part") == "template":
        yield Example(token_markers.chat, {**own, "prompt": value("turn") == "answer"})
        yield Example(token_markers.batch, {**own, "side": value("side")})
    elif value("part") == "add":
        yield Example(token_adding.add_words, {**own, "words": value("words")})
    else:
        yield from cut_calls(page, state)


def cut_calls(page: Page, state: State) -> Iterator[Example]:
    """What the first part of the tokenization page computes in a state."""
    text, model = str(state["text"]), str(state["model"])
    vocabularies = state.get("vocab", page.default("vocab", model))
    assert isinstance(vocabularies, tuple)
    yield Example(token_splits.split, {"text": text, "vocabularies": vocabularies})
    yield Example(token_splits.fertility, {"vocabularies": vocabularies})
    splits = token_splits.split(text=text, vocabularies=vocabularies)
    by, piece = telling(splits, str(state.get("by", "")), str(state.get("piece", "")))
    position, _ = place(splits, by, piece)
    yield Example(token_splits.explain_word, {"text": text, "vocabulary": by, "position": position})


def position_calls(page: Page, state: State) -> Iterator[Example]:
    """What the page about positions computes in a state; its formulas are computed in the browser."""
    view, who = (str(state.get(name, page.default(name, ""))) for name in ("view", "who"))
    read = {"text": state["text"], "limit": page.limit}
    decoder, encoder = position_page.DECODER, position_page.ENCODER
    if view == "learned":
        yield Example(position_curves.learned, {"model": encoder})
    elif view == "scores":
        place = {name: state.get(name, page.default(name, decoder)) for name in ("layer", "head")}
        yield Example(position_curves.real, {"model": decoder, **read, **place})
    elif view == "shuffle":
        seed = state.get("seed", page.default("seed", ""))
        for role, model in (("encoder", encoder), ("decoder", decoder)):
            if who in (role, "both"):
                yield Example(position_curves.shuffle, {"model": model, **read, "seed": seed})


def embedding_calls_of(page: Page, state: State) -> Iterator[Example]:
    """What the page about word vectors computes in a state, and in its other views."""
    values = {
        param.name: state.get(param.name, page_default(page, param.name, state)) for param in page.params
    }
    for view in VIEWS:
        wanted = embedding_calls.asked({**values, "text": state["text"], "view": view})
        arguments: dict[str, Any] = dict(wanted.arguments)
        if "loaded" in inspect.signature(wanted.function).parameters:
            arguments |= {"model": state["model"]}
        yield Example(wanted.function, arguments)
    if values["word"] and values["view"] == "map":
        yield Example(embedding_space.neighbours, {"table": values["table"], "word": values["word"]})


def page_default(page: Page, name: str, state: State) -> Value:
    """The default of a parameter where a state of the page opens."""
    return page.default(name, str(state["model"]), "zh" if state.get("lang") == "zh" else "en")


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


def anatomy_calls(page: Page, state: State) -> Iterator[Example]:
    """What the anatomy page computes in a state, by its view."""
    view = str(state.get("view", page.default("view", "")))
    if view in anatomy_page.LENS_VIEWS:
        yield from lens_calls(page, state)
        return
    read = {"text": state["text"]}
    if view == "masks":
        for model in (anatomy_page.ENCODER, anatomy_page.DECODER):
            yield Example(model_masks.masks, {"model": model, **read})
        return
    yield Example(model_flow.flow, {"model": state["model"], **read})
    where = {name: state.get(name, page.default(name, "")) for name in ("stack", "layer", "head")}
    if where["head"] != -1:
        yield Example(model_flow.head, {"model": state["model"], **read, **where, "cross": False})


def lens_calls(page: Page, state: State) -> Iterator[Example]:
    """What the views of the residual stream compute in a state."""
    view = str(state["view"])
    language: Language = "zh" if state.get("lang") == "zh" else "en"
    values = {
        param.name: state.get(param.name, page_default(page, param.name, state)) for param in page.params
    }
    read = model_lens_calls.reads(
        view,
        model=str(state["model"]),
        text=str(state["text"]),
        opening=page.text[language],
        language=language,
    )
    for call in model_lens_calls.wanted(view, read.text, values):
        yield Example(
            call.function, {"model": read.model, "text": read.text, "limit": page.limit, **call.arguments}
        )


CALLS: dict[str, Callable[[Page, State], Iterator[Example]]] = {
    "attention_heads": attention_calls,
    "token_splits": token_calls,
    "embedding_space": embedding_calls_of,
    "position_curves": position_calls,
    "next_token": next_calls,
    "model_anatomy": anatomy_calls,
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
    from core.models.loading import load
    from core.models.trace import make_trace

    values = dict(example.arguments)
    wanted = inspect.signature(example.function).parameters
    if not {"trace", "loaded"} & set(wanted):
        with projection.running_with(projection_worker.run):
            return example.function(**values)
    model, text, limit = values.pop("model"), values.pop("text", ""), values.pop("limit", 0)
    loaded = load(model)
    given: dict[str, Any] = {"loaded": loaded} if "loaded" in wanted else {}
    if "trace" in wanted:
        given["trace"] = make_trace(loaded, text, limit=limit)
    elif "text" in wanted:
        given["text"] = text
    with projection.running_with(projection_worker.run):
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
