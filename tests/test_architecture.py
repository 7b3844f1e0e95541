"""Who may import whom, how long a page may be, and what may lie where."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from core import catalog
from core.paths import ROOT

HEAVY = ("torch", "transformers", "umap", "captum", "gguf", "sklearn")
TOP_FOLDERS = {"assets", "core", "deploy", "pages", "tests"}
TOP_FILES = {
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "README.zh.md",
    "app.py",
    "eslint.config.js",
    "package-lock.json",
    "package.json",
    "pyproject.toml",
    "requirements-dev.txt",
    "requirements.txt",
    "tsconfig.json",
}
LARGEST_FILE = 50_000_000  # bytes
APP_LINES = 60
PAGE_LINES = 120
KIT_FILES = 22
LONGEST, MEDIAN = 45, 9  # lines of a function

BASE = (
    "core.arrays",
    "core.counters",
    "core.errors",
    "core.host",
    "core.jobs",
    "core.numbers",
    "core.numerics",
    "core.pace",
    "core.paths",
    "core.results",
    "core.scripts",
    "core.settings",
)
ROOMS = ("core.compute", "core.figures", "pages.views")  # of which each page has its own
# part of the code → parts of the code that it may import (besides itself)
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(BASE, BASE),
    "core.catalog": BASE,
    "core.models": (*BASE, "core.catalog"),
    "core.bank": (*BASE, "core.catalog"),
    "core.serving": BASE,
    "core.teaching": (*BASE, "core.catalog", "core.serving"),
    "core.data": (*BASE, "core.catalog", "core.models"),
    "core.calls": (*BASE, "core.catalog", "core.models"),
    "core.compute": (*BASE, "core.calls", "core.catalog", "core.data", "core.models"),
    "core.training": (*BASE, "core.catalog", "core.compute", "core.data", "core.models"),
    "core.packing": (*BASE, "core.catalog", "core.compute", "core.data", "core.models", "core.training"),
    "core.examples": (*BASE, "core.calls", "core.catalog"),
    "core.figures": (*BASE, "core.bank", "core.compute", "core.data", "core.models.tokens", "core.training"),
    "pages.kit": (*BASE, "core.calls", "core.catalog", "core.data", "core.models", "core.figures", "core.serving",
                  "core.teaching"),
    "pages.views": (*BASE, "core.bank", "core.calls", "core.catalog", "core.compute", "core.data", "core.models",
                    "core.training", "core.figures", "core.teaching", "pages.kit"),
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


def view_files() -> list[Path]:
    return sorted((ROOT / "pages" / "views").rglob("*.py"))


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


def imported(path: Path) -> list[str]:
    """Every module and name that a source imports."""
    module = module_name(path)
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    return list(imports(ast.parse(path.read_text("utf-8")), package))


def room_of(module: str) -> str | None:
    """The page that a module belongs to: ``core.compute.next_token.beams`` → ``next_token``."""
    parts = module.split(".")
    if parts[0] == "pages" and parts[1:2] and parts[1] not in ("kit", "views"):
        return parts[1]
    return parts[2] if ".".join(parts[:2]) in ROOMS and len(parts) > 2 else None


@pytest.mark.parametrize("path", sources(), ids=relative_id)
def test_a_module_imports_only_what_its_part_may(path: Path) -> None:
    module = module_name(path)
    part = part_of(module)
    if part is None:
        assert module == "core", f"{module} belongs to no declared part of the code: add it to MAY_IMPORT"
        return
    for name in imported(path):
        root = name.partition(".")[0]
        if root in ("app", "core", "pages"):
            allowed = (part, *MAY_IMPORT[part]) if part != "pages" else MAY_IMPORT[part]
            assert any(inside(name, one) for one in allowed), f"{module} imports {name}"
        if root in ONLY_IN:
            assert any(inside(module, one) for one in ONLY_IN[root]), f"{module} imports {name}"


@pytest.mark.parametrize("path", sources(), ids=relative_id)
def test_a_page_s_rooms_are_its_own(path: Path) -> None:
    """What two pages need lies further down; the kit knows no page."""
    own = room_of(module_name(path))
    for name in imported(path):
        room = room_of(name)
        stem = room in {page.stem for page in catalog.PAGES}
        trains = inside(module_name(path), "core.training") or inside(module_name(path), "core.packing")
        assert not stem or room == own or trains, f"{module_name(path)} imports {name}"


@pytest.mark.parametrize("path", sources(), ids=relative_id)
def test_our_own_modules_are_imported_at_the_top(path: Path) -> None:
    """Inside functions stand only libraries that are heavy."""
    tree = ast.parse(path.read_text("utf-8"))
    for function in ast.walk(tree):
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            own = [name for name in imports(function, "") if name.partition(".")[0] in ("core", "pages")]
            assert not own, f"{function.name} imports {own}"


def dependencies() -> dict[str, set[str]]:
    """Module → modules of ours that it imports, in functions and for types too."""
    known = {module_name(path) for path in sources()}
    found = {}
    for path in sources():
        names = {one for one in imported(path) if one.partition(".")[0] in ("core", "pages")}
        owners = {name if name in known else name.rpartition(".")[0] for name in names}
        found[module_name(path)] = (owners & known) - {module_name(path)}
    return found


def circles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """Groups of modules that reach each other (Tarjan 1972)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in sorted(graph.get(node, ())):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            at = stack.index(node)
            found.append(stack[at:])
            del stack[at:]

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return [sorted(group) for group in found if len(group) > 1]


def test_no_module_needs_itself() -> None:
    assert circles(dependencies()) == []
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]


def lengths() -> list[tuple[int, str]]:
    """Lines and place of every function."""
    return [
        (node.end_lineno - node.lineno + 1, f"{relative_id(path)}: {node.name}")
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.end_lineno
    ]


def test_functions_are_short() -> None:
    assert [where for count, where in lengths() if count > LONGEST] == []
    assert statistics.median(count for count, _ in lengths()) <= MEDIAN


def test_the_kit_knows_no_page() -> None:
    """Few files, none named after a page, none with an id of a page's own widgets or canvases."""
    files = sorted((ROOT / "pages" / "kit").glob("*.py"))
    assert len(files) <= KIT_FILES
    own = [f"{page.short}_" for page in catalog.PAGES] + [page.stem for page in catalog.PAGES]
    for path in files:
        assert not any(path.stem == page.stem for page in catalog.PAGES)
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found = [id for id in own if re.search(rf"\b{id}", node.value)]
                assert not found, f"{relative_id(path)}:{node.lineno} names {found}"


def test_packing_is_used_by_nobody() -> None:
    users = {
        module for module, uses in dependencies().items() if any(inside(one, "core.packing") for one in uses)
    }
    assert all(inside(module, "core.packing") for module in users), users


def weights_read(tree: ast.AST) -> list[int]:
    """Lines that read a module's ``weight``, other than a norm's."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "weight"
        and not (isinstance(node.value, ast.Name) and node.value.id == "norm")
    ]  # fmt: skip


@pytest.mark.parametrize("path", sources(), ids=relative_id)
def test_weights_are_read_through_one_door(path: Path) -> None:
    """The weight of a matrix may be 8-bit codes: ``small.weights_of`` says what they stand for."""
    module, uses = module_name(path), {name.partition(".")[0] for name in imported(path)}
    reads = any(inside(module, part) for part in ("core.models", "core.compute")) and "torch" in uses
    if reads and module != "core.models.load.small":
        assert weights_read(ast.parse(path.read_text("utf-8"))) == []


def test_the_rules_can_fail() -> None:
    assert weights_read(ast.parse("x = norm.weight\ny = head.weight[0]\nz = f(m).weight.T")) == [2, 3]
    tree = ast.parse("def f():\n    from core.models import specs\n    import torch.nn\nfrom . import style")
    assert list(imports(tree, "core.figures")) == ["core.figures.style", "core.models.specs", "torch.nn"]
    assert part_of("core.models.tokens") == "core.models"
    assert part_of("pages.kit.frame") == "pages.kit"
    assert part_of("core.unheard_of") is None
    assert not inside("core.modelsmith", "core.models")
    assert room_of("core.compute.next_token.beams") == "next_token"
    assert room_of("pages.views.home.gallery") == "home"
    assert room_of("pages.next_token") == "next_token"
    assert room_of("pages.kit.frame") is None


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
def test_a_page_is_short_and_opens_with_its_question(path: Path) -> None:
    text = path.read_text("utf-8")
    assert ast.get_docstring(ast.parse(text)), "a page opens with the question it answers"
    assert len(text.splitlines()) <= PAGE_LINES


ARITHMETIC = (ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
PROSE = re.compile(r"[\u4e00-\u9fff]|[A-Za-z]{3,}[,;:]? [a-z]{2,} [a-z]{2,}")


@pytest.mark.parametrize("path", [*page_files(), *view_files()], ids=relative_id)
def test_pages_and_views_leave_state_errors_sums_and_words_to_others(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    prose = {id(node) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    said = {id(node.value) for node in ast.walk(tree) if id(node) in prose and isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        assert not isinstance(node, ast.Try), f"line {node.lineno}: the frame handles errors"
        if isinstance(node, ast.Attribute):
            assert node.attr != "query_params", f"line {node.lineno}: only the kit writes links"
        if isinstance(node, ast.BinOp):
            path_part = isinstance(node.op, ast.Div) and isinstance(node.right, ast.Constant | ast.JoinedStr)
            assert path_part or not isinstance(node.op, ARITHMETIC), f"line {node.lineno}: core computes"
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            assert not PROSE.search(node.value), f"line {node.lineno}: words lie in assets/text"


def test_the_frame_is_short() -> None:
    assert len((ROOT / "app.py").read_text("utf-8").splitlines()) <= APP_LINES


def test_no_helper_lies_flat_among_the_pages() -> None:
    """A file of ``pages/`` is a URL, so it is a declared page or the home page."""
    assert {path.stem for path in page_files()} == {"home", *(page.stem for page in catalog.PAGES)}


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
