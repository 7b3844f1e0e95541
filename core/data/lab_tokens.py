"""The vocabularies of the lab's small models: single characters, or a small byte-level BPE."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

SPECIALS = ("<pad>", "<unk>", "<mask>")
PAD, UNKNOWN, MASK = range(3)
PIECES = 512
"""Of a BPE vocabulary; 256 of them are bytes."""
CHARACTERS = 1600
"""Most characters of a vocabulary; rarer ones are unknown."""


@dataclass(frozen=True)
class Vocabulary:
    """Pieces by their number, the three special ones first."""

    pieces: tuple[str, ...]
    merges: str = ""  # of a BPE: its tokenizer.json; "": each piece is a character

    @cached_property
    def _places(self) -> dict[str, int]:
        return {piece: at for at, piece in enumerate(self.pieces)}

    @cached_property
    def _engine(self) -> Tokenizer:
        from tokenizers import Tokenizer

        return Tokenizer.from_str(self.merges)

    def __len__(self) -> int:
        return len(self.pieces)

    def encode(self, text: str) -> list[int]:
        """Numbers of a text's pieces; ``UNKNOWN`` for what there is none of."""
        if self.merges:
            found: list[int] = self._engine.encode(text, add_special_tokens=False).ids
            return found
        places = self._places
        return [places.get(char, UNKNOWN) for char in text]

    def decode(self, ids: Iterable[int]) -> str:
        """The text of numbers; specials are left out, an unknown piece is ``□``."""
        if self.merges:
            text: str = self._engine.decode([one for one in ids if one > MASK])
            return text
        return "".join("□" if one == UNKNOWN else self.pieces[one] for one in ids if one not in (PAD, MASK))

    def shown(self, ids: Iterable[int]) -> tuple[str, ...]:
        """Each piece by itself; of BPE, a byte that is no text by itself is as tokenizers writes it."""
        if self.merges:
            return tuple(self.pieces[one].replace("Ġ", " ").replace("Ċ", "\n") for one in ids)
        return tuple(self.pieces[one] for one in ids)


def characters(texts: Sequence[str], most: int = CHARACTERS) -> Vocabulary:
    """The most frequent characters, in the order of their code points."""
    counts = Counter("".join(texts))
    return Vocabulary((*SPECIALS, *sorted(char for char, _ in counts.most_common(most))))


def bpe(texts: Sequence[str], size: int = PIECES) -> Vocabulary:
    """A byte-level BPE of so many pieces, trained on the texts."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    engine = Tokenizer(models.BPE())
    engine.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    engine.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=list(SPECIALS), show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
    )  # fmt: skip
    engine.train_from_iterator(texts, trainer)
    places = engine.get_vocab()
    return Vocabulary(tuple(sorted(places, key=places.__getitem__)), engine.to_str())
