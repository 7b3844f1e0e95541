"""next_token: what will it say next, and what does temperature do?"""

from __future__ import annotations

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

DECODER = "smollm2-135m"
PARTS = ("filters", "generate", "lanes", "beam", "loop", "surprise")
STEPS = ("repetition", "frequency", "presence", "temperature", "top_k", "top_p", "min_p", "typical")
LANES = ("0.2", "0.7", "1", "1.5")
MOST_FORCED = 64

FRANCE = "The capital of France is"
STORY = "Once upon a time, there was a"
NAME = "Professor Quillfeather met Dana at the harbour. Later that night, Professor Quill"
PIZZA = "She put the pizza in the oven. He put the pizza in the washing machine."
DAYS = "星期一、星期二、星期三、星期"
PERSON = "我的朋友张伟住在北京。昨天我看见了张"
QUESTION = "What is the capital of China?"
CODE = "def add(a, b):\n    return a"
WEATHER = "The baker sold blue bread to a tired tiger."

TEXT: dict[Language, str] = {"en": FRANCE, "zh": DAYS}
OPEN: dict[Language, str] = {"en": STORY, "zh": "你好，我叫"}
AGAIN: dict[Language, str] = {"en": NAME, "zh": PERSON}


def each(texts: dict[Language, str] | str, **values: Value) -> dict[Language, State]:
    """One state per language: a text of its own, or the same text for both."""
    text = dict.fromkeys(LANGUAGES, texts) if isinstance(texts, str) else texts
    return {lang: frozen(**{"text": text[lang], **values}) for lang in LANGUAGES}


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
    model={"en": DECODER, "zh": DECODER},
    text=TEXT,
    examples={
        "en": (
            ("fact", FRANCE, ""),
            ("story", STORY, ""),
            ("name", NAME, ""),
            ("trap", PIZZA, ""),
            ("code", CODE, ""),
            ("chinese", DAYS, ""),
        ),
        "zh": (
            ("days", DAYS, ""),
            ("person", PERSON, ""),
            ("hello", OPEN["zh"], ""),
            ("fact", FRANCE, ""),
            ("trap", PIZZA, ""),
            ("code", CODE, ""),
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
            each(AGAIN), each(AGAIN, repetition=1.5),
        ),
        question("surprise", ("pizza", "washing", "machine"), "washing", "nt_surprise",
            each(PIZZA), each(PIZZA, part="surprise"),
        ),
        question("loop", ("same", "falls", "rises"), "rises", "nt_loop",
            each(WEATHER), each(WEATHER, part="loop"),
        ),
    ),
    concepts=(
        Concept("next_token_prediction", "1.17", "next_token", each(TEXT)),
        Concept("temperature", "1.11", "next_token", each(TEXT, temperature=2.0)),
        Concept("top_k", "1.11", "next_token", each(TEXT, top_k=5)),
        Concept("top_p", "1.11", "next_token", each(TEXT, top_p=0.9)),
        Concept("repetition_penalty", "1.11", "next_token", each(AGAIN, repetition=1.5)),
        Concept("long_tail", "1.11", "next_token", each(OPEN, view="tail")),
        Concept("perplexity", "1.11", "next_token", each(PIZZA, part="surprise")),
        Concept("autoregression", "1.17", "next_token", each(OPEN, part="generate")),
        Concept("beam_search", "1.17", "next_token", each(TEXT, part="beam")),
        Concept("repetition_loop", "1.11", "next_token", each(WEATHER, part="loop")),
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
