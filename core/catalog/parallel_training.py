"""parallel_training: how do many machines train one model?"""

from __future__ import annotations

from collections.abc import Mapping

from core.catalog.kinds import Concept, Page, Param, State, both, frozen, question

MODEL, CHINESE = "smollm2-135m", "qwen2.5-coder-0.5b"
VIEWS = ("pipeline", "memory", "wire", "proof")
SIZES = ("gpt2", "2b7", "6b7", "13b", "175b")
PROCESSES = (2, 4, 8, 16, 32, 64)
"""Along the slider; a link may ask for any number between."""
SCENES: Mapping[str, State] = {
    "filled": frozen(view="pipeline", kind="gpipe", p=4, m=8),
    "in_turn": frozen(view="pipeline", kind="one_f", p=4, m=8),
    "woven": frozen(view="pipeline", kind="interleaved", p=4, m=8, v=2),
    "shared": frozen(view="memory", size="6b7", n=64),
    "giant": frozen(view="memory", size="175b", n=64),
    "sent": frozen(view="wire", size="6b7", n=8),
}
"""States worth a button, by the id of their label."""
START = SCENES["in_turn"]

PAGE = Page(
    stem="parallel_training",
    short="pt",
    chapter="training",
    icon=":material/lan:",
    params=(
        Param("view", "choice", "pipeline", options=VIEWS, kept=True),
        Param("kind", "choice", "one_f", options=("gpipe", "one_f", "interleaved"), kept=True),
        Param("p", "int", 4, low=2, high=8, kept=True),
        Param("m", "int", 8, low=1, high=32, kept=True),
        Param("v", "int", 2, low=2, high=4, kept=True),
        Param("back", "float", 2.0, low=0.5, high=4.0, kept=True),
        Param("size", "choice", "6b7", options=SIZES, kept=True),
        Param("n", "int", 8, low=2, high=64, kept=True),
        Param("real", "choice", "4", options=("2", "4"), kept=True),
        Param("bits", "choice", "float64", options=("float64", "float32"), kept=True),
    ),
    model={"en": MODEL, "zh": CHINESE},
    text={"en": "One step.", "zh": "一步。"},
    examples={"en": (), "zh": ()},
    questions=(
        question(
            "bubble", ("little", "half", "most"), "half", "gbchart_pt_gantt",
            both(view="pipeline", kind="gpipe", p=4, m=32), both(view="pipeline", kind="gpipe", p=4, m=4),
        ),
        question(
            "in_turn", ("shorter", "same", "longer"), "same", "gbchart_pt_kept",
            both(view="pipeline", kind="gpipe", p=4, m=8), both(view="pipeline", kind="one_f", p=4, m=8),
        ),
        question(
            "shared", ("all", "quarter", "part"), "part", "gbchart_pt_memory",
            both(view="wire", size="6b7", n=64), both(view="memory", size="6b7", n=64),
        ),
        question(
            "price", ("same", "half", "times"), "half", "gbchart_pt_wire",
            both(view="memory", size="6b7", n=4), both(view="wire", real="4"),
        ),
        question(
            "same", ("equal", "close", "other"), "equal", "gbchart_pt_apart",
            both(view="wire", real="4"), both(view="proof", real="4", bits="float64"),
        ),
    ),
    openings=(*SCENES.values(), frozen(view="proof", bits="float32")),
    concepts=(
        Concept("data_parallel", "4.10", "parallel_training", both(view="wire", real="2")),
        Concept("tensor_parallel", "4.10", "parallel_training", both(view="wire", size="175b", n=8)),
        Concept("pipeline_parallel", "4.10", "parallel_training", both(**START)),
        Concept("pipeline_bubble", "4.10", "parallel_training", both(view="pipeline", kind="gpipe", p=8, m=8)),
        Concept("zero_stages", "4.5", "parallel_training", both(**SCENES["shared"])),
        Concept("same_training", "4.10", "parallel_training", both(view="proof")),
    ),
    limit=256,
    papers=(
        "Huang et al. 2019 (GPipe)", "Narayanan et al. 2019, 2021", "Shoeybi et al. 2019",
        "Rajbhandari et al. 2020 (ZeRO)", "Patarasuk & Yuan 2009",
    ),
    canvases={"pipeline": ("chart",), "memory": ("chart",), "wire": ("chart",), "proof": ("chart",)},
)  # fmt: skip
