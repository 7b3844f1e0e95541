"""Whatever a visitor or a link may bring: a translated sentence, never a traceback, and the input is still there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from core import catalog
from core.calls import Call, complete, plan, walk
from core.catalog import LANGUAGES, Language, Page, Param, State
from pages.kit import models, permalink
from pages.kit.text import table
from tests.hostile import TEXTS, VALUES
from tests.pages.app import healthy, shown, visit

PAGES = [page.stem for page in catalog.PAGES]
MODELS = ("smollm2-135m", "e5-small-enzh")
READING: dict[str, State] = {"embedding_space": {"source": "hidden"}, "position_curves": {"view": "scores"}}
"""The state in which a page reads the text, where it does not do so from the start."""
ALSO = {"attention_heads": ("first", "second", "source"), "token_splits": ("words",)}
"""Parameters that hold a text of their own."""


def choices(page: Page, name: str) -> tuple[str, ...]:
    """The options of a parameter; none where the page has no such parameter."""
    return next((param.options for param in page.params if param.name == name), ())


def reads(page: Page, shows: str) -> bool:
    """Whether a model or a tokenizer is given the text in what a page shows; nothing is computed to know it."""
    calls: list[Call[Any]] = []

    def run(asked: Call[Any]) -> Any:
        calls.append(asked)
        if (found := asked.bundled()) is None:
            raise LookupError
        return found

    state = complete(page, {**READING.get(page.stem, {}), page.by: shows, "lang": "en"})
    with suppress(LookupError):
        walk(plan(page.stem, state), run)
    texts = {state["text"], *(state[name] for name in ALSO.get(page.stem, ()))}
    return any(texts & set(asked.arguments.values()) for asked in calls)


def reading() -> Iterator[tuple[str, str]]:
    """(stem, what it shows): all that reads the text."""
    for page in catalog.PAGES:
        yield from ((page.stem, shows) for shows in choices(page, page.by) if reads(page, shows))


def refusals(language: Language) -> re.Pattern[str]:
    """The sentences that tell a visitor what to mend."""
    errors = table(language, "common")["errors"]
    sentences = [re.split(r"\{[^}]*\}", words) for key, words in errors.items() if key != "unknown"]
    return re.compile("|".join(".+?".join(map(re.escape, parts)) for parts in sentences), re.DOTALL)


def link(page: Page, state: State) -> dict[str, str | list[str]]:
    """A state as query parameters, with nothing added."""
    found = permalink.query(page, state, "en")
    return {name: value for name, value in found.items() if name not in ("model", "text") or name in state}


READS = list(reading())


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize(("stem", "shows"), READS)
def test_strange_texts(stem: str, shows: str, name: str) -> None:
    """In each view, with one of the models in turn: each view and each text meets both."""
    page, text = catalog.find(stem), TEXTS[name]
    model = MODELS[(READS.index((stem, shows)) + list(TEXTS).index(name)) % len(MODELS)]
    query = link(page, {**READING.get(stem, {}), page.by: shows})
    query |= {f"{page.short}_{also}": text for also in ALSO.get(stem, ())}
    app = visit(stem, query | {"lang": "en", "text": text, "model": model})
    healthy(app)
    told = [element.value for element in app.warning]
    assert len(told) <= 1
    assert all(refusals("en").fullmatch(one) for one in told), told
    assert "<script>" not in "".join(str(element.value) for element in app.markdown)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("stem", ["attention_heads", "token_splits", "next_token"])
def test_one_token_and_a_script_are_read_like_any_text(stem: str, model: str) -> None:
    for name in ("one_token", "script"):
        app = visit(stem, {"lang": "en", "text": TEXTS[name], "model": model})
        healthy(app)
        told = [element.value for element in app.warning]
        assert not told
        instead = table("en", "common")["instead"]["decoder"].format(
            asked=models.title("e5-small-enzh"), model=models.title("smollm2-135m")
        )
        stands_in = (stem, model) == ("next_token", "e5-small-enzh")
        assert any(str(one.value).endswith(instead) for one in app.caption) == stands_in


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


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_model_without_cross_attention_is_replaced(language: Language) -> None:
    app = visit("attention_heads", {"lang": language, "ah_part": "cross", "model": "smollm2-135m"})
    healthy(app)
    words = table(language, "common")["instead"]["cross"]
    longest = max(words.replace("}", "{").split("{")[::2], key=len)
    assert longest in shown(app)
    assert app.selectbox(key="model_widget").value == "date-translator"


@pytest.mark.parametrize("part", ["template", "add"])
def test_a_text_too_long_names_its_unit(part: str) -> None:
    app = visit("token_splits", {"lang": "zh", "ts_part": part})
    app.text_area(key="prompt_widget").set_value("字" * 5000).run()
    healthy(app)
    assert "5000 个字符" in app.warning[0].value
    assert app.text_area(key="prompt_widget").value == "字" * 5000


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("stem", dict.fromkeys(stem for stem, _ in READS))
@pytest.mark.parametrize("text", ["", "   \n\t "])
def test_empty_text_asks_for_one(stem: str, language: Language, text: str) -> None:
    state = link(catalog.find(stem), READING.get(stem, {}))
    app = visit(stem, {**state, "lang": language, "text": text})
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


def raw(param: Param, turn: int, place: int) -> str:
    """What a link says of a parameter in a turn: each hostile value once, and in every other turn an option."""
    options = [*param.options, *(("1", "0") if param.kind == "flag" else ())]
    if options and turn % 2:
        return str(options[(turn // 2 + place) % len(options)])
    stride = 2 * (place % 8) + 1  # odd: all values come, and parameters do not always meet in the same pairs
    return str(VALUES[(turn * stride + place) % len(VALUES)])


DEAR = {("classic_models", "cost"): ("corpus", "unit")}
"""What a view computes for half a minute with another option: there these get hostile values alone."""


@pytest.mark.parametrize("turn", range(len(VALUES)))
@pytest.mark.parametrize("stem", PAGES)
def test_every_parameter_survives_every_value(stem: str, turn: int) -> None:
    page = catalog.find(stem)
    params = [Param("present", "flag", False), Param("slide", "int", 0), Param("unheard_of", "text", "")]
    query: dict[str, str | list[str]] = {
        param.name if param in params else f"{page.short}_{param.name}": raw(param, turn, place)
        for place, param in enumerate((*page.params, *params))
    }
    shows = choices(page, page.by)
    if shows and turn:  # each view in turn; the first link names no view that there is
        query[f"{page.short}_{page.by}"] = shows[turn % len(shows)]
        for dear in DEAR.get((stem, shows[turn % len(shows)]), ()) if turn % 2 else ():
            del query[f"{page.short}_{dear}"]
    if turn % 3 == 0:
        query[f"{page.short}_{page.params[-1].name}"] = ["1", "2", "<b>"]
    app = visit(stem, query | {"lang": ("en", "zh", "<script>", "")[turn // 2 % 4]})
    healthy(app)
    assert "<b>" not in shown(app)
    assert "unheard_of" not in app.query_params


@pytest.mark.parametrize("asked", ["", "<script>", "xx", "\x00", "../en"])
def test_a_language_that_there_is_not_is_the_browsers_at_every_run(asked: str) -> None:
    app = visit("position_curves", {"lang": asked})
    healthy(app)
    healthy(app.run())
    assert app.query_params["lang"] == "en"


def test_the_visits_meet_each_parameter_with_each_value_and_each_view() -> None:
    for page in catalog.PAGES:
        for place, param in enumerate(page.params):
            said = {raw(param, turn, place) for turn in range(len(VALUES))}
            if param.options or param.kind == "flag":
                assert said & {*param.options, "1", "0"}
                assert len(said & set(VALUES)) >= len(VALUES) // 2
            else:
                assert said == set(VALUES)
        views = choices(page, page.by)
        assert {views[turn % len(views)] for turn in range(1, len(VALUES))} == set(views)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_hub_out_of_reach_is_a_sentence(language: Language) -> None:
    app = visit("attention_heads", {"lang": language, "model": "hub:nobody/nothing"})
    healthy(app)
    errors = table(language, "common")["errors"]
    starts = [errors[key].split("{")[0] for key in ("hub_unreachable", "model_unavailable")]
    assert app.warning[0].value.startswith(tuple(starts))
    assert app.selectbox(key="model_widget").value == "hub:nobody/nothing"
