"""question_bank: what is asked in interviews, and what would one answer?"""

from __future__ import annotations

from core.catalog.kinds import Concept, Page, Param, both, question

CHAPTERS = (
    "foundations", "applications", "tasks", "data", "training", "adaptation", "evaluation", "retrieval", "efficiency",
    "code", "design", "operations", "frontier",
)  # fmt: skip
"""The chapters of the bank; each has a file of that name in ``assets/questions``."""
MODEL, CHINESE = "smollm2-135m", "qwen2.5-coder-0.5b"
LIST, SHOWN = "qb_list", "qb_entry"
"""Key of the canvas that holds the list and the quiz."""

PAGE = Page(
    stem="question_bank",
    short="qb",
    chapter="interview",
    icon=":material/quiz:",
    params=(
        Param("view", "choice", "read", options=("read", "quiz"), kept=True),
        Param("entry", "text", "", kept=True),
        Param("chapter", "choice", "all", options=("all", *CHAPTERS), kept=True),
        Param("stars", "int", 1, low=1, high=5, kept=True),
        Param("live", "flag", False, kept=True),
        Param("query", "text", "", kept=True),
    ),
    model={"en": MODEL, "zh": CHINESE},
    text={"en": "One question.", "zh": "一道题。"},
    examples={"en": (), "zh": ()},
    questions=(
        question(
            "scale", ("overflow", "variance", "speed"), "variance", SHOWN,
            both(view="quiz", entry="attention_qkv"), both(view="read", entry="attention_qkv"),
        ),
        question(
            "tokenizers", ("first", "second", "unknown"), "unknown", SHOWN,
            both(view="quiz", entry="perplexity_limits"), both(view="read", entry="perplexity_limits"),
        ),
        question(
            "sixteen", ("two", "eight", "sixteen"), "sixteen", SHOWN,
            both(view="quiz", entry="full_tuning"), both(view="read", entry="full_tuning"),
        ),
    ),
    concepts=(
        Concept("interview_questions", "1.11", "question_bank", both(view="read")),
        Concept("interview_quiz", "1.11", "question_bank", both(view="quiz")),
    ),
    limit=256,
    papers=("Woźniak 1990 (SM-2)", "Cepeda et al. 2006"),
    canvases={"read": ("entry_list",), "quiz": ("entry_list",)},
)  # fmt: skip
