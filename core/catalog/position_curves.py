"""position_curves: how does a model know the order?"""

from __future__ import annotations

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

DECODER, ENCODER = "smollm2-135m", "e5-small-enzh"
CHINESE = "qwen2.5-coder-0.5b"
"""The decoder that reads Chinese texts: it speaks Chinese."""
VIEWS = ("sinusoidal", "rotary", "alibi", "t5", "learned", "scores", "shuffle", "beyond")
FORMULAS = VIEWS[:4]
"""Views that need no model: they are computed in the browser."""
READ = VIEWS[4:7]
"""Views that look at a model of the visitor's choice."""
MOST_POSITIONS, MOST_DIMENSIONS = 512, 512

SENTENCE_EN = "The cat sat on the mat because it was tired. Later the dog slept near the door."
SENTENCE_ZH = "小狗追着小猫跑，因为它很生气，小猫跑得很快。"
WHO_EN, WHO_ZH = "Dog bites man. Man bites dog.", "我爱你，你爱我。"
REPEAT = "one two three one two three one two three one two three"


def shuffled(**values: Value) -> dict[Language, State]:
    """The shuffle test on each language's own sentence."""
    text = {"en": SENTENCE_EN, "zh": SENTENCE_ZH}
    return {lang: frozen(**{"view": "shuffle", "text": text[lang], **values}) for lang in LANGUAGES}


def real(**values: Value) -> dict[Language, State]:
    """A rotary head of the decoder, which reads English."""
    return both(**{"view": "scores", "model": DECODER, "text": SENTENCE_EN, **values})


PAGE = Page(
    stem="position_curves",
    short="pc",
    chapter="order",
    icon=":material/format_list_numbered:",
    params=(
        Param("view", "choice", "sinusoidal", options=VIEWS),
        Param("d", "int", 128, low=8, high=MOST_DIMENSIONS),
        Param("base", "float", 10000.0, low=2.0, high=1_000_000.0),
        Param("span", "int", 128, low=16, high=MOST_POSITIONS),
        Param("pos", "int", 40, low=0, high=MOST_POSITIONS - 1),
        Param("shift", "int", 12, low=-128, high=128),
        Param("pair", "int", 6, low=0, high=MOST_DIMENSIONS // 2 - 1),
        Param("layout", "choice", "interleaved", options=("interleaved", "halves")),
        Param("hd", "int", 64, low=4, high=256),
        Param("theta", "float", 10000.0, low=2.0, high=10_000_000.0),
        Param("m", "int", 21, low=0, high=4095),
        Param("n", "int", 14, low=0, high=4095),
        Param("order", "choice", "halves", options=("interleaved", "halves")),
        Param("scaling", "choice", "none", options=("none", "linear", "ntk", "yarn")),
        Param("factor", "float", 4.0, low=1.0, high=32.0),
        Param("trained", "int", 2048, low=128, high=32768),
        Param("heads", "int", 8, low=1, high=64),
        Param("slope", "int", 2, low=0, high=63),
        Param("reach", "int", 24, low=0, high=MOST_POSITIONS - 1),
        Param("buckets", "int", 32, low=4, high=128),
        Param("far", "int", 128, low=8, high=512),
        Param("both", "flag", True),
        Param("rel", "int", -20, low=1 - MOST_POSITIONS, high=MOST_POSITIONS - 1),
        Param("row", "int", 100, low=0, high=8191),
        Param("layer", "int", 11, low=0, high=255),
        Param("head", "int", 1, low=0, high=255),
        Param("query", "int", -1, low=-1, high=127),
        Param("key", "int", -1, low=-1, high=127),
        Param("move", "int", 0, low=0, high=4000),
        Param("seed", "int", 1, low=1, high=999),
        Param("who", "choice", "both", options=("encoder", "decoder", "both")),
        Param("off", "flag", True),
        Param("level", "int", -1, low=-1, high=255),
        Param("hidden", "list", (), high=5),
        Param("spot", "int", 192, low=0, high=4095),
    ),
    model={"en": DECODER, "zh": CHINESE},
    text={"en": SENTENCE_EN, "zh": SENTENCE_ZH},
    examples={
        "en": (
            ("sentence", SENTENCE_EN, ""),
            ("who", WHO_EN, ""),
            ("chinese", SENTENCE_ZH, ""),
            ("repeat", REPEAT, ""),
        ),
        "zh": (
            ("sentence", SENTENCE_ZH, ""),
            ("who", WHO_ZH, ""),
            ("english", SENTENCE_EN, ""),
            ("repeat", REPEAT, ""),
        ),
    },
    questions=(
        question("apart", ("near", "same", "far"), "same", "pc_canvas",
            both(view="sinusoidal", span=256, pos=20, shift=10),
            both(view="sinusoidal", span=256, pos=220, shift=10),
        ),
        question("together", ("falls", "same", "random"), "same", "pc_canvas", real(), real(move=2000)),
        question("blind", ("grows", "same", "random"), "same", "pc_canvas",
            shuffled(who="encoder", off=False),
            shuffled(who="encoder"),
        ),
        question("mask", ("same", "differs"), "differs", "pc_canvas", shuffled(who="encoder"), shuffled()),
        question("longer", ("rotary", "alibi", "sinusoidal"), "alibi", "pc_canvas",
            both(view="beyond", spot=63, hidden=("sinusoidal", "learned", "rotary", "alibi", "none")),
            both(view="beyond", spot=255),
        ),
    ),
    concepts=(
        Concept("sinusoidal", "1.5", "position_curves", both(view="sinusoidal")),
        Concept("linear_shift", "1.5", "position_curves", both(view="sinusoidal", shift=32)),
        Concept("learned_positions", "1.5", "position_curves", both(view="learned", model=ENCODER)),
        Concept("rotary_pairs", "1.5", "position_curves", both(view="rotary")),
        Concept("relative_score", "1.5", "position_curves", real(move=1000)),
        Concept("alibi", "1.5", "position_curves", both(view="alibi")),
        Concept("relative_bias", "1.5", "position_curves", both(view="t5")),
        Concept("no_positions", "1.5", "position_curves", shuffled()),
        Concept("interleaved", "1.5", "position_curves", both(view="sinusoidal", layout="halves", d=32)),
        Concept("length_extrapolation", "1.20", "position_curves", both(view="beyond")),
        Concept("context_extension", "1.20", "position_curves", both(view="rotary", scaling="yarn", n=0, m=3000)),
    ),
    limit=128,
    defaults={CHINESE: frozen(layer=8, head=7)},
    canvases=dict.fromkeys(VIEWS, ("position_curves",)),
    papers=(
        "Vaswani et al. 2017, §3.5",
        "Su et al. 2021",
        "Press et al. 2022",
        "Raffel et al. 2020",
        "Peng et al. 2023",
        "Kazemnejad et al. 2023",
    ),
)  # fmt: skip
