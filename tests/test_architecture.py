"""Who may import whom, how long a page may be, and what may lie where."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.paths import ROOT

HEAVY = ("torch", "transformers", "umap", "captum", "gguf", "sklearn")
TOP_FOLDERS = {"assets", "core", "pages", "tests"}
TOP_FILES = {
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "README.zh.md",
    "app.py",
    "pyproject.toml",
    "requirements-dev.txt",
    "requirements.txt",
}
LARGEST_FILE = 50_000_000  # bytes
APP_LINES = 60
PAGE_LINES = 120
KIT_FILES = 22
LONGEST, MEDIAN = 45, 9  # lines of a function

BASE = (
    "core.arrays",
    "core.errors",
    "core.jobs",
    "core.numerics",
    "core.paths",
    "core.results",
    "core.scripts",
)
ROOMS = ("core.compute", "core.figures", "pages.views")  # of which each page has its own
# part of the code → parts of the code that it may import (besides itself)
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(BASE, BASE),
    "core.catalog": BASE,
    "core.models": (*BASE, "core.catalog"),
    "core.data": (*BASE, "core.catalog", "core.models"),
    "core.calls": (*BASE, "core.catalog", "core.models"),
    "core.compute": (*BASE, "core.calls", "core.catalog", "core.data", "core.models"),
    "core.training": (*BASE, "core.catalog", "core.compute", "core.data", "core.models"),
    "core.packing": (*BASE, "core.catalog", "core.compute", "core.data", "core.models", "core.training"),
    "core.examples": (*BASE, "core.calls", "core.catalog"),
    "core.figures": (*BASE, "core.compute", "core.data", "core.models.tokens", "core.training"),
    "pages.kit": (*BASE, "core.calls", "core.catalog", "core.data", "core.models", "core.figures"),
    "pages.views": (*BASE, "core.calls", "core.catalog", "core.compute", "core.data", "core.models", "core.training",
                    "core.figures", "pages.kit"),
    "pages": ("core.catalog", "core.data", "pages.kit", "pages.views"),
    "app": ("pages.kit",),
}  # fmt: skip
# library → parts of the code that may import it
ONLY_IN: dict[str, tuple[str, ...]] = {
    "torch": ("core.models", "core.compute", "core.training", "core.packing"),
    "transformers": ("core.models", "core.training", "core.packing"),
    "plotly": ("core.figures", "pages.kit"),
    "streamlit": ("pages", "app"),
}


def module_name(path: Path) -> str:
    """``core/models/read/trace.py`` → ``core.models.read.trace``; a package's ``__init__`` is the package."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def sources() -> list[Path]:
    return sorted([ROOT / "app.py", *(ROOT / "core").rglob("*.py"), *(ROOT / "pages").rglob("*.py")])


def page_files() -> list[Path]:
    return sorted((ROOT / "pages").glob("*.py"))


def imports(tree: ast.AST, package: str) -> Iterator[str]:
    """Every module a file imports, at its top or inside a function; ``from a import b`` gives ``a.b``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.rsplit(".", node.level - 1)[0] + "." if node.level else ""
            yield from (f"{base}{node.module or ''}.{alias.name}".replace("..", ".") for alias in node.names)


def inside(module: str, part: str) -> bool:
    return module == part or module.startswith(part + ".")


def part_of(module: str) -> str | None:
    """The longest part of `MAY_IMPORT` that a module lies in."""
    return max((part for part in MAY_IMPORT if inside(module, part)), key=len, default=None)


def relative_id(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def committed() -> list[Path]:
    """Files that git keeps, or would keep."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    out = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return [ROOT / name for name in out.split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("path", sources(), ids=relative_id)
def test_a_module_imports_only_what_its_part_may(path: Path) -> None:
    module = module_name(path)
    part = part_of(module)
    if part is None:
        assert module == "core", f"{module} belongs to no declared part of the code: add it to MAY_IMPORT"
        return
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for name in imports(ast.parse(path.read_text("utf-8")), package):
        root = name.partition(".")[0]
        if root in ("app", "core", "pages"):
            allowed = (part, *MAY_IMPORT[part]) if part != "pages" else MAY_IMPORT[part]
            assert any(inside(name, one) for one in allowed), f"{module} imports {name}"
        if root in ONLY_IN:
            assert any(inside(module, one) for one in ONLY_IN[root]), f"{module} imports {name}"


def test_the_rules_can_fail() -> None:
    tree = ast.parse(
        "def f():\n    from core.models import loading\n    import torch.nn\nfrom . import style"
    )
    assert list(imports(tree, "core.figures")) == [
        "core.figures.style",
        "core.models.load.loading",
        "torch.nn",
    ]
    assert part_of("core.models.tokens.labels") == "core.models"
    assert part_of("pages.kit.frame") == "pages.kit"
    assert part_of("core.unheard_of") is None
    assert not inside("core.modelsmith", "core.models")


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    """The frame and a bundled example paint without torch: importing our modules must not import it."""
    modules = [
        m for p in sources() if (m := module_name(p)) and not (p.parent == ROOT / "pages" or m == "app")
    ]
    app = sorted(
        {one.partition(".")[0] for one in imports(ast.parse((ROOT / "app.py").read_text("utf-8")), "")}
    )
    script = (
        "import importlib, sys\n"
        f"for name in {modules + app!r}: importlib.import_module(name)\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("path", page_files(), ids=relative_id)
def test_a_page_is_short_and_leaves_state_and_errors_to_the_kit(path: Path) -> None:
    text = path.read_text("utf-8")
    tree = ast.parse(text)
    assert ast.get_docstring(tree), "a page opens with the question it answers"
    assert len(text.splitlines()) <= PAGE_LINES
    for node in ast.walk(tree):
        assert not isinstance(node, ast.Try), f"line {node.lineno}: the frame handles errors"
        if isinstance(node, ast.Attribute):
            assert node.attr not in ("session_state", "query_params"), (
                f"line {node.lineno}: only the kit keeps state"
            )


def test_the_frame_is_short() -> None:
    assert len((ROOT / "app.py").read_text("utf-8").splitlines()) <= APP_LINES


def test_no_helper_lies_flat_among_the_pages() -> None:
    """A file of ``pages/`` is a URL, so it is a declared page or the home page."""
    from core.catalog import PAGES

    assert {path.stem for path in page_files()} == {"home", *(page.stem for page in PAGES)}


def test_one_stem_everywhere() -> None:
    from core.catalog import PAGES

    for page in PAGES:
        for place in (
            "core/compute/{}.py",
            "core/figures/{}.py",
            "assets/text/en/{}.toml",
            "tests/core/test_{}.py",
        ):
            assert (ROOT / place.format(page.stem)).is_file(), place.format(page.stem)


def test_only_the_declared_folders_and_files_lie_at_the_top() -> None:
    top = {path.relative_to(ROOT).parts[0] for path in committed()}
    top = {name for name in top if not name.startswith(".")}
    assert {name for name in top if (ROOT / name).is_dir()} <= TOP_FOLDERS
    assert {name for name in top if (ROOT / name).is_file()} <= TOP_FILES


def test_no_file_is_too_large_for_a_git_host() -> None:
    sizes = {relative_id(path): path.stat().st_size for path in committed()}
    assert not {name: size for name, size in sizes.items() if size >= LARGEST_FILE}


MACHINE = re.compile(
    r"(?<![\w.])/(?:home|Users|root|work|tmp|opt/(?:wheels|pypi))/[\w.]"  # a path of one machine
    r"|[A-Z]:\\Users\\"
    r"|(?:localhost|127\.0\.0\.1)(?::\d+)?/(?:simple|pypi|npm|debian)"  # a package registry of one machine
    r"|(?:index-url|find-links)[= ]+(?:file:|/|http:)"
)


def test_no_file_names_a_path_or_registry_of_one_machine() -> None:
    found = []
    for path in committed():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue  # weights and pictures
        if path.suffix not in (".json", ".svg"):  # vocabularies hold every string there is
            found += [f"{relative_id(path)}: {match[0]!r}" for match in MACHINE.finditer(text)]
    assert not found


@pytest.mark.parametrize(
    ("text", "machine"),
    [
        ("see /" + "home/ann/x", True),
        ("http://local" + "host:3141/simple", True),
        ("--find-" + "links /x", True),
        ("http://localhost:8501/home/", False),
        ("WorkingDirectory=/srv/glassbox", False),
        ("https://example.org/home/page", False),
    ],
)
def test_a_machine_path_is_recognised(text: str, machine: bool) -> None:
    assert bool(MACHINE.search(text)) is machine
