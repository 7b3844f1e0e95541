"""The container, without docker: what its image would hold, and whether its command comes up from that alone."""

from __future__ import annotations

import asyncio
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.paths import ROOT
from tests.bench.servers import free_port
from tests.deploy import image
from tests.deploy.running import opened, running, variables

PORT = "8501"
"""The port in the container."""
CACHE = "/var/cache/glassbox"
"""The one folder that it writes to."""


def kept() -> set[str]:
    """Files that git keeps, or would keep."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return {name for name in found.split("\0") if name and (ROOT / name).is_file()}


def test_the_image_holds_what_the_app_runs_on_and_nothing_else() -> None:
    found = set(image.copied())
    assert found == {
        name for name in kept()
        if name in ("app.py", "LICENSE", "requirements.txt", ".streamlit/config.toml")
        or (name.startswith(("assets/", "core/", "pages/")) and not name.startswith("assets/docs/"))
    }  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [
        ".env", ".git/config", ".streamlit/secrets.toml", ".venv/bin/python", "README.md", "core/__pycache__/a.pyc",
        "deploy/docker/Dockerfile", "node_modules/a/b.js", "pages/views/__pycache__/a.pyc", "tests/conftest.py",
    ],
)  # fmt: skip
def test_what_nobody_needs_or_may_see_is_not_sent(name: str) -> None:
    assert not image.is_sent(name, image.rules())


def test_it_runs_as_somebody_without_rights() -> None:
    order = [name for name, _ in image.instructions()]
    assert image.of("USER") == ["glassbox"]
    assert order.index("USER") < order.index("CMD")
    assert max(at for at, name in enumerate(order) if name in ("COPY", "RUN")) < order.index("USER")
    assert image.of("VOLUME") == [CACHE]
    assert image.of("EXPOSE") == [PORT]
    assert image.of("FROM") == ["python:3.11-slim"]


def test_its_limits() -> None:
    """Variables have the value after ``:-`` unless they are set."""
    composed: dict[str, Any] = yaml.safe_load((image.DOCKERFILE.parent / "compose.yaml").read_text("utf-8"))
    app = composed["services"]["app"]
    built = image.DOCKERFILE.parent / app["build"]["context"]
    assert built.resolve() == ROOT
    assert (ROOT / app["build"]["dockerfile"]) == image.DOCKERFILE
    assert app["mem_limit"] == app["memswap_limit"] == "${GLASSBOX_MEMORY:-3g}"
    assert app["cpus"] == "${GLASSBOX_CPUS:-2}"
    assert app["pids_limit"] == 1024
    assert app["ports"] == [f"${{GLASSBOX_LISTEN:-127.0.0.1:8501}}:{PORT}"]
    assert app["read_only"]
    assert [one.partition(":")[0] for one in app["tmpfs"]] == ["/" + "tmp"]
    assert app["volumes"] == [f"{next(iter(composed['volumes']))}:{CACHE}"]
    assert app["security_opt"] == ["no-new-privileges:true"]
    assert app["cap_drop"] == ["ALL"]


def test_its_command_serves_the_pages_from_the_image_alone(tmp_path: Path) -> None:
    folder, home, port = tmp_path / "image", tmp_path / "cache", free_port()
    image.build(folder)
    home.mkdir()
    given = {name: value.replace(CACHE, str(home)) for name, value in image.variables().items()}
    given |= {"STREAMLIT_SERVER_PORT": str(port), "STREAMLIT_SERVER_ADDRESS": "127.0.0.1"}
    assert given["HOME"] == str(home)
    command: list[str] = json.loads(image.of("CMD")[0])
    environment = variables(home, given)
    with running(command, port, folder, environment) as server:
        assert server.has_loaded("libtorch"), "models are there before anybody can ask"
        page = asyncio.run(opened(port, "attention_heads", lang="zh"))
        assert page.errors == []
        assert len(page.components) >= 2, "canvases"
        asked = image.of("HEALTHCHECK")[0].partition("CMD ")[2].replace(f":{PORT}/", f":{port}/")
        health = json.loads(asked)
        assert subprocess.run(health, env=environment, timeout=20, check=False).returncode == 0
        assert server.complaints() == ""
    down = subprocess.run(health, env=environment, timeout=20, check=False, capture_output=True)
    assert down.returncode != 0, "it can fail"
