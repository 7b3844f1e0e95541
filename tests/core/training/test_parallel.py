"""Real processes that train one model, beside one process, torch's own operations, and autograd on the whole model."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from queue import Queue
from typing import Any

import pytest
import torch
from torch.nn.functional import cross_entropy

from core.compute.parallel_training.formulas import TINY, WAYS, Way, held, sent, way
from core.training.parallel import layers, runs
from core.training.parallel.process import RATE, Process
from core.training.parallel.ring import Ring
from core.training.parallel.runs import Done, Job

STEPS = 4


@cache
def done() -> dict[str, Done]:
    """Two processes of their own train in every way."""
    jobs = [Job(name, "float64") for name in WAYS]
    return dict(zip(WAYS, runs.train(2, jobs, STEPS), strict=True))


@pytest.mark.parametrize("name", WAYS)
def test_two_processes_come_to_what_one_comes_to(name: str) -> None:
    losses, _ = runs.alone("float64", STEPS)
    assert 0 < done()[name].apart <= 1e-9
    assert done()[name].losses == pytest.approx(losses, abs=1e-12)


@pytest.mark.parametrize("name", WAYS)
def test_each_holds_its_own_part_and_sends_what_the_formula_says(name: str) -> None:
    found, used = done()[name], way(name, 2)
    weights, gradients, states = held(TINY, used)
    assert max(found.held, key=sum) == (weights, gradients, 2 * states)
    assert found.alive == tuple(map(sum, found.held))
    assert max(found.sent) == 8 * sent(TINY, used, runs.SEQUENCES * TINY.length)


def test_one_process_is_adam_of_torch_on_the_whole_model() -> None:
    """The same losses and weights by torch's own optimizer and one graph through the whole model."""
    process = Process(TINY, Way(), 0, runs.SEED, torch.float64)
    flats = [part.weight.detach().clone().requires_grad_() for part in process.parts]
    optimizer = torch.optim.Adam(flats, lr=RATE, betas=(0.9, 0.95), eps=1e-8)
    for step in range(STEPS):
        ids = runs.batch(step)
        state: torch.Tensor = ids[:, :-1]
        for part, flat in zip(process.parts, flats, strict=True):
            state = layers.through(part.unit, flat, state, TINY.width // TINY.heads, process.meet)
        loss = cross_entropy(state.flatten(0, 1), ids[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        assert process.step(ids) == pytest.approx(float(loss.detach()), abs=1e-12)
    for part, flat in zip(process.parts, flats, strict=True):
        torch.testing.assert_close(part.weight.detach(), flat.detach(), atol=1e-12, rtol=0)


def test_a_layer_is_that_of_transformers() -> None:
    """GPT-2's own block with our weights and a plain GELU gives our output."""
    from transformers import GPT2Config
    from transformers.models.gpt2.modeling_gpt2 import GPT2Block

    unit = layers.units(TINY)[1]
    flat = torch.randn(TINY.layer, generator=torch.Generator().manual_seed(1), dtype=torch.float64) * 0.1
    p = unit.named(flat)
    config = GPT2Config(
        n_embd=TINY.width,
        n_head=TINY.heads,
        n_layer=1,
        attn_pdrop=0,
        resid_pdrop=0,
        activation_function="gelu",
    )
    config._attn_implementation = "eager"
    maker: Any = GPT2Block  # not annotated
    block = maker(config, layer_idx=0).double().eval()
    with torch.no_grad():
        for name, ours in (("ln_1", "norm_1"), ("ln_2", "norm_2")):
            getattr(block, name).weight.copy_(p[f"{ours}.weight"])
            getattr(block, name).bias.copy_(p[f"{ours}.bias"])
        block.attn.c_attn.weight.copy_(torch.cat([p[f"{one}.weight"] for one in ("query", "key", "value")]).T)
        block.attn.c_attn.bias.copy_(torch.cat([p[f"{one}.bias"] for one in ("query", "key", "value")]))
        for theirs, ours in (
            (block.attn.c_proj, "output"),
            (block.mlp.c_fc, "inner"),
            (block.mlp.c_proj, "outer"),
        ):
            theirs.weight.copy_(p[f"{ours}.weight"].T)
            theirs.bias.copy_(p[f"{ours}.bias"])
        state = torch.randn(2, 5, TINY.width, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
        later = torch.full((5, 5), -torch.inf, dtype=torch.float64).triu(1)
        theirs_out = block(state, attention_mask=later[None, None])
    expected = theirs_out[0] if isinstance(theirs_out, tuple) else theirs_out
    alone = Process(TINY, Way(), 0, 0, torch.float64)
    found = layers.through(unit, flat, state, TINY.width // TINY.heads, alone.meet)
    torch.testing.assert_close(found, expected)


def test_parts_of_fresh_weights_are_those_of_the_whole() -> None:
    whole = layers.units(TINY)
    for unit, cut in zip(whole, layers.units(TINY, 4), strict=True):
        parts = [layers.fresh(cut, 3, torch.float64, 4, place) for place in range(4)]
        torch.testing.assert_close(layers.joined(cut, parts), layers.fresh(unit, 3, torch.float64))
    stages = [layers.of_stage(whole, [2, 1, 1], at) for at in range(3)]
    assert [unit.number for stage in stages for unit in stage] == list(range(TINY.layers + 2))


def test_what_does_not_divide_is_refused() -> None:
    with pytest.raises(ValueError, match="does not divide"):
        Process(TINY, Way(tensor=3), 0, 0, torch.float64)


# --- the ring ---------------------------------------------------------------------------------------------


class Mail:
    """A wire between threads."""

    def __init__(self, boxes: dict[tuple[int, int], Queue[torch.Tensor]], rank: int) -> None:
        self.boxes, self.rank, self.sent = boxes, rank, 0

    def send(self, tensor: torch.Tensor, to: int) -> None:
        self.sent += tensor.numel()
        self.boxes[self.rank, to].put(tensor.clone())

    def receive(self, into: torch.Tensor, source: int) -> torch.Tensor:
        return into.copy_(self.boxes[source, self.rank].get(timeout=20))

    def settle(self) -> None:
        pass


def around(count: int, act: Callable[[Ring, int], torch.Tensor]) -> tuple[list[torch.Tensor], list[int]]:
    """What each of some threads in a ring comes to, and how many numbers each has sent."""
    boxes = {(a, b): Queue[torch.Tensor]() for a in range(count) for b in range(count)}
    mails: list[Any] = [Mail(boxes, rank) for rank in range(count)]
    found: dict[int, torch.Tensor] = {}

    def run(rank: int) -> None:
        found[rank] = act(Ring(range(count), rank, mails[rank]), rank)

    threads = [threading.Thread(target=run, args=(rank,)) for rank in range(count)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    return [found[rank] for rank in range(count)], [one.sent for one in mails]


@pytest.mark.parametrize("count", [2, 3, 4, 5])
def test_the_ring_adds_up_and_sends_no_more_than_it_must(count: int) -> None:
    size = 12 * count
    given = torch.randn(count, size, generator=torch.Generator().manual_seed(count), dtype=torch.float64)
    found, counts = around(count, lambda ring, rank: ring.all_reduce(given[rank].clone()))
    for one in found:
        torch.testing.assert_close(one, given.sum(0))
        assert torch.equal(one, found[0])  # bit by bit: everybody goes on with the same weights
    assert counts == [2 * (count - 1) * 12] * count
    parts, counts = around(count, lambda ring, rank: ring.reduce_scatter(given[rank].clone()))
    torch.testing.assert_close(torch.cat(parts), given.sum(0))
    assert counts == [(count - 1) * 12] * count
    wholes, _ = around(count, lambda ring, rank: ring.all_gather(given[rank]))
    assert all(torch.equal(one, given.flatten()) for one in wholes)
