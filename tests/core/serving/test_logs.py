"""Logs of a real server are lines of JSON and hold nothing that a visitor typed."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from core.serving import logs
from tests.bench import clients, servers

SECRET = "Xylophon-Geheimnis-7431"
PAGE = Path(__file__).with_name("failing_app.py")


def visited(environment: dict[str, str]) -> str:
    """The log of a server whose only visitor brought the secret."""

    async def once(port: int) -> None:
        visitor = await clients.visit(port, "", text=SECRET)
        await visitor.run()
        await clients.leave(visitor)

    with servers.start(PAGE, environment) as server:
        asyncio.run(once(server.port))
        return server.log.read_text("utf-8")


def lines(log: str) -> list[dict[str, Any]]:
    """All lines but those that Streamlit says to the operator before it starts: each is JSON."""
    return [json.loads(line) for line in log.splitlines() if line.strip() and not line.startswith("  ")]


def test_a_log_tells_what_happened_and_where_and_nothing_of_the_visitor() -> None:
    log = visited({})
    assert SECRET not in log
    found = lines(log)
    of_library = [(one["event"], one["level"]) for one in found if one["name"] == "some.library"]
    assert of_library == [
        ("", "WARNING"), ("read …", "WARNING"), ("read …", "WARNING"), ("", "WARNING"),
        ("… has 3 parts, …", "ERROR"), ("the model is new", "WARNING"), ("failed with KeyError", "ERROR"),
    ]  # fmt: skip
    assert next(one for one in found if one["name"] == "py.warnings")["error"] == "UserWarning"
    assert next(one for one in found if one["name"] == "threads")["error"] == "ValueError"
    (uncaught,) = [one for one in found if one["event"] == "Uncaught app execution"]
    assert (uncaught["error"], uncaught["because"][0]["error"]) == ("ValueError", "KeyError")
    assert uncaught["traceback"][-1].startswith("tests/core/serving/failing_app.py:")
    assert all(one["time"].endswith("+00:00") for one in found)


def test_a_plain_log_is_as_each_library_writes_it() -> None:
    log = visited({"GLASSBOX_LOGS": "plain"})
    assert "Traceback (most recent call last)" in log
    assert SECRET in log, "the test above can fail"


@pytest.mark.parametrize(
    ("message", "given", "filled"),
    [
        ("no values", (), "no values"),
        ("%d of %d", (3, 7), "3 of 7"),
        ("%s: %.2f", ("text", 0.125), "…: 0.12"),
        ("%(a)s and %(b)d", ({"a": "text", "b": 2},), "… and 2"),
        ("%d rows", ("text",), "%d rows"),
        ("100 % of %s", ("text",), "100 % of %s"),
        ("%s", (OSError("text"),), "OSError"),
    ],
)
def test_a_message_is_filled_with_numbers_alone(message: str, given: tuple[object, ...], filled: str) -> None:
    assert logs.filled(message, given) == filled
