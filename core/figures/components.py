"""The sources of our canvas components, ready for registration: one HTML, one CSS, one JS text each.

A component is a folder ``assets/components/<page>/<name>`` with plain ES modules and no build step. Its script may
``import {name, other as own} from "../../shared/x.js"``; here the modules it imports are put in front of it, each in
a function of its own, so that a module's names are its own and only what it exports is seen. What a module of
``assets/vendor`` exports as its default is imported as ``{default as name}``. A style sheet of the same name as a
module comes with it.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from core.paths import COMPONENTS

_IMPORT = re.compile(
    r"^import\s*\{(?P<names>[^}]*)\}\s*from\s*[\"'](?P<path>[^\"']+)[\"'];?[ \t]*$", re.MULTILINE
)
_EXPORT = re.compile(
    r"^export\s+(?=(?:async\s+)?(?:function\s*\*?|class|const|let)\s+(?P<name>[\w$]+))", re.MULTILINE
)
_DEFAULT = re.compile(r"^export\s+default\s+", re.MULTILINE)
_LISTED = re.compile(r"^export\s*\{(?P<names>[^}]*)\};?[ \t]*$", re.MULTILINE)


def _inline(path: Path, done: dict[Path, str], around: tuple[Path, ...] = ()) -> None:
    """Puts a module after those it imports; ``around`` are the modules that are waiting for it."""
    if path in around:
        raise ValueError(f"{path.name}: imports itself by way of {around[-1].name}")
    if path in done:
        return
    text = path.read_text(encoding="utf-8")
    for match in _IMPORT.finditer(text):
        _inline((path.parent / match["path"]).resolve(), done, (*around, path))

    def bound(match: re.Match[str]) -> str:
        module = list(done).index((path.parent / match["path"]).resolve())
        return f"const {{{re.sub(r' as ', ': ', match['names'])}}} = $module{module};"

    text = _IMPORT.sub(bound, text)
    done[path] = text if not around else _wrapped(text, len(done))


def _wrapped(text: str, number: int) -> str:
    """A module as a function that is run once and gives what it exports."""
    names = [match["name"] for match in _EXPORT.finditer(text)]
    names += [name.strip() for match in _LISTED.finditer(text) for name in match["names"].split(",")]
    names += ["default: $default"] * bool(_DEFAULT.search(text))
    body = _LISTED.sub("", _EXPORT.sub("", _DEFAULT.sub("const $default = ", text)))
    return (
        f"const $module{number} = (() => {{\n{body}return {{ {', '.join(filter(None, names))} }};\n}})();\n"
    )


def folder_of(name: str) -> Path:
    """The folder of a component; names are unique among all pages. Raises FileNotFoundError for an unknown one."""
    for page in sorted(COMPONENTS.iterdir()):
        if page.name != "shared" and (page / name / "component.js").is_file():
            return page / name
    raise FileNotFoundError(f"no component {name}")


@cache
def source(name: str) -> tuple[str, str, str]:
    """HTML, CSS and JS of the component in ``assets/components/<page>/<name>``, shared parts in line.

    Raises FileNotFoundError for an unknown component, ValueError for modules that import each other.
    """
    folder = folder_of(name)
    modules: dict[Path, str] = {}
    _inline(folder / "component.js", modules)
    styles = [COMPONENTS / "shared" / "base.css", *(path.with_suffix(".css") for path in modules)]
    css = "".join(path.read_text(encoding="utf-8") for path in styles if path.exists())
    return (folder / "component.html").read_text(encoding="utf-8"), css, "\n".join(modules.values())
