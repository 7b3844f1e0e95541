"""What docker would make of the Dockerfile: its instructions, and the files that the ignore file leaves."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.paths import ROOT

DOCKERFILE = ROOT / "deploy" / "docker" / "Dockerfile"
IGNORE = DOCKERFILE.with_name("Dockerfile.dockerignore")
"""Docker takes a file of this name before the ``.dockerignore`` of the context."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A line of an ignore file."""

    leaves: bool  # "!": what matches stays
    text: str

    def matches(self, name: str) -> bool:
        """Whether a path, or a folder above it, is meant."""
        parts = name.split("/")
        return any(_pattern(self.text).fullmatch("/".join(parts[: at + 1])) for at in range(len(parts)))


def _pattern(text: str) -> re.Pattern[str]:
    """``*`` within a name, ``**/`` for any folders.

    >>> bool(_pattern("**/__pycache__").fullmatch("core/models/__pycache__")), bool(_pattern("*").fullmatch("a/b"))
    (True, False)
    """
    pieces = re.split(r"(\*\*/|\*)", text)
    return re.compile("".join({"**/": "(?:.*/)?", "*": "[^/]*"}.get(one, re.escape(one)) for one in pieces))


def rules() -> list[Rule]:
    lines = [line for line in IGNORE.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    return [Rule(line.startswith("!"), line.removeprefix("!")) for line in lines]


def is_sent(name: str, given: list[Rule]) -> bool:
    """Whether docker is sent a path of the repository: the last rule that matches decides."""
    found = [rule.leaves for rule in given if rule.matches(name)]
    return not found or found[-1]


def context() -> Iterator[str]:
    """The paths that docker is sent."""
    given = rules()
    for top, folders, files in os.walk(ROOT):
        base = Path(top).relative_to(ROOT)
        names = {folder: (base / folder).as_posix() for folder in folders}
        folders[:] = [
            folder for folder, name in names.items()
            if is_sent(name, given) or any(rule.leaves and rule.text.startswith(f"{name}/") for rule in given)
        ]  # fmt: skip
        yield from (name for file in files if is_sent(name := (base / file).as_posix(), given))


def instructions() -> list[tuple[str, str]]:
    """The instructions with what they are given, continued lines joined."""
    text = re.sub(r"^\s*#.*\n", "", DOCKERFILE.read_text("utf-8"), flags=re.MULTILINE)
    joined = re.sub(r"\\\n\s*", "", text)
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in joined.splitlines() if line.strip()]


def of(kind: str) -> list[str]:
    """What the instructions of a kind are given."""
    return [given for name, given in instructions() if name == kind]


def variables() -> dict[str, str]:
    """The image's own environment."""
    return dict(one.split("=", 1) for given in of("ENV") for one in shlex.split(given))


def copied() -> dict[str, str]:
    """Path in the repository → path below the image's working folder."""
    found: dict[str, str] = {}
    sent = sorted(context())
    for given in of("COPY"):
        *sources, target = given.split()
        for source in sources:
            inside = [name for name in sent if name == source or name.startswith(f"{source}/")]
            assert inside, f"COPY {source}: nothing of that name is sent"
            for name in inside:
                is_folder = (ROOT / source).is_dir()
                rest = name.removeprefix(f"{source}/") if is_folder else Path(name).name
                whole = target if not is_folder and not target.endswith(("/", ".")) else f"{target}/{rest}"
                found[name] = os.path.normpath(whole)
    return found


def build(folder: Path) -> None:
    """The image's working folder; large files are links to the same bytes where the disk allows it."""
    for name, path in copied().items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        try:
            (folder / path).hardlink_to(ROOT / name)
        except OSError:
            shutil.copy2(ROOT / name, folder / path)
