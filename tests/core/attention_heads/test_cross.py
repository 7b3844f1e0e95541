"""Greedy writing against transformers' own, cross-attention against the model's, and what the experiment says."""

from __future__ import annotations

from functools import cache
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
import torch

from core import catalog
from core.calls import complete, plan
from core.catalog import LANGUAGES, Language
from core.catalog.attention_heads import TRANSLATOR
from core.compute.attention_heads import cross
from core.compute.attention_heads.cross import MOST_SOURCE, Translation, notice, translate
from core.errors import NeedsEncoderDecoder, TextEmpty, TextTooLong
from core.figures.attention_heads import parts as head_parts
from core.figures.buffer import unpack
from core.models.load.loading import load
from core.models.load.residency import LoadedModel
from core.models.read.layouts import network
from tests.core.tiny import SAMPLE, tiny

SEQ2SEQ = ("t5", "marian")
ENOUGH = 20


@cache
def written(name: str) -> Translation:
    """What a tiny model writes for the sample, ``ENOUGH`` tokens at most: each is written like the one before it."""
    with patch.object(cross, "MOST_WRITTEN", ENOUGH):
        return translate(loaded=tiny(name), source=SAMPLE)


def generated(loaded: LoadedModel, ids: tuple[int, ...]) -> list[int]:
    model: Any = loaded.model
    longest = ENOUGH + 1  # Marian is made to end at its last step
    out = model.generate(
        torch.tensor([ids]), do_sample=False, num_beams=1, max_new_tokens=longest, use_cache=False
    )
    return [int(one) for one in out[0][1:]]


@pytest.mark.parametrize("name", SEQ2SEQ)
def test_writing_is_transformers_greedy_generation(name: str) -> None:
    loaded = tiny(name)
    found = written(name)
    expected = generated(loaded, found.source.ids)
    assert list(found.written.ids) == expected[: len(found.written)]
    assert found.ended == (found.written.ids[-1] == network(loaded).config.eos_token_id)
    assert len(found.written) <= ENOUGH


@pytest.mark.parametrize("name", SEQ2SEQ)
def test_rows_are_the_model_s_own_cross_attention(name: str) -> None:
    loaded = tiny(name)
    found = written(name)
    model: Any = loaded.model
    read = [model.config.decoder_start_token_id, *found.written.ids[:-1]]
    with torch.inference_mode():
        output = model(
            input_ids=torch.tensor([found.source.ids]),
            decoder_input_ids=torch.tensor([read]),
            output_attentions=True,
        )
    theirs = np.stack([layer[0].numpy() for layer in output.cross_attentions])
    np.testing.assert_allclose(found.attention, theirs, atol=1e-5)
    np.testing.assert_allclose(found.attention.sum(-1), 1, atol=1e-5)
    chances = output.logits[0].softmax(-1).numpy()
    picked = [chances[at, token] for at, token in enumerate(found.written.ids)]
    np.testing.assert_allclose(found.probability, picked, atol=1e-5)


def test_other_models_and_other_texts_are_refused() -> None:
    with pytest.raises(NeedsEncoderDecoder):
        translate(loaded=tiny("gpt2"), source=SAMPLE)
    with pytest.raises(TextEmpty):
        translate(loaded=tiny("t5"), source=" ")
    with pytest.raises(TextTooLong) as error:
        translate(loaded=tiny("t5"), source="the cat " * 80)
    assert int(str(error.value.values["limit"])) <= MOST_SOURCE


def test_the_message_holds_the_exact_weights() -> None:
    found = written("t5")
    seen = notice(found)
    assert found.written.labels[seen.step] == seen.written
    message = head_parts.cross_payload(found, {}, {"version": 0}, "en", [seen.layer, seen.head, seen.step])
    meta, arrays = unpack(message)
    np.testing.assert_array_equal(arrays["attention"], found.attention)
    assert len(meta["written"]["labels"]) == len(found.written)
    assert len(message) < 1_000_000
    columns, rows = head_parts.cross_table(found)
    assert all(len(row) == len(columns) for row in rows)


@pytest.mark.parametrize("language", LANGUAGES)
def test_while_it_writes_the_month_it_looks_at_march(language: Language) -> None:
    """What the experiment says, of whichever head is the sharpest one."""
    page = catalog.find("attention_heads")
    state = next(q for q in page.questions if q.id == "month").reveal.values(language)
    found = next(plan(page.stem, complete(page, state))).bundled()  # compared with live elsewhere
    assert found is not None
    said = "".join(found.written.labels[:-1])
    assert said == "2024年3月5日星期二"
    assert found.ended
    at = int(str(state["writing"]))
    assert found.written.labels[at] == "月"
    seen = notice(found)
    row = found.attention[seen.layer, seen.head, at]
    assert "March" in found.source.labels[int(row.argmax())]
    assert row.max() > 0.5
    day = found.attention[seen.layer, seen.head, found.written.labels.index("二")]
    assert "Tuesday" in found.source.labels[int(day.argmax())]


def test_a_source_of_unknown_words_is_said_to_be_one() -> None:
    """A row of attention adds to 1, so its largest weight is at least one part in as many as there are tokens."""
    found = translate(loaded=load(TRANSLATOR), source="My cat is hungry")
    seen = notice(found)
    assert seen.unknown == seen.count == len(found.source) - 1
    assert seen.source == "<unk>"
    np.testing.assert_allclose(found.attention.sum(-1), 1, atol=1e-5)
    known = found.attention[..., [at for at, id in enumerate(found.source.ids) if id == 3]]
    assert seen.sure == pytest.approx(known[seen.layer, seen.head, :-1].max(-1).mean(), abs=1e-6)
    assert seen.sure > 0
    some = notice(translate(loaded=load(TRANSLATOR), source="March 5, 2024 hungry"))
    assert 0 < some.unknown < some.count
    date = translate(loaded=load(TRANSLATOR), source="March 5, 2024")
    assert notice(date).unknown == 0


def test_it_translates_back() -> None:
    found = translate(loaded=load(TRANSLATOR), source="2024年3月5日星期二")
    assert "".join(found.written.labels[:-1]).replace("·", " ").strip() == "Tuesday, March 5, 2024"
