"""embedding_space: where does meaning live?"""

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
VIEWS = ("map", "analogy", "onehot", "senses", "sentences", "anisotropy", "compress")
SOURCES = ("table", "list", "input", "hidden", "lines")
TABLES = ("glove", "chinese")
METHODS = ("pca", "umap", "tsne")
MOST_WORDS = 12  # of the one-hot view
MOST_POINTS = 10_000

TOPICS_EN = """\
# animals
The cat sleeps on the warm sofa.
A dog runs after the red ball.
Two horses graze on the hill.
# food
The bread is baked with fresh yeast.
She cooks soup with carrots and onions.
We had rice and fish for dinner.
# travel
The train leaves the station at nine.
He rides his bicycle to work.
The plane landed in heavy rain.
# sport
The team scored in the last minute.
She won the tennis match easily.
They trained hard for the marathon."""
TOPICS_ZH = """\
# 动物
小猫在沙发上睡觉。
那只狗追着红色的球跑。
两匹马在山坡上吃草。
# 食物
面包是用新鲜的酵母烤的。
她用胡萝卜和洋葱煮汤。
我们晚饭吃了米饭和鱼。
# 出行
火车九点从车站出发。
他骑自行车去上班。
飞机在大雨中降落了。
# 运动
球队在最后一分钟进了球。
她轻松赢得了网球比赛。
他们为马拉松刻苦训练。"""
BOTH = """\
The cat sleeps on the warm sofa.
小猫在温暖的沙发上睡觉。
The train leaves the station at nine.
火车九点从车站出发。
She cooks soup with carrots and onions.
她用胡萝卜和洋葱煮汤。
They trained hard for the marathon.
他们为马拉松刻苦训练。"""
TRAP_EN = """\
# money
The bank lends money to small firms.
He opened an account at the bank.
# river
They sat on the bank of the river.
The boat drifted to the muddy bank."""
TRAP_ZH = """\
# 水果
树上的苹果已经熟了。
他每天早上吃一个苹果。
这篮苹果又脆又甜。
# 公司
苹果发布了新款手机。
他把钱都买了苹果的股票。
苹果的总部在加利福尼亚。"""
LIST_EN = (
    "cat, dog, horse, tiger\napple, pear, lemon, grape\nParis, Rome, Berlin, Madrid\nred, green, blue, yellow"
)
LIST_ZH = "猫，狗，马，老虎\n苹果，香蕉，葡萄，西瓜\n北京，巴黎，伦敦，东京\n红色，绿色，蓝色，黄色"
ANALOGIES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "glove": (
        ("king", "man", "woman"),
        ("paris", "france", "italy"),
        ("nephew", "man", "woman"),
        ("walked", "walk", "run"),
        ("doctor", "man", "woman"),
        ("fish", "water", "air"),
    ),
    "chinese": (
        ("巴黎", "法国", "英国"),
        ("北京", "中国", "日本"),
        ("小狗", "狗", "猫"),
        ("儿子", "男人", "女人"),
        ("人民币", "中国", "美国"),
        ("鱼", "水", "天空"),
    ),
}  # fmt: skip
"""Examples per table; the last one of each goes wrong, and GloVe's doctor shows what its texts take for granted."""


def analogy(en: tuple[str, str, str], zh: tuple[str, str, str]) -> dict[Language, State]:
    """The analogy view with three words in each language."""
    words: dict[Language, tuple[str, str, str]] = {"en": en, "zh": zh}
    return {
        lang: frozen(view="analogy", a=words[lang][0], b=words[lang][1], c=words[lang][2])
        for lang in LANGUAGES
    }


def view(name: str, **values: Value) -> dict[Language, State]:
    """One of the views, with some of its controls set."""
    return both(view=name, **values)


SPOKEN: dict[Language, State] = {
    "en": frozen(
        table="glove", own=LIST_EN, a="king", b="man", c="woman", set="bank",
        words=("cat", "dog", "car", "bus", "happy", "glad", "king", "queen"),
    ),
    "zh": frozen(
        table="chinese", own=LIST_ZH, a="巴黎", b="法国", c="英国", set="pingguo",
        words=("猫", "狗", "汽车", "飞机", "高兴", "快乐", "国王", "王后"),
    ),
}  # fmt: skip

PAGE = Page(
    stem="embedding_space",
    short="es",
    chapter="meaning",
    icon=":material/scatter_plot:",
    params=(
        Param("view", "choice", "map", options=VIEWS),
        Param("source", "choice", "table", options=SOURCES),
        Param("table", "choice", "glove", options=TABLES),
        Param("count", "int", 2000, low=50, high=MOST_POINTS),
        Param("method", "choice", "umap", options=METHODS),
        Param("dims", "choice", "2", options=("2", "3")),
        Param("seed", "int", 0, low=0, high=9999),
        Param("neighbours", "int", 30, low=2, high=200),
        Param("min_dist", "float", 0.1, low=0.0, high=0.99),
        Param("perplexity", "float", 30.0, low=2.0, high=100.0),
        Param("layer", "int", -1, low=-1, high=255),
        Param("word", "text", ""),
        Param("place", "text", ""),
        Param("own", "text", LIST_EN),
        Param("by", "choice", "table", options=("table", "encoder")),
        Param("a", "text", "king"),
        Param("b", "text", "man"),
        Param("c", "text", "woman"),
        Param("words", "list", (), high=MOST_WORDS),
        Param("set", "text", "bank"),
        Param("lines", "text", ""),
        Param("pairs", "text", ""),
        Param("pair", "int", -1, low=-1, high=999),
        Param("on", "choice", "bundled", options=("bundled", "text")),
    ),
    model={"en": ENCODER, "zh": ENCODER},
    text={"en": TOPICS_EN, "zh": TOPICS_ZH},
    examples={
        "en": (
            ("topics", TOPICS_EN, ""),
            ("both", BOTH, ""),
            ("chinese", TOPICS_ZH, ""),
            ("trap", TRAP_EN, ""),
        ),
        "zh": (
            ("topics", TOPICS_ZH, ""),
            ("both", BOTH, ""),
            ("english", TOPICS_EN, ""),
            ("trap", TRAP_ZH, ""),
        ),
    },
    questions=(
        question(
            "works", ("first", "second", "third"), "second", "es_analogy",
            {"en": frozen(word="king"), "zh": frozen(word="巴黎")},
            analogy(("king", "man", "woman"), ("巴黎", "法国", "英国")),
        ),
        question(
            "fails", ("bird", "other", "input"), "other", "es_analogy",
            analogy(("paris", "france", "italy"), ("北京", "中国", "日本")),
            analogy(("fish", "water", "air"), ("鱼", "水", "天空")),
        ),
        question(
            "senses", ("input", "middle", "never"), "middle", "es_senses", both(), view("senses"),
        ),
        question(
            "partners", ("few", "half", "most"), "most", "es_sentences",
            {lang: frozen(source="lines", text=BOTH, method="pca") for lang in LANGUAGES}, view("sentences"),
        ),
        question(
            "bits", ("none", "some", "all"), "some", "es_curve",
            {"en": frozen(word="king"), "zh": frozen(word="巴黎")},
            view("compress", **{name: SPOKEN["zh"][name] for name in ("table", "a", "b", "c", "words")}),
        ),
    ),
    concepts=(
        Concept("word_vectors", "3.4", "embedding_space", both()),
        Concept(
            "nearest_neighbours", "3.4", "embedding_space",
            {"en": frozen(word="coffee"), "zh": frozen(word="咖啡")},
        ),
        Concept(
            "embedding_matrix", "3.4", "embedding_space",
            both(source="input", model=DECODER, method="pca", count=1000),
        ),
        Concept("one_hot", "3.4", "embedding_space", view("onehot")),
        Concept("analogy", "3.4", "embedding_space", view("analogy")),
        Concept("projection", "3.4", "embedding_space", both(method="pca")),
        Concept("static_contextual", "3.5", "embedding_space", view("senses")),
        Concept("contextual_vectors", "1.15", "embedding_space", both(source="hidden", method="pca")),
        Concept("anisotropy", "3.5", "embedding_space", view("anisotropy")),
        Concept("bilingual_space", "3.11", "embedding_space", view("sentences")),
        Concept("vector_quantization", "3.12", "embedding_space", view("compress")),
        Concept("truncation", "3.12", "embedding_space", view("compress")),
    ),
    limit=0,
    papers=(
        "Mikolov et al. 2013", "Pennington et al. 2014", "van der Maaten & Hinton 2008", "McInnes et al. 2018",
        "Ethayarajh 2019", "Wang et al. 2024",
    ),
    canvases={
        "map": ("embedding_map",),
        "analogy": ("chart",),
        "onehot": ("chart",),
        "senses": ("chart",),
        "sentences": ("chart",),
        "anisotropy": ("chart",),
        "compress": ("chart",),
    },
    spoken=SPOKEN,
)  # fmt: skip
