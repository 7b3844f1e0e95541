"""Generation against transformers' own: greedy, sampling, beam search, the cache, forks, lanes, repetition."""

from __future__ import annotations

import copy
from collections import Counter
from typing import Any

import numpy as np
import pytest
import torch

from core.compute.next_token import filters
from core.compute.next_token.filters import Settings
from core.compute.next_token.generation import ALTERNATIVES
from core.compute.next_token.repetition import distinct, repeat, repeated
from core.compute.next_token.requests import (
    BeamRequest,
    Beams,
    Fork,
    Lanes,
    LanesRequest,
    Path,
    TextRequest,
    end_ids,
    parse_forks,
    uniform,
)
from core.compute.next_token.run import complete
from core.errors import BadParameter, NeedsDecoder, TextEmpty, TextTooLong
from core.models.load.loading import load
from core.models.load.residency import LoadedModel
from core.models.read.decoding import Cache
from tests.core.tiny import DECODERS, SAMPLE, tiny

PROMPTS = ("The capital of France is", "Once upon a time, there was a little", "def add(a, b):\n    return")
GREEDY = Settings(temperature=0.0)


@pytest.fixture(scope="module")
def real() -> LoadedModel:
    return load("smollm2-135m")


def ask(text: str, **values: Any) -> TextRequest:
    return TextRequest("tiny", text, 128, **values)


def reference(loaded: LoadedModel, text: str, **values: Any) -> Any:
    ids = loaded.tokenizer(text, return_tensors="pt")["input_ids"]
    model: Any = loaded.model
    return model.generate(
        ids, attention_mask=torch.ones_like(ids), pad_token_id=0, return_dict_in_generate=True,
        output_scores=True, **values,
    ), ids.shape[1]  # fmt: skip


@pytest.mark.parametrize("text", PROMPTS)
def test_greedy_is_generate_without_sampling(real: LoadedModel, text: str) -> None:
    path: Path = complete(ask(text, count=16, settings=GREEDY), real)
    expected, start = reference(real, text, do_sample=False, max_new_tokens=16)
    assert path.tokens.ids == tuple(expected.sequences[0, start:].tolist())
    logits = torch.stack([row[0] for row in expected.scores])
    own = torch.softmax(logits.double(), -1)[range(len(path.tokens)), path.tokens.ids]
    np.testing.assert_allclose(path.model_chance, own, atol=2e-5)
    assert np.all(path.chance == 1.0)
    assert path.ended == ("end" if path.tokens.ids[-1] in end_ids(real) else "length")


@pytest.mark.parametrize("name", DECODERS)
def test_greedy_is_generate_in_every_family(name: str) -> None:
    loaded = tiny(name)
    path: Path = complete(ask(SAMPLE, count=12, settings=GREEDY), loaded)
    expected, start = reference(loaded, SAMPLE, do_sample=False, max_new_tokens=12)
    assert path.tokens.ids == tuple(expected.sequences[0, start:].tolist())


def test_the_cache_gives_the_logits_of_a_whole_forward(real: LoadedModel) -> None:
    ids = real.tokenizer(PROMPTS[1])["input_ids"]
    more = real.tokenizer(" girl who lived in a house")["input_ids"]
    with torch.inference_mode():
        model: Any = real.model
        whole = model(input_ids=torch.tensor([[*ids, *more]]), use_cache=False).logits[0].numpy()
        cache = Cache(real)
        found = [cache.read([ids])[0].numpy()] + [cache.read([[one]])[0].numpy() for one in more]
    assert len(more) > 4
    np.testing.assert_allclose(np.stack(found), whole[len(ids) - 1 :], atol=2e-4)


def test_the_cache_keeps_texts_side_by_side_apart() -> None:
    loaded = tiny(DECODERS[0])
    with torch.inference_mode():
        cache = Cache(loaded)
        cache.read([[5, 6, 7]])
        cache.take([0, 0, 0])
        cache.read([[8], [9], [10]])
        cache.take([2, 0])
        found = cache.read([[11], [12]]).numpy()
        model: Any = loaded.model
        whole = model(input_ids=torch.tensor([[5, 6, 7, 10, 11], [5, 6, 7, 8, 12]])).logits[:, -1].numpy()
    np.testing.assert_allclose(found, whole, atol=1e-5)


def test_sampled_texts_replay_from_whole_forwards(real: LoadedModel) -> None:
    settings = Settings(temperature=1.3, top_k=50, top_p=0.9, repetition=1.2)
    path: Path = complete(ask(PROMPTS[0], count=12, seed=3, settings=settings), real)
    ids = list(path.prompt.ids)
    model: Any = real.model
    for at, token in enumerate(path.tokens.ids):
        with torch.inference_mode():
            logits = model(input_ids=torch.tensor([ids])).logits[0, -1].numpy()
        wanted = filters.apply_filters(logits, ids, settings).probabilities
        assert filters.draw(wanted, uniform(3, at)) == token
        assert path.chance[at] == pytest.approx(wanted[token], abs=1e-4)
        assert path.chance[at] > 0
        ids.append(token)


def test_a_seed_gives_one_text_and_seeds_give_many(real: LoadedModel) -> None:
    texts = [complete(ask(PROMPTS[1], count=10, seed=seed), real).tokens.ids for seed in (1, 1, 2, 3)]
    assert texts[0] == texts[1]
    assert len(set(texts)) == 3


def test_first_tokens_are_drawn_from_the_shown_distribution() -> None:
    """Chi-square over seeds: 400 draws, the options' probabilities as the path itself states them."""
    from scipy.stats import chisquare

    loaded = tiny(DECODERS[0])
    settings = Settings(top_k=6)
    drawn = [complete(ask(SAMPLE, count=1, seed=seed, settings=settings), loaded) for seed in range(400)]
    chances = dict(zip(drawn[0].options[0].tolist(), drawn[0].option_chance[0].astype(float), strict=True))
    chances = {token: chance for token, chance in chances.items() if chance > 0}
    assert len(chances) == 6
    counts = Counter(path.tokens.ids[0] for path in drawn)
    assert set(counts) <= set(chances)
    total = sum(chances.values())
    found = chisquare([counts[t] for t in chances], [400 * c / total for c in chances.values()])
    assert found.pvalue > 1e-3


def test_options_are_the_models_largest(real: LoadedModel) -> None:
    path: Path = complete(ask(PROMPTS[0], count=2, settings=Settings(temperature=0.7, top_k=3)), real)
    with torch.inference_mode():
        model: Any = real.model
        logits = model(input_ids=torch.tensor([path.prompt.ids])).logits[0, -1].double()
    best = torch.topk(torch.softmax(logits, -1), ALTERNATIVES)
    assert path.options[0].tolist() == best.indices.tolist()
    np.testing.assert_allclose(path.option_model[0], best.values, atol=1e-5)
    warm = torch.softmax(torch.topk(logits, 3).values / 0.7, -1)
    np.testing.assert_allclose(path.option_chance[0], [*warm, *[0.0] * (ALTERNATIVES - 3)], atol=1e-5)
    own = torch.softmax(logits, -1)
    assert path.entropy[0] == pytest.approx(float(-(own * own.log2()).sum()), abs=1e-4)


def test_forks_force_a_token_and_keep_what_stands_before(real: LoadedModel) -> None:
    plain: Path = complete(ask(PROMPTS[1], count=10, seed=5), real)
    other = next(int(option) for option in plain.options[4] if option != plain.tokens.ids[4])
    forked: Path = complete(ask(PROMPTS[1], count=10, seed=5, forks=(Fork(4, token=other),)), real)
    assert forked.tokens.ids[:4] == plain.tokens.ids[:4]
    assert forked.tokens.ids[4] == other
    assert forked.forced.tolist() == [False] * 4 + [True] + [False] * (len(forked.tokens) - 5)
    assert forked.model_chance[4] == pytest.approx(
        float(plain.option_model[4][plain.options[4] == other][0]), abs=1e-5
    )
    again: Path = complete(ask(PROMPTS[1], count=10, seed=5, forks=(Fork(4, seed=6),)), real)
    late: Path = complete(ask(PROMPTS[1], count=10, seed=6), real)
    assert again.tokens.ids[:4] == plain.tokens.ids[:4]
    assert again.tokens.ids != plain.tokens.ids
    assert not again.forced.any()
    assert again.tokens.ids[:4] != late.tokens.ids[:4]


def test_a_forced_token_that_the_filters_remove_has_no_chance() -> None:
    loaded = tiny(DECODERS[0])
    free: Path = complete(ask(SAMPLE, count=1), loaded)
    last = int(free.options[0][-1])
    path: Path = complete(
        ask(SAMPLE, count=1, settings=Settings(top_k=1), forks=(Fork(0, token=last),)), loaded
    )
    assert (path.tokens.ids, float(path.chance[0])) == ((last,), 0.0)
    assert path.model_chance[0] > 0


def test_a_forced_end_ends_and_an_impossible_id_is_ignored() -> None:
    loaded = tiny(DECODERS[0])
    (end,) = end_ids(loaded)
    assert complete(ask(SAMPLE, count=5, forks=(Fork(0, token=end),)), loaded).ended == "end"
    path: Path = complete(ask(SAMPLE, count=2, forks=(Fork(0, token=10**6),)), loaded)
    assert not path.forced.any()


def test_links_of_forks() -> None:
    assert parse_forks(("9.3", "2s7", "9.4", "x", "300.1", "1.", "1.99999999999", "-1.2", "٣.1")) == (
        Fork(2, seed=7), Fork(9, token=4),
    )  # fmt: skip
    forks = (Fork(0, token=0), Fork(3, seed=0), Fork(255, token=49151))
    assert parse_forks([fork.link for fork in forks]) == forks


@pytest.mark.parametrize(
    ("text", "beams", "depth"),
    [
        *((text, beams, 9) for text in PROMPTS[:2] for beams in (1, 2, 4)),
        (PROMPTS[0], 8, 24),
        (PROMPTS[1], 8, 9),
    ],
)
def test_beam_search_is_transformers(real: LoadedModel, text: str, beams: int, depth: int) -> None:
    found: Beams = complete(BeamRequest("m", text, 128, beams, depth), real)
    options: dict[str, Any] = {"do_sample": False, "max_new_tokens": depth, "num_beams": beams}
    expected, start = reference(real, text, num_return_sequences=beams, **options)
    texts = [_branch(found, node) for node in found.results]
    for branch, row in zip(texts, expected.sequences, strict=True):
        assert row[start : start + len(branch)].tolist() == branch
        assert set(row[start + len(branch) :].tolist()) <= {*end_ids(real), 0}  # filled up
    if beams > 1:  # with one beam transformers takes greedy search, which has no such score
        np.testing.assert_allclose(found.result_scores, expected.sequences_scores, atol=2e-4)


def _branch(found: Beams, node: int) -> list[int]:
    ids: list[int] = []
    while node >= 0:
        ids.append(int(found.ids[node]))
        node = int(found.parent[node])
    return ids[::-1]


@pytest.mark.parametrize("name", DECODERS)
@pytest.mark.parametrize("likely", [0.0, 3.0, 8.0])
def test_beam_search_is_transformers_where_texts_end(name: str, likely: float) -> None:
    """The end token is made likely, so that texts of different lengths compete."""
    model = _with_likely_end(tiny(name), copy.deepcopy(tiny(name).model), likely)
    compared = 0
    for beams in (2, 3, 5):
        found: Beams = complete(BeamRequest("m", SAMPLE, 64, beams, 8), model)
        expected, start = reference(
            model, SAMPLE, do_sample=False, max_new_tokens=8, num_beams=beams, num_return_sequences=beams,
            eos_token_id=list(end_ids(model)),
        )  # fmt: skip
        rows = [row[start:].tolist() for row in expected.sequences]
        texts = [_branch(found, node) for node in found.results]
        for text, row in zip(texts, rows, strict=True):
            assert row[: len(text)] == text
        np.testing.assert_allclose(found.result_scores, expected.sequences_scores, atol=1e-4)
        compared += len({len(text) for text in texts})
    assert likely < 8 or compared > 3  # lengths did differ


def _with_likely_end(base: LoadedModel, module: Any, likely: float) -> LoadedModel:
    from dataclasses import replace

    ends = module.generation_config.eos_token_id = [1]
    head = module.get_output_embeddings()

    def lift(_module: Any, _inputs: Any, output: torch.Tensor) -> torch.Tensor:
        output = output.clone()
        output[..., ends] += likely
        return output

    head.register_forward_hook(lift)
    return replace(base, model=module)


def test_the_tree_of_a_beam_search(real: LoadedModel) -> None:
    found: Beams = complete(BeamRequest("m", PROMPTS[0], 128, 3, 6), real)
    inner = found.parent >= 0
    parents = found.parent[inner]
    assert np.all(parents < np.flatnonzero(inner))
    assert np.all(found.step[inner] == found.step[parents] + 1)
    np.testing.assert_allclose(found.score[inner], found.score[parents] + found.log_chance[inner], atol=1e-4)
    assert np.all(found.kept[parents])
    assert [int((found.step == step).sum()) for step in range(6)] == [6] * 6
    assert np.all(found.kept[found.results])
    path: Path = complete(ask(PROMPTS[0], count=6, settings=GREEDY), real)
    assert tuple(found.ids[found.greedy].tolist()) == path.tokens.ids[: len(found.greedy)]


def test_lanes_are_single_texts_with_the_same_seed(real: LoadedModel) -> None:
    request = LanesRequest("m", PROMPTS[1], 128, (0.0, 0.7, 1.6), 14, 11)
    lanes: Lanes = complete(request, real)
    for lane in lanes.lanes:
        alone: Path = complete(ask(PROMPTS[1], count=14, seed=11, settings=Settings(lane.temperature)), real)
        assert lane.path.tokens.ids == alone.tokens.ids
        ids = list(alone.tokens.ids)
        assert lane.distinct[0] == pytest.approx(len(set(ids)) / len(ids))
    assert lanes.ended == "length"


def test_lanes_go_on_when_one_ends() -> None:
    base = tiny(DECODERS[0])
    model = _with_likely_end(base, copy.deepcopy(base.model), 3.0)
    lanes: Lanes = complete(LanesRequest("m", SAMPLE, 64, (0.5, 1.0, 1.5, 3.0), 12, 2), model)
    lengths = {len(lane.path.tokens) for lane in lanes.lanes}
    assert len(lengths) > 1
    for lane in lanes.lanes:
        alone: Path = complete(ask(SAMPLE, count=12, seed=2, settings=Settings(lane.temperature)), model)
        assert lane.path.tokens.ids == alone.tokens.ids


def test_generation_stops_where_the_context_is_full() -> None:
    from dataclasses import replace

    base = tiny(DECODERS[0])
    long = len(base.tokenizer(SAMPLE)["input_ids"])
    small = replace(base, spec=replace(base.spec, max_tokens=long + 2))
    request = ask(SAMPLE, count=9, forks=(Fork(0, token=9), Fork(1, token=9)))
    path: Path = complete(request, small)
    assert (len(path.tokens), path.ended) == (2, "context")
    full = replace(base, spec=replace(base.spec, max_tokens=long))
    none: Path = complete(request, full)
    assert (len(none.tokens), none.ended, none.text, none.options.shape) == (0, "context", "", (0, 0))
    beams: Beams = complete(BeamRequest("m", SAMPLE, 64, 2, 5), full)
    assert (len(beams.ids), beams.ended) == (0, "context")
    assert max(complete(BeamRequest("m", SAMPLE, 64, 2, 5), small).step) == 1
    with pytest.raises(TextTooLong):
        complete(request, replace(base, spec=replace(base.spec, max_tokens=long - 1)))


@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf")])
def test_temperatures_that_are_none(value: float) -> None:
    with pytest.raises(BadParameter):
        complete(ask(SAMPLE, settings=Settings(temperature=value)), tiny(DECODERS[0]))
    with pytest.raises(BadParameter):
        complete(LanesRequest("m", SAMPLE, 64, (1.0, value)), tiny(DECODERS[0]))


def test_a_huge_temperature_is_nearly_uniform() -> None:
    path: Path = complete(ask(SAMPLE, count=3, settings=Settings(temperature=1e9)), tiny(DECODERS[0]))
    np.testing.assert_allclose(path.option_chance[0], path.option_chance[0][0], rtol=1e-4)


def test_what_cannot_be_generated() -> None:
    with pytest.raises(TextEmpty):
        complete(ask(" "), tiny(DECODERS[0]))
    with pytest.raises(NeedsDecoder):
        complete(ask(SAMPLE), tiny("bert"))
    with pytest.raises(BadParameter):
        complete(BeamRequest("m", SAMPLE, 64, 9, 5), tiny(DECODERS[0]))


# --- repetition -----------------------------------------------------------------------------------------------


def test_distinct_and_repetition_by_hand() -> None:
    assert distinct([1, 2, 3], 1) == 1
    assert distinct([1, 1, 2, 1, 1], 2) == 3 / 4  # 11 12 21 11
    assert repeated([1, 1, 2, 1, 1], 2) == 1 / 4
    assert (distinct([], 1), distinct([7], 2), repeated([], 4)) == (1, 1, 0)


def test_a_phrase_grows_more_probable_each_time(real: LoadedModel) -> None:
    curve = repeat(loaded=real, phrase="The old man looked at the sea and said nothing.", repeats=8)
    assert curve.repeats == 8
    assert curve.chance.shape == (8, len(curve.tokens))
    assert np.isnan(curve.chance[0, 0]) == (
        real.tokenizer("x")["input_ids"][0] not in real.tokenizer.all_special_ids
    )
    assert curve.mean[0] < 0.3
    assert curve.mean[-1] > 0.9
    assert np.all(np.diff(curve.mean) > -0.02)
    assert np.all(curve.whole <= curve.mean + 1e-6)  # geometric and arithmetic mean


def test_the_curve_is_the_loss_of_transformers(real: LoadedModel) -> None:
    curve = repeat(loaded=real, phrase="A cat sat.", repeats=3)
    ids = torch.tensor([list(curve.tokens.ids) * 3])
    with torch.inference_mode():
        model: Any = real.model
        loss = float(model(input_ids=ids, labels=ids).loss)
    found = -np.nanmean(np.log(curve.chance.astype(np.float64)))
    assert found == pytest.approx(loss, abs=1e-4)


def test_a_phrase_that_does_not_fit_twice(real: LoadedModel) -> None:
    with pytest.raises(TextTooLong):
        repeat(loaded=real, phrase="word " * 300, repeats=4)
    assert repeat(loaded=real, phrase="word " * 100, repeats=16).repeats == 5
    with pytest.raises(TextEmpty):
        repeat(loaded=real, phrase="  ", repeats=4)
    with pytest.raises(NeedsDecoder):
        repeat(loaded=tiny("bert"), phrase="a", repeats=4)
