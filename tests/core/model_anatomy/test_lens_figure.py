"""Payloads and tables of the views of the residual stream, and which computations they ask for."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from core import catalog
from core.calls import complete
from core.catalog import State, Value
from core.catalog.model_anatomy import COUNT, COUNT_ON, DECODER, ENCODER, FRANCE, ITALY
from core.compute.model_anatomy import calls
from core.compute.model_anatomy import lens as model_lens
from core.compute.model_anatomy import neurons as model_lens_neurons
from core.compute.model_anatomy import norms as model_lens_norms
from core.compute.model_anatomy import patching as model_lens_patching
from core.figures.buffer import unpack
from core.figures.model_anatomy import lens as figures
from core.models.read.trace import make_trace
from tests.core.tiny import tiny

VIEWS = ("lens", "contributions", "norms", "patching", "neurons")
ONE, TWO = "The cat and the dog", "The dog and the cat"


def results(view: str, name: str = "gpt2") -> tuple[Any, ...]:
    given: dict[str, Any] = {"loaded": tiny(name), "trace": make_trace(tiny(name), ONE, limit=60)}
    if view == "lens":
        return model_lens.lens(**given), model_lens.tracks(**given, pins=("5",))
    if view == "contributions":
        return (model_lens.contributions(**given),)
    if view == "norms":
        return model_lens_norms.norms(**given), model_lens_norms.without_norms(**given)
    if view == "patching":
        span: dict[str, Any] = {"layer": 1, "first": 0, "last": 2}
        return (
            model_lens_patching.patching(**given, other=TWO),
            model_lens_patching.patch_span(**given, other=TWO, **span),
        )
    return (model_lens_neurons.neurons(**given),)


@pytest.mark.parametrize("view", VIEWS)
def test_payload_holds_the_numbers_of_the_result(view: str) -> None:
    found = results(view)
    meta, arrays = unpack(figures.payload(*found, {"save": "s"}, {"version": 0}, view=view, language="en"))
    assert meta["view"] == view
    assert meta["labels"] == list(found[0].tokens.labels if view != "patching" else found[0].giver.labels)
    names = {field.name for field in dataclasses.fields(found[0])}
    for name in names & set(arrays):
        np.testing.assert_array_equal(arrays[name], getattr(found[0], name))
    assert len(names & set(arrays)) >= 4
    assert all(array.dtype in (np.float32, np.int32) for array in arrays.values())


@pytest.mark.parametrize("view", VIEWS)
def test_table_has_a_cell_for_every_column(view: str) -> None:
    columns, rows = figures.table(results(view)[0])
    made = list(rows)
    assert made
    assert {len(row) for row in made} == {len(columns)}


def test_a_long_text_stays_below_a_megabyte() -> None:
    """The largest grid that the page allows, with as many different tokens as it can hold."""
    random = np.random.default_rng(0)
    rows, tokens, top = 31, 128, model_lens.TOP
    lens = results("lens")[0]
    ids = random.integers(0, 49152, (rows, tokens, top)).astype(np.int32)
    named = np.unique(ids)
    numbers = random.random((rows, tokens), np.float32)
    big = dataclasses.replace(
        lens, tokens=dataclasses.replace(lens.tokens, labels=("·token",) * tokens), layers=np.arange(rows), depth=30,
        top_ids=ids, top_probability=random.random((rows, tokens, top), np.float32), entropy=numbers, rank=ids[..., 0],
        answer=ids[0, :, 0], answer_probability=numbers, label_ids=named, labels=("·label",) * len(named),
    )  # fmt: skip
    assert len(figures.payload(big, results("lens")[1], {}, {}, view="lens", language="en")) < 1_000_000


def test_a_model_without_a_head_is_stood_in_for_and_a_typed_text_is_kept() -> None:
    page = catalog.find("model_anatomy")

    def state(**values: Value) -> State:
        return complete(page, {"model": ENCODER, "lang": "zh", **values})

    read = calls.reading(state(view="lens"))
    assert (read.model, read.text, read.instead) == (DECODER, COUNT, True)
    assert calls.reading(state(view="lens", text="你好")).text == "你好"
    own = calls.reading(state(view="norms"))
    assert (own.model, own.text, own.instead) == (ENCODER, page.text["zh"], False)
    assert calls.second(state(view="patching", model=DECODER, text=FRANCE)) == ITALY
    assert calls.second(state(view="patching")) == COUNT_ON
    assert calls.second(state(view="patching", model=DECODER, text=FRANCE, other="mine")) == "mine"
    assert calls.second(state(view="patching", text="mine")) == ""


def test_the_whole_row_is_clamped_to_what_there_is() -> None:
    assert calls.span({"row": 99, "pos": 0, "upto": 99}, 30, 5) == {
        "layer": 29,
        "first": 0,
        "last": 4,
    }
    assert calls.span({"row": 3, "pos": 2, "upto": -1}, 30, 5) is None
    assert calls.span({"row": 3, "pos": -1, "upto": 4}, 30, 5) is None


def test_the_experiments_are_true_of_the_bundled_model() -> None:
    """Paris comes last; the first token's state is by far the longest (the patch is tested with its view)."""
    from core.models.load.loading import load

    loaded = load(DECODER)
    trace = make_trace(loaded, FRANCE, limit=64)
    told = model_lens.lens_notice(model_lens.lens(loaded=loaded, trace=trace))
    assert (told.token, told.first, told.stays, told.depth) == ("·Paris", 30, 30, 30)
    assert told.before == "·capital"
    norms = model_lens_norms.norms_notice(model_lens_norms.norms(loaded=loaded, trace=trace))
    assert norms.token == "The"
    assert norms.times > 100
    assert 10 <= norms.layer <= 20
