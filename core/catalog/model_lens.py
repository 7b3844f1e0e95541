"""The views of ``model_anatomy`` that read the residual stream: their parameters, experiments and concepts."""

from __future__ import annotations

from collections.abc import Mapping

from core.catalog.kinds import (
    LANGUAGES,
    Concept,
    Language,
    Param,
    Question,
    State,
    Value,
    frozen,
    question,
)

DECODER, ENCODER = "smollm2-135m", "e5-small-enzh"
FRANCE, ITALY = "The capital of France is", "The capital of Italy is"
COUNT, COUNT_ON = "1、2、3、4、", "5、6、7、8、"
MANY = 200_000  # ids of a vocabulary

PARTNERS: Mapping[str, str] = {
    FRANCE: ITALY,
    COUNT: COUNT_ON,
    "The cat sat on the mat because it was": "The cat sat on the bed because it was",
}
"""Second texts of equal length for texts of the page: what patching compares them with until another is typed."""
STANDS_IN: Mapping[Language, str] = {"en": FRANCE, "zh": COUNT}
"""What a decoder reads where the page opens on a model without a head and nothing has been typed."""

PARAMS: tuple[Param, ...] = (
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
)


def france(**values: Value) -> dict[Language, State]:
    """The English sentence and the decoder, in both languages: its Chinese is too weak for this."""
    return {lang: frozen(**{"model": DECODER, "text": FRANCE, **values}) for lang in LANGUAGES}


def _question(
    id: str, options: tuple[str, ...], answer: str, view: str, reveal: Mapping[Language, State]
) -> Question:
    return question(id, options, answer, f"ma_{view}", france(), reveal)


QUESTIONS: tuple[Question, ...] = (
    _question("first", ("early", "middle", "last"), "last", "lens", france(view="lens")),
    _question(
        "moves", ("country", "both", "end"), "both", "patching", france(view="patching", row=23, pos=3)
    ),
    _question("longest", ("first", "country", "end"), "first", "norms", france(view="norms", pos=0)),
)

DEFAULTS: Mapping[str, State] = {DECODER: frozen(block=24)}
"""The layer of SmolLM2 whose neurons are most telling on the opening text."""
COUNTING: dict[Language, State] = {
    "en": frozen(model=DECODER, text=FRANCE, view="lens"),
    "zh": frozen(model=DECODER, text=COUNT, view="lens"),
}
CONCEPTS: tuple[Concept, ...] = (
    Concept("logit_lens", "6.12", "model_anatomy", COUNTING),
    Concept("logit_attribution", "6.12", "model_anatomy", france(view="contributions")),
    Concept("residual_norm", "1.13", "model_anatomy", france(view="norms")),
    Concept("norms_removed", "1.13", "model_anatomy", france(view="norms", off="final")),
    Concept("activation_patching", "6.12", "model_anatomy", france(view="patching")),
    Concept("mlp_neurons", "6.12", "model_anatomy", france(view="neurons", block=24)),
)
