"""Search over what can be looked up, in both languages at once: by name, by everyday word, by what is said of it."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from core.scripts import HAN

NONE = (4, 0)
"""No hit."""
MOST_ALIKE = 40  # characters that are compared letter by letter
MOST_READ = 80  # characters of a query
NEAREST = 3  # entries that are offered where nothing matches
MOST_FOUND = 12  # entries that are shown
ALIKE = 0.5  # from which on two words are alike, 0..1
SHORT = 3  # letters from which on the beginning of a word finds it
_PIECES = re.compile(rf"[{HAN}]+|[^\W_{HAN}]+(?:[-'’‐‑][^\W_{HAN}]+)*")
_BRACKETS = re.compile(r"[（(][^（）()]*[）)]")
_ASKING = frozenset(
    "a an the of in on to is are be do does did how what why which who when where can i you it its this that and or"
    " with for from about explain mean means meaning work works use used define definition please tell me s".split()
)
"""Words of a question that say nothing of its subject."""
_ASKING_HAN = re.compile(
    "是什么意思|什么意思|是什么|什么是|什么叫|为什么会|为什么|怎么样|怎么|怎样|如何|请问|介绍|解释|一下|的意思|原理|有什么用|有哪些|[呢吗啊的]$"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """What can be found: its names, everyday words for it, and what is said of it, in any language."""

    names: tuple[str, ...]
    words: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hits:
    """The ids that were found, best first."""

    ids: Sequence[str]
    nearest: bool = False  # nothing matches: these are the most alike


def fold(text: str) -> str:
    """Text as it is compared: compatibility forms unified (full-width letters), case and accents gone.

    >>> fold("ＲｏＰＥ Café")
    'rope cafe'
    """
    wide = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in wide if not unicodedata.combining(c))


@functools.lru_cache(maxsize=4096)
def key(text: str) -> str:
    """Letters and digits alone, so that a hyphen more or less makes no difference.

    >>> key("t-SNE"), key("KV Cache")
    ('tsne', 'kvcache')
    """
    return "".join(c for c in fold(text) if c.isalnum())


@functools.lru_cache(maxsize=4096)
def pieces(text: str) -> tuple[str, ...]:
    """The words of a text, each run of Chinese characters as one; hyphens are dropped, and so is a plural's s.

    >>> pieces("t-SNE maps, 注意力 heads")
    ('tsne', 'map', '注意力', 'head')
    """
    return tuple(_singular(key(one)) for one in _PIECES.findall(fold(text)))


def _singular(word: str) -> str:
    plural = len(word) > SHORT and word.endswith("s") and not word.endswith(("ss", "us", "is"))
    return word[:-1] if plural else word


def asked(query: str) -> str:
    """A query without what makes it a question.

    >>> asked("What is a token?"), asked("什么是幻觉？")
    ('token', '幻觉')
    """
    found = _PIECES.findall(_ASKING_HAN.sub(" ", fold(query[:MOST_READ]).rstrip("?!. ")))
    kept = " ".join(one for one in found if one not in _ASKING)
    return kept or fold(query[:MOST_READ])


def search(*, query: str, entries: Mapping[str, Entry]) -> Hits:
    """What a visitor looks for: what is called so, then what says so, else what the query names, else the nearest.

    ``entries``: id → entry. An empty query finds everything, in order; no other finds nothing.
    """
    if not query.strip():
        return Hits(tuple(entries))
    bare = asked(query)
    words, whole = pieces(bare), key(bare)
    ranks = {id: _rank(entry, words, whole) for id, entry in entries.items()} if whole else {}
    if found := [id for id in ranks if ranks[id] < NONE]:
        return Hits(sorted(found, key=ranks.__getitem__)[:MOST_FOUND])
    if named := _named(words, entries):
        return Hits(named[:MOST_FOUND])
    return Hits(_alike(whole[:MOST_ALIKE], entries), nearest=True)


def _rank(entry: Entry, words: Sequence[str], whole: str) -> tuple[int, int]:
    """0: called so; 1: a name holds all words, the shorter the better; 2: its everyday words; 3: all that is said."""
    if _called(entry) & {whole, "".join(words)}:
        return 0, 0
    if lengths := [len(name) for name in entry.names if _hold((name,), words)]:
        return 1, min(lengths)
    told = entry.names + entry.words
    return (2, 0) if _hold(told, words) else (3, 0) if _hold(told + entry.lines, words) else NONE


@functools.lru_cache(maxsize=4096)
def _called(entry: Entry) -> frozenset[str]:
    """All forms of what an entry is called, its names without what stands in brackets, too."""
    names = (*entry.names, *entry.words, *(_BRACKETS.sub("", name) for name in entry.names))
    return frozenset(form for name in names for form in (key(name), "".join(pieces(name)))) - {""}


@functools.lru_cache(maxsize=4096)
def _read(texts: tuple[str, ...]) -> tuple[str, frozenset[str]]:
    """Texts folded, for Chinese words, and their other words."""
    latin = {one for text in texts for one in (*pieces(text), *re.split(r"[\W_]+", fold(text)))}
    return "\n".join(map(fold, texts)), frozenset(latin)


def _hold(texts: tuple[str, ...], words: Iterable[str]) -> bool:
    """Whether texts hold all words: a Chinese one anywhere, a short one whole, another as a beginning."""
    han, latin = _read(texts)

    def held(word: str) -> bool:
        if re.match(f"[{HAN}]", word):
            return word in han
        return word in latin if len(word) < SHORT else any(one.startswith(word) for one in latin)

    return all(held(word) for word in words)


def _named(words: Sequence[str], entries: Mapping[str, Entry]) -> list[str]:
    """The entries that a longer question names: by the longest name first."""
    text = f" {' '.join(words)} "
    found = []
    for place, (id, entry) in enumerate(entries.items()):
        forms = {" ".join(pieces(name)) for name in (*entry.names, *entry.words)} - {""}
        inside = [one for one in forms if (one if re.search(f"[{HAN}]", one) else f" {one} ") in text]
        if inside:
            found.append((-max(map(len, inside)), place, id))
    return [id for _, _, id in sorted(found)]


def _alike(whole: str, entries: Mapping[str, Entry]) -> list[str]:
    """The entries whose names are most alike, letter by letter."""
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(whole)

    def likeness(form: str) -> float:
        matcher.set_seq1(form)
        return matcher.ratio()

    def best(entry: Entry) -> float:
        return max(likeness(key(name)) for name in (*entry.names, *entry.words))

    likely = {id: found for id, entry in entries.items() if (found := best(entry)) >= ALIKE}
    return [*sorted(likely, key=lambda id: -likely[id]), *(id for id in entries if id not in likely)][
        :NEAREST
    ]
