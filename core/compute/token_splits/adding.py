"""Adding words to a model's vocabulary: what it saves in tokens, and what it costs in rows of the embedding.

New rows have to be learned. Two starts are common: the mean of the rows of the pieces that the word was cut into
(Gee et al. 2022, arXiv:2402.09977), and the mean of all rows (Hewitt 2021), which keeps the new tokens from being
predicted too often at first.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import BadParameter, TextEmpty, TextTooLong
from core.models.tokens.labels import token_of
from core.models.tokens.own_tokenizers import OwnTokenizer, own_tokenizer
from core.models.tokens.remembered import labelled
from core.models.tokens.vocabularies import LoadedVocabulary
from core.results import named

MAX_TEXT = 4_000
"""Longest text, in characters."""
MOST_WORDS = 12
"""So many words are added at a time."""
MAX_WORD = 40
"""Longest word, in characters."""


@dataclass(frozen=True, slots=True)
class Row:
    """A text under one state of the vocabulary; all tuples have one entry per token."""

    ids: tuple[int, ...]
    labels: tuple[str, ...]  # plain text for display
    bytes_hex: tuple[str, ...]
    new: tuple[bool, ...]  # the token is one of the added words


@dataclass(frozen=True, slots=True)
class Added:
    """What new words change."""

    model: str
    words: tuple[str, ...]
    pieces: tuple[Row, ...]  # [word] as the vocabulary cuts it by itself, before
    known: tuple[bool, ...]  # [word] it was a token already
    ids: tuple[int, ...]  # [word] its own id afterwards; −1: it cannot have one
    uses: tuple[int, ...]  # [word] how often the new token stands in the text
    before: Row  # the text
    after: Row
    rows: int  # of the embedding before
    new_rows: int  # rows that had to be added: spare ones are used first
    d_model: int  # numbers in a row
    matrices: int  # 1: input and output share the embedding, or there is only one; 2: each has its own
    parameters: int  # numbers added: new_rows · d_model · matrices


@named("token_splits.add_words")
def add_words(*, model: str, text: str, words: tuple[str, ...]) -> Added:
    """Add words to the model's own tokenizer and cut the text again.

    Parameters added: new rows · d_model · matrices. Errors: TextEmpty, TextTooLong (text or a word, in characters),
    BadParameter("words"), what ``own_tokenizer`` raises.

    >>> add_words(model="smollm2-135m", text="Glassbox", words=("Glassbox",)).after.labels
    ('Glassbox',)
    """
    words = checked_words(words)
    if not text.strip():
        raise TextEmpty
    if len(text) > MAX_TEXT:
        raise TextTooLong(count=len(text), limit=MAX_TEXT, unit="characters")
    text = text.encode("utf-8", "replace").decode()
    own = own_tokenizer(model)
    richer, ids, known = _with_words(own, words)
    new = frozenset(id for id, there in zip(ids, known, strict=True) if id >= 0 and not there)
    after = _row(richer, text, new)
    fresh = len(new)
    used = own.vocabulary.engine.get_vocab_size() if own.vocabulary.engine else 0
    new_rows = max(0, used + fresh - own.rows)
    return Added(
        model=model,
        words=words,
        pieces=tuple(_row(own.vocabulary, word, frozenset()) for word in words),
        known=known,
        ids=ids,
        uses=tuple(after.ids.count(id) for id in ids),
        before=_row(own.vocabulary, text, frozenset()),
        after=after,
        rows=own.rows,
        new_rows=new_rows,
        d_model=own.d_model,
        matrices=own.matrices,
        parameters=new_rows * own.d_model * own.matrices,
    )


def checked_words(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words, each once, in valid Unicode. Errors: BadParameter("words"), TextTooLong (in characters)."""
    clean = (word.strip().encode("utf-8", "replace").decode() for word in words)
    found = tuple(dict.fromkeys(word for word in clean if word))
    if not 1 <= len(found) <= MOST_WORDS:
        raise BadParameter(name="words")
    longest = max(map(len, found))
    if longest > MAX_WORD:
        raise TextTooLong(count=longest, limit=MAX_WORD, unit="characters")
    return found


def _with_words(
    own: OwnTokenizer, words: tuple[str, ...]
) -> tuple[LoadedVocabulary, tuple[int, ...], tuple[bool, ...]]:
    """A copy of the vocabulary with the words in it, their ids, and which were there before.

    A word that is spelled as the vocabulary spells another text (Ġthe) would get that token's row: it is left out.
    """
    from tokenizers import AddedToken, Tokenizer

    assert own.vocabulary.engine is not None
    engine = Tokenizer.from_str(own.vocabulary.engine.to_str())
    there = {word: token_of(own.vocabulary.as_transformers(), word) for word in words}
    fresh = [word for word, id in there.items() if id is None and engine.token_to_id(word) is None]
    engine.add_tokens([AddedToken(word, normalized=False) for word in fresh])
    made = {word: engine.token_to_id(word) for word in fresh}
    ids = tuple(next((id for id in (there[word], made.get(word)) if id is not None), -1) for word in words)
    return (
        LoadedVocabulary(own.vocabulary.spec, engine),
        ids,
        tuple(there[word] is not None for word in words),
    )


def _row(loaded: LoadedVocabulary, text: str, new: frozenset[int]) -> Row:
    assert loaded.engine is not None
    ids = loaded.engine.encode(text, add_special_tokens=False).ids
    labels, bytes_hex, _, _ = labelled(loaded, ids)
    return Row(tuple(ids), tuple(labels), tuple(bytes_hex), tuple(one in new for one in ids))
