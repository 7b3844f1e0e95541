"""The states of a lecture before they are shown: what they are called, and what they compute, computed ahead."""

from __future__ import annotations

from core import catalog
from core.calls import complete, plan, walk
from core.catalog import Language
from core.errors import GlassboxError
from core.jobs.asker import Asker, asking
from core.teaching.kinds import Step
from pages.kit import cache, permalink
from pages.kit.session import address, visitor
from pages.kit.text import words


def title(step: Step, language: Language) -> str:
    """What a state is called: its page, and what is said there, else the part of the page that is shown."""
    page, here = catalog.find(step.page), words(language, step.page)
    part = here.find(f"params.{page.by}.{permalink.held(page, step.query, language).get(page.by)}")
    said = step.say or part
    return here("page.title") + (f" · {said}" if isinstance(said, str) else "")


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
