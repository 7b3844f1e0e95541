"""A host with two frontends: the unit as systemd reads it, and nginx with the shipped configuration before them."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from configparser import RawConfigParser
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin, Subprotocol

from core.data.uploads import MAX_MEGABYTES
from core.paths import ROOT
from core.serving import headers
from core.teaching import rooms
from pages.kit.text import table
from tests.bench.servers import TOKEN, Server, free_port
from tests.deploy.running import BIN, Answer, ask, is_up, opened, running, variables

FOLDER = ROOT / "deploy" / "host"
UNIT = FOLDER / "glassbox@.service"
NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")
NAME = "glassbox.example"
COOKIE = "glassbox_visitor"
MAIN = """
daemon off;
{user}
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ }}
http {{
    {places}
    include {folder}/glassbox.conf;
}}
"""
needs_nginx = pytest.mark.skipif(NGINX is None, reason="no nginx on this machine (apt install nginx-light)")


def unit() -> RawConfigParser:
    """The unit; of a setting that stands several times the last."""
    found = RawConfigParser(strict=False, delimiters=("=",), interpolation=None)
    found.optionxform = str  # type: ignore[assignment,method-assign]  # as the documentation has it
    found.read_string(UNIT.read_text("utf-8"))
    return found


def test_the_unit_bounds_and_restarts_a_frontend() -> None:
    service = unit()["Service"]
    assert service["ExecStart"].endswith("streamlit run app.py --server.address 127.0.0.1 --server.port %i")
    assert service["Restart"] == "always"
    assert int(service["MemoryMax"].removesuffix("%")) * 2 < 100, "two of them, and the system"
    assert {service[name] for name in ("NoNewPrivileges", "PrivateTmp", "ProtectHome")} == {"yes"}
    assert service["ProtectSystem"] == "strict"
    assert service["CacheDirectory"] == "glassbox/%i"
    assert "MemoryDenyWriteExecute" not in service, "numba compiles"
    assert "\nEnvironment=GLASSBOX_FRONTEND=%i\n" in UNIT.read_text("utf-8"), "8501 is odd, 8502 even"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd on this machine")
def test_systemd_finds_no_fault_in_the_unit(tmp_path: Path) -> None:
    here = UNIT.read_text("utf-8").replace("/srv/glassbox/.venv/bin/streamlit", str(BIN / "streamlit"))
    instance = tmp_path / "glassbox@8501.service"
    instance.write_text(here, "utf-8")
    for asked in (["verify"], ["security", "--offline=true", "--threshold=20"]):  # 2.0 of 10
        done = subprocess.run(
            ["systemd-analyze", *asked, instance], capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stdout[-500:] + done.stderr
        assert asked[0] != "verify" or not done.stderr


@dataclass(frozen=True, slots=True)
class Host:
    """Two frontends and the proxy before them."""

    port: int
    frontends: tuple[Server, Server]
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, path: str, visitor: str = "") -> Answer:
        return ask(f"{self.url}/{path}", {"Cookie": f"{COOKIE}={visitor}"} if visitor else None)

    def reached(self, path: str) -> list[str]:
        """The frontends that answered a path, in the order of the answers."""
        lines = (line.split() for line in self.log.read_text("utf-8").splitlines())
        return [line[-1] for line in lines if line[3] == path]


def configuration(folder: Path, port: int, frontends: tuple[int, int]) -> str:
    """The shipped configuration with our ports and folders; without TLS, which needs a certificate."""
    text = (FOLDER / "glassbox.nginx.conf").read_text("utf-8")
    text = re.sub(r"^ *(listen \[::\]|ssl_).*\n", "", text, flags=re.MULTILINE)
    for shipped, ours in (
        ("listen 80;", f"listen 127.0.0.1:{free_port()};"), ("listen 443 ssl;", f"listen 127.0.0.1:{port};"),
        ("server 127.0.0.1:8501 ", f"server 127.0.0.1:{frontends[0]} "),
        ("server 127.0.0.1:8502 ", f"server 127.0.0.1:{frontends[1]} "),
        ("/var/cache/nginx-glassbox ", f"{folder}/files "), ("/var/log/nginx/", f"{folder}/"),
    ):  # fmt: skip
        assert text.count(shipped) in (1, 2), shipped
        text = text.replace(shipped, ours)
    return text


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    assert NGINX
    folder = tmp_path_factory.mktemp("host")
    port, first, second = free_port(), free_port(), free_port()
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    (folder / "glassbox.conf").write_text(configuration(folder, port, (first, second)), "utf-8")
    (folder / "nginx.conf").write_text(
        MAIN.format(
            folder=folder, user="user root;" if os.geteuid() == 0 else "",
            places=" ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds),
        ),
        "utf-8",
    )  # fmt: skip
    environment = variables(folder, {"GLASSBOX_METRICS_TOKEN": TOKEN, "GLASSBOX_MODEL_BUDGET_MB": "376"})
    command = unit()["Service"]["ExecStart"].replace("/srv/glassbox/.venv/bin", str(BIN))
    proxy = [NGINX, "-c", str(folder / "nginx.conf"), "-e", str(folder / "nginx.log")]
    with ExitStack() as stack:
        servers = [
            stack.enter_context(
                running(
                    command.replace("%i", str(one)).split(),
                    one,
                    ROOT,
                    environment | {"GLASSBOX_FRONTEND": number},
                )
            )
            for number, one in (("8501", first), ("8502", second))
        ]
        stack.enter_context(running(proxy, port, folder, environment))
        yield Host(port, (servers[0], servers[1]), folder / "glassbox.log")
        assert [server.complaints() for server in servers] == ["", ""]


@needs_nginx
def test_a_page_comes_through_and_the_visitor_is_not_taken_for_the_operator(host: Host) -> None:
    """Who comes through the proxy has an address, which opens no model that a link names."""
    page = asyncio.run(opened(host.port, "attention_heads", lang="en"))
    assert page.errors == []
    assert len(page.components) >= 2, "canvases"
    free = asyncio.run(opened(host.port, "attention_heads", lang="en", model="hub:someone/anything"))
    locked, *_ = table("en", "common")["errors"]["model_locked"].partition("{")
    assert any(locked in said for said in free.told)


@needs_nginx
def test_only_the_site_s_own_pages_open_a_websocket(host: Host) -> None:
    async def opens(origin: str) -> bool:
        try:
            async with connect(
                f"ws://{NAME}/_stcore/stream", host="127.0.0.1", port=host.port, origin=Origin(origin),
                subprotocols=[Subprotocol("streamlit")],
            ):  # fmt: skip
                return True
        except InvalidStatus:
            return False

    assert asyncio.run(opens(f"https://{NAME}"))
    assert not asyncio.run(opens("https://elsewhere.example"))


@needs_nginx
def test_a_visitor_stays_with_one_frontend_and_many_use_both(host: Host) -> None:
    visitors = [f"{number:032x}" for number in range(40)]
    before = len(host.reached("/healthz"))
    for visitor in [one for one in visitors for _ in range(3)]:
        assert host.ask("healthz", visitor).status == 200
    reached = host.reached("/healthz")[before:]
    assert len(reached) == 120
    homes = [set(reached[at : at + 3]) for at in range(0, 120, 3)]
    assert all(len(home) == 1 for home in homes)
    counts = [homes.count({f"127.0.0.1:{server.port}"}) for server in host.frontends]
    assert sum(counts) == 40
    assert min(counts) >= 8
    # The websocket, which holds the session, goes where the visitor's other requests go.
    for at in range(2):
        asyncio.run(opened(host.port, "", {"Cookie": f"{COOKIE}={visitors[at]}"}))
    deadline = time.monotonic() + 10
    while len(sockets := host.reached("/_stcore/stream")) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [{one} for one in sockets[-2:]] == homes[:2]


@needs_nginx
def test_a_newcomer_is_given_a_cookie_once_and_what_is_no_cookie_of_ours_is_replaced(host: Host) -> None:
    given = host.ask("").headers.get_all("set-cookie") or []
    found = [
        re.fullmatch(rf"{COOKIE}=([0-9a-f]{{32}}); Path=/; Secure; HttpOnly; SameSite=Lax", one)
        for one in given
    ]
    ours = [one for one in found if one]
    assert len(ours) == 1
    again = host.ask("", ours[0][1])
    assert not [one for one in again.headers.get_all("set-cookie") or [] if one.startswith(COOKIE)]
    assert host.ask("", "<script>").headers["set-cookie"].startswith(COOKIE)


@needs_nginx
def test_every_header_comes_once(host: Host) -> None:
    script = re.search(rb'src="\./(static/js/index\.[^"]+\.js)"', host.ask("").body)
    assert script
    for path in ("", script[1].decode(), "favicon.png", "healthz"):
        for _ in range(2):  # the second time from what nginx has kept
            found = host.ask(path)
            for name in (*headers.ALWAYS, "content-security-policy", "strict-transport-security"):
                assert len(found.headers.get_all(name) or []) == 1, (path, name)
            assert found.headers["server"] == "nginx", "no version"
    assert host.reached("/" + script[1].decode())[-1] == "-", "it was kept"


@needs_nginx
def test_a_file_may_be_as_large_as_the_app_takes_and_no_larger(host: Host) -> None:
    def sent(size: int) -> int:
        kind = {"Content-Type": "text/plain"}
        return ask(f"{host.url}/_stcore/upload_file/none/none", kind, method="PUT", body=b"x" * size).status

    form = 500  # bytes around a file
    assert sent(MAX_MEGABYTES * 2**20 + form) not in (413, 502)
    assert sent(MAX_MEGABYTES * 2**20 + 200_000) == 413


@needs_nginx
def test_a_room_is_with_the_frontend_that_its_code_names(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, str] = {}
    for number, server in zip(("8501", "8502"), host.frontends, strict=True):
        monkeypatch.setenv("GLASSBOX_FRONTEND", number)
        for letter in rooms.first_letters():
            for path in (f"room/{letter}BCD", f"room/{letter.lower()}bcd", f"room/{letter}BCD/events"):
                status = host.ask(path, f"{ord(letter):032x}").status
                assert status == (404 if path.endswith("events") else 200)
                asked[f"/{path}"] = f"127.0.0.1:{server.port}"
    deadline = time.monotonic() + 10
    while not all(host.reached(path) for path in asked) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(asked) == 3 * len(rooms.LETTERS)
    assert {path: host.reached(path) for path in asked} == {path: [one] for path, one in asked.items()}
    body = b'{"phone": "' + b"0" * 32 + b'"}'
    joined = ask(f"{host.url}/room/BCDF/join", method="POST", body=body)
    assert (joined.status, joined.body) == (404, b'{"verdict": "gone"}')
    assert ask(f"{host.url}/room/BCDF/join", method="POST", body=b"x" * 2_000).status == 413
    assert host.ask("room").status == host.ask("room/phone.js").status == 200


@needs_nginx
def test_the_numbers_are_for_the_operator_on_the_machine(host: Host) -> None:
    asked = {"Authorization": f"Bearer {TOKEN}"}
    outside = {ask(f"{host.url}/{path}", asked).status for path in ("metrics", "/metrics", "%6Detrics")}
    assert outside == {404}
    assert [ask(f"{server.url}/metrics", asked).status for server in host.frontends] == [200, 200]


@needs_nginx
def test_what_a_visitor_types_is_in_no_log(host: Host) -> None:
    assert host.ask("?text=Xylophon-7431").status == 200
    logs = [path for path in host.log.parent.glob("*.log") if path.is_file()]
    assert host.log in logs
    assert not [path.name for path in logs if "Xylophon-7431" in path.read_text("utf-8")]


@needs_nginx
def test_the_other_frontend_takes_over(host: Host) -> None:
    """The last test of the file: it stops one."""
    host.frontends[0].process.terminate()
    host.frontends[0].process.wait(20)
    assert not is_up(f"{host.frontends[0].url}/healthz")
    assert {host.ask("healthz", f"{number:032x}").status for number in range(20)} == {200}
