"""The views of the page ``model_anatomy``."""

from __future__ import annotations

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
