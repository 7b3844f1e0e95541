"""The words: the same in both languages, well set in each, and nowhere else than in their files."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import numbers
from core.paths import ROOT

TEXT = ROOT / "assets" / "text"
FILES = sorted(path.name for path in (TEXT / "en").glob("*.toml"))
PAGES = sorted((ROOT / "pages").glob("*.py"))

HAN = "\u3400-\u4dbf\u4e00-\u9fff"
SPACES = " \u2009\u202f\u00a0"
MARKUP = re.compile(
    r"`[^`]*`"  # code
    r"|\$[^$]*\$"  # formulas
    r"|https?://\S+"
    r"|\]\([^)]*\)"  # link targets
    r"|:[a-z]+(?:/[a-z_]+)?:"  # icons
    r"|:[a-z]+(?:-[a-z]+)?(?=\[)"  # colours
    r"|\{[^{}]*\}"  # placeholders
    r"|\b(?:hub|folder):"  # beginnings of model ids
    r"|<[^<>]*>"
)
# What a quotation mark encloses is an example text, in whatever language it is.
QUOTED = re.compile(r"“[^”]*”|‘[^’]*’|「[^」]*」|《[^》]*》|\"[^\"]*\"")
CITED = re.compile(r"[（(][^（）()]*\b(?:19|20)\d\d\b[^（）()]*[）)]")  # (Olsson et al. 2022)

GLOSS = re.compile(rf"(?<=[{HAN}])（[A-Za-z]+(?:[ -][A-Za-z]+){{0,3}}）")  # 注意力汇（attention sink）
APART = {"chips.rate"}  # the number stands before the sentence, in an element of its own
NO_NUMBER = ("left", "right", "change", "unknown")  # names of texts, shares: no number of what follows
NEVER_ONE = {"canvas_sentences.summary"}
BILINGUAL = {
    "search.placeholder",
    "canvas.search_hint",
}  # a search takes both languages, and its example says so

# Words that Chinese writing about language models leaves in Latin letters.
TERMS = frozenset(
    """
    Glassbox Streamlit safetensors Hugging Face Hub GitHub Python PyTorch transformers Community Cloud Apache MIT
    GPT BERT RoBERTa Llama Qwen SmolLM SmolLM2 Instruct T5 Marian Transformer XLM Pythia DistilBERT DistilGPT Coder Poem
    token softmax logit logits query key value head MLP KV RoPE GQA ReLU LayerNorm RMSNorm
    CPU GPU CUDA MPS MB GB ms nats nat KL URL URI QR HTML CSV JSON PNG SVG UTF Unicode ID id API
    Enter Ctrl Alt Esc Home End Page Up Down Tab Shift
    Top Min
    tiktoken BPE WordPiece Unigram SentencePiece UNK tokenization jieba owner name
    ALiBi YaRN Press Raffel Peng Kazemnejad
    GloVe PCA UMAP SNE CSV Mikolov Ethayarajh Pennington recall float int
    GPipe ZeRO Adam gloo Shoeybi Rajbhandari
    BertViz HeadVis exBERT English Olsson Vaswani Clark Elhage Michel Xiao Voita Su Kobayashi
    Jesse Vig Abnar Zuidema Bahdanau et al
    Kneser Ney Bradley Terry Baum Welch San gram
    ChatGPT LoRA QLoRA AdamW Adam FlashAttention PagedAttention Mamba fp bf
    Adam AdaGrad SGD LoRA ZeRO FlashAttention Korthikanti Rajbhandari Dettmers Micikevicius Chen Hu XL bfloat
    SM Anki Cepeda max
    Mini NSP MLM PMI Kauf Ivanova Salazar Liu Devlin Taylor base
    SWE bench HumanEval SmoothQuant GraphRAG ReAct chrF Gumbel
    """.split()
)


def leaves(table: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a word file with its dotted id; items of a list are numbered."""
    if isinstance(table, dict):
        for key, value in table.items():
            yield from leaves(value, f"{name}.{key}" if name else key)
    elif isinstance(table, list):
        for index, value in enumerate(table):
            yield from leaves(value, f"{name}[{index}]")
    else:
        yield name, str(table)


def texts(language: str, file: str) -> dict[str, str]:
    return dict(leaves(tomllib.loads((TEXT / language / file).read_text("utf-8"))))


def fields(text: str) -> list[tuple[str, str]]:
    """The values that a sentence takes: name and format; the braces of a formula are none."""
    return re.findall(r"\{(\w+)(?::([^{}]*))?\}", re.sub(r"\$[^$]*\$", "", text))


def placeholders(text: str) -> list[str]:
    """Names of the values that a sentence shows, sorted; a form that only agrees with one shows none."""
    return sorted(name for name, form in fields(text) if not form.startswith("|"))


def agreeing(text: str) -> set[str]:
    """Names of the values with which a word of the sentence agrees, "{count:|is|are}"."""
    return {name for name, form in fields(text) if form.startswith("|")}


def counted() -> list[tuple[str, str]]:
    """Every singular of the English words with its plural."""
    forms = [
        form.split("|") for file in FILES for text in texts("en", file).values() for _, form in fields(text)
    ]
    return sorted({(form[1], form[2]) for form in forms if len(form) == 3})


def prose(text: str) -> str:
    """A sentence without its markup, formulas, placeholders and quoted examples."""
    return QUOTED.sub("“”", GLOSS.sub("", CITED.sub("", MARKUP.sub(" ", text))))


def misplaced_punctuation(text: str) -> list[str]:
    """ASCII punctuation where Chinese has its own: next to a Han character."""
    plain = MARKUP.sub("\x00", text)
    after = re.findall(rf"[{HAN}”）」》][,;:?!](?=[{HAN}{SPACES}\x00“]|$)", plain)
    stop = re.findall(rf"[{HAN}”）」》]\.(?=[{SPACES}{HAN}]|$)", plain)
    brackets = re.findall(rf"[{HAN}][{SPACES}]?\((?!\x00?$)|\)[{HAN}]", plain)
    return after + stop + brackets


def left_in_english(text: str) -> list[str]:
    """Latin words that are no term of the field, no name and no unit."""
    known = {term.lower() for term in TERMS}
    words = re.findall(r"[A-Za-z][A-Za-z']+", prose(text))
    return [word for word in words if word.lower() not in known and not word.isupper()]


def test_both_languages_have_the_same_files() -> None:
    assert FILES
    assert sorted(path.name for path in (TEXT / "zh").glob("*.toml")) == FILES


@pytest.mark.parametrize("file", FILES)
def test_both_languages_say_the_same_things(file: str) -> None:
    english, chinese = texts("en", file), texts("zh", file)
    assert english.keys() == chinese.keys()
    assert not [key for key, text in (english | chinese).items() if not text.strip()], "empty"
    differ = {
        key: (text, chinese[key])
        for key, text in english.items()
        if placeholders(text) != placeholders(chinese[key])
    }
    assert not differ


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("file", FILES)
def test_formats_of_numbers_are_known(language: str, file: str) -> None:
    for key, text in texts(language, file).items():
        for _, form in fields(text):
            assert form.count("|") in ((0, 2) if language == "en" else (0,)), (
                f"{language}/{file} {key}: {form}"
            )
            if form:
                assert numbers.say(2.0, form, language)
        if key not in APART:
            assert agreeing(text) <= set(placeholders(text)), f"{language}/{file} {key}: {text!r}"


def uncounted(text: str, nouns: str) -> list[str]:
    """Plurals that stand behind a number whatever it is: "{count} tokens"; names of texts and lists are no numbers."""
    bare = rf"\{{(?!(?:{'|'.join(NO_NUMBER)})\b)\w+(?::[^{{}}|]*)?\}}(?:st|nd|rd|th\b|\*\*)? (?:{nouns})\b"
    return re.findall(bare, re.sub(r"\$[^$]*\$", "", text)) + re.findall(r"\}(?:st|nd|rd|th)\b", text)


@pytest.mark.parametrize("file", FILES)
def test_what_is_counted_agrees_with_its_number(file: str) -> None:
    nouns = "|".join(re.escape(many) for _, many in counted() if many.endswith("s") and many != "times")
    for key, text in texts("en", file).items():
        assert not (key not in NEVER_ONE and uncounted(text, nouns)), f"en/{file} {key}: {text!r}"


def test_a_plural_that_is_always_one_is_found() -> None:
    assert uncounted("It has {count:n} tokens.", "tokens|more tokens") == ["{count:n} tokens"]
    assert uncounted("It has {count:n|token|tokens}.", "tokens") == []
    assert uncounted("The {count}th time", "tokens") == ["}th"]
    assert agreeing("{count:n} {count:|is|are}") == {"count"}


@pytest.mark.parametrize("file", FILES)
def test_entries_stand_in_the_same_order(file: str) -> None:
    assert list(texts("en", file)) == list(texts("zh", file))


@pytest.mark.parametrize("file", FILES)
def test_chinese_is_chinese_and_set_in_chinese_punctuation(file: str) -> None:
    for key, text in texts("zh", file).items():
        if key in BILINGUAL:
            continue
        if left := left_in_english(text):
            pytest.fail(f"zh/{file} {key}: English left in Chinese: {left} in {text!r}")
        if wrong := misplaced_punctuation(text):
            pytest.fail(f"zh/{file} {key}: ASCII punctuation beside Han: {wrong} in {text!r}")
        assert re.search(f"[{HAN}]", text) or not re.search(
            r"[a-z]{2}", re.sub("|".join(sorted(TERMS, key=len, reverse=True)), "", prose(text))
        ), f"zh/{file} {key}: no Chinese in {text!r}"


@pytest.mark.parametrize("file", FILES)
def test_english_is_english(file: str) -> None:
    """Chinese stands in English sentences only as a quoted example or a name of the language."""
    for key, text in texts("en", file).items():
        if key not in BILINGUAL:
            assert not re.search(f"[{HAN}]", prose(text).replace("中文", "")), f"en/{file} {key}: {text!r}"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("注意力，不是解释。", 0),
        ("注意力,不是解释.", 2),
        ("每个头(head)", 1),
        ("看 `a, b` 与 [文档](https://x.org/a,b)。", 0),
        ("第 {layer} 层：{head}", 0),
        ("层:头", 1),
        ("温度 0.7 时", 0),
    ],
)
def test_punctuation_rule(text: str, wrong: int) -> None:
    assert len(misplaced_punctuation(text)) == wrong


def test_english_rule() -> None:
    assert left_in_english("每个 token 的 softmax 权重（Olsson et al. 2022）") == []
    assert left_in_english("这个 head looks at 前一个") == ["looks", "at"]
    assert left_in_english("试试“The cat sat”与 {word}") == []
    assert left_in_english("注意力汇（attention sink）") == []


# --- words in code ---

ID = re.compile(r"[a-z0-9_.:/%#=-]*")  # ids, icons, widths: never read by a visitor
SHOWN_BY_KEYWORD = {"label", "help", "placeholder", "body", "text", "title", "caption", "alt", "page_title"}


def _docstrings(tree: ast.Module) -> set[ast.AST]:
    owners = [
        node for node in ast.walk(tree) if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
    ]
    first = [owner.body[0] for owner in owners if owner.body]
    return {node.value for node in first if isinstance(node, ast.Expr)}


def literal_words(source: str) -> list[str]:
    """Texts in a page that a visitor would read: what is no id, and all that goes straight to Streamlit."""
    tree = ast.parse(source)
    found = []
    skip = _docstrings(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in skip:
            letters = re.search(r"\w", node.value)
            if letters and not ID.fullmatch(node.value):
                found.append(f"line {node.lineno}: {node.value!r}")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            if isinstance(owner, ast.Name) and owner.id == "st":
                shown = [*node.args[:1], *(k.value for k in node.keywords if k.arg in SHOWN_BY_KEYWORD)]
                found += [
                    f"line {arg.lineno}: st.{node.func.attr}({arg.value!r})"
                    for arg in shown
                    if isinstance(arg, ast.Constant)
                    and isinstance(arg.value, str)
                    and re.search(r"\w", arg.value)
                ]
    return found


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.name))
def test_a_page_holds_no_words_of_its_own(path: Path) -> None:
    assert literal_words(path.read_text("utf-8")) == []


def test_literal_words_are_found() -> None:
    assert (
        literal_words(
            '"""Doc string."""\nimport streamlit as st\nst.columns([2, 1])\nst.write(words("page.title"))'
        )
        == []
    )
    assert len(literal_words('st.write("attention")')) == 1
    assert len(literal_words('st.button(words("go"), help="now")')) == 1
    assert len(literal_words('label = "Choose a head"')) == 1
    assert len(literal_words('label = f"第 {n} 层"')) == 2


# --- words that the code asks for ---


def test_every_error_has_its_sentence() -> None:
    """Each error's key is in common.toml, table [errors], and names only values that the error carries."""
    from core import errors

    sentences = tomllib.loads((TEXT / "en" / "common.toml").read_text("utf-8"))["errors"]
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.GlassboxError)
    ]
    for kind in kinds:
        assert kind.key in sentences, kind.__name__
        said = re.findall(r"``(\w+)``", kind.__doc__ or "")
        used = placeholders(sentences[kind.key]) if isinstance(sentences[kind.key], str) else []
        assert set(used) <= set(said), f"{kind.__name__}: {used} but carries {said}"


def test_every_step_of_a_model_s_loading_has_its_words() -> None:
    """The first argument of each call of a progress callback is an entry of common.toml, table [progress]."""
    said = tomllib.loads((TEXT / "en" / "common.toml").read_text("utf-8"))["progress"]
    used = set()
    for path in (ROOT / "core" / "models").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("progress", "report")
            ):
                used |= {arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant)}
    assert used
    assert used <= said.keys()
