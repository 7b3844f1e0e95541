"""Our decoder beside transformers': GPT-2 with learned positions, Llama's rotation, BLOOM's ALiBi."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from core.training import tiny_gpt
from core.training.loop import seed_all
from core.training.tiny_gpt import SCHEMES, Shape

SHAPE = Shape(vocabulary=60, length=24, width=32, layers=2, heads=4)


def from_gpt2(model: Any, shape: Shape) -> Any:
    """Our class with learned positions and the weights of transformers' GPT-2."""
    ours: Any = tiny_gpt.make(shape, "learned")
    body: Any = model.transformer
    with torch.no_grad():
        ours.tokens.weight.copy_(body.wte.weight)
        ours.places.weight.copy_(body.wpe.weight)
        pairs = [(ours.last, body.ln_f)]
        for mine, theirs in zip(ours.layers, body.h, strict=True):
            pairs += [
                (mine.ln_1, theirs.ln_1),
                (mine.ln_2, theirs.ln_2),
                (mine.attention, theirs.attn.c_attn),
                (mine.output, theirs.attn.c_proj),
                (mine.inner, theirs.mlp.c_fc),
                (mine.outer, theirs.mlp.c_proj),
            ]
        for mine, theirs in pairs:
            mine.weight.copy_(theirs.weight.T if theirs.weight.ndim > 1 else theirs.weight)
            mine.bias.copy_(theirs.bias)
    return ours


def ids(count: int = 3, length: int = 24) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(5).integers(0, 60, (count, length)))


def made(scheme: str) -> Any:
    seed_all(1)
    model = tiny_gpt.make(SHAPE, scheme).eval()
    with torch.no_grad():
        for one in model.parameters():
            one.add_(0.05 * torch.randn_like(one))
    return model


def test_with_learned_positions_it_is_gpt2() -> None:
    seed_all(0)
    theirs: Any = tiny_gpt.gpt2(SHAPE, bos=0, eos=0)
    theirs.eval()
    with torch.no_grad():
        for one in theirs.parameters():
            one.add_(0.1 * torch.randn_like(one))
    ours = from_gpt2(theirs, SHAPE)
    with torch.inference_mode():
        torch.testing.assert_close(ours(ids()), theirs(ids()).logits, atol=2e-5, rtol=1e-5)


def test_rotary_turns_as_llama_does() -> None:
    from transformers import LlamaConfig
    from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding, apply_rotary_pos_emb

    config = LlamaConfig(hidden_size=64, num_attention_heads=4, max_position_embeddings=32)
    q, k = torch.randn(2, 4, 20, 16), torch.randn(2, 4, 20, 16)
    cos, sin = LlamaRotaryEmbedding(config)(q, torch.arange(20)[None])
    wanted = apply_rotary_pos_emb(q, k, cos, sin)
    for found, other in zip((q, k), wanted, strict=True):
        torch.testing.assert_close(tiny_gpt.rotate(found, *tiny_gpt.turns(20, 16)), other)


def test_alibi_is_that_of_bloom_up_to_a_constant_per_query() -> None:
    from transformers.models.bloom.modeling_bloom import build_alibi_tensor

    theirs = build_alibi_tensor(torch.ones(1, 10), num_heads=8, dtype=torch.float32)[:, 0]  # slope · key
    ours = tiny_gpt.mask(10, 8)
    for query in range(10):
        seen = slice(0, query + 1)
        gap = ours[:, query, seen] - theirs[:, seen]
        torch.testing.assert_close(gap, gap[:, :1].expand_as(gap))
    assert torch.isinf(ours[:, 0, 1:]).all()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_token_sees_a_later_one(scheme: str) -> None:
    model, text = made(scheme), ids(1)
    changed = text.clone()
    changed[:, 12:] = (changed[:, 12:] + 7) % 60
    with torch.inference_mode():
        torch.testing.assert_close(model(text)[:, :12], model(changed)[:, :12])
        assert not torch.allclose(model(text)[:, 12:], model(changed)[:, 12:])


@pytest.mark.parametrize("scheme", SCHEMES)
def test_only_learned_positions_end(scheme: str) -> None:
    model, text = made(scheme), ids(1, 30)
    if scheme == "learned":
        with pytest.raises(IndexError):
            model(text)
    else:
        assert torch.isfinite(model(text)).all()


def test_rotary_and_alibi_know_distances_only() -> None:
    """A prefix that no later token looks at would shift every position; scores depend on differences alone."""
    q, k = torch.randn(1, 1, 9, 16), torch.randn(1, 1, 9, 16)
    cos, sin = tiny_gpt.turns(40, 16)

    def scores(start: int) -> torch.Tensor:
        part = cos[start : start + 9], sin[start : start + 9]
        return tiny_gpt.rotate(q, *part) @ tiny_gpt.rotate(k, *part).transpose(-1, -2)

    torch.testing.assert_close(scores(0), scores(25), atol=1e-4, rtol=1e-4)
    bias = tiny_gpt.mask(12, 4)
    torch.testing.assert_close(bias[:, :6, :6], bias[:, 4:10, 4:10])


def test_the_five_differ_in_nothing_but_their_positions() -> None:
    sizes = {scheme: {name: p.shape for name, p in made(scheme).named_parameters()} for scheme in SCHEMES}
    learned = sizes.pop("learned")
    assert learned.pop("places.weight") == (SHAPE.length, SHAPE.width)
    assert all(one == learned for one in sizes.values())


def test_losses_are_cross_entropies_of_the_next_token() -> None:
    model = made("none")
    rows = ids(2).numpy()
    found = tiny_gpt.losses(model, rows)
    with torch.inference_mode():
        logs = model(torch.from_numpy(rows)).log_softmax(-1).numpy()
    wanted = [[-logs[r, t, rows[r, t + 1]] for t in range(23)] for r in range(2)]
    np.testing.assert_allclose(found, wanted, rtol=1e-5)
    mean = tiny_gpt.loss(model, {"ids": torch.from_numpy(rows)}).detach()
    assert found.mean() == pytest.approx(float(mean), rel=1e-5)


def test_repeated_spans_repeat() -> None:
    row = np.arange(100, 229)
    found = tiny_gpt.repeated(row, np.arange(50), np.random.default_rng(0))
    assert len(found) == len(row)
    start = int(np.argmax(found < 50))
    tail = found[start:]
    np.testing.assert_array_equal(found[:start], row[:start])
    assert any(
        np.array_equal(tail[span:], tail[:-span]) for span in range(*tiny_gpt.SPAN) if span < len(tail)
    )


def test_a_share_of_the_sequences_of_a_batch_carries_repeated_spans() -> None:
    """Counted over many steps: a repeated span is found by comparing a sequence's end with itself, moved."""
    ids = np.arange(2000, dtype=np.uint16) % 50
    text = tiny_gpt.Text(tiny_gpt.bpe(["ab"], 300), (ids, ids), (ids, ids), np.arange(50, 250))

    def repeats(row: np.ndarray[Any, Any]) -> bool:
        return bool(
            (row >= 50).any() and any(np.array_equal(row[-16 - n : -n], row[-16:]) for n in range(4, 65))
        )

    def share(wanted: float) -> float:
        found = [tiny_gpt.batch(text, step, 0, 32, 128, wanted)["ids"].numpy() for step in range(20)]
        return float(np.mean([repeats(row) for row in np.concatenate(found)]))

    assert share(0.25) == pytest.approx(0.25, abs=0.06)
    assert share(0.0) == 0.0


def test_the_induction_score_is_one_for_a_head_that_does_nothing_else() -> None:
    text = tiny_gpt.induction_text(np.arange(60), 8, count=2)

    class Perfect:
        def __call__(self, rows: torch.Tensor, **_: object) -> Any:
            size = rows.shape[1]
            attention = torch.zeros(len(rows), 2, size, size)
            for query in range(size):
                attention[:, 0, query, max(0, query - 8 + 1)] = 1
                attention[:, 1, query, query] = 1
            return type("Output", (), {"attentions": [attention]})

    found = tiny_gpt.induction(Perfect(), text)  # type: ignore[arg-type]
    assert found.tolist() == [[1.0, 0.0]]
