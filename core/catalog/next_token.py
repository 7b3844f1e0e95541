"""next_token: what will it say next, and what does temperature do?"""

from __future__ import annotations

from collections.abc import Mapping

from core.catalog.kinds import (
    LANGUAGES,
    Concept,
    Language,
    Page,
    Param,
    State,
    Value,
    frozen,
    question,
)  # fmt: skip

DECODER, CHINESE, POEMS = "smollm2-135m", "qwen2.5-coder-0.5b", "poem-gpt"
"""The bundled models that read English, Chinese and Chinese verse."""
PARTS = ("filters", "generate", "lanes", "beam", "loop", "surprise")
STEPS = ("repetition", "frequency", "presence", "temperature", "top_k", "top_p", "min_p", "typical")
LANES = ("0.2", "0.7", "1", "1.5")
MOST_FORCED = 64

FRANCE = "The capital of France is"
STORY = "Once upon a time, there was a"
NAME = "Professor Quillfeather met Dana at the harbour. Later that night, Professor Quill"
PIZZA = "She put the pizza in the oven. He put the pizza in the washing machine."
CODE = "def add(a, b):\n    return a"
WEATHER = "The baker sold blue bread to a tired tiger."
DAYS = "星期一、星期二、星期三、星期"

JAPAN = "法国的首都是巴黎，日本的首都是"
HELLO = "你好，我叫"
PERSON = "魁夫教授在码头遇见了小丹。当天夜里，魁"
OVEN = "今天，她把披萨放进了烤箱。他把披萨放进了洗衣机。"
WHALE = "戴草帽的鲸鱼在月台上卖蓝色的雨伞。"
CHAT = "<|im_start|>user\n中国的首都是哪里？<|im_end|>\n<|im_start|>assistant\n"
"""A user's turn and the beginning of the answer, as the model's template writes them."""
MOON = "床前明月光，疑是地上霜。举头望明月，低头思"
MIXED = "我最近在学 Python，下一步想学 machine"
RAIN = "小楼听夜雨，深巷卖花声。\n孤舟载酒迟"
"""Five characters after a couplet of fives: what comes next is known to who has counted them."""

TEXT: dict[Language, str] = {"en": FRANCE, "zh": JAPAN}
OPEN: dict[Language, str] = {"en": STORY, "zh": HELLO}
AGAIN: dict[Language, str] = {"en": NAME, "zh": PERSON}
TRAP: dict[Language, str] = {"en": PIZZA, "zh": OVEN}
PHRASE: dict[Language, str] = {"en": WEATHER, "zh": WHALE}
QUESTION: dict[Language, str] = {"en": "What is the capital of China?", "zh": "中国的首都是哪里？"}
PENALTY: dict[Language, float] = {"en": 1.5, "zh": 2.0}
"""What it takes to make the model misspell a name that it has read: the surer it is, the more."""


def each(texts: Mapping[Language, str], **values: Value | Mapping[Language, Value]) -> dict[Language, State]:
    """One state per language, with a text of its own; a value too may be told for each language."""

    def value(of: Value | Mapping[Language, Value], language: Language) -> Value:
        return of[language] if isinstance(of, Mapping) else of

    return {
        lang: frozen(text=texts[lang], **{name: value(of, lang) for name, of in values.items()})
        for lang in LANGUAGES
    }


PAGE = Page(
    stem="next_token",
    short="nt",
    chapter="prediction",
    icon=":material/casino:",
    params=(
        Param("part", "choice", "filters", options=PARTS),
        Param("temperature", "float", 1.0, low=0, high=3),
        Param("top_k", "int", 0, low=0, high=300_000),
        Param("top_p", "float", 1.0, low=0, high=1),
        Param("min_p", "float", 0.0, low=0, high=1),
        Param("typical", "float", 1.0, low=0, high=1),
        Param("repetition", "float", 1.0, low=0.5, high=2),
        Param("frequency", "float", 0.0, low=-2, high=2),
        Param("presence", "float", 0.0, low=-2, high=2),
        Param("order", "list", STEPS, high=len(STEPS)),
        Param("view", "choice", "bars", options=("bars", "tail")),
        Param("chat", "choice", "raw", options=("raw", "chat")),
        Param("forced", "list", (), high=MOST_FORCED),
        Param("unit", "choice", "bits", options=("bits", "nats")),
        Param("other", "text", ""),
        Param("length", "int", 40, low=1, high=256),
        Param("forks", "list", (), high=64),
        Param("lanes", "list", LANES, high=4),
        Param("beams", "int", 4, low=1, high=8),
        Param("depth", "int", 8, low=1, high=24),
        Param("repeats", "int", 8, low=2, high=16),
        Param("seed", "int", 0, low=0, high=9999),
    ),
    model={"en": DECODER, "zh": CHINESE},
    text=TEXT,
    examples={
        "en": (
            ("fact", FRANCE, ""),
            ("story", STORY, ""),
            ("name", NAME, ""),
            ("trap", PIZZA, ""),
            ("code", CODE, ""),
            ("chinese", DAYS, CHINESE),
        ),
        "zh": (
            ("fact", JAPAN, CHINESE),
            ("dialogue", CHAT, CHINESE),
            ("poem", MOON, CHINESE),
            ("mixed", MIXED, CHINESE),
            ("code", CODE, CHINESE),
            ("name", PERSON, CHINESE),
            ("trap", OVEN, CHINESE),
            ("verse", RAIN, POEMS),
        ),
    },
    questions=(
        question("temperature", ("same", "other", "even"), "same", "nt_distribution",
            each(TEXT), each(TEXT, temperature=2.0),
        ),
        question("width", ("same", "few", "many"), "many", "nt_distribution",
            each(TEXT, top_p=0.9), each(OPEN, top_p=0.9),
        ),
        question("penalty", ("still", "falls", "rises"), "falls", "nt_distribution",
            each(AGAIN), each(AGAIN, repetition=PENALTY),
        ),
        question("surprise", ("pizza", "washing", "other"), "washing", "nt_surprise",
            each(TRAP), each(TRAP, part="surprise"),
        ),
        question("loop", ("same", "falls", "rises"), "rises", "nt_loop",
            each(PHRASE), each(PHRASE, part="loop"),
        ),
    ),
    concepts=(
        Concept("next_token_prediction", "1.17", "next_token", each(TEXT)),
        Concept("temperature", "1.11", "next_token", each(TEXT, temperature=2.0)),
        Concept("top_k", "1.11", "next_token", each(TEXT, top_k=5)),
        Concept("top_p", "1.11", "next_token", each(TEXT, top_p=0.9)),
        Concept("repetition_penalty", "1.11", "next_token", each(AGAIN, repetition=PENALTY)),
        Concept("long_tail", "1.11", "next_token", each(OPEN, view="tail")),
        Concept("perplexity", "1.11", "next_token", each(TRAP, part="surprise")),
        Concept("autoregression", "1.17", "next_token", each(OPEN, part="generate")),
        Concept("beam_search", "1.17", "next_token", each(TEXT, part="beam")),
        Concept("repetition_loop", "1.11", "next_token", each(PHRASE, part="loop")),
        Concept("raw_or_chat", "1.17", "next_token", each(QUESTION, chat="chat")),
    ),
    limit=512,
    by="part",
    canvases={
        "filters": ("token_distribution", "token_labels"),
        "generate": ("generation_tree",),
        "lanes": ("lanes",),
        "beam": ("beam_tree",),
        "loop": ("chart",),
        "surprise": ("surprise_strip",),
    },
    papers=("Fan et al. 2018", "Holtzman et al. 2020", "Meister et al. 2023", "Nguyen et al. 2024"),
)  # fmt: skip
