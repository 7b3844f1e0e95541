"""The charts of one-hot and of dense vectors: the cosine of every pair, and the same said of it in both."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from plotly.graph_objects import Figure

from core.catalog import LANGUAGES
from core.figures.charts import Spec
from core.figures.embedding_space import matrices as figures
from pages.kit.text import Words
from tests.browser.embedding_space import embedding_data as made

FOUND = made.one_hot_of()
MANY = made.one_hot_of(tuple("猫 狗 汽车 飞机 高兴 快乐 国王 王后 吃 喝".split()))


def drawn(name: str, language: str = "en", found: Any = FOUND) -> Spec:
    words = Words(language, "embedding_space").get("chart_onehot")
    spec: Spec = getattr(figures, name)(found, words, language=language)
    Figure(spec)
    return spec


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_matrices_have_every_cosine_written(language: str) -> None:
    for name, cosines in (("sparse", np.eye(6)), ("dense", FOUND.dense)):
        spec = drawn(name, language)
        (cells,) = spec["data"]
        assert np.array(cells["z"]) == pytest.approx(cosines)
        assert (cells["zmin"], cells["zmax"]) == (-1, 1)
        written = [[float(cell.replace("−", "-")) for cell in row] for row in cells["text"]]
        assert np.array(written) == pytest.approx(cosines, abs=0.005)
        assert [cells["text"][at][at] for at in range(6)] == ["1"] * 6
        assert spec["layout"]["xaxis"]["ticktext"] == spec["layout"]["yaxis"]["ticktext"] == list(FOUND.words)
        assert spec["layout"]["yaxis"]["autorange"] == "reversed", "the first word on top"


def test_a_pair_is_said_alike_in_both() -> None:
    sparse, dense = (drawn(name)["data"][0]["hovertext"] for name in ("sparse", "dense"))
    assert sparse == dense
    said = sparse[1][0].replace("<br>", " ")
    assert said.startswith("dog and cat: one-hot 0.00, dense 0.82")
    assert "right angles" in said
    assert sparse[1][1] == "dog with itself: 1 in both"


def test_how_many_numbers_a_dense_vector_has_is_said() -> None:
    assert "50 learned numbers" in drawn("dense")["layout"]["title"]["text"]


def test_of_many_words_the_colours_alone_are_shown_with_what_they_mean() -> None:
    (cells,) = drawn("dense", "zh", MANY)["data"]
    assert "text" not in cells
    assert cells["colorbar"]["ticktext"] == ["−1", "0", "1"]
    assert "国<br>王" in drawn("dense", "zh", MANY)["layout"]["xaxis"]["ticktext"]
    assert drawn("dense")["data"][0]["showscale"] is False


def test_hostile_words_stay_words() -> None:
    found = made.one_hot_of(("<img src=x>", "<b>b</b>", "c"))
    assert "<img" not in str(drawn("dense", found=found))
