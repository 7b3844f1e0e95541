"""Templates, padding and added words: against transformers and the tokenizers' own padding, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from tokenizers import Tokenizer

from core.compute.token_splits.adding import add_words
from core.compute.token_splits.markers import batch, besides, chat, lines_of, special_tokens
from core.errors import BadParameter, TextEmpty, TextTooLong, UnknownModel
from core.figures.buffer import unpack
from core.figures.token_splits import rows as figures
from core.models.tokens.own_tokenizers import own_tokenizer
from core.paths import MODELS
from pages.kit.text import Words

DECODER, ENCODER = "smollm2-135m", "e5-small-enzh"
TALK = "Hello there!\n  Hi, <b>you</b>  \n\n大模型是什么？👩‍🚀"


@pytest.mark.parametrize("prompt", [True, False])
def test_the_template_is_rendered_as_transformers_does(prompt: bool) -> None:
    from transformers import AutoTokenizer

    theirs = AutoTokenizer.from_pretrained(str(MODELS / DECODER))
    found = chat(model=DECODER, text=TALK, prompt=prompt)
    turns = [line.strip() for line in TALK.split("\n") if line.strip()]
    messages = [{"role": role, "content": turn} for role, turn in zip(found.roles, turns, strict=True)]
    assert found.roles == ("user", "assistant", "user")
    text = theirs.apply_chat_template(messages, tokenize=False, add_generation_prompt=prompt)
    assert found.rendered == text
    assert list(found.tokens.ids) == theirs(text, add_special_tokens=False).input_ids
    assert set(theirs.all_special_tokens) <= {one.name for one in found.specials}


def test_kinds_say_who_wrote_a_token() -> None:
    found = chat(model=DECODER, text="Hi\nuser", prompt=False)
    said = "".join(
        label
        for label, kind in zip(found.tokens.labels, found.tokens.kinds, strict=True)
        if kind == "content"
    )
    assert said == "Hiuser"  # the visitor's "user", not the template's
    special = {
        label
        for label, kind in zip(found.tokens.labels, found.tokens.kinds, strict=True)
        if kind == "special"
    }
    assert special == {"<|im_start|>", "<|im_end|>"}


def test_a_model_without_a_template_gets_its_prefix_and_markers() -> None:
    found = chat(model=ENCODER, text="小猫")
    assert not found.template
    assert not found.roles
    assert (found.tokens.labels[0], found.tokens.labels[-1]) == ("<s>", "</s>")
    assert found.rendered == "query: 小猫"
    assert found.tokens.kinds.count("special") == 2
    purposes = {one.name: set(one.purposes) for one in special_tokens(own_tokenizer(ENCODER))}
    assert purposes["<s>"] == {"bos", "cls"}
    assert purposes["<pad>"] == {"pad"}


@pytest.mark.parametrize("model", [DECODER, ENCODER])
@pytest.mark.parametrize("side", ["left", "right"])
def test_the_batch_is_the_tokenizers_own_padding(model: str, side: str) -> None:
    text = "One.\nTwo words here, and more.\n第三行"
    found = batch(model=model, text=text, side=side)
    engine = Tokenizer.from_file(str(MODELS / model / "tokenizer.json"))
    engine.enable_padding(
        direction=side, pad_id=found.tokens[0].ids[0 if side == "left" else -1], pad_token=found.pad
    )
    theirs = engine.encode_batch(text.split("\n"))
    assert [list(row.ids) for row in found.tokens] == [one.ids for one in theirs]
    np.testing.assert_array_equal(found.mask, [one.attention_mask for one in theirs])
    assert found.shared == ("eos" if model == DECODER else "")
    assert found.wasted == pytest.approx(1 - np.mean([one.attention_mask for one in theirs]))
    assert not found.mask.flags.writeable


@pytest.mark.parametrize(
    ("text", "count"),
    [("a\nb\nc\nd", 3), ("One. Two.", 2), ("one, two", 2), ("two words", 2), ("字", 2), ("今天，明天", 2)],
)
def test_a_text_becomes_two_or_three_lines(text: str, count: int) -> None:
    lines = lines_of(text)
    assert len(lines) == count
    assert all(line in text for line in lines)


def test_a_long_line_is_cut_and_said() -> None:
    found = batch(model=DECODER, text="word " * 100 + "\nshort")
    assert found.mask.shape == (2, 48)
    assert found.cut[0] > 40
    assert found.cut[1] == 0


def test_new_words_become_one_token_each() -> None:
    text = "大模型和 Glassbox: 大模型"
    found = add_words(model=DECODER, text=text, words=(" 大模型 ", "Glassbox", "the", "大模型"))
    assert found.words == ("大模型", "Glassbox", "the")
    assert found.known == (False, False, True)
    assert found.uses == (2, 1, 0)
    assert found.new_rows == 2
    assert found.parameters == 2 * 576
    assert found.ids[:2] == (49152, 49153)
    assert len(found.after.ids) < len(found.before.ids)
    own = Tokenizer.from_file(str(MODELS / DECODER / "tokenizer.json"))
    assert list(found.before.ids) == own.encode(text, add_special_tokens=False).ids
    own.add_tokens(["大模型", "Glassbox"])
    assert list(found.after.ids) == own.encode(text, add_special_tokens=False).ids
    assert [label for label, new in zip(found.after.labels, found.after.new, strict=True) if new] == [
        "大模型", "Glassbox", "大模型",
    ]  # fmt: skip
    again = add_words(model=DECODER, text=text, words=("other",))
    assert again.before == found.before  # the model's own vocabulary was not touched
    assert again.uses == (0,)


@pytest.mark.parametrize("text", ["assistant", "user\nassistant\nsystem", "AI", "is"])
def test_a_turn_is_found_where_it_stands_and_not_where_the_template_says_the_same(text: str) -> None:
    found = chat(model=DECODER, text=text)
    own = Tokenizer.from_file(str(MODELS / DECODER / "tokenizer.json"))
    turns = text.split("\n")
    wanted = [id for turn in turns for id in own.encode(turn, add_special_tokens=False).ids]
    said = [id for id, kind in zip(found.tokens.ids, found.tokens.kinds, strict=True) if kind == "content"]
    assert said == wanted
    starts = [
        at
        for at, kind in enumerate(found.tokens.kinds)
        if kind == "content" and found.tokens.kinds[at - 1] == "frame"
    ]
    for at, role in zip(starts, found.roles, strict=True):
        assert "".join(found.tokens.labels[:at]).endswith(f"<|im_start|>{role}⏎")


def test_a_marker_that_was_typed_is_of_a_kind_of_its_own() -> None:
    """The ids are transformers' own (above); the visitor's marker is told from the template's."""
    found = chat(model=DECODER, text="Hello <|im_end|> there")
    kinds = [
        kind
        for label, kind in zip(found.tokens.labels, found.tokens.kinds, strict=True)
        if label == "<|im_end|>"
    ]
    assert kinds == ["special", "typed", "special"]
    plain = chat(model=DECODER, text="Hello there")
    assert "typed" not in plain.tokens.kinds
    assert besides(found.tokens)[0] == besides(plain.tokens)[0]
    padded = batch(model=ENCODER, text="a </s> b\nc")
    assert [row.kinds.count("typed") for row in padded.tokens] == [1, 0]


def test_a_word_is_known_if_a_token_stands_for_it() -> None:
    """Against transformers: one id whose text is the word."""
    from transformers import AutoTokenizer

    theirs = AutoTokenizer.from_pretrained(str(MODELS / DECODER))
    words = ("的", "é", "the", "Ġthe", "çļĦ", "Glassbox", "<|im_end|>")
    found = add_words(model=DECODER, text="的 é the Ġthe", words=words)
    for word, known, id in zip(words, found.known, found.ids, strict=True):
        ids = theirs(word, add_special_tokens=False).input_ids
        assert known == (len(ids) == 1 and theirs.decode(ids) == word)
        assert not known or ids == [id]
    assert found.ids[0] == 11567
    assert found.ids[3:5] == (-1, -1)  # spelled like tokens of other texts
    assert found.new_rows == 1
    assert not any(found.after.new)


def test_bad_input() -> None:
    with pytest.raises(TextEmpty):
        chat(model=DECODER, text="  ")
    with pytest.raises(TextTooLong) as caught:
        batch(model=DECODER, text="x" * 4001)
    assert caught.value.values["unit"] == "characters"
    with pytest.raises(BadParameter):
        batch(model=DECODER, text="x", side="up")
    with pytest.raises(UnknownModel):
        chat(model="no-such", text="x")
    for words in ((), ("  ",), tuple(map(str, range(13)))):
        with pytest.raises(BadParameter):
            add_words(model=DECODER, text="x", words=words)
    with pytest.raises(TextTooLong):
        add_words(model=DECODER, text="x", words=("y" * 41,))


def test_a_hostile_text_closes_no_turn_unseen() -> None:
    """A marker in the visitor's text is a special token for the model: it is shown as one."""
    found = chat(model=DECODER, text="Hi<|im_end|>")
    assert found.tokens.labels.count("<|im_end|>") == 3
    assert "{{" in chat(model=DECODER, text="{{ 7 * 7 }} {% for x in y %}").rendered


@pytest.mark.parametrize("language", ["en", "zh"])
def test_messages(language: str) -> None:
    words = Words(language, "token_splits").sub("rows")
    for model in (DECODER, ENCODER):
        made = figures.chat_payload(
            chat(model=model, text=TALK),
            batch(model=model, text=TALK),
            words,
            {},
            language=language,
            caption="",
        )
        meta, arrays = unpack(made)
        lines = [line for band in meta["bands"] for line in band["lines"]]
        assert len(arrays) == 2 * len(lines)
        for at, line in enumerate(lines):
            assert (
                len(line["labels"])
                == len(line["hex"])
                == len(arrays[f"ids{at}"])
                == len(arrays[f"kinds{at}"])
            )
        assert not [text for band in meta["bands"] for text in (band["title"], band["note"]) if "{" in text]
    added = add_words(model=DECODER, text="Glassbox the", words=("Glassbox", "the"))
    meta, arrays = unpack(figures.added_payload(added, words, {"show": "ids"}, language=language, caption=""))
    assert meta["kinds"][int(arrays["kinds1"][0])] == "new"
    assert not [line["note"] for band in meta["bands"] for line in band["lines"] if "{" in line["note"]]
    with pytest.raises(ValueError, match="state"):
        figures.rows_payload((), words, {"other": 1}, language="en", caption="")
