"""The masking rule: its statistics beside transformers' collator, the same draws in JavaScript, closed forms."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import DataCollatorForLanguageModeling

from core import errors
from core.catalog import LANGUAGES, find
from core.catalog.masked_words import ENCODER, RULE_ZH
from core.compute.masked_words import rule as compute
from core.models.load.loading import load
from core.paths import COMPONENTS
from tests.core.masked_words import masking
from tests.core.masked_words.test_gaps import tokenizer

DRAWS = COMPONENTS / "masked_words" / "mask_rule" / "draws.js"
SPECIAL = np.asarray([True, *[False] * 30, True])


def mulberry32(state: int) -> float:
    """One number of the generator as it was published (Tommy Ettinger), in whole numbers of Python."""
    whole = 0xFFFFFFFF
    t = (state + 0x6D2B79F5) & whole
    t = ((t ^ (t >> 15)) * (t | 1)) & whole
    t ^= (t + (((t ^ (t >> 7)) * (t | 61)) & whole)) & whole
    return ((t ^ (t >> 14)) & whole) / 2**32


def test_numbers_are_those_of_mulberry32() -> None:
    for seed, roll in ((0, 0), (1, 5), (9999, 9999)):
        state = (seed * 0x9E3779B1 ^ (roll + 1) * 0x85EBCA6B) & 0xFFFFFFFF
        wanted = [mulberry32((state + at * 0x6D2B79F5) & 0xFFFFFFFF) for at in range(20)]
        np.testing.assert_array_equal(compute.uniform(seed, roll, 20), wanted)


def test_the_browser_draws_the_same(tmp_path: Path) -> None:
    (tmp_path / "draws.mjs").write_text(DRAWS.read_text("utf-8"), "utf-8")
    (tmp_path / "ask.mjs").write_text(
        """import * as rule from "./draws.mjs";
        const special = [1, ...Array(30).fill(0), 1];
        const draws = [[0, 0], [32, 0], [9999, 9999], [7, 123]].map(([seed, roll]) => {
          const { states, others } = rule.ruleDraw(special, seed, roll, 0.15);
          return [seed, roll, [...states], [...others]];
        });
        const counts = [900, 80, 12, 8];
        console.log(JSON.stringify({ draws, tally: rule.ruleTally(special, 3, 50, 0.3),
          chi: rule.ruleChiSquare(counts, 0.15),
          seen: rule.ruleSeen(special, 5, 0.15, 12, 4) }));""",
        "utf-8",
    )
    done = subprocess.run(["node", "ask.mjs"], cwd=tmp_path, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    for seed, roll, states, others in found["draws"]:
        ours = compute.draw(SPECIAL, seed, roll)
        assert states == ours[0].tolist()
        np.testing.assert_allclose(others, ours[1], rtol=0, atol=0)
    assert found["tally"] == masking.tally(SPECIAL, 3, 50, 0.3).tolist()
    assert (found["chi"]["x"], found["chi"]["p"]) == pytest.approx(
        masking.chi_square([900, 80, 12, 8]), abs=1e-6
    )
    np.testing.assert_allclose(found["seen"], compute.seen(SPECIAL, 5, 0.15, 12, 4), atol=1e-6)


@pytest.mark.parametrize("x", [0.01, 0.5, 2.366, 7.815, 40.0])
def test_chi_square_has_its_tail(x: float) -> None:
    """Counts made to have χ² = x; its tail is torch's regularized upper incomplete gamma function."""
    wanted = masking.expected() * 1e6
    off = np.sqrt(x / (1 / wanted[0] + 1 / wanted[1]))
    found = masking.chi_square(wanted + np.asarray([off, -off, 0, 0]))
    assert found[0] == pytest.approx(x)
    tail = torch.special.gammaincc(*(torch.tensor(one, dtype=torch.float64) for one in (1.5, x / 2)))
    assert found[1] == pytest.approx(float(tail), rel=1e-9)


@pytest.mark.parametrize("share", [0.15, 0.4])
def test_statistics_equal_transformers_collator(share: float) -> None:
    """Both sets of counts fit the rule, and each other."""
    torch.manual_seed(0)
    line = "The cat sat on the mat and the quick brown fox jumps over the lazy dog"
    text = tokenizer()(line, return_special_tokens_mask=True)
    special = np.asarray(text["special_tokens_mask"], bool)
    ids = torch.tensor(text["input_ids"])
    collator = DataCollatorForLanguageModeling(tokenizer=tokenizer(), mlm=True, mlm_probability=share)
    rolls = 4000
    batch = collator([{"input_ids": ids, "special_tokens_mask": torch.tensor(special)} for _ in range(rolls)])
    given, labels = batch["input_ids"].numpy(), batch["labels"].numpy()
    chosen, masked, same = labels != -100, given == tokenizer().mask_token_id, given == ids.numpy()
    assert not chosen[:, special].any()
    free = ~special
    theirs = [int((~chosen)[:, free].sum()), int((chosen & masked).sum()), int((chosen & ~masked & ~same).sum()),
              int((chosen & same).sum())]  # fmt: skip
    ours = masking.tally(special, 1, rolls, share)
    assert sum(theirs) == ours.sum()
    assert masking.chi_square(ours, share)[1] > 1e-3
    # of the random replacements one in len(vocabulary) is the token itself, or the mask: far below what is seen here
    lucky = share * 0.1 / len(tokenizer()) * sum(theirs)
    assert (
        masking.chi_square([theirs[0], theirs[1] - lucky, theirs[2] + 2 * lucky, theirs[3] - lucky], share)[1]
        > 1e-3
    )


def test_distinct_targets_follow_the_closed_form() -> None:
    special = np.zeros(400, bool)
    for copies in (1, 10, 40):
        mean = np.mean([compute.seen(special, seed, 0.15, 40, copies) for seed in range(20)], axis=0)
        np.testing.assert_allclose(mean, masking.foreseen(0.15, 40, copies), atol=0.02)
    assert masking.foreseen(0.15, 40, 40)[-1] == pytest.approx(0.998497, abs=1e-6)
    assert masking.foreseen(0.15, 40, 10)[-1] == pytest.approx(0.803, abs=1e-3)


@pytest.mark.parametrize("language", LANGUAGES)
def test_experiments_show_what_they_say(language: str) -> None:
    page, lang = find("masked_words"), "zh" if language == "zh" else "en"
    states = {question.id: dict(question.reveal.values(lang)) for question in page.questions}  # type: ignore[arg-type]
    kept = states["kept"]
    sheet = compute.sheet(loaded=load(str(kept["model"])), text=str(kept["text"]))
    special = np.asarray(sheet.tokens.special)
    seed = int(str(page.param("seed").default))
    counts = masking.tally(special, seed, int(str(kept["rolls"])))
    assert counts[3] / counts[1:].sum() == pytest.approx(0.1, abs=0.005)
    first = compute.draw(special, seed, 0)[0]
    assert {1, 2, 3} <= set(first.tolist())  # the roll that the page opens on shows all three
    assert compute.seen(special, seed, 0.15, 40, 1)[-1] == pytest.approx(0.17, abs=0.03)
    assert compute.seen(special, seed, 0.15, 40, 40)[-1] > 0.95


def test_a_sheet_of_any_tokenizer() -> None:
    found = compute.sheet(loaded=load(ENCODER), text=RULE_ZH)
    assert found.tokens.special[0]
    assert found.tokens.special[-1]
    assert len(found.others) == compute.SAMPLE
    played = compute.play(loaded=load(ENCODER), text=RULE_ZH, seed=32)
    pairs = zip(played.states, played.written, strict=True)
    assert all((state == compute.MASK) == (given == found.mask) for state, given in pairs)
    for text, error in (("", errors.TextEmpty), ("词" * 900, errors.TextTooLong)):
        with pytest.raises(error):
            compute.sheet(loaded=load(ENCODER), text=text)
