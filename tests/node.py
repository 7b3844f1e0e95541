"""What the project's JavaScript computes, in node: for tests that compare it with Python."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from core.paths import ROOT


def in_node(program: str, given: object = None) -> Any:
    """What the ``main`` of a program makes of ``given``; its imports count from the project's folder."""
    reading = "let text = ''; for await (const part of process.stdin) text += part;"
    code = f"{program}\n{reading}\nconsole.log(JSON.stringify(await main(JSON.parse(text))));"
    done = subprocess.run(
        ["node", "--input-type=module", "-e", code],
        cwd=ROOT,
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
