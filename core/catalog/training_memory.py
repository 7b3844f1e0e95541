"""training_memory: where does the memory go?"""

from __future__ import annotations

from core.catalog.kinds import Concept, Page, Param, both, frozen, question

SHAPES = (
    "tiny-gpt", "gpt2", "smollm2-135m", "qwen-coder", "gpt2-xl", "llama-2-7b", "llama-3-8b", "llama-3-70b",
    "gpt3-175b", "own",
)  # fmt: skip
LENGTHS = (128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768)
BATCHES = (1, 2, 4, 8, 16, 32, 64)
PROCESSES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
RANKS = (0, 4, 8, 16, 32, 64, 128, 256)
SCALES = (0, 4, 8, 12, 16, 20, 24, 28)
ENGLISH, CHINESE = "The cat sat on the mat.", "小猫坐在垫子上。"

PAGE = Page(
    stem="training_memory",
    short="tm",
    chapter="training",
    icon=":material/memory:",
    params=(
        Param("view", "choice", "estimate", options=("estimate", "measured", "precision"), kept=True),
        Param("shape", "choice", "llama-2-7b", options=SHAPES, kept=True),
        Param("layers", "int", 12, low=1, high=128, kept=True),
        Param("width", "int", 768, low=64, high=16384, kept=True),
        Param("heads", "int", 12, low=1, high=128, kept=True),
        Param("vocabulary", "int", 50257, low=256, high=262144, kept=True),
        Param("batch", "int", 1, low=1, high=1024, kept=True),
        Param("length", "int", 2048, low=16, high=131072, kept=True),
        Param("precision", "choice", "bf16", options=("fp32", "bf16", "fp16"), kept=True),
        Param("optimizer", "choice", "adam", options=("adam", "adam8", "momentum", "sgd"), kept=True),
        Param("keep", "choice", "none", options=("none", "selective", "full"), kept=True),
        Param("zero", "int", 0, low=0, high=3, kept=True),
        Param("processes", "int", 1, low=1, high=1024, kept=True),
        Param("rank", "int", 0, low=0, high=256, kept=True),
        Param("depth", "choice", "4", options=("2", "4", "8"), kept=True),
        Param("tokens", "choice", "128", options=("32", "64", "128", "256"), kept=True),
        Param("scale", "int", 0, low=0, high=30, kept=True),
    ),
    model={"en": "smollm2-135m", "zh": "qwen2.5-coder-0.5b"},
    text={"en": ENGLISH, "zh": CHINESE},
    examples={"en": (("cat", ENGLISH, ""),), "zh": (("cat", CHINESE, ""),)},
    questions=(
        question(
            "most", ("weights", "states", "activations"), "states", "gbchart_tm_parts",
            both(view="estimate", shape="tiny-gpt"), both(view="estimate", shape="llama-2-7b"),
        ),
        question(
            "half", ("half", "same", "more"), "same", "gbchart_tm_parts",
            both(view="estimate", shape="llama-2-7b", precision="fp32", keep="full", length=128),
            both(view="estimate", shape="llama-2-7b", precision="bf16", keep="full", length=128),
        ),
        question(
            "double", ("two", "less", "four"), "four", "gbchart_tm_parts",
            both(view="estimate", shape="gpt2", length=2048), both(view="estimate", shape="gpt2", length=4096),
        ),
        question(
            "again", ("little", "third", "double"), "third", "gbchart_tm_time",
            both(view="measured", depth="2"), both(view="measured", depth="8"),
        ),
        question(
            "small", ("few", "tenth", "most"), "most", "gbchart_tm_gradients",
            both(view="precision", scale=24), both(view="precision", scale=0),
        ),
    ),
    openings=(
        frozen(view="estimate", shape="llama-3-8b", rank=16, keep="full"),
        frozen(view="estimate", shape="gpt3-175b", zero=3, processes=1024, keep="selective"),
        frozen(view="estimate", shape="smollm2-135m", batch=16, precision="fp32"),
        frozen(view="precision", scale=12),
    ),
    concepts=(
        Concept("checkpointing", "4.4", "training_memory", both(view="measured")),
        Concept("memory_parts", "4.5", "training_memory", both(view="estimate")),
        Concept("mixed_precision", "4.5", "training_memory", both(view="precision")),
        Concept("loss_scaling", "4.5", "training_memory", both(view="precision", scale=12)),
    ),
    limit=256,
    papers=(
        "Korthikanti et al. 2022", "Rajbhandari et al. 2020", "Dettmers et al. 2022", "Micikevicius et al. 2018",
        "Chen et al. 2016", "Hu et al. 2021",
    ),
    canvases={"estimate": ("chart",), "measured": ("chart",), "precision": ("chart",)},
)  # fmt: skip
