"""What the page opens its views on: bundled results."""

from __future__ import annotations

from typing import Any

from core import catalog, results
from core.calls import complete, plan, walk
from core.paths import EXAMPLES


def opening(view: str, language: str = "en") -> tuple[Any, ...]:
    """The results of a view in its first state."""
    page = catalog.find("model_anatomy")
    state = complete(page, {"lang": language, "view": view})
    done = walk(plan(page.stem, state), lambda call: results.bundled(call.function, call.arguments, EXAMPLES))
    return tuple(one for _, one in done)
