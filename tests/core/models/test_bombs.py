"""Models made to harm: each is refused with a reason, takes no memory and leaves nothing on the disk."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from core.catalog import LANGUAGES
from core.models.load import files, sizes
from core.paths import ROOT
from tests.core.models.bombs import BOMBS, LINKS
from tests.core.tiny import NAMES, tiny

pytestmark = pytest.mark.timeout(300)  # the first test starts a process that loads all of them
MEMORY = 50.0  # 10^6 bytes beside what was there


@pytest.fixture(scope="module")
def tried() -> Any:
    """What each has come to, in a process of its own."""
    if not sys.platform.startswith("linux"):
        pytest.skip("the peak of a process's memory is read from /proc")
    command = [sys.executable, "-m", "tests.core.models.bombs"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_a_model_that_does_no_harm_is_loaded(tried: Any) -> None:
    assert tried["plain"]["told"] == tried["plain, hub"]["told"] == "loaded"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        *((name, told) for name, (_, told) in {**BOMBS, **LINKS}.items()),
        *((f"{name}, hub", told) for name, (_, told) in BOMBS.items()),
    ],
)
def test_it_is_refused_with_its_reason_and_takes_no_memory(name: str, told: str, tried: Any) -> None:
    assert tried[name]["told"] == told
    assert tried[name]["megabytes"] <= MEMORY


def test_nothing_is_left_of_them_on_the_disk(tried: Any) -> None:
    assert tried["disk"]["left"] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_reason_has_words(language: str) -> None:
    import tomllib

    table = tomllib.loads((ROOT / "assets" / "text" / language / "common.toml").read_text("utf-8"))
    for _, told in {**BOMBS, **LINKS}.values():
        assert table["reasons"].get(told) or table["errors"].get(told)


# ------------------------------------------------------------------------------------------ the parts


@pytest.mark.parametrize("name", NAMES)
def test_the_closed_form_is_most_of_what_transformers_counts(name: str) -> None:
    """It counts no norms and biases, which are a large part of models that are this small."""
    made: Any = tiny(name)
    config = made.model.config.to_dict()
    stated = sizes.read_sizes(name, made.spec.family, config)
    counted = made.model.num_parameters()
    assert 0.8 * counted < sizes.least_parameters(made.spec.family, config, stated) <= counted


@pytest.mark.parametrize(
    ("family", "config", "published"),
    [
        ("gpt2", {"n_embd": 768, "n_layer": 12, "n_positions": 1024, "vocab_size": 50257}, 124_439_808),
        (
            "llama",
            {"hidden_size": 2048, "num_hidden_layers": 16, "num_attention_heads": 32, "num_key_value_heads": 8,
             "intermediate_size": 8192, "vocab_size": 128256, "tie_word_embeddings": True},
            1_235_814_400,
        ),
        (
            "qwen",
            {"hidden_size": 1024, "num_hidden_layers": 28, "num_attention_heads": 16, "num_key_value_heads": 8,
             "head_dim": 128, "intermediate_size": 3072, "vocab_size": 151936, "tie_word_embeddings": True},
            596_049_920,
        ),
        ("bert", {"hidden_size": 768, "num_hidden_layers": 12, "intermediate_size": 3072,
                  "max_position_embeddings": 512, "vocab_size": 30522}, 109_514_298),
        ("t5", {"d_model": 512, "num_layers": 6, "d_ff": 2048, "d_kv": 64, "num_heads": 8, "vocab_size": 32128},
         60_506_624),
    ],
)  # fmt: skip
def test_the_closed_form_of_published_models(family: str, config: dict[str, Any], published: int) -> None:
    """Parameters as their model cards say them (GPT-2, Llama 3.2 1B, Qwen3 0.6B, BERT base, T5 small)."""
    least = sizes.least_parameters(family, config, sizes.read_sizes("", family, config))
    assert 0.99 * published < least <= published


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("", 0),
        ("1", 0),
        ("[]", 1),
        ('{"a": [1, {"b": []}], "c": []}', 4),
        ('["[[[[", "]]]]", "\\"[[[", "\\\\", ["\\\\\\"["]]', 2),
        ("[" * 30 + "]" * 30, 30),
    ],
)
def test_levels_are_those_of_brackets_outside_of_strings(text: str, levels: int) -> None:
    assert files.nesting(text.encode(), 100) == levels


@pytest.mark.parametrize("piece", [1, 2, 3, 5, 8])
def test_levels_are_the_same_in_pieces(piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    text = r'{"a\\": ["\"[", [["\\\"{", "\u005b"]]], "\\\\": {"b": "]"}}'
    assert depth(json.loads(text)) == 4
    monkeypatch.setattr(files, "_PIECE", piece)
    assert files.nesting(text.encode(), 100) == 4


def depth(value: object) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max((depth(one) for one in inner), default=0)
