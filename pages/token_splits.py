"""How is text cut, and what does it cost?

One text in several vocabularies; a vocabulary trained step by step; what a model gets besides the text; new words.
Sennrich et al. 2016 (BPE); Kudo 2018 (Unigram); Petrov et al. 2023 (unfairness between languages); Hewitt 2021 and
Gee et al. 2022 (new words).
"""

from pages.kit import controls, frame, lecture, reading
from pages.kit.frame import Opened
from pages.views.token_splits import add as token_add
from pages.views.token_splits import cut as token_cut
from pages.views.token_splits import template as token_template
from pages.views.token_splits import train as token_train

STEM = "token_splits"
PARTS = {"cut": token_cut, "train": token_train, "template": token_template, "add": token_add}


def read(page: Opened) -> None:
    """The reading text of the part that is shown; the model's card where there is one."""
    part = str(page.link.get("part"))
    reading.text(
        page, model=part in ("template", "add"), id="page.read" if part == "cut" else f"reads.{part}"
    )


page = frame.open(STEM)
part = PARTS[controls.parts(page)]
part.figure(page)
lecture.experiments(page.words, page.link)
if not page.link.shared("present"):
    reading.tabs(page, read, part.how, part.numbers)
