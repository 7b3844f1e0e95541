"""The canvases of training: what the browser cuts after n steps is what the library cuts with n steps."""

from __future__ import annotations

import base64
from collections import Counter
from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer, models

from core.calls import call
from core.catalog.token_splits import ALGORITHMS
from core.compute.token_splits import training as token_training
from core.compute.token_splits.corpus import words_of
from core.compute.token_splits.training import UNKNOWN, Merge, Training, curve, train
from core.figures.buffer import unpack
from core.figures.token_splits import training as figures
from pages.kit.text import Words, table
from tests.core.token_splits import trained
from tests.node import in_node

TEXTS = (
    "Call me Ishmael. Some years ago - never mind how long_precisely!",
    "无人知是荔枝来，明月何时照我还？ mixed 文字 27 ½ x² Ⅷ",
    "naïve café e\u0301tude 😀 \u00a0\u3000 tabs\tand\nlines  #hash __init__",
    "supercalifragilisticexpialidocioussupercalifragilisticexpialidocious aaaaaaaaa",
)


def browser_cuts(found: Training, steps: list[int], texts: tuple[str, ...] = TEXTS) -> Any:
    message = figures.scrub_payload(found, {}, {}, language="en", caption="")
    asked = {"payload": base64.b64encode(message).decode(), "steps": steps, "texts": texts}
    return in_node('import { main } from "./tests/js/token_splits/scrub_cuts.mjs";', asked)


def library(found: Training, step: int) -> Tokenizer:
    """The library's own tokenizer that knows only the first steps."""
    order = figures.steps_of(found)
    late = {int(id) for id in order[step:]} - {int(id) for id in order[:step]}
    if found.algorithm == "bpe":
        ids = {piece: id for id, piece in enumerate(found.pieces)}
        pairs = [(merge.left, merge.right) for merge in found.merges[:step]]
        return Tokenizer(models.BPE(ids, pairs, unk_token=UNKNOWN))
    kept = [id for id in range(len(found.pieces)) if id not in late]
    if found.algorithm == "wordpiece":
        ids = {found.pieces[id]: id for id in kept}
        return Tokenizer(models.WordPiece(ids, unk_token=UNKNOWN, max_input_chars_per_word=32))
    # the scores of absent pieces still set how improbable an unknown character is: a piece that no text holds
    pieces = [(found.pieces[id], float(found.scores[id])) for id in kept]
    return Tokenizer(models.Unigram([*pieces, ("\ue000" * 20, float(found.scores.min()))], unk_id=0))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_browser_cuts_as_the_library_does_after_every_step(algorithm: str) -> None:
    found = trained.vocabulary(algorithm)
    steps = [0, 1, 2, 10, 57, 200, 8000]
    made = browser_cuts(found, steps)
    assert made["total"] == len(figures.steps_of(found)) > 200
    for text, out in zip(TEXTS, made["out"], strict=True):
        assert out["words"] == words_of(" ".join(text.split()), algorithm)
        for step, cuts, count in zip(steps, out["cuts"], out["counts"], strict=True):
            engine = library(found, min(step, made["total"]))
            expected = [engine.encode(word) for word in out["words"]]
            assert count == sum(len(one.ids) for one in expected)
            for word, parts, one in zip(out["words"], cuts, expected, strict=True):
                assert "".join(text for _, text in parts) == word
                spans = [word[start:end] for start, end in one.offsets]
                lost = [id == engine.token_to_id(UNKNOWN) for id in one.ids]
                assert [text for _, text in parts] == spans, (word, step)
                assert [id < 0 for id, _ in parts] == lost


def test_sennrichs_example_by_hand() -> None:
    """Low 5 times, lower 2, newest 6, widest 3 (Sennrich et al. 2016, §3.2): es 9, est 9, lo 7, low 7, then newest."""
    words = Counter({"low": 5, "lower": 2, "newest": 6, "widest": 3})
    engine = token_training.trained("bpe", words, 64)
    merges, length = token_training.replay(engine, words)
    assert [(merge.new, merge.count) for merge in merges[:4]] == [
        ("es", 9),
        ("est", 9),
        ("lo", 7),
        ("low", 7),
    ]
    assert [merge.count for merge in merges[4:8]] == [6, 6, 6, 3]  # n·e·w·est, in whichever order
    assert "newest" in [merge.new for merge in merges[4:8]]
    pieces = tuple(one for one, _ in sorted(engine.get_vocab().items(), key=lambda item: item[1]))
    blank = train(algorithm="bpe", corpus="low lower " * 40, size=64)
    found = Training(**{
        **{name: getattr(blank, name) for name in Training.__dataclass_fields__},
        "pieces": pieces, "labels": pieces, "merges": merges, "length": length,
    })  # fmt: skip
    made = browser_cuts(found, [0, 1, 2, 4, 6], ("lowest",))["out"][0]
    # the space before the word is no part of this alphabet
    shown = [[text for _, text in cut[0]] for cut in made["cuts"]]
    assert shown == [
        ["▁", "l", "o", "w", "e", "s", "t"],
        ["▁", "l", "o", "w", "es", "t"],
        ["▁", "l", "o", "w", "est"],
        ["▁", "low", "est"],
        ["▁", "low", "est"],
    ]
    assert made["counts"] == [7, 6, 5, 3, 3]


def test_messages_hold_the_result() -> None:
    found = train(algorithm="bpe", corpus="chinese", size=400)
    words = Words("zh", "token_splits").sub("scrub")
    meta, arrays = unpack(figures.scrub_payload(found, words, {"step": 3}, language="zh", caption="c"))
    assert meta["state"] == {"text": "", "step": 3, "version": 0}
    for at, merge in enumerate(found.merges):
        left, right, new = (meta["pieces"][arrays[name][at]] for name in ("left", "right", "order"))
        assert Merge(left, right, new, int(arrays["count"][at])) == merge
    np.testing.assert_array_equal(arrays["length"], found.length)
    with pytest.raises(ValueError, match="state"):
        figures.scrub_payload(found, words, {"other": 1}, language="zh", caption="")
    header, rows = figures.step_table(found)
    assert {len(row) for row in rows} == {len(header)}


def test_the_curve_s_table() -> None:
    found = trained.sizes("wordpiece")
    rows = list(figures.curve_rows(found, 64))
    assert [row[3] for row in rows] == [size * 64 for size in found.sizes.tolist()]


def test_progress_is_told() -> None:
    told: list[tuple[str, float]] = []
    curve(algorithm="bpe", corpus="chinese", progress=lambda stage, done: told.append((stage, done)))
    train(
        algorithm="bpe", corpus="chinese", size=300, progress=lambda stage, done: told.append((stage, done))
    )
    assert {stage for stage, _ in told} == {"sizes", "training"}
    for stage in ("sizes", "training"):
        done = [share for name, share in told if name == stage]
        assert done == sorted(done)
        assert 0 <= done[0] < done[-1] < 1
    assert {stage for stage, _ in told} <= set(table("en", "token_splits")["progress"])


def test_twice_as_many_pieces_save_about_a_tenth() -> None:
    """What the experiment "doubling" says of the curve that it shows."""
    found = call(curve, algorithm="bpe", corpus="english").bundled()
    assert found is not None
    length = dict(zip(found.sizes.tolist(), found.length.tolist(), strict=True))
    assert 0.07 < 1 - length[6400] / length[3200] < 0.13
    assert 0.07 < 1 - length[3200] / length[1600] < 0.13
