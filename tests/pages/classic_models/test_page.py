"""classic_models as visitors use it: their own texts, whatever they are, and what a choice of corpus brings along."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.catalog.classic_models import MODEL, RAIN, SMOOTHINGS
from pages.kit.text import Words
from tests.pages.app import charts, healthy, says, visit

OWN = {"cm_view": "counts", "cm_corpus": "own"}
MIXED = "The white whale 白鲸 swam. مرحبا שלום 🐳 low lower newest widest 小猫坐在垫子上。\n" * 20


def opened(language: str, **more: str) -> AppTest:
    return visit("classic_models", {"lang": language, **OWN, **more})


def say(language: str, id: str) -> str:
    return str(Words(language, "classic_models").get(id)).split("{")[0]


@pytest.mark.parametrize("view", ["next", "cost", "counts", "write", "states"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_there_is_no_text_yet(language: str, view: str) -> None:
    app = opened(language, cm_view=view)
    healthy(app)
    assert say(language, "own.empty") in [one.value for one in app.info]
    assert not app.warning


@pytest.mark.parametrize("smoothing", SMOOTHINGS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_smoothing_has_its_bars_also_where_no_piece_is_more_probable_than_another(
    language: str, smoothing: str
) -> None:
    """With add-k the context of the first text was never counted: all pieces are equally probable, each a little."""
    app = visit("classic_models", {"lang": language, "cm_smooth": smoothing})
    healthy(app)
    assert not app.error
    shown = charts(app)
    assert len(shown) == 3
    assert all(any(trace["x"] for trace in one["data"]) for one in shown.values())


@pytest.mark.parametrize(
    ("text", "error"),
    [("short", "text_too_short"), ("word " * 300, "one_word"), ("ab\x01\x02\x03" * 100, "binary_text")],
)
def test_a_text_that_will_not_do_is_told(text: str, error: str) -> None:
    app = opened("en")
    app.text_area(key="cm_corpus").set_value(text).run()
    healthy(app)
    told = " ".join(one.value for one in app.warning)
    assert say("en", f"errors.{error}").strip()[:20] in told.replace("\\", "")
    assert not app.get("plotly_chart")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("view", ["counts", "states"])
def test_mixed_scripts_are_counted(language: str, view: str) -> None:
    app = opened(language, cm_view=view, cm_unit="character")
    app.text_area(key="cm_corpus").set_value(MIXED).run()
    healthy(app)
    assert not app.warning, [one.value for one in app.warning]
    assert len(app.get("plotly_chart")) >= 2


def test_five_megabytes_are_cut_and_it_is_said() -> None:
    app = opened("en")
    app.text_area(key="cm_corpus").set_value(("小猫坐在垫子上。" * 20 + "\n") * 10_000).run()
    healthy(app)
    assert any(say("en", "own.cut")[:8] in one.value for one in app.caption)


def test_a_corpus_brings_its_units_its_model_and_a_text() -> None:
    app = visit("classic_models", {"lang": "en", "cm_view": "counts"})
    app.segmented_control(key="w_cm_corpus").set_value("tang").run()
    healthy(app)
    query = {name: str(value) for name, value in app.query_params.items()}
    assert MODEL["tang"] in query["model"]
    assert RAIN.split()[0] in query["text"]
    assert "character" in query["cm_unit"]


@pytest.mark.parametrize(
    ("query", "said", "others"),
    [
        ({}, ("next_seen", "next_other"), ("next_new", "next_none", "next_same")),
        ({"cm_order": "1"}, ("next_none",), ("next_seen", "next_new")),
        ({"cm_view": "cost"}, ("cost_model",), ("cost_ngram", "cost_foreign")),
        ({"cm_view": "cost", "model": "poem-gpt"}, ("cost_ngram", "cost_foreign"), ("cost_model",)),
    ],
)
def test_what_is_said_follows_the_counts(
    query: dict[str, str], said: tuple[str, ...], others: tuple[str, ...]
) -> None:
    app = visit("classic_models", query | {"lang": "en"})
    healthy(app)
    assert [one for one in said if not says(app, "classic_models", f"notice.{one}", "en")] == []
    assert [one for one in others if says(app, "classic_models", f"notice.{one}", "en")] == []
