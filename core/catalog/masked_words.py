"""masked_words: guessing from both sides."""

from __future__ import annotations

from core.catalog.kinds import (
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

MASKED, CAUSAL, ENCODER = "mini-bert", "smollm2-135m", "e5-small-enzh"
VIEWS = ("gap", "rule", "pairs", "pseudo")
GUESSING = ("gap", "pseudo")
"""Views in which a masked model reads the text."""
MOST_EPOCHS = 60

SHIP = "The captain stood on the deck of the ship and looked out over the water, but there was no whale to be seen."
EITHER = "He was as strong as his father, and neither the storm nor the night could make him afraid."
PEOPLE = "The people of the United States have the right to choose their own government."
RARE = "They came to Philadelphia to sign the treaty, and the people were glad of the peace."
RULE_ZH = "大模型先把一句话里的一些词元遮住，再根据两边的上下文把它们一个一个猜出来。"
NEWS_ZH = "周末天气很好，我们一家人带着水果和风筝去公园散步，孩子们玩得非常开心。"

PAIRS_EN = """\
It had rained for three days. | The river rose and the fields stood under water.
The baby would not stop crying. | Her mother walked up and down with her all night.
He opened the old book. | Its pages were yellow and smelled of dust.
The train was two hours late. | The passengers waited on the cold platform.
She planted tomatoes in the spring. | By August they were red and heavy.
The soup was far too salty. | The cook had put in the salt twice."""
PAIRS_ZH = """\
雨下了整整三天。 | 河水涨了起来，田地都被淹了。
婴儿哭个不停。 | 妈妈抱着她走来走去，一夜没睡。
他翻开了那本旧书。 | 书页发黄，有一股灰尘的味道。
火车晚点两个小时。 | 旅客们在寒冷的站台上等着。
春天她种下了番茄。 | 到了八月，果实又红又沉。
这碗汤太咸了。 | 厨师把盐放了两次。"""
SAME_EN = """\
The train was two hours late. | The train arrived with a delay of two hours.
The soup was far too salty. | The cook had put in the salt twice."""
SAME_ZH = """\
火车晚点了两个小时。 | 列车迟到了两小时。
这碗汤太咸了。 | 厨师把盐放了两次。"""


def text_for(view: str, text: str) -> str:
    """The text that a view opens on: a masked model that comes with the app reads English only."""
    return SHIP if view in GUESSING and text in (RULE_ZH, NEWS_ZH) else text


def guessing(view: str, text: str = SHIP, **values: Value) -> dict[Language, State]:
    """A view in which the bundled masked model reads an English text."""
    return both(view=view, model=MASKED, text=text, **values)


def rule(**values: Value) -> dict[Language, State]:
    """The rule on each language's own text."""
    return {
        "en": frozen(view="rule", model=MASKED, text=SHIP, **values),
        "zh": frozen(view="rule", model=ENCODER, text=RULE_ZH, **values),
    }


def pairs(en: str, zh: str) -> dict[Language, State]:
    """Sentence pairs in each language."""
    return {"en": frozen(view="pairs", pairs=en), "zh": frozen(view="pairs", pairs=zh)}


PAGE = Page(
    stem="masked_words",
    short="mw",
    chapter="prediction",
    icon=":material/border_color:",
    params=(
        Param("view", "choice", "gap", options=VIEWS, kept=True),
        Param("hide", "list", (), high=6, kept=True),
        Param("several", "flag", False, kept=True),
        Param("reader", "text", CAUSAL, kept=True),
        Param("seed", "int", 32, low=0, high=9999, kept=True),
        Param("share", "float", 0.15, low=0.05, high=0.6, kept=True),
        Param("rolls", "int", 100, low=1, high=10_000, kept=True),
        Param("epochs", "int", 40, low=1, high=MOST_EPOCHS, kept=True),
        Param("copies", "int", 1, low=1, high=10, kept=True),
        Param("pairs", "text", PAIRS_EN, kept=True),
        Param("cell", "int", -1, low=-1, high=35, kept=True),
        Param("word", "int", -1, low=-1, high=999, kept=True),
    ),
    model={"en": MASKED, "zh": ENCODER},
    text={"en": SHIP, "zh": RULE_ZH},
    examples={
        "en": (
            ("ship", SHIP, ""),
            ("either", EITHER, ""),
            ("people", PEOPLE, ""),
            ("rare", RARE, ""),
        ),
        "zh": (
            ("chinese", RULE_ZH, ""),
            ("weekend", NEWS_ZH, ""),
            ("ship", SHIP, ""),
            ("either", EITHER, ""),
            ("rare", RARE, ""),
        ),
    },
    questions=(
        question(
            "right", ("masked", "causal", "both"), "masked", "mw_gap", guessing("gap", PEOPLE, hide=("13",)),
            guessing("gap", PEOPLE, hide=("1",)),
        ),
        question("kept", ("none", "tenth", "fifth"), "tenth", "mw_rule", guessing("gap"), rule(rolls=10_000)),
        question("static", ("same", "half", "all"), "same", "mw_rule", rule(epochs=1), rule(epochs=40)),
        question(
            "about", ("next", "same", "equal"), "same", "mw_pairs", pairs(PAIRS_EN, PAIRS_ZH), pairs(SAME_EN, SAME_ZH)
        ),
        question(
            "pieces", ("same", "easier", "harder"), "easier", "mw_pseudo", guessing("gap", RARE),
            guessing("pseudo", RARE),
        ),
    ),
    concepts=(
        Concept("fill_mask", "1.16", "masked_words", guessing("gap")),
        Concept("both_sides_guess", "1.15", "masked_words", guessing("gap")),
        Concept("mask_rule", "1.16", "masked_words", rule()),
        Concept("dynamic_masking", "1.19", "masked_words", rule(epochs=40)),
        Concept("next_sentence", "1.15", "masked_words", pairs(PAIRS_EN, PAIRS_ZH)),
        Concept("pseudo_perplexity", "6.2", "masked_words", guessing("pseudo")),
    ),
    limit=96,
    papers=(
        "Devlin et al. 2019, §3.1, appendix A.1", "Liu et al. 2019, §4.1–4.2", "Salazar et al. 2020",
        "Kauf & Ivanova 2023", "Taylor 1953",
    ),
    canvases={
        "gap": ("gap_fill",),
        "rule": ("mask_rule",),
        "pairs": ("chart",),
        "pseudo": ("pseudo_strip",),
    },
    spoken={"en": frozen(view="gap", pairs=PAIRS_EN), "zh": frozen(view="rule", pairs=PAIRS_ZH)},
)  # fmt: skip
