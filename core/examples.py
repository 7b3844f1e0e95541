"""The bundled results that a page opens on: which they are, and the command that writes them.

``python -m core.examples`` computes every result that a default or an experiment of a declared page needs, in both
languages, and writes it to ``assets/examples``; a test checks each against a live computation.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from core import catalog, results
from core.calls import Call, complete, plan, walk
from core.catalog import LANGUAGES, Page, State
from core.jobs.permit import permitted
from core.paths import EXAMPLES


def states(page: Page) -> Iterator[State]:
    """Every state that must open at once: the defaults and each step of each experiment, in each language."""
    for language in LANGUAGES:
        start: dict[str, Any] = {"model": page.model[language], "text": page.text[language], "lang": language}
        yield start
        for view in page.param("view").options if "view" in {p.name for p in page.params} else ():
            yield {**start, "view": view}
        for question in page.questions:
            for preset in (question.ask, question.reveal):
                yield {**start, **preset.values(language)}
        for opening in page.openings:
            yield {**start, **opening}


def wanted(stems: Sequence[str] = (), run: Callable[[Call[Any]], Any] | None = None) -> tuple[Call[Any], ...]:
    """All bundled results (or those of some pages), each once; ``run`` gives the result of one."""
    found: dict[Path, Call[Any]] = {}
    for page in catalog.PAGES:
        for state in states(page) if not stems or page.stem in stems else ():
            done = walk(plan(page.stem, complete(page, state)), run or at_hand)
            found |= {asked.path: asked for asked, _ in done}
    return tuple(found.values())


def at_hand(asked: Call[Any]) -> Any:
    """Its bundled result, or the one computed now where there is none yet."""
    found = asked.bundled()
    return compute(asked) if found is None else found


def compute(asked: Call[Any]) -> Any:
    """Its result, computed now, however long that takes."""
    with permitted():
        return asked.run()


def main() -> None:
    """Write all bundled results (or those of the pages that are named) and remove those that no page wants any more."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="*", help="stems of the pages whose results are written; default: all")
    stems = parser.parse_args().pages
    EXAMPLES.mkdir(parents=True, exist_ok=True)
    written: set[Path] = set()

    def write(asked: Call[Any]) -> Any:
        if asked.path not in written:
            results.save(compute(asked), asked.path)
            written.add(asked.path)
        return asked.bundled()

    wanted(stems, write)
    examples = wanted()
    for path in set(EXAMPLES.glob("*.npz")) - {asked.path for asked in examples}:
        path.unlink()
    size = sum(asked.path.stat().st_size for asked in examples)
    print(f"{len(examples)} results, {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
