"""The shared cache: bounded in bytes, one computation for all who ask, errors not kept."""

from __future__ import annotations

import hashlib
import threading
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from core.calls import Call, call
from core.compute.model_anatomy import norms
from core.compute.token_splits.training import Training, train
from core.jobs.shelf import LEAST, Shelf, size_of
from core.models.load.residency import evict
from pages.kit import cache
from pages.kit.frame import Opened
from pages.kit.text import words


@dataclass(frozen=True)
class Result:
    values: np.ndarray[tuple[int, ...], np.dtype[np.float32]]
    name: str


def result(count: int) -> Result:
    return Result(np.zeros(count, np.float32), "abc")


def test_size_counts_arrays_and_texts() -> None:
    assert size_of(result(1000)) == LEAST + (LEAST + 4000) + (LEAST + 3)


def test_the_least_recently_used_goes_first() -> None:
    shelf = Shelf(0.1)
    for key in "ab":
        shelf.get(key, lambda: result(10_000))
    shelf.get("a", lambda: pytest.fail("was there"))
    shelf.get("c", lambda: result(10_000))
    assert shelf.megabytes <= 0.1
    shelf.get("a", lambda: pytest.fail("was used last"))
    assert shelf.get("b", lambda: "made again") == "made again"


def test_what_is_too_large_is_handed_over_and_not_kept() -> None:
    shelf = Shelf(0.01)
    assert shelf.get("a", lambda: result(100_000)).name == "abc"
    assert shelf.megabytes == 0


def test_an_error_is_raised_and_not_kept() -> None:
    shelf = Shelf(1)
    with pytest.raises(ZeroDivisionError):
        shelf.get("a", lambda: 1 // 0)
    assert shelf.get("a", lambda: 7) == 7


def test_many_who_ask_at_once_share_one_computation() -> None:
    shelf, made = Shelf(1), []

    def make() -> Result:
        made.append(threading.get_ident())
        time.sleep(0.05)
        return result(10)

    found: list[Result] = []
    threads = [threading.Thread(target=lambda: found.append(shelf.get("a", make))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert len({id(one) for one in found}) == 1


def test_a_long_text_is_looked_up_by_its_checksum_and_plain_results_are_exact() -> None:
    def trained(corpus: str) -> Call[Training]:
        return call(train, algorithm="bpe", corpus=corpus, size=64)

    text = "low lower newest widest\n" * 400
    told: list[str] = []
    cache.report_to(lambda stage, _done: told.append(stage))
    first, again, other = (cache.run(trained(one)) for one in (text, text, text + "more\n"))
    cache.report_to(None)
    assert (first.badge.kind, first.badge.model) == ("exact", "")
    assert again.value is first.value
    assert other.value is not first.value
    assert set(told) == {"training"}
    long, short = "x" * 2001, "x" * 2000
    assert hashlib.sha256(long.encode()).hexdigest() in str(trained(long).key)
    assert long not in str(trained(long).key)
    assert short in str(trained(short).key)


def test_a_badge_says_that_weights_are_8_bit_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only of what was computed with them: the same text is the same result, looked up with the badge that it got."""
    no_link: Any = None
    english, chinese = (Opened(words(language, "model_anatomy"), no_link) for language in ("en", "zh"))
    said = {}
    for budget, text in (("850", "Full size"), ("200", "Small size"), ("850", "Small size")):
        monkeypatch.setenv("GLASSBOX_MODEL_BUDGET_MB", budget)
        evict("smollm2-135m")
        found = cache.run(call(norms.norms, model="smollm2-135m", text=text, limit=64))
        said[budget, text] = [page.badge(found.badge) for page in (english, chinese)]
    evict("smollm2-135m")
    assert [("8-bit" in en, "8 位" in zh) for en, zh in said.values()] == [
        (False, False),
        (True, True),
        (True, True),
    ]


def test_a_chart_counts_its_numbers() -> None:
    """Lists of numbers and what is named are counted, so that charts are bounded in bytes as all else is."""
    spec = {"data": [{"x": [0.5] * 1000, "y": list(range(1000)), "name": "n" * 100}], "layout": {}}
    assert 64_000 <= size_of(spec) < 68_000
    shelf = Shelf(0.3, "")
    for at in range(10):
        shelf.get(at, lambda: spec)
    assert [shelf.peek(at) is not None for at in (0, 5, 8, 9)] == [False, False, True, True]
    assert 0.1 < shelf.megabytes <= 0.3
