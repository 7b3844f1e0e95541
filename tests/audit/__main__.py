"""Known advisories of all installed packages: ``make audit`` (needs the Python package index; no part of the tests).

What stands behind the name of the tool is given to it: ``-s osv`` asks another service.
What is accepted stands in ``exceptions.toml`` beside this file, each with its reason and the day until which it holds.
A package that could not be looked up counts as a finding: no answer is no good news.
"""

from __future__ import annotations

import datetime
import importlib.metadata
import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EXCEPTIONS = Path(__file__).with_name("exceptions.toml")


@dataclass(frozen=True, slots=True)
class Accepted:
    """One advisory that is known and accepted."""

    package: str
    reason: str
    until: datetime.date


def exceptions(text: str) -> dict[str, Accepted]:
    """Id of an advisory → why it is accepted. Errors: TypeError, KeyError where an entry lacks something."""
    entries = tomllib.loads(text).get("exception", [])
    return {entry.pop("id"): Accepted(**entry) for entry in map(dict, entries)}


def complaints(
    report: Mapping[str, Any], accepted: Mapping[str, Accepted], today: datetime.date
) -> list[str]:
    """What a report of pip-audit (JSON) has that is not accepted, and what is accepted without need."""
    told, used = [], set()
    for package in report["dependencies"]:
        if "skip_reason" in package:
            told.append(f"{package['name']}: not looked up ({package['skip_reason']})")
        for found in package.get("vulns", ()):
            ids = {found["id"], *found["aliases"]}
            known = {id for id in ids & accepted.keys() if accepted[id].package == package["name"]}
            used |= known
            if not any(accepted[id].until >= today for id in known):
                fixed = ", ".join(found["fix_versions"]) or "no version"
                told.append(
                    f"{package['name']} {package['version']}: {', '.join(sorted(ids))}, mended in {fixed}"
                )
    return [*told, *(f"{id}: the exception is not needed" for id in accepted.keys() - used)]


def installed() -> str:
    """All packages of this environment as exact pins; what stands behind a "+" is a build of the same version."""
    found = {one.name: one.version.partition("+")[0] for one in importlib.metadata.distributions()}
    return "".join(f"{name}=={version}\n" for name, version in sorted(found.items()))


def report(tool: str, *options: str) -> dict[str, Any]:
    """What pip-audit finds. Errors: RuntimeError where it reports nothing: the service does not answer."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as pins:
        pins.write(installed())
        pins.flush()
        fixed = ("--no-deps", "--disable-pip", "-f", "json", "--progress-spinner", "off")
        done = subprocess.run(
            [tool, "-r", pins.name, *fixed, *options], capture_output=True, text=True, check=False
        )
    if not done.stdout.strip():
        raise RuntimeError(f"not looked up: {tool} reports nothing: {done.stderr.strip()[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main(arguments: Sequence[str], accepted: str) -> int:
    """1 where something is not accepted, or nothing could be looked up."""
    try:
        found = report(*arguments)
    except RuntimeError as error:
        print(error)
        return 1
    told = complaints(found, exceptions(accepted), datetime.datetime.now(datetime.UTC).date())
    print("\n".join(told) or f"{len(found['dependencies'])} packages, no advisory that is not accepted")
    return int(bool(told))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], EXCEPTIONS.read_text("utf-8")))
