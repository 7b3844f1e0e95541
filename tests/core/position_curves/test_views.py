"""Positions: our formulas against transformers' own and against their JavaScript twins; real models do what is said."""

from __future__ import annotations

import functools
import math
import random
from typing import Any

import numpy as np
import pytest
import torch
from transformers import LlamaConfig
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS
from transformers.models.bloom.modeling_bloom import build_alibi_tensor
from transformers.models.gptj.modeling_gptj import apply_rotary_pos_emb as apply_interleaved
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding, apply_rotary_pos_emb
from transformers.models.t5.modeling_t5 import T5Attention

from core import catalog, examples
from core.calls import complete, plan, walk
from core.catalog import LANGUAGES, Language
from core.catalog.position_curves import CHINESE, DECODER, ENCODER, VIEWS
from core.compute.position_curves import calls, formulas
from core.compute.position_curves import views as compute
from core.errors import BadParameter, NeedsLearned, NeedsRotary, PositionsStay, TextTooShort
from core.figures.buffer import unpack
from core.figures.position_curves import views as figures
from core.models.load.loading import load
from core.models.read.positions import hidden_of, position_table, rotary_of
from core.models.read.trace import Trace, make_trace, projections
from pages.kit.text import Words
from tests.core import tiny
from tests.node import in_node

PAGE = catalog.find("position_curves")
CAT = "The cat sat on the mat."
LAYOUTS = pytest.mark.parametrize("layout", formulas.LAYOUTS)


# --- formulas against others' ----------------------------------------------------------------------


@LAYOUTS
@pytest.mark.parametrize(("d", "base"), [(8, 10000.0), (128, 10000.0), (512, 100.0), (2, 3.5)])
def test_sinusoidal_is_the_paper_s_formula(layout: str, d: int, base: float) -> None:
    found = formulas.sinusoidal(range(40), d, base, layout)
    for p, i in ((0, 0), (1, 0), (39, d // 2 - 1), (17, d // 4)):
        angle = p / base ** (2 * i / d)
        first, second = (2 * i, 2 * i + 1) if layout == "interleaved" else (i, i + d // 2)
        assert found[p, first] == pytest.approx(math.sin(angle), abs=1e-12)
        assert found[p, second] == pytest.approx(math.cos(angle), abs=1e-12)


def test_concatenated_is_transformers_own_table() -> None:
    from transformers.models.marian.modeling_marian import MarianSinusoidalPositionalEmbedding

    module: Any = MarianSinusoidalPositionalEmbedding(64, 32)
    theirs = module.create_weight().numpy()
    np.testing.assert_allclose(formulas.sinusoidal(range(64), 32, 10000.0, "halves"), theirs, atol=1e-6)


@LAYOUTS
@pytest.mark.parametrize("shift", [-40, -1, 0, 1, 7, 100])
def test_a_shift_is_linear_and_the_dot_product_depends_on_it_alone(layout: str, shift: int) -> None:
    positions = np.arange(50, 90)
    here = formulas.sinusoidal(positions, 64, 10000.0, layout)
    there = formulas.sinusoidal(positions + shift, 64, 10000.0, layout)
    matrix = formulas.shift_matrix(shift, 64, 10000.0, layout)
    np.testing.assert_allclose(here @ matrix.T, there, atol=1e-12)
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(64), atol=1e-12)
    expected = formulas.dot_by_distance([shift], 64, 10000.0)[0]
    np.testing.assert_allclose((here * there).sum(axis=1) / 32, expected, atol=1e-12)


def test_layouts_differ_in_the_order_of_dimensions_only() -> None:
    side_by_side = formulas.sinusoidal(range(20), 16, 10000.0, "interleaved")
    order = np.r_[np.arange(0, 16, 2), np.arange(1, 16, 2)]
    np.testing.assert_array_equal(
        side_by_side[:, order], formulas.sinusoidal(range(20), 16, 10000.0, "halves")
    )


def _config(scaling: str, factor: float, trained: int, hd: int, base: float) -> LlamaConfig:
    scaled = {} if scaling == "default" else {"factor": factor, "original_max_position_embeddings": trained}
    return LlamaConfig(
        hidden_size=hd, num_attention_heads=1, head_dim=hd, max_position_embeddings=trained,
        rope_parameters={"rope_type": scaling, "rope_theta": base, **scaled},
    )  # fmt: skip


@pytest.mark.parametrize("hd", [4, 32, 64, 128])
@pytest.mark.parametrize("base", [10000.0, 500000.0])
@pytest.mark.parametrize("factor", [1.0, 2.0, 8.0, 32.0])
@pytest.mark.parametrize("trained", [512, 4096])
def test_scaled_frequencies_are_transformers_own(hd: int, base: float, factor: float, trained: int) -> None:
    for scaling in ("linear", "yarn"):
        theirs, attention = ROPE_INIT_FUNCTIONS[scaling](
            _config(scaling, factor, trained, hd, base), torch.device("cpu")
        )
        ours, scale = formulas.rotary_frequencies(hd, base, scaling, factor, trained)
        np.testing.assert_allclose(ours, theirs.numpy(), rtol=2e-5)
        assert scale == pytest.approx(attention)
    # Dynamic NTK at a length of factor × trained (its own factor 1) is the fixed one with that factor.
    theirs, _ = ROPE_INIT_FUNCTIONS["dynamic"](
        _config("dynamic", 1.0, trained, hd, base), torch.device("cpu"), seq_len=int(factor * trained)
    )
    ours, scale = formulas.rotary_frequencies(hd, base, "ntk", factor, trained)
    np.testing.assert_allclose(ours, theirs.numpy(), rtol=2e-5)
    assert scale == 1


def test_ntk_stretches_the_slowest_in_full_and_the_fastest_not_at_all() -> None:
    plain, _ = formulas.rotary_frequencies(64, 10000.0)
    stretched, _ = formulas.rotary_frequencies(64, 10000.0, "ntk", 8.0)
    assert stretched[0] == plain[0]
    assert plain[-1] / stretched[-1] == pytest.approx(8)


def test_rotation_is_llama_s_and_gpt_j_s() -> None:
    config = _config("default", 1.0, 2048, 16, 10000.0)
    x = torch.randn(1, 1, 30, 16, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    cos, sin = LlamaRotaryEmbedding(config)(x, torch.arange(30)[None])
    theirs = apply_rotary_pos_emb(x, x, cos.double(), sin.double())[0][0, 0].numpy()
    theta, _ = formulas.rotary_frequencies(16, 10000.0)
    ours = np.stack([formulas.rotate(x[0, 0, p].numpy(), p, theta, "halves") for p in range(30)])
    np.testing.assert_allclose(ours, theirs, atol=2e-5)
    angle = torch.from_numpy(np.outer(np.arange(30), theta))[None]
    theirs = apply_interleaved(x.transpose(1, 2), torch.sin(angle), torch.cos(angle))[0, :, 0].numpy()
    ours = np.stack([formulas.rotate(x[0, 0, p].numpy(), p, theta, "interleaved") for p in range(30)])
    np.testing.assert_allclose(ours, theirs, atol=1e-12)


@pytest.mark.parametrize("heads", range(1, 65))
def test_alibi_is_bloom_s(heads: int) -> None:
    theirs = build_alibi_tensor(torch.ones(1, 6), heads, torch.float32)[:, 0]
    ours = compute.alibi(heads=heads, span=6)
    np.testing.assert_allclose(ours.slopes, theirs[:, 1], rtol=1e-6)
    # BLOOM adds slope · key position; a row of scores differs from ours by what softmax does not see
    np.testing.assert_allclose(ours.bias[:, ::-1] - ours.bias[:, -1:], theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("both", [True, False])
@pytest.mark.parametrize("far", [8, 16, 20, 64, 128, 200, 512])
@pytest.mark.parametrize("buckets", [4, 5, 6, 7, 8, 20, 33, 32, 48, 64, 128])
def test_buckets_are_t5_s(buckets: int, far: int, both: bool) -> None:
    if far <= (buckets // 4 if both else buckets // 2):
        pytest.skip("T5 divides by the logarithm of one there")
    relative = np.arange(-700, 701)
    theirs_of: Any = T5Attention._relative_position_bucket
    theirs = theirs_of(torch.from_numpy(relative), both, buckets, far)
    np.testing.assert_array_equal(formulas.t5_bucket(relative, buckets, far, both), theirs.numpy())


# --- JavaScript against Python ---------------------------------------------------------------------


def _in_node(calls: list[list[Any]]) -> list[Any]:
    program = 'import { main } from "./tests/js/position_curves/position_maths.mjs";'
    found: list[Any] = in_node(program, calls)
    return found


def test_the_browser_computes_the_same_waves() -> None:
    cases = [(64, 8, 10000.0, "interleaved"), (512, 512, 10000.0, "halves"), (17, 2, 3.0, "interleaved"),
             (300, 128, 1e6, "halves")]  # fmt: skip
    answers = _in_node([["sinusoidalTable", *case] for case in cases])
    for (span, d, base, layout), answer in zip(cases, answers, strict=True):
        ours = formulas.sinusoidal(range(span), d, base, layout)
        shape = (d, span)
        flat = answer["table"]
        np.testing.assert_allclose(np.reshape(flat, shape).T, ours, atol=1e-7)
        np.testing.assert_allclose(answer["dot"], formulas.dot_by_distance(range(span), d, base), atol=1e-11)


@LAYOUTS
def test_the_browser_computes_the_same_shift(layout: str) -> None:
    draw = np.random.default_rng(3)
    x = draw.normal(size=16)
    moved, residual = _in_node(
        [["shifted", x.tolist(), 9, 10000.0, layout], ["shiftResidual", 40, 12, 128, 10000.0, layout]]
    )
    np.testing.assert_allclose(moved, formulas.shift_matrix(9, 16, 10000.0, layout) @ x, atol=1e-12)
    assert 0 <= residual < 1e-12


def test_the_browser_turns_pairs_the_same_way() -> None:
    settings = [(hd, base, scaling, factor, trained) for hd in (4, 64, 128) for base in (100.0, 10000.0, 500000.0)
                for scaling in formulas.SCALINGS for factor, trained in ((1.0, 2048), (4.0, 512), (32.0, 4096))
                ]  # fmt: skip
    for given, answer in zip(
        settings, _in_node([["rotaryFrequencies", *one] for one in settings]), strict=True
    ):
        theta, scale = formulas.rotary_frequencies(*given)
        np.testing.assert_allclose(answer["theta"], theta, rtol=1e-12, err_msg=str(given))
        assert answer["scale"] == pytest.approx(scale)


@LAYOUTS
def test_the_browser_scores_the_same_pairs(layout: str) -> None:
    draw = np.random.default_rng(5)
    q, k = draw.normal(size=(2, 32))
    theta, _ = formulas.rotary_frequencies(32, 10000.0)
    turned, apart = _in_node(
        [["rotated", q.tolist(), 23, theta.tolist(), layout],
         ["scoreApart", q.tolist(), k.tolist(), 23 - 7, theta.tolist(), layout]]
    )  # fmt: skip
    np.testing.assert_allclose(turned, formulas.rotate(q, 23, theta, layout), atol=1e-12)
    score = formulas.rotate(q, 23, theta, layout) @ formulas.rotate(k, 7, theta, layout)
    assert apart == pytest.approx(score, abs=1e-12)


def test_the_browser_knows_the_same_slopes_and_buckets() -> None:
    for heads, answer in enumerate(_in_node([["alibiSlopes", heads] for heads in range(1, 65)]), start=1):
        np.testing.assert_allclose(answer, formulas.alibi_slopes(heads), rtol=1e-12)
    draw = random.Random(11)
    calls: list[Any] = [
        [draw.randint(-700, 700), draw.randint(4, 128), draw.randint(8, 512), draw.random() < 0.5]
        for _ in range(4000)
    ]
    for given, answer in zip(calls, _in_node([["t5Bucket", *one] for one in calls]), strict=True):
        assert answer == formulas.t5_bucket(*given), given


# --- tables for the data tab -----------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_any_admitted_parameters_give_finite_tables(seed: int) -> None:
    draw = random.Random(seed)

    def value(name: str) -> Any:
        param = PAGE.param(name)
        if param.options:
            return draw.choice(param.options)
        if param.kind == "flag":
            return draw.random() < 0.5
        low, high = param.low, param.high
        raw = draw.choice([low, high, draw.uniform(low, high)])
        return int(raw) if param.kind == "int" else float(raw)

    span = value("span")
    tables = (
        compute.waves(
            d=value("d"), base=value("base"), span=span, shift=value("shift"), layout=value("layout")
        ),
        compute.rotary(hd=value("hd"), base=value("theta"), scaling=value("scaling"), factor=value("factor"),
                       trained=value("trained"), span=span),
        compute.alibi(heads=value("heads"), span=span),
        compute.t5(buckets=value("buckets"), far=value("far"), both=value("both"), span=span),
    )  # fmt: skip
    waves, turns, slopes, buckets = tables
    assert waves.residual < 1e-9
    assert np.isfinite(turns.score).all()
    assert np.abs(turns.score).max() <= turns.scale**2 + 1e-6
    assert (np.diff(slopes.bias, axis=1) < 0).all()
    assert buckets.bucket.min() >= 0
    assert buckets.bucket.max() < value("buckets") or buckets.bucket.max() < 128
    for one in tables:
        columns, rows = figures.table(one)
        listed = list(rows)
        assert listed
        assert all(len(row) == len(columns) for row in listed)


def test_unknown_choices_are_refused() -> None:
    with pytest.raises(BadParameter):
        compute.waves(d=8, base=1e4, span=8, shift=1, layout="<script>")
    with pytest.raises(BadParameter):
        compute.rotary(hd=8, base=1e4, scaling="?", factor=1.0, trained=128, span=8)


# --- real models -----------------------------------------------------------------------------------


@functools.cache
def traced(model: str, text: str) -> Trace:
    """One forward of a text; computed once for all tests."""
    return make_trace(load(model), text, limit=PAGE.limit)


@functools.cache
def head(text: str, layer: int, head: int) -> compute.Real:
    """One head of the decoder on a text; computed once for all tests."""
    return compute.real(loaded=load(DECODER), trace=traced(DECODER, text), layer=layer, head=head)


@functools.cache
def learned() -> compute.Learned:
    """The encoder's positions; computed once for all tests."""
    return compute.learned(loaded=load(ENCODER))


def state(id: str, language: Language = "en", step: str = "reveal") -> dict[str, Any]:
    question = next(question for question in PAGE.questions if question.id == id)
    start: dict[str, Any] = {"model": PAGE.model[language], "text": PAGE.text[language]}
    return start | dict(getattr(question, step).values(language))


def test_experiment_apart_the_same_distance_has_the_same_dot_product() -> None:
    ask, reveal = state("apart", step="ask"), state("apart")
    assert ask["shift"] == reveal["shift"]
    products = []
    for one in (ask, reveal):
        table = compute.waves(d=128, base=1e4, span=one["span"], shift=one["shift"], layout="halves").table
        products.append(float(table[one["pos"]] @ table[one["pos"] + one["shift"]]))
    assert products[0] == pytest.approx(products[1], abs=1e-4)


def test_experiment_together_a_real_pair_keeps_its_score() -> None:
    """The model's own rotary module, in float32, at the places of the experiment and 2,000 further on."""
    loaded, one = load(DECODER), state("together")
    found = head(one["text"], 11, 1)
    assert found.residual < 1e-10
    module: Any = loaded.model.base_model.rotary_emb  # type: ignore[union-attr]
    size = len(found.tokens)
    q, k = (torch.from_numpy(x.copy())[None, None] for x in (found.q, found.k))

    def scores(start: int) -> Any:
        cos, sin = module(q, torch.arange(start, start + size)[None])
        a, b = apply_rotary_pos_emb(q, k, cos, sin)
        return (found.scale * a[0, 0] @ b[0, 0].T).numpy()

    here, there = scores(0), scores(one["move"])
    assert np.abs(there - here).max() < 2e-3 * np.abs(here).max()
    alone = found.scale * (
        np.stack([formulas.rotate(x, p + one["move"], found.turns) for p, x in enumerate(found.q)])
        @ np.stack([formulas.rotate(x, p, found.turns) for p, x in enumerate(found.k)]).T
    )
    assert np.abs(alone - here).max() > 1, "moving the query alone does change the scores"


def test_placed_at_their_own_places_q_and_k_give_the_model_s_attention() -> None:
    for place in ((0, 0), (11, 1), (29, 8)):
        found = head(PAGE.text["en"], *place)
        q, k = (np.stack([formulas.rotate(x, p, found.turns) for p, x in enumerate(side)])
                for side in (found.q, found.k))  # fmt: skip
        scores = found.scale * found.factor**2 * q @ k.T
        scores[np.triu_indices(len(scores), 1)] = -np.inf
        weights = np.exp(scores - scores.max(axis=1, keepdims=True))
        weights /= weights.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(weights, found.attention, atol=2e-4)


def test_content_and_distance_are_mixed() -> None:
    """The default head mostly looks at the distance, another one of the same model mostly does not."""
    default, other = head(PAGE.text["en"], 11, 1), head(PAGE.text["en"], 13, 7)
    assert default.explained > 0.6
    assert other.explained < 0.5
    assert default.spread[1] - default.spread[0] > 0.5


def test_share_explained_by_distance_on_made_up_scores() -> None:
    far = np.subtract.outer(np.arange(12), np.arange(12)).astype(np.float32)
    assert compute.by_distance_alone(far) == pytest.approx(1)
    content = np.tile(np.random.default_rng(0).normal(size=12).astype(np.float32), (12, 1))
    assert compute.by_distance_alone(content) < 0.6
    assert compute.by_distance_alone(np.ones((5, 5), np.float32)) == 0
    assert compute.by_distance_alone(np.ones((1, 1), np.float32)) == 0


def test_attention_by_distance_by_hand() -> None:
    attention = np.tril(np.ones((4, 4), np.float32))
    attention /= attention.sum(axis=1, keepdims=True)
    found = compute.by_distance(attention[None, None])[0, 0]
    assert found[0] == pytest.approx((1 + 1 / 2 + 1 / 3 + 1 / 4) / 4)
    assert found[1] == pytest.approx((1 / 2 + 1 / 3 + 1 / 4) / 3)
    assert found[3] == pytest.approx(1 / 4)
    assert np.isnan(found[4:]).all()


def test_a_layer_or_head_that_is_not_there_is_the_nearest_one() -> None:
    found = head(CAT, 255, 255)
    assert (found.layer, found.head) == (29, 8)
    with pytest.raises(NeedsRotary):
        compute.real(loaded=load(ENCODER), trace=traced(ENCODER, CAT), layer=0, head=0)


def test_every_learned_position_is_most_like_the_one_beside_it() -> None:
    found = learned()
    assert found.neighbours == 1.0
    assert found.nearest[100] in (99, 101)
    with pytest.raises(NeedsLearned):
        compute.learned(loaded=load(DECODER))


def test_learned_similarity_and_components_are_the_table_s() -> None:
    found = learned()
    weights = position_table(load(ENCODER))
    cosine = torch.nn.functional.cosine_similarity(
        torch.from_numpy(weights[:, None].copy()), torch.from_numpy(weights[None].copy()), dim=-1
    ).numpy()
    shown = found.lowest + (1 - found.lowest) * found.similarity / 255
    np.testing.assert_allclose(shown, cosine, atol=0.004)
    centred = weights - weights.mean(axis=0)
    variance = np.linalg.eigvalsh(np.cov(centred.T.astype(np.float64)))[::-1]
    np.testing.assert_allclose(found.share, (variance / variance.sum())[: len(found.share)], rtol=1e-4)
    np.testing.assert_allclose(found.components.var(axis=1, ddof=1), variance[: len(found.share)], rtol=1e-3)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("seed", [1, 2, 77])
def test_experiment_blind_the_encoder_without_positions(language: Language, seed: int) -> None:
    text = state("blind", language)["text"]
    encoder = compute.shuffle(loaded=load(ENCODER), trace=traced(ENCODER, text), seed=seed)
    assert encoder.untold.max() < 1e-5
    assert encoder.told[-1].mean() > 0.05
    assert not encoder.causal


@pytest.mark.parametrize("seed", [1, 2, 77])
def test_experiment_mask_a_decoder_without_positions(seed: int) -> None:
    text = state("mask")["text"]
    tells_order(compute.shuffle(loaded=load(DECODER), trace=traced(DECODER, text), seed=seed))


def tells_order(decoder: compute.Shuffle) -> None:
    """Its mask does, where nothing else tells the order."""
    assert decoder.untold[-1].mean() > 0.05
    assert decoder.told[-1].mean() > 0.05
    assert decoder.untold[0].max() == 0, "before the first layer there is nothing but the token"
    assert decoder.causal


def test_in_chinese_the_decoder_is_one_that_speaks_it() -> None:
    """What the page opens on; it is compared with live results elsewhere."""
    start = {"lang": "zh", "view": "scores"}
    ((asked, found),) = walk(plan(PAGE.stem, complete(PAGE, start)), lambda one: one.bundled())
    assert found is not None
    assert (asked.model, found.layer, found.head) == (CHINESE, 8, 7)
    assert all(label.isalpha() or label in "，。" for label in found.tokens.labels), "no bytes of a character"
    size = len(found.tokens)
    assert (
        found.attention[np.arange(1, size), np.arange(size - 1)].mean() > 0.8
    )  # a head that looks one token back
    assert found.residual < 1e-10
    shown = {"lang": "zh", **state("mask", "zh")}
    done = walk(plan(PAGE.stem, complete(PAGE, shown)), lambda one: one.bundled())
    assert [one.model for one, _ in done] == [ENCODER, CHINESE]
    tells_order(done[1][1])
    for model in (ENCODER, DECODER):  # with another model in hand, too, where the text is Chinese
        told = calls.models(complete(PAGE, {**shown, "model": model, "who": "decoder"}))
        assert told == (CHINESE if model == ENCODER else DECODER,)


def test_the_last_token_of_one_layer_sees_a_set() -> None:
    """Without positions the first layer's mix at the last place does not depend on the order before it."""
    loaded = load(DECODER)
    ids = list(traced(DECODER, PAGE.text["en"]).tokens.ids)
    mixed = [*ids[1:-1][::-1], ids[0], ids[-1]]
    one, other = (hidden_of(loaded, order, positions=False) for order in (ids, mixed))
    np.testing.assert_allclose(one[1, -1], other[1, -1], atol=1e-4)
    assert np.abs(one[2, -1] - other[2, -1]).max() > 1e-3
    told = hidden_of(loaded, mixed, positions=True)
    assert np.abs(told[1, -1] - one[1, -1]).max() > 1e-2


@pytest.mark.parametrize("model", [ENCODER, DECODER])
def test_with_positions_it_is_the_model_s_own_forward(model: str) -> None:
    trace = traced(model, CAT)
    np.testing.assert_allclose(
        hidden_of(load(model), trace.tokens.ids, positions=True), trace.hidden, atol=1e-5
    )


def test_without_positions_a_decoder_still_looks_at_earlier_tokens() -> None:
    """Equal position ids alone would read as many texts in one: each token would see only itself."""
    loaded = load(DECODER)
    ids = list(traced(DECODER, CAT).tokens.ids)
    whole = hidden_of(loaded, ids, positions=False)
    alone = hidden_of(loaded, ids[-1:], positions=False)
    assert np.abs(whole[-1, -1] - alone[-1, -1]).max() > 0.1


@pytest.mark.parametrize("family", ["bert", "bert-mlm", "xlm-roberta", "gpt2", "llama", "qwen3"])
def test_other_families_can_be_shuffled(family: str) -> None:
    loaded = tiny.tiny(family)
    ids = [int(one) for one in np.random.default_rng(0).permutation(np.arange(5, 17))]
    mixed = ids[::-1]
    one, other = (hidden_of(loaded, order, positions=False) for order in (ids, mixed))
    same = np.abs(one[-1] - other[-1][::-1]).max()
    assert (same < 1e-4) == (loaded.spec.kind == "encoder")
    told = [hidden_of(loaded, order, positions=True)[-1] for order in (ids, mixed)]
    assert np.abs(told[0] - told[1][::-1]).max() > 1e-4


def test_t5_keeps_its_positions() -> None:
    with pytest.raises(PositionsStay):
        hidden_of(tiny.tiny("t5"), [5, 6, 7], positions=False)


def test_a_text_too_short_to_shuffle_says_so() -> None:
    with pytest.raises(TextTooShort):
        compute.shuffle(loaded=load(ENCODER), trace=traced(ENCODER, "a"), seed=1)


def test_shuffling_moves_ordinary_tokens_only() -> None:
    trace = traced(ENCODER, PAGE.text["zh"])
    for seed in range(1, 8):
        order = compute.shuffle(loaded=load(ENCODER), trace=trace, seed=seed).order
        assert sorted(order.tolist()) == list(range(len(order)))
        assert (order[0], order[-1]) == (0, len(order) - 1)
        assert (order != np.arange(len(order))).any()


def test_rotary_angles_are_the_model_s() -> None:
    turns, factor = rotary_of(load(DECODER))
    expected, _ = formulas.rotary_frequencies(64, 100000.0)
    np.testing.assert_allclose(turns, expected, rtol=1e-5)
    assert factor == 1


# --- beyond the trained length ---------------------------------------------------------------------


def test_losses_lie_beside_the_models_and_are_sane() -> None:
    """Inside the trained length all five predict better than the tokens' frequencies do, and alike."""
    found = compute.beyond()
    assert set(found.schemes) == {"sinusoidal", "learned", "rotary", "alibi", "none"}
    assert found.loss.shape == (5, 4 * found.trained)
    inside = found.loss[:, : found.trained]
    assert np.isfinite(inside).all()
    assert (inside[:, found.trained // 2 :].mean(axis=1) < 5.0).all()
    assert np.ptp(inside[:, found.trained // 2 :].mean(axis=1)) < 0.5
    assert (inside[:, 0] > inside[:, -8:].mean(axis=1) + 0.3).all()  # the first token has nothing to go by
    assert (found.error[np.isfinite(found.error)] < 0.1).all()


def test_only_learned_positions_end_at_the_trained_length() -> None:
    found = compute.beyond()
    gone = np.isnan(found.loss)
    at = found.schemes.index("learned")
    assert gone[at, found.trained :].all()
    assert not gone[at, : found.trained].any()
    assert not np.delete(gone, at, axis=0).any()
    np.testing.assert_array_equal(gone, np.isnan(found.error))


def test_the_experiment_s_answer_is_what_was_measured() -> None:
    found = compute.beyond()
    last = dict(zip(found.schemes, found.loss[:, -16:].mean(axis=1).tolist(), strict=True))
    question = next(one for one in PAGE.questions if one.id == "longer")
    assert min(question.options, key=lambda name: last[name]) == question.answer
    assert found.loss.shape[1] == 256  # as the question says
    assert found.trained == 64


def test_the_sentence_names_the_smallest_and_the_largest_change() -> None:
    rows = np.array([[3.0] * 4 + [4.0] * 12, [3.0] * 16, [3.0] * 4 + [np.nan] * 12], np.float32)
    found = compute.Beyond(("rotary", "alibi", "learned"), 4, 1, rows, np.zeros_like(rows))
    assert compute.ends(found) == (("alibi", 0.0, 3.0), ("rotary", 1.0, 4.0))


def test_smoothing_keeps_a_line_and_does_not_cross_the_trained_length() -> None:
    rows = np.array([[0.0, 1, 2, 3, 10, 11, 12, 13, 14], [np.nan] * 9], np.float32)
    found = compute.Beyond(("rotary", "none"), 4, 1, rows, rows)
    np.testing.assert_allclose(compute.smoothed(found)[0], rows[0])
    real = compute.beyond()
    smooth = compute.smoothed(real)
    assert smooth[3, 100] == pytest.approx(real.loss[3, 92:109].mean(), abs=1e-5)
    np.testing.assert_array_equal(np.isnan(smooth), np.isnan(real.loss))


def test_the_losses_as_a_table_and_as_a_message() -> None:
    found = compute.beyond()
    columns, rows = figures.table(found)
    assert columns[:3] == ("position", "sinusoidal_loss", "sinusoidal_standard_error")
    listed = list(rows)
    assert len(listed) == 256
    at = columns.index("learned_loss")
    assert listed[64][at] is None
    assert listed[63][at] == pytest.approx(float(found.loss[found.schemes.index("learned"), 63]))
    words = Words("en", "position_curves").sub("canvas")
    meta, arrays = unpack(figures.payload(found, words, {"view": "beyond"}, view="beyond", language="en"))
    assert (meta["trained"], meta["length"]) == (64, 256)
    np.testing.assert_array_equal(arrays["loss"], found.loss)


# --- messages --------------------------------------------------------------------------------------


def test_messages_stay_under_two_megabytes() -> None:
    words = Words("en", "position_curves").sub("canvas")
    text = "word " * (PAGE.limit - 1)
    for view, one in (("scores", head(text, 3, 2)), ("learned", learned())):
        message = figures.payload(one, words, {"view": view}, view=view, language="en", titles=["T"])
        assert len(message) < 2e6
        meta, arrays = unpack(message)
        assert meta["view"] == view
        assert arrays


def test_failed_and_formula_messages_hold_no_arrays() -> None:
    words = Words("zh", "position_curves").sub("canvas")
    for view in VIEWS:
        _, arrays = unpack(figures.payload(words, {"view": view}, view=view, language="zh", failed=True))
        assert not arrays


def test_every_view_opens_from_a_bundled_result() -> None:
    own = examples.wanted(("position_curves",))
    assert {one.function.__name__ for one in own} == {"beyond", "learned", "real", "shuffle"}
    assert all(one.bundled() is not None for one in own)


def test_projections_are_placed_as_the_layout_says() -> None:
    """Pair i of the real model is (i, i + d/2): the other reading does not give its queries."""
    loaded, trace = load(DECODER), traced(DECODER, CAT)
    found = projections(loaded, trace, 4)
    theta, _ = rotary_of(loaded)
    right = formulas.rotate(found.q_content[2, 5], 5, theta.astype(np.float64), "halves")
    wrong = formulas.rotate(found.q_content[2, 5], 5, theta.astype(np.float64), "interleaved")
    np.testing.assert_allclose(right, found.q[2, 5], atol=1e-4)
    assert np.abs(wrong - found.q[2, 5]).max() > 0.01
