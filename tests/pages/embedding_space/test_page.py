"""The page about word vectors, driven without a browser: its views, the visitor's own words, and what goes wrong."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.catalog import LANGUAGES, Language
from core.catalog.embedding_space import LIST_EN, VIEWS
from core.compute.embedding_space import encodings
from pages.kit.text import table, words
from pages.views.embedding_space import fields
from pages.views.embedding_space.views import Lasso
from tests.pages.app import charts, components, healthy, shown, visit

STEM = "embedding_space"
FIGURES = {
    "map": 1,
    "analogy": 2,
    "onehot": 2,
    "senses": 2,
    "sentences": 3,
    "anisotropy": 3,
    "compress": 1,
}
PCA = {"lang": "en", "es_method": "pca"}


def open_page(**query: str) -> AppTest:
    app = visit(STEM, {**PCA, **query})
    healthy(app)
    return app


def said(app: AppTest) -> list[str]:
    return [str(element.value) for element in app.warning]


def sentence(key: str) -> str:
    """The first words of an error's sentence, up to its first value."""
    return str(table("en", "common")["errors"][key]).split("{")[0]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("view", VIEWS)
def test_every_view_says_what_to_notice(view: str, language: Language) -> None:
    app = visit(STEM, {"lang": language, "es_view": view})
    healthy(app)
    assert not app.warning
    notices = [element.value for element in app.markdown if "-badge[" in str(element.value)]
    assert len(notices) == 1
    assert "{" not in notices[0]


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_can_be_taken_home_and_is_explained(view: str) -> None:
    app = open_page(es_view=view)
    app.session_state["gb_tabs"] = table("en", "common")["tabs"]["data"]
    app.run()
    healthy(app)
    labels = [element.proto.label for element in app.get("download_button")]
    assert len(labels) == 3 + FIGURES[view], "each chart is a file of its own, and all of them one to print"
    app.session_state["gb_tabs"] = table("en", "common")["tabs"]["compute"]
    app.run()
    healthy(app)
    assert "import" in shown(app)
    assert "def " in shown(app)


def test_the_snippet_of_a_view_runs() -> None:
    app = open_page(es_view="analogy")
    app.session_state["gb_tabs"] = table("en", "common")["tabs"]["compute"]
    app.run()
    program = str(app.code[0].value)
    space: dict[str, Any] = {"print": lambda _: None}
    exec(program, space)
    assert space["result"].words[0] == "queen"


def test_a_projection_that_waits_is_explained_and_its_button_drawn_once() -> None:
    app = open_page(es_method="umap", es_count="5000")
    start = table("en", "common")["jobs"]["start"]
    for tab in ("compute", "data"):
        app.session_state["gb_tabs"] = table("en", "common")["tabs"][tab]
        app.run()
        healthy(app)
        assert [button.label for button in app.button].count(start) == 1
        assert ("table_map" in shown(app)) is (tab == "compute")
    assert not app.get("download_button")


def test_a_slider_at_zero_is_zero() -> None:
    app = open_page(es_method="umap", es_count="5000")
    app.slider(key="w_es_min_dist").set_value(0.0).run()
    healthy(app)
    assert app.query_params["es_min_dist"] in ("0", ["0"])
    assert app.slider(key="w_es_min_dist").value == 0


def test_words_are_typed_between_commas_of_any_script() -> None:
    app = open_page(es_view="onehot")
    app.text_input(key="w_es_words").set_value("cat；dog、 bus;car，,").run()
    healthy(app)
    assert app.query_params["es_words"] in ("cat,dog,bus,car", ["cat,dog,bus,car"])
    assert app.text_input(key="w_es_words").value == "cat, dog, bus, car"


def test_a_picked_word_that_the_table_lacks_leaves_the_map() -> None:
    app = open_page(es_word="qqqxxyz")
    assert "glassbox_embedding_map" in components(app)
    assert [text.startswith(sentence("unknown_words")) for text in said(app)] == [True]
    app.session_state["gb_tabs"] = table("en", "common")["tabs"]["data"]
    assert len(app.run().get("download_button")) == 4


def test_another_table_brings_its_own_words() -> None:
    app = open_page(es_view="analogy")
    app.segmented_control(key="w_es_table").set_value("chinese").run()
    healthy(app)
    assert not app.warning
    assert [app.text_input(key=f"w_es_{name}").value for name in "abc"] == ["巴黎", "法国", "英国"]
    assert "伦敦" in shown(app)


def test_switching_the_language_keeps_the_words() -> None:
    app = open_page(es_view="analogy")
    app.segmented_control(key="lang_widget").set_value("zh").run()
    healthy(app)
    assert app.title[0].value == table("zh", STEM)["page"]["title"]
    assert app.text_input(key="w_es_a").value == "king"
    assert "queen" in shown(app)


@pytest.mark.parametrize(
    ("own", "key"),
    [
        ("qqqxxyz, zzzqqwv", "unknown_words"),
        ("cat", "too_few_points"),
        ("a,1,2\nb,3", "bad_table"),
        ("a,g,1,2\nb,g,nan,4\nc,g,5,6", "not_finite"),
        ("a,1,2\nb,1,2\nc,1,2", "identical_vectors"),
        ("\n".join(f"w{n}" for n in range(5001)), "too_many_rows"),
        ("", "text_empty"),
    ],
)
def test_a_list_that_cannot_be_drawn_is_a_sentence_and_is_kept(own: str, key: str) -> None:
    app = open_page(es_source="list")
    app.text_area(key="w_es_own").set_value(own).run()
    healthy(app)
    assert [text for text in said(app) if text.startswith(sentence(key))], said(app)
    assert app.text_area(key="w_es_own").value == own


def test_words_that_the_table_lacks_are_named_and_the_others_drawn() -> None:
    app = open_page(es_source="list", es_own="cat, dog, cat, horse, blarghx, <b>bold</b>")
    assert not app.warning
    assert "glassbox_embedding_map" in components(app)
    text = shown(app)
    assert "blarghx" in text
    assert "<b>" not in text
    assert words("en", STEM)("notice.repeated", words="cat", count=1) in text


def upload(monkeypatch: pytest.MonkeyPatch, content: bytes) -> AppTest:
    """The page with a file in its uploader; the test driver has none of its own that knows bytes."""
    file = encodings.given(content)
    monkeypatch.setattr(fields, "_file", lambda: file)
    return open_page(es_source="list")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_file_is_drawn_instead_of_the_list(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    rows = "名称,组,x,y,z\n甲,一,1,2,3\n乙,一,2,1,0\n丙,二,0,1,5\n丁,二,3,3,3\n"
    app = upload(monkeypatch, rows.encode(encoding))
    assert not app.warning
    assert "glassbox_embedding_map" in components(app)
    assert app.text_area(key="w_es_own").value == LIST_EN


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_whose_encoding_was_guessed_says_so_and_another_can_be_chosen(
    monkeypatch: pytest.MonkeyPatch, language: Language
) -> None:
    content = encodings.given("貓,1,2\n學習,3,4\n".encode("big5"))
    monkeypatch.setattr(fields, "_file", lambda: content)
    app = visit(STEM, {**PCA, "lang": language, "es_source": "list"})
    healthy(app)
    said = words(language, STEM)
    assert said("notice.encoding", name="GB 18030") in captions(app)
    box = app.selectbox(key="w_es_encoding")
    assert box.value == "gb18030"
    box.set_value("big5").run()
    healthy(app)
    assert app.selectbox(key="w_es_encoding").value == "big5"
    assert said("notice.encoding", name="Big5") in captions(app)
    assert encodings.decode(content.content, "big5").text.startswith("貓")


def captions(app: AppTest) -> str:
    return "\n".join(str(element.value) for element in app.caption)


def notice(app: AppTest) -> str:
    return next(str(element.value) for element in app.markdown if "-badge[" in str(element.value))


@pytest.mark.parametrize("language", LANGUAGES)
def test_as_what_a_table_was_read_is_said(language: Language) -> None:
    own, said = "name;x;y;group\na;1,5;2,5;0\nb;3,5;4,5;1\nc;5,5;6;1", words(language, STEM)
    app = visit(STEM, {**PCA, "lang": language, "es_source": "list", "es_own": own})
    healthy(app)
    assert not app.warning
    read = captions(app)
    assert said("notice.table", rows=3, columns=said("list_separator").join("xy")) in read
    for key, name in (("table_label", "name"), ("table_group", "group")):
        assert said(f"notice.{key}", name=name) in read
    assert said("notice.table_comma") in read
    assert said("notice.table_comma") not in captions(
        open_page(es_source="list", es_own="a,1,2\nb,3,5\nc,4,4")
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_axes_that_hold_all_of_the_variance_leave_nothing_out(language: Language) -> None:
    own, said = "a,1,2,0\nb,3,5,0\nc,4,4,0\nd,9,1,{}", words(language, STEM)
    for dims, last, share in (("2", "0", 1.0), ("3", "7", 1.0), ("2", "7", None)):
        query = {"lang": language, "es_source": "list", "es_dims": dims, "es_own": own.format(last)}
        app = visit(STEM, {**PCA, **query})
        healthy(app)
        whole = said("notice.map_pca_all", dims=int(dims), share=1.0)
        assert (whole in notice(app)) is (share == 1.0)
    part = visit(STEM, {**PCA, "lang": language, "es_dims": "3"})
    assert said("notice.map_pca_all", dims=3) not in notice(part)
    assert notice(part).startswith(said("notice.map_pca", dims=3, share=0.5, rest=0.5).partition("5")[0])


@pytest.mark.parametrize("language", LANGUAGES)
def test_missing_words_are_named_where_too_few_are_left(language: Language) -> None:
    app = visit(STEM, {**PCA, "lang": language, "es_source": "list", "es_own": "貓, 狗, 馬"})
    healthy(app)
    assert "貓, 馬" in said(app)[0]
    app = visit(STEM, {"lang": language, "es_view": "onehot", "es_table": "chinese", "es_words": "狗,馬"})
    healthy(app)
    assert "馬" in said(app)[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_headings_and_lines_that_the_model_cannot_read_are_named(language: Language) -> None:
    text = "# animals\nA cat sleeps.\n#hashtag people\nКошка\nсобака\n# nobody"
    app = visit(STEM, {**PCA, "lang": language, "es_source": "lines", "text": text})
    healthy(app)
    told, line = words(language, STEM), notice(app)
    assert told("notice.names", words="nobody") in line
    assert told("notice.unknown", words=told("list_separator").join(("Кошка", "собака"))) in line
    none = visit(STEM, {**PCA, "lang": language, "es_source": "lines", "text": "Кошка\nсобака"})
    assert "<unk>" in said(none)[0].replace("\\", "")


def test_no_words_are_a_state_of_their_own_in_the_link() -> None:
    app = open_page(es_view="onehot")
    app.text_input(key="w_es_words").set_value("").run()
    healthy(app)
    assert app.query_params["es_words"] in ("", [""])
    again = open_page(es_view="onehot", es_words="")
    assert again.text_input(key="w_es_words").value == ""


def test_a_seed_is_offered_where_it_changes_something() -> None:
    for method, there in (("umap", True), ("tsne", False), ("pca", False)):
        app = visit(STEM, {"lang": "en", "es_method": method, "es_count": "5000"})
        assert ("w_es_seed" in [slider.key for slider in app.slider]) is there


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"\xff\xfe\x00\xd8\x81", "bad_encoding"),
        (b"a,1,2\n" * 400_000, "file_too_large"),
        (b"", "text_empty"),
    ],
)
def test_a_bad_file_is_a_sentence(monkeypatch: pytest.MonkeyPatch, content: bytes, key: str) -> None:
    app = upload(monkeypatch, content)
    assert [text for text in said(app) if text.startswith(sentence(key))], said(app)


@pytest.mark.parametrize(
    "query",
    [
        {"es_view": "analogy", "es_a": "<script>alert(1)</script>"},
        {"es_view": "analogy", "es_a": ""},
        {"es_view": "onehot", "es_words": "cat"},
        {"es_view": "onehot", "es_words": "<b>,<i>,{0}"},
        {"es_view": "senses", "es_set": "../../etc/passwd"},
        {"es_view": "senses", "es_set": "own", "es_word": "bank", "es_lines": "no such word"},
        {"es_view": "sentences", "es_pairs": "one side only"},
        {"es_word": "<script>alert(1)</script>"},
        {"es_place": "1_2_3); alert(1)"},
        {"es_source": "hidden", "es_layer": "200"},
        {"es_source": "hidden", "text": "one"},
        {"es_view": "anisotropy", "es_on": "text", "text": "one"},
    ],
)
def test_hostile_states_are_sentences(query: dict[str, str]) -> None:
    app = open_page(**query)
    assert "<script>" not in shown(app)
    assert "<b>" not in shown(app)


def test_circled_words_become_a_list_of_their_own() -> None:
    app = open_page()
    app.session_state["glassbox"].own[Lasso] = Lasso(("cat", "dog", "horse"))
    app.run()
    app.button(key="es_lasso").click().run()
    healthy(app)
    assert app.text_area(key="w_es_own").value == "cat\ndog\nhorse"


def test_the_layer_of_the_cone_is_set_beside_it_and_in_the_link() -> None:
    app = open_page(es_view="anisotropy")
    slider = app.select_slider(key="w_es_layer")
    assert slider.options == [str(layer) for layer in range(13)]
    assert slider.value == -1, "the last one"
    assert "es_layer" not in app.query_params
    last = charts(app)
    slider.set_value(3).run()
    healthy(app)
    assert app.query_params["es_layer"] in ("3", ["3"])
    third = charts(app)
    assert third["es_spread"]["layout"]["shapes"][0]["x0"] == 3
    assert last["es_spread"]["layout"]["shapes"][0]["x0"] == 12
    assert third["es_spread"]["data"] == last["es_spread"]["data"]
    assert third["es_cosines"]["data"] != last["es_cosines"]["data"]
    assert any("Layer 3 of 12" in str(element.value) for element in app.markdown)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_pair_is_chosen_beside_the_charts_and_in_the_link(language: Language) -> None:
    app = visit(STEM, {"lang": language, "es_view": "sentences"})
    healthy(app)
    box = app.selectbox(key="w_es_pair")
    assert box.value == "-1"
    assert "shapes" not in charts(app)["es_sentences"]["layout"]
    box.set_value("3").run()
    healthy(app)
    assert app.query_params["es_pair"] in ("3", ["3"])
    drawn = charts(app)
    assert drawn["es_sentences"]["layout"]["shapes"][0]["y0"] == 2.5
    first, second = (drawn["es_sentences"]["data"][0][side][3].split(". ", 1)[1] for side in "yx")
    lines = [str(element.value).replace("\\", "") for element in app.markdown]
    assert any(f"**{first.replace('<br>', ' ')}**" in line for line in lines)
    assert any(second.replace("<br>", "") in line for line in lines)


def test_the_layer_of_the_senses_is_set_below_them_and_in_the_link() -> None:
    app = open_page(es_view="senses")
    slider = app.select_slider(key="w_es_layer")
    best = slider.options.index("9 (best)")
    assert (best, slider.value) == (9, -1), "the best one is what a link without a layer opens"
    assert "es_layer" not in app.query_params
    before = charts(app)
    slider.set_value(2).run()
    healthy(app)
    assert app.query_params["es_layer"] in ("2", ["2"])
    after = charts(app)
    assert after["es_parting"]["layout"]["shapes"][0]["x0"] == 2
    assert before["es_parting"]["layout"]["shapes"][0]["x0"] == 9
    assert after["es_senses"]["data"][1]["x"] == before["es_senses"]["frames"][2]["data"][1]["x"]
    assert any("Layer 2:" in str(element.value) for element in app.markdown)


@pytest.mark.parametrize(("layer", "shown"), [("9", -1), ("200", -1), ("0", 0)])
def test_a_layer_of_a_link_is_one_that_the_slider_has(layer: str, shown: int) -> None:
    assert open_page(es_view="senses", es_layer=layer).select_slider(key="w_es_layer").value == shown


def test_the_sentences_of_the_senses_stand_there_with_their_word_but_in_no_lecture() -> None:
    app = open_page(es_view="senses")
    lines = [str(element.value) for element in app.markdown if "\n- " in str(element.value)]
    assert [line.count("**bank**") for line in lines] == [8, 8]
    assert [line.partition("\n")[0] for line in lines] == ["**money**", "**river**"]
    lecture = open_page(es_view="senses", present="1", slide="5")
    assert "es_senses" in charts(lecture)
    assert not any("\n- " in str(element.value) for element in lecture.markdown)


def test_the_neighbours_of_an_answer_are_shown_and_let_go() -> None:
    app = open_page(es_view="analogy")
    answers = app.button_group(key="w_es_word")
    assert answers.options[:2] == ["queen", "throne"]
    assert not any("Nearest to “throne”" in str(element.value) for element in app.markdown)
    answers.set_value("throne").run()
    healthy(app)
    assert app.query_params["es_word"] in ("throne", ["throne"])
    assert any("Nearest to “throne”" in str(element.value) for element in app.markdown)
    app.button_group(key="w_es_word").set_value(None).run()
    healthy(app)
    assert "es_word" not in app.query_params
    assert not any("Nearest to “throne”" in str(element.value) for element in app.markdown)


def test_a_lecture_draws_few_answers() -> None:
    for present, count in ((False, 11), (True, 6)):
        lecture = {"present": "1", "slide": "1"} if present else {}
        drawn = charts(open_page(es_view="analogy", **lecture))["es_answers"]
        assert sum(len(trace["x"]) for trace in drawn["data"]) == count
