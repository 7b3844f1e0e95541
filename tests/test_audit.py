"""What ``make audit`` makes of reports: two as pip-audit 2.10.1 wrote them, and its own of a local service."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version
from threading import Thread
from typing import Any

import pytest

from core.paths import ROOT
from tests.audit.__main__ import EXCEPTIONS, complaints, exceptions, installed, main

TODAY = datetime.date(2027, 1, 1)
FOUND = json.loads(
    '{"dependencies": [{"name": "jinja2", "version": "3.1.3", "vulns": [{"id": "CVE-2024-34064", "fix_versions": '
    '["3.1.4"], "aliases": ["GHSA-h75v-3vvj-5mfj"], "description": "Jinja vulnerable to HTML attribute injection"}]}, '
    '{"name": "starlette", "version": "1.10.0", "vulns": []}], "fixes": []}'
)
UNREACHABLE = json.loads(
    '{"dependencies": [{"name": "jinja2", "skip_reason": "Dependency not found on PyPI and could not be audited: '
    'jinja2 (3.1.6)"}], "fixes": []}'
)


def accepted(id: str, package: str = "jinja2", until: str = "2027-01-01") -> str:
    return f'[[exception]]\nid = "{id}"\npackage = "{package}"\nreason = "no filter of that name"\nuntil = {until}\n'


def told(text: str) -> list[str]:
    return complaints(FOUND, exceptions(text), TODAY)


def test_an_advisory_is_told_unless_it_is_accepted_by_any_of_its_names() -> None:
    line = "jinja2 3.1.3: CVE-2024-34064, GHSA-h75v-3vvj-5mfj, mended in 3.1.4"
    assert told("") == [line]
    assert told(accepted("CVE-2024-34064")) == told(accepted("GHSA-h75v-3vvj-5mfj")) == []
    assert told(accepted("CVE-2024-34064", until="2026-12-31")) == [line]
    other = "CVE-2024-34064: the exception is not needed"
    assert told(accepted("CVE-2024-34064", "starlette")) == [line, other]


def test_what_could_not_be_looked_up_is_no_good_news() -> None:
    assert complaints(UNREACHABLE, {}, TODAY)[0].startswith("jinja2: not looked up")


def test_every_exception_has_a_reason_and_a_day() -> None:
    for one in exceptions(EXCEPTIONS.read_text("utf-8")).values():
        assert len(one.reason) > 10
    with pytest.raises(TypeError):
        exceptions('[[exception]]\nid = "CVE-1"\npackage = "x"\n')


def test_what_is_audited_is_what_is_installed() -> None:
    lines = installed().splitlines()
    assert "streamlit==1.67.0" in lines
    assert not [line for line in lines if "+" in line]


# --- the tool itself, asking a service that knows one advisory ----------------------------------------------

TOOL = ROOT / ".build" / "audit" / "bin" / "pip-audit"
KNOWN = {
    "id": "GHSA-0000-0000-0000", "aliases": ["CVE-2099-0001"], "summary": "made up",
    "affected": [{
        "package": {"name": "jinja2", "ecosystem": "PyPI"},
        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99.1"}]}],
    }],
}  # fmt: skip
needs_tool = pytest.mark.skipif(not TOOL.exists(), reason="`make audit` installs pip-audit")


class Advisories(BaseHTTPRequestHandler):
    """Answers as osv.dev does."""

    def do_POST(self) -> None:
        """Of one package there is an advisory."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        body = json.dumps({"vulns": [KNOWN]} if asked["package"]["name"] == "jinja2" else {}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing of requests."""


@pytest.fixture
def service() -> Iterator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), Advisories) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def asked(port: int, accepted: str) -> int:
    return main([str(TOOL), "-s", "osv", "--osv-url", f"http://127.0.0.1:{port}/v1/query"], accepted)


@needs_tool
def test_a_service_that_knows_an_advisory_is_believed_unless_it_is_accepted(
    service: HTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    names = "CVE-2099-0001, GHSA-0000-0000-0000"
    assert asked(service.server_port, "") == 1
    assert capsys.readouterr().out == f"jinja2 {version('jinja2')}: {names}, mended in 99.1\n"
    assert asked(service.server_port, accepted("CVE-2099-0001", until="2999-01-01")) == 0
    count = len(installed().splitlines())
    assert capsys.readouterr().out == f"{count} packages, no advisory that is not accepted\n"


@needs_tool
def test_a_service_out_of_reach_fails_and_says_so(
    service: HTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    port = service.server_port
    service.server_close()
    assert asked(port, "") == 1
    assert capsys.readouterr().out.startswith("not looked up")
