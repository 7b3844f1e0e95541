"""Two models read the same text side by side."""

from __future__ import annotations

import pytest

from core.catalog import LANGUAGES, Language
from core.figures.buffer import unpack
from tests.pages.app import healthy, visit

OPENS_ON = {"en": "SmolLM2 135M Instruct", "zh": "Qwen2.5-Coder 0.5B Instruct"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_second_model_has_a_lane_of_its_own(language: Language) -> None:
    verse = "春风吹柳绿，明月照江清。"
    query = {"lang": language, "nt_part": "surprise", "nt_other": "poem-gpt", "text": verse}
    app = visit("next_token", query)
    healthy(app)
    strips = [one.proto for one in app.get("bidi_component") if "surprise_strip" in one.proto.component_name]
    meta, arrays = unpack(strips[0].bytes)
    assert [lane["model"] for lane in meta["lanes"]] == [OPENS_ON[language], "Poem GPT"]
    assert "".join(meta["lanes"][1]["labels"]).endswith(verse)
    assert len(arrays["nats1"]) == len(verse) + 1
