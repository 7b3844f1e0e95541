"""token_splits: how is text cut, and what does it cost?"""

from __future__ import annotations

from core.catalog import kinds
from core.catalog.kinds import (
    LANGUAGES,
    Concept,
    Language,
    Page,
    Param,
    Preset,
    Question,
    Value,
    both,
    frozen,
)

DECODER, ENCODER = "smollm2-135m", "e5-small-enzh"
PARTS = ("cut", "train", "template", "add")
ALGORITHMS = ("bpe", "wordpiece", "unigram")
CORPORA = ("english", "chinese", "both")
SIZES = (100, 200, 400, 800, 1200, 2000, 4000, 8000)
WORDS = ("unbelievably", "Tokenization", "大模型", "词元")
OWN = "own"
"""In the place of a corpus: the visitor's own text, which is in no link."""
MOST_LANES = 4
MOST_TOKENS = 64  # of one piece, at the slider's end

SENTENCE_EN = "Tokenization isn't free: unbelievably rare words cost more."
SENTENCE_ZH = "人工智能正在改变世界，大模型把文字切成词元。"
VERSE = "春风不知何处去，明月万里照江山。"
"""Stands in for that sentence where a vocabulary is trained on poems: they know its characters and word pairs."""
MIXED = "我用 Python 写了一个 tokenizer，效果 not bad！"
CODE = "def area(r):\n    return 3.14159 * r ** 2\n"
THREE = "鱼在水里，鸟飞。"
SPACE = "the the The THE"
NUMBER = "1234567890"
FAMILY = "👨‍👩‍👧‍👦"
CHAT = "Hello!\nHi, how can I help?\n大模型是什么？"
WORDY = "大模型把文字切成词元。 Tokenization isn't free."
LONG: dict[Language, str] = {
    "en": (
        "A model reads only so many tokens at once. A longer text has to be cut into pieces first, and a piece "
        "must not end inside a character: half a 字 or half an emoji 👩‍🚀 is no text at all."
    ),
    "zh": (
        "模型一次能读的词元有限，长文本要先切成几段。切口不能落在一个字符中间："
        "半个字、半个表情符号 👩‍🚀 都不成文字。"
    ),
}


ASKED = frozen()
SHOWN = frozen(part="train", corpus="english", text=SENTENCE_EN)


def read_with(corpus: str, text: str) -> str:
    """The text that the steps of training are shown on: poems have no word for what the page's own sentence says."""
    return VERSE if text == SENTENCE_ZH and corpus == "chinese" else text


def question(
    id: str, options: tuple[str, ...], answer: str, text: str, ask: str, *reveal: str, **values: Value
) -> Question:
    """Ask with one vocabulary on another text, then show what several do with the text in question."""
    before, after = both(text=ask, vocab=("words",)), both(text=text, vocab=reveal, **values)
    return kinds.question(id, options, answer, "ts_chips", before, after)


PAGE = Page(
    stem="token_splits",
    short="ts",
    chapter="tokens",
    icon=":material/content_cut:",
    params=(
        Param("vocab", "list", ("gpt2", "o200k", "bert"), high=MOST_LANES),
        Param("show", "choice", "text", options=("text", "ids", "bytes")),
        Param("limit", "int", 0, low=0, high=MOST_TOKENS),
        Param("by", "text", ""),
        Param("piece", "text", ""),
        Param("part", "choice", "cut", options=PARTS, kept=True),
        Param("algorithm", "choice", "bpe", options=ALGORITHMS, kept=True),
        Param("corpus", "choice", "english", options=(*CORPORA, OWN), kept=True),
        Param("size", "int", 2000, low=64, high=8000, kept=True),
        Param("step", "int", -1, low=-1, high=8000, kept=True),
        Param("d_model", "int", 512, low=64, high=16384, kept=True),
        Param("side", "choice", "right", options=("right", "left"), kept=True),
        Param("turn", "choice", "answer", options=("answer", "end"), kept=True),
        Param("words", "list", WORDS, high=12, kept=True),
    ),
    model={"en": DECODER, "zh": ENCODER},
    text={"en": SENTENCE_EN, "zh": SENTENCE_ZH},
    examples={
        "en": (
            ("sentence", SENTENCE_EN, ""),
            ("chinese", SENTENCE_ZH, ""),
            ("mixed", MIXED, ""),
            ("code", CODE, ""),
            ("numbers", "1 + 1 = 2, 3.14159, 1234567890, 2026-11-22", ""),
            ("emoji", "👍 👍🏽 👩‍🚀 👨‍👩‍👧‍👦 🇨🇳", ""),
        ),
        "zh": (
            ("chinese", SENTENCE_ZH, ""),
            ("sentence", SENTENCE_EN, ""),
            ("mixed", MIXED, ""),
            ("code", CODE, ""),
            ("numbers", "1 + 1 = 2，3.14159，1234567890，2026年11月22日", ""),
            ("emoji", "👍 👍🏽 👩‍🚀 👨‍👩‍👧‍👦 🇨🇳", ""),
        ),
    },
    questions=(
        question(
            "three", ("fewer", "same", "more"), "more", THREE, THREE, "gpt2", "o200k", by="gpt2", piece="鱼"
        ),
        question("space", ("same", "case", "differs"), "differs", SPACE, SPACE, "gpt2", "bert", show="ids"),
        question("numbers", ("whole", "three", "digits"), "three", NUMBER, NUMBER, "cl100k", "qwen", "gpt2"),
        question("family", ("one", "four", "many"), "many", FAMILY, FAMILY, "gpt2", "o200k", "characters"),
        Question(
            "doubling",
            Preset("doubling_ask", ASKED, ASKED),
            Preset("doubling", SHOWN, SHOWN),
            ("half", "third", "tenth"),
            "tenth",
            "ts_curve",
        ),
    ),
    openings=(
        *(frozen(part="train", algorithm=a, corpus=c) for a in ALGORITHMS for c in CORPORA),
        frozen(part="template"),
        frozen(part="template", model=DECODER),
        frozen(part="add"),
    ),
    concepts=(
        Concept("tokenization", "3.2", "token_splits", both()),
        Concept(
            "token_ids",
            "3.2",
            "token_splits",
            {lang: frozen(text=SPACE, vocab=("gpt2", "bert"), show="ids") for lang in LANGUAGES},
        ),
        Concept("bpe", "3.3", "token_splits", both(text=SENTENCE_EN, by="o200k", piece=" unbelievably")),
        Concept(
            "wordpiece",
            "3.3",
            "token_splits",
            both(text=SENTENCE_EN, vocab=("bert", "gpt2"), by="bert", piece="bel"),
        ),
        Concept(
            "unigram",
            "3.3",
            "token_splits",
            both(text=SENTENCE_EN, vocab=("xlm-r", "gpt2"), by="xlm-r", piece="beli"),
        ),
        Concept("words_and_characters", "3.3", "token_splits", both(vocab=("words", "characters", "o200k"))),
        Concept(
            "chinese_words",
            "3.3",
            "token_splits",
            both(text=SENTENCE_ZH, vocab=("jieba", "bert-chinese", "o200k")),
        ),
        Concept(
            "vocabulary_size",
            "3.6",
            "token_splits",
            both(part="train"),
        ),
        Concept(
            "train_tokenizer",
            "3.10",
            "token_splits",
            both(part="train", corpus="english", text=SENTENCE_EN, step=57),
        ),
        Concept(
            "special_tokens", "3.7", "token_splits", both(part="template", text=SENTENCE_EN, model=ENCODER)
        ),
        Concept("chat_template", "3.7", "token_splits", both(part="template", text=CHAT, model=DECODER)),
        Concept("padding_mask", "3.7", "token_splits", both(part="template", text=CHAT, side="left")),
        Concept("added_words", "3.13", "token_splits", both(part="add", text=WORDY, model=DECODER)),
        Concept(
            "utf8_bytes",
            "3.11",
            "token_splits",
            both(text=THREE, vocab=("gpt2", "bytes"), by="gpt2", piece="鱼", show="bytes"),
        ),
        Concept("fertility", "3.11", "token_splits", both(vocab=("gpt2", "o200k", "xlm-r"))),
        Concept(
            "token_budget",
            "3.2",
            "token_splits",
            {lang: frozen(text=LONG[lang], vocab=("gpt2", "o200k"), limit=24) for lang in LANGUAGES},
        ),
    ),
    limit=0,
    by="part",
    canvases={
        "cut": ("token_chips", "merge_tree", "chart"),
        "train": ("merge_scrub", "chart"),
        "template": ("token_rows",),
        "add": ("token_rows",),
    },
    papers=("Sennrich et al. 2016", "Kudo 2018", "Petrov et al. 2023", "Hewitt 2021", "Gee et al. 2022"),
    defaults={ENCODER: frozen(vocab=("gpt2", "o200k", "bert-chinese"))},
    spoken={"zh": frozen(corpus="chinese")},
)  # fmt: skip
