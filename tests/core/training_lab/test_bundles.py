"""What is bundled shows what it is there for, and is what the loop makes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from core.compute.training_lab.gradients import gradients
from core.data import lab_runs
from core.data.lab_recipe import Recipe, differing, parse
from core.data.lab_runs import FOLDER, About, about, film_of, run
from core.data.lab_tokens import SPECIALS
from core.errors import BadParameter, TextTooShort
from core.training.lab import bundles, frames, schedules
from core.training.lab.bundles import RUNS
from core.training.lab.run import Run, moments

MOST_BYTES = 25_000_000


def honest(name: str) -> float:
    return about()[name].honest


def tail(values: Any) -> Any:
    """The last fifth."""
    return values[-len(values) // 5 :]


def measured(name: str) -> Any:
    found = run(name).held_out
    return found[np.isfinite(found)]


@pytest.mark.parametrize("name", RUNS)
def test_a_run_is_whole(name: str) -> None:
    found, told = run(name), about()[name]
    assert found.recipe == told.recipe == RUNS[name].recipe
    assert told.twin == RUNS[name].twin
    assert len(found.step) == told.steps == found.frames[-1]
    assert len(found.frames) >= 20 or found.ended != "steps"
    assert set(found.frames[:-1]) <= set(moments(found.recipe.steps))
    assert {0, found.frames[-1]} <= set(found.stored) <= set(found.frames)
    assert {len(one) for one in found.samples} == {len(found.samples[0])}
    film, plane = lab_runs.attention_film(name), lab_runs.embedding_film(name)
    count = len(found.text)
    layers, heads = found.recipe.layers, found.recipe.heads
    assert film.weights.shape == (len(found.frames), layers, heads, count, count)
    assert np.allclose(film.weights.sum(-1), 1, atol=count / 255)
    assert plane.positions.shape == (len(found.frames), len(plane.pieces), 2)
    for array in (found.loss, found.norms, film.weights, plane.positions, found.accuracy):
        assert not array.flags.writeable


def test_all_of_it_is_small() -> None:
    assert sum(one.stat().st_size for one in FOLDER.iterdir()) <= MOST_BYTES


@pytest.mark.parametrize("name", ["sound", "fault-zeroing", "optimizer-sgd"])
def test_the_loop_makes_the_same_curve_again(name: str) -> None:
    """Its beginning, as far as other processors allow."""
    found = run(name)
    again = Run(found.recipe)
    for at in range(6):
        record = again.advance()
        assert record.loss == pytest.approx(float(found.loss[at]), rel=2e-3)
        assert record.rate == pytest.approx(float(found.rate[at]), rel=1e-3)


def test_the_curve_of_rates_is_that_of_the_recipe() -> None:
    for name in lab_runs.names("schedule"):
        found = run(name)
        if found.recipe.schedule != "plateau":
            rates = [found.recipe.rate * schedules.factor(at, found.recipe) for at in range(len(found.step))]
            assert found.rate == pytest.approx(rates, rel=1e-3, abs=1e-9)
    assert len(set(run("schedule-plateau").rate.tolist()[60:])) >= 2, "the rate fell"


# --- tasks ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "least"), [("addition", 0.9), ("reverse", 0.9), ("dates", 0.9), ("poems", 0.5)]
)
def test_the_share_of_right_answers_rises(name: str, least: float) -> None:
    found = run(name)
    assert found.accuracy[0] == 0
    assert found.accuracy[-1] >= least
    if found.answers:
        share = np.mean([a == b for a, b in zip(found.samples[-1], found.answers, strict=True)])
        assert share >= least - 0.2


def test_english_becomes_words() -> None:
    found = run("english")
    assert found.accuracy[0] < 0.3 < 0.6 < found.accuracy[-1]
    assert measured("english")[-1] < 0.65 * measured("english")[0]


# --- faults ---------------------------------------------------------------------------------------


def test_every_fault_has_a_twin_that_differs_in_the_fault_alone() -> None:
    faulty = [name for name, one in RUNS.items() if one.recipe.fault != "none"]
    assert {RUNS[name].recipe.fault for name in faulty} == {
        "rate", "shift", "zeroing", "order", "evaluation", "average", "warmup",
    }  # fmt: skip
    for name in faulty:
        assert differing(RUNS[name].recipe, RUNS[RUNS[name].twin].recipe) == ("fault",)


def test_the_sound_run_learns() -> None:
    assert about()["sound"].accuracy > 0.5
    assert about()["sound"].honest < 0.5


def test_a_rate_that_is_too_high_learns_nothing() -> None:
    assert about()["fault-rate"].accuracy < 0.1
    assert honest("fault-rate") > honest("sound") + 1
    assert tail(run("fault-rate").loss).min() > 0.6 * run("sound").loss[0]


def test_shifted_labels_give_a_loss_that_is_too_good_and_answers_that_are_all_wrong() -> None:
    found = run("fault-shift")
    assert about()["fault-shift"].held_out < 0.01
    assert found.loss[100] < 0.1 * run("sound").loss[100]
    assert about()["fault-shift"].accuracy == 0
    assert honest("fault-shift") > honest("sound") + 1


def test_gradients_that_are_never_zeroed_grow() -> None:
    found, twin = run("fault-zeroing"), run("sound")
    assert np.median(tail(found.norm)) > 20 * np.median(tail(twin.norm))
    assert honest("fault-zeroing") > honest("sound") + 0.5


def test_data_in_order_makes_waves() -> None:
    """The loss of what is trained on goes up and down with the epoch, and held-out sums are no better for it."""
    found, twin = run("fault-order"), run("sound")
    assert honest("fault-order") > honest("sound") + 0.2
    jumps = [np.quantile(np.abs(np.diff(one.loss[200:])), 0.99) for one in (found, twin)]
    assert jumps[0] > 1.5 * jumps[1]


def test_dropout_in_evaluation_makes_the_held_out_loss_higher_than_it_is() -> None:
    found = about()["fault-evaluation"]
    assert found.held_out > found.honest + 0.15
    assert about()["sound-dropout"].held_out == pytest.approx(about()["sound-dropout"].honest, abs=1e-3)
    assert honest("fault-evaluation") == pytest.approx(honest("sound-dropout"), rel=1e-3), (
        "the model is the same"
    )


def test_a_wrong_average_reports_another_loss_and_learns_long_words_later() -> None:
    found, twin = run("fault-average"), run("sound-average")
    apart = np.abs(found.loss[20:] - twin.loss[20:])
    assert np.median(apart) > 0.01
    assert honest("fault-average") > honest("sound-average")


def test_warm_up_saves_what_a_high_rate_breaks() -> None:
    assert honest("fault-warmup") > honest("warmup") + 0.5


# --- pairs ----------------------------------------------------------------------------------------


def test_too_little_text_is_learned_by_heart_and_three_cures_help() -> None:
    found, kept = run("overfitted"), measured("overfitted")
    assert kept[-1] > kept.min() + 0.2, "the held-out loss rises again"
    assert tail(found.loss).mean() < kept[-1] - 0.8, "the gap opens"
    for name in ("cured-dropout", "cured-stopping", "cured-data"):
        assert measured(name)[-1] < kept[-1] - 0.1
    assert about()["cured-stopping"].ended == "patience"
    gaps = {name: measured(name)[-1] - tail(run(name).loss).mean() for name in ("overfitted", "cured-data")}
    assert gaps["cured-data"] < 0.5 * gaps["overfitted"]


def test_smoothed_labels_make_a_model_less_sure() -> None:
    on, off = run("smoothing-on"), run("smoothing-off")
    assert on.sure[-1] < off.sure[-1] - 0.02
    assert on.right[-1] == pytest.approx(off.right[-1], abs=0.03)
    assert tail(on.loss).mean() > tail(off.loss).mean()


def test_optimizers_race() -> None:
    races = {name: measured(name)[-1] for name in lab_runs.names("optimizer")}
    assert min(races, key=lambda name: races[name]) == "optimizer-adamw"
    assert races["optimizer-sgd"] > races["optimizer-momentum"]


def test_from_both_sides_gaps_are_learned_to_be_filled() -> None:
    assert run("masked").right[-1] > run("masked").right[0] + 0.2
    assert run("masked").recipe.objective == "masked"


def test_an_induction_head_forms() -> None:
    found = lab_runs.induction()
    assert len(found.steps) >= 20
    best = found.score.max((1, 2))
    at = dict(zip(found.steps, best, strict=True))
    assert at[600] < 0.05 < 0.6 < at[1000]


# --- search, films, gradients ---------------------------------------------------------------------


def test_a_search_has_a_grid_and_as_many_at_random() -> None:
    trials = lab_runs.search()
    assert [one.by for one in trials] == ["grid"] * 12 + ["random"] * 12
    assert [(one.by, one.recipe) for one in trials] == bundles.trials()
    assert max(one.held_out for one in trials) > 1.5 * min(one.held_out for one in trials)


def test_a_film_has_one_basis() -> None:
    chance = np.random.default_rng(0)
    frames = chance.normal(size=(3, 20, 6)) * [3, 2, 1, 1, 1, 1]
    positions, explained = film_of(frames)
    fitted = PCA(2).fit(frames[-1])
    for ours, frame in zip(positions, frames, strict=True):
        theirs = fitted.transform(frame)
        assert np.abs(ours) == pytest.approx(np.abs(theirs), abs=1e-4)
        assert [abs(np.corrcoef(ours[:, at], theirs[:, at])[0, 1]) for at in (0, 1)] == pytest.approx([1, 1])
    assert explained == pytest.approx(fitted.explained_variance_ratio_, abs=1e-5)
    still, none = film_of(np.ones((2, 5, 3)))
    assert not still.any()
    assert not none.any()


def test_gradients_of_a_bundled_run() -> None:
    found = run("addition")
    first, last = (gradients(run="addition", step=step, text="\n12+34=46") for step in (0, found.stored[-1]))
    assert first.tokens[1:4] == ("1", "2", "+")
    assert first.gradient.shape[0] == found.recipe.layers
    with pytest.raises(BadParameter, match="step"):
        gradients(run="addition", step=1, text="1+1")
    with pytest.raises(BadParameter, match="run"):
        gradients(run="../x", step=0, text="1+1")
    with pytest.raises(TextTooShort):
        gradients(run="addition", step=0, text="1")
    assert last.loss != first.loss


def test_stored_weights_are_those_that_were_looked_at() -> None:
    """Attention of the stored weights, in float16, is that of the film."""
    found = run("reverse")
    again = Run(found.recipe)
    again.model.load_state_dict({
        name: again.model.state_dict()[name].new_tensor(one)
        for name, one in lab_runs.weights("reverse", found.stored[-1]).items()
    })  # fmt: skip
    with torch.inference_mode():
        weights = frames.attention(again.model, again.task.shown, "forward") / 255
    assert weights == pytest.approx(lab_runs.attention_film("reverse").weights[-1], abs=0.03)


def test_a_fork_of_a_bundled_run_begins_where_it_stood(tmp_path: Any) -> None:
    found = run("reverse")
    step = found.stored[-2]
    (tmp_path / "state.pt").write_bytes(bundles.state_of("reverse", step))
    again = Run(replace(found.recipe, rate=1e-4))
    again.load(tmp_path / "state.pt", whole=False)
    assert again.done == step
    at = found.frames.index(step)
    assert again.measure() == pytest.approx(float(found.honest[at]), abs=0.02)


def test_names_are_found_by_group_and_unknown_ones_are_refused() -> None:
    assert set(lab_runs.names("task")) == {"english", "poems", "addition", "reverse", "dates"}
    assert all(isinstance(one, About) for one in about().values())
    for wrong in ("", "nothing", "../index"):
        with pytest.raises(BadParameter, match="run"):
            run(wrong)
    assert lab_runs.special(SPECIALS[0])
    assert parse({}) == Recipe()
