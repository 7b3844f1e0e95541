"""What a real card does: rounding, memory, time. The rest is tried on a stand-in (``test_card.py``)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch

from core import host
from core.compute.model_anatomy import lens
from core.errors import OutOfMemory
from core.jobs.shelf import Shelf
from core.models.load import device, memory
from core.models.load.loading import load
from core.models.load.residency import LoadedModel, evict, is_resident, resident
from core.models.read import beside, held
from core.models.read.positions import rotary_of
from core.models.read.trace import Trace, projections, trace_ids
from core.numerics import log_softmax

pytestmark = pytest.mark.cuda

MODEL = "smollm2-135m"
TEXT = "The cat sat on the mat, and then the children went home through the park. " * 20


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No model in memory, before and after, and the card that is chosen by itself."""
    monkeypatch.delenv(device.DEVICE, raising=False)
    clear()
    yield
    clear()


def clear() -> None:
    for one in resident():
        evict(one.id)
    memory.reclaim()


def traced(loaded: LoadedModel, count: int) -> Trace:
    ids = tuple(loaded.tokenizer(TEXT).input_ids)
    return trace_ids(loaded, (ids * 4)[:count])


def on_processor(monkeypatch: pytest.MonkeyPatch, count: int) -> tuple[Trace, float]:
    """The same text on the processor in float32, and the least time of three, in seconds."""
    clear()
    with monkeypatch.context() as patch:
        patch.setenv(device.DEVICE, "cpu")
        loaded = load(MODEL)
        assert (loaded.device, loaded.dtype) == ("cpu", "float32")
        trace, spent = traced(loaded, count), least(lambda: traced(loaded, count))
    clear()
    return trace, spent


def least(run: Callable[[], object]) -> float:
    """Seconds of the fastest of three runs, after one that is not counted."""
    run()
    times = []
    for _ in range(3):
        start = time.perf_counter()
        run()
        torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    return min(times)


def divergence(one: Trace, other: Trace) -> float:
    """Mean over tokens of KL(one ‖ other) of the next token, nats."""
    ln, others = (log_softmax(np.asarray(trace.logits)) for trace in (one, other))
    return float((np.exp(ln) * (ln - others)).sum(-1).mean())


@pytest.mark.usefixtures("alone")
def test_bfloat16_agrees_with_float32_on_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    full, _ = on_processor(monkeypatch, 200)
    loaded = load(MODEL)
    assert loaded.device.startswith("cuda")
    assert loaded.dtype == "bfloat16"
    half = traced(loaded, 200)
    tops = [np.asarray(trace.logits).argmax(-1) for trace in (half, full)]
    assert (tops[0] == tops[1]).mean() >= 0.95
    assert 0 < divergence(full, half) < 0.01
    np.testing.assert_allclose(np.asarray(half.attention), np.asarray(full.attention), atol=0.15)
    np.testing.assert_allclose(np.asarray(half.attention).sum(-1), 1, atol=0.02)


@pytest.mark.usefixtures("alone")
def test_float32_on_the_card_is_the_processors_but_for_the_order_of_sums(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    full, _ = on_processor(monkeypatch, 200)
    name = device.best_device()[0]
    monkeypatch.setattr(device, "_chosen", lambda _asked: (name, torch.float32))
    found = traced(load(MODEL), 200)
    np.testing.assert_allclose(np.asarray(found.attention), full.attention, atol=1e-3)
    assert abs(divergence(full, found)) < 1e-5


@pytest.mark.usefixtures("alone")
def test_rotary_frequencies_are_those_of_the_formula() -> None:
    turns, _ = rotary_of(load(MODEL))
    np.testing.assert_allclose(turns, 100_000.0 ** (-np.arange(0, 64, 2) / 64), rtol=1e-6)


@pytest.mark.usefixtures("alone")
def test_a_trace_lies_on_the_card_and_leaves_it() -> None:
    loaded = load(MODEL)
    before = torch.cuda.memory_allocated()
    trace = traced(loaded, 256)
    parts: list[Any] = [trace.hidden, trace.attention, trace.logits]
    assert all(isinstance(one, held.Held) for one in parts)
    taken = torch.cuda.memory_allocated() - before
    size = sum(one.nbytes for one in parts)
    assert size == 2 * sum(one.size for one in parts)
    assert size <= taken < size + 8_000_000
    made = projections(loaded, trace, 3)
    scores = made.q @ made.k[made.kv_of_head].swapaxes(1, 2) * made.scale
    weights = np.exp(log_softmax(scores + np.where(np.tri(256) > 0, 0, -np.inf)))
    np.testing.assert_allclose(weights, trace.attention[3], atol=0.05)
    del trace, parts
    assert torch.cuda.memory_allocated() < before + 8_000_000


@pytest.mark.usefixtures("alone")
def test_the_lens_is_read_where_the_states_lie(monkeypatch: pytest.MonkeyPatch) -> None:
    full, _ = on_processor(monkeypatch, 64)
    loaded = load(MODEL)
    found = lens.lens(loaded=loaded, trace=traced(loaded, 64))
    expected = np.asarray(full.logits)[:, : len(loaded.tokenizer)].argmax(-1)
    assert (found.answer == expected).mean() >= 0.95


@pytest.mark.usefixtures("alone")
def test_out_of_memory_makes_room_and_is_said() -> None:
    """The process gets what it has and 64 MB: a long text does not fit, others leave, a short one fits."""
    shelf = Shelf(10_000)
    host.spare(shelf.clear)
    load("tiny-gpt")
    loaded = load(MODEL)
    shelf.get("a", lambda: traced(loaded, 64))
    memory.reclaim()
    card = torch.device(loaded.device)
    total = torch.cuda.get_device_properties(card).total_memory
    try:
        torch.cuda.set_per_process_memory_fraction(
            (torch.cuda.memory_reserved(card) + 64_000_000) / total, card
        )
        with pytest.raises(OutOfMemory) as caught:
            traced(loaded, 1000)
        assert caught.value.values == {"model": MODEL}
        assert (is_resident("tiny-gpt"), is_resident(MODEL)) == (False, True)
        assert shelf.megabytes == 0
        del caught
        memory.reclaim()
        assert len(traced(loaded, 32).tokens) == 32
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0, card)


@pytest.mark.usefixtures("alone")
def test_the_card_is_faster_and_one_head_is_sooner_here_than_all(
    monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    """256 tokens; the seconds stand in the report (``--junit-xml``)."""
    _, processor = on_processor(monkeypatch, 256)
    loaded = load(MODEL)
    card = least(lambda: traced(loaded, 256))
    trace = traced(loaded, 256)
    one = least(lambda: trace.attention[5, 3])
    everything = least(lambda: np.asarray(trace.attention))
    for name, seconds in (
        ("processor", processor),
        ("card", card),
        ("one head", one),
        ("all heads", everything),
    ):
        record_property(name, seconds)
    assert card < processor
    assert one < everything / 5


@pytest.mark.usefixtures("alone")
def test_the_panel_compares_this_card_with_this_processor() -> None:
    loaded = load(MODEL)
    found = beside.beside(loaded=loaded, text=TEXT[:400], most=256)
    assert found.card.device.startswith("cuda")
    assert (found.processor.device, found.processor.dtype) == ("cpu", "float32")
    assert found.sooner == "card"
    assert 0 <= found.divergence < 0.01
    assert found.difference < 0.1
    assert [one.id for one in resident()] == [MODEL]
    assert resident()[0].device.startswith("cuda")
