"""What is said of hosting: the same in both languages, and nothing that is named is missing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.paths import ROOT

FOLDER = ROOT / "deploy"
ENGLISH = sorted(FOLDER.rglob("README.md"))
IN_CODE = re.compile(r"deploy/[\w./@-]*\w|GLASSBOX_[A-Z_]+")


def shape(file: Path) -> tuple[list[str], list[str], list[str], list[str]]:
    """Levels of headings, blocks of code, names in code, and how many links, points and rows there are."""
    text = file.read_text("utf-8")
    starts = re.findall(r"^ *(#+ |- |\d\. |\|)", text, re.MULTILINE)
    codes = re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)
    return starts, codes, sorted(re.findall(r"`([^`\n]+)`", text)), re.findall(r"\]\(", text)


@pytest.mark.parametrize("english", ENGLISH, ids=lambda path: path.parent.name)
def test_both_languages_say_the_same(english: Path) -> None:
    assert shape(english) == shape(english.with_name("README.zh.md"))


@pytest.mark.parametrize(
    "file", sorted(FOLDER.rglob("README*.md")), ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_what_is_named_is_there(file: Path) -> None:
    text = file.read_text("utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)", text):
        assert "://" in target or (file.parent / target).exists(), target
    for target, heading in re.findall(r"\]\(([^)#\s]*)#([^)\s]+)\)", text):
        headings = re.findall(
            r"^#+ (.+)", ((file.parent / target) if target else file).read_text("utf-8"), re.MULTILINE
        )
        assert heading in [one.lower().replace(" ", "-") for one in headings], heading
    settings = (ROOT / "README.md").read_text("utf-8") + (FOLDER / "docker" / "compose.yaml").read_text(
        "utf-8"
    )
    for name in IN_CODE.findall(text):
        assert name in settings if name.startswith("GLASSBOX") else (ROOT / name).exists(), name
