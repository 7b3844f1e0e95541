"""training_lab as visitors use it: its parts, any values in a link, and sentences that follow the figure."""

from __future__ import annotations

import pytest

from core.catalog import LANGUAGES
from core.catalog.training_lab import CASES, FAULTS, RACES, TASKS
from core.compute.training_lab.curves import case, curves
from pages.kit.text import Words
from tests.pages.app import charts, healthy, says, shown, visit

STEM = "training_lab"
each_language = pytest.mark.parametrize("language", LANGUAGES)


@each_language
@pytest.mark.parametrize("run", TASKS)
def test_every_run_is_drawn(run: str, language: str) -> None:
    app = visit(STEM, {"lang": language, "tl_run": run})
    healthy(app)
    assert len(charts(app)) == (2 if run == "induction" else 3)


@pytest.mark.parametrize("race", RACES)
def test_every_race_is_drawn(race: str) -> None:
    app = visit(STEM, {"lang": "en", "tl_part": "race", "tl_race": race})
    healthy(app)
    assert len(charts(app)) == 2


@pytest.mark.parametrize(
    "query",
    [
        {"tl_run": "<b>"}, {"tl_at": "1e99"}, {"tl_at": "-7"}, {"tl_at": "nan"},
        {"tl_part": "race", "tl_race": "../..", "tl_ghosts": "<script>,a,b"},
        {"tl_part": "race", "tl_curve": "weights"}, {"tl_part": "faults", "tl_case": "99", "tl_guess": "<i>"},
        {"tl_part": "search", "tl_trials": "x"}, {"tl_part": "nothing"},
    ],
)  # fmt: skip
def test_values_of_a_link_are_bounded(query: dict[str, str]) -> None:
    app = visit(STEM, {"lang": "en", **query})
    healthy(app)
    assert not app.warning
    assert charts(app)


@each_language
def test_the_slider_shows_what_the_model_wrote_then(language: str) -> None:
    found = curves(run="reverse")
    assert found.samples[4][0] != found.samples[-1][0]
    for at, place in (("4", 4), ("-1", -1)):
        app = visit(STEM, {"lang": language, "tl_run": "reverse", "tl_at": at})
        healthy(app)
        assert found.samples[place][0] in shown(app)


def test_the_recipe_is_that_of_the_run_in_sight() -> None:
    for run in ("reverse", *[one for one in TASKS if one not in ("reverse", "induction")][:1]):
        found = curves(run=run)
        app = visit(STEM, {"lang": "en", "tl_run": run})
        said = " ".join(str(one.value) for one in app.caption).replace("\\", "").replace("\u00a0", " ")
        assert f"core.training.lab --write {run}" in said
        assert f"up to {found.recipe.context} tokens" in said


@each_language
@pytest.mark.parametrize("number", range(1, len(CASES) + 1))
def test_a_fault_is_said_after_a_guess_and_not_before(number: int, language: str) -> None:
    fault = case(number=number).fault
    asking = visit(STEM, {"lang": language, "tl_part": "faults", "tl_case": str(number)})
    healthy(asking)
    for id in ("guessed", "guessed_not", *(f"fault_{one}" for one in FAULTS)):
        assert not says(asking, STEM, f"notice.{id}", language)
    assert Words(language, STEM).get(f"params.guess.{fault}") not in shown(asking)
    wrong = next(one for one in FAULTS if one != fault)
    for guess, told, other in ((fault, "guessed", "guessed_not"), (wrong, "guessed_not", "guessed")):
        app = visit(STEM, {"lang": language, "tl_part": "faults", "tl_case": str(number), "tl_guess": guess})
        healthy(app)
        assert says(app, STEM, f"notice.{told}", language)
        assert says(app, STEM, f"notice.fault_{fault}", language)
        if told == "guessed_not":
            assert not says(app, STEM, f"notice.{other}", language)


def test_another_run_forgets_the_guess() -> None:
    app = visit(STEM, {"lang": "en", "tl_part": "faults", "tl_guess": "rate"})
    app.slider(key="w_tl_case").set_value(2).run()
    healthy(app)
    assert "tl_guess" not in app.query_params or "rate" not in app.query_params["tl_guess"]
    app.pills(key="gb_examples").set_value("order").run()
    healthy(app)
    assert "order" in app.query_params["tl_guess"]


def test_chips_choose_who_races() -> None:
    race, own = next((race, own) for race, own in RACES.items() if len(own) > 2)
    app = visit(STEM, {"lang": "en", "tl_part": "race", "tl_race": race})
    chips = app.pills(key="w_tl_ghosts")
    assert chips.value == list(own), "all of them at first"
    chips.set_value(list(own[1:])).run()
    healthy(app)
    assert ",".join(own[1:]) in str(app.query_params["tl_ghosts"])
    app.pills(key="w_tl_ghosts").set_value([own[0]]).run()
    healthy(app)
    assert app.pills(key="w_tl_ghosts").value == list(own), "one alone is no race"
    other = next(one for one in RACES if one != race)
    two = visit(STEM, {"lang": "en", "tl_part": "race", "tl_race": race, "tl_ghosts": ",".join(own[:2])})
    two.button_group(key="w_tl_race").set_value(other).run()
    healthy(two)
    assert "tl_ghosts" not in two.query_params or not str(two.query_params["tl_ghosts"]).strip("[]'")


@pytest.mark.parametrize(
    ("query", "said", "others"),
    [
        ({"tl_run": "reverse"}, ("answers", "falls"), ("rises", "english", "poems")),
        ({"tl_run": "induction"}, ("forms", "tiny"), ("forms_not",)),
    ],
)
def test_what_is_said_follows_the_figure(
    query: dict[str, str], said: tuple[str, ...], others: tuple[str, ...]
) -> None:
    app = visit(STEM, query | {"lang": "en"})
    healthy(app)
    assert [one for one in said if not says(app, STEM, f"notice.{one}", "en")] == []
    assert [one for one in others if says(app, STEM, f"notice.{one}", "en")] == []
