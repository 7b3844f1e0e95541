"""The same forward pass on card and CPU: offered where there is a card, and told as it was found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from core.catalog import LANGUAGES, Language
from core.models.load.loading import load
from core.models.read.beside import Beside, Side
from core.results import named
from pages.kit import code
from pages.kit.text import table
from tests.pages.app import visit

if TYPE_CHECKING:
    from core.models.load.residency import LoadedModel

TEXT = "The quick brown fox"
TIMES = {"card": (3.0, 12.0), "processor": (9.0, 3.0), "neither": (5.0, 5.0)}


def panel(language: Language) -> AppTest:
    """The tab that tells how the next token is computed, with the model in memory."""
    load("tiny-gpt")
    app = visit("next_token", {"lang": language, "model": "tiny-gpt", "text": TEXT})
    app.session_state["gb_tabs"] = table(language, "common")["tabs"]["compute"]
    return app.run()


def pressed(monkeypatch: pytest.MonkeyPatch, language: Language, card: float, processor: float) -> str:
    """What is told of these milliseconds, on a machine that says it has a card."""
    odds = np.array([0.61, 0.2], np.float32)

    @named(f"devices.told_{language}_{card}_{processor}")
    def made(*, loaded: LoadedModel, text: str, most: int) -> Beside:
        assert (loaded.spec.id, text, most > 0) == ("tiny-gpt", TEXT, True)
        sides = [
            Side(name, dtype, size, spent, (" fox", " <b>"), odds)
            for name, dtype, size, spent in (
                ("cuda", "bfloat16", 2_000_000, card),
                ("cpu", "float32", 4_000_000, processor),
            )
        ]
        return Beside(sides[0], sides[1], 9, 0.012, 0.0003)

    monkeypatch.setattr(code, "best_device", lambda: ("cuda", torch.bfloat16))
    monkeypatch.setattr(code, "beside", made)
    app = panel(language)
    assert not app.metric
    app.session_state["gb_tabs"] = table(language, "common")["tabs"]["compute"]
    app.button(code.KEY).click().run()
    assert not app.exception
    assert [one.label for one in app.metric] == ["cuda · bfloat16", "cpu · float32"]
    assert [len(one.value) for one in app.dataframe] == [2, 2]
    return "\n".join(one.value for one in app.markdown).replace("\\", "").replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("sooner", TIMES)
def test_it_says_which_is_sooner(monkeypatch: pytest.MonkeyPatch, language: Language, sooner: str) -> None:
    told = pressed(monkeypatch, language, *TIMES[sooner])
    words = table(language, "common")["both"]
    for other in TIMES:
        assert (words[other].rpartition("}")[2] in told) is (other == sooner)
    times = {"card": "4", "processor": "3"}.get(sooner)
    assert times is None or f"**{times}" in told
    assert "1.2" in told


def test_without_a_card_it_is_not_offered() -> None:
    app = panel("en")
    assert all(one.key != code.KEY for one in app.button)
    assert app.code
