"""A mini BERT: masked words and next sentences on public-domain English, and honest baselines beside it.

Devlin et al. 2019: some tokens are to be guessed; of those 80 % are masked, 10 % replaced, 10 % left. BERT asks for
15 % of them, and so is quality measured here; in training it is 30 %, from which a small model learns faster (Wettig
et al. 2023, "Should You Mask 15% in Masked Language Modeling?"). The same held-out places are guessed by the most
frequent word and by a trigram of the two words on the left.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core.training.data import Ids, draw, encode, novel, speeches

if TYPE_CHECKING:
    from pathlib import Path

    import torch
    from tokenizers import Tokenizer
    from torch import nn
    from transformers import BertConfig, BertForPreTraining

Rows = npt.NDArray[np.int64]

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
PAD, UNK, CLS, SEP, MASK = range(5)
SIZE = 6000
"""Pieces of the vocabulary."""
LENGTH = 64
"""Tokens of a training example: [CLS] first [SEP] second [SEP]."""
POSITIONS = 128
"""Positions of the model; those beyond LENGTH are trained on a tenth of the batches, of twice the length."""
SHARE, REPLACED, LEFT = 0.15, 0.1, 0.1
TRAINED_SHARE = 0.3
"""Share of the tokens that are asked for in training."""
NOVEL = 0.25
"""Share of the examples that come from the novel."""
TOP = 5


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """A text as tokens, with the places where its sentences begin."""

    ids: Ids
    starts: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """English: the novel and the speeches."""

    tokenizer: Tokenizer
    train: tuple[Text, Text]
    held_out: tuple[Text, Text]


@dataclass(frozen=True, slots=True, eq=False)
class Masked:
    """Examples with holes."""

    ids: Rows  # [example, token], as the model reads them
    kinds: Rows  # [example, token], 0 in the first sentence, 1 in the second
    labels: Rows  # [example, token], what stood there; -100 where nothing is asked
    follows: Rows  # [example], 0: the second part follows the first, 1: it comes from elsewhere


def wordpiece(texts: Sequence[str], size: int = SIZE) -> Tokenizer:
    """An uncased WordPiece vocabulary like BERT's, in an order of its own that repeats."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

    def dressed(pieces: dict[str, int]) -> Tokenizer:
        engine = Tokenizer(models.WordPiece(pieces, unk_token="[UNK]"))  # noqa: S106 — no secret
        engine.normalizer = normalizers.BertNormalizer(lowercase=True)
        engine.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        engine.decoder = decoders.WordPiece(prefix="##")
        return engine

    engine = dressed({"[UNK]": 0})
    trainer = trainers.WordPieceTrainer(vocab_size=size, special_tokens=list(SPECIAL), show_progress=False)
    engine.train_from_iterator(texts, trainer)
    learned = sorted(set(engine.get_vocab()) - set(SPECIAL))
    engine = dressed({piece: at for at, piece in enumerate((*SPECIAL, *learned))})
    engine.add_special_tokens(list(SPECIAL))
    engine.post_processor = processors.BertProcessing(("[SEP]", SEP), ("[CLS]", CLS))
    return engine


def corpus(folder: Path, engine: Tokenizer | None = None) -> Corpus:
    """The texts, with a vocabulary made from what is trained on if none is given."""
    parts = (novel(folder), speeches(folder))
    engine = engine or wordpiece((*parts[0].train, *parts[1].train[::3]))
    train = tuple(_text(engine, part.train) for part in parts)
    kept = tuple(_text(engine, part.held_out) for part in parts)
    return Corpus(engine, (train[0], train[1]), (kept[0], kept[1]))


def _text(engine: Tokenizer, documents: Sequence[str]) -> Text:
    sentences = [s for text in documents for s in re.split(r"(?<=[.!?;])\s+|\n", text) if s]
    found = engine.encode_batch(sentences, add_special_tokens=False)
    ends = np.cumsum([len(one.ids) for one in found])
    return Text(encode(engine, [" ".join(sentences)]), np.concatenate([[0], ends[:-1]]))


# --- examples -------------------------------------------------------------------------------------


def examples(
    texts: tuple[Text, Text],
    count: int,
    length: int,
    size: int,
    chance: np.random.Generator,
    share: float = SHARE,
) -> Masked:
    """``count`` pairs of parts with holes; half of the second parts follow the first."""
    ids = np.zeros((count, length), np.int64)
    kinds = np.zeros_like(ids)
    follows = chance.integers(0, 2, count)
    for row, kind, other in zip(ids, kinds, follows, strict=True):
        text = texts[int(chance.random() >= NOVEL)]
        first = int(chance.integers(length // 4, 3 * (length - 3) // 4 + 1))
        second = length - 3 - first
        start = _start(text, length, chance)
        after = _start(text, length, chance) if other else start + first
        row[0], row[first + 1], row[-1] = CLS, SEP, SEP
        row[1 : first + 1] = text.ids[start : start + first]
        row[first + 2 : -1] = text.ids[after : after + second]
        kind[first + 2 :] = 1
    return holes(ids, kinds, follows, size, chance, share)


def _start(text: Text, length: int, chance: np.random.Generator) -> int:
    """The beginning of some sentence that is not too near the end."""
    last = int(np.searchsorted(text.starts, len(text.ids) - length))
    return int(text.starts[chance.integers(0, max(1, last))])


def holes(
    ids: Rows, kinds: Rows, follows: Rows, size: int, chance: np.random.Generator, share: float = SHARE
) -> Masked:
    """A share of the tokens is asked for: 80 % of them masked, 10 % replaced by any piece, 10 % left."""
    free = ids >= len(SPECIAL)
    asked = (chance.random(ids.shape) < share) & free
    how = chance.random(ids.shape)
    shown = np.where(asked & (how >= REPLACED + LEFT), MASK, ids)
    random = chance.integers(len(SPECIAL), size, ids.shape)
    shown = np.where(asked & (how < REPLACED), random, shown)
    return Masked(shown, kinds, np.where(asked, ids, -100), follows)


def batch(found: Corpus, step: int, seed: int, tokens: int) -> dict[str, torch.Tensor]:
    """The examples of one step; every tenth batch has half as many, twice as long."""
    import torch

    length = POSITIONS if step % 10 == 9 else LENGTH
    chance, size = draw(step, seed), found.tokenizer.get_vocab_size()
    one = examples(found.train, tokens // length, length, size, chance, TRAINED_SHARE)
    return {name: torch.from_numpy(getattr(one, name)) for name in ("ids", "kinds", "labels", "follows")}


def held_out(found: Corpus, count: int, seed: int = 1) -> Masked:
    """Examples from texts that were never trained on."""
    return examples(
        found.held_out, count, LENGTH, found.tokenizer.get_vocab_size(), np.random.default_rng(seed)
    )


# --- the model ------------------------------------------------------------------------------------


def config(size: int) -> BertConfig:
    """Four layers of four heads, 192 dimensions."""
    from transformers import BertConfig

    return BertConfig(
        vocab_size=size, hidden_size=192, num_hidden_layers=4, num_attention_heads=4, intermediate_size=768,
        max_position_embeddings=POSITIONS, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
        pad_token_id=PAD, architectures=["BertForPreTraining"],
    )  # fmt: skip


def make(size: int) -> BertForPreTraining:
    """A fresh model with both heads."""
    from transformers import BertForPreTraining

    maker: Any = BertForPreTraining._from_config  # not annotated
    made: BertForPreTraining = maker(config(size), attn_implementation="sdpa")
    return made


def scores(
    model: Any, ids: torch.Tensor, kinds: torch.Tensor, asked: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits [asked place, piece] and [example, 2]; only the places that are asked for are computed."""
    found = model.bert(input_ids=ids, token_type_ids=kinds)
    return model.cls.predictions(found.last_hidden_state[asked]), model.cls.seq_relationship(
        found.pooler_output
    )


def loss(model: nn.Module, some: Any) -> torch.Tensor:
    """Cross-entropy of the masked tokens plus that of the next sentence, nats."""
    from torch.nn.functional import cross_entropy

    asked = some["labels"] >= 0
    words, follows = scores(model, some["ids"], some["kinds"], asked)
    return cross_entropy(words, some["labels"][asked]) + cross_entropy(follows, some["follows"])


# --- how good it is -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Quality:
    """Shares of held-out places that were guessed, 0 … 1."""

    places: int
    loss: float  # nats per place
    first: float  # the most probable piece is right
    five: float  # the right one is among the five most probable
    follows: float  # next sentence told from another


def quality(model: nn.Module, found: Masked) -> Quality:
    """Guess the held-out places."""
    import torch
    from torch.nn.functional import cross_entropy

    ranks, losses, right = [], 0.0, 0
    with torch.inference_mode():
        for at in range(0, len(found.ids), 64):
            ids, kinds, labels, follows = (
                torch.from_numpy(part[at : at + 64])
                for part in (found.ids, found.kinds, found.labels, found.follows)
            )
            words, pair = scores(model, ids, kinds, labels >= 0)
            wanted = labels[labels >= 0]
            losses += float(cross_entropy(words, wanted, reduction="sum"))
            ranks.append((words > words.gather(1, wanted[:, None])).sum(1).numpy())
            right += int((pair.argmax(1) == follows).sum())
    rank = np.concatenate(ranks)
    return Quality(len(rank), losses / len(rank), float((rank < 1).mean()), float((rank < TOP).mean()),
                   right / len(found.ids))  # fmt: skip


def unigram(train: tuple[Text, Text], size: int) -> npt.NDArray[np.float64]:
    """How often each piece stands in the training text, the two texts weighed as in training."""
    counts = [np.bincount(text.ids, minlength=size) / len(text.ids) for text in train]
    weighed: npt.NDArray[np.float64] = NOVEL * counts[0] + (1 - NOVEL) * counts[1]
    return weighed


def baselines(found: Corpus, asked: Masked) -> dict[str, tuple[float, float]]:
    """(top-1, top-5) of the most frequent pieces, and of a trigram of the two true tokens on the left.

    The trigram's candidates are ranked by how often they followed these two tokens, then this one token, then at all.
    """
    size = found.tokenizer.get_vocab_size()
    common = np.argsort(-unigram(found.train, size), kind="stable")[:TOP].tolist()
    two, one = _followers(found.train)
    ids = np.where(asked.labels >= 0, asked.labels, asked.ids)
    hits = {"unigram": [0, 0], "trigram": [0, 0]}
    places = np.argwhere(asked.labels >= 0)
    for row, at in places:
        wanted, left = ids[row, at], tuple(ids[row, max(0, at - 2) : at].tolist())
        guesses = list(dict.fromkeys([*two.get(left, ()), *one.get(left[-1], ()), *common]))[:TOP]
        for name, listed in (("unigram", common), ("trigram", guesses)):
            hits[name][0] += wanted == listed[0]
            hits[name][1] += wanted in listed
    return {name: (first / len(places), five / len(places)) for name, (first, five) in hits.items()}


def _followers(train: tuple[Text, Text]) -> tuple[dict[tuple[int, ...], list[int]], dict[int, list[int]]]:
    """The most frequent followers of each pair of tokens, and of each token."""
    two: dict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
    one: dict[int, Counter[int]] = defaultdict(Counter)
    for text in train:
        ids = text.ids.tolist()
        for first, second, third in zip(ids, ids[1:], ids[2:], strict=False):
            two[first, second][third] += 1
            one[second][third] += 1
    return (
        {key: [piece for piece, _ in counts.most_common(TOP)] for key, counts in two.items()},
        {key: [piece for piece, _ in counts.most_common(TOP)] for key, counts in one.items()},
    )
