"""model_anatomy: what happens between text in and text out?"""

from __future__ import annotations

from collections.abc import Mapping

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
)
from core.scripts import has_han

DECODER, CHINESE, ENCODER, BOTH = "smollm2-135m", "qwen2.5-coder-0.5b", "e5-small-enzh", "date-translator"
VIEWS = ("flow", "masks", "lens", "contributions", "norms", "patching", "neurons")
LENS_VIEWS = VIEWS[2:]
"""Views that read the residual stream."""
PLACE = ("stack", "layer", "head", "cross", "box", "token", "cell")
"""Parameters that say where in the network the visitor is."""
MANY = 200_000  # ids of a vocabulary

FRANCE, ITALY = "The capital of France is", "The capital of Italy is"
STORY = "The cat sat on the mat because it was"
JAPAN, ENGLAND = "法国的首都是巴黎，日本的首都是", "法国的首都是巴黎，英国的首都是"
WEDNESDAY, FRIDAY = "今天是星期三，明天是星期", "今天是星期五，明天是星期"
HAN = "猫坐在垫子上，因为它累了。"
CODE = "def add(a, b):\n    return a"

MODEL: dict[Language, str] = {"en": DECODER, "zh": CHINESE}
TEXT: dict[Language, str] = {"en": FRANCE, "zh": JAPAN}
PARTNERS: Mapping[str, str] = {
    FRANCE: ITALY,
    STORY: "The cat sat on the bed because it was",
    JAPAN: ENGLAND,
    WEDNESDAY: FRIDAY,
}
"""Second texts of equal length for texts of the page: what patching compares them with until another is typed."""


def causal(text: str) -> str:
    """The bundled decoder that reads a text: Qwen knows Chinese, SmolLM2 has pieces of its characters only.

    >>> causal("猫坐在垫子上。"), causal("The cat sat.")
    ('qwen2.5-coder-0.5b', 'smollm2-135m')
    """
    return CHINESE if has_han(text) else DECODER


def read_by(model: str, asked: str, text: str) -> str:
    """What a model reads where three stand side by side: the translator knows dates and numbers only.

    >>> read_by("date-translator", "smollm2-135m", "The cat sat."), read_by("date-translator", "date-translator", "two")
    ('Tuesday, March 5, 2024', 'two')
    """
    return DATE if model == BOTH != asked else text


def opened(language: Language, **values: Value) -> State:
    """A state on a language's own model and text."""
    return frozen(**{"model": MODEL[language], "text": TEXT[language], **values})


def own(**values: Value) -> dict[Language, State]:
    """The same state on each language's own model and text."""
    return {lang: opened(lang, **values) for lang in LANGUAGES}


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
        Param("by", "choice", "probability", options=("probability", "entropy", "rank"), kept=True),
        Param("row", "int", -1, low=-1, high=255),
        Param("pos", "int", -1, low=-1, high=255),
        Param("pins", "list", (), high=6),
        Param("dense", "flag", default=False),
        Param("answer", "int", -1, low=-1, high=MANY),
        Param("against", "int", -1, low=-1, high=MANY),
        Param("measure", "choice", "stream", options=("stream", "attention", "mlp", "cosine"), kept=True),
        Param("off", "choice", "none", options=("none", "final", "attention", "mlp", "all"), kept=True),
        Param("other", "text", "", kept=True),
        Param("part", "choice", "stream", options=("stream", "attention", "mlp"), kept=True),
        Param("upto", "int", -1, low=-1, high=255),
        Param("block", "int", -1, low=-1, high=255),
        Param("neuron", "int", -1, low=-1, high=MANY),
    ),
    model=MODEL,
    text=TEXT,
    examples={
        "en": (
            ("fact", FRANCE, DECODER),
            ("story", STORY, DECODER),
            ("code", CODE, DECODER),
            ("chinese", HAN, ENCODER),
        ),
        "zh": (
            ("fact", JAPAN, CHINESE),
            ("weekday", WEDNESDAY, CHINESE),
            ("code", CODE, CHINESE),
            ("english", FRANCE, DECODER),
            ("cat", HAN, ENCODER),
        ),
    },
    questions=(
        question("parameters", ("embedding", "attention", "mlp"), "mlp", "ma_flow", own(view="neurons"), own()),
        question("shared", ("each", "few", "one"), "few", "ma_flow", own(), own(layer=5)),
        question("neighbour", ("yes", "no", "last"), "yes", "ma_masks",
            own(model=ENCODER), own(model=ENCODER, view="masks"),
        ),
        question("first", ("early", "middle", "last"), "last", "ma_lens", own(), own(view="lens")),
        question("moves", ("country", "both", "end"), "both", "ma_patching",
            own(), {
                "en": opened("en", view="patching", row=23, pos=3),
                "zh": opened("zh", view="patching", row=17, pos=6),
            },
        ),
        question("longest", ("first", "country", "end"), "first", "ma_norms",
            own(view="neurons"), own(view="norms", pos=0),
        ),
    ),
    concepts=(
        Concept("text_to_text", "1.1", "model_anatomy", both()),
        Concept("transformer_block", "1.2", "model_anatomy", both(layer=5)),
        Concept("inside_a_head", "1.2", "model_anatomy", both(layer=5, head=2)),
        Concept("three_kinds", "1.12", "model_anatomy", both(view="masks")),
        Concept("logit_lens", "6.12", "model_anatomy", own(view="lens")),
        Concept("logit_attribution", "6.12", "model_anatomy", own(view="contributions")),
        Concept("residual_norm", "1.13", "model_anatomy", own(view="norms")),
        Concept("norms_removed", "1.13", "model_anatomy", own(view="norms", off="final")),
        Concept("activation_patching", "6.12", "model_anatomy", own(view="patching")),
        Concept("mlp_neurons", "6.12", "model_anatomy", own(view="neurons")),
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
    canvases={"flow": ("model_flow",), "masks": ("model_masks",)} | dict.fromkeys(LENS_VIEWS, ("chart",)),
    defaults={DECODER: frozen(block=24), CHINESE: frozen(block=21)},  # most telling on the opening texts
)  # fmt: skip
