"""Meaning inside a model: one word in two senses, two languages in one space, and how wide that space is.

Ethayarajh 2019 (arXiv:1909.00512), how contextual are contextualized representations; Reif et al. 2019
(arXiv:1906.02715), word senses in BERT; Wang et al. 2024 (arXiv:2402.05672), multilingual E5; Mu and Viswanath 2018
(arXiv:1702.01417), all but the top.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt
import regex

from core.arrays import Array, Ints, read_only
from core.compute.embedding_space import lists as word_lists
from core.compute.embedding_space import separation as measures
from core.compute.embedding_space.lists import Rows
from core.compute.embedding_space.maps import Map, build_map
from core.compute.embedding_space.projection import ready
from core.compute.embedding_space.settings import Settings
from core.data.meanings import pairs_text, single_text
from core.errors import (
    BadPair,
    BadParameter,
    TextEmpty,
    TooFewPoints,
    TooFewSenses,
    TooManyRows,
    WordMissing,
)
from core.models.load.small import weights_of
from core.models.read.held import sent
from core.models.read.layouts import network
from core.models.read.lines import embedded, encode, passes, unknown
from core.models.read.ties import farthest
from core.models.read.trace import computing
from core.models.tokens.labels import Tokens, label_tokens
from core.results import named
from core.scripts import has_han, is_han

if TYPE_CHECKING:
    from torch import nn

    from core.models.load.residency import LoadedModel

SOURCES = ("input", "hidden", "sentences")
"""Where the points of `model_map` come from: the input embedding matrix, tokens of a text at a layer, its lines."""

MOST_SENTENCES = 64
"""Sentences that `senses`, `hidden_vectors` and `anisotropy` read at most."""
MOST_LINES = 400
"""Lines that `sentence_vectors` reads at most; `sentence_space` reads half as many pairs."""
MOST_SENSES = 7
"""Senses that have a colour each; further ones are left out."""
LEAST = 3
"""Sentences that a sense needs, and pairs that a space needs."""
MOST_COMPARED = 400
"""Tokens that `anisotropy` compares at most."""
MOST_NUMBERS = 16_000_000
"""Numbers of all layers that `anisotropy` keeps at most (64 MB)."""
BINS = 40
COMPONENTS = 10
_PIECES = 2048  # entries of a vocabulary that are spelled at a time


@dataclass(frozen=True, slots=True, eq=False)
class Vectors:
    """Points in a model's own space, with what stands behind each."""

    words: tuple[str, ...]  # label of each point
    groups: tuple[str, ...]  # its group, "" for none
    vectors: Array  # [point, d_model]
    sentences: tuple[str, ...]  # the line in which the point stands, or () when it is no more than its word
    unknown: tuple[str, ...] = ()  # lines that the model has no tokens for


@dataclass(frozen=True, slots=True, eq=False)
class Senses:
    """One word in sentences of two or more senses, at every layer. Layer 0 is the input of the first block."""

    model: str  # id
    word: str
    senses: tuple[str, ...]  # name of each sense as it stands in the text
    sense: Ints  # [sentence], index of its sense
    sentences: tuple[str, ...]
    spans: Ints  # [sentence, 2], first and past-the-last character of the word
    pieces: tuple[str, ...]  # per sentence, labels of the averaged tokens, a thin space between
    positions: (
        Array  # [layer + 1, sentence, 2], principal components, turned to fit the layer before; see `senses`
    )
    explained: Array  # [layer + 1, 2], share of variance along both axes, 0..1
    silhouette: Array  # [layer + 1], mean cosine silhouette, −1..1
    accuracy: (
        Array  # [layer + 1], share of sentences whose nearest centroid (without itself) is their own sense's
    )
    chance_silhouette: Array  # [layer + 1, 2], 5th and 95th percentile with shuffled senses
    chance_accuracy: Array  # [layer + 1, 2], the same for accuracy
    best: int  # layer with the largest silhouette, the input (layer 0) left out
    causal: bool  # the word has read only what stands before it
    skipped: tuple[str, ...]  # lines in which the word does not stand


@dataclass(frozen=True, slots=True, eq=False)
class Sentences:
    """Sentences and their translations in one space."""

    model: str  # id
    first: tuple[str, ...]  # left sides
    second: tuple[str, ...]  # right sides, the translation of each
    groups: tuple[str, ...]  # topic of each pair, "" for none
    similarity: Array  # [left, right], cosine
    rank_first: Ints  # [pair], place of the true partner among all right sides, 1 = nearest
    rank_second: Ints  # [pair], place of the true partner among all left sides
    positions: (
        Array  # [kind, 2 · pair, 2], principal components; left sides, then right sides; kinds as in SIDES
    )
    explained: Array  # [kind, 2], share of variance along both axes, 0..1
    partner: float  # mean cosine of a pair
    other: float  # mean cosine of sentences that are no pair, across the two sides


@dataclass(frozen=True, slots=True, eq=False)
class Anisotropy:
    """How narrow the cone is in which a model's token vectors lie, layer by layer."""

    model: str  # id
    sentences: int
    tokens: int  # that were compared
    pairs: int  # of tokens from different sentences
    cosine: Array  # [kind, layer + 1], mean cosine of the pairs; kinds as in KINDS
    spread: Array  # [kind, layer + 1, 2], 5th and 95th percentile of the cosine
    histogram: Array  # [kind, layer + 1, bin], share of pairs; 40 equal bins of cosine from −1 to 1
    shares: (
        Array  # [2, layer + 1, component], share of the sum of squares (before) or variance (mean removed)
    )
    effective: Array  # [2, layer + 1], participation ratio (Σλ)² / Σλ²: number of directions that count
    top_dimension: Array  # [layer + 1], share of the sum of squares in the single largest coordinate
    width: int  # numbers in a vector, d_model
    skipped: int  # start tokens and special tokens that were left out


KINDS = ("raw", "centred")
"""Before, and after the mean of all token vectors of the layer was taken away."""


SIDES = ("raw", "apart")
"""As they are, and with each side's own mean taken away."""


def input_vectors(*, loaded: LoadedModel, count: int) -> Vectors:
    """Rows of the input embedding matrix E [vocabulary, d_model] for the first ``count`` whole words.

    A vocabulary made by merging lists frequent pieces first. Groups are "latin" and "han" where both are there.
    Errors: BadParameter("count").

    >>> input_vectors(loaded=model, count=3).words  # doctest: +SKIP
    ('the', 'to', 'of')
    """
    if not 2 <= count <= 10_000:
        raise BadParameter(name="count")
    found: dict[str, int] = {}
    for one, word in _whole_words(loaded):
        found.setdefault(word, one)
        if len(found) == count:
            break
    with computing(loaded):
        vectors = sent(weights_of(_input_table(loaded), list(found.values())))
    words = tuple(found)
    return Vectors(words, _scripts(words), read_only(vectors), ())


def hidden_vectors(*, loaded: LoadedModel, text: str, layer: int) -> Vectors:
    """The hidden state of each token of each line at a layer, special tokens left out.

    Layer 0 is the input of the first block; −1 and what is past the end are the last. At most 64 lines of 64 tokens;
    "# name" starts a group. Errors: TextEmpty, TextTooLong, TooManyRows, NoTokens, BadParameter("layer").
    """
    if layer < -1:
        raise BadParameter(name="layer")
    read = _lines(text, MOST_SENTENCES)
    lacking = unknown(loaded, [line for _, line in read])
    encoded = [encode(loaded, line) for _, line in read]
    labelled = [label_tokens(loaded.tokenizer, ids) for ids, _ in encoded]
    kept = [[at for at, special in enumerate(tokens.special) if not special] for tokens in labelled]
    rows: list[npt.NDArray[np.float32]] = [np.empty((0, 0), np.float32)] * len(read)
    for at, states in passes(loaded, [ids for ids, _ in encoded]):
        rows[at] = states[min(layer, len(states) - 1)][kept[at]]
    return Vectors(
        words=tuple(
            tokens.labels[at] for tokens, chosen in zip(labelled, kept, strict=True) for at in chosen
        ),
        groups=tuple(group for (group, _), chosen in zip(read, kept, strict=True) for _ in chosen),
        vectors=read_only(np.concatenate(rows)),
        sentences=tuple(line for (_, line), chosen in zip(read, kept, strict=True) for _ in chosen),
        unknown=lacking,
    )


def sentence_vectors(*, loaded: LoadedModel, text: str) -> Vectors:
    """One unit vector per line: the mean of its last hidden states.

    The model's own prefix ("query: ") goes before each line and is averaged with it, as in Wang et al. 2024.
    At most 400 lines of 64 tokens; "# name" starts a group. Errors: TextEmpty, TextTooLong, TooManyRows, NoTokens.
    """
    read = _lines(text, MOST_LINES)
    return line_vectors(loaded, [line for _, line in read], [group for group, _ in read])


def line_vectors(loaded: LoadedModel, lines: Sequence[str], groups: Sequence[str] = ()) -> Vectors:
    """A unit vector for each line; without groups by script. Errors: TextEmpty, TextTooLong, NoTokens."""
    own = tuple(groups) if any(groups) else _scripts(lines)
    lacking = unknown(loaded, lines)
    return Vectors(tuple(lines), own, read_only(embedded(loaded, lines)), tuple(lines), lacking)


def model_vectors(*, loaded: LoadedModel, source: str, text: str, layer: int, count: int) -> Vectors:
    """The points of one of SOURCES; arguments that a source has no use for are ignored."""
    if source == "input":
        return input_vectors(loaded=loaded, count=count)
    if source == "hidden":
        return hidden_vectors(loaded=loaded, text=text, layer=layer)
    if source == "sentences":
        return sentence_vectors(loaded=loaded, text=text)
    raise BadParameter(name="source")


@named("embedding_space.model_map")
def model_map(
    *,
    loaded: LoadedModel,
    source: str,
    text: str = "",
    layer: int,
    count: int,
    method: str,
    dims: int,
    seed: int,
    neighbours: int,
    min_dist: float,
    perplexity: float,
) -> Map:
    """A map of the points of one of SOURCES.

    Errors: those of `model_vectors`, and of ``projection`` (TooFewPoints, IdenticalVectors, NeedsWorker).
    """
    found = model_vectors(loaded=loaded, source=source, text=text, layer=layer, count=count)
    settings = Settings(method, dims, seed, neighbours, min_dist, perplexity)
    return build_map(found.words, found.groups, found.vectors, settings, sentences=found.sentences,
                     unknown=found.unknown)  # fmt: skip


@named("embedding_space.list_map_encoded")
def list_map_encoded(
    *,
    loaded: LoadedModel,
    text: str,
    method: str,
    dims: int,
    seed: int,
    neighbours: int,
    min_dist: float,
    perplexity: float,
) -> Map:
    """As ``list_map``, with the vector that the encoder makes of each word, in any language that it has tokens for.

    Errors: NoTokens, what core.compute.embedding_space.lists raises, BadParameter("text") for a CSV, TooManyRows,
    TooFewPoints, IdenticalVectors, NeedsWorker.
    """
    given = word_lists.parse(text)
    if isinstance(given, Rows):
        raise BadParameter(name="text")
    if len(given.words) > MOST_LINES:
        raise TooManyRows(count=len(given.words), limit=MOST_LINES)
    ready(method, len(given.words))
    settings = Settings(method, dims, seed, neighbours, min_dist, perplexity)
    found = line_vectors(loaded, given.words)
    return build_map(found.words, found.groups, found.vectors, settings, repeated=given.repeated,
                     unknown=found.unknown)  # fmt: skip


@named("embedding_space.senses")
def senses(*, loaded: LoadedModel, word: str, text: str) -> Senses:
    """One word's vector in every sentence at every layer, and how well its senses come apart.

    The vector is the mean of the hidden states of the tokens that overlap the word's first occurrence. Text: one
    sentence per line, "# name" starts a sense (without names, a blank line does); ≤ 64 sentences, ≤ 7 senses.
    Positions: PCA of unit vectors per layer, each plane turned by orthogonal Procrustes to fit its neighbour's.
    The baseline shuffles the senses 200 times.
    Errors: WordMissing, TooFewSenses, NoTokens, TextEmpty, TextTooLong, TooManyRows.

    >>> found = senses(loaded=model, word="bank", text=sense_set("bank").text)  # doctest: +SKIP
    >>> found.silhouette[0] < 0.01 < 0.6 < found.silhouette[found.best]  # doctest: +SKIP
    True
    """
    word = word.strip()
    read = _lines(text, MOST_SENTENCES, blank=True)
    unknown(loaded, [line for _, line in read])
    uses = [use for group, line in read if (use := _use(loaded, word, group, line))]
    names, kept = _usable(uses, word, len(read))
    vectors = _word_vectors(loaded, kept)
    labels = np.array([names.index(use.group) for use in kept], np.int32)
    gauged = _gauged(vectors, labels)
    places, shares = measures.planes(vectors)
    best = 1 + int(np.argmax(gauged["silhouette"][1:]))
    said = {use.line for use in kept}
    return Senses(
        model=loaded.spec.id,
        word=word,
        senses=tuple(names),
        sense=read_only(labels),
        sentences=tuple(use.line for use in kept),
        spans=read_only(np.array([use.span for use in kept], np.int32)),
        pieces=tuple(use.pieces for use in kept),
        positions=_floats(measures.aligned(places, labels, best)),
        explained=_floats(shares),
        best=best,
        causal=loaded.spec.kind == "decoder",
        skipped=tuple(line for _, line in read if line not in said),
        **gauged,
    )


@named("embedding_space.sentence_space")
def sentence_space(*, loaded: LoadedModel, text: str = "") -> Sentences:
    """Sentences and their translations as unit vectors: cosine of each two, and the place of the true partner.

    Text: one pair per line, "|" or a tab between the two; "# name" starts a topic; ≤ 200 pairs; without text the
    bundled pairs. Vectors as in `sentence_vectors`. Rank: 1 + number of candidates with a larger cosine.
    Errors: BadPair, NoTokens, TextTooLong, TooManyRows, TooFewPoints.

    >>> float((sentence_space(loaded=e5).rank_first == 1).mean()) > 0.97  # doctest: +SKIP
    True
    """
    topics, first, second = _pairs(text if text.strip() else pairs_text())
    for side in (first, second):
        unknown(loaded, side)
    vectors = embedded(loaded, (*first, *second))
    left, right = vectors[: len(first)], vectors[len(first) :]
    cosine = np.clip(left @ right.T, -1.0, 1.0)
    true = np.diag(cosine)
    apart = np.concatenate([left - left.mean(0), right - right.mean(0)])
    places, shares = zip(_plane(vectors), _plane(apart), strict=True)
    return Sentences(
        model=loaded.spec.id,
        first=first,
        second=second,
        groups=topics,
        similarity=_floats(cosine),
        rank_first=_whole(1 + (cosine > true[:, None]).sum(1)),
        rank_second=_whole(1 + (cosine > true[None, :]).sum(0)),
        positions=_floats(np.stack(places)),
        explained=_floats(np.stack(shares)),
        partner=float(true.mean()),
        other=float(cosine[~np.eye(len(true), dtype=bool)].mean()),
    )


@named("embedding_space.anisotropy")
def anisotropy(*, loaded: LoadedModel, text: str = "", seed: int = 0) -> Anisotropy:
    """Mean cosine of tokens from different sentences, layer by layer, before and after the mean is taken away.

    In an isotropic space it is 0 (Ethayarajh 2019, §4.1). All pairs of up to 400 randomly drawn tokens are compared;
    special tokens, and in a decoder each line's first token, are left out: their vectors are unlike all others.
    Text: one sentence per line, ≤ 64 lines of 64 tokens; without text bundled English sentences.
    Errors: NoTokens, TextTooLong, TooManyRows, TooFewPoints.
    """
    read = _lines(text if text.strip() else single_text("en"), MOST_SENTENCES)
    unknown(loaded, [line for _, line in read])
    encoded = [encode(loaded, line)[0] for _, line in read]
    vectors, line_of, skipped = _sampled(loaded, encoded, seed)
    apart = np.triu(line_of[:, None] != line_of[None, :])
    if not apart.any():
        raise TooFewPoints(count=len(read), least=2)
    found = [_narrowness(layer.astype(np.float64), apart) for layer in vectors]
    columns = {name: _floats(np.stack([row[name] for row in found], axis=-1)) for name in found[0]}
    return Anisotropy(
        model=loaded.spec.id,
        sentences=len(read),
        tokens=len(line_of),
        pairs=int(apart.sum()),
        cosine=columns["cosine"],
        spread=_floats(columns["spread"].swapaxes(1, 2)),
        histogram=_floats(columns["histogram"].swapaxes(1, 2)),
        shares=_floats(columns["shares"].swapaxes(1, 2)),
        effective=columns["effective"],
        top_dimension=columns["top_dimension"],
        width=vectors.shape[-1],
        skipped=skipped,
    )


# --- reading a text -------------------------------------------------------------------------------


def _lines(text: str, limit: int, *, blank: bool = False) -> list[tuple[str, str]]:
    """(group, line) of each line that says something; ``blank``: without "# name" a blank line starts a group."""
    clean = text.encode("utf-8", "replace").decode("utf-8")  # a lone surrogate is no text
    rows = [row.strip() for row in clean.splitlines()]
    named = any(_is_name(row) for row in rows)
    group, number, found = "", 1, list[tuple[str, str]]()
    for row in rows:
        if _is_name(row):
            group = row.lstrip("#＃").strip()
        elif row:
            found.append((group if named or not blank else str(number), row))
        elif found and blank and not named and found[-1][0] == str(number):
            number += 1
    if not found:
        raise TextEmpty
    if len(found) > limit:
        raise TooManyRows(count=len(found), limit=limit)
    return found


def _is_name(row: str) -> bool:
    """Whether a line names a group: as in Markdown a blank stands behind the sign ("#hashtag" is text)."""
    return bool(regex.match(r"[#＃]+\s+\S", row))


def unused_names(text: str) -> tuple[str, ...]:
    r"""The names ("# name") under which no line stands.

    >>> unused_names("# animals\nA cat.\n# people")
    ('people',)
    """
    rows = [row.strip() for row in text.splitlines() if row.strip()]
    followed = zip(rows, [*rows[1:], "# end"], strict=True)
    return tuple(row.lstrip("#＃").strip() for row, after in followed if _is_name(row) and _is_name(after))


def _pairs(text: str) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Topics, left sides and right sides."""
    found: list[tuple[str, str, str]] = []
    for number, (topic, line) in enumerate(_lines(text, MOST_LINES // 2), 1):
        sides = [side.strip() for side in regex.split(r"[|｜\t]", line, maxsplit=1)]
        if len(sides) != 2 or not all(sides):
            raise BadPair(line=number)
        found.append((topic, sides[0], sides[1]))
    if len(found) < LEAST:
        raise TooFewPoints(count=len(found), least=LEAST)
    topics, first, second = zip(*found, strict=True)
    return topics, first, second


def _scripts(words: Sequence[str]) -> tuple[str, ...]:
    """Groups "han" (a Chinese character is in it) and "latin"; "" for all when there is only one of these kinds."""
    found = tuple("han" if has_han(word) else "latin" for word in words)
    return found if len(set(found)) > 1 else ("",) * len(found)


def _input_table(loaded: LoadedModel) -> nn.Embedding:
    """The table of input embeddings, [vocabulary, d_model]."""
    return cast("nn.Embedding", network(loaded).get_input_embeddings())


def _whole_words(loaded: LoadedModel) -> Iterator[tuple[int, str]]:
    """(id, word) of the vocabulary's entries that are a word by themselves, in the vocabulary's order."""
    size = min(len(loaded.tokenizer), _input_table(loaded).num_embeddings)
    spaced: bool | None = None
    for start in range(0, size, _PIECES):
        ids = range(start, min(start + _PIECES, size))
        tokens = label_tokens(loaded.tokenizer, ids)
        texts = _spelled(tokens)
        if spaced is None:
            spaced = any(len(text) > 1 and text[0] == " " for text in texts)
        for one, label, text in zip(ids, tokens.labels, texts, strict=True):
            word = text.strip()
            begins = text.startswith(" ") if spaced else not label.startswith("##")
            if (word and all(map(is_han, word))) or (begins and len(word) > 2 and word.isalpha()):
                yield one, word


def _spelled(tokens: Tokens) -> list[str]:
    """What each token says; "" for special tokens and for parts of a character."""
    texts = []
    for data, special in zip(tokens.bytes, tokens.special, strict=True):
        text = data.decode("utf-8", "replace")
        texts.append("" if special or "\ufffd" in text else text)
    return texts


# --- one word in its senses -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Use:
    """A word in a sentence."""

    group: str
    line: str
    span: tuple[int, int]
    ids: list[int]
    at: list[int]  # tokens that overlap the word
    pieces: str


def _use(loaded: LoadedModel, word: str, group: str, line: str) -> _Use | None:
    """Where the word stands in the line; None when it does not."""
    whole = (
        r"(?<!\w){}(?!\w)" if not regex.search(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]", word) else "{}"
    )
    match = regex.search(whole.format(regex.escape(word)), line, regex.IGNORECASE) if word else None
    if match is None:
        return None
    ids, offsets = encode(loaded, line)
    tokens = label_tokens(loaded.tokenizer, ids)
    at = [
        place
        for place, (start, end) in enumerate(offsets)
        if start < match.end()
        and end > match.start()
        and not tokens.special[place]
        and tokens.bytes[place].strip()
    ]
    pieces = "\u2009".join(tokens.labels[place] for place in at)
    return _Use(group, line, match.span(), ids, at, pieces) if at else None


def _usable(uses: Sequence[_Use], word: str, lines: int) -> tuple[list[str], list[_Use]]:
    """Names of the senses with enough sentences (at most MOST_SENSES), and their uses."""
    counts: dict[str, int] = {}
    for use in uses:
        counts[use.group] = counts.get(use.group, 0) + 1
    names = [name for name, count in counts.items() if count >= LEAST][:MOST_SENSES]
    if len(names) < 2:
        raise WordMissing(word=word) if 2 * len(uses) < lines or not word else TooFewSenses
    return names, [use for use in uses if use.group in names]


def _word_vectors(loaded: LoadedModel, uses: Sequence[_Use]) -> Array:
    """[layer + 1, sentence, d_model] mean over the word's tokens."""
    rows: list[Any] = [None] * len(uses)
    for at, states in passes(loaded, [use.ids for use in uses]):
        rows[at] = states[:, uses[at].at].mean(1)
    return np.stack(rows, axis=1)


def _gauged(vectors: Array, labels: Ints) -> dict[str, Any]:
    """Silhouette and accuracy of each layer, with 5th and 95th percentile over shuffled labels."""
    both = np.concatenate([labels[None], measures.shuffled(labels, 0)])
    cosine = [measures.cosines(layer) for layer in vectors]
    found: dict[str, Any] = {}
    for name, measure in (("silhouette", measures.silhouette), ("accuracy", measures.accuracy)):
        values = np.stack([measure(one, both) for one in cosine])
        found[name] = _floats(values[:, 0])
        found[f"chance_{name}"] = _floats(np.percentile(values[:, 1:], (5, 95), axis=1).T)
    return found


# --- the shape of a space -------------------------------------------------------------------------


def _plane(vectors: Array) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The first two principal components: positions [n, 2] and shares of variance [2]."""
    centred = vectors.astype(np.float64) - vectors.mean(0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    total = max(float((sizes**2).sum()), 1e-12)
    places: npt.NDArray[np.float64] = (left * sizes)[:, :2]
    signs = np.where(places[farthest(places), [0, 1]] < 0, -1.0, 1.0)
    return places * signs, sizes[:2] ** 2 / total


def _sampled(loaded: LoadedModel, encoded: Sequence[list[int]], seed: int) -> tuple[Array, Ints, int]:
    """Vectors [layer + 1, token, d_model] of randomly drawn tokens, the line of each, and how many never could be."""
    causal = loaded.spec.kind == "decoder"
    places: list[tuple[int, int]] = []
    for line, ids in enumerate(encoded):
        special = label_tokens(loaded.tokenizer, ids).special
        places += [(line, at) for at in range(len(ids)) if not special[at] and not (causal and at == 0)]
    skipped = sum(map(len, encoded)) - len(places)
    if not places:
        raise TooFewPoints(count=0, least=2)
    config: Any = network(loaded).config
    layers = int(getattr(config, "num_hidden_layers", 0) or 12) + 1
    width = _input_table(loaded).embedding_dim
    count = min(MOST_COMPARED, max(64, MOST_NUMBERS // (layers * width)))
    drawn = np.sort(np.random.default_rng(seed).permutation(len(places))[:count])
    chosen = [places[at] for at in drawn]
    rows: dict[tuple[int, int], Array] = {}
    for line, states in passes(loaded, encoded):
        rows |= {(line, at): states[:, at].copy() for owner, at in chosen if owner == line}
    vectors = np.stack([rows[place] for place in chosen], axis=1)
    return vectors, np.array([line for line, _ in chosen], np.int32), skipped


def _narrowness(vectors: npt.NDArray[np.float64], apart: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """The numbers of one layer, [token, d_model], each [kind, …]."""
    found: dict[str, list[Any]] = {"cosine": [], "spread": [], "histogram": [], "shares": [], "effective": []}
    for given in (vectors, vectors - vectors.mean(0)):
        cosine = measures.cosines(given)[apart]
        sizes = np.linalg.eigvalsh(given @ given.T if len(given) < given.shape[1] else given.T @ given)[::-1]
        sizes = np.maximum(sizes, 0.0)
        total = max(float(sizes.sum()), 1e-12)
        found["cosine"].append(cosine.mean())
        found["spread"].append(np.percentile(cosine, (5, 95)))
        found["histogram"].append(np.histogram(cosine, BINS, (-1.0, 1.0))[0] / len(cosine))
        found["shares"].append(np.pad(sizes[:COMPONENTS] / total, (0, max(0, COMPONENTS - len(sizes)))))
        found["effective"].append(total**2 / max(float((sizes**2).sum()), 1e-12))
    squares = (vectors**2).sum(0)
    numbers: dict[str, Any] = {name: np.array(values) for name, values in found.items()}
    return numbers | {"top_dimension": squares.max() / max(float(squares.sum()), 1e-12)}


def _floats(values: npt.ArrayLike) -> Array:
    return read_only(np.array(values, np.float32))


def _whole(values: npt.ArrayLike) -> Ints:
    return read_only(np.array(values, np.int32))
