"""Our parameters for BertViz's scripts are those that BertViz writes itself."""

from __future__ import annotations

import importlib
import json
import re
import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from core.compute.attention_heads.bertviz import MOST_LAYERS, chosen, notice, weights
from core.errors import TextTooLong
from core.figures.attention_heads import bertviz as figures
from core.figures.buffer import unpack
from core.figures.framed import GIVEN, framed, scripts
from core.models.load.loading import load
from core.models.read.trace import make_trace
from tests.core.tiny import SAMPLE, tiny


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Any:
    """BertViz's Python side without the notebook that it imports: what it would display is handed back as text."""

    class Shown:
        def __init__(self, data: str) -> None:
            self.data = data

    display = ModuleType("IPython.display")
    vars(display).update(display=lambda one: one, HTML=Shown, Javascript=Shown)
    monkeypatch.setitem(sys.modules, "IPython", ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    yield importlib.import_module("bertviz")
    for name in [name for name in sys.modules if name.partition(".")[0] == "bertviz"]:
        del sys.modules[name]


def written(html: str) -> dict[str, Any]:
    """The parameters in a page that BertViz has made."""
    found = re.search(r"const params = (\{.*\}); // HACK", html)
    assert found
    values: dict[str, Any] = json.loads(found[1])
    return values


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # it leaves its files open
def test_parameters_are_those_that_bertviz_writes(library: Any) -> None:
    trace = make_trace(tiny("bert"), SAMPLE, limit=60)
    found = weights(trace=trace, layers=("0", "2"))
    tensors = [torch.from_numpy(layer.copy())[None] for layer in trace.attention]
    labels = list(trace.tokens.labels)
    ours = figures.parameters(found)
    thousandths = unpack(figures.payload(found, {}, {}, "en"))[1]["thousandths"]
    for view in (library.head_view, library.model_view):
        theirs = written(view(tensors, labels, include_layers=[0, 2], html_action="return").data)
        (one,), (other,) = theirs.pop("attention"), ours["attention"]
        np.testing.assert_allclose(thousandths / 1000, one.pop("attn"), atol=0.0005 + 1e-9)
        assert one == other
        theirs.pop("display_mode", None)
        theirs.pop("root_div_id")
        assert theirs.items() <= ours.items()


def test_layers_of_a_link_are_those_that_exist() -> None:
    assert chosen(("7", "0", "7", "-1", "x", "٣", "1e3", "12"), 12) == (0, 7)
    assert chosen((), 12) == (0, 4, 7, 11)
    assert chosen(("99",), 2) == (0, 1)
    assert len(chosen(tuple(map(str, range(30))), 30)) == MOST_LAYERS


def test_the_scripts_need_nothing_else() -> None:
    found = scripts()
    assert found["d3"].startswith("// https://d3js.org v5.7.0 ")
    for name in ("head_view", "model_view"):
        assert found[name].count("PYTHON_PARAMS;") == 1
        assert GIVEN in framed()[name]
        assert found[name].count("requirejs(") == found[name].count("require.config(") == 1


def test_a_view_is_small_and_a_long_text_is_refused() -> None:
    loaded = load("e5-small-enzh")
    trace = make_trace(loaded, "猫坐在垫子上，因为它累了。" * 3, limit=256)
    found = weights(trace=trace, layers=tuple(map(str, range(6))))
    assert len(found.tokens) > 30
    assert len(figures.payload(found, {}, {}, "zh")) < 1_000_000
    seen = notice(found)
    assert (seen.layers, seen.count, seen.heads, seen.shown, seen.all) == (6, 12, 12, 72, 144)
    columns, rows = figures.table(found)
    assert all(len(row) == len(columns) for row in rows)
    with pytest.raises(TextTooLong):
        weights(trace=make_trace(loaded, "word " * 60, limit=256), layers=())
