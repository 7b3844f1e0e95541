"""Chat templates (Jinja): a model's own words around a conversation.

A sandbox keeps a template from the server, and not from its time and memory: loops within loops, a letter times a
billion. So one that comes with a model from outside is rendered in a process with little of both
(``python -m core.models.tokens.templates``).
"""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from core.errors import BadParameter, RefusedFile
from core.paths import ROOT

MODULE = "core.models.tokens.templates"
SECONDS, PATIENCE_S = 2, 30.0
"""Processor time that a stranger's template may take, and how long is waited for it on a busy machine."""
MEMORY = 512_000_000
"""Bytes of addresses that its process may have: an interpreter with Jinja needs a fifth."""
LONGEST = 200_000
"""Characters that it may write."""
WRONG, COSTLY = 1, 3
"""How the process ends where the template raises something, and where it takes too much."""


def render(template: str, values: Mapping[str, Any]) -> str:
    """The text of a template that is trusted to be quick, in a sandbox. Errors: BadParameter("chat_template")."""
    import jinja2

    try:
        return _rendered(template, values)
    except (jinja2.exceptions.TemplateError, TypeError) as error:
        raise BadParameter(name="chat_template") from error


def render_bounded(model: str, template: str, values: Mapping[str, Any]) -> str:
    """The text of a stranger's template.

    Errors: BadParameter("chat_template"); RefusedFile where it takes too much time or memory.
    """
    command = [sys.executable, "-m", MODULE]
    given = json.dumps({"template": template, "values": values})
    try:
        done = subprocess.run(  # noqa: S603 — our own module
            command, cwd=ROOT, input=given, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise RefusedFile(model=model, file="chat_template", reason="costly_template") from error
    if done.returncode == WRONG:
        raise BadParameter(name="chat_template")
    if done.returncode:
        raise RefusedFile(model=model, file="chat_template", reason="costly_template")
    return str(json.loads(done.stdout))


def _rendered(template: str, values: Mapping[str, Any]) -> str:
    import jinja2
    from jinja2.ext import Extension, loopcontrols
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Generation(Extension):
        """Marks what a model writes; nothing is made of it here."""

        tags = {"generation"}  # noqa: RUF012 — as Jinja declares it

        def parse(self, parser: Any) -> Any:
            next(parser.stream)
            return parser.parse_statements(("name:endgeneration",), drop_needle=True)

    def refuse(message: str) -> None:
        raise jinja2.exceptions.TemplateError(message)

    def tojson(value: object, **options: Any) -> str:
        return json.dumps(value, **{"ensure_ascii": False, **options})

    room = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols, Generation]
    )
    room.globals |= {"raise_exception": refuse, "strftime_now": datetime.datetime.now().strftime}
    room.filters["tojson"] = tojson
    return room.from_string(template).render(**values)


def _take_little() -> None:
    """Bound this process, where the system can."""
    with suppress(ImportError):
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def main() -> int:
    """Render what standard input says, as JSON to standard output."""
    _take_little()
    given = json.load(sys.stdin)
    try:
        text = _rendered(given["template"], given["values"])
        if len(text) > LONGEST:
            return COSTLY
        json.dump(text, sys.stdout)
    except (MemoryError, OverflowError, RecursionError):
        return COSTLY
    return 0


if __name__ == "__main__":
    sys.exit(main())
