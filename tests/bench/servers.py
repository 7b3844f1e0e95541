"""Streamlit servers of our own on this machine: started fresh, measured from outside, always stopped."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from core.paths import ROOT

HERE = Path(__file__).resolve().parent
APP = ROOT / "app.py"
PROBED_APP = HERE / "probed_app.py"
PLAIN_CHART = HERE / "plain_chart.py"
PLAIN_ELEMENTS = HERE / "plain_elements.py"
PLAIN_RERUN = HERE / "plain_rerun.py"

START_LIMIT = 60.0  # seconds
TOKEN = "counted"
COUNTED = {"GLASSBOX_METRICS_TOKEN": TOKEN}
"""The environment of a server that tells its numbers."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running Streamlit server."""

    port: int
    process: psutil.Process
    log: Path
    base: str = ""  # path below which it answers

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.base}"

    def _family(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]

    def resident_mb(self) -> float:
        """Resident memory of the server and its children, MB."""
        return sum(one.memory_info().rss for one in self._family()) / 1e6

    def cpu_seconds(self) -> float:
        """Processor time that the server and its children have used so far, seconds."""
        return sum(sum(one.cpu_times()[:2]) for one in self._family())

    def has_loaded(self, library: str) -> bool:
        """Whether a shared library with this in its path is mapped: proof that a module was imported."""
        return any(library in region.path for region in self.process.memory_maps())

    def workers(self) -> set[int]:
        """The processes that it has started."""
        return {one.pid for one in self.process.children(recursive=True)}

    def jobs(self, line: str) -> int:
        """How many jobs of a line run or wait, by its own numbers (`COUNTED`)."""
        return self._counted(rf'glassbox_queue_length\{{line="{line}",.*\}}')

    def reruns(self, kind: str) -> int:
        """How often a page was drawn, ``whole`` or a ``part`` of it, by its own numbers (`COUNTED`)."""
        return self._counted(rf'glassbox_rerun_seconds_count\{{kind="{kind}",.*\}}')

    def errors(self) -> list[tuple[str, str, int]]:
        """Kind ("told" or "fault"), class and count of its errors, by its own numbers (`COUNTED`)."""
        found = re.findall(
            r'^glassbox_errors_total\{error="(.*)",kind="(.*)"\} (\S+)', self.numbers(), re.MULTILINE
        )
        return [(kind, error, int(float(count))) for error, kind, count in found]

    def _counted(self, pattern: str) -> int:
        found = re.findall(rf"^{pattern} (\S+)", self.numbers(), re.MULTILINE)
        return sum(int(float(one)) for one in found)

    def numbers(self) -> str:
        """All its numbers (`COUNTED`)."""
        asked = urllib.request.Request(f"{self.url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        with urllib.request.urlopen(asked, timeout=START_LIMIT) as answer:
            text: str = answer.read().decode()
        return text

    def complaints(self) -> str:
        """What the server has written to its log about errors: a line of JSON that has one names its class."""
        lines = self.log.read_text("utf-8", "replace").splitlines()
        return "\n".join(
            line for line in lines if "Traceback" in line or "Error" in line or '"error"' in line
        )


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def clean_environment(home: str, extra: Mapping[str, str]) -> dict[str, str]:
    """The same few variables for every server that is compared: no settings of the person who measures."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LD_LIBRARY_PATH") if name in os.environ}
    ours = {"HOME": home, "PYTHONPATH": str(ROOT), "GLASSBOX_WARMUP": "0", "HF_HUB_OFFLINE": "1"}
    ours["GLASSBOX_MODEL_BUDGET_MB"] = "850"  # the same on every machine
    ours["STREAMLIT_CLIENT_SHOW_ERROR_DETAILS"] = "full"  # a benchmark that fails says why
    return kept | ours | dict(extra)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1):
            return True
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def _wait_until_healthy(server: Server) -> None:
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline:
        if not server.process.is_running() or server.process.status() == psutil.STATUS_ZOMBIE:
            break
        if _answers(f"{server.url}/_stcore/health"):
            return
        time.sleep(0.05)
    raise RuntimeError(f"the server did not start: {server.log.read_text('utf-8', 'replace')[-2000:]}")


def _root(script: Path) -> Path:
    """Where a script is started: an app in its own tree (it may be another commit's), a plain one without settings."""
    if script.name == APP.name:
        return script.parent
    return HERE if script.name.startswith("plain_") else ROOT


def end(child: subprocess.Popen[bytes]) -> None:
    """Ask a process to end, and see that it does."""
    child.terminate()
    try:
        child.wait(10)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


@contextlib.contextmanager
def start(script: Path, environment: Mapping[str, str] | None = None) -> Iterator[Server]:
    """A fresh server for one script, healthy when it is handed over, ended when the block ends."""
    port = free_port()
    with tempfile.TemporaryDirectory() as home, contextlib.ExitStack() as stack:
        log = Path(home) / "server.log"
        output = stack.enter_context(log.open("w"))
        root = _root(script)
        command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
        command += ["--server.address", "127.0.0.1"]
        variables = clean_environment(home, {"PYTHONPATH": str(root), **(environment or {})})
        child = subprocess.Popen(
            command, cwd=root, env=variables, stdin=subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            base = (environment or {}).get("STREAMLIT_SERVER_BASE_URL_PATH", "")
            server = Server(port, psutil.Process(child.pid), log, base and f"/{base}")
            _wait_until_healthy(server)
            yield server
        except Exception as error:
            error.add_note(f"the server's log ends: {log.read_text('utf-8', 'replace')[-3000:]}")
            raise
        finally:
            end(child)
