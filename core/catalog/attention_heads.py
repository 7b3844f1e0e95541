"""attention_heads: which words does each head look at?"""

from __future__ import annotations

from core.catalog.kinds import LANGUAGES, Concept, Language, Page, Param, State, Value, frozen, question

DECODER, ENCODER, TRANSLATOR = "smollm2-135m", "e5-small-enzh", "date-translator"
SHARES = ("previous", "first", "duplicate", "induction")
METRICS = (*SHARES, "entropy", "distance")
MAX_ABLATED = 64
PARTS = ("heads", "rollout", "wake", "bertviz", "cross", "pair")
"""What the page shows of attention, one at a time."""

REPEAT_EN = "Professor Quillfeather met Dana at the harbour. Later that night, Professor Quill"
REPEAT_ZH = "我的朋友张伟住在北京。昨天我看见了张"
SENTENCE_EN = "The cat sat on the mat because it was tired."
SENTENCE_ZH = "小狗追着小猫跑，因为它很生气，小猫跑得很快。"
CAPITALS_EN = "Paris is the capital of France, and Rome is the capital of Italy."
CAPITALS_ZH = "巴黎是法国的首都，罗马是意大利的首都。"
DATE = "Tuesday, March 5, 2024"
SOURCES = (DATE, "2024年3月5日星期二", "three hundred and five", "三百零五")
"""What the translator can be given: dates and numbers in both languages."""
CODE = "def add(a, b):\n    return a + b\n\nprint(add(2, 3))"
INDUCTION = ("17.3", "17.4", "17.5", "18.6")
"""The four heads of the decoder with the highest induction score on calibration text."""


def both(**values: Value) -> dict[Language, State]:
    """One state for both languages, except that each reads its own repeated pattern."""
    text = {"en": REPEAT_EN, "zh": REPEAT_ZH}
    return {lang: frozen(**{"model": DECODER, "text": text[lang], **values}) for lang in LANGUAGES}


def sink(**values: Value) -> dict[Language, State]:
    """The head that rests on the first token (or another), in an ordinary sentence."""
    return {
        lang: frozen(**{"model": DECODER, "text": SENTENCE_EN, "layer": 18, "head": 8, **values})
        for lang in LANGUAGES
    }


SENTENCES: dict[Language, str] = {"en": SENTENCE_EN, "zh": SENTENCE_ZH}


def own(**values: Value) -> dict[Language, State]:
    """One state for both languages, each with the model that it opens on and an ordinary sentence."""
    model = {"en": DECODER, "zh": ENCODER}
    return {lang: frozen(**{"model": model[lang], "text": SENTENCES[lang], **values}) for lang in LANGUAGES}


def both_encoded(**values: Value) -> dict[Language, State]:
    """One state for both languages on the encoder, which reads both."""
    return {lang: frozen(**{"model": ENCODER, "text": SENTENCES[lang], **values}) for lang in LANGUAGES}


def crossed(**values: Value) -> dict[Language, State]:
    """The translator at an English date, for both languages."""
    return {
        lang: frozen(
            **{"part": "cross", "model": TRANSLATOR, "text": SENTENCES[lang], "source": DATE, **values}
        )
        for lang in LANGUAGES
    }


ENCODED, DECODED = (
    {lang: frozen(model=model, text=SENTENCES[lang], colour="previous", y="distance") for lang in LANGUAGES}
    for model in (ENCODER, DECODER)
)

PAGE = Page(
    stem="attention_heads",
    short="ah",
    chapter="attention",
    icon=":material/visibility:",
    params=(
        Param("part", "choice", "heads", options=PARTS, kept=True),
        Param("layer", "int", 0, low=0, high=255),
        Param("head", "int", 0, low=0, high=255),
        Param("sort", "choice", "layer", options=("layer", *METRICS)),
        Param("colour", "choice", "induction", options=METRICS),
        Param("on", "choice", "text", options=("text", "calibration")),
        Param("x", "choice", "previous", options=METRICS),
        Param("y", "choice", "induction", options=METRICS),
        Param("token", "int", -1, low=-1, high=255),
        Param("key", "int", -1, low=-1, high=255),
        Param("step", "choice", "softmax", options=("raw", "scaled", "masked", "softmax")),
        Param("weight", "choice", "attention", options=("attention", "value")),
        Param("rotary", "flag", True),
        Param("ablate", "list", (), high=MAX_ABLATED),
        Param("mode", "choice", "zero", options=("zero", "mean")),
        Param("level", "int", -1, low=-1, high=255),
        Param("first", "text", ""),
        Param("second", "text", ""),
        Param("by", "choice", "previous", options=METRICS),
        Param("source", "text", DATE),
        Param("cl", "int", -2, low=-2, high=255),
        Param("ch", "int", 0, low=-1, high=255),
        Param("writing", "int", -1, low=-1, high=255),
        Param("bv", "choice", "head", options=("head", "model")),
        Param("layers", "list", (), high=6),
    ),
    model={"en": DECODER, "zh": ENCODER},
    text={"en": REPEAT_EN, "zh": SENTENCE_ZH},
    examples={
        "en": (
            ("repeat", REPEAT_EN, DECODER),
            ("sentence", SENTENCE_EN, ""),
            ("chinese", SENTENCE_ZH, ENCODER),
            ("code", CODE, DECODER),
            ("trap", "The bank of the river is not the bank that lends money.", ""),
        ),
        "zh": (
            ("sentence", SENTENCE_ZH, ENCODER),
            ("repeat", REPEAT_ZH, DECODER),
            ("english", SENTENCE_EN, DECODER),
            ("code", CODE, DECODER),
            ("trap", "他用苹果手机拍了一张苹果的照片。", ENCODER),
        ),
    },
    questions=(
        question(
            "induction", ("back", "after", "first"), "after", "ah_overview", both(),
            both(layer=18, head=6, sort="induction"),
        ),
        question(
            "switch_off", ("same", "falls", "rises"), "falls", "ah_change", both(layer=18, head=6),
            both(layer=18, head=6, ablate=INDUCTION),
        ),
        question(
            "sink", ("even", "first", "verb"), "first", "ah_overview",
            {lang: frozen(model=DECODER, text=SENTENCE_EN, y="distance") for lang in LANGUAGES},
            sink(sort="first", colour="first", y="first"),
        ),
        question("both_sides", ("never", "encoder", "always"), "encoder", "ah_overview", DECODED, ENCODED),
        question(
            "collapse", ("apart", "same", "alike"), "alike", "ah_rollout", own(part="rollout", level=0),
            own(part="rollout", level=-1),
        ),
        question(
            "wakes", ("asked", "repeated", "nothing"), "repeated", "ah_waking", sink(part="wake", layer=18, head=8),
            sink(part="wake", layer=18, head=6),
        ),
        question("month", ("digit", "month", "end"), "month", "ah_cross", crossed(writing=4), crossed(writing=6)),
        question(
            "translated", ("none", "some", "nearly"), "nearly", "ah_pair", ENCODED,
            both_encoded(part="pair", layer=0, head=2),
        ),
    ),
    concepts=(
        Concept("multi_head", "1.4", "attention_heads", {lang: frozen() for lang in LANGUAGES}),
        Concept("qkv", "1.4", "attention_heads", both(layer=18, head=6, token=-1, step="raw")),
        Concept("scaled_softmax", "1.4", "attention_heads", both(layer=18, head=6, step="scaled")),
        Concept("causal_mask", "1.8", "attention_heads", both(layer=18, head=6, step="masked")),
        Concept("bidirectional", "1.15", "attention_heads", ENCODED),
        Concept("induction_head", "12.2", "attention_heads", both(layer=18, head=6, sort="induction")),
        Concept("previous_token", "12.2", "attention_heads", both(layer=16, head=0, sort="previous")),
        Concept("attention_sink", "12.2", "attention_heads", sink()),
        Concept("grouped_query", "1.4", "attention_heads", both(layer=18, head=7)),
        Concept("rotary", "1.5", "attention_heads", both(layer=11, head=1, rotary=False)),
        Concept("ablation", "12.2", "attention_heads", both(layer=18, head=6, ablate=INDUCTION)),
        Concept("value_weighting", "6.12", "attention_heads", sink(layer=23, head=4, weight="value")),
        Concept("rollout", "12.2", "attention_heads", own(part="rollout")),
        Concept("bertviz", "12.2", "attention_heads", own(part="bertviz")),
        Concept("cross_attention", "1.12", "attention_heads", crossed(writing=6)),
        Concept("two_languages", "12.2", "attention_heads", both_encoded(part="pair", layer=0, head=2)),
        Concept("waking_head", "12.2", "attention_heads", sink(part="wake", head=6)),
        Concept("not_explanation", "6.12", "attention_heads", sink(ablate=("18.8",))),
    ),
    limit=256,
    papers=(
        "Vaswani et al. 2017, §3.2",
        "Olsson et al. 2022",
        "Clark et al. 2019",
        "Abnar & Zuidema 2020",
        "Vig 2019",
        "Bahdanau et al. 2015",
    ),
    spoken={
        "en": frozen(first=CAPITALS_EN, second=CAPITALS_ZH),
        "zh": frozen(first=CAPITALS_ZH, second=CAPITALS_EN),
    },
    openings=tuple(frozen(part=part) for part in PARTS[1:]),
    by="part",
    canvases={
        "heads": ("attention_overview", "attention_focus"),
        "rollout": ("chart",),
        "wake": ("chart",),
        "bertviz": ("bertviz",),
        "cross": ("cross_attention",),
        "pair": ("head_pair",),
    },
    defaults={
        DECODER: frozen(layer=18, head=6, level=5, layers=("0", "11", "16", "18")),
        ENCODER: frozen(layer=5, head=5, colour="duplicate", y="duplicate", level=2, layers=("0", "3", "5", "11")),
    },
)  # fmt: skip
