"""Our own bundled models do what their cards say: measured again here on what they have never seen."""

from __future__ import annotations

import functools
import io
import json
import re
from typing import Any

import numpy as np
import pytest
import torch

from core.data.position_runs import FOLDER
from core.errors import BadParameter
from core.models.load.loading import load
from core.models.load.manifest import Manifest, read_manifest
from core.models.load.residency import LoadedModel
from core.models.read.trace import make_trace
from core.paths import MODELS
from core.training import checkpoints, data, dates, folders, mini_bert, tiny_gpt

OURS = ("date-translator", "mini-bert", "tiny-gpt", "poem-gpt")
MOST = 60_000_000
"""Bytes of all our models together."""


@functools.cache
def manifest(id: str) -> Manifest:
    return read_manifest(id, FOLDER if id == "positions" else MODELS / id)


@functools.cache
def loaded(id: str) -> LoadedModel:
    return load(id)


def card(id: str) -> str:
    return manifest(id).read_bytes("README.md").decode()


def shares(id: str, row: str) -> list[float]:
    """The percentages of a row of a card's table, 0 … 1."""
    line = next(line for line in card(id).splitlines() if line.startswith(f"| {row}"))
    return [float(found) / 100 for found in re.findall(r"([\d.]+) %", line)]


@pytest.mark.parametrize("id", [*OURS, "positions"])
def test_every_file_is_the_one_that_was_made(id: str) -> None:
    folder = manifest(id).folder
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found == {*manifest(id).sha256, "manifest.json"}
    for name in manifest(id).sha256:
        assert manifest(id).read_bytes(name)


@pytest.mark.parametrize("id", [*OURS, "positions"])
def test_cards_name_sources_licence_command_and_limits(id: str) -> None:
    text = card(id)
    assert text.startswith("---\nlicense: apache-2.0\n")
    assert "python -m core.training" in text
    assert "## Known limits" in text
    assert "Apache-2.0" in text
    if id != "date-translator":
        assert "package `" in text


def test_all_together_are_small() -> None:
    paths = [path for id in (*OURS, "positions") for path in manifest(id).folder.rglob("*")]
    assert sum(path.stat().st_size for path in paths if path.is_file()) <= MOST


@pytest.mark.parametrize("id", OURS)
def test_they_load_and_give_a_trace(id: str) -> None:
    target = "2024年3月5日" if id == "date-translator" else ""
    text = "白日依山尽" if id == "poem-gpt" else "March 5, 2024"
    trace = make_trace(loaded(id), text, limit=64, target=target)
    np.testing.assert_allclose(trace.attention.sum(-1), 1, atol=1e-4)
    assert trace.logits is not None
    assert np.isfinite(trace.logits).all()
    assert (trace.cross_attention is not None) == (id == "date-translator")


# --- the translator -------------------------------------------------------------------------------


@pytest.mark.parametrize("direction", ["en-zh", "zh-en"])
def test_held_out_dates_and_numbers_are_translated_without_fault(direction: str) -> None:
    model: Any = loaded("date-translator").model
    examples = dates.held_out(direction, 250, seed=9)
    assert dates.exact(model, dates.tokenizer(), examples) >= 0.99


def test_the_translator_s_vocabulary_is_that_of_the_code() -> None:
    found = loaded("date-translator").tokenizer.backend_tokenizer
    assert json.loads(found.to_str())["model"] == json.loads(dates.tokenizer().to_str())["model"]


def test_some_head_looks_at_what_is_being_written() -> None:
    model: Any = loaded("date-translator").model
    found = dates.alignment(model, dates.tokenizer(), dates.held_out("en-zh", 80, seed=3))
    listed = card("date-translator")
    for part in found.parts:
        layer, head, share = found.best(part)
        row = next(line for line in listed.splitlines() if line.startswith(f"| {part} |"))
        said = float(row.split("|")[-2].strip(" %")) / 100
        assert share == pytest.approx(said, abs=0.1), (part, layer, head)
    assert max(found.best(part)[2] for part in found.parts) > 0.8


# --- the mini BERT --------------------------------------------------------------------------------


def sample() -> mini_bert.Masked:
    found = np.load(io.BytesIO(manifest("mini-bert").read_bytes("held-out.npz")))
    return mini_bert.Masked(*(found[name].astype(np.int64) for name in ("ids", "kinds", "labels", "follows")))


def test_masked_words_are_guessed_as_the_card_says_and_better_than_by_frequency() -> None:
    """On the bundled sample, to half a point; the baselines' numbers are those of the card."""
    found = mini_bert.quality(loaded("mini-bert").model, sample())
    told = shares("mini-bert", "this model")
    assert found.first == pytest.approx(told[0], abs=0.005)
    assert found.five == pytest.approx(told[1], abs=0.005)
    unigram = shares("mini-bert", "the most frequent pieces")
    assert found.first > unigram[0] + 0.02
    assert found.five > unigram[1] + 0.02
    said = json.loads(manifest("mini-bert").read_bytes("quality.json"))
    assert found.loss == pytest.approx(said["loss"], abs=0.02)
    assert said["baselines"]["unigram"] == pytest.approx(unigram, abs=0.001)


def test_what_stands_at_the_holes_is_known_by_frequency_as_the_card_says() -> None:
    """The unigram baseline counted again: its five pieces are the sample's own most frequent ones, or nearly."""
    asked = sample()
    wanted = asked.labels[asked.labels >= 0]
    counts = np.sort(np.bincount(wanted))[::-1] / len(wanted)
    first, five = shares("mini-bert", "the most frequent pieces")
    assert first <= counts[0] + 1e-3
    assert five <= counts[:5].sum() + 1e-3
    assert five > counts[:5].sum() - 0.03


def test_both_heads_of_the_mini_bert_are_there() -> None:
    one = loaded("mini-bert")
    given = one.tokenizer("The whale rose.", "It blew.", return_tensors="pt")
    with torch.inference_mode():
        found: Any = one.model(**given)
    assert found.seq_relationship_logits.shape == (1, 2)
    trace = make_trace(one, "The whale is a [MASK].", limit=32)
    assert trace.logits is not None
    assert trace.logits.shape == (len(trace.tokens), one.model.config.vocab_size)  # type: ignore[union-attr]


# --- the tiny GPT ---------------------------------------------------------------------------------


def test_the_card_says_whether_an_induction_head_formed() -> None:
    found = checkpoints.measured()
    assert len(found.steps) >= 20
    best = found.induction.max(axis=(1, 2))
    assert best[0] < 0.1
    formed = "An induction head formed" in card("tiny-gpt")
    assert formed == (best[-1] > 0.5)
    assert formed != ("No induction head formed" in card("tiny-gpt"))
    assert found.held_out[0] == pytest.approx(np.log(1024), abs=0.7)  # a fresh model knows nothing
    assert found.held_out[-1] < found.held_out[0] - 2


@pytest.mark.parametrize("place", [0, -1])
def test_a_checkpoint_scores_as_it_was_measured(place: int) -> None:
    found = checkpoints.measured()
    model: Any = checkpoints.at(found.steps[place]).model
    again = tiny_gpt.induction(model, found.probe)
    np.testing.assert_allclose(again, found.induction[place], atol=2e-3)


def test_the_last_checkpoint_is_the_model() -> None:
    last = dict(checkpoints.at(checkpoints.measured().steps[-1]).model.named_parameters())
    for name, one in loaded("tiny-gpt").model.named_parameters():
        assert torch.equal(one, last[name]), name
    with pytest.raises(BadParameter):
        checkpoints.at(7)


# --- poems ----------------------------------------------------------------------------------------


def test_poems_are_mostly_of_regular_form() -> None:
    one = loaded("poem-gpt")
    model: Any = one.model
    drawn = tiny_gpt.sample(model, one.tokenizer.backend_tokenizer, 24, temperature=0.8, seed=3)
    lines = [line for text in drawn for line in re.split(r"[，。\n]", text) if line]
    assert np.mean([len(line) in (5, 7) for line in lines]) > 0.9
    assert np.mean([bool(data.regular(text.split("\n"))) for text in drawn]) > 0.5


# --- positions ------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", tiny_gpt.SCHEMES)
def test_the_five_models_are_there_and_speak_english(scheme: str) -> None:
    from tokenizers import Tokenizer

    engine = Tokenizer.from_str(manifest("positions").read_bytes("tokenizer.json").decode())
    model = tiny_gpt.make(tiny_gpt.Shape(engine.get_vocab_size(), 64), scheme)
    folders.take(model, manifest("positions").read_bytes(f"{scheme}.safetensors"))
    text = "The Congress of the United States has made provision for the payment of the public debt, and the people "
    text += "of the several States will be called upon to consider the state of the Union and its foreign relations."
    ids = np.array([engine.encode(text).ids[:65]])
    mixed = np.random.default_rng(0).permutation(ids[0])[None]
    assert tiny_gpt.losses(model, ids).mean() < 4.8 < tiny_gpt.losses(model, mixed).mean()
