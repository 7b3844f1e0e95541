"""Lectures as files, as codes in links, and those that come with the app.

A lecture is written in TOML: a title, a language, and a table ``[[steps]]`` for each state, with ``query`` (what the
state's link says; model and text are the page's where it names none), ``before`` and ``after`` (a question with its
options; the answer is one of them, or its place, counted from 0).
Whatever is read may be a stranger's: it is bounded, and of a query only what the page declares is kept.
"""

from __future__ import annotations

import base64
import functools
import json
import re
import tomllib
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from core.catalog import LANGUAGES, PAGES, Language, Page, Param
from core.paths import ASSETS
from core.teaching.kinds import Asked, Lecture, Step
from core.teaching.mistakes import (
    BadMinutes,
    BadQuestion,
    LectureDamaged,
    LectureTextTooLong,
    LectureTooLarge,
    LectureUnreadable,
    NoLecture,
    NoSuchPage,
    TooManySteps,
)

FOLDER = ASSETS / "lectures"
BUNDLED = ("vectors", "attention", "choosing")
"""The lectures that come with the app, in the order in which they build on each other."""
LARGEST = 1_000_000  # bytes of a file
MOST_STEPS = 60
TITLE, ABOUT, SAY, NOTE, QUESTION, OPTION, WHY = 200, 2_000, 600, 4_000, 600, 200, 1_500
"""Characters at most, by place."""
SHORTEST, USUAL, LONGEST = 0.1, 2.0, 60.0  # minutes of a step
OPTIONS = range(2, 5)
STEP = ("page", "query", "minutes", "before", "after")
SHARED = (Param("model", "text", ""), Param("text", "text", ""), Param("figure", "int", 0, low=0, high=9))
"""What each page's link has besides its own parameters; ``figure``: the one that is presented alone."""

_TEXTS = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*+(?:"{3,5}|\\?\Z)|' r"'''(?:[^']|'(?!''))*+(?:'{3,5}|\Z)|"
    r'"(?:[^"\\\n]|\\[^\n])*+"|' r"'[^'\n]*+'|#[^\n]*+", re.DOTALL,
)  # fmt: skip
_DEEP = re.compile(r"(?<![\w-])(?:[\w-]++[ \t]*+\.[ \t]*+){20}")
"""Keys of keys of keys: they take the parser time that grows with the square of their number."""
_UNSEEN = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def parse(toml: str) -> Lecture:
    """The lecture that a file holds. Errors: those of ``core.teaching.mistakes``."""
    table = _table(toml)
    language, steps = (table.get(name) for name in ("language", "steps"))
    title = _text(table, "title", TITLE)
    if not title or language not in LANGUAGES or not isinstance(steps, list) or not steps:
        raise NoLecture
    if len(steps) > MOST_STEPS:
        raise TooManySteps(count=len(steps), limit=MOST_STEPS)
    read = tuple(_step(step, number, language) for number, step in enumerate(steps, 1))
    return Lecture("", title, language, read, _text(table, "about", ABOUT))


def _table(toml: str) -> dict[str, Any]:
    if len(toml) > LARGEST or len(toml.encode("utf-8", "replace")) > LARGEST:
        raise LectureTooLarge(limit=LARGEST // 1_000_000)
    if _DEEP.search(_TEXTS.sub("_", toml)):
        raise NoLecture
    try:
        return tomllib.loads(toml.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        raise LectureUnreadable(line=int(line[1]) if line else toml.count("\n") + 1) from error
    except (ValueError, RecursionError) as error:  # endless numbers, lists of lists of lists
        raise NoLecture from error


def _step(table: object, number: int, language: Language) -> Step:
    if not isinstance(table, Mapping):
        raise NoLecture
    stem, query, minutes, before, after = (table.get(name) for name in STEP)
    page = next((one for one in PAGES if one.stem == stem), None)
    if page is None:
        shown = _clean(stem)[:60] if isinstance(stem, str) else ""
        raise NoSuchPage(step=number, page=shown, pages=", ".join(one.stem for one in PAGES))
    return Step(
        page.stem, admitted(page, {} if query is None else query, language), _text(table, "say", SAY),
        _text(table, "note", NOTE), _minutes(USUAL if minutes is None else minutes, number),
        _asked(before, number), _asked(after, number),
    )  # fmt: skip


def admitted(page: Page, query: object, language: Language) -> dict[str, str]:
    """What a page takes of a query (a stranger's), as its link writes it: known parameters, each within its bounds.

    A model and a text that it leaves out are those that the page opens with in the language.
    """
    if not isinstance(query, Mapping):
        raise NoLecture
    known = {f"{page.short}_{param.name}": param for param in page.params} | {one.name: one for one in SHARED}
    full = {"model": page.model[language], "text": page.text[language], **query}
    return {
        name: known[name].format(known[name].parse(_raw(value)))
        for name, value in full.items()
        if name in known and isinstance(value, str | int | float)
    }


def _raw(value: str | float) -> str:
    """A value as a link carries it."""
    if isinstance(value, str):
        return re.sub("[\0\ud800-\udfff]", "", value)
    return str(int(value)) if isinstance(value, bool) else f"{float(value):.17g}" if abs(value) < 1e18 else ""


def _clean(text: str) -> str:
    return _UNSEEN.sub("", text).strip()


def _text(table: Mapping[str, Any], name: str, most: int) -> str:
    return _bounded(table.get(name, ""), most)


def _bounded(text: object, most: int) -> str:
    if not isinstance(text, str):
        raise NoLecture
    text = _clean(text)
    if len(text) > most:
        raise LectureTextTooLong(start=text[:30], count=len(text), limit=most)
    return text


def _minutes(value: object, number: int) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not SHORTEST <= value <= LONGEST:
        raise BadMinutes(step=number, most=LONGEST)
    return float(value)


def _asked(table: object, number: int) -> Asked | None:
    """A question, None where there is none. Errors: BadQuestion, LectureTextTooLong."""
    if table is None:
        return None
    if not isinstance(table, Mapping):
        raise BadQuestion(step=number)
    listed, answer = (table.get(name) for name in ("options", "answer"))
    if not isinstance(listed, list):
        raise BadQuestion(step=number)
    text = _text(table, "text", QUESTION)
    options = tuple(_bounded(one, OPTION) for one in listed[: OPTIONS.stop])
    place = _place(answer, options)
    if not text or not all(options) or len(set(options)) not in OPTIONS or len(set(options)) < len(listed):
        raise BadQuestion(step=number)
    if not 0 <= place < len(options):
        raise BadQuestion(step=number)
    return Asked(text, options, place, _text(table, "why", WHY))


def _place(answer: object, options: tuple[str, ...]) -> int:
    """The place of an answer, which is given as such or in its words; −1 where it is none of the options."""
    if isinstance(answer, str):
        return options.index(_clean(answer)) if _clean(answer) in options else -1
    return answer if isinstance(answer, int) and not isinstance(answer, bool) else -1


def write(lecture: Lecture) -> str:
    """A lecture as TOML that ``parse`` reads back to an equal one (without the id of a bundled one)."""
    head = [f"title = {_quoted(lecture.title)}", f"language = {_quoted(lecture.language)}"]
    head += [f"about = {_quoted(lecture.about)}"] if lecture.about else []
    return "\n".join([*head, *(line for step in lecture.steps for line in _written(step))]) + "\n"


def _written(step: Step) -> Iterator[str]:
    yield from ("", "[[steps]]", f"page = {_quoted(step.page)}", f"minutes = {float(step.minutes)!r}")
    yield from (
        f"{name} = {_quoted(text)}" for name, text in (("say", step.say), ("note", step.note)) if text
    )
    if step.query:
        yield "[steps.query]"
        yield from (f"{_quoted(name)} = {_quoted(value)}" for name, value in step.query.items())
    for name, asked in (("before", step.before), ("after", step.after)):
        if asked:
            yield from (f"[steps.{name}]", f"text = {_quoted(asked.text)}")
            yield f"options = [{', '.join(_quoted(option) for option in asked.options)}]"
            yield from (f"answer = {asked.answer}", f"why = {_quoted(asked.why)}")


def _quoted(text: str) -> str:
    """A basic string of TOML: JSON's, but for one character; half a character, which no file can hold, is left out."""
    return json.dumps(re.sub("[\ud800-\udfff]", "", text), ensure_ascii=False).replace("\x7f", "\\u007f")


def pack(lecture: Lecture) -> str:
    """A lecture as a code of letters, digits, - and _ that a link can carry."""
    return base64.urlsafe_b64encode(zlib.compress(write(lecture).encode(), 9)).decode().rstrip("=")


def unpack(text: str) -> Lecture:
    """The lecture that a code stands for. Errors: LectureDamaged, LectureTooLarge, those of ``parse``."""
    if len(text) > 2 * LARGEST:
        raise LectureTooLarge(limit=LARGEST // 1_000_000)
    opened = zlib.decompressobj()
    try:
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        content = opened.decompress(packed, LARGEST + 1)
        if len(content) > LARGEST:
            raise LectureTooLarge(limit=LARGEST // 1_000_000)
        toml = content.decode()
    except (ValueError, zlib.error) as error:
        raise LectureDamaged from error
    if not opened.eof:
        raise LectureDamaged
    return parse(toml)


@functools.cache
def bundled(language: Language) -> tuple[Lecture, ...]:
    """The lectures that come with the app in a language."""
    return tuple(
        replace(parse((FOLDER / language / f"{id}.toml").read_text("utf-8")), id=id) for id in BUNDLED
    )


def find(id: str, language: Language) -> Lecture:
    """The bundled lecture of that id (KeyError when there is none)."""
    return {lecture.id: lecture for lecture in bundled(language)}[id]
