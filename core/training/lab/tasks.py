"""What the lab's models are trained on: texts that go on, and questions with one right answer.

Everything is finite and lies in a fixed order; an epoch is one pass, shuffled by seed and number of the epoch. So what
a step is trained on follows from its number alone.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
import numpy.typing as npt

from core.data.classic_corpora import read
from core.data.lab_recipe import EXAMPLES, Recipe
from core.data.lab_tokens import PAD, UNKNOWN, Vocabulary, bpe, characters
from core.errors import TextTooShort
from core.training import dates

Ids = npt.NDArray[np.int64]

OUT = 10
"""One question in so many is held out, by its checksum."""
LETTERS = "abcdefghij"
LONG = (1, 10)
"""Letters of a word that is to be copied or reversed."""
WORDS, DAYS = 8000, 8000
"""So many questions of letters and of dates; of the sums there are all."""
MOST = 99
"""Largest number that is added."""
ASKED, KEPT, WINDOWS = 12, 256, 32
"""Questions that are answered at each checkpoint, and on which the held-out loss is measured; windows of a text."""
SHOWN = 24
"""Most tokens of the text whose attention is kept."""
COUPLET = 12
"""Characters of a couplet with its two signs."""
SIGN = re.compile("[=<>→]")
"""Ends a question."""
FORM = re.compile(r"(?:[\u4e00-\u9fff]{5}，[\u4e00-\u9fff]{5}。){2}")
WORD = re.compile(r"[A-Za-z']+|[\u4e00-\u9fff]{2}")
LEAST = 4
"""Fewest sequences to train on."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Sequences: of a table, or windows of one text."""

    ids: Ids  # [sequence, token], padded; or [token]
    first: Ids  # [sequence] the first token that is asked for; empty for a text
    length: int  # tokens of a sequence, the first of which is read only

    def __len__(self) -> int:
        return len(self.ids) if self.ids.ndim == 2 else max(1, (len(self.ids) - 1) // (self.length - 1))

    def take(self, which: Ids, shift: int = 0) -> tuple[Ids, npt.NDArray[np.bool_]]:
        """Sequences, [sequence, token], and which tokens are asked for; ``shift`` moves the windows of a text."""
        if self.ids.ndim == 2:
            found = self.ids[which]
            asked = np.arange(self.length) >= self.first[which, None]
        else:
            starts = (which * (self.length - 1) + shift) % (len(self.ids) - self.length + 1)
            found = self.ids[starts[:, None] + np.arange(self.length)]
            asked = np.broadcast_to(np.arange(self.length) > 0, found.shape)
        return found, asked & (found != PAD) & (found != UNKNOWN)


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be learned."""

    vocabulary: Vocabulary
    train: Rows
    held_out: Rows
    questions: tuple[str, ...]  # held-out questions, or beginnings of texts
    answers: tuple[str, ...]  # the right ones; () for texts
    shown: tuple[int, ...]  # the text whose attention is kept
    known: frozenset[str]  # words of the text that is trained on


def make(recipe: Recipe) -> Task:
    """The task of a recipe.

    Errors: of an own text TextEmpty, BinaryText, and TextTooShort, also for so long a context.
    """
    if recipe.task in EXAMPLES or recipe.task == "poems":
        train, held_out = _poems() if recipe.task == "poems" else questions(recipe.task)
        train = _part(train, recipe.part)
        return _of_lines(recipe, train, held_out)
    found = read(recipe.text if recipe.task == "own" else "english")
    train, held_out = list(found.train), list(found.held_out)
    return _of_text(recipe, "\n".join(train), "\n".join(held_out))


def _part(lines: list[str], part: float) -> list[str]:
    """A part of the lines, evenly from all of them, in their order."""
    count = max(LEAST, round(part * len(lines)))
    return [lines[at] for at in np.linspace(0, len(lines) - 1, min(count, len(lines))).astype(int)]


def _vocabulary(recipe: Recipe, texts: Sequence[str]) -> Vocabulary:
    return characters(texts) if recipe.tokenizer == "characters" else bpe(texts)


# --- questions ------------------------------------------------------------------------------------


def questions(task: str) -> tuple[list[str], list[str]]:
    """What is trained on, in order, and what is held out: lines as ``12+34=46``."""
    if task == "several":
        parts = [questions(one) for one in ("addition", "copy", "reverse")]
        return [line for train, _ in parts for line in train], _mixed([kept for _, kept in parts])
    lines = {"addition": _sums, "reverse": _reversed, "copy": _copied, "dates": _dates}[task]()
    kept = [line for line in lines if _out(line)]
    return [line for line in lines if not _out(line)], [kept[at] for at in _order(len(kept), 1, 0)]


def _mixed(parts: Sequence[Sequence[str]]) -> list[str]:
    return [line for row in zip(*parts, strict=False) for line in row]


def _out(line: str) -> bool:
    return crc32(SIGN.split(line)[0].encode()) % OUT == 0


def _sums() -> list[str]:
    return [f"{a}+{b}={a + b}" for a in range(MOST + 1) for b in range(MOST + 1)]


def _words() -> list[str]:
    """Different words, the short ones first."""
    chance = np.random.default_rng(0)
    found: dict[str, None] = {}
    while len(found) < WORDS:
        count = int(chance.integers(LONG[0], LONG[1] + 1))
        found["".join(chance.choice(list(LETTERS), count))] = None
    return sorted(found, key=lambda word: (len(word), word))


def _reversed() -> list[str]:
    return [f"{word}<{word[::-1]}" for word in _words()]


def _copied() -> list[str]:
    return [f"{word}>{word}" for word in _words()]


def _dates() -> list[str]:
    """Days in order, each in one of the English forms, and as it is written in Chinese."""
    chance = np.random.default_rng(0)
    days = np.unique(chance.integers(dates.FIRST.toordinal(), dates.LAST.toordinal() + 1, DAYS))
    lines = []
    for number in days:
        day, form = datetime.date.fromordinal(int(number)), dates.FORMS[int(chance.integers(3))]
        said = dates.english_date(day, weekday=False, form=form)
        lines.append(f"{said}→{dates.chinese_date(day, weekday=False)}")
    return lines


def _poems() -> tuple[list[str], list[str]]:
    """Two couplets of five characters a line, as one line each: quatrains, and the halves of longer poems."""
    found = read("tang")
    train, held_out = (
        [half for text in part for half in _halves(text)] for part in (found.train, found.held_out)
    )
    return train, held_out


def _halves(text: str) -> list[str]:
    lines = text.splitlines()
    if any(len(line) != COUPLET for line in lines):
        return []
    return ["".join(pair) for pair in zip(lines[::2], lines[1::2], strict=False)]


def _of_lines(recipe: Recipe, train: list[str], held_out: list[str]) -> Task:
    vocabulary = _vocabulary(recipe, [f"{line}\n" for line in train])
    poems = recipe.task == "poems"
    asked = held_out[:ASKED]
    cut = [line[:5] if poems else SIGN.split(line)[0] + SIGN.findall(line)[0] for line in asked]
    answers = () if poems else tuple(line[len(part) :] for line, part in zip(asked, cut, strict=True))
    rows = _rows(vocabulary, train, recipe.context, poems=poems)
    return Task(
        vocabulary, rows, _rows(vocabulary, held_out[:KEPT], recipe.context, poems=poems), tuple(cut), answers,
        tuple(vocabulary.encode(asked[0])[:SHOWN]), frozenset(),
    )  # fmt: skip


def _rows(vocabulary: Vocabulary, lines: Sequence[str], context: int, *, poems: bool) -> Rows:
    """Lines between two ends, as far as the context goes; asked for is what follows the question."""
    ends = vocabulary.encode("\n") or [UNKNOWN]
    coded = [[*ends, *vocabulary.encode(line), *ends] for line in lines]
    length = min(context + 1, max(map(len, coded)))
    ids = np.full((len(coded), length), PAD, np.int64)
    first = np.ones(len(coded), np.int64)
    for at, (row, line) in enumerate(zip(coded, lines, strict=True)):
        ids[at, : min(length, len(row))] = row[:length]
        if not poems:
            question = SIGN.split(line)[0] + SIGN.findall(line)[0]
            first[at] = min(length - 1, len(vocabulary.encode(question)) + len(ends))
    return Rows(ids, first, length)


# --- texts ----------------------------------------------------------------------------------------


def _of_text(recipe: Recipe, train: str, held_out: str) -> Task:
    train = train[: max(1, round(recipe.part * len(train)))]
    vocabulary = _vocabulary(recipe, [train])
    ids, kept = (np.array(vocabulary.encode(part), np.int64) for part in (train, held_out))
    least = LEAST * (recipe.context + 1)
    if len(ids) < least or len(kept) < 2:
        raise TextTooShort(count=len(train), least=max(least, 2 * len(train)), unit="characters")
    length = min(recipe.context + 1, len(kept))
    spread = np.linspace(0, len(kept) - length, WINDOWS).astype(int)
    windows = Rows(kept[np.unique(spread)[:, None] + np.arange(length)], np.ones(WINDOWS, np.int64), length)
    starts = [held_out[at : at + 24] for at in (0, len(held_out) // 2)]
    return Task(
        vocabulary, Rows(ids, np.empty(0, np.int64), recipe.context + 1), windows, tuple(starts), (),
        tuple(int(one) for one in kept[:SHOWN]), frozenset(WORD.findall(train)),
    )  # fmt: skip


# --- the order of an epoch ------------------------------------------------------------------------


def _order(count: int, seed: int, epoch: int) -> Ids:
    return np.random.default_rng((seed, epoch)).permutation(count).astype(np.int64)


def step_rows(rows: Rows, recipe: Recipe, step: int) -> tuple[Ids, npt.NDArray[np.bool_]]:
    """The sequences of a step (from 0) and which of their tokens are asked for; the last one of an epoch is shorter."""
    together = recipe.batch * recipe.accumulation
    each = -(-len(rows) // together)
    epoch, at = divmod(step, each)
    ordered = recipe.fault == "order"
    order = np.arange(len(rows)) if ordered else _order(len(rows), recipe.seed, epoch)
    shift = 0 if ordered else int(np.random.default_rng((recipe.seed, epoch, 1)).integers(0, rows.length))
    return rows.take(order[at * together : (at + 1) * together], shift)


def right_form(text: str) -> bool:
    """Whether a text is two couplets of five characters a line.

    >>> right_form("白日依山尽，黄河入海流。欲穷千里目，更上一层楼。"), right_form("白日依山尽。")
    (True, False)
    """
    return FORM.fullmatch(text) is not None
