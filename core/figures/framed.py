"""The scripts that stand in line in a canvas's frame: those of BertViz, with d3, jQuery and ours before and after them.

They are the same for every visitor, so that the app's policy can name each by its fingerprint and admits no other.
BertViz's are read from the installed package as files: importing it would import a notebook.
"""

from __future__ import annotations

import importlib.util
import re
from functools import cache
from pathlib import Path

from core.figures.components import folder_of
from core.paths import ASSETS

VENDOR = ASSETS / "vendor"
VIEWS = ("head", "model")
GIVEN = "window.given.parameters;"
"""Where a script finds its parameters, which its package would write into it."""


@cache
def scripts() -> dict[str, str]:
    """d3, jQuery and BertViz's two scripts. Errors: FileNotFoundError where bertviz is not installed."""
    spec = importlib.util.find_spec("bertviz")
    places = spec.submodule_search_locations if spec else None
    if not places:
        raise FileNotFoundError("bertviz: pip install -r requirements.txt")
    found = {f"{view}_view": Path(places[0]) / f"{view}_view.js" for view in VIEWS}
    found |= {name: VENDOR / f"{name}.min.js" for name in ("jquery", "d3")}
    return {name: path.read_text("utf-8") for name, path in found.items()}


@cache
def framed() -> dict[str, str]:
    """All scripts of the frame as they stand in it."""
    own = {name: (folder_of("bertviz") / f"{name}.js").read_text("utf-8") for name in ("before", "after")}
    ready = {name: text.replace("PYTHON_PARAMS;", GIVEN) for name, text in scripts().items()}
    return {
        name: re.sub("</script", r"<\\/script", text, flags=re.IGNORECASE)
        for name, text in (ready | own).items()
    }
