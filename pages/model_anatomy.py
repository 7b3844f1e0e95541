"""What happens between text in and text out?

The visitor's text flowing through the real model, from the whole network down to one number; its masks; what the
residual stream holds on the way. Vaswani et al. 2017 (Transformer); Xiong et al. 2020 (pre- and post-norm); Ainslie
et al. 2023 (grouped queries).
"""

from pages.kit import controls, frame, lecture, prompt, reading
from pages.views.model_anatomy import flow as anatomy_flow
from pages.views.model_anatomy import lens as anatomy_lens

VIEWS = {**anatomy_flow.VIEWS, **anatomy_lens.VIEWS}

page = frame.open("model_anatomy")
chosen = str(page.link.get("view"))
view = VIEWS[chosen if chosen in VIEWS else "flow"]
prompt.strip(page)
if not page.link.shared("present"):
    controls.choice(page, "view", label="collapsed", options=tuple(VIEWS))
view.draw(page)
lecture.experiments(page.words, page.link)
if not page.link.shared("present"):
    reading.tabs(page, reading.text, view.how, view.numbers)
