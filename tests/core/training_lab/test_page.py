"""What the page says and draws: sentences that follow the result, charts whose values are the results'."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from core.calls import complete, walk
from core.catalog import LANGUAGES, Language, Question
from core.catalog.training_lab import CASES, FAULTS, INDUCTION, PAGE, PARTS, RACES, TASKS
from core.compute.training_lab import calls, judged
from core.compute.training_lab.curves import (
    AXES,
    MOST,
    Case,
    Curves,
    Search,
    case,
    curves,
    induction,
    searched,
)
from core.data import lab_runs
from core.data.lab_recipe import CHOICES, differing
from core.figures.charts import Spec, alt_of
from core.figures.training_lab import race, runs, search
from pages.kit.text import Words

each_language = pytest.mark.parametrize("language", LANGUAGES)
RUNS = tuple(one for one in TASKS if one != INDUCTION)


def words(language: str) -> dict[str, str]:
    return dict(Words(language, "training_lab").get("charts"))


def valid(spec: Spec) -> Spec:
    go.Figure(spec)  # validates every property
    assert alt_of(spec)
    assert "{" not in alt_of(spec)
    return spec


def computed(state: dict[str, Any], language: Language = "en") -> list[Any]:
    """The results of a state."""
    done = walk(calls.calls(complete(PAGE, {"lang": language, **state})), lambda asked: asked.run())
    return [value for _, value in done]


def step(id: str, which: str, language: Language = "en") -> list[Any]:
    """The results of a step of an experiment."""
    question = next((one for one in PAGE.questions if one.id == id), None)
    if question is None:
        pytest.skip("its runs are not bundled yet")
    return computed(dict(getattr(question, which).values(language)), language)


# --- what there is ----------------------------------------------------------------------------------------


def test_what_a_link_may_hold_is_bundled() -> None:
    named = {*RUNS, *CASES, *(one for some in RACES.values() for one in some)}
    assert named <= set(lab_runs.about())
    assert CHOICES["fault"][1:] == FAULTS
    assert all(2 <= len(some) <= 6 for some in RACES.values())
    for name in CASES:
        found = case(number=CASES.index(name) + 1)
        assert found.faulty.name == name
        assert differing(found.faulty.recipe, found.sound.recipe) == ("fault",)


@pytest.mark.parametrize("name", RUNS)
def test_a_run_has_twenty_moments_and_means_of_its_own_steps(name: str) -> None:
    found, whole = curves(run=name), lab_runs.run(name)
    assert len(found.frames) == len(found.samples) >= 20
    assert len(found.step) == len(found.loss) <= MOST
    assert found.step[-1] == found.steps
    assert found.loss[0] == pytest.approx(whole.loss[: found.window].mean(), rel=1e-5)
    last = len(whole.loss) - (len(found.loss) - 1) * found.window
    assert found.loss[-1] == pytest.approx(whole.loss[-last:].mean(), rel=1e-5)
    assert found.recipe == whole.recipe


def test_what_is_not_finite_is_left_out_of_a_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = lab_runs.run("sound")
    loss = whole.loss.copy()
    loss[:5], loss[5] = np.nan, np.inf
    monkeypatch.setattr(lab_runs, "run", lambda _: replace(whole, loss=loss))
    found = curves(run="sound")
    assert found.window == 5
    assert np.isnan(found.loss[0])
    assert found.loss[1] == pytest.approx(whole.loss[6:10].mean(), rel=1e-5)


def test_a_race_is_run_by_those_of_its_own_that_were_chosen() -> None:
    own = next(some for some in RACES.values() if len(some) > 2)
    name = next(name for name, some in RACES.items() if some == own)
    assert calls.racing({"race": name, "ghosts": ()}) == own
    assert calls.racing({"race": name, "ghosts": (own[2], "x", own[0])}) == (own[0], own[2])
    assert calls.racing({"race": name, "ghosts": (own[1],)}) == own, "one alone is no race"


# --- charts -----------------------------------------------------------------------------------------------


@each_language
@pytest.mark.parametrize("name", RUNS)
def test_a_run_is_drawn_as_it_is(name: str, language: Language) -> None:
    found, said = curves(run=name), words(language)
    loss = valid(runs.loss(found, said, language=language, at=3))
    assert loss["data"][0]["y"] == found.loss.tolist()
    assert loss["data"][1]["x"] == found.measured.tolist()
    assert loss["data"][1]["y"] == found.held_out.tolist()
    assert loss["layout"]["shapes"][0]["x0"] == found.frames[3]
    norms = valid(runs.norms(found, said, language=language, at=0))
    assert [one for one in norms["data"][0]["y"] if one is not None] == found.norm[found.norm > 0].tolist()
    assert valid(runs.rate(found, said, language=language, at=0))["data"][0]["y"] == found.rate.tolist()
    assert len(list(runs.curve_rows(found, said))) == len(found.step)
    rows = list(runs.moment_rows(found, said))
    assert len(rows) == len(found.frames) * len(found.samples[0])
    assert rows[-1][2] == found.samples[-1][-1]


@each_language
def test_the_induction_head_is_drawn_as_it_is(language: Language) -> None:
    found, said = induction(), words(language)
    layer, head = judged.strongest(found)
    spec = valid(runs.induction(found, said, language=language, at=5))
    assert spec["data"][0]["y"][0] == 1
    assert spec["data"][1]["y"] == found.score[:, layer, head].tolist()
    heat = valid(runs.heads(found, said, language=language, at=5))
    assert heat["data"][0]["z"] == found.score[5].tolist()
    assert len(list(runs.induction_rows(found, said))) == found.score.size


@each_language
@pytest.mark.parametrize("name", RACES)
def test_a_race_is_drawn_as_it_is(name: str, language: Language) -> None:
    found, said = computed({"part": "race", "race": name}), words(language)
    for curve in ("held_out", "loss", "norm", "rate"):
        spec = valid(race.race(*found, said, language=language, curve=curve))
        assert len(spec["data"]) == len(found)
        for trace, one in zip(spec["data"], found, strict=True):
            x, y = race.points(one, curve)
            assert trace["x"] == x.tolist()
            assert [v for v in trace["y"] if v is not None] == [
                v for v in y.tolist() if v == v and (v > 0 or curve != "norm")
            ]
    ends = valid(race.ends(*found, said, language=language))
    assert ends["data"][0]["x"] == [float(one.right[-1]) for one in found]
    assert len(list(race.end_rows(tuple(found), said))) == len(found)


@each_language
@pytest.mark.parametrize("number", range(1, len(CASES) + 1))
def test_the_asking_charts_name_no_fault(number: int, language: Language) -> None:
    found, said = case(number=number), words(language)
    specs = [valid(draw(found, said, language=language)) for draw in (race.faulty, race.norms)]
    assert specs[0]["data"][0]["y"] == found.faulty.loss.tolist()
    assert specs[0]["data"][1]["y"] == found.sound.loss.tolist()
    shown = json.dumps(specs, ensure_ascii=False)
    guesses = Words(language, "training_lab").get("params.guess")
    assert not [one for one in (found.faulty.name, guesses[found.fault], said.get(f"name_{found.faulty.name}"))
                if one and one in shown]  # fmt: skip
    assert len(list(race.fault_rows(found, said))) == len(found.faulty.step) + len(found.sound.step)


@pytest.mark.skipif("search" not in PARTS, reason="not bundled yet")
@each_language
def test_trials_are_drawn_as_they_are(language: Language) -> None:
    found, said = searched(), words(language)
    spec = valid(search.coordinates(found, said, language=language, trials="all"))
    lines = [trace for trace in spec["data"] if "lines" in trace["mode"]]
    assert sum(trace["x"].count(None) for trace in lines) == len(found.by)
    best = judged.best_trial(found)
    assert lines[-1]["y"][len(AXES)] == 0, "the best loss is lowest on its axis"
    assert f"{found.held_out[best]:.3f}" in lines[-1]["hovertext"][0]
    for trials in ("grid", "random"):
        one = valid(search.rates(found, said, language=language, trials=trials))
        (trace,) = one["data"]
        assert sorted(trace["y"]) == sorted(
            float(loss) for by, loss in zip(found.by, found.held_out, strict=True) if by == trials
        )
        valid(search.coordinates(found, said, language=language, trials=trials))
    assert len(list(search.trial_rows(found, said))) == len(found.by)


# --- judgements -------------------------------------------------------------------------------------------


def some(name: str = "x", held_out: tuple[float, ...] = (3, 2, 1), **more: Any) -> Curves:
    """A run of which only the ends matter."""
    given = {"honest": held_out[-1:], "right": (0.5,), "sure": (0.5,), **more}
    arrays: dict[str, Any] = {key: np.array(value, np.float32) for key, value in given.items()}
    places = np.arange(0, 10 * len(held_out), 10, dtype=np.int32)
    shown = np.array(held_out, np.float32)
    return replace(curves(run="sound"), name=name, measured=places, held_out=shown, **arrays)


def test_a_held_out_loss_rises_or_not() -> None:
    assert judged.rose(some(held_out=(3, 1, 1.2)))
    assert judged.best(some(held_out=(3, 1, 1.2))) == (10, 1)
    assert not judged.rose(some(held_out=(3, 1.2, 1)))
    assert not judged.rose(some(held_out=(3, 1, 1.01)))


def test_runs_are_ranked_by_what_is_true_of_them_or_are_close() -> None:
    first, second = some("a", (3, 2)), some("b", (3, 1))
    assert [one.name for one in judged.ranked([first, second])] == ["b", "a"]
    assert judged.apart([first, second]) == 1
    assert not judged.close([first, second])
    assert judged.close([first, some("c", (3, 2.01))])
    reported = some("d", (3, 0.1), honest=(5,))
    assert judged.ranked([reported, first])[0] is first


def test_a_model_is_surer_than_right_or_not() -> None:
    assert judged.overconfident(some(right=(0.5,), sure=(0.6,)))
    assert not judged.overconfident(some(right=(0.5,), sure=(0.5,)))


def trials(grid: Mapping[Any, float], random: tuple[float, ...] = (9.0,)) -> Search:
    values = [[rate, width, 2, 32, 20] for rate, width in grid] + [[0.1, 1, 2, 32, 20]] * len(random)
    losses = [*grid.values(), *random]
    count = len(losses)
    return Search(
        ("grid",) * len(grid) + ("random",) * len(random), np.array(values, np.float32), np.array(losses, np.float32),
        np.ones(count, np.float32), np.ones(count, np.int32),
    )  # fmt: skip


def test_what_decides_on_the_grid_is_what_is_farther_apart() -> None:
    by_rate = {(1, 1): 1.0, (1, 2): 1.1, (2, 1): 3.0, (2, 2): 3.1}
    assert judged.decides(trials(by_rate)) == "rate"
    assert judged.spread(trials(by_rate), "rate") == pytest.approx(2)
    assert judged.decides(trials({(b, a): loss for (a, b), loss in by_rate.items()})) == "width"
    assert judged.decides(trials({(1, 1): 1.0, (1, 2): 2.0, (2, 1): 2.0, (2, 2): 3.0})) == ""


def test_the_better_kind_of_search_is_named() -> None:
    grid = {(1, 1): 1.0, (2, 2): 2.0}
    assert judged.better(trials(grid, (0.5,))) == "random"
    assert judged.better(trials(grid, (1.5,))) == "grid"
    assert judged.better(trials(grid, (1.01,))) == "even"
    assert judged.best_trial(trials(grid, (0.5,)), "grid") == 0
    assert judged.best_trial(trials(grid, (0.5,))) == 2


def test_an_induction_head_forms_or_not() -> None:
    found = induction()
    first, then = judged.forms(found) or (0, 0)
    layer, head = judged.strongest(found)
    half = found.score[-1, layer, head] / 2
    scores = dict(zip(found.steps, found.score[:, layer, head], strict=True))
    assert scores[first] < half <= scores[then]
    assert judged.forms(replace(found, score=0.1 * found.score)) is None


def test_a_moment_is_the_one_asked_for_or_the_last() -> None:
    assert [judged.moment(24, at) for at in (-1, 0, 23, 24, 99)] == [23, 0, 23, 23, 23]


# --- faults: what is said of each is true of its run and not of its twin ----------------------------------


def found_case(fault: str) -> Case:
    if f"fault-{fault}" not in CASES:
        pytest.skip("not bundled yet")
    return case(number=CASES.index(f"fault-{fault}") + 1)


def test_fault_rate() -> None:
    """Its loss stays at what the frequencies of the letters alone give: ten of them, and the end."""
    found = found_case("rate")
    assert 2.2 < judged.end_loss(found.faulty) < 2.6
    assert np.log(10) == pytest.approx(judged.end_loss(found.faulty), abs=0.2)
    assert judged.end_loss(found.sound) < 0.2
    assert found.faulty.honest[-1] > found.sound.honest[-1] + 1


def test_fault_shift() -> None:
    found = found_case("shift")
    assert found.faulty.held_out[-1] < 0.01 < 1 < found.faulty.honest[-1]
    assert found.sound.held_out[-1] == pytest.approx(found.sound.honest[-1], rel=1e-3)
    assert found.faulty.accuracy[-1] == 0 < 0.5 < found.sound.accuracy[-1]


def test_fault_zeroing() -> None:
    found = found_case("zeroing")
    assert judged.norm_ratio(found) > 20
    assert found.faulty.honest[-1] > found.sound.honest[-1] + 0.5


def test_fault_order() -> None:
    found = found_case("order")
    assert found.faulty.honest[-1] > found.sound.honest[-1] + 0.2
    waves = [float(np.abs(np.diff(one.loss[40:])).max()) for one in (found.faulty, found.sound)]
    assert waves[0] > 1.5 * waves[1]


def test_fault_warmup() -> None:
    found = found_case("warmup")
    assert found.faulty.honest[-1] > found.sound.honest[-1] + 0.5


def test_fault_evaluation() -> None:
    found = found_case("evaluation")
    assert found.faulty.held_out[-1] > found.faulty.honest[-1] + 0.1
    assert found.faulty.honest[-1] == pytest.approx(float(found.sound.honest[-1]), rel=1e-2)


def test_fault_average() -> None:
    found = found_case("average")
    assert found.faulty.honest[-1] > found.sound.honest[-1]


# --- experiments ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("question", PAGE.questions, ids=lambda one: one.id)
def test_the_asking_state_shows_nothing_of_what_answers(question: Question) -> None:
    for language in LANGUAGES:
        before, after = (
            {
                asked.key
                for asked in calls.calls(complete(PAGE, {"lang": language, **preset.values(language)}))
            }
            for preset in (question.ask, question.reveal)
        )
        assert not before & after


@each_language
def test_experiment_heart(language: Language) -> None:
    found = next(one for one in step("heart", "reveal", language) if one.name == "overfitted")
    assert judged.rose(found)
    assert judged.best(found)[1] < found.held_out[0] - 0.3, "it falls first"
    assert found.loss[-1] < found.loss[len(found.loss) // 2] < found.loss[0]
    for asked in step("heart", "ask", language):
        assert asked.name != "overfitted"


@each_language
def test_experiment_warmup(language: Language) -> None:
    with_it, without = step("warmup", "reveal", language)
    assert without.recipe.fault == "warmup"
    assert without.honest[-1] > with_it.honest[-1] + 0.5


@each_language
def test_experiment_shift(language: Language) -> None:
    (found,) = step("shift", "reveal", language)
    assert found.fault == "shift"
    hundred = int(np.searchsorted(found.faulty.step, 100))
    assert found.faulty.loss[hundred] < 0.1 < 0.5 < found.sound.loss[hundred]


@each_language
def test_experiment_forms(language: Language) -> None:
    (found,) = step("forms", "reveal", language)
    layer, head = judged.strongest(found)
    at = {one: place for place, one in enumerate(found.steps)}
    scores = found.score[:, layer, head]
    assert scores[: at[700] + 1].max() < 0.1
    assert scores[at[1100]] > 0.75 * scores[-1]
    fell = found.held_out[at[700]] - found.held_out[at[1100]]
    assert fell < 0.1 * (found.held_out[0] - found.held_out[-1])


@each_language
def test_experiment_decides(language: Language) -> None:
    (found,) = step("decides", "reveal", language)
    rate, width = (found.values[:, AXES.index(name)] for name in ("rate", "width"))
    best = {}
    for size in (16, 64):
        own = np.flatnonzero((np.array(found.by) == "grid") & (width == size))
        best[size] = round(float(rate[own[found.held_out[own].argmin()]]), 4)
    assert best == {16: 0.01, 64: 0.003}
