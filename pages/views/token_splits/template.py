"""Tokenization, third part: what the model in hand gets besides the text — special tokens, template, padding."""

from __future__ import annotations

from core.compute.token_splits import markers as compute
from core.figures.token_splits import rows as figures
from pages.kit import canvas, code, controls, export, frame, prompt, reading
from pages.kit.cache import Outcome
from pages.kit.frame import Opened

STEM = "token_splits"


def figure(page: Opened) -> None:
    """The text and the model, and what the model gets."""
    prompt.strip(page)
    _rows(page)


def _chat(page: Opened) -> Outcome[compute.Chat]:
    return page.compute(compute.chat, prompt=page.link.get("turn") == "answer")


def _batch(page: Opened) -> Outcome[compute.Batch]:
    return page.compute(compute.batch, side=str(page.link.get("side")))


@frame.panel
def _rows(page: Opened) -> None:
    chat, batch = _chat(page), _batch(page)
    if not page.link.shared("present"):  # without a template there is no turn to wait for
        controls.row(page, choices=("turn", "side") if chat.value.template else ("side",))
    data = canvas.packed(
        figures.chat_payload, chat.value, batch.value, words=page.words.sub("rows"),
        language=page.link.language, caption=export.label(page),
        state=canvas.state_to_push("ts_rows", {"show": page.link.get("show")}),
    )  # fmt: skip
    look = canvas.committer(STEM, "ts_rows", ("show",))
    canvas.mount("token_rows", data, key="ts_rows", look=look)
    kinds = chat.value.tokens.kinds
    others = sum(kind != "content" for kind in kinds)
    reading.line(
        page, "notice.template", chat.badge, others=others, count=len(kinds), share=others / len(kinds)
    )
    if not page.link.shared("present"):
        reading.follow(page)


def how(page: Opened) -> None:
    """The source, and the snippet that computes it."""
    code.show(page, compute.chat, {"prompt": page.link.get("turn") == "answer"})


def numbers(page: Opened) -> None:
    """The figure and its numbers to take home."""
    chat, batch = _chat(page).value, _batch(page).value
    rows = figures.chat_payload(
        chat, batch, page.words.sub("rows"), {"show": page.link.get("show")}, language=page.link.language,
        caption=export.label(page),
    )  # fmt: skip
    html = export.standalone_of(page)
    export.buttons(page, [
        ("export.rows", "template.html", "text/html", lambda: html("token_rows", rows)),
        ("export.batch_csv", "batch.csv", "text/csv",
         lambda: export.table(figures.BATCH_COLUMNS, figures.batch_rows(batch))),
        ("export.data_json", "template.json", "application/json", lambda: export.as_json(chat)),
    ])  # fmt: skip
