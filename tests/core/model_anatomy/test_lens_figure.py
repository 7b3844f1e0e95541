"""Charts and tables of the views of the residual stream, and which computations they ask for."""

from __future__ import annotations

import dataclasses
import functools
import json
import re
from typing import Any

import numpy as np
import pytest
from plotly.graph_objects import Figure

from core import catalog
from core.calls import complete
from core.catalog import LANGUAGES, State, Value
from core.catalog.model_anatomy import CHINESE, DECODER, ENCODER, ENGLAND, FRANCE, HAN, ITALY, JAPAN
from core.compute.model_anatomy import calls
from core.compute.model_anatomy import lens as model_lens
from core.compute.model_anatomy import neurons as model_lens_neurons
from core.compute.model_anatomy import norms as model_lens_norms
from core.compute.model_anatomy import patching as model_lens_patching
from core.figures.charts import Spec
from core.figures.model_anatomy import contributions, lens, neurons, norms, patching, tables
from core.figures.model_anatomy.stream import rows
from core.models.read.trace import make_trace
from pages.kit.text import table
from pages.views.model_anatomy.stream import LECTURE
from tests.core.model_anatomy.opening import opening
from tests.core.tiny import tiny

VIEWS = ("lens", "contributions", "norms", "patching", "neurons")
ONE, TWO = "The cat and the dog", "The dog and the cat"
HOSTILE = '<img src=x onerror="window.hacked=1">'


@functools.cache
def found(view: str, name: str = "gpt2") -> tuple[Any, ...]:
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


def words(view: str, language: str = "en") -> dict[str, str]:
    own = table(language, "model_anatomy")
    return {**own["stream"], **own[view], **(own["params"]["measure"] if view == "norms" else {})}


def charts(view: str, given: tuple[Any, ...], language: str = "en") -> list[Spec]:
    """All charts of a view, each in all its states."""
    said: Any = {"words": words(view, language), "language": language}
    if view == "lens":
        return [
            *(lens.grid(*given, **said, by=by, row=1, at=1, most=9) for by in ("probability", "entropy", "rank")),
            lens.top(*given, **said, row=0, at=0),
            *(lens.tracks(*given, **said, by=by, row=1) for by in ("probability", "rank")),
        ]  # fmt: skip
    if view == "contributions":
        ids = given[0].candidate_ids.tolist()
        asked: list[dict[str, Any]] = [{"answer": -1, "against": -1}, {"answer": ids[2], "against": ids[1]}]
        makers: Any = (contributions.grid, contributions.ledger, contributions.by_layer)
        return [make(*given, **said, **one) for make in makers for one in asked]
    if view == "norms":
        kept, removed = given if len(given) > 1 else (given[0], None)
        measures = ("stream", "attention", "mlp", "cosine")
        made = [norms.grid(kept, removed, **said, measure=one, at=1, most=9) for one in measures]
        made.append(norms.along(kept, removed, **said, at=1))
        return [*made, norms.following(kept, removed, **said)] if removed else made
    if view == "patching":
        span = given[1] if len(given) > 1 else None
        return [
            patching.grid(given[0], **said, row=1, first=0, last=2, most=9),
            patching.through(given[0], **said, row=1, at=1),
            patching.after(given[0], span, **said, row=1, at=1),
        ]
    said |= {"block": -1, "neuron": -1, "at": 1}
    return [neurons.grid(*given, **said), neurons.over(*given, **said)]


def texts(spec: Spec) -> str:
    """All that plotly reads: not the sentence that stands for the chart, which is plain text wherever it stands."""
    layout = {name: value for name, value in spec["layout"].items() if name != "meta"}
    return json.dumps({**spec, "layout": layout}, ensure_ascii=False)


def cells(spec: Spec) -> Any:
    return np.asarray([[np.nan if one is None else one for one in row] for row in spec["data"][0]["z"]])


# --- every view -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("view", VIEWS)
def test_plotly_takes_every_chart_and_each_has_its_words(view: str, language: str) -> None:
    for given in (found(view), opening(view)):
        for spec in charts(view, given, language):
            Figure(spec)
            json.dumps(spec, allow_nan=False)
            assert spec["layout"]["title"]["text"]
            assert spec["layout"]["meta"]["alt"]
            assert not re.search(r"\{\w*\}|[{]\w+:", str(spec["layout"]["title"])), "a placeholder is left"
            assert all("{" not in str(trace["hovertext"]) for trace in spec["data"])


@pytest.mark.parametrize("view", VIEWS)
def test_words_of_a_text_never_become_markup(view: str) -> None:
    given = tuple(hostile(one) for one in found(view))
    made = charts(view, given)
    assert any("&lt;img" in texts(spec) for spec in made)
    assert not any("<img" in texts(spec) for spec in made)


def hostile(one: Any) -> Any:
    changes: dict[str, Any] = {}
    for field in dataclasses.fields(one):
        value = getattr(one, field.name)
        if field.name in ("tokens", "giver", "taker"):
            changes[field.name] = dataclasses.replace(value, labels=(HOSTILE,) * len(value.labels))
        elif field.name in ("labels", "candidates", "answers"):
            changes[field.name] = (HOSTILE,) * len(value)
    return dataclasses.replace(one, **changes)


@pytest.mark.parametrize("view", VIEWS)
def test_table_has_a_cell_for_every_column(view: str) -> None:
    columns, rows = tables.table(found(view)[0])
    made = list(rows)
    assert made
    assert {len(row) for row in made} == {len(columns)}


def long_lens() -> model_lens.Lens:
    """The largest grid that the page allows, with as many different tokens as it can hold."""
    random = np.random.default_rng(0)
    rows, tokens, top = 31, 128, model_lens.TOP
    ids = random.integers(0, 49152, (rows, tokens, top)).astype(np.int32)
    named = np.unique(ids)
    numbers = random.random((rows, tokens), np.float32)
    one: model_lens.Lens = found("lens")[0]
    return dataclasses.replace(
        one, tokens=dataclasses.replace(one.tokens, labels=("·token",) * tokens),
        layers=np.arange(rows, dtype=np.int32), depth=30,
        top_ids=ids, top_probability=random.random((rows, tokens, top), np.float32), entropy=numbers,
        rank=1 + ids[..., 0], answer=ids[0, :, 0], answer_probability=numbers, label_ids=named,
        labels=("·label",) * len(named),
    )  # fmt: skip


def test_a_long_text_stays_below_a_megabyte_and_opens_on_the_chosen_token() -> None:
    spec = lens.grid(
        long_lens(), found("lens")[1], words("lens"), language="en", by="rank", row=3, at=100, most=36
    )
    assert len(texts(spec).encode()) < 1_000_000
    low, high = spec["layout"]["xaxis"]["range"]
    assert low < 100 < high
    assert high - low < 30


# --- the logit lens ---------------------------------------------------------------------------------------


def test_a_cell_of_the_lens_says_its_tokens() -> None:
    one, tracks = opening("lens")
    spec = lens.grid(one, tracks, words("lens"), language="en", by="probability", row=29, at=4, most=99)
    np.testing.assert_allclose(cells(spec), one.top_probability[..., 0])
    assert spec["data"][0]["text"][-1][-1] == "·Paris"
    tip = spec["data"][0]["hovertext"][30][4].split("<br>")
    assert tip[0] == "“·is”, layers passed: output"
    assert tip[1] == "·Paris: 77\u202f%"
    assert "rank of “·Paris”: 1" in tip
    (frame,) = spec["layout"]["shapes"]
    assert (frame["x0"], frame["x1"], frame["y0"], frame["y1"]) == (3.5, 4.5, 28.5, 29.5)
    few = lens.grid(one, tracks, words("lens"), language="en", by="probability", row=29, at=4, most=12)
    assert few["layout"]["yaxis"]["ticktext"] == ["embedding", *map(str, range(3, 30, 3)), "output"]


def test_rank_and_entropy_colour_the_cells_from_end_to_end() -> None:
    one, tracks = found("lens")
    rank, entropy = (
        lens.grid(one, tracks, words("lens"), language="en", by=by, row=0, at=0, most=99)
        for by in ("rank", "entropy")
    )
    assert (cells(rank) == 1).tolist() == (one.rank == 1).tolist()
    assert cells(rank).argmin() == one.rank.argmax()
    assert cells(rank).min() == pytest.approx(0, abs=1e-6)
    assert rank["data"][0]["colorbar"]["ticktext"] == [f"{int(one.rank.max()):,}", "1"]
    np.testing.assert_allclose(cells(entropy) * one.entropy.max(), one.entropy, rtol=1e-5)
    assert entropy["data"][0]["colorbar"]["ticktext"][1] == f"{one.entropy.max():.2f} nats"


def test_tracks_follow_each_token_through_all_layers() -> None:
    one, tracks = found("lens")
    ranks = lens.tracks(one, tracks, words("lens"), language="en", by="rank", row=1)
    shares = lens.tracks(one, tracks, words("lens"), language="en", by="probability", row=1)
    assert [trace["name"] for trace in ranks["data"]] == list(tracks.labels)
    for at, (rank, share) in enumerate(zip(ranks["data"], shares["data"], strict=True)):
        assert rank["y"] == tracks.rank[at].tolist()
        np.testing.assert_allclose(share["y"], tracks.probability[at])
        assert rank["x"] == list(range(one.depth + 1))
    assert ranks["layout"]["yaxis"]["autorange"] == "reversed", "the first rank is on top"


# --- contributions --------------------------------------------------------------------------------------


def test_contributions_add_up_in_the_ledger() -> None:
    (one,) = opening("contributions")
    first, second = one.candidate_ids.tolist()[:2]
    for asked, logit in (((-1, -1), one.logits[0]), ((first, second), one.logits[0] - one.logits[1])):
        answer, against = asked
        spec = contributions.ledger(
            one, words("contributions"), language="en", answer=answer, against=against
        )
        *parts, total = spec["data"][0]["x"]
        assert total == pytest.approx(logit, abs=1e-4)
        assert sum(parts) == pytest.approx(logit, abs=1e-3)
        layers = contributions.by_layer(
            one, words("contributions"), language="en", answer=answer, against=against
        )
        heads, mlps = (sum(trace["y"]) for trace in layers["data"])
        assert any(part == pytest.approx(heads, abs=1e-4) for part in parts)
        assert any(part == pytest.approx(mlps, abs=1e-4) for part in parts)


def test_the_colour_of_a_contribution_is_its_root_and_the_strongest_are_named() -> None:
    (one,) = opening("contributions")
    spec = contributions.grid(one, words("contributions"), language="en", answer=-1, against=-1)
    shown, end = cells(spec), contributions.parts(one, -1, -1).end
    back = np.sign(shown) * shown**2 * end
    real = np.concatenate([one.heads[0], one.mlp[0][:, None]], axis=1)
    inside = np.abs(real) <= end
    np.testing.assert_allclose(back[inside], real[inside], atol=1e-5)
    assert (np.abs(shown[~inside]) == 1).all()
    assert spec["data"][0]["hovertext"][23][4].startswith("layer 23, head 4<br>")
    best = contributions.strongest(one, words("contributions"), language="en", answer=-1, against=-1)
    layer, column = np.unravel_index(int(real.argmax()), real.shape)
    assert column == real.shape[1] - 1
    assert best[0][0] == f"layer {layer}, MLP"
    assert best[0][1] == pytest.approx(real.max())


# --- norms ------------------------------------------------------------------------------------------------


def test_lengths_are_drawn_on_a_logarithmic_scale_and_said() -> None:
    one, removed = found("norms")
    said: Any = {"words": words("norms"), "language": "en"}
    spec = norms.grid(one, None, **said, measure="stream", at=2, most=99)
    np.testing.assert_allclose(10 ** cells(spec), one.stream, rtol=1e-5)
    changed = norms.grid(one, removed, **said, measure="stream", at=2, most=99)
    np.testing.assert_allclose(10 ** cells(changed), removed.stream, rtol=1e-5)
    assert changed["layout"]["title"]["text"] == words("norms")["title_changed"]
    cosine = norms.grid(one, removed, **said, measure="cosine", at=2, most=99)
    np.testing.assert_allclose(cells(cosine), one.cosine, rtol=1e-6)
    tip = spec["data"][0]["hovertext"][1][2]
    assert f"state: {one.stream[1, 2]:.1f}" in tip
    assert f"attention of layer 1 adds: {one.attention[1, 2]:.2f}" in tip
    along = norms.along(one, removed, **said, at=2)
    state, attention, mlp, without = (np.asarray(trace["y"]) for trace in along["data"])
    np.testing.assert_allclose(state, one.stream[:, 2])
    np.testing.assert_allclose(without, removed.stream[:, 2])
    np.testing.assert_allclose(attention + mlp, one.attention[:, 2] + one.mlp[:, 2], rtol=1e-6)
    assert along["data"][1]["x"][0] == 1, "what the first layer adds lies in the state after it"


def test_what_overflows_is_a_gap_with_a_sign() -> None:
    one, removed = found("norms")
    stream = removed.stream.copy()
    stream[1:] = np.inf
    nothing = np.full_like(removed.after, np.nan)
    broken = dataclasses.replace(removed, stream=stream, after=nothing)
    spec = norms.grid(one, broken, words("norms"), language="en", measure="stream", at=0, most=99)
    assert np.isnan(cells(spec)[1:]).all()
    assert {cell for row in spec["data"][0]["text"][1:] for cell in row} == {"∞"}
    assert norms.overflows(broken)
    assert not norms.overflows(removed)
    before, after = norms.following(one, broken, words("norms"), language="en")["data"]
    assert max(before["x"]) == pytest.approx(float(removed.before.max()))
    assert set(after["x"]) == {None}


# --- patching ---------------------------------------------------------------------------------------------


def test_a_patch_names_both_tokens_and_its_effect() -> None:
    (map,) = opening("patching")
    spec = patching.grid(map, words("patching"), language="en", row=23, first=1, last=3, most=99)
    np.testing.assert_allclose(cells(spec), map.effect)
    differs = int(np.flatnonzero(map.differs)[0])
    assert spec["layout"]["xaxis"]["ticktext"][differs] == "·France → ·Italy"
    tip = spec["data"][0]["hovertext"][0][differs]
    assert "·France" in tip
    shown = re.search(r"restored: ([\d.−]+)", tip)
    assert shown
    assert float(shown[1].replace("−", "-")) == pytest.approx(map.effect[0, differs], abs=6e-4)
    (frame,) = spec["layout"]["shapes"]
    assert (frame["x0"], frame["x1"], frame["y0"], frame["y1"]) == (0.5, 3.5, 22.5, 23.5)
    through = patching.through(map, words("patching"), language="en", row=23, at=differs)
    np.testing.assert_allclose(through["data"][0]["y"], map.effect[:, differs])


def test_next_tokens_are_those_after_the_patch_that_is_chosen() -> None:
    map, span = found("patching")
    one = patching.after(map, None, words("patching"), language="en", row=1, at=2)
    np.testing.assert_allclose(one["data"][0]["x"], map.top_probability[1, 2])
    many = patching.after(map, span, words("patching"), language="en", row=1, at=2)
    np.testing.assert_allclose(many["data"][0]["x"], span.top_probability)
    assert many["layout"]["yaxis"]["ticktext"] == list(span.labels)
    (bundled,) = opening("patching")
    assert [patching.own(bundled, side, 1)[0][0] for side in (0, 1)] == ["·Paris", "·Rome"]


# --- neurons ------------------------------------------------------------------------------------------------


def test_a_neuron_is_framed_and_drawn_over_the_text() -> None:
    (one,) = opening("neurons")
    said: Any = {"words": words("neurons"), "language": "en"}
    spec = neurons.grid(one, **said, block=9, neuron=-1, at=4)
    shown, real = cells(spec), one.activation[9]
    np.testing.assert_allclose(np.sign(shown) * shown**2 * np.abs(real).max(), real, atol=1e-4)
    strongest = int(np.abs(real[:, 4]).argmax())
    (frame,) = spec["layout"]["shapes"]
    assert (frame["y0"], frame["x0"]) == (strongest - 0.5, 3.5)
    id = int(one.ids[9, 7])
    over = neurons.over(one, **said, block=9, neuron=id, at=4)
    np.testing.assert_allclose(over["data"][0]["y"], real[7])
    assert str(id) in over["layout"]["title"]["text"]
    pushed = neurons.chosen(one, 9, id, 4)
    label = dict(zip(one.label_ids.tolist(), one.labels, strict=True))
    assert pushed.up == tuple(label[at] for at in one.up[9, 7].tolist())
    assert neurons.chosen(one, 99, 10**6, 4).layer == len(one.ids) - 1


# --- what is computed -------------------------------------------------------------------------------------


def test_a_model_without_a_head_is_stood_in_for_by_one_that_reads_the_text() -> None:
    page = catalog.find("model_anatomy")

    def state(**values: Value) -> State:
        return complete(page, {"model": ENCODER, "lang": "zh", **values})

    assert calls.reads(state(view="lens", text=HAN)) == CHINESE
    assert calls.reads(state(view="lens", text=FRANCE)) == DECODER
    assert calls.reads(state(view="norms", text=HAN)) == ENCODER
    assert calls.reads(state(view="lens", text=HAN, model=DECODER)) == DECODER, (
        "what is asked for and fits stays"
    )
    assert calls.second(state(view="patching", text=FRANCE)) == ITALY
    assert calls.second(state(view="patching", text=JAPAN)) == ENGLAND
    assert calls.second(state(view="patching", text=FRANCE, other="mine")) == "mine"
    assert calls.second(state(view="patching", text="mine")) == ""


def test_the_whole_row_is_clamped_to_what_there_is() -> None:
    assert calls.span({"row": 99, "pos": 0, "upto": 99}, 30, 5) == {
        "layer": 29,
        "first": 0,
        "last": 4,
    }
    assert calls.span({"row": 3, "pos": 2, "upto": -1}, 30, 5) is None
    assert calls.span({"row": 3, "pos": -1, "upto": 4}, 30, 5) is None


def test_where_the_answer_comes_up_is_read_off_the_rows_that_are_drawn() -> None:
    from core.models.load.loading import load

    loaded = load("tiny-gpt")
    one = model_lens.lens(loaded=loaded, trace=make_trace(loaded, FRANCE, limit=64))
    rank = one.rank.copy()
    for ranks, stays, before in (([1, 1, 1], 0, False), ([3, 1, 1], 1, True), ([3, 2, 1], 2, True)):
        rank[:, -1] = ranks
        told = model_lens.lens_notice(dataclasses.replace(one, rank=rank))
        assert (told.stays, bool(told.before)) == (int(one.layers[stays]), before)
    rank[:, -1] = [1, 9, 1]
    assert not model_lens.lens_notice(dataclasses.replace(one, rank=rank), [0, 2]).before


def test_the_experiments_are_true_of_the_bundled_model() -> None:
    """Paris comes last; the first token's state is by far the longest (the patch is tested with its view)."""
    from core.models.load.loading import load

    loaded = load(DECODER)
    trace = make_trace(loaded, FRANCE, limit=64)
    told = model_lens.lens_notice(model_lens.lens(loaded=loaded, trace=trace))
    assert (told.token, told.first, told.stays, told.depth) == ("·Paris", 30, 30, 30)
    assert told.before == "·capital"
    read = model_lens.lens(loaded=loaded, trace=trace)
    shown = rows(len(read.layers), LECTURE)
    label = dict(zip(read.label_ids.tolist(), read.labels, strict=True))
    assert model_lens.lens_notice(read, shown).before == label[int(read.top_ids[shown[-2], -1, 0])] == "·the"
    tops = [label[int(id)] for id in read.top_ids[:-1, -1, 0]]
    assert tops[-1] == "·capital"
    assert sum(top in ("·", ".") for top in tops) > len(tops) / 2
    assert {"·the"} == set(tops[27:29])
    norms = model_lens_norms.norms_notice(model_lens_norms.norms(loaded=loaded, trace=trace))
    assert norms.token == "The"
    assert norms.times > 100
    assert 10 <= norms.layer <= 20
    assert norms.massive
    small = load("tiny-gpt")
    calm = model_lens_norms.norms(loaded=small, trace=make_trace(small, FRANCE, limit=64))
    assert not model_lens_norms.norms_notice(
        calm
    ).massive  # a pre-norm model in which no state is much longer
    assert not dataclasses.replace(norms, post=True).massive
