"""Whatever a visitor or a link may bring: a translated sentence, never a traceback, and the input is still there."""

from __future__ import annotations

import random

import pytest
from streamlit.testing.v1 import AppTest

from core import catalog
from core.catalog import LANGUAGES, Language
from pages.kit import permalink
from pages.kit.text import table
from tests.pages.app import healthy, shown, visit

PAGES = [page.stem for page in catalog.PAGES]
MODELS = ("smollm2-135m", "e5-small-enzh")
READING = {"embedding_space": {"es_source": "hidden"}, "position_curves": {"pc_view": "scores"}}
"""The state in which a page reads the text, where it does not do so from the start."""
TEXTS = {
    "one_token": "a",
    "right_to_left": "שלום עולם مرحبا بالعالم",
    "emoji": "👩‍👩‍👧‍👦 🇨🇳 é ̈ Z̷͑a̸͝l̵g̶o",
    "controls": "a\x00b\x07c\x1bd\u200b\u202ee\u2028f",
    "script": "<script>alert(1)</script></script><img src=x onerror=alert(1)>",
    "markdown": "**bold** [x](javascript:alert(1)) $x$ :red[r] | a | `b` {0} {name} %s",
    "lone_surrogate_like": "\ufffd\ufffe\uffff",
    "newlines": "a\n\n\n\tb\r\nc",
}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("stem", PAGES)
def test_strange_texts(stem: str, name: str, model: str) -> None:
    app = visit(stem, {"lang": "en", "text": TEXTS[name], "model": model, **READING.get(stem, {})})
    healthy(app)
    told = [element.value for element in app.warning]
    if stem == "next_token" and model == "e5-small-enzh":
        assert told == [table("en", "common")["errors"]["needs_decoder"].format(model="e5\\-small\\-enzh")]
    elif stem == "embedding_space" and told:  # a map of so few tokens would say nothing
        assert len(told) == 1
        assert told[0].startswith(table("en", "common")["errors"]["too_few_points"].split("{")[0])
    else:
        assert not told
    assert "<script>" not in "".join(str(element.value) for element in app.markdown)


@pytest.mark.parametrize("part", ["train", "template", "add"])
@pytest.mark.parametrize("name", TEXTS)
def test_strange_texts_in_every_part_of_tokenization(name: str, part: str) -> None:
    for model in MODELS:
        query = {
            "lang": "en",
            "text": TEXTS[name],
            "model": model,
            "ts_part": part,
            "ts_words": TEXTS[name][:20],
        }
        app = visit("token_splits", query)
        healthy(app)
        assert not app.warning, [element.value for element in app.warning]
        assert "<script>" not in "".join(str(element.value) for element in app.markdown)


@pytest.mark.parametrize("part", ["rollout", "wake", "bertviz", "pair"])
@pytest.mark.parametrize("name", TEXTS)
def test_strange_texts_in_every_part_of_attention(name: str, part: str) -> None:
    for model in MODELS:
        query = {
            "lang": "en", "text": TEXTS[name], "model": model, "ah_part": part, "ah_first": TEXTS[name],
            "ah_second": TEXTS[name],
        }  # fmt: skip
        app = visit("attention_heads", query)
        healthy(app)
        told = [element.value for element in app.warning]
        assert len(told) <= 1
        refused = ("text_too_short", "text_too_long")  # one token cannot rest; BertViz draws forty at most
        starts = tuple(table("en", "common")["errors"][key].split("{")[0] for key in refused)
        assert all(one.startswith(starts) for one in told), told
        assert "<script>" not in "".join(str(element.value) for element in app.markdown)


ATTENTION_PARTS = ("rollout", "wake", "bertviz", "cross", "pair")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("part", ATTENTION_PARTS)
def test_no_text_and_too_much_of_it_in_every_part_of_attention(part: str, language: Language) -> None:
    errors = table(language, "common")["errors"]
    for text, key in (("", "text_empty"), ("word " * 3000, "text_too_long")):
        query = {"lang": language, "text": text, "ah_part": part, "ah_first": text, "ah_source": text}
        app = visit("attention_heads", query)
        healthy(app)
        assert app.warning[0].value.startswith(errors[key].split("{")[0])


@pytest.mark.parametrize("part", ATTENTION_PARTS)
def test_every_parameter_of_a_part_of_attention_survives_every_value(part: str) -> None:
    page = catalog.find("attention_heads")
    draw = random.Random(13)
    for _ in range(6):
        query: dict[str, str | list[str]] = {
            f"ah_{param.name}": draw.choice(HOSTILE) for param in page.params
        }
        app = visit("attention_heads", query | {"lang": "en", "ah_part": part})
        healthy(app)
        assert "<b>" not in "".join(str(element.value) for element in app.markdown)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_model_without_cross_attention_is_replaced(language: Language) -> None:
    app = visit("attention_heads", {"lang": language, "ah_part": "cross", "model": "smollm2-135m"})
    healthy(app)
    words = table(language, "attention_heads")["notice"]["cross_instead"]
    longest = max(words.replace("}", "{").split("{")[::2], key=len)
    assert longest in shown(app)


@pytest.mark.parametrize("part", ["train", "template", "add"])
def test_every_parameter_of_a_part_survives_every_value(part: str) -> None:
    page = catalog.find("token_splits")
    draw = random.Random(11)
    for _ in range(8):
        query: dict[str, str | list[str]] = {
            f"ts_{param.name}": draw.choice([*HOSTILE, *param.options]) for param in page.params
        }
        query |= {"ts_part": part, "text": draw.choice(list(TEXTS.values()))}
        query["ts_size"] = draw.choice(["-1", "9", "64", "300", "1e999", "NaN"])
        app = visit("token_splits", query)
        healthy(app)
        assert "<b>" not in shown(app)


@pytest.mark.parametrize("part", ["template", "add"])
def test_a_text_too_long_names_its_unit(part: str) -> None:
    app = visit("token_splits", {"lang": "zh", "ts_part": part})
    app.text_area(key="prompt_widget").set_value("字" * 5000).run()
    healthy(app)
    assert "5000 个字符" in app.warning[0].value
    assert app.text_area(key="prompt_widget").value == "字" * 5000


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("stem", PAGES)
@pytest.mark.parametrize("text", ["", "   \n\t "])
def test_empty_text_asks_for_one(stem: str, language: Language, text: str) -> None:
    app = visit(stem, {"lang": language, "text": text, **READING.get(stem, {})})
    healthy(app)
    assert table(language, "common")["errors"]["text_empty"] in [element.value for element in app.warning]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("text", ["word " * 5000, "词元。" * 12000], ids=["5000_tokens", "100_kB"])
def test_too_long_text_names_count_and_limit_and_is_kept(language: Language, model: str, text: str) -> None:
    app = visit("attention_heads", {"lang": language, "model": model})
    app.text_area(key="prompt_widget").set_value(text).run()
    healthy(app)
    assert "256" in app.warning[0].value
    assert app.text_area(key="prompt_widget").value == text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("model", "key"),
    [
        ("no-such-model", "unknown_model"),
        ("<script>alert(1)</script>", "unknown_model"),
        ("hub:../../etc/passwd", "unknown_model"),
        ("folder:../secret", "unknown_model"),
        ("x" * 5000, "unknown_model"),
    ],
)
def test_unknown_models_are_refused_with_the_remedy(language: Language, model: str, key: str) -> None:
    app = visit("attention_heads", {"lang": language, "model": model})
    healthy(app)
    start = table(language, "common")["errors"][key].split("{")[0]
    assert app.warning[0].value.startswith(start)
    assert "<script>" not in app.warning[0].value


HOSTILE = (
    "",
    "-1",
    "9" * 400,
    "NaN",
    "inf",
    "1e999",
    "null",
    "[]",
    "{}",
    "../..",
    "<b>",
    "\x00",
    "词元",
    "5.1,5.1,999.999,a.b",
    "0,0",
    " ",
)


@pytest.mark.parametrize("stem", PAGES)
def test_every_parameter_survives_every_value(stem: str) -> None:
    page = catalog.find(stem)
    names = [f"{page.short}_{param.name}" for param in page.params] + [
        "lang",
        "present",
        "slide",
        "unheard_of",
    ]
    draw = random.Random(7)
    for round_ in range(2 * len(HOSTILE)):
        query: dict[str, str | list[str]] = {name: draw.choice(HOSTILE) for name in names}
        query["lang"] = draw.choice(["en", "zh", "<script>", ""])
        if round_ % 3 == 0:
            query[f"{page.short}_{page.params[0].name}"] = ["1", "2", "<b>"]
        app = visit(stem, query)
        healthy(app)
        assert "<b>" not in shown(app)
        assert "unheard_of" not in app.query_params


@pytest.mark.parametrize("stem", PAGES)
def test_parse_undoes_format(stem: str) -> None:
    for param in (*catalog.find(stem).params, *permalink.SHARED):
        low = max(param.low, 0)
        bounds = (int(low), int(min(param.high, max(low, 7)))) if param.kind == "int" else ()
        for value in (param.default, *param.options, *bounds):
            assert param.parse(param.format(value)) == value


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_hub_out_of_reach_is_a_sentence(language: Language) -> None:
    app = visit("attention_heads", {"lang": language, "model": "hub:nobody/nothing"})
    healthy(app)
    errors = table(language, "common")["errors"]
    starts = [errors[key].split("{")[0] for key in ("hub_unreachable", "model_unavailable")]
    assert app.warning[0].value.startswith(tuple(starts))
    assert app.selectbox(key="model_widget").value == "hub:nobody/nothing"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "query",
    [
        {
            "nt_temperature": value,
            "nt_top_k": value,
            "nt_top_p": value,
            "nt_min_p": value,
            "nt_typical": value,
        }
        for value in ("0", "-1", "nan", "1e9", "inf", "<script>", "")
    ]
    + [
        {"nt_repetition": "0", "nt_frequency": "1e9", "nt_presence": "-inf"},
        {
            "nt_order": "top_p,x,top_p," + "y," * 500,
            "nt_seed": "-5",
            "nt_view": "x",
            "nt_part": "x",
            "nt_chat": "x",
        },
        {"nt_part": "surprise", "nt_unit": "x"},
    ],
)
def test_next_token_settings_of_a_link_are_clamped(query: dict[str, str], language: Language) -> None:
    app = visit("next_token", query | {"lang": language})
    healthy(app)
    assert not app.warning, [element.value for element in app.warning]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("query", "key"),
    [
        ({"nt_forced": "49152"}, "bad_parameter"),
        ({"nt_forced": "<script>"}, "bad_parameter"),
        ({"text": "word " * 600}, "text_too_long"),
        ({"text": "a", "nt_part": "surprise"}, "text_too_short"),
        ({"nt_part": "surprise", "nt_other": "no-such-model"}, "unknown_model"),
        ({"nt_part": "surprise", "nt_other": "e5-small-enzh"}, "needs_decoder"),
    ],
)
def test_next_token_says_what_is_wrong(query: dict[str, str], key: str, language: Language) -> None:
    app = visit("next_token", query | {"lang": language})
    healthy(app)
    sentence = table(language, "common")["errors"][key]
    longest = max(sentence.replace("}", "{").split("{")[::2], key=len)
    assert longest in app.warning[0].value
    assert "<script>" not in app.warning[0].value


def test_another_text_starts_without_forced_tokens() -> None:
    app = visit("next_token", {"lang": "en", "nt_forced": "7042"})
    healthy(app)
    assert permalink_of(app) == ("7042",)
    app.text_area(key="prompt_widget").set_value("The capital of Italy is").run()
    healthy(app)
    assert permalink_of(app) == ()


def permalink_of(app: AppTest) -> tuple[str, ...]:
    found: tuple[str, ...] = app.session_state["glassbox"]["state"].get("nt_forced", ())
    return found
