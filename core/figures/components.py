"""The sources of our canvas components, ready for registration: one HTML, one CSS, one JS text each.

A component is a folder ``assets/components/<page>/<name>`` with plain ES modules and no build step. Its script may
``import {name} from "../../shared/x.js"``; here the modules it imports are put in front of it, textually,
without their ``export``. So names at the top of a module must be unique among a component and all that it
imports, which `source` checks. A style sheet of the same name as a module comes with it.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from core.paths import COMPONENTS

_IMPORT = re.compile(r"^import\s*\{[^}]*\}\s*from\s*[\"'](?P<path>[^\"']+)[\"'];?[ \t]*\n", re.MULTILINE)
_EXPORT = re.compile(r"^export\s+(?!default\b)", re.MULTILINE)
_NAME = re.compile(
    r"^(?:export\s+)?(?:default\s+)?(?:(?:async\s+)?function\s*\*?|class|const|let|var)\s+"
    r"(?P<names>[\w$]+|\{[^}]*\}|\[[^\]]*\])",
    re.MULTILINE,
)


def top_level_names(script: str) -> list[str]:
    """Names that a module binds at its top level (statements that start in the first column)."""
    return [name for match in _NAME.finditer(script) for name in re.findall(r"[\w$]+", match["names"])]


def _inline(path: Path, seen: dict[Path, str]) -> None:
    if path in seen:
        return
    text = path.read_text(encoding="utf-8")
    seen[path] = ""
    for match in _IMPORT.finditer(text):
        if " as " in match[0]:
            raise ValueError(f"{path.name}: an import that renames cannot be put in line")
        _inline((path.parent / match["path"]).resolve(), seen)
    seen[path] = _EXPORT.sub("", _IMPORT.sub("", text))
    seen[path] = seen.pop(path)  # a module comes after those it imports


def folder_of(name: str) -> Path:
    """The folder of a component; names are unique among all pages. Raises FileNotFoundError for an unknown one."""
    for page in sorted(COMPONENTS.iterdir()):
        if page.name != "shared" and (page / name / "component.js").is_file():
            return page / name
    raise FileNotFoundError(f"no component {name}")


@cache
def source(name: str) -> tuple[str, str, str]:
    """HTML, CSS and JS of the component in ``assets/components/<page>/<name>``, shared parts in line.

    Raises FileNotFoundError for an unknown component, ValueError when two modules bind the same name.
    """
    folder = folder_of(name)
    modules: dict[Path, str] = {}
    _inline(folder / "component.js", modules)
    names = [found for text in modules.values() for found in top_level_names(text)]
    double = sorted({found for found in names if names.count(found) > 1})
    if double:
        raise ValueError(f"{name}: bound twice at the top level: {', '.join(double)}")
    styles = [COMPONENTS / "shared" / "base.css", *(path.with_suffix(".css") for path in modules)]
    css = "".join(path.read_text(encoding="utf-8") for path in styles if path.exists())
    return (folder / "component.html").read_text(encoding="utf-8"), css, "\n".join(modules.values())
