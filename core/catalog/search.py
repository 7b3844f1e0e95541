"""Search over the concepts, in both languages at once."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence


def fold(text: str) -> str:
    """Text as it is compared: compatibility forms unified (full-width letters), case and accents gone.

    >>> fold("ＲｏＰＥ Café")
    'rope cafe'
    """
    wide = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in wide if not unicodedata.combining(c))


def search(*, query: str, entries: Mapping[str, Iterable[str]]) -> Sequence[str]:
    """The ids whose texts contain every word of the query; hits in an entry's first text (its name) come first.

    ``entries`` maps id → texts in any language, names first. An empty query finds everything, in order.
    """
    words = fold(query).split()
    found = []
    for place, (id, texts) in enumerate(entries.items()):
        folded = [fold(text) for text in texts]
        whole = " ".join(folded)
        if all(word in whole for word in words):
            names = sum(word not in " ".join(folded[:2]) for word in words)
            found.append((names, place, id))
    return [id for _, _, id in sorted(found)]
