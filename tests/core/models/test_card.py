"""What lies on a card, in which numbers, and what is sent of it: on a stand-in (``tests/core/card.py``)."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM

from core import host
from core.compute.attention_heads import ablation, bertviz, cross, overview, pair, rollout, waking
from core.compute.embedding_space import contextual
from core.compute.masked_words import gaps
from core.compute.model_anatomy import flow, lens, neurons, norms, patching
from core.compute.next_token import distribution, repetition
from core.compute.position_curves import views
from core.errors import BadParameter, ModelTooLarge, OutOfMemory, VocabularyTooLarge
from core.jobs.shelf import LEAST, Shelf, size_of
from core.models.load import device, loading, residency
from core.models.load.residency import STORE, LoadedModel
from core.models.read import beside, held
from core.models.read.positions import rotary_of
from core.models.read.trace import Trace, make_trace, projections
from core.models.specs import find
from core.models.tokens.labels import label_each
from tests.core.card import MEMORY, Card, OnCard, Sent, plugged
from tests.core.tiny import NAMES, tiny

TEXT, OTHER = "The cat and the dog and the cat sat", "The dog and the cat and the dog sat"


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Iterator[Card]:
    """A card that computes in bfloat16."""
    with plugged(monkeypatch, torch.bfloat16) as found:
        yield found


@pytest.fixture
def exact(monkeypatch: pytest.MonkeyPatch) -> Iterator[Card]:
    """A card that computes in float32: what differs from the processor's results was not rounded, but wrong."""
    with plugged(monkeypatch, torch.float32) as found:
        yield found


def on_card(name: str) -> LoadedModel:
    """A tiny model as loading puts it on the card."""
    made = tiny(name)
    return loading.finished(made.spec, copy.deepcopy(made.model), made.tokenizer)


def equal(one: Any, other: Any, place: str = "") -> None:
    """Two results, number by number; times and places of computation apart."""
    if dataclasses.is_dataclass(one) and not isinstance(one, type):
        assert type(one) is type(other), place
        for field in dataclasses.fields(one):
            if field.name not in ("milliseconds", "device"):
                equal(getattr(one, field.name), getattr(other, field.name), f"{place}.{field.name}")
    elif isinstance(one, (np.ndarray, held.Held)):
        np.testing.assert_array_equal(np.asarray(one), np.asarray(other), err_msg=place)
    elif isinstance(one, tuple):
        assert len(one) == len(other), place
        for at, (a, b) in enumerate(zip(one, other, strict=True)):
            equal(a, b, f"{place}[{at}]")
    else:
        assert one == other or (one != one and other != other), place


Compute = Callable[[LoadedModel, Trace], Any]
OF_ALL: dict[str, Compute] = {
    "trace": lambda _, trace: trace,
    "projections": lambda loaded, trace: projections(loaded, trace, 1),
    "overview": lambda _, trace: overview.overview(trace=trace),
    "focus": lambda loaded, trace: overview.focus(loaded=loaded, trace=trace, layer=1, head=2),
    "resting": lambda _, trace: waking.resting(trace=trace),
    "rollout": lambda _, trace: rollout.rollout(trace=trace),
    "weights": lambda _, trace: bertviz.weights(trace=trace, layers=("0", "1")),
    "pair": lambda loaded, _: pair.pair(loaded=loaded, first=TEXT, second=OTHER),
    "ablate": lambda loaded, trace: ablation.ablate(loaded=loaded, trace=trace, heads=("1.2",), mode="mean"),
    "flow": lambda loaded, _: flow.flow(loaded=loaded, text=TEXT),
    "lines": lambda loaded, _: contextual.hidden_vectors(loaded=loaded, text=f"{TEXT}\n{OTHER}", layer=1),
}
OF_ONE_STACK: dict[str, Compute] = {
    "norms": lambda loaded, trace: norms.norms(loaded=loaded, trace=trace),
    "without_norms": lambda loaded, trace: norms.without_norms(loaded=loaded, trace=trace, off="all"),
    "neurons": lambda loaded, trace: neurons.neurons(loaded=loaded, trace=trace),
    "shuffle": lambda loaded, trace: views.shuffle(loaded=loaded, trace=trace, seed=0),
}
OF_DECODERS: dict[str, Compute] = {
    "lens": lambda loaded, trace: lens.lens(loaded=loaded, trace=trace),
    "tracks": lambda loaded, trace: lens.tracks(loaded=loaded, trace=trace, pins=("7",)),
    "contributions": lambda loaded, trace: lens.contributions(loaded=loaded, trace=trace),
    "patching": lambda loaded, trace: patching.patching(loaded=loaded, trace=trace, other=OTHER),
    "distribution": lambda loaded, _: distribution.distribution(loaded=loaded, prompt=TEXT),
    "surprise": lambda loaded, _: distribution.surprise(loaded=loaded, prompt=TEXT),
    "repeat": lambda loaded, _: repetition.repeat(loaded=loaded, phrase="the cat", repeats=3),
    "causal": lambda loaded, _: gaps.causal(loaded=loaded, text="The cat"),
    "nats": lambda loaded, trace: tuple(gaps.line_nats(loaded, [trace.tokens.ids, trace.tokens.ids[:4]])),
}
ROTARY: dict[str, Compute] = {
    "real": lambda loaded, trace: views.real(loaded=loaded, trace=trace, layer=1, head=2)
}
MASKED: dict[str, Compute] = {
    "masked": lambda loaded, trace: tuple(gaps._at_masks(loaded, [(list(trace.tokens.ids), 3)]))
}
CROSSED: dict[str, Compute] = {"translate": lambda loaded, _: cross.translate(loaded=loaded, source=TEXT)}
OF_MODELS = {
    "llama": OF_ALL | OF_ONE_STACK | OF_DECODERS | ROTARY,
    "qwen2": OF_ALL | OF_ONE_STACK | OF_DECODERS | ROTARY,
    "gpt2": OF_ALL | OF_ONE_STACK | OF_DECODERS,
    "bert-mlm": OF_ALL | OF_ONE_STACK | MASKED,
    "marian": OF_ALL | CROSSED,
    "t5": OF_ALL | CROSSED,
}
ALL = [(model, name) for model, computed in OF_MODELS.items() for name in computed]


# --- where and in which numbers ---------------------------------------------------------------------------


@pytest.mark.parametrize(("model", "name"), ALL)
def test_a_card_in_float32_has_the_processors_results(model: str, name: str, exact: Card) -> None:
    """Every computation of the pages: nothing of it reads what was not sent, or mixes two devices."""
    compute = OF_MODELS[model][name]
    loaded = on_card(model)
    found = compute(loaded, make_trace(loaded, TEXT, limit=60))
    with exact.aside():
        here = tiny(model)
        expected = compute(here, make_trace(here, TEXT, limit=60))
    equal(found, expected)


@pytest.mark.parametrize(
    ("model", "name"), [one for one in ALL if one[1] in (*OF_DECODERS, "neurons", "focus")]
)
def test_apples_gpu_has_them_without_float64(model: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with plugged(monkeypatch, torch.float32, "mps") as card:
        loaded = on_card(model)
        found = OF_MODELS[model][name](loaded, make_trace(loaded, TEXT, limit=60))
        assert loaded.device == "mps:0"
        assert card.types == {torch.float32}
        with card.aside():
            here = tiny(model)
            expected = OF_MODELS[model][name](here, make_trace(here, TEXT, limit=60))
        equal(found, expected)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A model as transformers writes it, to be loaded as folder:llama."""
    made = tiny("llama")
    model: Any = made.model
    model.save_pretrained(tmp_path / "llama")
    made.tokenizer.save_pretrained(tmp_path / "llama")
    monkeypatch.setenv("GLASSBOX_MODELS", str(tmp_path))
    clear()
    yield tmp_path / "llama"
    clear()


def clear() -> None:
    for kind in residency.KINDS:
        for name in STORE.names(kind):
            STORE.pop(kind, name)


def test_in_bfloat16_it_is_transformers_own_model(folder: Path, card: Card) -> None:
    """Weights, rotary frequencies and what is computed: bit for bit what the library makes of that type."""
    loaded = loading.load("folder:llama")
    trace = make_trace(loaded, TEXT, limit=60)
    found: Any = loaded.model
    with card.aside():
        reference = AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.bfloat16, attn_implementation="eager"
        )
        with torch.no_grad():
            expected = reference(
                torch.tensor([trace.tokens.ids]), output_attentions=True, output_hidden_states=True
            )
    assert (loaded.device, loaded.dtype) == (card.name, "bfloat16")
    named = dict(found.named_parameters())
    for name, parameter in reference.named_parameters():
        assert named[name].dtype == parameter.dtype == torch.bfloat16
        assert torch.equal(named[name].cpu(), parameter)
    kept = found.model.rotary_emb.inv_freq
    assert kept.dtype == reference.model.rotary_emb.inv_freq.dtype == torch.float32
    assert torch.equal(kept.cpu(), reference.model.rotary_emb.inv_freq)
    np.testing.assert_array_equal(np.asarray(trace.logits), expected.logits[0].float().numpy())
    np.testing.assert_array_equal(np.asarray(trace.attention), torch.cat(expected.attentions).float().numpy())
    np.testing.assert_array_equal(np.asarray(trace.hidden), torch.cat(expected.hidden_states).float().numpy())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.usefixtures("card")
def test_weights_are_cast_and_buffers_are_not(name: str) -> None:
    before = {key: one.dtype for key, one in tiny(name).model.named_buffers()}
    model = on_card(name).model
    assert {one.dtype for one in model.parameters()} == {torch.bfloat16}
    assert {key: one.dtype for key, one in model.named_buffers()} == before
    assert {one.device.type for one in (*model.parameters(), *model.buffers())} == {"cuda"}


@pytest.mark.usefixtures("card")
def test_the_frequencies_shown_are_those_of_the_formula() -> None:
    turns, _ = rotary_of(on_card("llama"))
    np.testing.assert_allclose(turns, 10_000.0 ** (-np.arange(0, 8, 2) / 8), rtol=1e-6)


# --- what is sent -----------------------------------------------------------------------------------------


def arrays(trace: Trace) -> list[Any]:
    """Its arrays, wherever they lie."""
    return [
        one
        for one in (getattr(trace, field.name) for field in dataclasses.fields(trace))
        if hasattr(one, "nbytes")
    ]


@pytest.mark.parametrize("name", ["llama", "bert", "t5"])
def test_a_trace_stays_on_the_card(name: str, card: Card) -> None:
    loaded = on_card(name)
    with card.counting() as sent:
        trace = make_trace(loaded, TEXT, limit=60)
    assert sum(one.bytes for one in sent) <= 8  # whether a mask is empty
    assert all(isinstance(one, held.Held) and isinstance(one.tensor, OnCard) for one in arrays(trace))


def test_of_a_head_its_matrix_alone_is_sent(card: Card) -> None:
    trace = make_trace(on_card("llama"), TEXT, limit=60)
    count = len(trace.tokens)
    with card.counting() as sent:
        matrix = trace.attention[1, 2]
    assert sent == [Sent(2 * count * count, torch.bfloat16, pinned=True)]
    assert matrix.dtype == np.float32
    assert not matrix.flags.writeable
    np.testing.assert_array_equal(matrix, np.asarray(trace.attention)[1, 2])


def test_an_overview_sends_all_matrices_once(card: Card) -> None:
    trace = make_trace(on_card("llama"), TEXT, limit=60)
    with card.counting() as sent:
        overview.overview(trace=trace)
    assert sum(one.bytes for one in sent) == trace.attention.size * 2
    assert all(one.pinned for one in sent)


def test_a_state_that_lies_there_is_not_sent_to_and_fro(card: Card) -> None:
    loaded = on_card("llama")
    trace = make_trace(loaded, TEXT, limit=60)
    with card.counting() as sent:
        made = projections(loaded, trace, 1)
    shown = (made.q, made.k, made.q_content, made.k_content, made.v)
    assert sum(one.bytes for one in sent) == 2 * sum(one.size for one in shown)


def test_the_lens_sends_no_logits(card: Card) -> None:
    """Of each cell TOP tokens and four numbers; 340 logits are not among them."""
    loaded = on_card("llama")
    trace = make_trace(loaded, TEXT, limit=60)
    with card.counting() as sent:
        found = lens.lens(loaded=loaded, trace=trace)
    cells = len(found.layers) * len(found.tokens)
    assert sum(one.bytes for one in sent) <= cells * (lens.TOP * 12 + 3 * 8) + 2 * 8 * cells
    assert trace.logits is not None
    assert sum(one.bytes for one in sent) < trace.logits.size * 2


def test_large_arrays_are_sent_in_pieces(card: Card, monkeypatch: pytest.MonkeyPatch) -> None:
    values = torch.arange(35.0).reshape(5, 7).to(torch.bfloat16)
    monkeypatch.setattr(held, "PIECE", 16)
    with card.counting() as sent:
        found = held.sent(values.to(card.name).T)
    np.testing.assert_array_equal(found, values.float().numpy().T)
    assert [one.bytes for one in sent] == [16, 16, 16, 16, 6]


@pytest.mark.parametrize(
    "use",
    [
        lambda a: a + 1, lambda a: 1 - a, lambda a: np.rint(a * 255), lambda a: a.mean(axis=1), lambda a: a.argmax(-1),
        lambda a: np.linalg.norm(a, axis=-1), lambda a: a[-1], lambda a: a[:-1, 1], lambda a: a[[0, 2]],
        lambda a: a[1, slice(0, 2)], len, lambda a: a.shape, lambda a: a.ndim, lambda a: a.size,
        lambda a: np.stack(list(a)), lambda a: np.asarray(a, np.float64), lambda a: np.where(a > 0, a, 0),
        lambda a: a.T,
    ],
)  # fmt: skip
def test_it_is_used_as_numpys_own(use: Callable[[Any], Any], card: Card) -> None:
    values = np.random.default_rng(0).normal(size=(3, 4, 5)).astype(np.float32)
    kept: object = held.hold(torch.from_numpy(values).to(card.name))
    assert isinstance(kept, held.Held)
    found, expected = use(kept), use(values)
    np.testing.assert_array_equal(found, expected)
    assert getattr(found, "dtype", None) == getattr(expected, "dtype", None)


def test_on_a_processor_arrays_are_numpys() -> None:
    trace = make_trace(tiny("llama"), TEXT, limit=60)
    assert all(type(one) is np.ndarray and not one.flags.writeable for one in arrays(trace))


# --- memory -----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("card")
def test_the_shelf_counts_what_lies_on_the_card() -> None:
    trace = make_trace(on_card("llama"), TEXT, limit=60)
    count = sum(one.tensor.held.nbytes for one in arrays(trace))
    assert count == 2 * sum(one.size for one in arrays(trace))
    assert count < size_of(trace) < count + 100 * LEAST


@pytest.mark.usefixtures("card")
def test_traces_have_a_share_of_the_card(monkeypatch: pytest.MonkeyPatch) -> None:
    assert residency.trace_bytes() == residency.TRACE_SHARE * MEMORY
    shelf = Shelf(lambda: residency.trace_bytes() / 1e6)
    loaded = on_card("llama")
    size = size_of(make_trace(loaded, TEXT, limit=60))
    monkeypatch.setattr(residency, "card_bytes", lambda _name: 25 * size)  # a tenth: two traces
    for key in "abc":
        shelf.get(key, lambda: make_trace(loaded, TEXT, limit=60))
    assert shelf.peek("a") is None
    assert shelf.peek("b") is not None
    assert shelf.peek("c") is not None


def test_the_shares_leave_room_for_a_forward_pass() -> None:
    assert residency.GPU_SHARE + residency.TRACE_SHARE < 0.8


def test_without_a_card_traces_have_160_mb() -> None:
    assert residency.trace_bytes() == 160_000_000


@pytest.mark.usefixtures("folder")
def test_when_the_card_is_full_others_leave_and_it_is_said(card: Card) -> None:
    """Out of memory → other models and traces leave → a sentence; a shorter text has room then."""
    shelf = Shelf(1)
    host.spare(shelf.clear)
    other = on_card("gpt2")
    STORE.put("model", "other", other, 1)
    loaded = loading.load("folder:llama")
    shelf.get("a", lambda: make_trace(loaded, TEXT, limit=60))
    card.most = 4 * 12 * 12  # of one tensor: attention of 12 tokens in 4 heads takes twice that
    with pytest.raises(OutOfMemory) as caught:
        make_trace(loaded, TEXT, limit=60)
    assert caught.value.values == {"model": "folder:llama"}
    assert STORE.names("model") == ("folder:llama",)
    assert shelf.megabytes == 0
    card.most = MEMORY
    assert len(make_trace(loaded, "The cat", limit=60).tokens) > 0


@pytest.mark.usefixtures("folder")
def test_when_it_is_full_while_loading_everything_leaves_once(card: Card) -> None:
    shelf = Shelf(1)
    host.spare(shelf.clear)
    shelf.get("a", lambda: "kept")
    STORE.put("model", "other", on_card("gpt2"), 1)
    card.most = 1000
    with pytest.raises(OutOfMemory):
        loading.load("folder:llama")
    assert STORE.names("model") == ()
    assert shelf.megabytes == 0


@pytest.mark.usefixtures("card")
def test_the_budget_is_a_share_of_the_card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GLASSBOX_MODEL_BUDGET_MB", raising=False)
    monkeypatch.setattr(host, "room", lambda: 10 * MEMORY)
    assert residency.budget_bytes() == residency.largest_bytes() == residency.GPU_SHARE * MEMORY
    monkeypatch.setattr(host, "room", lambda: MEMORY // 10)
    assert residency.budget_bytes() == residency.GPU_SHARE * MEMORY
    assert residency.largest_bytes() == MEMORY // 10


@pytest.mark.usefixtures("folder", "card")
def test_a_module_has_to_fit_the_host_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two bytes a number are built there before they are on the card: 43,168 numbers."""
    count = sum(one.numel() for one in tiny("llama").model.parameters())
    monkeypatch.setattr(host, "room", lambda: 2 * count - 1)
    with pytest.raises(ModelTooLarge):
        loading.load("folder:llama")
    monkeypatch.setattr(host, "room", lambda: 2 * count + 10_000)  # buffers are counted too
    assert loading.load("folder:llama").bytes == 2 * count


@pytest.mark.usefixtures("card")
def test_a_bundled_one_is_built_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    clear()
    spec = find("tiny-gpt")
    monkeypatch.setattr(host, "room", lambda: 4 * spec.parameters - 1)
    with pytest.raises(ModelTooLarge) as caught:
        loading.load("tiny-gpt")
    assert caught.value.values["need_mb"] == -(-4 * spec.parameters // 10**6)
    monkeypatch.setattr(host, "room", lambda: 4 * spec.parameters)
    assert loading.load("tiny-gpt").bytes == 2 * spec.parameters
    clear()


@pytest.mark.usefixtures("card")
def test_vocabularies_lie_in_the_hosts_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """They leave for each other there, and neither for a model on the card nor it for them."""
    clear()
    monkeypatch.delenv("GLASSBOX_MODEL_BUDGET_MB", raising=False)
    monkeypatch.setattr(host, "room", lambda: 100)
    for name in ("a", "b"):
        STORE.put("vocabulary", name, object(), 40)
    STORE.put("model", "m", object(), int(0.5 * MEMORY))
    residency.make_room("n", int(0.09 * MEMORY))
    residency.make_room_beside("words", 20)
    assert STORE.names("vocabulary") == ("a", "b")
    residency.make_room_beside("words", 21)
    assert STORE.names("vocabulary") == ("b",)
    with pytest.raises(VocabularyTooLarge):
        residency.make_room_beside("words", 1000)
    residency.make_room_beside("words", 100)
    assert (STORE.names("vocabulary"), STORE.names("model")) == ((), ("m",))
    residency.make_room("n", int(0.2 * MEMORY))
    assert STORE.names("model") == ()
    clear()


# --- which device -----------------------------------------------------------------------------------------


@dataclasses.dataclass
class Machine:
    """What a machine has, as torch would say it."""

    free: tuple[int, ...] = ()  # of each CUDA card
    halves: bool = True  # whether they know bfloat16
    apple: bool = False


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    found = Machine()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: bool(found.free))
    monkeypatch.setattr(torch.cuda, "device_count", lambda: len(found.free))
    monkeypatch.setattr(
        torch.cuda, "mem_get_info", lambda name: (found.free[torch.device(name).index or 0], 0)
    )
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda _name: 5)
    monkeypatch.setattr(torch.cuda, "device", lambda _name: nullcontext())
    monkeypatch.setattr(
        torch.cuda, "is_bf16_supported", lambda *, including_emulation: found.halves or including_emulation
    )
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: found.apple)
    for cached in (device._chosen, device.card_bytes):
        cached.cache_clear()
    yield found
    for cached in (device._chosen, device.card_bytes):
        cached.cache_clear()


@pytest.mark.parametrize(
    ("there", "asked", "expected"),
    [
        (Machine(), None, ("cpu", torch.float32)),
        (Machine((10,)), None, ("cuda", torch.bfloat16)),
        (Machine((10,), halves=False), None, ("cuda", torch.float32)),
        (Machine((10, 30, 20)), None, ("cuda:1", torch.bfloat16)),
        (Machine((10, 30, 20)), "cuda", ("cuda:1", torch.bfloat16)),
        (Machine((10, 30, 20)), "cuda:2", ("cuda:2", torch.bfloat16)),
        (Machine((10, 30, 20)), " CUDA:0 ", ("cuda:0", torch.bfloat16)),
        (Machine((10, 30, 20)), "cuda:3", ("cuda:1", torch.bfloat16)),
        (Machine((10, 30, 20)), "gpu", ("cuda:1", torch.bfloat16)),
        (Machine((10,)), "cpu", ("cpu", torch.float32)),
        (Machine((10,)), "mps", ("cuda", torch.bfloat16)),
        (Machine(apple=True), None, ("mps", torch.float32)),
        (Machine(apple=True), "cpu", ("cpu", torch.float32)),
        (Machine(), "cuda", ("cpu", torch.float32)),
    ],
)
def test_the_device_is_chosen(
    there: Machine, asked: str | None, expected: tuple[str, torch.dtype], machine: Machine,
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    machine.free, machine.halves, machine.apple = there.free, there.halves, there.apple
    if asked is None:
        monkeypatch.delenv("GLASSBOX_DEVICE", raising=False)
    else:
        monkeypatch.setenv("GLASSBOX_DEVICE", asked)
    assert device.best_device() == expected
    known = asked is None or expected[0].startswith(asked.strip().lower())
    assert ("names no device" in caplog.text) is not known


@pytest.mark.usefixtures("machine")
def test_it_stays_the_same_card(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that fills the chosen card does not send the next one elsewhere, and its memory stays what it was."""
    monkeypatch.delenv("GLASSBOX_DEVICE", raising=False)
    machine.free = (10, 30)
    assert (device.best_device()[0], device.card_bytes("cuda:1")) == ("cuda:1", 35)
    machine.free = (10, 1)
    assert (device.best_device()[0], device.card_bytes("cuda:1")) == ("cuda:1", 35)


# --- the stand-in itself ----------------------------------------------------------------------------------


def test_the_stand_in_refuses_what_a_card_refuses(card: Card) -> None:
    there = torch.arange(4.0).to(card.name)
    assert there.device == torch.device("cuda", 0)
    with pytest.raises(RuntimeError, match="same device"):
        there + torch.ones(4)
    with pytest.raises((RuntimeError, TypeError)):
        there.numpy()
    with card.counting() as sent:
        assert float(there[2]) == 2
        assert (there * 2).cpu().tolist() == [0, 2, 4, 6]
    assert sent == [Sent(4, torch.float32, pinned=False), Sent(16, torch.float32, pinned=False)]


def test_apples_stand_in_has_no_float64(monkeypatch: pytest.MonkeyPatch) -> None:
    with plugged(monkeypatch, torch.float32, "mps") as card, pytest.raises(TypeError, match="float64"):
        torch.ones(2).to(card.name).double()


def test_the_same_forward_on_card_and_processor(card: Card, monkeypatch: pytest.MonkeyPatch) -> None:
    """In bfloat16 the numbers differ a little, and the processor's are those of a plain float32 forward."""
    loaded = on_card("llama")
    plain = tiny("llama")

    @contextmanager
    def there(_spec: object) -> Iterator[LoadedModel]:
        yield plain

    monkeypatch.setattr(beside, "on_processor", there)
    found = beside.beside(loaded=loaded, text=TEXT, most=64)
    assert (found.card.device, found.card.dtype) == (card.name, "bfloat16")
    assert (found.processor.device, found.processor.dtype) == ("cpu", "float32")
    assert found.card.bytes == 2 * sum(one.numel() for one in plain.model.parameters())
    assert 0 < found.difference < 0.05
    assert 0 < found.divergence < 0.01
    ids = torch.tensor([plain.tokenizer(TEXT).input_ids])
    with card.aside(), torch.no_grad():
        model: Any = plain.model
        expected = model(ids).logits[0, -1].softmax(-1).topk(beside.TOP)
    np.testing.assert_allclose(found.processor.probability, expected.values, rtol=1e-5)
    assert found.processor.tokens == label_each(plain.tokenizer, expected.indices.tolist())


@pytest.mark.parametrize(
    ("there", "here", "sooner"), [(2, 9, "card"), (9, 2, "processor"), (5, 5.2, "neither")]
)
def test_which_is_sooner_follows_the_times(there: float, here: float, sooner: str) -> None:
    sides = [beside.Side("", "", 0, spent, (), np.zeros(0, np.float32)) for spent in (there, here)]
    found = beside.Beside(sides[0], sides[1], 3, 0.0, 0.0)
    assert (found.sooner, found.times) == (sooner, here / there)


def test_where_there_is_no_card_nothing_is_compared() -> None:
    with pytest.raises(BadParameter):
        beside.beside(loaded=tiny("llama"), text=TEXT, most=64)


def test_a_bundled_model_is_built_once_more_beside_the_card(card: Card) -> None:
    """In float32, on the processor, and it is not kept."""
    with loading.on_processor(find("tiny-gpt")) as other, card.aside():
        assert (other.device, other.dtype) == ("cpu", "float32")
        ids = torch.tensor([other.tokenizer("the cat").input_ids])
        model: Any = other.model
        logits = model(ids).logits
    assert not residency.is_resident("tiny-gpt")
    with card.aside():
        assert torch.isfinite(logits).all()
        assert not any(isinstance(one, OnCard) for one in other.model.parameters())
