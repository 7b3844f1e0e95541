"""Both sides of a gap, against transformers' own losses and pipelines, and what the bundled models really do."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import pytest
import regex
import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertForPreTraining,
    FillMaskPipeline,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaForMaskedLM,
)

from core import catalog, errors
from core.catalog import LANGUAGES
from core.catalog.masked_words import CAUSAL, MASKED, PEOPLE, RARE, SHIP
from core.compute.masked_words import gaps as compute
from core.figures.buffer import unpack
from core.figures.masked_words import views as figures
from core.models.load.loading import load
from core.models.load.residency import LoadedModel, evict, resident
from core.models.specs import ModelSpec
from tests.core.models.fake_hub import Repository, serve
from tests.core.tiny import TEXTS, tiny

PAGE = catalog.find("masked_words")
SENTENCE = "The cat sat on the mat, and the dog sleeps."


@cache
def tokenizer() -> PreTrainedTokenizerFast:
    """WordPiece with a mask, few pieces, so that words fall apart."""
    engine = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    engine.normalizer = normalizers.BertNormalizer()
    engine.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    engine.decoder = decoders.WordPiece()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    trainer = trainers.WordPieceTrainer(vocab_size=110, special_tokens=special, show_progress=False)
    engine.train_from_iterator(TEXTS, trainer)
    engine.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    make: Any = PreTrainedTokenizerFast
    made: PreTrainedTokenizerFast = make(
        tokenizer_object=engine, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]",
        mask_token="[MASK]",
    )  # fmt: skip
    return made


@cache
def bert(kind: str = "mlm") -> LoadedModel:
    """A random BERT with a head for masks ("mlm"), or for masks and next sentences ("both")."""
    torch.manual_seed(3)
    sizes: dict[str, Any] = {
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
    }
    made: Any = {"mlm": BertForMaskedLM, "both": BertForPreTraining}[kind]
    model = made(BertConfig(vocab_size=len(tokenizer()), max_position_embeddings=64, **sizes)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.2)
    spec = ModelSpec(f"tiny-{kind}", kind, "bert", "encoder", "folder", "", max_tokens=60)
    return LoadedModel(spec, model, tokenizer(), "cpu", "float32", 0, threading.RLock())


def loss_at(loaded: LoadedModel, ids: Sequence[int], hidden: Sequence[int], at: int) -> float:
    """Transformers' own cross-entropy at one place with some places masked."""
    shown = [4 if place in hidden else id for place, id in enumerate(ids)]
    labels = [id if place == at else -100 for place, id in enumerate(ids)]
    model: Any = loaded.model
    with torch.no_grad():
        return float(model(input_ids=torch.tensor([shown]), labels=torch.tensor([labels])).loss)


def fill_mask() -> Any:
    """Transformers' own way to fill masks."""
    make: Any = FillMaskPipeline
    return make(model=bert().model, tokenizer=tokenizer(), device="cpu")


def test_words_of_any_script() -> None:
    text = "Don't panic: 猫2 naïve 👍🏽!"
    found = [text[a:b] for a, b in compute.spans(text)]
    assert found[:6] == ["Don't", "panic", ":", "猫", "2", "naïve"]
    assert found[-1] == "!"
    for empty in ("", " \n\t "):
        with pytest.raises(errors.TextEmpty):
            compute.spans(empty)


SIGNS = "the 👩‍🚀 sailed 👨‍👩‍👧‍👦 ét́ #️⃣ 🇨🇳 葛󠄀城 क्‍ष \u200b️ ©️!"


def test_a_word_is_never_a_part_of_a_grapheme_nor_invisible() -> None:
    """By the grapheme clusters of ``regex`` (Unicode Standard Annex 29)."""
    edges = {0, *(found.end() for found in regex.finditer(r"\X", SIGNS))}
    found = compute.spans(SIGNS)
    assert {at for span in found for at in span} <= edges
    words = [SIGNS[a:b] for a, b in found]
    assert {"👩‍🚀", "👨‍👩‍👧‍👦", "#️⃣", "🇨🇳", "葛󠄀", "!"} <= set(words)
    assert all(any(unicodedata.category(char)[0] in "LNPS" for char in word) for word in words)
    with pytest.raises(errors.TextEmpty):
        compute.spans("\u200b ️‍")


def test_a_sign_of_several_code_points_is_one_gap() -> None:
    text = "the ship 👩‍🚀 sailed"
    told = compute.masked(loaded=load(MASKED), text=text)
    foreseen = compute.causal(loaded=load(CAUSAL), text=text)
    assert told.words == foreseen.words == ("the", "ship", "👩‍🚀", "sailed")
    assert all((*told.candidates, *foreseen.candidates))
    assert np.isfinite(foreseen.word_nats).all()
    # Mini BERT has no sign for it: [UNK] stands for all that it does not know, and is no word
    assert load(MASKED).tokenizer.unk_token_id in told.pieces.ids
    assert np.isfinite(told.word_nats).tolist() == [True, True, False, True]
    assert (told.rank[2], compute.better(told, foreseen)[2]) == (0, 3)


@pytest.mark.parametrize("text", ["The cat [MASK] on the mat.", "[MASK]", "the [MASK] and the [MASK] sleeps"])
def test_a_mask_that_was_typed_is_filled_as_the_fill_mask_pipeline_does(text: str) -> None:
    result = compute.masked(loaded=bert(), text=text)
    theirs = fill_mask()(text, top_k=compute.TOP)
    gaps = [at for at, word in enumerate(result.words) if word == "[MASK]"]
    for gap, listed in zip(gaps, theirs if len(gaps) > 1 else [theirs], strict=True):
        names = result.candidates[gap * compute.TOP : (gap + 1) * compute.TOP]
        assert list(names) == [one["token_str"] for one in listed]
        np.testing.assert_allclose(result.share[gap], [one["score"] for one in listed], rtol=1e-4)
        assert np.isnan(result.word_nats[gap])
        assert (result.rank[gap], result.count[gap]) == (0, 1)
    assert np.isnan(result.nats).sum() == len(gaps)
    assert compute.totals(result).words == max(1, len(result.words) - len(gaps))
    other = compute.masked(loaded=bert(), text=text.replace("[MASK]", "<mask>"))
    assert other.candidates == result.candidates  # another model's name for it
    filled = compute.fill_masked(loaded=bert(), text=text, hide=tuple(map(str, gaps)))
    np.testing.assert_allclose(filled.share, result.share[gaps], rtol=1e-4)
    assert np.isnan(filled.nats).all()
    assert not filled.rank.any()


def test_a_typed_mask_is_the_gap_that_is_opened_and_has_no_true_word() -> None:
    text = "The captain [MASK] on the deck."
    told = compute.masked(loaded=load(MASKED), text=text)
    foreseen = compute.causal(loaded=load(CAUSAL), text=text)
    assert told.words == foreseen.words == ("The", "captain", "[MASK]", "on", "the", "deck", ".")
    assert told.candidates[2 * compute.TOP : 2 * compute.TOP + 2] == ("was", "stood")
    assert compute.telling(told, foreseen) == 2
    assert sum(compute.better(told, foreseen)[:2]) <= compute.better(told, foreseen)[2] == 6
    left = compute.causal(loaded=load(CAUSAL), text="The captain sailed")
    np.testing.assert_allclose(foreseen.share[2], left.share[2], rtol=1e-3)
    assert (foreseen.rank[2], np.isnan(foreseen.word_nats[2])) == (0, True)
    tried = compute.rivals(told, foreseen, 2)
    assert {"was", "stood"} <= set(tried)
    assert not set(tried) & set(compute.MASKS)
    more = compute.rerank(loaded=load(CAUSAL), text=text, place=2, candidates=tried)
    message = figures.gap_payload(told, foreseen, more, {}, {}, text=text, titles=("a", "b"), language="en")
    meta, arrays = unpack(message)
    assert meta["blank"] == [word == "[MASK]" for word in told.words]
    assert meta["whole"]["true"] == -1
    assert (arrays["nats0"][2], arrays["nats1"][2]) == (-1, -1)
    several = compute.fill_causal(loaded=load(CAUSAL), text=text, hide=("1", "2"))
    assert np.isfinite(several.nats).tolist() == [True, False]


def test_each_piece_costs_what_transformers_loss_says() -> None:
    result = compute.masked(loaded=bert(), text=SENTENCE)
    ids = tokenizer()(SENTENCE).input_ids
    wanted = [loss_at(bert(), ids, [at], at) for at in range(1, len(ids) - 1)]
    np.testing.assert_allclose(result.nats, wanted, rtol=1e-4)
    assert result.pieces.ids == tuple(ids[1:-1])
    assert compute.totals(result).nats == pytest.approx(sum(wanted), rel=1e-4)
    assert compute.totals(result).per_piece == pytest.approx(np.exp(np.mean(wanted)), rel=1e-4)


def test_a_word_of_several_pieces_is_filled_from_left_to_right() -> None:
    result = compute.masked(loaded=bert(), text=SENTENCE)
    ids = tokenizer()(SENTENCE).input_ids
    for word in range(len(result.words)):
        group = [1 + int(at) for at in np.flatnonzero(result.word_of == word)]
        assert len(group) == result.count[word]
        wanted = sum(loss_at(bert(), ids, group[step:], at) for step, at in enumerate(group))
        assert result.word_nats[word] == pytest.approx(wanted, rel=1e-4)
    assert result.count.max() > 1


def test_guesses_equal_the_fill_mask_pipeline() -> None:
    pipeline = fill_mask()
    result = compute.masked(loaded=bert(), text=SENTENCE)
    for word, (true, start) in enumerate(zip(result.words, result.starts.tolist(), strict=True)):
        holed = SENTENCE[:start] + "[MASK]" + SENTENCE[start + len(true) :]
        theirs = pipeline(holed, top_k=compute.TOP)
        names = result.candidates[word * compute.TOP : (word + 1) * compute.TOP]
        assert list(names) == [one["token_str"] for one in theirs]
        np.testing.assert_allclose(result.share[word], [one["score"] for one in theirs], rtol=1e-4)
        if result.count[word] == 1:
            everything = [one["token"] for one in pipeline(holed, top_k=len(tokenizer()))]
            assert result.rank[word] == 1 + everything.index(tokenizer().convert_tokens_to_ids(true.lower()))
        else:
            assert result.rank[word] == 0


def test_several_gaps_are_guessed_at_once() -> None:
    pipeline = fill_mask()
    result = compute.fill_masked(loaded=bert(), text=SENTENCE, hide=("8", "1"))
    assert result.places.tolist() == [1, 8]
    theirs = pipeline("The [MASK] sat on the mat, and [MASK] dog sleeps.", top_k=compute.TOP)
    for gap, row in enumerate(theirs):
        names = result.candidates[gap * compute.TOP : (gap + 1) * compute.TOP]
        assert list(names) == [one["token_str"] for one in row]


@pytest.mark.parametrize("name", ["gpt2", "llama"])
def test_the_left_side_costs_what_transformers_loss_says(name: str) -> None:
    loaded = tiny(name)
    result = compute.causal(loaded=loaded, text=SENTENCE)
    start = loaded.tokenizer.bos_token_id
    ids = torch.tensor([[start, *loaded.tokenizer(SENTENCE, add_special_tokens=False).input_ids]])
    model: Any = loaded.model
    with torch.no_grad():
        mean = float(model(input_ids=ids, labels=ids).loss)
    assert compute.totals(result).nats == pytest.approx(mean * (ids.shape[1] - 1), rel=1e-4)
    assert float(np.nansum(result.word_nats)) == pytest.approx(mean * (ids.shape[1] - 1), rel=1e-4)
    assert (result.rank >= 1).all()


def test_whole_texts_are_ranked_by_transformers_loss() -> None:
    loaded, candidates = tiny("gpt2"), ("cat", "dog", "quick", "fox")
    result = compute.rerank(loaded=loaded, text=SENTENCE, place=1, candidates=candidates)
    model: Any = loaded.model
    for at, one in enumerate(candidates):
        line = SENTENCE.replace("cat", one, 1)
        ids = torch.tensor([[loaded.tokenizer.bos_token_id, *loaded.tokenizer(line).input_ids]])
        with torch.no_grad():
            wanted = float(model(input_ids=ids, labels=ids).loss) * (ids.shape[1] - 1)
        assert result.nats[at] == pytest.approx(wanted, rel=1e-4)
    assert result.share.sum() == pytest.approx(1, abs=1e-5)
    assert (result.left <= result.nats).all()


def test_a_causal_model_reads_its_own_guesses() -> None:
    loaded = tiny("gpt2")
    result = compute.fill_causal(loaded=loaded, text=SENTENCE, hide=("1", "4"))
    alone = compute.fill_causal(loaded=loaded, text=SENTENCE, hide=("1",))
    assert result.read[0] == "The "
    assert result.candidates[: compute.TOP] == alone.candidates
    assert result.read[1].startswith("The ")
    assert "cat" not in result.read[1]
    assert result.read[1].endswith(" sat on ")


@pytest.mark.parametrize("hide", [(), ("99",), ("-1", "x", "²", "1" * 30)])
def test_gaps_that_are_none_are_refused(hide: tuple[str, ...]) -> None:
    for function, loaded in ((compute.fill_masked, bert()), (compute.fill_causal, tiny("gpt2"))):
        with pytest.raises(errors.BadParameter):
            function(loaded=loaded, text=SENTENCE, hide=hide)
    with pytest.raises(errors.BadParameter):
        compute.rerank(loaded=tiny("gpt2"), text=SENTENCE, place=99, candidates=("a",))


@pytest.mark.parametrize("name", ["bert", "bert-mlm", "xlm-roberta", "gpt2", "t5"])
def test_models_without_masks_or_a_head_are_refused(name: str) -> None:
    """The tiny bert-mlm has the head but no mask token."""
    with pytest.raises(errors.NeedsMasked):
        compute.masked(loaded=tiny(name), text=SENTENCE)


def test_encoders_are_refused_where_the_left_side_is_asked_for() -> None:
    with pytest.raises(errors.NeedsDecoder):
        compute.causal(loaded=bert(), text=SENTENCE)


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "שלום עולם",
        "👩‍👩‍👧‍👦 🇨🇳",
        "a\x00b\x07c\u200b",
        "<script>alert(1)</script>",
        "中文也可以。",
        "\ud83d broken",
    ],
)
def test_any_text_can_be_asked_about(text: str) -> None:
    foreseen = compute.causal(loaded=tiny("gpt2"), text=text)
    try:
        told = compute.masked(loaded=bert(), text=text)
    except errors.CannotRead:
        ids = bert().tokenizer(compute.clean(text), add_special_tokens=False).input_ids
        assert ids.count(bert().tokenizer.unk_token_id) > 0.3 * len(ids)
        return
    assert told.words == foreseen.words
    more, less, count = compute.better(told, foreseen)
    assert more + less <= count <= len(told.words)
    place = compute.telling(told, foreseen)
    assert compute.rivals(told, foreseen, place)[0].casefold() == told.words[place].casefold()


def test_long_texts_name_count_and_limit() -> None:
    with pytest.raises(errors.TextTooLong) as told:
        compute.masked(loaded=bert(), text="cat " * 100)
    assert told.value.values["limit"] == 60
    with pytest.raises(errors.TextTooLong):
        compute.causal(loaded=tiny("gpt2"), text="cat " * 500)


@pytest.mark.parametrize("kind", ["bert", "roberta"])
def test_a_masked_model_of_the_hub_comes_through_the_same_door(
    kind: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: Any = bert().model
    if kind == "roberta":
        torch.manual_seed(5)
        sizes: dict[str, Any] = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2}
        config = RobertaConfig(
            vocab_size=len(tokenizer()),
            num_attention_heads=4,
            max_position_embeddings=66,
            pad_token_id=0,
            **sizes,
        )
        made = RobertaForMaskedLM(config)
        made.eval()
    made.save_pretrained(tmp_path / "made")
    tokenizer().save_pretrained(tmp_path / "made")
    files = {path.name: path.read_bytes() for path in (tmp_path / "made").iterdir()}
    with serve({"ann/masked": Repository(files)}) as running:
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
        found = compute.masked(loaded=load("hub:ann/masked"), text=SENTENCE)
        here = LoadedModel(bert().spec, made, tokenizer(), "cpu", "float32", 0, threading.RLock())
        np.testing.assert_allclose(
            found.nats, compute.masked(loaded=here, text=SENTENCE).nats, rtol=1e-2, atol=1e-3
        )
        assert found.model == "hub:ann/masked"
    for one in resident():
        evict(one.id)


# --- the bundled models -----------------------------------------------------------------------------------


def test_right_context_brings_the_true_word_back() -> None:
    """Scored as whole texts, the true word gains over the left side alone."""
    told = compute.masked(loaded=load(MASKED), text=SHIP)
    foreseen = compute.causal(loaded=load(CAUSAL), text=SHIP)
    place = 1  # captain
    found = compute.rerank(
        loaded=load(CAUSAL), text=SHIP, place=place, candidates=compute.rivals(told, foreseen, place)
    )
    assert found.candidates[0] == told.words[place]
    assert found.share[0] > 2 * found.left_share[0]


def test_the_right_side_names_the_people() -> None:
    told = compute.masked(loaded=load(MASKED), text=PEOPLE)
    foreseen = compute.causal(loaded=load(CAUSAL), text=PEOPLE)
    assert told.words[1] == foreseen.words[1] == "people"
    assert told.words[13] == "government"
    assert 1 <= told.rank[1] <= 5
    assert foreseen.rank[1] > 100


def test_a_piece_is_given_away_by_the_rest_of_its_word() -> None:
    result = compute.masked(loaded=load(MASKED), text=RARE)
    word = result.words.index("Philadelphia")
    assert result.count[word] > 1
    alone = float(result.nats[result.word_of == word].sum())
    assert alone < result.word_nats[word] - 0.7  # nats: one bit


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_opens_on_what_its_model_reads(language: str) -> None:
    view = PAGE.default(
        "view", PAGE.model["zh" if language == "zh" else "en"], "zh" if language == "zh" else "en"
    )
    assert view == {"en": "gap", "zh": "rule"}[language]
