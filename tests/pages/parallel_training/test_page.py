"""parallel_training as visitors use it: its states, what it says of them, and what its charts show."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from core.catalog import LANGUAGES
from core.catalog.parallel_training import SCENES
from core.compute.parallel_training.formulas import ROOM, memory, traffic
from core.compute.parallel_training.measured import EXACT, measured
from core.compute.parallel_training.schedules import KINDS, schedule
from core.figures.charts import Spec, alt_of
from core.figures.parallel_training import pipeline, sharing
from pages.kit.text import Words
from tests.pages.app import healthy, says, visit

each_language = pytest.mark.parametrize("language", LANGUAGES)


def words(language: str) -> dict[str, str]:
    return dict(Words(language, "parallel_training").get("charts"))


def valid(spec: Spec) -> Spec:
    go.Figure(spec)  # validates every property
    assert alt_of(spec)
    assert "{" not in alt_of(spec)
    return spec


@pytest.mark.parametrize(
    ("query", "said", "others"),
    [
        ({}, ("bubble",), ("bubble_other", "rounded")),
        ({"pt_kind": "interleaved", "pt_m": "6"}, ("bubble", "rounded"), ("bubble_other",)),
        ({"pt_view": "memory"}, ("fits", "held"), ("fits_none", "held_other")),
        ({"pt_view": "memory", "pt_size": "175b"}, ("fits_none",), ("fits",)),
        ({"pt_view": "wire"}, ("counted", "even"), ("counted_other",)),
        ({"pt_view": "proof", "pt_bits": "float32"}, ("equal", "bundled"), ("equal_not",)),
    ],
)
def test_what_is_said_follows_the_results(
    query: dict[str, str], said: tuple[str, ...], others: tuple[str, ...]
) -> None:
    app = visit("parallel_training", query | {"lang": "en"})
    healthy(app)
    assert [one for one in said if not says(app, "parallel_training", f"notice.{one}", "en")] == []
    assert [one for one in others if says(app, "parallel_training", f"notice.{one}", "en")] == []


def test_a_state_worth_a_button_is_opened_by_it() -> None:
    app = visit("parallel_training", {"lang": "en"})
    app.pills(key="gb_examples").set_value("shared").run()
    healthy(app)
    query = {name: str(value) for name, value in app.query_params.items()}
    assert "memory" in query["pt_view"]
    assert "64" in query["pt_n"]
    assert app.pills(key="gb_examples").value == "shared"
    assert set(SCENES) <= set(Words("en", "parallel_training").get("examples"))


@pytest.mark.parametrize("value", ["-1", "1e9", "nan", "<script>", "9" * 60])
def test_what_a_link_asks_for_is_clamped(value: str) -> None:
    for view in ("pipeline", "memory"):
        names = ("p", "m", "v", "back", "size", "n", "real", "bits")
        app = visit("parallel_training", {"lang": "en", "pt_view": view, "pt_kind": "interleaved"} | {
            f"pt_{name}": value for name in names
        })  # fmt: skip
        healthy(app)
        assert not app.error
        assert len(app.get("plotly_chart")) == 2


@each_language
@pytest.mark.parametrize("kind", KINDS)
def test_bars_are_the_passes_of_the_schedule(kind: Any, language: str) -> None:
    found = schedule(kind=kind, stages=3, micro=5, chunks=2 if kind == "interleaved" else 1)
    spec = valid(pipeline.gantt(found, words(language), language=language))
    drawn = sorted(
        (stage, round(start, 4), round(start + long, 4), text)
        for trace in spec["data"]
        for stage, start, long, text in zip(trace["y"], trace["base"], trace["x"], trace["text"], strict=True)
    )
    rows = zip(found.stage, found.start, found.end, found.number, strict=True)
    expected = sorted(
        (int(a), round(float(b), 4), round(float(c), 4), str(int(d) + 1)) for a, b, c, d in rows
    )
    assert drawn == [
        (a, pytest.approx(b, abs=1e-3), pytest.approx(c, abs=1e-3), d) for a, b, c, d in expected
    ]
    assert len(list(pipeline.task_rows(found, words(language)))) == len(found.stage)
    kept = valid(pipeline.kept(found, words(language), language=language))
    assert kept["data"][0]["x"] == found.kept.tolist()


@each_language
def test_memory_and_traffic_are_drawn_as_they_are(language: str) -> None:
    held, sent = memory(size="6b7", processes=64), traffic(size="gpt2", processes=8)
    spec = valid(sharing.memory(held, words(language), language=language, room=ROOM))
    for trace, values in zip(spec["data"], held.bytes.T, strict=False):
        assert trace["x"] == pytest.approx((values / 1e9).tolist())
    assert spec["layout"]["shapes"][0]["x0"] == 80
    names = spec["layout"]["yaxis"]["ticktext"]
    assert "32" in names[held.ways.index("tensor")]  # 32 heads: 32 of the 64 processes are used
    first = next(iter(sharing.memory_rows(held, words(language))))
    assert first[1:] == (64, *map(int, held.bytes[0]))
    lines = valid(sharing.traffic(sent, words(language), language=language))
    for trace, values in zip(lines["data"], sent.bytes, strict=True):
        assert trace["y"] == pytest.approx((values / 1e9).tolist())
    assert len(list(sharing.traffic_rows(sent, words(language)))) == sent.bytes.size


@each_language
@pytest.mark.parametrize("processes", [2, 4])
def test_the_runs_are_drawn_as_they_are(processes: int, language: str) -> None:
    found, said = measured(processes=processes, precision="float64"), words(language)
    wire = valid(sharing.wire(found, said, language=language))
    assert wire["data"][0]["x"] == (found.sent / 1000).tolist() == wire["data"][1]["x"]
    losses = valid(sharing.losses(found, said, language=language))
    assert losses["data"][0]["y"] == found.alone.tolist()
    marks = {step: y for trace in losses["data"][1:] for step, y in zip(trace["x"], trace["y"], strict=True)}
    assert sorted(marks) == list(range(1, 21))
    assert [marks[step] for step in sorted(marks)] == pytest.approx(found.alone.tolist())
    apart = valid(sharing.apart(found, said, language=language, limit=EXACT))
    assert apart["data"][0]["x"] == found.apart.tolist()
    held = valid(sharing.held(found, said, language=language))
    assert np.sum([trace["x"] for trace in held["data"][:3]], axis=0) == pytest.approx(
        found.held.sum(axis=1) / 1000
    )
    assert (
        len(list(sharing.wire_rows(found, said)))
        == len(list(sharing.held_rows(found, said)))
        == len(found.ways)
    )
    rows = list(sharing.proof_rows(found, said))
    assert [row[2] for row in rows] == found.loss.flatten().tolist()
    moved = sharing.losses(replace(found, loss=found.loss + 1), said, language=language)
    assert moved["data"][1]["y"][0] == pytest.approx(found.alone[0] + 1)
