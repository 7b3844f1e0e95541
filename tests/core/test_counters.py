"""The operator's numbers: read by Prometheus's own parser, and moved by what they count."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from prometheus_client.parser import text_string_to_metric_families

from core import counters
from core.errors import TextTooLong
from core.jobs.line import Line
from core.jobs.shelf import Shelf


def read() -> dict[tuple[str, str], float]:
    """Name of a sample and its labels → value."""
    families = text_string_to_metric_families(counters.text().decode())
    return {
        (one.name, ",".join(one.labels.values())): one.value for family in families for one in family.samples
    }


@given(some.lists(some.floats(0, 1e6), min_size=1, max_size=60), some.sampled_from((0.5, 0.9, 0.95, 1.0)))
def test_a_percentile_is_numpy_s(values: list[float], share: float) -> None:
    theirs = np.percentile(values, 100 * share, method="inverted_cdf")
    assert counters.percentile(tuple(values), share) == theirs


def test_reruns_are_timed_also_where_they_fail() -> None:
    with pytest.raises(ZeroDivisionError), counters.rerun("some_page", "part"):
        _ = 1 // 0
    found = read()
    assert found["glassbox_rerun_seconds_count", "part,some_page"] == 1
    buckets = [value for (name, of), value in found.items() if name.endswith("_bucket") and "some_page" in of]
    assert buckets == sorted(buckets)
    assert buckets[-1] == 1
    assert found["glassbox_rerun_p95_seconds", ""] > 0


def test_a_shelf_s_bytes_and_evictions_are_those_that_it_has() -> None:
    shelf = Shelf(0.01, "tried")
    for number in range(5):
        shelf.get(number, lambda: np.zeros(500, np.float64))
    found = read()
    assert found["glassbox_bytes", "tried"] == pytest.approx(shelf.megabytes * 1e6)
    assert found["glassbox_bytes", "tried"] <= 10_000
    assert found["glassbox_evictions_total", "tried"] == 3  # 4,256 bytes each


def test_a_line_tells_who_runs_and_who_waits_when_it_is_asked() -> None:
    line = Line("tried")
    counters.follow(line.name, lambda: line.counts)
    assert read()["glassbox_queue_length", "tried,running"] == 0
    with line.turn():
        assert read()["glassbox_queue_length", "tried,running"] == 1
    assert read()["glassbox_queue_length", "tried,running"] == 0


def test_errors_are_counted_by_class_and_hold_no_value() -> None:
    before = read()
    counters.told(TextTooLong(count=7, limit=5))
    counters.fault(ValueError("what a visitor typed"))
    found = read()
    for kind in ("TextTooLong,told", "ValueError,fault"):
        key = ("glassbox_errors_total", kind)
        assert found[key] == before.get(key, 0) + 1
    assert "typed" not in counters.text().decode()
