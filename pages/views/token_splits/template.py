"""Tokenization, third part: what the model in hand gets besides the text — special tokens, template, padding."""

from __future__ import annotations

from core.compute.token_splits import calls
from core.compute.token_splits.markers import batch, besides, chat
from core.figures.token_splits import rows as figures
from pages.kit import controls, reading
from pages.kit.frame import Opened
from pages.kit.view import Canvas, Data, Found, Rows, View, spoken

ROWS = Canvas(
    "token_rows", "ts_rows", figures.chat_payload, words="rows", shows=("show",), options=spoken,
    html=("export.rows", "template.html"),
)  # fmt: skip


def draw(page: Opened, found: Found) -> None:
    """What can be set, and the rows."""
    if not page.link.shared("present"):
        choices(page, found)
    ROWS.mount(page, found)


def choices(page: Opened, found: Found) -> None:
    """Without a template there is no turn to wait for."""
    controls.row(page, choices=("turn", "side") if found.of(chat).template else ("side",))


def say(page: Opened, found: Found) -> None:
    """How many tokens are not the text itself."""
    tokens = found.of(chat).tokens
    others, share = besides(tokens)
    reading.line(page, "notice.template", found.badge, others=others, count=len(tokens.kinds), share=share)
    names = [label for label, kind in zip(tokens.labels, tokens.kinds, strict=True) if kind == "typed"]
    reading.control(page, "notice.control", names)


VIEW = View(
    calls.template,
    (ROWS,),
    say,
    (
        Rows(
            lambda _, found: (figures.BATCH_COLUMNS, figures.batch_rows(found.of(batch))), "batch.csv",
            "export.batch_csv",
        ),
        Data(lambda found: found.of(chat), "template.json"),
    ),
    draw=draw,
    choices=choices,
    read="reads.template",
)  # fmt: skip
