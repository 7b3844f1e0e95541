"""model_anatomy: what happens between text in and text out?"""

from __future__ import annotations

from core.catalog.attention_heads import DATE
from core.catalog.kinds import (
    LANGUAGES,
    Concept,
    Language,
    Page,
    Param,
    State,
    Value,
    both,
    frozen,
    question,
)  # fmt: skip
from core.catalog.model_lens import CONCEPTS, DEFAULTS, PARAMS, QUESTIONS
from core.scripts import is_han

DECODER, ENCODER, BOTH = "smollm2-135m", "e5-small-enzh", "date-translator"
POEMS, SHORT = "poem-gpt", 60
"""The decoder whose tokens are whole Chinese characters, and how many of them it can surely read."""
VIEWS = ("flow", "masks", "lens", "contributions", "norms", "patching", "neurons")
LENS_VIEWS = VIEWS[2:]
"""Views that read the residual stream; they are declared and drawn apart from flow and masks."""

FRANCE = "The capital of France is"
STORY = "The cat sat on the mat because it was"
HAN = "猫坐在垫子上，因为它累了。"
RIVER = "小河边有一棵树，树上有一只鸟。"
CODE = "def add(a, b):\n    return a"

TEXT: dict[Language, str] = {"en": FRANCE, "zh": HAN}


def causal(text: str) -> str:
    """The bundled decoder that shows a text best: of a short Chinese one, SmolLM2 has pieces of characters only.

    >>> causal("猫坐在垫子上。"), causal("The cat sat.")
    ('poem-gpt', 'smollm2-135m')
    """
    han = sum(map(is_han, text))
    return POEMS if 2 * han > len(text) and len(text) <= SHORT else DECODER


def read_by(model: str, asked: str, text: str) -> str:
    """What a model reads where three stand side by side: the translator knows dates and numbers only.

    >>> read_by("date-translator", "smollm2-135m", "The cat sat."), read_by("date-translator", "date-translator", "two")
    ('Tuesday, March 5, 2024', 'two')
    """
    return DATE if model == BOTH != asked else text


def own(**values: Value) -> dict[Language, State]:
    """One state on each language's own text."""
    return {lang: frozen(**{"text": TEXT[lang], **values}) for lang in LANGUAGES}


PAGE = Page(
    stem="model_anatomy",
    short="ma",
    chapter="inside",
    icon=":material/account_tree:",
    params=(
        Param("view", "choice", "flow", options=VIEWS, kept=True),
        Param("stack", "choice", "auto", options=("auto", "encoder", "decoder")),
        Param("layer", "int", -1, low=-1, high=255),
        Param("head", "int", -1, low=-1, high=255),
        Param("cross", "flag", False),
        Param("box", "text", ""),
        Param("token", "int", -1, low=-1, high=255),
        Param("cell", "int", -1, low=-1, high=65535),
        Param("padding", "flag", False),
        *PARAMS,
    ),
    model={"en": DECODER, "zh": ENCODER},
    text=TEXT,
    examples={
        "en": (
            ("fact", FRANCE, ""),
            ("story", STORY, ""),
            ("code", CODE, ""),
            ("chinese", HAN, ENCODER),
        ),
        "zh": (
            ("cat", HAN, ""),
            ("river", RIVER, ""),
            ("english", FRANCE, DECODER),
            ("code", CODE, DECODER),
        ),
    },
    questions=(
        question("parameters", ("embedding", "attention", "mlp"), "mlp", "ma_flow",
            both(model=DECODER, text=FRANCE, layer=0), both(model=DECODER, text=FRANCE),
        ),
        question("shared", ("nine", "three", "one"), "three", "ma_flow",
            both(model=DECODER, text=FRANCE), both(model=DECODER, text=FRANCE, layer=5),
        ),
        question("neighbour", ("yes", "no", "last"), "yes", "ma_masks",
            own(model=ENCODER), own(model=ENCODER, view="masks"),
        ),
        *QUESTIONS,
    ),
    concepts=(
        Concept("text_to_text", "1.1", "model_anatomy", both()),
        Concept("transformer_block", "1.2", "model_anatomy", both(layer=5)),
        Concept("inside_a_head", "1.2", "model_anatomy", both(layer=5, head=2)),
        Concept("three_kinds", "1.12", "model_anatomy", both(view="masks")),
        *CONCEPTS,
    ),
    limit=128,
    papers=(
        "Vaswani et al. 2017",
        "Xiong et al. 2020",
        "Ainslie et al. 2023",
        "nostalgebraist 2020 (logit lens)",
        "Elhage et al. 2021",
        "Meng et al. 2022",
    ),
    defaults=DEFAULTS,
)  # fmt: skip
