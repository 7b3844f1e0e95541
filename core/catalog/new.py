"""A new page from a skeleton: ``python -m core.catalog.new STEM [--short xx] [--chapter training]``.

It writes the page's own files (``core/catalog/skeleton`` holds them, with ``$stem`` where the name goes), adds the page
to ``core/catalog/__init__.py``, and bundles its results. The tests are green at once; what is still the skeleton's is
named, now and whenever the command is called again for the same page.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from string import Template

from core.catalog.kinds import CHAPTERS
from core.paths import ROOT

SKELETON = Path(__file__).parent / "skeleton"
LIST = Path("core") / "catalog" / "__init__.py"
NAME = re.compile(r"[a-z][a-z_]{2,39}")
IMPORT = re.compile(r"^from core\.catalog\.(?P<stem>\w+) import", re.MULTILINE)


def files(stem: str, short: str, chapter: str) -> Iterator[tuple[Path, str]]:
    """Path in the checkout and content of every file of a new page."""
    names = {"stem": stem, "short": short, "chapter": chapter, "constant": stem.upper()}
    for path in sorted(SKELETON.rglob("*.txt")):
        place = path.relative_to(SKELETON).as_posix().removesuffix(".txt").replace("STEM", stem)
        yield Path(place), Template(path.read_text("utf-8")).substitute(names)


def write(stem: str, short: str, chapter: str, root: Path) -> list[Path]:
    """Write the files of a new page and add it to the catalogue; what was written or changed, in ``root``.

    Errors: ValueError for a name that will not do, FileExistsError where the page is there already.
    """
    if not NAME.fullmatch(stem) or not re.fullmatch("[a-z]{2}", short) or chapter not in CHAPTERS:
        raise ValueError(f"a stem like next_token, two letters, and a chapter of {CHAPTERS}")
    made = dict(files(stem, short, chapter))
    there = [str(path) for path in made if (root / path).exists()]
    if there:
        raise FileExistsError(", ".join(there))
    for path, content in made.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content, encoding="utf-8")
    listed = (root / LIST).read_text("utf-8")
    (root / LIST).write_text(_with(listed, stem), encoding="utf-8")
    return [*made, LIST]


def _with(listed: str, stem: str) -> str:
    """The catalogue's list of pages with one more at its end, imported in the order of the alphabet."""
    imported = f"from core.catalog.{stem} import PAGE as {stem.upper()}\n"
    after = [found.start() for found in IMPORT.finditer(listed) if found["stem"] > stem]
    first = min(after, default=listed.index("\n__all__"))
    listed = listed[:first] + imported + listed[first:]
    end = listed.index("\n)", listed.index("PAGES: tuple"))
    return f"{listed[:end]}\n    {stem.upper()},{listed[end:]}"


def missing(stem: str, short: str, chapter: str, root: Path) -> list[str]:
    """What a page still has of the skeleton."""
    same = [
        str(path)
        for path, content in files(stem, short, chapter)
        if content.strip() and (root / path).is_file() and (root / path).read_text("utf-8") == content
    ]
    return [f"{path}: still the skeleton's" for path in same]


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m core.catalog.new", description=__doc__)
    parser.add_argument("stem", help="name of the page: its URL, its modules, its word files")
    parser.add_argument("--short", default="", help="two letters before its parameters in links")
    parser.add_argument("--chapter", default="training", choices=CHAPTERS)
    given = parser.parse_args(arguments)
    short = given.short or "".join(part[0] for part in given.stem.split("_"))[:2].ljust(2, given.stem[-1])
    if not (ROOT / "core" / "catalog" / f"{given.stem}.py").exists():
        for path in write(given.stem, short, given.chapter, ROOT):
            print(f"wrote {path}")
        subprocess.run([sys.executable, "-m", "core.examples", given.stem], cwd=ROOT, check=True)  # noqa: S603 — our own
    for line in missing(given.stem, short, given.chapter, ROOT):
        print(line)


if __name__ == "__main__":
    main()
