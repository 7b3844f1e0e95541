"""Temperature, filters and penalties, in Python and as the browser computes them, against transformers' processors."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats
from transformers.generation import logits_process as reference

from core.compute.next_token.filters import ORDER, Filtered, Settings, apply_filters, draw, ordered
from core.errors import BadParameter
from tests.node import in_node

MANY = 1200


@dataclass(frozen=True)
class Case:
    logits: tuple[float, ...]
    history: tuple[int, ...]
    settings: Settings


def random_case(number: int) -> Case:
    """A random vector as float32 logits are, a random text, and one to eight steps switched on in a random order."""
    rng = np.random.default_rng(number)
    size = int(rng.choice([2, 17, 300, 2000]))
    spread = float(rng.choice([0.3, 2.0, 6.0]))
    logits = (rng.normal(rng.normal(0, 5), spread, size) + rng.gumbel(size=size)).astype(np.float32)
    history = rng.integers(0, size, int(rng.integers(0, 60)))
    on = rng.random(8) < rng.choice([0.25, 0.6])
    drawn: dict[str, Any] = {
        "temperature": float(rng.choice([0.0, rng.uniform(0.05, 3), 1e9])),
        "top_k": int(rng.integers(0, 4 * size // 3)),
        "top_p": float(rng.uniform(0, 1)), "min_p": float(rng.uniform(0, 0.5)), "typical": float(rng.uniform(0.01, 1)),
        "repetition": float(rng.uniform(0.7, 2.5)), "frequency": float(rng.uniform(-2, 2)),
        "presence": float(rng.uniform(-2, 2)),
    }  # fmt: skip
    chosen = {name: value for (name, value), used in zip(drawn.items(), on, strict=True) if used}
    order = ORDER if rng.random() < 0.5 else tuple(str(name) for name in rng.permutation(ORDER))
    return Case(tuple(logits.tolist()), tuple(history.tolist()), Settings(**chosen, order=order))


def expected(case: Case) -> np.ndarray:
    """The probabilities [vocab] by transformers' processors (and two closed forms) in float64."""
    scores: Any = torch.tensor([case.logits], dtype=torch.float64)
    s = case.settings
    ids = torch.tensor([case.history], dtype=torch.long)
    counts = torch.bincount(ids[0], minlength=len(case.logits)).double()[None]

    def greedy(_: Any, scores: torch.Tensor) -> torch.Tensor:
        best = scores.argmax(-1, keepdim=True)
        return torch.full_like(scores, -math.inf).scatter(1, best, scores.gather(1, best))

    steps: dict[str, Any] = {
        "repetition": reference.RepetitionPenaltyLogitsProcessor(s.repetition),
        "frequency": lambda _, scores: scores - s.frequency * counts,
        "presence": lambda _, scores: scores - s.presence * (counts > 0),
        "temperature": reference.TemperatureLogitsWarper(s.temperature) if s.temperature else greedy,
    }
    if s.top_k:
        steps["top_k"] = reference.TopKLogitsWarper(s.top_k)
    if s.top_p < 1:
        steps["top_p"] = reference.TopPLogitsWarper(s.top_p)
    if s.min_p > 0:
        steps["min_p"] = reference.MinPLogitsWarper(s.min_p)
    if s.typical < 1:
        steps["typical"] = reference.TypicalLogitsWarper(s.typical)
    for name in s.order:
        if name in steps and not (name == "repetition" and not case.history):
            scores = steps[name](ids, scores)
    probabilities: np.ndarray = scores.softmax(-1)[0].numpy()
    return probabilities


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return [random_case(number) for number in range(MANY)]


@pytest.fixture(scope="module")
def references(cases: list[Case]) -> list[np.ndarray]:
    return [expected(case) for case in cases]


def browser_says(cases: list[Case], draws: int = 0) -> list[dict[str, Any]]:
    """What the browser's own code makes of the cases."""
    told = [
        {
            "logits": c.logits, "history": c.history, "settings": asdict(c.settings), "order": c.settings.order,
            "draws": draws,
        }
        for c in cases
    ]  # fmt: skip
    found: list[dict[str, Any]] = in_node(
        'import { main } from "./tests/js/next_token/filters_run.mjs";', told
    )
    return found


def near_a_threshold(case: Case) -> bool:
    """Whether moving a threshold by 1e-5 changes which tokens are kept: only then may two programs differ."""
    s = case.settings
    moved = [
        replace(s, **{name: value})
        for name in ("top_p", "min_p", "typical")
        for value in (getattr(s, name) - 1e-5, getattr(s, name) + 1e-5)
        if 0 < value < 1
    ]
    kept = apply_filters(case.logits, case.history, s).kept
    return any((apply_filters(case.logits, case.history, other).kept != kept).any() for other in moved)


def agree(case: Case, found: np.ndarray, wanted: np.ndarray) -> None:
    if ((found > 0) != (wanted > 0)).any():
        tiny = (
            np.maximum(found, wanted)[(found > 0) != (wanted > 0)].max() < 1e-300
        )  # underflow is no removal
        assert tiny or near_a_threshold(case), case.settings
        if not tiny:
            return
    np.testing.assert_allclose(found, wanted, atol=1e-6, rtol=0)


def test_python_equals_transformers(cases: list[Case], references: list[np.ndarray]) -> None:
    exempt = 0
    for case, wanted in zip(cases, references, strict=True):
        found = apply_filters(case.logits, case.history, case.settings)
        agree(case, found.probabilities, wanted)
        exempt += bool(((found.probabilities > 0) != (wanted > 0)).any())
        assert found.probabilities.sum() == pytest.approx(1)
        assert (found.removed_by == 0).tolist() == found.kept.tolist()
        assert found.left[-1] == found.kept.sum() >= 1
    assert exempt < MANY / 100


def test_the_browser_equals_transformers_and_python(cases: list[Case], references: list[np.ndarray]) -> None:
    exempt = 0
    for case, wanted, told in zip(cases, references, browser_says(cases), strict=True):
        found = np.asarray(told["probabilities"])
        agree(case, found, wanted)
        python = apply_filters(case.logits, case.history, case.settings)
        if tuple(told["left"]) != python.left:
            assert near_a_threshold(case)
            exempt += 1
            continue
        assert told["removedBy"] == python.removed_by.tolist()
        assert told["entropy"] == pytest.approx(python.entropy, abs=1e-6)
        assert told["cutMass"] == pytest.approx(python.cut_mass, abs=1e-6)
    assert exempt < MANY / 100


def test_equal_logits_are_treated_alike() -> None:
    """top-k keeps all that equal the last kept one; typical too; the number of those that top-p keeps is the same."""
    logits = (3.0, 2.0, 2.0, 2.0, 1.0, 1.0)
    settings = [Settings(top_k=2), Settings(top_p=0.8), Settings(typical=0.3), Settings(min_p=0.3)]
    cases = [Case(logits, (), one) for one in settings]
    for case, told in zip(cases, browser_says(cases), strict=True):
        wanted = np.sort(expected(case))
        for found in (
            apply_filters(logits, (), case.settings).probabilities,
            np.asarray(told["probabilities"]),
        ):
            np.testing.assert_allclose(np.sort(found), wanted, atol=1e-9)


def test_scores_that_exp_cannot_take() -> None:
    """A low temperature turns ordinary logits into scores beyond ±700."""
    case = Case((18.0, 17.99, 12.0, -20.0), (), Settings(temperature=0.01))
    told = browser_says([case])[0]
    for found in (
        apply_filters(case.logits, (), case.settings).probabilities,
        np.asarray(told["probabilities"]),
    ):
        np.testing.assert_allclose(found, expected(case), atol=1e-9)


def by_hand(**settings: Any) -> Filtered:
    return apply_filters(np.log([0.5, 0.25, 0.125, 0.125]), [1, 1, 2], Settings(**settings))


def test_by_hand() -> None:
    assert by_hand().entropy == pytest.approx(1.75 * math.log(2))
    assert by_hand(top_p=0.7).probabilities.tolist() == pytest.approx([2 / 3, 1 / 3, 0, 0])
    assert by_hand(top_p=0.7).cut_mass == pytest.approx(0.25)
    assert by_hand(min_p=0.5).left[-1] == 2
    assert by_hand(temperature=0).probabilities.tolist() == [1, 0, 0, 0]
    assert by_hand(temperature=1e9).probabilities.tolist() == pytest.approx([0.25] * 4)
    assert by_hand(temperature=0.5).probabilities[0] == pytest.approx(0.25 / (0.25 + 0.0625 + 2 * 0.015625))
    assert by_hand(frequency=math.log(2)).probabilities[1] == pytest.approx(0.0625 / 0.75)
    assert by_hand(presence=math.log(2)).probabilities[1] == pytest.approx(0.125 / 0.8125)
    assert by_hand(top_k=10**9).left == (4,) * 8


def test_the_order_matters() -> None:
    """A low temperature before top-p leaves fewer tokens than after it."""
    first = by_hand(temperature=0.3, top_p=0.8)
    last = by_hand(temperature=0.3, top_p=0.8, order=ordered(("top_p", "temperature")))
    assert (first.kept.sum(), last.kept.sum()) == (1, 3)


@pytest.mark.parametrize(
    "settings",
    [
        {"temperature": math.nan}, {"temperature": -1.0}, {"temperature": math.inf}, {"top_k": -1}, {"top_p": 1.1},
        {"top_p": math.nan}, {"min_p": -0.1}, {"typical": 2.0}, {"repetition": 0.0}, {"frequency": math.inf},
        {"order": ("top_k",)},
    ],
)  # fmt: skip
def test_nonsense_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(BadParameter):
        by_hand(**settings)


@pytest.mark.parametrize(
    "settings", [Settings(), Settings(temperature=1.6, top_k=9), Settings(typical=0.7, top_p=0.95)]
)
def test_draws_follow_the_shown_distribution(settings: Settings) -> None:
    """Pearson's chi-square, of the browser's draws and of Python's; the first is repeatable by its seed."""
    logits = tuple(np.random.default_rng(3).normal(0, 1.2, 40).tolist())
    shares = apply_filters(logits, [], settings).probabilities
    told = browser_says([Case(logits, (), settings)] * 2, draws=20_000)
    assert told[0]["drawn"] == told[1]["drawn"]
    rng = np.random.default_rng(11)
    for drawn in (told[0]["drawn"], [draw(shares, float(u)) for u in rng.random(20_000)]):
        counts = np.bincount(drawn, minlength=40)
        assert not counts[shares == 0].any()
        assert stats.chisquare(counts[shares > 0], 20_000 * shares[shares > 0]).pvalue > 1e-3


def test_orders_of_a_visitor_are_completed() -> None:
    assert ordered(()) == ORDER
    assert sorted(ordered(("typical", "x", "typical"))) == sorted(ORDER)
