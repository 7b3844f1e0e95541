"""The views of the page ``model_anatomy``."""

from __future__ import annotations

from pages.kit import controls, prompt
from pages.kit.frame import Opened
from pages.views.model_anatomy import flow, lens

VIEWS = {**flow.VIEWS, **lens.VIEWS}


def head(page: Opened) -> None:
    """The text and the model, then the choice of the view."""
    prompt.strip(page)
    controls.parts(page, "view")
