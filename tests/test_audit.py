"""What ``make audit`` makes of a report: two reports as pip-audit 2.10.1 wrote them."""

from __future__ import annotations

import datetime
import json

import pytest

from tests.audit.__main__ import EXCEPTIONS, complaints, exceptions, installed

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
