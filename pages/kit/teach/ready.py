"""What the states of a lecture compute, computed before they are shown."""

from __future__ import annotations

from core import catalog
from core.calls import complete, plan, walk
from core.catalog import Language
from core.errors import GlassboxError
from core.jobs.asker import Asker, asking
from core.teaching.kinds import Step
from pages.kit import cache, permalink
from pages.kit.session import address, visitor


def compute(step: Step, language: Language) -> bool:
    """Compute what a step's state shows, and keep it; whether that went well: else the page itself will say why."""
    page = catalog.find(step.page)
    state = complete(page, {"lang": language, **permalink.parsed(page, step.query)})
    try:
        with asking(Asker(visitor() or None, address=address())):
            walk(plan(page.stem, state), lambda asked: cache.run(asked).value)
    except GlassboxError:
        return False
    return True
