"""The lab's network beside GPT-2 of transformers, and what its tokens may see."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel

from core.compute.training_lab.network import DIRECTIONS, Shape, make

SHAPE = Shape(vocabulary=23, layers=2, width=16, heads=4, length=12)


def model(**changes: Any) -> Any:
    torch.manual_seed(1)
    return make(Shape(**{**{name: getattr(SHAPE, name) for name in SHAPE.__slots__}, **changes}))


def test_it_computes_what_gpt_2_does() -> None:
    ours: Any = model(initialisation="gpt2")
    for one in ours.parameters():
        if one.ndim < 2:
            torch.nn.init.normal_(one, std=0.1)
    maker: Any = GPT2LMHeadModel
    theirs = maker(
        GPT2Config(
            vocab_size=23, n_positions=12, n_embd=16, n_layer=2, n_head=4, activation_function="gelu",
            bos_token_id=0, eos_token_id=0,
        )
    ).eval()  # fmt: skip
    body = theirs.transformer
    with torch.no_grad():
        body.wte.weight.copy_(ours.tokens)
        body.wpe.weight.copy_(ours.places)
        for block, layer in zip(body.h, ours.layers, strict=True):
            parts = (layer.query, layer.key, layer.value)
            block.attn.c_attn.weight.copy_(torch.cat([one.weight for one in parts]).T)
            block.attn.c_attn.bias.copy_(torch.cat([one.bias for one in parts]))
            pairs = (
                (block.attn.c_proj, layer.output),
                (block.mlp.c_fc, layer.inner),
                (block.mlp.c_proj, layer.outer),
            )
            for mine, own in pairs:
                mine.weight.copy_(own.weight.T)
                mine.bias.copy_(own.bias)
            for mine, own in ((block.ln_1, layer.norm_1), (block.ln_2, layer.norm_2)):
                mine.load_state_dict(own.state_dict())
        body.ln_f.load_state_dict(ours.last.state_dict())
        ids = torch.randint(1, 23, (3, 12))
        torch.testing.assert_close(ours(ids), theirs(ids).logits, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_tokens_see_what_they_may(direction: str) -> None:
    ours = model(ways=direction == "backward")
    ids = torch.randint(1, 23, (1, 8))
    other = ids.clone()
    other[0, 4] = ids[0, 4] % 22 + 1
    with torch.no_grad():
        changed = (ours(ids, direction) - ours(other, direction)).abs().amax(-1)[0] > 1e-6
    expected = {"forward": [False] * 4 + [True] * 4, "backward": [True] * 5 + [False] * 3, "both": [True] * 8}
    assert changed.tolist() == expected[direction]


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_what_fills_a_line_up_changes_nothing(direction: str) -> None:
    ours = model()
    ids = torch.randint(1, 23, (1, 7))
    padded = torch.cat([ids, torch.zeros(1, 4, dtype=torch.long)], 1)
    with torch.no_grad():
        torch.testing.assert_close(ours(ids, direction), ours(padded, direction)[:, :7], atol=1e-5, rtol=1e-5)
        assert ours(padded, direction).isfinite().all()


def test_dropout_is_on_in_training_alone() -> None:
    ours = model(dropout=0.5)
    ids = torch.randint(1, 23, (2, 8))
    with torch.no_grad():
        assert not torch.equal(ours(ids), ours(ids))
        ours.train(False)
        assert torch.equal(ours(ids), ours(ids))


def test_without_norm_and_residual_a_layer_gives_what_its_mlp_gives() -> None:
    ours, seen = model(norm=False, residual=False), {}

    def see(layer: int, name: str, state: torch.Tensor) -> torch.Tensor:
        seen[layer, name] = state
        return state

    with torch.no_grad():
        ours(torch.randint(1, 23, (1, 8)), "forward", None, see)
    for at in range(2):
        assert torch.equal(seen[at, "after_mlp"], seen[at, "outer"])
        assert torch.equal(seen[at, "norm_1"], seen[at - 1, "after_mlp"])
    assert not any("norm" in name for name, _ in ours.named_parameters())


@pytest.mark.parametrize(
    ("name", "std"), [("gpt2", 0.02), ("large", 0.5), ("scaled", 64**-0.5), ("zero", 0.0)]
)
def test_fresh_weights_are_as_large_as_their_name_says(name: str, std: float) -> None:
    ours = model(width=64, vocabulary=300, initialisation=name)
    for one in (ours.tokens, ours.layers[0].query.weight, ours.layers[0].inner.weight):
        assert float(one.detach().std()) == pytest.approx(std, rel=0.05, abs=1e-9)
    assert not ours.layers[0].query.bias.any()
