"""Driving the whole app without a browser: from app.py, as a visitor with a link would."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from typing import Any

from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from core import catalog
from core.catalog import Language, Question
from core.figures.buffer import unpack
from core.paths import ROOT
from pages.kit import permalink
from pages.kit.text import table
from tests.js import payloads
from tests.numerals import slips

PLACEHOLDER = re.compile(r"\{\w+(?::[^{}]*)?\}")
MARKS = re.compile(r"[\\*`]")
"""By which Markdown marks and escapes."""

# Each AppTest reads the metadata of every installed package, eight times the work of drawing a page: once is enough.
manifest_scanner.scan_component_manifests = functools.cache(manifest_scanner.scan_component_manifests)


def visit(
    stem: str = "", query: Mapping[str, str | list[str]] | None = None, *, patience: float = 100
) -> AppTest:
    """The app opened at a page with a link's query parameters, as the first thing that a visitor does.

    ``patience``: seconds that a run may take.
    """
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=patience)
    if stem:  # before the first run: a page's address is its file's name, so that home need not be drawn
        app.switch_page(f"pages/{stem}.py")
    app.query_params.update(dict(query or {}))
    return app.run()


def guessed(app: AppTest, question: Question, option: str, language: Language) -> AppTest:
    """The page after an answer was chosen in the canvas of its experiments, which a browser alone can click."""
    drawer = app.session_state["glassbox"]
    drawer.guesses[question.id] = option
    page = catalog.find(drawer.page)
    app.query_params.clear()
    app.query_params.update(
        permalink.query(page, question.reveal.values(language), language) | {"lang": language}
    )
    return app.run()


def questions(app: AppTest) -> list[Any]:
    """The experiments of a page as their canvas gets them."""
    (found,) = [
        one.proto.bytes for one in app.get("bidi_component") if "questions" in one.proto.component_name
    ]
    listed: list[Any] = unpack(found)[0]["questions"]
    return listed


def shown(app: AppTest) -> str:
    """All sentences on the page."""
    kinds = ("title", "subheader", "markdown", "caption", "warning", "error", "code", "text")
    return "\n".join(str(element.value) for kind in kinds for element in getattr(app, kind))


def says(app: AppTest, stem: str, id: str, language: str) -> bool:
    """Whether a sentence of a page's words stands on it, whatever its numbers are."""
    sentence: Any = table(language, stem)
    for part in id.split("."):
        sentence = sentence[part]
    pattern = ".*?".join(re.escape(MARKS.sub("", piece)) for piece in PLACEHOLDER.split(sentence))
    said = [*shown(app).split("\n"), *(str(one.value) for one in app.info)]
    return any(re.search(pattern, MARKS.sub("", line)) for line in said)


def said_instead(stem: str, query: dict[str, str], language: str, id: str, not_id: str) -> AppTest:
    """A state that says one sentence of its page's words and not another, whichever its numbers are."""
    app = visit(stem, query | {"lang": language})
    healthy(app)
    assert says(app, stem, id, language)
    assert not says(app, stem, not_id, language)
    return app


def sentences(app: AppTest) -> list[str]:
    """All that the page says itself: sentences, and the labels of what can be chosen; no code."""
    kinds = ("title", "subheader", "markdown", "caption", "warning", "error", "info", "success")
    said = [str(element.value) for kind in kinds for element in getattr(app, kind)]
    widgets = (
        "button",
        "button_group",
        "expander",
        "multiselect",
        "select_slider",
        "selectbox",
        "slider",
        "text_input",
    )
    labels = [str(getattr(element, "label", "")) for kind in widgets for element in app.get(kind)]
    return [*said, *labels]


def healthy(app: AppTest) -> None:
    """No traceback, no unexpected-error sentence, no number in wrong words; canvases get what is declared of them."""
    assert not app.exception, [element.value for element in app.exception]
    assert not app.error, [element.value for element in app.error]
    assert not slips(sentences(app))
    for element in app.get("bidi_component"):
        payloads.check(element.proto.component_name.removeprefix("glassbox_"), element.proto.bytes)


def components(app: AppTest) -> list[str]:
    """Names of the canvas components that the page drew, in order."""
    protos = [element.proto for element in app.get("bidi_component")]
    return [str(proto.component_name) for proto in protos]


def charts(app: AppTest) -> dict[str, Any]:
    """The charts of a page by key, as plotly gets them."""
    return {str(one.key): json.loads(one.proto.spec) for one in app.get("plotly_chart")}
