"""Tiny GPTs: a decoder of ours with exchangeable positions, the GPT-2 that is kept along its training, and the poems.

The class of ours does what transformers' GPT-2 does (with learned positions: the same logits from the same weights),
so that five models can differ in their positions only. The kept run and the poems use transformers' own class.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core.compute.position_curves.formulas import alibi_slopes, sinusoidal
from core.training.data import Ids, Poems, draw, encode, novel, speeches, windows

if TYPE_CHECKING:
    from pathlib import Path

    import torch
    from tokenizers import Tokenizer
    from torch import nn
    from transformers import GPT2LMHeadModel

SCHEMES = ("sinusoidal", "learned", "rotary", "alibi", "none")
"""Ways to tell a tiny GPT where a token stands."""
STARTS = 0.02
"""Standard deviation of fresh weights, as in GPT-2; sinusoidal positions are scaled to it."""
LOUD = 3.0
"""How much longer than token vectors the positions of the kept run start."""
BASE = 10_000.0
"""Of sinusoidal and rotary angles."""
NOVEL = 0.25
"""Share of the windows that come from the novel; the speeches are ten times as long."""
REPEATS = 0.25
"""Share of the sequences of the kept run that carry a repeated span of random tokens."""
SPAN = (4, 32)
"""Shortest and longest repeated span, tokens; as many between 4 and 8 as between 16 and 32."""
COMMON = 300
"""Random spans are made of so many tokens, the most frequent ones: rare ones are hardly learned at all."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a tiny GPT."""

    vocabulary: int
    length: int  # of the sequences that it is trained on, tokens
    width: int = 128
    layers: int = 2
    heads: int = 4


# --- a decoder with exchangeable positions --------------------------------------------------------


@cache
def _layer() -> type[nn.Module]:
    """The class of a layer, made once torch is there."""
    from torch import nn
    from torch.nn.functional import gelu

    class Layer(nn.Module):
        """Norm → attention → norm → MLP, each added to the stream."""

        def __init__(self, shape: Shape) -> None:
            super().__init__()
            self.heads = shape.heads
            self.ln_1, self.ln_2 = nn.LayerNorm(shape.width), nn.LayerNorm(shape.width)
            self.attention = nn.Linear(shape.width, 3 * shape.width)
            self.output = nn.Linear(shape.width, shape.width)
            self.inner = nn.Linear(shape.width, 4 * shape.width)
            self.outer = nn.Linear(4 * shape.width, shape.width)

        def forward(self, state: torch.Tensor, angles: Any, bias: torch.Tensor) -> torch.Tensor:
            """``state`` [batch, token, width], ``bias`` [head | 1, query, key], minus infinity where unseen."""
            parts = self.attention(self.ln_1(state)).chunk(3, dim=-1)
            q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in parts)
            if angles is not None:
                q, k = rotate(q, *angles), rotate(k, *angles)
            scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]) + bias
            mixed = (scores.softmax(-1) @ v).transpose(1, 2).flatten(-2)
            state = state + self.output(mixed)
            made: torch.Tensor = state + self.outer(gelu(self.inner(self.ln_2(state)), approximate="tanh"))
            return made

    return Layer


@cache
def _decoder() -> type[nn.Module]:
    """The class of the model, made once torch is there."""
    import torch
    from torch import nn

    class Gpt(nn.Module):
        """A decoder; ``positions`` is one of ``SCHEMES``."""

        def __init__(self, shape: Shape, positions: str) -> None:
            super().__init__()
            self.shape, self.positions = shape, positions
            self.tokens = nn.Embedding(shape.vocabulary, shape.width)
            self.places = nn.Embedding(shape.length, shape.width) if positions == "learned" else None
            self.layers = nn.ModuleList(_layer()(shape) for _ in range(shape.layers))
            self.last = nn.LayerNorm(shape.width)
            self.apply(self._fresh)

        def _fresh(self, module: nn.Module) -> None:
            if isinstance(module, nn.Linear | nn.Embedding):
                nn.init.normal_(module.weight, std=STARTS)
            if isinstance(module, nn.Linear):
                nn.init.zeros_(module.bias)

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            """Logits, [batch, token, vocabulary]. Raises: IndexError beyond the learned positions."""
            length = ids.shape[-1]
            state = self.tokens(ids)
            if self.places is not None:
                state = state + self.places(torch.arange(length))
            elif self.positions == "sinusoidal":
                state = state + waves(length, self.shape.width)
            angles = (
                turns(length, self.shape.width // self.shape.heads) if self.positions == "rotary" else None
            )
            bias = mask(length, self.shape.heads if self.positions == "alibi" else 0)
            for layer in self.layers:
                state = layer(state, angles, bias)
            logits: torch.Tensor = self.last(state) @ self.tokens.weight.T
            return logits

    return Gpt


def waves(length: int, width: int) -> torch.Tensor:
    """Sinusoidal positions [position, width], as large as fresh token vectors."""
    import torch

    table = sinusoidal(np.arange(length), width, BASE, "halves")
    return torch.tensor(table * STARTS * math.sqrt(2), dtype=torch.float32)


def turns(length: int, head: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Cosine and sine of the angle of each position and dimension, [position, head_dim]; i turns with i + d/2."""
    import torch

    frequencies = BASE ** (-torch.arange(0, head, 2, dtype=torch.float32) / head)
    angles = torch.outer(torch.arange(length, dtype=torch.float32), frequencies).repeat(1, 2)
    return angles.cos(), angles.sin()


def rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """Turn each pair (i, i + d/2) of queries or keys [batch, head, token, head_dim]."""
    import torch

    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-second, first), dim=-1) * sin


def mask(length: int, heads: int) -> torch.Tensor:
    """Added to the scores, [head | 1, query, key]: minus infinity for later keys, with ``heads`` ALiBi's penalty."""
    import torch

    far = torch.arange(length)[:, None] - torch.arange(length)
    slopes = torch.tensor(alibi_slopes(heads), dtype=torch.float32) if heads else torch.zeros(1)
    return torch.where(far < 0, -torch.inf, -slopes[:, None, None] * far)


def make(shape: Shape, positions: str) -> nn.Module:
    """A fresh decoder of ours. Raises: ValueError for a scheme that there is not."""
    if positions not in SCHEMES:
        raise ValueError(positions)
    return _decoder()(shape, positions)


def gpt2(shape: Shape, **ids: int | None) -> GPT2LMHeadModel:
    """A fresh GPT-2 of transformers in this shape."""
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(
        vocab_size=shape.vocabulary, n_positions=shape.length, n_embd=shape.width, n_layer=shape.layers,
        n_head=shape.heads, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, architectures=["GPT2LMHeadModel"],
        bos_token_id=ids.get("bos"), eos_token_id=ids.get("eos"), pad_token_id=ids.get("pad"),
    )  # fmt: skip
    maker: Any = GPT2LMHeadModel._from_config  # not annotated
    made: GPT2LMHeadModel = maker(config, attn_implementation="eager")
    return made


# --- losses ---------------------------------------------------------------------------------------


def sharpen(model: GPT2LMHeadModel) -> None:
    """Make a fresh GPT-2 fit for its small width: weights of 1/√width, positions that start as large sinusoids.

    GPT-2's own 0.02 suits widths near 1/0.02² and leaves a narrow model's attention even for long. Positions are
    learned from there on; that they start ``LOUD`` times as long as token vectors lets a head look at the previous
    token within hundreds of steps. Without it none did within thousands, and no induction head formed on top.
    """
    import torch

    width = int(model.config.n_embd)
    body: Any = model.transformer
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.mul_(width**-0.5 / STARTS)
        body.wpe.weight.copy_(waves(body.wpe.weight.shape[0], width) * (LOUD * width**-0.5 / STARTS))


def logits_of(model: nn.Module, ids: torch.Tensor) -> torch.Tensor:
    """Logits of our class or of transformers'."""
    found: Any = model(ids)
    logits: torch.Tensor = found if hasattr(found, "shape") else found.logits
    return logits


def loss(model: nn.Module, batch: Any) -> torch.Tensor:
    """Mean cross-entropy of each next token, nats; ``ids`` [batch, token + 1]."""
    from torch.nn.functional import cross_entropy

    ids = batch["ids"]
    return cross_entropy(logits_of(model, ids[:, :-1]).flatten(0, 1), ids[:, 1:].flatten())


def losses(model: nn.Module, ids: npt.NDArray[np.int64], at_once: int = 32) -> npt.NDArray[np.float64]:
    """Cross-entropy of each next token of windows [window, token + 1] → [window, token], nats."""
    import torch
    from torch.nn.functional import cross_entropy

    found = []
    with torch.inference_mode():
        for at in range(0, len(ids), at_once):
            some = torch.from_numpy(ids[at : at + at_once])
            logits = logits_of(model, some[:, :-1])
            found.append(
                cross_entropy(logits.transpose(1, 2), some[:, 1:], reduction="none").double().numpy()
            )
    return np.concatenate(found)


# --- English --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """English as tokens: the novel and the speeches, trained on and held out."""

    tokenizer: Tokenizer
    train: tuple[Ids, Ids]  # novel, speeches
    held_out: tuple[Ids, Ids]
    common: npt.NDArray[np.int64]  # the most frequent tokens, of which random spans are made


def bpe(texts: Sequence[str], size: int) -> Tokenizer:
    """A byte-level BPE vocabulary, single digits apart."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    engine = Tokenizer(models.BPE())
    engine.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    engine.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=["<|endoftext|>"], show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
    )  # fmt: skip
    engine.train_from_iterator(texts, trainer)
    return engine


def english(size: int, folder: Path) -> Text:
    """The texts and a vocabulary made from what is trained on: the novel and a tenth of the speeches."""
    parts = (novel(folder), speeches(folder))
    engine = bpe((*parts[0].train, *parts[1].train[::10]), size)
    train = encode(engine, parts[0].train), encode(engine, parts[1].train)
    counts = sum(np.bincount(ids, minlength=engine.get_vocab_size()) for ids in train)
    return Text(
        engine,
        train,
        (encode(engine, parts[0].held_out), encode(engine, parts[1].held_out)),
        np.sort(np.argsort(-np.asarray(counts), kind="stable")[:COMMON]),
    )


def batch(
    text: Text, step: int, seed: int, count: int, length: int, repeats: float = 0.0
) -> dict[str, torch.Tensor]:
    """``count`` windows of one step, [window, length + 1]; a share ``repeats`` carries repeated random spans."""
    import torch

    chance = draw(step, seed)
    some = int(chance.binomial(count, NOVEL))
    rows = np.concatenate([
        windows(ids, many, length + 1, chance) for ids, many in zip(text.train, (some, count - some), strict=True)
    ])  # fmt: skip
    for at in np.flatnonzero(chance.random(count) < repeats):
        rows[at] = repeated(rows[at], text.common, chance)
    return {"ids": torch.from_numpy(rows)}


def repeated(
    row: npt.NDArray[np.int64], common: npt.NDArray[np.int64], chance: np.random.Generator
) -> npt.NDArray[np.int64]:
    """The text's first tokens, then a span of random tokens again and again to the end."""
    long = round(math.exp(chance.uniform(math.log(SPAN[0]), math.log(SPAN[1]))))
    span = chance.choice(common, long)
    start = int(chance.integers(0, len(row) // 4))
    tail = np.tile(span, -(-len(row) // len(span)))[: len(row) - start]
    return np.concatenate([row[:start], tail])


def spread(ids: tuple[Ids, Ids], length: int, count: int) -> npt.NDArray[np.int64]:
    """About ``count`` evenly spaced held-out windows [window, length + 1], a quarter of them from the novel."""
    found = []
    for one, share in zip(ids, (NOVEL, 1 - NOVEL), strict=True):
        starts = np.linspace(0, len(one) - length - 1, max(1, round(count * share))).astype(int)
        found.append(one[starts[:, None] + np.arange(length + 1)].astype(np.int64))
    return np.concatenate(found)


# --- induction ------------------------------------------------------------------------------------


def induction_text(
    common: npt.NDArray[np.int64], length: int, count: int = 16, seed: int = 0
) -> npt.NDArray[np.int64]:
    """Random tokens twice over, [sequence, 2 · length]: what comes next is known from the second half on."""
    half = np.random.default_rng(seed).choice(common, (count, length))
    return np.concatenate([half, half], axis=1)


def induction(model: GPT2LMHeadModel, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """[layer, head] mean attention of each token's second occurrence to the token after its first one, 0 … 1.

    Olsson et al. 2022, "prefix matching", on random tokens that are repeated once.
    """
    import torch

    half = ids.shape[1] // 2
    with torch.inference_mode():
        found = model(torch.tensor(ids), output_attentions=True).attentions
    query = np.arange(half, 2 * half - 1)
    return np.stack([layer[:, :, query, query - half + 1].mean((0, 2)).numpy() for layer in found]).astype(
        np.float32
    )


# --- poems ----------------------------------------------------------------------------------------

SPECIALS = BEGIN, STOP, OTHER = "<s>", "</s>", "<unk>"
MARKS = ("，", "。", "\n")


def characters(poems: Poems) -> Tokenizer:
    """Every character a token; each text begins with ``<s>``."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors

    letters = (char for char in poems.alphabet if char not in MARKS)
    pieces = {piece: at for at, piece in enumerate((BEGIN, STOP, OTHER, *MARKS, *letters))}
    engine = Tokenizer(models.WordLevel(pieces, unk_token=OTHER))
    engine.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), behavior="isolated")
    engine.post_processor = processors.TemplateProcessing(single=f"{BEGIN} $A", special_tokens=[(BEGIN, 0)])
    engine.decoder = decoders.Fuse()
    engine.add_special_tokens([BEGIN, STOP, OTHER])
    return engine


def poem_ids(engine: Tokenizer, poems: Sequence[Sequence[str]]) -> list[npt.NDArray[np.int64]]:
    """For each form, [poem, token] with start and end; all poems of a form are equally long."""
    end = engine.token_to_id(STOP)
    return [
        np.array([[*one.ids, end] for one in engine.encode_batch(list(some))], np.int64)
        for some in poems
        if some
    ]


def poem_batch(
    ids: Sequence[npt.NDArray[np.int64]], step: int, seed: int, tokens: int
) -> dict[str, torch.Tensor]:
    """Poems of one form, about ``tokens`` tokens; forms as often as they have characters."""
    import torch

    chance = draw(step, seed)
    sizes = np.array([form.size for form in ids], float)
    form = ids[int(chance.choice(len(ids), p=sizes / sizes.sum()))]
    rows = chance.integers(0, len(form), max(1, tokens // form.shape[1]))
    return {"ids": torch.from_numpy(form[rows])}


def poem_loss(model: nn.Module, batch: Any) -> torch.Tensor:
    """Mean cross-entropy of each next character, nats; characters that are not in the vocabulary are not asked for."""
    from torch.nn.functional import cross_entropy

    ids, other = batch["ids"], SPECIALS.index(OTHER)
    logits = logits_of(model, ids[:, :-1]).flatten(0, 1)
    return cross_entropy(logits, ids[:, 1:].flatten(), ignore_index=other)


def sample(
    model: GPT2LMHeadModel, engine: Tokenizer, count: int, *, temperature: float, seed: int, start: str = ""
) -> list[str]:
    """Poems drawn from the model, from ``<s>`` to ``</s>`` or the last position."""
    import torch

    chance = torch.Generator().manual_seed(seed)
    rows = torch.tensor([engine.encode(start).ids] * count)
    end = engine.get_vocab()[STOP]
    length = int(model.config.n_positions)
    with torch.inference_mode():
        while rows.shape[1] < length and not bool(rows.eq(end).any(1).all()):
            chances = (model(rows).logits[:, -1] / temperature).softmax(-1)
            rows = torch.cat([rows, torch.multinomial(chances, 1, generator=chance)], dim=1)
    ended = [row[: row.index(end)] if end in row else row for row in rows.tolist()]
    return [engine.decode(row, skip_special_tokens=True) for row in ended]
