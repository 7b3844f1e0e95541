"""Film, gradients and live as visitors use them: values of any link, a training that is started, and sentences."""

from __future__ import annotations

import time
from typing import Any

import pytest

from core.training.lab import live
from tests.pages.app import charts, healthy, says, visit

PATIENCE = 90.0


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "query",
    [
        {"tl_part": "film", "tl_bundle": "reverse", "tl_layer": "9", "tl_head": "-4", "tl_moment": "1e9"},
        {"tl_part": "film", "tl_bundle": "<b>"}, {"tl_part": "gradients", "tl_depth": "99"},
        {"tl_part": "gradients", "tl_network": "bundle", "tl_bundle": "reverse", "tl_passage": "<b>字\0"},
        {"tl_part": "gradients", "tl_network": "bundle", "tl_bundle": "reverse", "tl_checkpoint": "77"},
        {"tl_part": "live", "tl_rate": "nan", "tl_steps": "1e9", "tl_size": "huge", "tl_clip": "-1"},
    ],
)  # fmt: skip
def test_values_of_a_link_are_bounded(query: dict[str, str], language: str) -> None:
    app = visit("training_lab", {"lang": language, **query})
    healthy(app)
    assert not app.error


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({}, "gradient_vanishes"), ({"tl_wiring": "both"}, "gradient_arrives"),
        ({"tl_initial": "large", "tl_wiring": "residual"}, "gradient_explodes"),
        ({"tl_initial": "large", "tl_depth": "12"}, "gradient_overflows"),
        ({"tl_network": "bundle", "tl_bundle": "reverse"}, "gradient_run"),
    ],
)  # fmt: skip
def test_what_is_said_of_gradients_follows_them(query: dict[str, str], said: str) -> None:
    app = visit("training_lab", {"lang": "en", "tl_part": "gradients", **query})
    healthy(app)
    assert says(app, "training_lab", f"notice.{said}", "en")
    assert len(charts(app)) == 2


def until(app: Any, label: str) -> None:
    """Run the page anew, as its fragment does, until a button is there."""
    end = time.monotonic() + PATIENCE
    while label not in [one.label for one in app.button]:
        assert time.monotonic() < end, f"{label} never came"
        time.sleep(0.5)
        app.run()


def test_a_training_is_started_drawn_and_forked() -> None:
    query = {
        "lang": "en",
        "tl_part": "live",
        "tl_size": "tiny",
        "tl_steps": "60",
        "tl_batch": "8",
        "tl_task": "copy",
    }
    app = visit("training_lab", query)
    assert app.info
    app.button(key="tl_start").click().run()
    until(app, "Fork")
    healthy(app)
    assert len(charts(app)) == 2
    app.button(key="tl_fork").click().run()
    first, second = list(live._kept.values())[-2:]
    until(app, "Fork")
    healthy(app)
    assert int(second.seen().step[0]) > int(first.seen().step[0])
    assert second.recipe.rate == 0.001
    for one in (first, second):
        live.forget(one)
