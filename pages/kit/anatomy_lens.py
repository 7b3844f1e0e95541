"""The views of ``model_anatomy`` that read the residual stream: lens, contributions, norms, patching, neurons."""

from __future__ import annotations

from pages.kit.anatomy_view import View

VIEWS: dict[str, View] = {}
