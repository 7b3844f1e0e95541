"""Taking a figure and its numbers home: interactive HTML, CSV, JSON. (PNG is made by each canvas itself.)"""

from __future__ import annotations

import base64
import csv
import dataclasses
import html
import io
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import streamlit as st

from core.figures.components import source
from pages.kit.frame import Opened

_UNSEEN = re.compile(r"^[\s\x00-\x1f\x7f-\x9f\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]+")
File = tuple[str, str, str, Callable[[], str]]
"""A download: its word, file name and type, and what makes it."""

PAGE = """<!doctype html>
<html lang="{language}" data-static="1"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>:root{{--st-background-color:#ffffff;--st-secondary-background-color:#f4f2ec;--st-text-color:#22242a;
--st-primary-color:#0072b2;--st-border-color:#d9d6cf}}body{{margin:2rem;font-family:sans-serif;background:#fff;
color:#22242a}}figcaption{{margin-top:1rem;color:#555;overflow-wrap:anywhere}}</style>
<style>{css}</style><figure><div id="figure">{body}</div><figcaption>{caption}</figcaption></figure>
<script type="module">
const raw = Uint8Array.from(atob("{data}"), (c) => c.charCodeAt(0));
const url = URL.createObjectURL(new Blob([document.getElementById("module").textContent], {{type: "text/javascript"}}));
const module = await import(url);
const quiet = () => {{}};
module.default({{data: raw, key: "figure", name: "figure", parentElement: document.getElementById("figure"),
  setStateValue: quiet, setTriggerValue: quiet}});
</script>
<script type="text/plain" id="module">{js}</script>
</html>
"""


def standalone(name: str, payload: bytes, *, title: str, caption: str, language: str) -> str:
    """One HTML file that shows the canvas component ``name`` with its data, working with no network."""
    body, css, js = source(name)
    return PAGE.format(
        language=language, title=html.escape(title), caption=html.escape(caption), css=css, body=body,
        data=base64.b64encode(payload).decode(), js=js.replace("</script", "<\\/script"),
    )  # fmt: skip


def standalone_of(page: Opened) -> Callable[[str, bytes], str]:
    """``standalone`` with the page's title, caption and language filled in now (a download is made later)."""
    title, about, language = page.words("page.title"), caption(page), page.link.language

    def make(name: str, payload: bytes) -> str:
        return standalone(name, payload, title=title, caption=about, language=language)

    return make


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """CSV text (RFC 4180) with a mark of its encoding; what a spreadsheet would run begins with an apostrophe."""
    out = io.StringIO(newline="")
    out.write("\ufeff")  # without it Excel reads UTF-8 in the encoding of its country
    writer = csv.writer(out)
    writer.writerow([_cell(name) for name in header])
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue()


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and _is_formula(value) else value


def _is_formula(text: str) -> bool:
    """Whether a spreadsheet may take it for one: a sign of any width, alone or behind what cannot be seen."""
    seen = _UNSEEN.sub("", unicodedata.normalize("NFKC", text))
    return seen[:1] in tuple("=+-@") or text[:1] in tuple("\t\r\n")


def as_json(result: Any) -> str:
    """A result dataclass as JSON: arrays as nested lists, NaN as null, bytes as hexadecimal."""
    return json.dumps(_plain(result), ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (float, np.floating)):
        return float(value) if np.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value


def buttons(page: Opened, files: Sequence[File]) -> None:
    """A row of download buttons: (word id, file name, mime, maker); a file is made only when it is asked for."""
    with st.container(horizontal=True, gap="small"):
        for label, name, mime, make in files:
            st.download_button(
                page.words(label), make, file_name=name, mime=mime, key=f"dl_{name}", on_click="ignore",
                icon=":material/download:", type="tertiary",
            )  # fmt: skip


def label(page: Opened, *, model: str = "", text: str = "") -> str:
    """What a figure is about: page, model, text (the canvas adds the link of the moment when it saves a picture)."""
    about = (text or page.link.text)[:300]
    return f"Glassbox · {page.words('page.title')} · {model or page.model} · “{about}”"


def caption(page: Opened) -> str:
    """What a figure taken away must carry: model, text, settings as a link."""
    return f"{label(page)} · {page.link.url()}"
