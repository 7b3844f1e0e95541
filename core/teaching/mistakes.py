"""What can be wrong with a lecture that somebody brings: each has its sentence in ``common.toml``, table ``errors``."""

from __future__ import annotations

from core.errors import GlassboxError


class LectureUnreadable(GlassboxError):
    """The file is no TOML (``line``)."""

    key = "lecture_unreadable"


class LectureDamaged(GlassboxError):
    """A link or code holds no lecture that can be unpacked."""

    key = "lecture_damaged"


class LectureTooLarge(GlassboxError):
    """The file is larger than a lecture is (``limit`` in MB)."""

    key = "lecture_too_large"


class LectureAway(GlassboxError):
    """A link names the visitor's own lecture, which is not in this browser."""

    key = "lecture_away"


class NoLecture(GlassboxError):
    """The file lacks what makes a lecture: a title, a language, steps with a page, texts where texts stand."""

    key = "no_lecture"


class NoSuchPage(GlassboxError):
    """A step is on a page that there is not (``step``, ``page``, and ``pages`` that there are)."""

    key = "no_such_page"


class TooManySteps(GlassboxError):
    """The lecture has more steps than are shown (``count``, ``limit``)."""

    key = "too_many_steps"


class LectureTextTooLong(GlassboxError):
    """A text of a lecture is longer than its place (``start`` of it, ``count`` of characters, ``limit``)."""

    key = "lecture_text_too_long"


class BadQuestion(GlassboxError):
    """A question of a step has no text, not two to four options, or no answer among them (``step``)."""

    key = "bad_question"


class BadMinutes(GlassboxError):
    """A step takes no time, or more than a lesson (``step``, ``most``)."""

    key = "bad_minutes"
