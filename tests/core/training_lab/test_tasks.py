"""What is trained on: answers are right, nothing held out is trained on, an epoch is one pass."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from core.data.classic_corpora import read
from core.data.lab_recipe import EXAMPLES, Recipe
from core.data.lab_tokens import PAD, UNKNOWN, bpe, characters
from core.errors import BinaryText, TextEmpty, TextTooShort
from core.training.lab import tasks

BASE = Recipe(context=48, batch=16)


def right(line: str) -> bool:
    sign = tasks.SIGN.findall(line)[0]
    question, answer = line.split(sign)
    if sign == "=":
        return sum(map(int, question.split("+"))) == int(answer)
    if sign == "→":
        numbers = re.findall(r"\d+", answer)
        return {str(int(numbers[0])), str(int(numbers[2]))} <= set(re.findall(r"\d+", question))
    return answer == (question if sign == ">" else question[::-1])


@pytest.mark.parametrize("name", EXAMPLES)
def test_answers_are_right_and_held_out_questions_are_never_trained_on(name: str) -> None:
    train, held_out = tasks.questions(name)
    assert all(map(right, train))
    assert all(map(right, held_out))
    asked = {tasks.SIGN.split(line)[0] + tasks.SIGN.findall(line)[0] for line in train}
    kept = {tasks.SIGN.split(line)[0] + tasks.SIGN.findall(line)[0] for line in held_out}
    assert not asked & kept
    assert len(held_out) > len(train) / 15


@pytest.mark.parametrize("name", ["addition", "dates", "several"])
def test_only_answers_and_their_end_are_asked_for(name: str) -> None:
    task = tasks.make(replace(BASE, task=name))
    ids, asked = task.train.take(np.arange(40))
    for row, some in zip(ids, asked, strict=True):
        text = task.vocabulary.decode(row)
        wanted = tasks.SIGN.split(text)[1]
        assert task.vocabulary.decode(row[some]) == wanted
        assert wanted.endswith("\n")


@pytest.mark.parametrize("name", ["addition", "english", "poems"])
@pytest.mark.parametrize("accumulation", [1, 3])
def test_an_epoch_is_one_pass_in_an_order_of_its_own(name: str, accumulation: int) -> None:
    recipe = replace(BASE, task=name, part=0.05, accumulation=accumulation)
    rows = tasks.make(recipe).train
    each = -(-len(rows) // (16 * accumulation))
    epochs = []
    for epoch in range(2):
        found = [tasks.step_rows(rows, recipe, epoch * each + at)[0] for at in range(each)]
        assert sum(map(len, found)) == len(rows)
        epochs.append(np.concatenate(found))
    assert not np.array_equal(epochs[0], epochs[1])
    if name == "addition":
        assert sorted(map(bytes, epochs[0])) == sorted(map(bytes, epochs[1])) == sorted(map(bytes, rows.ids))


def test_windows_of_a_text_cover_it() -> None:
    recipe = replace(BASE, task="english", part=0.02)
    rows = tasks.make(recipe).train
    ids, _ = rows.take(np.arange(len(rows)))
    assert np.array_equal(ids[:, :-1].ravel(), rows.ids[: ids[:, :-1].size])
    assert np.array_equal(ids[:-1, -1], ids[1:, 0])


@pytest.mark.parametrize("name", ["english", "poems"])
def test_held_out_texts_are_not_trained_on(name: str) -> None:
    task = tasks.make(replace(BASE, task=name))
    found = read("tang" if name == "poems" else name)
    whole = "".join("".join(text.split()) for text in found.train)
    for row in task.held_out.ids[:20]:
        text = task.vocabulary.decode(row).strip("\n")
        assert "".join(text.split()) not in whole or "□" in text


def test_a_part_is_smaller_and_the_same_is_held_out() -> None:
    whole, part = (tasks.make(replace(BASE, task="addition", part=one)) for one in (1.0, 0.1))
    assert len(part.train) == pytest.approx(len(whole.train) / 10, abs=2)
    assert np.array_equal(whole.held_out.ids, part.held_out.ids)


def test_an_own_text_is_read_or_refused() -> None:
    lines = "\n".join(f"The {n}th line says that {n} times {n} is {n * n}." for n in range(200))
    task = tasks.make(Recipe(task="own", text=lines, context=32))
    kept = task.vocabulary.decode(task.held_out.ids[0])
    assert kept[:20] in lines
    with pytest.raises(TextTooShort):
        tasks.make(Recipe(task="own", text="a b c " * 40, context=256))
    with pytest.raises(TextEmpty):
        tasks.make(Recipe(task="own", text="  \n "))
    with pytest.raises(BinaryText):
        tasks.make(Recipe(task="own", text="a\0b" * 100))


def test_vocabularies_give_back_what_they_cut() -> None:
    text = "Call me Ishmael. 白日依山尽，黄河入海流。\n"
    for vocabulary in (characters([text]), bpe([text, *read("english").train[:1]])):
        ids = vocabulary.encode(text)
        assert vocabulary.decode(ids) == text
        assert PAD not in ids
        assert UNKNOWN not in ids
        assert len(vocabulary.shown(ids)) == len(ids)
    assert characters(["aab"], 1).encode("ab") == [3, UNKNOWN]
    assert characters(["aab"], 1).decode([3, UNKNOWN, PAD]) == "a□"


def test_the_form_of_a_poem_is_seen() -> None:
    train = tasks.make(replace(BASE, task="poems")).train
    assert tasks.right_form("白日依山尽，黄河入海流。欲穷千里目，更上一层楼。")
    assert not tasks.right_form("白日依山尽，黄河入海流。欲穷千里目，更上一层楼，")
    assert not tasks.right_form("白日依山尽，黄河入海流。欲穷千里，更上一层高楼。")
    assert train.length == 26
