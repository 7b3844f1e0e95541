"""Tokenizing: 1 MB through every bundled tokenizer beside the bare library, keys that follow typing, and training.

Each pair is measured in one process, the two sides in turn; what others do on the machine then falls on both. The
times of single keys are processor time of the process, because a busy machine lengthens the clock's.
"""

from __future__ import annotations

import gzip
import random
import statistics
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from core.compute.token_splits.corpus import read_corpus
from core.compute.token_splits.costs import count, parallel_texts
from core.compute.token_splits.cut import split
from core.compute.token_splits.training import train
from core.models.tokens.vocabularies import (
    RESIDENT,
    VOCABULARIES,
    forget_vocabularies,
    load_vocabulary,
    resident_vocabularies,
)
from core.paths import ASSETS
from tests.bench.report import Line

if TYPE_CHECKING:
    from tokenizers import Tokenizer

ROUNDS = 3
BARE_BOUND = 1.5  # times the bare library
KEY_BOUND = 40.0  # milliseconds of 2,000 characters in four vocabularies
STALL_BOUND = 250.0  # milliseconds that another thread waits while a vocabulary is trained
KEYS = ("gpt2", "qwen", "bert", "xlm-r")
MEGABYTE = 1_000_000


def mixed_text() -> str:
    """1 MB of English, Chinese and 15 other languages."""
    parts = [read_corpus("english"), read_corpus("chinese"), *(text for _, text in parallel_texts().values())]
    joined = "\n".join(parts)
    return (joined * (1 + MEGABYTE // len(joined.encode()))).encode()[:MEGABYTE].decode("utf-8", "ignore")


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _bare(file: str) -> Tokenizer:
    from tokenizers import Tokenizer

    content = (ASSETS / file).read_bytes()
    return Tokenizer.from_buffer(gzip.decompress(content) if file.endswith(".gz") else content)


def _one(id: str, file: str, text: str) -> tuple[float, float, float, float]:
    """Seconds of the bare library to load and to encode, then ours."""
    load_bare, load = _seconds(lambda: _bare(file)), _seconds(lambda: load_vocabulary(id))
    engine, loaded = _bare(file), load_vocabulary(id)
    pairs = [
        (
            _seconds(lambda: engine.encode(text, add_special_tokens=False).ids),
            _seconds(lambda: count(loaded, text)),
        )
        for _ in range(ROUNDS)
    ]
    return load_bare, min(bare for bare, _ in pairs), load, min(mine for _, mine in pairs)


def _megabyte() -> list[Line]:
    """All bundled tokenizers one after the other, loading included and not."""
    text = mixed_text()
    rows, most = [], 0
    for one in (vocabulary for vocabulary in VOCABULARIES if vocabulary.file):
        rows.append(_one(one.id, one.file, text))
        most = max(most, len(resident_vocabularies()))
    forget_vocabularies()
    load_bare, bare, load, ours = (sum(column) for column in zip(*rows, strict=True))
    note = f"{ours:.1f} s against {bare:.1f} s; loading {load:.1f} s against {load_bare:.1f} s"
    return [
        Line("1 MB through all bundled tokenizers", ours / bare, BARE_BOUND, "times", note),
        Line("the same with loading", (load + ours) / (load_bare + bare), BARE_BOUND, "times"),
        Line("tokenizers resident at most", float(most), RESIDENT, "held"),
    ]


def _keys() -> list[Line]:
    """2,000 characters with one more at each key, in four vocabularies."""
    draw = random.Random(1)
    texts = {
        "mixed": ("The quick brown fox 狐狸跳过了懒狗。 12345 def f(x): naïve 龘 " * 50)[:2000],
        "rare Han": "".join(chr(draw.randrange(0x3400, 0x4DBF)) for _ in range(2000)),
        "emoji": ("👍 👍🏽 👩‍🚀 👨‍👩‍👧‍👦 🇨🇳 é" * 80)[:2000],
        "Hindi": ("नमस्ते दुनिया यह एक परीक्षण है " * 80)[:2000],
    }
    lines = []
    for name, text in texts.items():
        split(text=text, vocabularies=KEYS)
        times = []
        for key in range(9):
            start = time.thread_time()
            split(text=text + "abcdefghi"[: key + 1], vocabularies=KEYS)
            times.append(1000 * (time.thread_time() - start))
        lines.append(Line(f"a key after 2,000 characters: {name}", statistics.median(times), KEY_BOUND, "ms"))
    return lines


def _training() -> list[Line]:
    """How long another visitor's thread is kept waiting while 1 MB is learned."""
    return [_waits(algorithm, mixed_text()) for algorithm in ("bpe", "unigram")]


def _waits(algorithm: str, corpus: str) -> Line:
    worker = threading.Thread(target=train, kwargs={"algorithm": algorithm, "corpus": corpus, "size": 8000})
    waits = []
    start = time.perf_counter()
    worker.start()
    while worker.is_alive():
        before = time.perf_counter()
        time.sleep(0.01)
        waits.append(1000 * (time.perf_counter() - before - 0.01))
    spent = time.perf_counter() - start
    note = f"p99; longest {max(waits):.0f} ms, training took {spent:.1f} s"
    what = f"another thread's wait while {algorithm} learns 1 MB"
    return Line(what, sorted(waits)[int(0.99 * len(waits))], STALL_BOUND, "ms", note)


def measure() -> list[Line]:
    """Everything in this process."""
    return [*_megabyte(), *_keys(), *_training()]
