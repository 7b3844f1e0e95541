"""Logs as lines of JSON that hold nothing of a visitor: what happened, of what class, and where in the code.

Libraries write into their messages whatever they were given: names of models, addresses, texts. So a line has only
what stands in a source: the literal text of the message with its numbers filled in, the classes of errors, and places.
"""

from __future__ import annotations

import datetime
import inspect
import json
import logging
import os
import threading
import traceback
import warnings
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, TextIO

from core.paths import ROOT

FORMAT = "%(message)s"
"""The format that writes a line and nothing around it."""
OF_STREAMLIT = {"logger.messageFormat": FORMAT, "logger.enableRich": False}
"""Streamlit's options for it: its loggers have handlers of their own, and where rich is installed it writes faults
beside them, with all that a message holds."""
DEEPEST = 5
"""So many errors of a chain are told."""
KNOWN: set[str] = set()
"""Words that may stand in a line: names that the code itself gives to models, lines and kinds."""
Caught = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None] | None


class _Hidden:
    """Stands for a value in a message."""

    def __init__(self, value: object) -> None:
        self._shown = str(value) if isinstance(value, str) and value in KNOWN else "…"
        if isinstance(value, BaseException):
            self._shown = type(value).__name__

    def __str__(self) -> str:
        return self._shown

    __repr__ = __str__


def _shown(value: object) -> object:
    return value if isinstance(value, (bool, int, float)) else _Hidden(value)


def filled(message: str, given: tuple[object, ...]) -> str:
    """A message with its numbers and known words; "…" stands for all else.

    >>> filled("%s of %d in %.1f s", ("secret", 3, 0.25))
    '… of 3 in 0.2 s'
    """
    named = given[0] if len(given) == 1 else None
    values: object = tuple(_shown(value) for value in given)
    if isinstance(named, Mapping):
        values = {name: _shown(value) for name, value in named.items()}
    try:
        return message % values if given else message
    except (KeyError, TypeError, ValueError):  # a text where a number was expected
        return message


def is_literal(text: object, path: str, line: int) -> bool:
    """Whether a text stands as it is in the source of the caller at this place: what was put together does not."""
    frame = inspect.currentframe()
    while frame and (frame.f_code.co_filename, frame.f_lineno) != (path, line):
        frame = frame.f_back
    return frame is not None and text in frame.f_code.co_consts


def place(path: str, line: int, function: str) -> str:
    """A place in the code, from the project's folder or the library's on."""
    short = path.removeprefix(f"{ROOT}/").rpartition("site-packages/")[2]
    return f"{short}:{line} {function}"


def chain(error: BaseException) -> Iterator[dict[str, Any]]:
    """An error and what led to it: classes and places, without a value."""
    now: BaseException | None = error
    for _ in range(DEEPEST):
        if now is None:
            return
        steps = traceback.StackSummary.extract(traceback.walk_tb(now.__traceback__), lookup_lines=False)
        yield {
            "error": type(now).__name__,
            "traceback": [place(one.filename, one.lineno or 0, one.name) for one in steps],
        }
        now = now.__cause__ or (None if now.__suppress_context__ else now.__context__)


class Line(logging.LogRecord):
    """A record whose message is its line; made for every logger of the process, whatever handler writes it."""

    def __init__(
        self, name: str, level: int, pathname: str, lineno: int, msg: object, args: Any, exc_info: Caught,
        func: str | None = None, sinfo: str | None = None, **_: Any,
    ) -> None:  # fmt: skip
        event = ""
        if isinstance(msg, str) and is_literal(msg, pathname, lineno):
            event = filled(msg, args)
        super().__init__(name, level, pathname, lineno, event, (), None, func, None)
        del sinfo
        self.errors = list(chain(exc_info[1])) if exc_info and exc_info[1] is not None else []

    def getMessage(self) -> str:  # noqa: N802
        """The line."""
        now = datetime.datetime.fromtimestamp(self.created, datetime.UTC)
        line: dict[str, Any] = {
            "time": now.isoformat(timespec="milliseconds"), "level": self.levelname, "name": self.name,
            "event": self.msg, "at": place(self.pathname, self.lineno, self.funcName or ""),
        }  # fmt: skip
        if self.errors:
            line |= self.errors[0] | ({"because": self.errors[1:]} if self.errors[1:] else {})
        return json.dumps(line, ensure_ascii=False)


def _warn(
    message: Warning | str, category: type[Warning], filename: str, lineno: int,
    file: TextIO | None = None, line: str | None = None,
) -> None:  # fmt: skip
    """Where a warning was raised, and of what class; its text may quote what it warns of."""
    del message, file, line
    record = Line("py.warnings", logging.WARNING, filename, lineno, "", (), None)
    record.errors = [{"error": category.__name__}]
    logging.getLogger("py.warnings").handle(record)


def _thread_failed(args: threading.ExceptHookArgs) -> None:
    error = args.exc_value
    if error is not None and not isinstance(error, SystemExit):
        logging.getLogger("threads").error("a thread failed", exc_info=error)


def wanted() -> bool:
    """Whether logs are lines of JSON (``$GLASSBOX_LOGS``: "plain" leaves them as each library writes them)."""
    return os.environ.get("GLASSBOX_LOGS") != "plain"


def install(known: Iterable[str]) -> None:
    """Write all logs of this process as lines of JSON to its standard error.

    ``known``: names that the code itself gives; they may stand in a line. Loggers with handlers of their own keep
    them; a format that puts something around the message is taken away from those that exist.
    """
    KNOWN.update(known)
    logging.setLogRecordFactory(Line)
    logging.getLogger().addHandler(logging.StreamHandler())
    logging.getLogger("glassbox").setLevel(logging.INFO)
    for one in logging.root.manager.loggerDict.values():
        for handler in one.handlers if isinstance(one, logging.Logger) else ():
            handler.setFormatter(logging.Formatter(FORMAT))
    warnings.showwarning = _warn
    threading.excepthook = _thread_failed
