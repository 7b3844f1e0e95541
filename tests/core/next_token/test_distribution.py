"""The next-token page's numbers against transformers, and its experiments on the real model."""

from __future__ import annotations

import functools
import math
import warnings
from typing import Any

import numpy as np
import pytest
import torch

from core import catalog
from core.catalog.next_token import STEPS
from core.compute.next_token import distribution as compute
from core.compute.next_token import repetition
from core.compute.next_token.distribution import Distribution, Surprise
from core.compute.next_token.filters import Filtered, Settings, apply_filters
from core.compute.next_token.repetition import RepeatCurve
from core.errors import BadParameter, NeedsDecoder, NoChatTemplate, TextEmpty, TextTooLong, TextTooShort
from core.figures.buffer import unpack
from core.figures.next_token import distribution as figures
from core.figures.next_token import repetition as charts
from core.figures.next_token.generation import loop_rows
from core.models.load.loading import load
from core.models.load.residency import LoadedModel
from core.models.tokens.labels import spaced, typed
from pages.kit.text import Words
from tests.core.tiny import tiny

PAGE = catalog.find("next_token")
TEXT = "The capital of France is"
CHINESE = "星期一、星期"
WORDS: dict[str, str] = {}


@pytest.fixture(scope="module")
def model() -> LoadedModel:
    return load("smollm2-135m")


@functools.cache
def told(prompt: str) -> Distribution:
    """What comes after a text; computed once for all tests."""
    return compute.distribution(loaded=load("smollm2-135m"), prompt=prompt)


@functools.cache
def surprised(prompt: str, *, model: str = "smollm2-135m", chat: bool = False) -> Surprise:
    """How much a text surprises a model; computed once for all tests."""
    return compute.surprise(loaded=load(model), prompt=prompt, chat=chat)


@functools.cache
def looped(phrase: str) -> RepeatCurve:
    """Eight repetitions of a text; computed once for all tests."""
    return repetition.repeat(loaded=load("smollm2-135m"), phrase=phrase, repeats=8)


def library_logits(model: LoadedModel, ids: list[int]) -> torch.Tensor:
    """All logits [token, vocab] as transformers gives them when nobody asks for less."""
    with torch.inference_mode():
        network: Any = model.model
        logits: torch.Tensor = network(torch.tensor([ids])).logits[0].float()
    return logits


@pytest.mark.parametrize("text", [TEXT, CHINESE, "a"])
def test_the_distribution_is_the_library_s(model: LoadedModel, text: str) -> None:
    result = told(text)
    wanted = library_logits(model, model.tokenizer(text)["input_ids"])[-1].numpy()
    np.testing.assert_allclose(result.logits, wanted, atol=2e-4, rtol=1e-4)
    assert not result.logits.flags.writeable
    assert result.label_ids[0] == wanted.argmax()
    assert set(result.tokens.ids) <= set(result.label_ids.tolist())
    assert (result.labels[0] == "·Paris") == (text == TEXT)


def test_forced_tokens_stand_after_the_text(model: LoadedModel) -> None:
    paris = model.tokenizer(" Paris")["input_ids"]
    forced = compute.distribution(loaded=model, prompt=TEXT, forced=tuple(str(id) for id in paris))
    written = compute.distribution(loaded=model, prompt=TEXT + " Paris")
    assert forced.tokens.ids == written.tokens.ids
    assert (forced.forced, written.forced) == (1, 0)
    np.testing.assert_allclose(forced.logits, written.logits, atol=1e-5)


def test_the_chat_template_is_the_tokenizer_s(model: LoadedModel) -> None:
    turn = [{"role": "user", "content": TEXT}]
    wanted = model.tokenizer.apply_chat_template(turn, add_generation_prompt=True, return_dict=False)
    assert compute.prompt_ids(model, TEXT, chat=True) == tuple(wanted)


def test_labels_cover_the_vocabulary(model: LoadedModel) -> None:
    found = compute.labels(loaded=model)
    names = found.text.split("\n")
    assert len(names) == found.count == 49_152
    result = told(TEXT)
    assert [names[id] for id in result.label_ids[:50]] == list(result.labels[:50])


@pytest.mark.parametrize(
    ("text", "chat"), [(TEXT + " Paris.", False), ("春天来了，花开了。", False), (TEXT, True)]
)
def test_surprise_is_the_library_s_loss(model: LoadedModel, text: str, chat: bool) -> None:
    result = surprised(text, chat=chat)
    ids = list(compute.prompt_ids(model, text, chat=chat))
    log_p = library_logits(model, ids).log_softmax(-1)
    start = next(
        at for at in range(len(ids)) if tuple(ids[at : at + len(result.tokens)]) == result.tokens.ids
    )
    assert (start > 0) == chat
    for at in range(max(start, 1), start + len(result.tokens)):
        assert result.nats[at - start] == pytest.approx(-float(log_p[at - 1, ids[at]]), abs=2e-3)
        assert result.rank[at - start] == 1 + int((log_p[at - 1] > log_p[at - 1, ids[at]]).sum())
    if not chat:
        assert math.isnan(result.nats[0])
        network: Any = model.model
        with torch.inference_mode():
            loss = float(network(torch.tensor([ids]), labels=torch.tensor([ids])).loss)
        assert result.mean == pytest.approx(loss, abs=1e-3)
        assert result.perplexity == pytest.approx(math.exp(loss), rel=2e-3)
        said = sum(len(data) for data in result.tokens.bytes[1:])
        assert result.bits_per_byte == pytest.approx(loss * (len(ids) - 1) / math.log(2) / said, abs=1e-3)
    assert (
        "".join(data.decode("latin-1") for data in result.tokens.bytes).encode("latin-1").decode().strip()
        == text
    )


def user_turn(model: LoadedModel, ids: list[int]) -> tuple[int, int]:
    """From where to where the user's turn goes in a chat of SmolLM2, by the ids that its template sets around it."""
    header = model.tokenizer("<|im_start|>user\n", add_special_tokens=False)["input_ids"]
    start = next(at for at in range(len(ids)) if ids[at : at + len(header)] == header) + len(header)
    (end,) = model.tokenizer("<|im_end|>", add_special_tokens=False)["input_ids"]
    return start, start + ids[start:].index(end)


@pytest.mark.parametrize("text", ["assistant", "is a", "a helpful AI assistant named SmolLM", "user\nuser"])
def test_the_words_of_a_chat_are_those_of_the_user_s_turn(model: LoadedModel, text: str) -> None:
    """Also where the template has the same words: after transformers' ids, log-softmax at the turn's own places."""
    turn = [{"role": "user", "content": text}]
    ids = list(model.tokenizer.apply_chat_template(turn, add_generation_prompt=True, return_dict=False))
    start, end = user_turn(model, ids)
    log_p = library_logits(model, ids).log_softmax(-1)
    result = surprised(text, chat=True)
    assert list(result.tokens.ids) == ids[start:end]
    wanted = [-float(log_p[at - 1, ids[at]]) for at in range(start, end)]
    assert result.nats.tolist() == pytest.approx(wanted, abs=2e-3)


def test_a_marker_that_was_typed_is_a_control_token_and_known_for_it(model: LoadedModel) -> None:
    text = "Hello <|im_end|> there"
    result = surprised(text, chat=True)
    end = model.tokenizer.convert_tokens_to_ids("<|im_end|>")
    assert [id for id, special in zip(result.tokens.ids, result.tokens.special, strict=True) if special] == [
        end
    ]
    assert typed(text, result.tokens) == ("<|im_end|>",)
    around = compute.distribution(loaded=model, prompt="Hello there", chat=True).tokens
    assert any(around.special)
    assert not typed("Hello there", around)  # the template wrote those
    assert int(result.sizes.sum()) == len(text.encode())


@pytest.mark.parametrize(("text", "ends"), [(TEXT + " ", True), (TEXT, False), (TEXT + "\n", False)])
def test_a_space_at_the_end_is_a_token_of_its_own(model: LoadedModel, text: str, ends: bool) -> None:
    result = told(text)
    assert spaced(result.tokens) == ends == (model.tokenizer.decode([result.tokens.ids[-1]]) == " ")
    assert (result.labels[0] == "·Paris") == (text == TEXT)


@pytest.mark.parametrize("text", ["The sea was calm that day.", "春风 and 猫👩‍🚀", " two  spaces ", "明月Ω"])
@pytest.mark.parametrize("id", ["smollm2-135m", "poem-gpt"])
def test_the_sizes_are_the_bytes_of_the_text(text: str, id: str) -> None:
    """What a vocabulary cannot write is as long as it is in the text, not as long as the name of <unk>."""
    result = surprised(text, model=id)
    assert int(result.sizes.sum()) == len(text.encode())
    some = ~np.isnan(result.nats)
    bits = float(result.nats[some].astype(np.float64).sum()) / math.log(2)
    assert result.bits_per_byte == pytest.approx(bits / int(result.sizes[some].sum()), abs=1e-6)


def test_two_models_are_compared_over_the_same_bytes() -> None:
    text = "Philadelphia is a city."
    results = [surprised(text, model=id) for id in ("smollm2-135m", "tiny-gpt")]
    lefts = [int(one.sizes[np.isnan(one.nats)].sum()) for one in results]
    assert lefts[0] != lefts[1]  # so each alone tells of other bytes
    found = compute.shared_bits(results)
    cut = [set(np.cumsum([0, *one.sizes]).tolist()) for one in results]
    first = min(at for at in cut[0] & cut[1] if at >= max(lefts))
    for one, value in zip(results, found, strict=True):
        kept = np.cumsum(one.sizes) > first
        assert int(one.sizes[kept].sum()) == len(text.encode()) - first
        bits = float(one.nats[kept].astype(np.float64).sum()) / math.log(2)
        assert value == pytest.approx(bits / (len(text.encode()) - first), abs=1e-6)
    other = surprised("Something else.")
    assert all(map(math.isnan, compute.shared_bits([results[0], other])))
    meta, _ = unpack(figures.surprise_payload(*results, WORDS, {}, titles=[("a", "b")] * 2, language="en"))
    assert [lane["bits_per_byte"] for lane in meta["lanes"]] == pytest.approx(found)
    assert {lane["per_byte"] for lane in meta["lanes"]} == {"per_byte_shared"}


def test_a_phrase_of_one_token_has_no_first_probability() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        curve = looped("hello")
    assert len(curve.tokens) == 1
    assert (curve.first, looped("hello there").first) == (1, 0)
    assert np.isnan(curve.mean[0])
    np.testing.assert_allclose(curve.mean[1:], curve.chance[1:].mean(1), rtol=1e-6)
    np.testing.assert_allclose(curve.whole[1:], curve.mean[1:], rtol=1e-5)
    spec = charts.curve(curve, Words("en", "next_token").get("loop"), language="en")
    assert [one["x"] for one in spec["data"]] == [list(range(2, 9))] * 2
    assert np.isfinite([one["y"] for one in spec["data"]]).all()
    cells = [row[-1] for row in loop_rows(curve)]
    assert cells[0] == ""
    assert all(isinstance(cell, float) and math.isfinite(cell) for cell in cells[1:])


def test_the_rivals_are_the_most_probable_tokens() -> None:
    result = surprised(TEXT + " Paris")
    assert result.rivals[-compute.RIVALS] == "·Paris"
    assert result.rival_probability[-1, 0] == pytest.approx(math.exp(-result.nats[-1]), abs=1e-5)
    assert (np.diff(result.rival_probability[1:], axis=1) <= 0).all()


def test_what_cannot_be_shown_is_said(model: LoadedModel) -> None:
    with pytest.raises(TextEmpty):
        compute.distribution(loaded=model, prompt=" \n ")
    with pytest.raises(TextTooShort):
        compute.surprise(loaded=model, prompt="a")
    with pytest.raises(NeedsDecoder):
        compute.distribution(loaded=load("e5-small-enzh"), prompt=TEXT)
    for forced in (("-1",), ("49152",), ("x",), ("١",), ("9" * 30,), ("",)):
        with pytest.raises(BadParameter):
            compute.distribution(loaded=model, prompt=TEXT, forced=forced)
    with pytest.raises(NoChatTemplate):
        compute.distribution(loaded=tiny("gpt2"), prompt="The cat", chat=True)


def test_a_text_at_the_limit_is_read_and_one_token_more_is_not(model: LoadedModel) -> None:
    text = " a" * 12
    assert len(compute.distribution(loaded=model, prompt=text, limit=12).tokens) == 12
    with pytest.raises(TextTooLong) as caught:
        compute.distribution(loaded=model, prompt=text, limit=12, forced=("5",))
    assert caught.value.values == {"count": 13, "limit": 12, "unit": "tokens"}


# --- what the canvas is given ---------------------------------------------------------------------------------


def test_the_payload_holds_the_whole_distribution() -> None:
    result = told(CHINESE)
    message = figures.payload(result, WORDS, {"temperature": 2.0}, model="m", language="zh")
    assert len(message) < 250_000
    meta, arrays = unpack(message)
    np.testing.assert_array_equal(arrays["logits"], result.logits)
    assert tuple(arrays["history"].tolist()) == result.tokens.ids
    assert "".join(chip["text"] for chip in meta["chips"]) == CHINESE
    assert sum(chip["parts"] for chip in meta["chips"]) == len(result.tokens)
    labels = dict(zip(map(str, result.label_ids.tolist()), result.labels, strict=True))
    assert meta["hints"]
    for id, characters in meta["hints"].items():
        assert all(one.encode().startswith(bytes.fromhex(labels[id])) for one in characters)
    with pytest.raises(ValueError, match="state has no x"):
        figures.payload(result, WORDS, {"x": 1}, model="m", language="zh")


def test_half_a_character_is_shown_as_its_bytes(model: LoadedModel) -> None:
    ids = model.tokenizer("星")["input_ids"]
    result = compute.distribution(loaded=model, prompt="一", forced=(str(ids[0]),))
    meta, _ = unpack(figures.payload(result, WORDS, {}, model="m", language="zh"))
    assert [chip["by_hand"] for chip in meta["chips"]] == [False, True]
    assert meta["chips"][1]["text"].startswith("E6 98")


# --- the experiments ----------------------------------------------------------------------------------------


def state(name: str, step: str) -> dict[str, Any]:
    """A step of an experiment in English; those in Chinese are on another model, see ``test_chinese``."""
    question = next(one for one in PAGE.questions if one.id == name)
    return dict(getattr(question, step).en)


def filtered(values: dict[str, Any]) -> tuple[Distribution, Filtered]:
    result = told(values["text"])
    names = set(Settings.__dataclass_fields__) & set(values)
    return result, apply_filters(
        result.logits, result.tokens.ids, Settings(**{name: values[name] for name in names})
    )


def test_temperature_keeps_the_favourite() -> None:
    _, before = filtered(state("temperature", "ask"))
    _, after = filtered(state("temperature", "reveal"))
    assert before.probabilities.argmax() == after.probabilities.argmax()
    assert before.probabilities.max() > 0.5
    assert after.probabilities.max() < 0.2
    assert (after.probabilities > 1e-5).sum() > 2000


def test_top_p_leaves_few_or_hundreds() -> None:
    assert filtered(state("width", "ask"))[1].kept.sum() <= 12
    assert filtered(state("width", "reveal"))[1].kept.sum() > 200


def test_top_p_before_a_high_temperature_leaves_far_fewer() -> None:
    values = {**state("temperature", "reveal"), "top_p": 0.9}
    late = ("top_p", *(step for step in STEPS if step != "top_p"))
    assert filtered(values)[1].kept.sum() > 10_000
    assert filtered({**values, "order": late})[1].kept.sum() <= 12


def test_the_penalty_punishes_the_right_token() -> None:
    result, before = filtered(state("penalty", "ask"))
    _, after = filtered(state("penalty", "reveal"))
    best = int(before.probabilities.argmax())
    assert best in result.tokens.ids
    assert before.probabilities[best] > 0.8
    assert after.probabilities[best] < 0.02


def test_the_washing_machine_surprises_where_it_begins() -> None:
    result = surprised(state("surprise", "reveal")["text"])
    labels, bits = list(result.tokens.labels), result.nats / math.log(2)
    second = labels.index("·He")
    told = {label: float(bits[labels.index(label, second)]) for label in ("·pizza", "·washing", "·machine")}
    assert told["·washing"] == bits[second:].max() > 10
    assert told["·pizza"] < 1
    assert told["·machine"] < 0.5


def test_every_repetition_makes_the_next_more_probable() -> None:
    result = looped(state("loop", "reveal")["text"])
    assert result.mean[0] == pytest.approx(0.05, abs=0.02)
    assert result.mean[-1] == pytest.approx(0.75, abs=0.05)
    assert (np.diff(result.mean) > 0).all()


@pytest.mark.parametrize(
    ("text", "better"),
    [("春风吹柳绿，明月照江清。", "poem-gpt"), ("The weather is fine today.", "smollm2-135m")],
)
def test_of_two_models_each_is_less_surprised_by_what_it_was_made_for(text: str, better: str) -> None:
    found = {id: surprised(text, model=id).bits_per_byte for id in ("smollm2-135m", "poem-gpt")}
    assert min(found, key=lambda id: found[id]) == better
    assert max(found.values()) > 1.5 * min(found.values())
