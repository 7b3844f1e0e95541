"""One sentence followed through a model: five states of pages, from its tokens to the token that comes next."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.catalog import Language, State
from core.catalog.kinds import frozen
from core.catalog.next_token import CHINESE, DECODER, TEXT
from core.errors import TextEmpty, TextTooLong
from core.scripts import has_han

SENTENCE = TEXT
"""The sentence of those who bring none, in each language: its last two stops are bundled."""
MOST, MOST_HAN = 160, 60
"""Characters of a sentence: all stops can take them; a Chinese character says more than a letter."""
COUNT = 5
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Stop:
    """One state of one page on the way."""

    id: str  # of its words
    page: str  # stem
    state: State


def checked(text: str) -> str:
    r"""A sentence as it is followed: in one line. Errors: TextEmpty, TextTooLong.

    >>> checked(" The cat\n sat.\0 ")
    'The cat sat.'
    """
    found = _SPACE.sub(" ", text.replace("\0", "").encode("utf-8", "replace").decode()).strip()
    if not found:
        raise TextEmpty
    most = MOST_HAN if has_han(found) else MOST
    if len(found) > most:
        raise TextTooLong(count=len(found), limit=most, unit="characters")
    return found


def stops(text: str) -> tuple[Stop, ...]:
    """The stops of a text, all on one model: the bundled decoder that reads it.

    >>> [stop.id for stop in stops("The cat sat.")]
    ['tokens', 'vectors', 'attention', 'layers', 'next']
    """
    chinese = has_han(text)
    vocabulary, layer, head = ("qwen", 8, 7) if chinese else ("smollm2", 16, 0)
    whole: State = {"model": CHINESE if chinese else DECODER, "text": text}
    return (
        Stop("tokens", "token_splits", frozen(**whole, vocab=(vocabulary, "o200k"))),
        Stop("vectors", "embedding_space", frozen(**whole, source="hidden", method="pca", layer=0)),
        Stop("attention", "attention_heads", frozen(**whole, layer=layer, head=head)),
        Stop("layers", "model_anatomy", frozen(**whole)),
        Stop("next", "next_token", frozen(**whole)),
    )


def stop(number: int, page: str, text: str) -> Stop | None:
    """The stop of that number, counted from one; None where it is not on that page."""
    found = stops(text)[number - 1] if 1 <= number <= COUNT else None
    return found if found and found.page == page else None


def sentence(language: Language, text: str) -> str:
    """What stands in the box: the visitor's text where it is a sentence, else the language's own."""
    return text if text.strip() and "\n" not in text and len(text) <= MOST else SENTENCE[language]
