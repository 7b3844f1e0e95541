"""What each bundled result was last computed with: ``python -m tests.core.stamp`` computes anew what has changed.

A stamp is a hash of all that can change a result: the code of its function and of every first-party module that this
imports (words in comments and docstrings apart), the pins of the libraries that compute, the models and data that are
named there, and the bundled file itself. ``make test`` computes those results whose stamp is another one than
``examples.json`` keeps, and a fixed few; ``make test-all`` computes all. The command keeps the stamps of those that are
equal to what is bundled.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any, cast

from core import examples, results
from core.calls import Call
from core.paths import ROOT

KEPT = Path(__file__).with_name("examples.json")
FIRST_PARTY = ("core",)
LIBRARIES = (
    "torch", "transformers", "tokenizers", "numpy", "safetensors", "scikit-learn", "umap-learn", "numba",
)  # fmt: skip
READS_MODELS = ("core.models.load.loading", "core.models.read.trace")
"""What a call that needs a model runs before its function."""
DECLARES = ("core.models.specs",)
"""Modules that name every model and read none."""
SMALL = 300_000
"""Bytes of a file of data that is itself hashed; a larger one has its hash in a manifest beside it."""
OF_EACH_PAGE = 2
"""Functions of a page of which one result is computed in any case."""


class Tree:
    """A checkout as the stamps see it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.parsed = cache(self._parsed)
        self.imports = cache(self._imports)
        self.closure = cache(self._closure)
        self.code = cache(self._code)
        self.words = cache(self._words)
        self.content = cache(self._content)
        self.of_modules = cache(self._of_modules)

    def file(self, module: str) -> Path | None:
        """Where a module stands; None for what is no module of ours."""
        if module.partition(".")[0] not in FIRST_PARTY:
            return None
        place = self.root / Path(*module.split("."))
        return next((one for one in (place.with_suffix(".py"), place / "__init__.py") if one.is_file()), None)

    def _parsed(self, module: str) -> ast.Module:
        """The syntax tree of a module without docstrings."""
        path = self.file(module)
        assert path is not None, module
        tree = ast.parse(path.read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                node.body = [one for one in node.body if not _is_text(one)]
        return tree

    def _imports(self, module: str) -> frozenset[str]:
        """The modules of ours that a module imports when it runs, or names as one that is started."""
        found: set[str] = set()
        for node in _run(self.parsed(module)):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and "." in node.value:
                found.add(node.value)
        parents = {name.rsplit(".", place)[0] for name in found for place in range(1, name.count(".") + 1)}
        return frozenset(name for name in found | parents if self.file(name))

    def _closure(self, modules: tuple[str, ...]) -> frozenset[str]:
        """These modules and all that they import, and so on."""
        seen: set[str] = set()
        waiting = set(modules)
        while waiting:
            seen |= waiting
            waiting = {one for module in waiting for one in self.imports(module)} - seen
        return frozenset(seen)

    def _code(self, module: str) -> str:
        """Hash of what a module does, however it is laid out and explained."""
        return _hash(ast.dump(self.parsed(module)))

    def _words(self, module: str) -> frozenset[object]:
        """The constants of a module."""
        return frozenset(
            node.value for node in ast.walk(self.parsed(module)) if isinstance(node, ast.Constant)
        )

    def _content(self, path: Path) -> str:
        """Hash of a file, or of a folder's small files, its manifest among them."""
        files = [path] if path.is_file() else sorted(one for one in path.rglob("*") if one.is_file())
        small = [one for one in files if one == path or one.stat().st_size <= SMALL]
        return _hash(*(f"{one.relative_to(path)} {_hash(one.read_bytes())}" for one in small))

    @cached_property
    def pins(self) -> tuple[str, ...]:
        """The pinned libraries that compute."""
        lines = (self.root / "requirements.txt").read_text("utf-8").splitlines()
        pinned = (line.partition("#")[0].strip() for line in lines)
        return tuple(line for line in pinned if line.partition("==")[0] in LIBRARIES)

    @cached_property
    def assets(self) -> Mapping[str, Path]:
        """What models and data are called in code: a folder's name, a file's with or without its ending."""
        found = [
            path for kind in ("models", "data") for path in sorted((self.root / "assets" / kind).glob("*"))
        ]
        return {name: path for path in found for name in (path.name, path.stem)}

    def named(self, words: Iterable[object]) -> set[str]:
        """The models and data among some words, each with its hash."""
        found = {self.assets[word] for word in words if isinstance(word, str) and word in self.assets}
        return {f"{path.name} {self.content(path)}" for path in found}

    def _of_modules(self, modules: tuple[str, ...]) -> str:
        """Hash of modules with all that they import, of the data that these name, and of the pins."""
        closure = self.closure(modules)
        words = frozenset[object]().union(*(self.words(module) for module in closure - set(DECLARES)))
        code = (f"{module} {self.code(module)}" for module in sorted(closure))
        return _hash(*code, *sorted(self.named(words)), *self.pins)

    def modules(self, asked: Call[Any]) -> tuple[str, ...]:
        """Where the work of a call begins."""
        own = inspect.unwrap(asked.function).__module__
        return (own,) if asked.plain else (own, *READS_MODELS)

    def stamp(self, asked: Call[Any]) -> str:
        """Hash of all that can change the result of a call, and of the bundled file."""
        given = sorted(self.named(_words(asked.arguments.values())))
        stored = _hash(asked.path.read_bytes()) if asked.path.is_file() else ""
        return _hash(self.of_modules(self.modules(asked)), *given, stored)[:16]


def _is_text(node: ast.stmt) -> bool:
    """Whether a statement is a string alone: a docstring, or a comment below a constant."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _run(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those that only a type checker sees."""
    yield node
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        return
    for child in ast.iter_child_nodes(node):
        yield from _run(child)


def _words(values: Iterable[object]) -> Iterator[object]:
    for value in values:
        if isinstance(value, tuple):
            yield from _words(value)
        else:
            yield value


def _hash(*parts: str | bytes) -> str:
    whole = hashlib.sha256()
    for part in parts:
        whole.update(part.encode() if isinstance(part, str) else part)
        whole.update(b"\n")
    return whole.hexdigest()


def kept() -> dict[str, str]:
    """Result → the stamp with which it was found equal."""
    lines: dict[str, list[str]] = json.loads(KEPT.read_text("utf-8")) if KEPT.is_file() else {}
    return {id: stamp for id, (stamp, _) in lines.items()}


def write(stamps: Mapping[str, str], asked: Sequence[Call[Any]]) -> None:
    """Keep stamps, one line a result, so that two people's changes merge."""
    names = {one.path.stem: results.name_of(one.function) for one in asked}
    lines = [
        f"{json.dumps(id)}: {json.dumps([stamps[id], names[id]])}" for id in sorted(stamps) if id in names
    ]
    KEPT.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def sample(asked: Sequence[Call[Any]]) -> set[str]:
    """A result of some functions of each page, always the same: these show that a stamp is wrong."""
    first: dict[str, str] = {}
    for one in sorted(asked, key=lambda one: one.path.stem):
        first.setdefault(results.name_of(one.function), one.path.stem)
    pages: dict[str, list[str]] = {}
    for name in sorted(first):
        pages.setdefault(name.partition(".")[0], []).append(first[name])
    return {id for ids in pages.values() for id in ids[:OF_EACH_PAGE]}


def changed(asked: Sequence[Call[Any]], tree: Tree | None = None) -> list[Call[Any]]:
    """The calls whose bundled result was not found equal as things are now."""
    stamps, tree = kept(), tree or Tree(ROOT)
    return [one for one in asked if stamps.get(one.path.stem) != tree.stamp(one)]


def due(asked: Sequence[Call[Any]]) -> list[Call[Any]]:
    """The calls to be computed in this run of the tests."""
    if os.environ.get("GLASSBOX_ALL_RESULTS") == "1":
        return list(asked)
    ids = sample(asked) | {one.path.stem for one in changed(asked)}
    return [one for one in asked if one.path.stem in ids]


def main(ids: Sequence[str]) -> int:
    """Compute what has changed (or the results that are named), keep the stamps of what is equal; 1 if some is not."""
    from tests.core.same import same

    asked, tree, stamps = examples.wanted(), Tree(ROOT), kept()
    different = []
    for one in changed(asked, tree):
        id = one.path.stem
        if ids and id not in ids:
            continue
        try:
            same(cast("Any", one.bundled()), examples.compute(one))
        except AssertionError as error:
            different.append(f"{id} {results.name_of(one.function)}: {error}")
        else:
            stamps[id] = tree.stamp(one)
            write(stamps, asked)
    write(stamps, asked)
    print("\n".join([*different, f"{len(changed(asked, tree))} of {len(asked)} results are without a stamp"]))
    return int(bool(different))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
