"""How this is computed: the core function's own source, and a snippet that reproduces the result in plain Python."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from pages.kit.cache import Plain
from pages.kit.frame import Opened

SNIPPET = """\
from {module} import {name}
from core.models.load.loading import load
from core.models.read.trace import make_trace

loaded = load({model!r})
trace = make_trace(loaded, {text!r}, limit={limit})
result = {name}({arguments})
print(result)
"""

LOADED = """\
from {module} import {name}
from core.models.load.loading import load

loaded = load({model!r})
result = {name}({arguments})
print(result)
"""

WORKER = """\
from core.compute import projection, projection_worker

with projection.running_with(projection_worker.run):  # UMAP and t-SNE: in a process of their own
    """

PLAIN = """\
from {module} import {name}

result = {name}({arguments})
print(result)
"""


def show(
    page: Opened,
    function: Callable[..., Any],
    arguments: Mapping[str, Plain],
    model: str | None = None,
    *,
    text: str | None = None,
) -> None:
    """The source of ``function`` and the snippet for the page's present state (or another model or text than its)."""
    st.markdown(page.words("code.snippet"))
    link = page.link
    program = snippet(
        function, model=link.model if model is None else model, text=link.text if text is None else text,
        limit=page.declared.limit, arguments=arguments,
    )  # fmt: skip
    st.code(program)
    st.markdown(page.words("code.source"))
    source(function)


def source(function: Callable[..., Any]) -> None:
    """The source of a function as it stands."""
    st.code(inspect.getsource(function))


def snippet(
    function: Callable[..., Any], *, model: str, text: str, limit: int, arguments: Mapping[str, Plain]
) -> str:
    """A complete program that computes the same result."""
    wanted = inspect.signature(function).parameters
    given = [f"{name}={name}" for name in ("loaded", "trace") if name in wanted]
    given += [f"text={text!r}"] if "text" in wanted else []
    given += [f"model={model!r}"] if "model" in wanted else []
    given += [f"{name}={value!r}" for name, value in arguments.items()]
    template = SNIPPET if "trace" in wanted else LOADED if "loaded" in wanted else PLAIN
    program = template.format(
        module=function.__module__, name=function.__name__, model=model, text=text, limit=limit,
        arguments=", ".join(given),
    )  # fmt: skip
    far = arguments.get("method", "pca") in ("umap", "tsne")
    return program.replace("result = ", f"{WORKER}result = ") if far else program
