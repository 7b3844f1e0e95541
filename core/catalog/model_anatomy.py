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
    Question,
    State,
    Value,
    both,
    frozen,
    question,
)
from core.scripts import is_han

DECODER, ENCODER, BOTH = "smollm2-135m", "e5-small-enzh", "date-translator"
POEMS, SHORT = "poem-gpt", 60
"""The decoder whose tokens are whole Chinese characters, and how many of them it can surely read."""
VIEWS = ("flow", "masks", "lens", "contributions", "norms", "patching", "neurons")
LENS_VIEWS = VIEWS[2:]
"""Views that read the residual stream."""
PLACE = ("stack", "layer", "head", "cross", "box", "token", "cell")
"""Parameters that say where in the network the visitor is."""
MANY = 200_000  # ids of a vocabulary

FRANCE, ITALY = "The capital of France is", "The capital of Italy is"
STORY = "The cat sat on the mat because it was"
HAN = "猫坐在垫子上，因为它累了。"
RIVER = "小河边有一棵树，树上有一只鸟。"
COUNT, COUNT_ON = "1、2、3、4、", "5、6、7、8、"
CODE = "def add(a, b):\n    return a"

TEXT: dict[Language, str] = {"en": FRANCE, "zh": HAN}
PARTNERS: Mapping[str, str] = {
    FRANCE: ITALY,
    COUNT: COUNT_ON,
    STORY: "The cat sat on the bed because it was",
}
"""Second texts of equal length for texts of the page: what patching compares them with until another is typed."""
STANDS_IN: Mapping[Language, str] = {"en": FRANCE, "zh": COUNT}
"""What a decoder reads where the page opens on a model without a head and nothing has been typed."""


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


def france(**values: Value) -> dict[Language, State]:
    """The English sentence and the decoder, in both languages: its Chinese is too weak for this."""
    return {lang: frozen(**{"model": DECODER, "text": FRANCE, **values}) for lang in LANGUAGES}


def _lens_question(
    id: str, options: tuple[str, ...], answer: str, view: str, reveal: Mapping[Language, State]
) -> Question:
    return question(id, options, answer, f"ma_{view}", france(), reveal)


COUNTING: dict[Language, State] = {
    "en": frozen(model=DECODER, text=FRANCE, view="lens"),
    "zh": frozen(model=DECODER, text=COUNT, view="lens"),
}

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
            france(view="neurons"), france(),
        ),
        question("shared", ("nine", "three", "one"), "three", "ma_flow",
            both(model=DECODER, text=FRANCE), both(model=DECODER, text=FRANCE, layer=5),
        ),
        question("neighbour", ("yes", "no", "last"), "yes", "ma_masks",
            own(model=ENCODER), own(model=ENCODER, view="masks"),
        ),
        _lens_question("first", ("early", "middle", "last"), "last", "lens", france(view="lens")),
        _lens_question(
            "moves", ("country", "both", "end"), "both", "patching", france(view="patching", row=23, pos=3)
        ),
        question("longest", ("first", "country", "end"), "first", "ma_norms",
            france(view="neurons"), france(view="norms", pos=0),
        ),
    ),
    concepts=(
        Concept("text_to_text", "1.1", "model_anatomy", both()),
        Concept("transformer_block", "1.2", "model_anatomy", both(layer=5)),
        Concept("inside_a_head", "1.2", "model_anatomy", both(layer=5, head=2)),
        Concept("three_kinds", "1.12", "model_anatomy", both(view="masks")),
        Concept("logit_lens", "6.12", "model_anatomy", COUNTING),
        Concept("logit_attribution", "6.12", "model_anatomy", france(view="contributions")),
        Concept("residual_norm", "1.13", "model_anatomy", france(view="norms")),
        Concept("norms_removed", "1.13", "model_anatomy", france(view="norms", off="final")),
        Concept("activation_patching", "6.12", "model_anatomy", france(view="patching")),
        Concept("mlp_neurons", "6.12", "model_anatomy", france(view="neurons", block=24)),
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
    defaults={DECODER: frozen(block=24)},  # whose neurons are most telling on the opening text
)  # fmt: skip
