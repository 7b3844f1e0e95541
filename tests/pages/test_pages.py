"""Every page × language × preset opens from app.py without a fault and draws its canvases."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from core import catalog
from core.catalog import LANGUAGES, Language, Page, Preset, State, Value
from pages.kit import permalink
from pages.kit.text import table, words
from tests.pages.app import components, healthy, shown, visit

STATES = [
    pytest.param(page, language, preset, id=f"{page.stem}-{language}-{preset.id if preset else 'default'}")
    for page in catalog.PAGES
    for language in LANGUAGES
    for preset in (None, *(p for q in page.questions for p in (q.ask, q.reveal)))
]
CANVASES = {
    "attention_heads": {"glassbox_attention_overview", "glassbox_attention_focus"},
    "token_splits": {"glassbox_token_chips", "glassbox_merge_tree"},
    "position_curves": {"glassbox_position_curves"},
    "next_token": {"glassbox_token_distribution", "glassbox_token_labels"},
}
PARTS = {
    "train": {"glassbox_merge_scrub", "glassbox_vocabulary_curve"},
    "template": {"glassbox_token_rows"},
    "add": {"glassbox_token_rows"},
    "surprise": {"glassbox_surprise_strip"},
    "loop": {"glassbox_repeat_curve"},
    "rollout": {"glassbox_attention_rollout"},
    "cross": {"glassbox_cross_attention"},
    "wake": {"glassbox_waking_head"},
    "pair": {"glassbox_head_pair"},
    "bertviz": {"glassbox_bertviz"},
}  # of the pages in parts
ONE_OF = {  # pages of several views: the canvas of each
    "embedding_space": {
        "map": "embedding_map",
        "analogy": "analogy_path",
        "onehot": "one_hot",
        "senses": "sense_layers",
        "sentences": "sentence_grid",
        "anisotropy": "layer_spread",
        "compress": "compression_curve",
    },
    "model_anatomy": {"flow": "model_flow", "masks": "model_masks"}
    | dict.fromkeys(("lens", "contributions", "norms", "patching", "neurons"), "lens_views"),
    "masked_words": {
        "gap": "gap_fill",
        "rule": "mask_rule",
        "pairs": "pair_scores",
        "pseudo": "pseudo_strip",
    },
}


def canvases(page: Page, state: Mapping[str, Value], language: Language) -> set[str]:
    """The canvases that a page must draw in a state."""
    if page.stem in ONE_OF:
        return {f"glassbox_{ONE_OF[page.stem][str(state.get('view', page.default('view', '', language)))]}"}
    return PARTS.get(str(state.get("part")), CANVASES[page.stem])


@pytest.mark.parametrize(("page", "language", "preset"), STATES)
def test_state_opens(page: Page, language: Language, preset: Preset | None) -> None:
    state = dict(preset.values(language)) if preset else {}
    app = visit(page.stem, permalink.query(page, state, language) | {"lang": language})
    healthy(app)
    assert not app.warning, [element.value for element in app.warning]
    assert app.title[0].value == table(language, page.stem)["page"]["title"]
    assert set(components(app)) >= canvases(page, state, language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("stem", "opening"),
    [
        pytest.param(stem, opening, id=f"{stem}-{'-'.join(map(str, opening.values()))}")
        for stem in ("token_splits", "attention_heads")
        for opening in catalog.find(stem).openings
    ],
)
def test_every_part_of_a_page_opens(stem: str, opening: State, language: Language) -> None:
    page = catalog.find(stem)
    app = visit(page.stem, permalink.query(page, opening, language) | {"lang": language})
    healthy(app)
    assert not app.warning, [element.value for element in app.warning]
    assert set(components(app)) >= PARTS[str(opening["part"])]
    assert "{" not in "".join(element.value for element in app.markdown if "$" not in element.value)
    bundled = table(language, stem).get("badge", table(language, "common")["badge"])["bundled"]
    assert bundled.split("{")[0] in shown(app)  # painted without any computation


def test_another_model_keeps_the_part_and_another_page_s_question_leaves_it() -> None:
    app = visit("token_splits", {"lang": "en", "ts_part": "add", "ts_words": "Glassbox"})
    app.selectbox(key="model_widget").set_value("e5-small-enzh").run()
    healthy(app)
    assert app.query_params["ts_part"] in ("add", ["add"])
    assert app.query_params["ts_words"] in ("Glassbox", ["Glassbox"])
    app.button(key="gb_guess_three_more").click().run()
    healthy(app)
    assert "ts_part" not in app.query_params


def test_new_words_are_typed_between_commas_of_any_script() -> None:
    app = visit("token_splits", {"lang": "zh", "ts_part": "add"})
    app.text_input(key="w_ts_words").set_value(" 大模型，Glassbox、 词元,,").run()
    healthy(app)
    assert app.query_params["ts_words"] in ("大模型,Glassbox,词元", ["大模型,Glassbox,词元"])
    app.text_input(key="w_ts_words").set_value(" ，").run()
    healthy(app)
    assert table("zh", "token_splits")["add"]["none"] in [element.value for element in app.info]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_corpus_of_one_s_own(language: Language) -> None:
    say = words(language, "token_splits")
    app = visit("token_splits", {"lang": language, "ts_part": "train", "ts_corpus": "own"})
    healthy(app)
    assert say("train.own_empty") in [element.value for element in app.info]
    app.text_area(key="ts_corpus").set_value("short").run()
    healthy(app)
    assert app.warning[0].value.startswith(
        table(language, "common")["errors"]["text_too_short"].split("{")[0]
    )
    assert say("units.characters", count=5) in app.warning[0].value
    app.text_area(key="ts_corpus").set_value("好" * 400_000).run()
    healthy(app)
    assert say("units.bytes", count=1_200_000) in app.warning[0].value
    assert app.text_area(key="ts_corpus").value == "好" * 400_000
    app.text_area(key="ts_corpus").set_value("low lower newest widest 小猫 " * 60).run()
    healthy(app)
    assert not app.warning
    assert set(components(app)) >= PARTS["train"]
    assert "lower" not in str(app.query_params)  # nobody else's business


def test_a_file_is_text_or_a_sentence_with_the_remedy() -> None:
    from core.compute.token_splits.corpus import decoded
    from core.errors import NotText, TextTooLong

    assert decoded("\ufeff小猫".encode(), "a.txt") == "小猫"
    assert decoded("小猫".encode("utf-16"), "a.txt") == "小猫"
    for content in ("大模型把文字切成词元".encode("gb18030"), b"\x00\x01binary", b"\xff\xfe\x00"):
        with pytest.raises(NotText):
            decoded(content, "a.txt")
    with pytest.raises(TextTooLong):
        decoded(b"x" * 1_000_001, "a.txt")


def concept_name(language: Language, id: str) -> str:
    """A concept's name as its page has it."""
    page = next(concept.page for concept in catalog.concepts() if concept.id == id)
    return str(table(language, page)["concepts"][id]["name"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_home_shows_every_page_and_concept(language: Language) -> None:
    app = visit("", {"lang": language})
    healthy(app)
    links = [element.proto.label.strip("*") for element in app.get("page_link")]
    for page in catalog.PAGES:
        assert table(language, page.stem)["page"]["title"] in links
    for concept in catalog.concepts():
        assert concept_name(language, concept.id) in links


@pytest.mark.parametrize(
    ("query", "found"), [("掩码", "causal_mask"), ("INDUCTION", "induction_head"), ("ＲｏＰＥ", "rotary")]
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_concept_search_works_in_both_languages(language: Language, query: str, found: str) -> None:
    app = visit("", {"lang": language})
    app.text_input(key="home_search").set_value(query).run()
    healthy(app)
    links = [element.proto.label.strip("*") for element in app.get("page_link")]
    assert concept_name(language, found) in links
    assert concept_name(language, "grouped_query") not in links


def test_concept_search_without_a_hit_says_so() -> None:
    app = visit("", {"lang": "en"})
    app.text_input(key="home_search").set_value("<script>alert(1)</script>").run()
    healthy(app)
    assert "No concept matches" in shown(app)
    assert "<script>" not in shown(app)


@pytest.mark.parametrize("page", catalog.PAGES, ids=lambda page: page.stem)
def test_present_mode_steps_through_questions_and_reveals(page: Page) -> None:
    for step in range(2 * len(page.questions)):
        question = page.questions[step // 2]
        preset = question.reveal if step % 2 else question.ask
        query = permalink.query(page, {**preset.values("en"), "slide": step, "present": True}, "en")
        app = visit(page.stem, query | {"lang": "en"})
        healthy(app)
        words = table("en", page.stem)["experiments"][question.id]
        text = shown(app)
        assert words["question"] in text
        assert (words["why"] in text) == bool(step % 2)
        assert "gb_present" not in [button.key for button in app.button]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_guess_reveals_the_answer(language: Language) -> None:
    page = catalog.find("attention_heads")
    for question in page.questions:
        part = str(question.reveal.values(language).get("part", "heads"))
        app = visit(page.stem, {"ah_part": part, "lang": language})
        app.button(key=f"gb_guess_{question.id}_{question.answer}").click().run()
        healthy(app)
        assert table(language, "common")["guess_right"] in shown(app)
        wrong = next(option for option in question.options if option != question.answer)
        app.button(key=f"gb_guess_{question.id}_{wrong}").click().run()
        assert table(language, "common")["guess_wrong"].split("{")[0] in shown(app)
