"""training_lab: watch it learn."""

from __future__ import annotations

from collections.abc import Mapping

from core.catalog.kinds import Concept, Page, Param, both, frozen, question

MODEL, CHINESE = "smollm2-135m", "qwen2.5-coder-0.5b"

PARTS = ("runs", "film", "race", "faults", "gradients", "search", "live")
INDUCTION = "induction"
TASKS = ("english", "poems", "addition", "reverse", "dates", INDUCTION)
"""Bundled runs that are looked at one by one; the last one is tiny-gpt's own training."""
RACES: Mapping[str, tuple[str, ...]] = {
    "overfitting": ("overfitted", "cured-dropout", "cured-stopping", "cured-data", "adversarial"),
    "warmup": ("warmup", "fault-warmup"),
    "optimizer": ("optimizer-sgd", "optimizer-momentum", "optimizer-adagrad", "optimizer-adamw"),
    "schedule": (
        "optimizer-adamw", "schedule-constant", "schedule-linear", "schedule-step", "schedule-exponential",
        "schedule-plateau",
    ),
    "dropout": ("sound", "sound-dropout"),
    "smoothing": ("smoothing-off", "smoothing-on"),
    "objective": ("smoothing-off", "both", "masked"),
}  # fmt: skip
"""Bundled runs that are comparable, two to six together."""
CURVES = ("held_out", "loss", "norm", "rate")
CASES = (
    "fault-shift",
    "fault-warmup",
    "fault-zeroing",
    "fault-evaluation",
    "fault-rate",
    "fault-average",
    "fault-order",
)
"""Runs with a fault, in the order in which they are asked."""
_AVERAGE = CASES.index("fault-average") + 1
FAULTS = ("rate", "warmup", "shift", "zeroing", "order", "evaluation", "average")
TRIALS = ("all", "grid", "random")
BUNDLES = ("english", "poems", "addition", "reverse", "dates", "masked", "overfitted")
"""Bundled runs that are looked into."""
WIRINGS = ("both", "residual", "norm", "neither")
"""What a fresh network has: norms and residual stream, the stream alone, norms alone, neither."""
INITIAL = ("scaled", "gpt2", "xavier", "large")
TASKS_LIVE = ("addition", "reverse", "copy", "dates", "several", "english", "poems", "own")
SIZES = ("tiny", "small", "medium", "large")
OPTIMIZERS = ("sgd", "momentum", "adagrad", "adam", "adamw")
SCHEDULES = ("constant", "linear", "cosine", "step", "exponential", "plateau")
RATES = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 1.0)
STEPS, BATCHES, WARMUPS = (200, 500, 1000, 2000, 3000), (8, 16, 32, 64), (0, 20, 50, 100, 200)
DROPOUTS, DECAYS, CLIPS = (0.0, 0.1, 0.2, 0.3, 0.5), (0.0, 0.01, 0.1, 0.3), (0.0, 0.5, 1.0, 5.0)
"""What a live training may be set to."""
LAST = -1
"""The last moment of a run, or its last checkpoint."""


PAGE = Page(
    stem="training_lab",
    short="tl",
    chapter="training",
    icon=":material/model_training:",
    by="part",
    params=(
        Param("part", "choice", "runs", options=PARTS, kept=True),
        Param("run", "choice", TASKS[0], options=TASKS, kept=True),
        Param("at", "int", LAST, low=LAST, high=99, kept=True),
        Param("race", "choice", next(iter(RACES)), options=tuple(RACES), kept=True),
        Param("ghosts", "list", (), high=6, kept=True),
        Param("curve", "choice", "held_out", options=CURVES, kept=True),
        Param("case", "int", 1, low=1, high=len(CASES), kept=True),
        Param("guess", "choice", "none", options=("none", *FAULTS), kept=True),
        Param("trials", "choice", "all", options=TRIALS, kept=True),
        Param("bundle", "choice", BUNDLES[0], options=BUNDLES, kept=True),
        Param("layer", "int", 0, low=0, high=11, kept=True),
        Param("head", "int", 0, low=0, high=7, kept=True),
        Param("moment", "int", LAST, low=LAST, high=99, kept=True),
        Param("network", "choice", "fresh", options=("fresh", "bundle"), kept=True),
        Param("depth", "int", 8, low=2, high=12, kept=True),
        Param("initial", "choice", "scaled", options=INITIAL, kept=True),
        Param("wiring", "choice", "neither", options=WIRINGS, kept=True),
        Param("checkpoint", "int", LAST, low=LAST, high=5000, kept=True),
        Param("passage", "text", "", kept=True),
        Param("task", "choice", "addition", options=TASKS_LIVE, kept=True),
        Param("size", "choice", "small", options=SIZES, kept=True),
        Param("optimizer", "choice", "adamw", options=OPTIMIZERS, kept=True),
        Param("schedule", "choice", "cosine", options=SCHEDULES, kept=True),
        Param("rate", "float", 0.003, low=1e-6, high=100.0, kept=True),
        Param("steps", "int", 1000, low=1, high=5000, kept=True),
        Param("batch", "int", 32, low=1, high=128, kept=True),
        Param("warmup", "int", 50, low=0, high=2000, kept=True),
        Param("dropout", "float", 0.0, low=0.0, high=0.8, kept=True),
        Param("decay", "float", 0.01, low=0.0, high=1.0, kept=True),
        Param("clip", "float", 1.0, low=0.0, high=100.0, kept=True),
        Param("seed", "int", 0, low=0, high=99, kept=True),
    ),
    model={"en": MODEL, "zh": CHINESE},
    text={"en": "One step.", "zh": "一步。"},
    examples={"en": (), "zh": ()},
    spoken={"zh": {"run": "poems", "bundle": "poems"}},
    questions=(
        question(
            "heart", ("falls", "level", "rises"), "rises", "gbchart_tl_race",
            both(part="runs", run=TASKS[0], at=0), both(part="race", race="overfitting", curve="held_out"),
        ),
        question(
            "warmup", ("faster", "same", "never"), "never", "gbchart_tl_race",
            both(part="runs", run="reverse"), both(part="race", race="warmup", curve="held_out"),
        ),
        question(
            "shift", ("easy", "large", "fault"), "fault", "gbchart_tl_faulty",
            both(part="runs", run="reverse"), both(part="faults", case=1, guess="shift"),
        ),
        question(
            "forms", ("evenly", "step", "end"), "step", "gbchart_tl_induction",
            both(part="runs", run=TASKS[0]), both(part="runs", run=INDUCTION),
        ),
        question(
            "decides", ("same", "higher", "lower"), "lower", "gbchart_tl_rates",
            both(part="race", race="optimizer", curve="rate"), both(part="search", trials="grid"),
        ),
        question(
            "reaches", ("hundredth", "thousandth", "less"), "less", "gbchart_tl_reach",
            both(part="gradients", depth=2), both(part="gradients", depth=8),
        ),
    ),
    openings=(
        *(frozen(part="runs", run=one) for one in TASKS),
        *(frozen(part="race", race=one) for one in RACES),
        *(frozen(part="faults", case=at) for at in range(1, len(CASES) + 1)),
        *(frozen(part=one) for one in PARTS if one not in ("search", "live")),
    ),
    concepts=(
        Concept("hyper_parameters", "4.1", "training_lab", both(part="search")),
        Concept("rate_schedules", "4.2", "training_lab", both(part="race", race="schedule", curve="rate")),
        Concept("warm_up", "4.2", "training_lab", both(part="race", race="warmup")),
        Concept("gradient_accumulation", "4.3", "training_lab", both(part="faults", case=_AVERAGE)),
        Concept("overfitting", "4.6", "training_lab", both(part="race", race="overfitting")),
        Concept("early_stopping", "4.6", "training_lab", both(part="race", race="overfitting", curve="held_out")),
        Concept("optimizers", "4.7", "training_lab", both(part="race", race="optimizer")),
        Concept("label_smoothing", "4.8", "training_lab", both(part="race", race="smoothing")),
        Concept("self_supervision", "4.9", "training_lab", both(part="race", race="objective")),
        Concept("gradient_norms", "4.11", "training_lab", both(part="race", race="warmup", curve="norm")),
        Concept("back_propagation", "4.11", "training_lab", both(part="gradients")),
        Concept("hyper_parameter_search", "4.12", "training_lab", both(part="search")),
        Concept("pre_training", "1.6", "training_lab", both(part="runs", run=TASKS[0])),
    ),
    limit=256,
    papers=(
        "Loshchilov & Hutter 2019", "Kingma & Ba 2015", "Srivastava et al. 2014", "Szegedy et al. 2016",
        "Goyal et al. 2017", "Bergstra & Bengio 2012", "Olsson et al. 2022", "Goodfellow et al. 2015",
    ),
    canvases={**dict.fromkeys(PARTS, ("chart",)), "film": ("film",), "live": ()},
)  # fmt: skip
