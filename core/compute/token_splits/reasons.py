"""Why a token is one: the merges, the lattice or the greedy steps behind it, and the bytes of its characters.

- BPE: start from the smallest parts and, again and again, join the neighbours whose merge has the lowest rank
  (Sennrich et al. 2016, arXiv:1508.07909). The tree of a token is what these merges built.
- Unigram: of all ways to cut a word, the one whose pieces' log-probabilities have the largest sum
  (Kudo 2018, arXiv:1804.10959); found by the Viterbi algorithm.
- WordPiece: from the left, the longest piece of the vocabulary that fits (Devlin et al. 2019, arXiv:1810.04805).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING, cast

from core.errors import BadParameter, TextEmpty, TextTooLong
from core.models.tokens.labels import label_tokens, visible
from core.models.tokens.vocabularies import LoadedVocabulary, load_vocabulary
from core.results import named

if TYPE_CHECKING:
    from tokenizers import Tokenizer

LONGEST_WORD = 100
"""Longest word that is explained, in the parts that the algorithm starts from."""
LONGEST_PIECE = 32
"""Longest piece that is looked for in a lattice, in characters."""
UNKNOWN_PENALTY = 10.0
"""SentencePiece scores an unknown character so much lower than the rarest piece."""
MAX_TEXT = 20_000
"""Longest text around the word, in characters."""
_BYTES = re.compile(r"(?:<0x[0-9A-F]{2}>)+")


@dataclass(frozen=True, slots=True)
class Node:
    """A part of the word: one that the algorithm starts from, or two parts joined."""

    left: int  # index of the node that is its left part; -1: a part to start from
    right: int
    rank: int  # place in the order of merges, 0 was learned first; -1: a part to start from
    id: int  # -1: no token of the vocabulary
    label: str
    bytes_hex: str
    start: int  # in parts from the start of the word
    end: int


@dataclass(frozen=True, slots=True)
class Edge:
    """A piece of the lattice."""

    start: int  # in characters from the start of the word
    end: int
    id: int
    label: str
    score: float  # natural logarithm of the piece's probability
    best: bool  # on the best path


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the greedy search."""

    start: int  # in characters from the start of the word
    end: int
    tried: tuple[str, ...]  # longer pieces that are not in the vocabulary, longest first
    taken: str  # "": nothing fits, and the whole word is unknown
    id: int


@dataclass(frozen=True, slots=True)
class Character:
    """A character of the word and its UTF-8 bytes."""

    label: str
    code: str  # "U+4E2D"
    bytes_hex: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a word, or one token by itself, is cut as it is."""

    vocabulary: str
    algorithm: str
    word: str  # label of the word that is explained
    tokens: tuple[int, ...]  # its ids
    labels: tuple[str, ...]  # of its tokens
    chosen: int  # which of them was asked for
    nodes: tuple[Node, ...] = ()  # BPE: first the parts to start from, then merges in the order they happen
    roots: tuple[int, ...] = ()  # BPE: the nodes that remained
    edges: tuple[Edge, ...] = ()  # Unigram: every piece of the vocabulary that occurs in the word
    score: float = 0.0  # Unigram: of the best path
    second: float = -inf  # Unigram: of the best path among all others
    steps: tuple[Step, ...] = ()  # WordPiece
    characters: tuple[Character, ...] = ()


def explain(*, vocabulary: str, token: int) -> Explanation:
    """Why one token exists, by itself.

    Errors: BadParameter("token"), what ``load_vocabulary`` raises.

    >>> [node.label for node in explain(vocabulary="gpt2", token=464).nodes]  # doctest: +SKIP
    ['T', 'h', 'e', 'he', 'The']
    """
    loaded = load_vocabulary(vocabulary)
    if loaded.engine is None:
        return _reference(loaded, token)
    piece = loaded.engine.id_to_token(token) if token >= 0 else None
    if piece is None:
        raise BadParameter(name="token")
    plain = token not in loaded.added_tokens_decoder
    return _explained(loaded, loaded.engine, piece, (token,), 0, plain)


@named("token_splits.explain_word")
def explain_word(*, vocabulary: str, text: str, position: int) -> Explanation:
    """Why the word around token number ``position`` of the text is cut as it is.

    A word is what the vocabulary cuts the text into before it looks for tokens; one of more than 100 parts
    (SentencePiece's BPE takes a whole text as one word) is left aside, and the token alone is explained.
    Errors: TextEmpty, TextTooLong, BadParameter("token"), what ``load_vocabulary`` raises.
    """
    if not text.strip():
        raise TextEmpty
    if len(text) > MAX_TEXT:
        raise TextTooLong(count=len(text), limit=MAX_TEXT, unit="characters")
    loaded = load_vocabulary(vocabulary)
    text = text.encode("utf-8", "replace").decode()
    if loaded.engine is None:
        return _reference(loaded, position)
    found = loaded.engine.encode(text, add_special_tokens=False)
    if not 0 <= position < len(found.ids):
        raise BadParameter(name="token")
    words = found.word_ids
    first = last = position
    while first > 0 and words[first - 1] == words[position] and words[position] is not None:
        first -= 1
    while last + 1 < len(words) and words[last + 1] == words[position] and words[position] is not None:
        last += 1
    if found.ids[position] in loaded.added_tokens_decoder and loaded.spec.algorithm == "bpe":
        return explain(vocabulary=vocabulary, token=found.ids[position])
    word = _word(
        loaded, found.tokens[first : last + 1], text[found.offsets[first][0] : found.offsets[last][1]]
    )
    if len(word) > LONGEST_WORD or last - first >= LONGEST_WORD:
        return explain(vocabulary=vocabulary, token=found.ids[position])
    return _explained(loaded, loaded.engine, word, tuple(found.ids[first : last + 1]), position - first, True)


def _word(loaded: LoadedVocabulary, pieces: Sequence[str], text: str) -> str:
    """The word in the alphabet that its vocabulary writes pieces in."""
    engine = cast("Tokenizer", loaded.engine)
    if loaded.spec.algorithm == "wordpiece":
        normal = engine.normalizer.normalize_str(text) if engine.normalizer else text
        return normal.strip()
    if loaded.structure["model"].get("byte_fallback"):
        return _BYTES.sub(_characters_of, "".join(pieces))
    return "".join(pieces)


def _characters_of(found: re.Match[str]) -> str:
    """``<0xE4><0xB8><0xAD>`` → 中; what is no UTF-8 stays."""
    try:
        return bytes.fromhex(found.group().replace("<0x", "").replace(">", "")).decode()
    except UnicodeDecodeError:
        return found.group()


def _explained(
    loaded: LoadedVocabulary, engine: Tokenizer, word: str, ids: tuple[int, ...], chosen: int, plain: bool
) -> Explanation:
    labelled = label_tokens(loaded.as_transformers(), ids)
    data = b"".join(labelled.bytes)
    out = Explanation(
        vocabulary=loaded.id,
        algorithm=loaded.spec.algorithm,
        word="".join(labelled.labels) if len(ids) == 1 else visible(data.decode("utf-8", "replace")),
        tokens=ids,
        labels=labelled.labels,
        chosen=chosen,
        characters=characters(data),
    )
    if not plain:
        return out
    if loaded.spec.algorithm == "bpe":
        nodes, roots = merge_tree(loaded, engine, word)
        return replace(out, nodes=nodes, roots=roots)
    if loaded.spec.algorithm == "unigram":
        edges, score, second = lattice(loaded, engine, word)
        return replace(out, edges=edges, score=score, second=second)
    return replace(out, steps=greedy(loaded, engine, word))


def characters(data: bytes) -> tuple[Character, ...]:
    """The characters of valid UTF-8, none where a character is cut; the first 100."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return ()
    return tuple(
        Character(visible(char), f"U+{ord(char):04X}", char.encode().hex(" ").upper())
        for char in text[:LONGEST_WORD]
    )


def _reference(loaded: LoadedVocabulary, token: int) -> Explanation:
    """Words, characters and bytes need no reason; a character's code point shows its bytes."""
    data = b""
    if loaded.spec.id == "characters" and 0 <= token < 0x110000 and not 0xD800 <= token < 0xE000:
        data = chr(token).encode()
    elif loaded.spec.id == "bytes" and 0 <= token < 128:
        data = bytes([token])
    label = visible(data.decode())
    return Explanation(
        loaded.id, loaded.spec.algorithm, label, (token,), (label,), 0, characters=characters(data)
    )


# --- BPE ------------------------------------------------------------------------------------------


def merge_tree(
    loaded: LoadedVocabulary, engine: Tokenizer, word: str
) -> tuple[tuple[Node, ...], tuple[int, ...]]:
    """Replay the merges of a word: nodes in the order they come into being, and the indices that remain."""
    nodes = [_leaf(loaded, engine, part, at) for at, part in enumerate(_parts(loaded, engine, word))]
    pieces = _parts(loaded, engine, word)
    row = list(range(len(nodes)))
    while True:
        ranks = [loaded.rank(pieces[a], pieces[b]) for a, b in itertools.pairwise(row)]
        known = [rank for rank in ranks if rank >= 0]
        if not known:
            return tuple(nodes), tuple(row)
        at = ranks.index(min(known))
        left, right = row[at : at + 2]
        pieces.append(pieces[left] + pieces[right])
        nodes.append(_joined(loaded, engine, nodes, left, right, pieces[-1], min(known)))
        row[at : at + 2] = [len(nodes) - 1]


def _parts(loaded: LoadedVocabulary, engine: Tokenizer, word: str) -> list[str]:
    """What merging starts from: a character of the vocabulary's alphabet, or bytes where it has none."""
    if not loaded.structure["model"].get("byte_fallback"):
        return list(word)
    if len(word) == 6 and word.startswith("<0x") and engine.token_to_id(word) is not None:
        return [word]
    out: list[str] = []
    for char in word:
        known = engine.token_to_id(char) is not None
        out += [char] if known else [f"<0x{byte:02X}>" for byte in char.encode()]
    return out


def _leaf(loaded: LoadedVocabulary, engine: Tokenizer, piece: str, at: int) -> Node:
    found = engine.token_to_id(piece)
    label, data = _shown(loaded, piece, found)
    return Node(-1, -1, -1, -1 if found is None else found, label, data.hex(" ").upper(), at, at + 1)


def _joined(
    loaded: LoadedVocabulary,
    engine: Tokenizer,
    nodes: Sequence[Node],
    left: int,
    right: int,
    piece: str,
    rank: int,
) -> Node:
    found = engine.token_to_id(piece)
    label, data = _shown(loaded, piece, found)
    return Node(
        left,
        right,
        rank,
        -1 if found is None else found,
        label,
        data.hex(" ").upper(),
        nodes[left].start,
        nodes[right].end,
    )


def _shown(loaded: LoadedVocabulary, piece: str, found: int | None) -> tuple[str, bytes]:
    if found is None:
        return visible(piece), piece.encode()
    made = label_tokens(loaded.as_transformers(), [found])
    return made.labels[0], made.bytes[0]


# --- Unigram --------------------------------------------------------------------------------------


def lattice(loaded: LoadedVocabulary, engine: Tokenizer, word: str) -> tuple[tuple[Edge, ...], float, float]:
    """All pieces that occur in a word, the best path among them marked; its score and the second best's."""
    unknown, scores = loaded.unknown_id, loaded.scores
    lowest = float(scores.min()) - UNKNOWN_PENALTY
    found: list[tuple[int, int, int, float]] = []
    for start in range(len(word)):
        single = False
        for end in range(start + 1, min(len(word), start + LONGEST_PIECE) + 1):
            one = engine.token_to_id(word[start:end])
            if one is not None and one not in loaded.added_tokens_decoder:
                found.append((start, end, one, float(scores[one])))
                single = single or end == start + 1
        if not single:
            found.append((start, start + 1, unknown, lowest))
    best, score, second = _two_best([(a, b, value) for a, b, _, value in found], len(word))
    edges = tuple(
        Edge(a, b, one, visible(word[a:b].replace("▁", " ")), value, place in best)
        for place, (a, b, one, value) in enumerate(found)
    )
    return edges, score, second


def _two_best(edges: Sequence[tuple[int, int, float]], length: int) -> tuple[frozenset[int], float, float]:
    """Edges of the best path from 0 to ``length``, its score, and the score of the next best path."""
    paths: list[list[tuple[float, tuple[int, ...]]]] = [[] for _ in range(length + 1)]
    paths[0].append((0.0, ()))
    order = sorted(range(len(edges)), key=lambda place: edges[place][1])
    for place in order:
        start, end, value = edges[place]
        here = [(score + value, (*path, place)) for score, path in paths[start]]
        paths[end] = sorted(paths[end] + here, key=lambda item: -item[0])[:2]
    final = paths[length]
    return frozenset(final[0][1]), final[0][0], final[1][0] if len(final) > 1 else -inf


# --- WordPiece ------------------------------------------------------------------------------------


def greedy(loaded: LoadedVocabulary, engine: Tokenizer, word: str) -> tuple[Step, ...]:
    """The longest piece that fits, from the left; a step that takes nothing makes the whole word unknown."""
    prefix = str(loaded.structure["model"].get("continuing_subword_prefix", "##"))
    alone = word.startswith(prefix) and engine.token_to_id(word) is not None and len(word) > len(prefix)
    shown = word.removeprefix(prefix) if alone else word
    steps: list[Step] = []
    start = 0
    while start < len(shown):
        tried: list[str] = []
        mark = prefix if start or alone else ""
        for end in range(len(shown), start, -1):
            piece = mark + shown[start:end]
            found = engine.token_to_id(piece)
            if found is not None:
                steps.append(Step(start, end, tuple(tried), visible(piece), found))
                start = end
                break
            tried.append(visible(piece))
        else:
            steps.append(Step(start, len(shown), tuple(tried), "", loaded.unknown_id))
            return tuple(steps)
    return tuple(steps)
