"""The views of the page ``model_anatomy``."""

from __future__ import annotations

from pages.kit import controls, prompt
from pages.kit.frame import Opened
from pages.views.model_anatomy import contributions, flow, lens, neurons, norms, patching

STREAM = {
    "lens": lens.VIEW,
    "contributions": contributions.VIEW,
    "norms": norms.VIEW,
    "patching": patching.VIEW,
    "neurons": neurons.VIEW,
}
"""Views that read the residual stream."""
VIEWS = {**flow.VIEWS, **STREAM}


def head(page: Opened) -> None:
    """The text and the model, then the choice of the view."""
    prompt.strip(page)
    controls.parts(page, "view")
