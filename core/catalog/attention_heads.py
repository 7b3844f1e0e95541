"""attention_heads: which words does each head look at?"""

from __future__ import annotations

from core.catalog.kinds import LANGUAGES, Concept, Language, Page, Param, State, Value, frozen, question

DECODER, ENCODER, TRANSLATOR = "smollm2-135m", "e5-small-enzh", "date-translator"
CHINESE = "qwen2.5-coder-0.5b"
"""The decoder that a Chinese visitor meets: it speaks Chinese."""
SHARES = ("previous", "first", "duplicate", "induction")
METRICS = (*SHARES, "entropy", "distance")
MAX_ABLATED = 64
PARTS = ("heads", "rollout", "wake", "bertviz", "cross", "pair")
"""What the page shows of attention, one at a time."""

REPEAT_EN = "Professor Quillfeather met Dana at the harbour. Later that night, Professor Quill"
REPEAT_ZH = "我的同学林柚喜欢画画。昨天我遇见了林"
SENTENCE_EN = "The cat sat on the mat because it was tired."
SENTENCE_ZH = "猫坐在垫子上，因为它累了。"
ENCODED_ZH = "小狗追着小猫跑，因为它很生气，小猫跑得很快。"
"""The encoder's: it has words that come again."""
CAPITALS_EN = "Paris is the capital of France, and Rome is the capital of Italy."
CAPITALS_ZH = "巴黎是法国的首都，罗马是意大利的首都。"
DATE = "Tuesday, March 5, 2024"
SOURCES = (DATE, "2024年3月5日星期二", "three hundred and five", "三百零五")
"""What the translator can be given: dates and numbers in both languages."""
CODE = "def add(a, b):\n    return a + b\n\nprint(add(2, 3))"
INDUCTION: dict[Language, tuple[str, ...]] = {
    "en": ("17.3", "17.4", "17.5", "18.6"),
    "zh": (
        "9.8", "9.10", "9.11", "9.13", "11.9", "11.10", "11.12", "13.9", "13.13", "16.0", "16.1", "16.2", "16.3",
        "16.4", "16.5", "16.6", "16.7", "16.9", "16.11", "16.12", "19.6", "20.8", "21.1", "21.11", "23.2", "23.12",
    ),
}  # fmt: skip
"""The heads of each language's decoder with the highest induction score on calibration text: so many as it takes."""
SPEAKER: dict[Language, str] = {"en": DECODER, "zh": CHINESE}
REPEATED: dict[Language, str] = {"en": REPEAT_EN, "zh": REPEAT_ZH}
SENTENCES: dict[Language, str] = {"en": SENTENCE_EN, "zh": SENTENCE_ZH}
SEEN_WHOLE: dict[Language, str] = {"en": SENTENCE_EN, "zh": ENCODED_ZH}


def at(en: tuple[int, int], zh: tuple[int, int]) -> dict[Language, State]:
    """Layer and head of each language's decoder."""
    return {
        lang: frozen(layer=layer, head=head) for lang, (layer, head) in zip(LANGUAGES, (en, zh), strict=True)
    }


def decoded(
    text: dict[Language, str], *more: dict[Language, State], **values: Value
) -> dict[Language, State]:
    """Each language's decoder with a text of that language; ``more`` differs between the two, ``values`` do not."""
    return {
        lang: frozen(
            model=SPEAKER[lang],
            text=text[lang],
            **{k: v for one in more for k, v in one[lang].items()},
            **values,
        )
        for lang in LANGUAGES
    }


def repeat(*more: dict[Language, State], **values: Value) -> dict[Language, State]:
    """A name that comes again."""
    return decoded(REPEATED, *more, **values)


def sentence(*more: dict[Language, State], **values: Value) -> dict[Language, State]:
    """An ordinary sentence in which nothing is repeated."""
    return decoded(SENTENCES, *more, **values)


def encoded(**values: Value) -> dict[Language, State]:
    """The encoder, which reads both languages."""
    return {lang: frozen(model=ENCODER, text=SEEN_WHOLE[lang], **values) for lang in LANGUAGES}


def crossed(**values: Value) -> dict[Language, State]:
    """The translator at an English date, for both languages."""
    return {
        lang: frozen(part="cross", model=TRANSLATOR, text=SENTENCES[lang], source=DATE, **values)
        for lang in LANGUAGES
    }


def without(en: tuple[str, ...], zh: tuple[str, ...]) -> dict[Language, State]:
    """Heads of each language's decoder that are switched off."""
    return {"en": frozen(ablate=en), "zh": frozen(ablate=zh)}


MATCHING = at((18, 6), (11, 12))
"""The strongest induction head."""
RESTING = at((18, 8), (11, 7))
"""A head that leaves all on the first token of an ordinary sentence."""
UNMATCHED = without(en=INDUCTION["en"], zh=INDUCTION["zh"])
"""All of those that are named above are off."""

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
    model=SPEAKER,
    text=REPEATED,
    examples={
        "en": (
            ("repeat", REPEAT_EN, DECODER),
            ("sentence", SENTENCE_EN, ""),
            ("encoder", SENTENCE_EN, ENCODER),
            ("chinese", REPEAT_ZH, CHINESE),
            ("code", CODE, DECODER),
            ("trap", "The bank of the river is not the bank that lends money.", ""),
        ),
        "zh": (
            ("repeat", REPEAT_ZH, CHINESE),
            ("sentence", SENTENCE_ZH, CHINESE),
            ("encoder", ENCODED_ZH, ENCODER),
            ("english", SENTENCE_EN, DECODER),
            ("code", CODE, CHINESE),
            ("trap", "他用苹果手机拍了一张苹果的照片。", CHINESE),
        ),
    },
    questions=(
        question(
            "induction", ("back", "after", "first"), "after", "ah_overview", repeat(),
            repeat(MATCHING, sort="induction"),
        ),
        question(
            "switch_off", ("same", "falls", "rises"), "falls", "ah_change", repeat(MATCHING),
            repeat(MATCHING, UNMATCHED),
        ),
        question(
            "sink", ("even", "first", "verb"), "first", "ah_overview", sentence(y="distance"),
            sentence(RESTING, sort="first", colour="first", y="first"),
        ),
        question(
            "both_sides", ("never", "encoder", "always"), "encoder", "ah_overview",
            decoded(SEEN_WHOLE, colour="previous", y="distance"), encoded(colour="previous", y="distance"),
        ),
        question(
            "collapse", ("apart", "same", "alike"), "alike", "ah_rollout", sentence(part="rollout", level=0),
            sentence(part="rollout", level=-1),
        ),
        question(
            "wakes", ("asked", "repeated", "nothing"), "repeated", "ah_waking", sentence(RESTING, part="wake"),
            sentence(MATCHING, part="wake"),
        ),
        question("month", ("digit", "month", "end"), "month", "ah_cross", crossed(writing=4), crossed(writing=6)),
        question(
            "translated", ("none", "some", "nearly"), "nearly", "ah_pair",
            encoded(colour="previous", y="distance"), encoded(part="pair", layer=0, head=2),
        ),
    ),
    concepts=(
        Concept("multi_head", "1.4", "attention_heads", {lang: frozen() for lang in LANGUAGES}),
        Concept("qkv", "1.4", "attention_heads", repeat(MATCHING, token=-1, step="raw")),
        Concept("scaled_softmax", "1.4", "attention_heads", repeat(MATCHING, step="scaled")),
        Concept("causal_mask", "1.8", "attention_heads", repeat(MATCHING, step="masked")),
        Concept("bidirectional", "1.15", "attention_heads", encoded(colour="previous", y="distance")),
        Concept("induction_head", "12.2", "attention_heads", repeat(MATCHING, sort="induction")),
        Concept("previous_token", "12.2", "attention_heads", repeat(at((16, 0), (8, 7)), sort="previous")),
        Concept("attention_sink", "12.2", "attention_heads", sentence(RESTING)),
        Concept("grouped_query", "1.4", "attention_heads", repeat(at((18, 7), (11, 10)))),
        Concept("rotary", "1.5", "attention_heads", repeat(at((11, 1), (8, 7)), rotary=False)),
        Concept("ablation", "12.2", "attention_heads", repeat(MATCHING, UNMATCHED)),
        Concept("value_weighting", "6.12", "attention_heads", sentence(at((23, 4), (16, 7)), weight="value")),
        Concept("rollout", "12.2", "attention_heads", sentence(part="rollout")),
        Concept("bertviz", "12.2", "attention_heads", sentence(part="bertviz")),
        Concept("cross_attention", "1.12", "attention_heads", crossed(writing=6)),
        Concept("two_languages", "12.2", "attention_heads", encoded(part="pair", layer=0, head=2)),
        Concept("waking_head", "12.2", "attention_heads", sentence(MATCHING, part="wake")),
        Concept("not_explanation", "6.12", "attention_heads", sentence(RESTING, without(en=("18.8",), zh=("11.7",)))),
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
        CHINESE: frozen(layer=11, head=12, level=4, layers=("0", "8", "11", "16")),
        ENCODER: frozen(layer=5, head=5, colour="duplicate", y="duplicate", level=2, layers=("0", "3", "5", "11")),
    },
)  # fmt: skip
