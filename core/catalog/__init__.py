"""The declared pages: one module each, joined here in the order in which they are shown."""

from __future__ import annotations

from core.catalog.attention_heads import PAGE as ATTENTION_HEADS
from core.catalog.classic_models import PAGE as CLASSIC_MODELS
from core.catalog.embedding_space import PAGE as EMBEDDING_SPACE
from core.catalog.glossary import PAGE as GLOSSARY
from core.catalog.kinds import (
    CHAPTERS,
    LANGUAGES,
    Concept,
    Language,
    Page,
    Param,
    Preset,
    Question,
    State,
    Value,
)
from core.catalog.masked_words import PAGE as MASKED_WORDS
from core.catalog.model_anatomy import PAGE as MODEL_ANATOMY
from core.catalog.next_token import PAGE as NEXT_TOKEN
from core.catalog.parallel_training import PAGE as PARALLEL_TRAINING
from core.catalog.position_curves import PAGE as POSITION_CURVES
from core.catalog.question_bank import PAGE as QUESTION_BANK
from core.catalog.token_splits import PAGE as TOKEN_SPLITS
from core.catalog.training_lab import PAGE as TRAINING_LAB
from core.catalog.training_memory import PAGE as TRAINING_MEMORY

__all__ = [
    "CHAPTERS", "LANGUAGES", "PAGES", "Concept", "Language", "Page", "Param", "Preset", "Question", "State", "Value",
    "concepts", "find",
]  # fmt: skip

PAGES: tuple[Page, ...] = (
    ATTENTION_HEADS,
    TOKEN_SPLITS,
    EMBEDDING_SPACE,
    POSITION_CURVES,
    NEXT_TOKEN,
    MASKED_WORDS,
    MODEL_ANATOMY,
    CLASSIC_MODELS,
    TRAINING_LAB,
    PARALLEL_TRAINING,
    TRAINING_MEMORY,
    QUESTION_BANK,
    GLOSSARY,
)


def find(stem: str) -> Page:
    """The page with that stem (KeyError when there is none)."""
    return {page.stem: page for page in PAGES}[stem]


def concepts() -> tuple[Concept, ...]:
    """Every concept that some page shows."""
    return tuple(concept for page in PAGES for concept in page.concepts)
