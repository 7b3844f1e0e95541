"""classic_models: what could language models do before Transformers?"""

from __future__ import annotations

from core.catalog.kinds import LANGUAGES, Concept, Page, Param, both, frozen, question

OWN = "own"
CORPORA = ("english", "tang", OWN)
UNITS = ("word", "character")
SMOOTHINGS = ("add", "backoff", "interpolated", "kneser_ney")
MODEL = {"english": "smollm2-135m", "tang": "poem-gpt"}
"""The bundled Transformer that can read a corpus."""
UNIT = {"english": "word", "tang": "character"}
UMBRELLA = (
    "Maria lost her umbrella on the train this morning. "
    "She went back to the station and asked whether anybody had brought back an"
)
"""What is looked for stands 20 words back."""
DECK = "Call me Ishmael. The captain of the ship stood on the deck and looked out over the"
QUEEQUEG = "My friend Queequeg could not read. He opened the big book, and I sat down beside"
WHALE = "All day long we looked for the white"
LETTERS = "the whale rose and looked at me"
RAIN = "小楼听夜雨，深巷卖花声。\n孤舟载酒迟"
"""Five characters after a couplet of fives: what comes next is known to who has counted them."""
MOON = "床前明月光，疑是地上"
HOME = "白日依山尽，黄河入海流。欲穷千里目，更上一"
SPRING = "春眠不觉晓，处处闻啼"

CHOSEN = {
    "english": {"unit": "word", "model": MODEL["english"], "text": UMBRELLA},
    "tang": {"unit": "character", "model": MODEL["tang"], "text": RAIN},
}
"""What goes with the choice of a corpus: units that suit it, a model that can read it, a text of its kind."""
ADDED = both(view="cost", smooth="add")

PAGE = Page(
    stem="classic_models",
    short="cm",
    chapter="prediction",
    icon=":material/bar_chart:",
    params=(
        Param("view", "choice", "next", options=("next", "cost", "counts", "write", "states"), kept=True),
        Param("corpus", "choice", "english", options=CORPORA, kept=True),
        Param("unit", "choice", "word", options=UNITS, kept=True),
        Param("order", "int", 3, low=1, high=5, kept=True),
        Param("smooth", "choice", "kneser_ney", options=SMOOTHINGS, kept=True),
        Param("temp", "float", 1.0, low=0.1, high=2.0, kept=True),
        Param("seed", "int", 0, low=0, high=999, kept=True),
        Param("states", "int", 6, low=2, high=10, kept=True),
        Param("case", "choice", "kept", options=("kept", "small"), kept=True),
    ),
    model={"en": MODEL["english"], "zh": MODEL["tang"]},
    text={"en": UMBRELLA, "zh": RAIN},
    examples={
        "en": (
            ("umbrella", UMBRELLA, ""), ("deck", DECK, ""), ("friend", QUEEQUEG, ""), ("white", WHALE, ""),
            ("letters", LETTERS, ""),
        ),
        "zh": (("rain", RAIN, ""), ("moon", MOON, ""), ("home", HOME, ""), ("spring", SPRING, "")),
    },
    questions=(
        question(
            "unseen", ("few", "half", "most"), "most", "gbchart_cm_unseen", both(view="next"), both(view="counts")
        ),
        question(
            "longer", ("less", "same", "more"), "more", "gbchart_cm_order",
            both(view="counts"), both(view="cost", smooth="add"),
        ),
        question(
            "letters", ("alphabet", "vowels", "words"), "vowels", "gbchart_cm_states",
            both(view="counts", corpus="english", unit="character", case="small", model=MODEL["english"], text=LETTERS),
            both(view="states", corpus="english", unit="character", case="small", states=2, model=MODEL["english"],
                 text=LETTERS),
        ),
    ),
    openings=tuple(frozen(view=view) for view in ("cost", "counts", "write", "states")),
    concepts=(
        Concept("ngram", "1.3", "classic_models", both(view="next")),
        Concept("sparsity", "1.3", "classic_models", both(view="counts")),
        Concept("smoothing", "1.3", "classic_models", ADDED),
        Concept("kneser_ney", "1.3", "classic_models", both(view="cost")),
        Concept("bits_per_byte", "1.3", "classic_models", both(view="cost")),
        Concept(
            "hidden_markov", "1.3", "classic_models",
            {lang: frozen(view="states") for lang in LANGUAGES},
        ),
    ),
    limit=256,
    papers=(
        "Shannon 1948", "Jelinek & Mercer 1980", "Katz 1987", "Kneser & Ney 1995", "Chen & Goodman 1999",
        "Brants et al. 2007", "Rabiner 1989", "Cave & Neuwirth 1980",
    ),
    canvases={
        "next": ("chart",), "cost": ("chart",), "counts": ("chart",), "write": ("chart",), "states": ("chart",),
    },
    spoken={"zh": frozen(corpus="tang", unit="character")},
)  # fmt: skip
