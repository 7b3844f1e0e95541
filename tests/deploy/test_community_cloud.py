"""Streamlit Community Cloud: what is installed there, and the entry file as the service starts it."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from core.paths import ROOT
from tests.bench.servers import TOKEN, free_port
from tests.deploy.running import BIN, ask, opened, running, variables

FOLDER = ROOT / "deploy" / "community_cloud"
ENTRY = "deploy/community_cloud/streamlit_app.py"
PYTORCH = "--extra-index-url https://download.pytorch.org/whl/cpu"
ONE_GIGABYTE = {"GLASSBOX_MEMORY_MB": "1000"}
"""As the README of the folder says for a host that hides its limit."""
AS_A_SCRIPT = """
import sys
from streamlit import config
from streamlit.web import bootstrap

entry, port = sys.argv[1:]
config._main_script_path = entry
options = {"server_port": int(port), "server_address": "127.0.0.1"}
bootstrap.load_config_options(options)
bootstrap.run(entry, False, [], options)
"""
"""A host that does not look for an app in the file."""


def lines(file: Path) -> list[str]:
    """The requirements of a file, without what is said of them."""
    bare = (line.partition("#")[0].strip() for line in file.read_text("utf-8").splitlines())
    return [line for line in bare if line]


def test_the_requirements_are_the_root_s_with_the_cpu_build_of_torch() -> None:
    own, root = lines(FOLDER / "requirements.txt"), lines(ROOT / "requirements.txt")
    assert own == [PYTORCH, *(line + "+cpu" if line.startswith("torch==") else line for line in root)]
    assert sum(line.startswith("torch==") for line in root) == 1


def test_no_other_file_of_requirements_comes_first() -> None:
    """The service takes the first that it finds beside the entry; a page's folder there would be taken for pages."""
    assert {path.name for path in FOLDER.iterdir()} - {"__pycache__"} == {
        "README.md", "README.zh.md", "requirements.txt", "streamlit_app.py",
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["app", "script"])
def test_the_entry_serves_the_pages(kind: str, tmp_path: Path) -> None:
    """From the root of the repository, as the service does, where the settings of ``.streamlit`` are found."""
    port = free_port()
    command = {
        "app": [
            str(BIN / "streamlit"),
            "run",
            ENTRY,
            "--server.port",
            str(port),
            "--server.address",
            "127.0.0.1",
        ],
        "script": [str(BIN / "python"), "-c", AS_A_SCRIPT, str(ROOT / ENTRY), str(port)],
    }[kind]
    health = "/healthz" if kind == "app" else "/_stcore/health"
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "secrets.toml").write_text(f'GLASSBOX_METRICS_TOKEN = "{TOKEN}"\n', "utf-8")
    with running(command, port, ROOT, variables(tmp_path, ONE_GIGABYTE), health) as server:
        home = asyncio.run(opened(port, "", lang="zh"))
        page = asyncio.run(opened(port, "attention_heads", lang="en"))
        assert (home.errors, page.errors) == ([], [])
        assert len(page.components) >= 2, "canvases"
        document = ask(f"{server.url}/")
        assert ("content-security-policy" in document.headers) == (kind == "app")
        if kind == "app":  # a secret became a setting
            assert ask(f"{server.url}/metrics", {"Authorization": f"Bearer {TOKEN}"}).status == 200
        assert server.resident_mb() < 1000
        assert server.complaints() == ""


@pytest.mark.parametrize("readme", ["README.md", "README.zh.md"])
def test_the_page_names_the_file_to_choose(readme: str) -> None:
    text = (FOLDER / readme).read_text("utf-8")
    assert f"`{ENTRY}`" in text
    assert not re.search(r"first line|最前面", text), "no edit in a fork"
