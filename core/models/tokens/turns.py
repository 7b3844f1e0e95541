"""Where a message stands in a rendered chat."""

from __future__ import annotations

from collections.abc import Callable

OTHER = "\ue000"
"""A character of nobody's: no template writes it by itself."""


def place(render: Callable[[str], str], written: str) -> tuple[int, int] | None:
    """The characters of ``written`` that are a message's own: where ``render`` writes another message instead.

    A message may well occur in the template's own words ("assistant"), so it is not searched for. None: the template
    leaves the message out.

    >>> place("assistant: {}".format, "assistant: assistant")
    (11, 20)
    """
    before, found, after = render(OTHER).partition(OTHER)
    return (len(before), len(written) - len(after)) if found else None
