"""The bundled results that a page opens on: which they are, and the command that writes them.

``python -m core.examples`` computes every result that a default or an experiment of a declared page needs, in both
languages, and writes it to ``assets/examples``; a test checks each against a live computation.
"""

from __future__ import annotations

import argparse
import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core import catalog, results
from core.catalog import LANGUAGES, Language, Page, State, Value
from core.catalog import attention_heads as attention_page
from core.catalog import masked_words as masked_page
from core.catalog import model_anatomy as anatomy_page
from core.catalog import position_curves as position_page
from core.catalog.embedding_space import VIEWS
from core.compute.attention_heads import bertviz, rollout, waking
from core.compute.attention_heads import cross as cross_attention
from core.compute.attention_heads import overview as attention_heads
from core.compute.attention_heads import pair as head_pair
from core.compute.embedding_space import calls as embedding_calls
from core.compute.embedding_space import projection
from core.compute.embedding_space import tables as embedding_space
from core.compute.embedding_space import worker as projection_worker
from core.compute.masked_words import gaps as masked_words
from core.compute.masked_words import pairs as sentence_pairs
from core.compute.masked_words import rule as masking_rule
from core.compute.model_anatomy import calls as model_lens_calls
from core.compute.model_anatomy import flow as model_flow
from core.compute.model_anatomy import masks as model_masks
from core.compute.next_token import distribution as next_token
from core.compute.next_token import repetition
from core.compute.position_curves import views as position_curves
from core.compute.token_splits import adding as token_adding
from core.compute.token_splits import cut as token_splits
from core.compute.token_splits import markers as token_markers
from core.compute.token_splits.picks import place, telling
from core.models import specs
from core.models.load.loading import load
from core.models.read.trace import make_trace
from core.paths import EXAMPLES


@dataclass(frozen=True, slots=True)
class Example:
    """One call of a compute function: plain arguments, ``model`` (and ``text``, ``limit`` where it reads a trace)."""

    function: Callable[..., Any]
    arguments: dict[str, Any]

    @property
    def path(self) -> Path:
        """Where its result lies."""
        return results.bundled_path(self.function, self.arguments, EXAMPLES)


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
    part = state.get("part", page.default("part", model))
    if part != "heads":
        yield from head_part_calls(page, state, str(part), read)
        return
    yield Example(attention_heads.overview, read)
    yield Example(attention_heads.calibration, {"model": model})
    place = {name: state.get(name, page.default(name, model)) for name in ("layer", "head")}
    yield Example(attention_heads.focus, {**read, **place})
    if state.get("ablate"):
        mode = state.get("mode", page.default("mode", model))
        yield Example(attention_heads.ablate, {**read, "heads": state["ablate"], "mode": mode})


def head_part_calls(page: Page, state: State, part: str, read: dict[str, Any]) -> Iterator[Example]:
    """What a further part of the attention page computes in a state."""
    if part == "rollout":
        yield Example(rollout.rollout, read)
    elif part == "wake":
        yield Example(waking.resting, read)
        yield Example(waking.waking, {"model": read["model"]})
    elif part == "bertviz":
        layers = state.get("layers", page.default("layers", read["model"]))
        yield Example(bertviz.weights, {**read, "layers": layers})
    elif part == "cross":
        if attention_page.TRANSLATOR in {spec.id for spec in specs.REGISTRY}:
            source = state.get("source", page_default(page, "source", state))
            yield Example(cross_attention.translate, {"model": attention_page.TRANSLATOR, "source": source})
    elif part == "pair":
        texts = {name: state.get(name, page_default(page, name, state)) for name in ("first", "second")}
        yield Example(head_pair.pair, {"model": attention_page.ENCODER, **texts})


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
    elif view == "beyond":
        yield Example(position_curves.beyond, {})


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
        for model in (anatomy_page.ENCODER, anatomy_page.causal(str(state["text"])), anatomy_page.BOTH):
            text = anatomy_page.read_by(model, str(state["model"]), str(state["text"]))
            yield Example(model_masks.masks, {"model": model, "text": text})
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


def masked_calls(page: Page, state: State) -> Iterator[Example]:
    """What the page about masked words computes in a state, by the view that is shown."""
    view = str(state.get("view", page_default(page, "view", state)))
    text = masked_page.text_for(view, str(state["text"]))
    pairs = str(state.get("pairs", page_default(page, "pairs", state)))
    if view == "rule":
        yield Example(masking_rule.sheet, {"model": state["model"], "text": text})
    elif view == "pairs":
        yield Example(sentence_pairs.cosine, {"model": masked_page.ENCODER, "pairs": pairs})
        yield Example(sentence_pairs.gain, {"model": masked_page.CAUSAL, "pairs": pairs})
        if not sentence_pairs.chinese(pairs):
            yield Example(sentence_pairs.follows, {"model": masked_page.MASKED, "pairs": pairs})
    else:
        sides = (
            Example(masked_words.masked, {"model": masked_page.MASKED, "text": text}),
            Example(masked_words.causal, {"model": masked_page.CAUSAL, "text": text}),
        )
        yield from sides
        if view == "gap":
            yield rescored(text, state, *(at_hand(side) for side in sides))


def rescored(text: str, state: State, told: Any, foreseen: Any) -> Example:
    """The candidates for the hidden word in the whole text; they are what both models have guessed."""
    hidden = masked_words.places_of(text, state.get("hide", ()))  # type: ignore[arg-type] # a list parameter
    place = hidden[0] if hidden else masked_words.telling(told, foreseen)
    candidates = masked_words.rivals(told, foreseen, place)
    arguments = {"model": masked_page.CAUSAL, "text": text, "place": place, "candidates": candidates}
    return Example(masked_words.rerank, arguments)


def at_hand(example: Example) -> Any:
    """Its bundled result, or the one computed now where there is none yet."""
    found = results.bundled(example.function, example.arguments, EXAMPLES)
    return compute(example) if found is None else found


CALLS: dict[str, Callable[[Page, State], Iterator[Example]]] = {
    "attention_heads": attention_calls,
    "token_splits": token_calls,
    "embedding_space": embedding_calls_of,
    "position_curves": position_calls,
    "next_token": next_calls,
    "model_anatomy": anatomy_calls,
    "masked_words": masked_calls,
}


def wanted(stems: Sequence[str] = ()) -> tuple[Example, ...]:
    """All bundled results (or those of some pages), each once."""
    found = {
        example.path: example
        for page in catalog.PAGES
        if not stems or page.stem in stems
        for state in states(page)
        for example in CALLS[page.stem](page, state)
    }
    return tuple(found.values())


def compute(example: Example) -> Any:
    """The result of an example, computed now."""
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
    """Write all bundled results (or those of the pages that are named) and remove those that no page wants any more."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="*", help="stems of the pages whose results are written; default: all")
    stems = parser.parse_args().pages
    EXAMPLES.mkdir(parents=True, exist_ok=True)
    written: set[Path] = set()
    while fresh := [example for example in wanted(stems) if example.path not in written]:
        for (
            example
        ) in fresh:  # what some results ask for depends on others: look again once these are written
            results.save(compute(example), example.path)
            written.add(example.path)
    examples = wanted()
    for path in set(EXAMPLES.glob("*.npz")) - {example.path for example in examples}:
        path.unlink()
    size = sum(example.path.stat().st_size for example in examples)
    print(f"{len(examples)} results, {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
