"""What is asked in the room of the tests: before a figure, and after it."""

from core.teaching.kinds import Asked

BEFORE = Asked("Which is <i>right</i>?", ("one", "<b>two</b>"), 1, "because")
AFTER = Asked("And now?", ("three", "four", "five"), 0)
