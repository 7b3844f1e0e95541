"""Which words does each head look at?

All heads of a model at a glance and one head closely; attention followed through the layers; what wakes a head that
rests; BertViz; an encoder-decoder's look at its source; one head on two texts.
Vaswani et al. 2017 §3.2 (scaled dot-product attention, heads); Olsson et al. 2022 (induction heads); Abnar & Zuidema
2020 (rollout); Clark et al. 2019 (resting heads); Vig 2019 (BertViz); Bahdanau et al. 2015 (attention to a source).
"""

from pages.kit import controls, frame, lecture, reading
from pages.kit.frame import Opened
from pages.views.attention_heads import bertviz as heads_bertviz
from pages.views.attention_heads import cross as heads_cross
from pages.views.attention_heads import overview as heads_all
from pages.views.attention_heads import pair as heads_pair
from pages.views.attention_heads import rollout as heads_rollout
from pages.views.attention_heads import waking as heads_wake

STEM = "attention_heads"
PARTS = {
    "heads": heads_all,
    "rollout": heads_rollout,
    "wake": heads_wake,
    "bertviz": heads_bertviz,
    "cross": heads_cross,
    "pair": heads_pair,
}


def read(page: Opened) -> None:
    """The reading text of the part that is shown, and the model's card."""
    shown = str(page.link.get("part"))
    used = part.model(page) if part in (heads_cross, heads_pair) else ""
    reading.text(page, id="page.read" if shown == "heads" else f"reads.{shown}", used=used)


page = frame.open(STEM)
part = PARTS[controls.parts(page)]
part.figure(page)
lecture.experiments(page.words, page.link, by="part")
if not page.link.shared("present"):
    reading.tabs(page, read, part.how, part.numbers)
