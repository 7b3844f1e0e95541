"""The charts of the rollout: shares drawn by their roots, nothing of later tokens, what is said of each cell."""

from __future__ import annotations

import html
import json
import re

import numpy as np
import pytest
from plotly.graph_objects import Figure

from core.catalog import LANGUAGES
from core.compute.attention_heads.rollout import MOST, Rollout
from core.figures.attention_heads import rollout as figures
from core.figures.charts import Spec, alt_of
from core.models.tokens.labels import Tokens
from core.numbers import fill
from pages.kit.text import Words

HOSTILE = "</script><img src=x onerror=alert(1)>"


def rolled(
    labels: tuple[str, ...], *, causal: bool, layers: int = 3, special: tuple[int, ...] = ()
) -> Rollout:
    count = len(labels)
    weights = np.random.default_rng(5).dirichlet(np.full(count, 0.5), (2, layers, count))
    if causal:
        weights = np.tril(weights)
        weights /= weights.sum(-1, keepdims=True)
    raw, product = weights.astype(np.float32)
    marked = tuple(at in special for at in range(count))
    ids, bytes_ = tuple(range(count)), tuple(one.encode() for one in labels)
    return Rollout(Tokens(ids, labels, bytes_, marked, ids), raw, product, causal)


DECODED = rolled((HOSTILE, "·猫", "·sat", "."), causal=True)
ENCODED = rolled(("<s>", "小", "猫", "</s>"), causal=False, special=(0, 3))


def drawn(figure: str, found: Rollout, language: str = "en", layer: int = 1, token: int = 2) -> Spec:
    words = Words(language, "attention_heads").get("rollout")
    spec: Spec = getattr(figures, figure)(found, words, language=language, layer=layer, token=token)
    Figure(spec)
    return spec


def shares(spec: Spec) -> np.ndarray:
    """What was drawn, as shares; nan where nothing is."""
    return np.array(spec["data"][0]["z"], float) ** 2


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["raw", "rolled"])
def test_a_layer_is_drawn_as_it_is(name: str, language: str) -> None:
    spec = drawn(name, ENCODED, language)
    np.testing.assert_allclose(shares(spec), getattr(ENCODED, name)[1], atol=2e-4)
    assert spec["layout"]["yaxis"]["ticktext"][1:3] == ["小", "猫"]
    (frame,) = spec["layout"]["shapes"]
    assert (frame["y0"], frame["y1"], frame["x0"], frame["x1"]) == (1.5, 2.5, -0.5, 3.5)
    assert "猫" in alt_of(spec)


@pytest.mark.parametrize("name", ["raw", "rolled"])
def test_nothing_comes_from_later_tokens(name: str) -> None:
    spec = drawn(name, DECODED)
    later = np.triu(np.ones((4, 4), bool), 1)
    assert (np.isnan(shares(spec)) == later).all()
    np.testing.assert_allclose(shares(spec)[~later], getattr(DECODED, name)[1][~later], atol=2e-4)
    assert [len(row) for row in spec["data"][0]["customdata"]] == [1, 2, 3, 4]


def test_one_token_is_followed_through_all_layers() -> None:
    spec = drawn("path", DECODED)
    np.testing.assert_allclose(shares(spec)[:, :3], DECODED.rolled[:, 2, :3], atol=2e-4)
    assert np.isnan(shares(spec)[:, 3]).all()
    (frame,) = spec["layout"]["shapes"]
    assert (frame["y0"], frame["y1"]) == (0.5, 1.5)
    share = f"{DECODED.rolled[2, 2, 1]:.1%}".removesuffix("%")
    assert told(spec, 2, 1).replace("<br>", " ") == f"Layer 2: {float(share):.2g}\u202f% from “·猫”"


def told(spec: Spec, row: int, column: int) -> str:
    """What is said of a cell, as plotly puts it together."""
    (trace,), layout = spec["data"], spec["layout"]
    names = {
        "%{x}": layout["xaxis"]["labelalias"][str(column)], "%{y}": layout["yaxis"]["labelalias"][str(row)],
        "%{customdata}": trace["customdata"][row][column],
    }  # fmt: skip
    text: str = trace["hovertemplate"]
    for place, name in names.items():
        text = text.replace(place, name)
    return text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("figure", ["raw", "rolled", "path"])
def test_each_cell_is_told_by_its_own_names_and_share(figure: str, language: str) -> None:
    """Names repeat, are long, or look like what is filled in."""
    labels = ("%{x}", "·" + "very" * 9, "·猫", "·猫")
    found = rolled(labels, causal=True)
    spec, words = drawn(figure, found, language), Words(language, "attention_heads").get("rollout")
    shares_of = found.rolled[:, 2] if figure == "path" else getattr(found, figure)[1]
    for row in range(len(shares_of)):
        for column in range(3 if figure == "path" else row + 1):
            said = fill(
                words[f"tip_{figure}"], language, layer=row, query=labels[row], key=labels[column],
                share=float(shares_of[row, column]),
            )  # fmt: skip
            words_of = re.sub("<br>| ", "", html.unescape(told(spec, row, column)))
            assert words_of == said.replace(" ", "")


def test_colours_go_with_the_root_and_shares_stand_beside_them() -> None:
    bar = drawn("rolled", ENCODED)["data"][0]["colorbar"]
    written = [float(text.split("\u202f")[0]) / 100 for text in bar["ticktext"]]
    assert np.square(bar["tickvals"]) == pytest.approx(written)


def test_a_link_without_a_place_means_the_last_layer_and_the_last_ordinary_token() -> None:
    assert [figures.layer_of(ENCODED, asked) for asked in (-1, 0, 2, 3, 255)] == [2, 0, 2, 2, 2]
    assert [figures.token_of(ENCODED, asked) for asked in (-1, 0, 3, 4, 255)] == [2, 0, 3, 2, 2]
    alone = rolled(("<s>",), causal=False, special=(0,))
    assert figures.token_of(alone, -1) == 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_strongest_sources_are_named(language: str) -> None:
    words = Words(language, "attention_heads").get("rollout")
    row = np.array([0.004, 0.5, 0.1, 0.3, 0.096], np.float32)
    said = figures.strongest(row, "abcde", words, language, "; ")
    assert said == "“b” 50\u202f%; “d” 30\u202f%; “c” 10\u202f%"
    assert figures.strongest(np.array([0.004, 0.996]), "ab", words, language, "; ") == "“b” 99.6\u202f%"


@pytest.mark.parametrize("figure", ["raw", "rolled", "path"])
def test_hostile_labels_stay_text(figure: str) -> None:
    spec = drawn(figure, DECODED, token=0)
    del spec["layout"]["meta"]  # an attribute, which the browser writes
    assert "<img" not in str(spec)
    assert "</script" not in str(spec)


def test_the_longest_text_is_not_much_to_send() -> None:
    found = rolled(tuple("·word" for _ in range(MOST)), causal=False, layers=2)
    spec = drawn("rolled", found)
    assert len(json.dumps(spec).encode()) < 400_000
    assert len(spec["layout"]["xaxis"]["ticktext"]) <= 20
