"""glossary: what is it called, in English and in Chinese, and where is it seen?"""

from __future__ import annotations

from core.catalog.kinds import Concept, Page, Param, both, question

MODEL, CHINESE = "smollm2-135m", "qwen2.5-coder-0.5b"
LIST, SHOWN = "gl_list", "gl_entry"
"""Key of the canvas that holds the terms."""

PAGE = Page(
    stem="glossary",
    short="gl",
    chapter="interview",
    icon=":material/dictionary:",
    params=(
        Param("view", "choice", "terms", options=("terms",), kept=True),
        Param("entry", "text", "", kept=True),
        Param("query", "text", "", kept=True),
    ),
    model={"en": MODEL, "zh": CHINESE},
    text={"en": "One term.", "zh": "一个术语。"},
    examples={"en": (), "zh": ()},
    questions=(
        question(
            "eight", ("wrong", "choices", "tokens"), "choices", SHOWN,
            both(entry="next_token_prediction", query="softmax"), both(entry="perplexity"),
        ),
        question(
            "nucleus", ("fixed", "share", "threshold"), "share", SHOWN,
            both(entry="temperature", query="softmax"), both(entry="top_p"),
        ),
        question(
            "open", ("weights", "data", "both"), "weights", SHOWN,
            both(entry="checkpoint", query="softmax"), both(entry="open_weights"),
        ),
    ),
    concepts=(
        Concept("field_vocabulary", "1.11", "glossary", both()),
        Concept("frontier_words", "12.5", "glossary", both(entry="mixture_of_experts")),
    ),
    limit=256,
    papers=(),
    canvases={"terms": ("entry_list",)},
)  # fmt: skip
