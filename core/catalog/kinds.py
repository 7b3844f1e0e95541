"""What pages there are, which controls each has, and which states are worth a button.

Everything here is frozen data without words: a page's title, questions and labels live in
``assets/text/<lang>/<stem>.toml`` under the same ids.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")
Value = str | int | float | bool | tuple[str, ...]
State = Mapping[str, Value]
CHAPTERS = ("attention", "tokens", "meaning", "order", "prediction", "inside", "training", "interview")
MAX_TEXT = 200_000  # characters of a prompt that are kept; what a model takes is far less, and is said then
DIGITS = ".10g"
"""How a link writes a number with a fraction: what a slider's steps add up to in binary is not shown."""


@dataclass(frozen=True, slots=True)
class Param:
    """One control of a page: its name in the URL, its default and what values it admits."""

    name: str
    kind: Literal["choice", "int", "float", "flag", "text", "list"]
    default: Value
    options: tuple[str, ...] = ()
    low: float = -math.inf
    high: float = math.inf
    kept: bool = False  # means the same with another model in hand

    def parse(self, raw: str) -> Value:
        """The value that ``raw`` (visitor input) stands for: clamped, or the default where it makes no sense."""
        if self.kind == "text":
            return raw[:MAX_TEXT]
        if self.kind == "list":
            items = tuple(dict.fromkeys(item for item in raw.split(",") if item))
            return items if len(items) <= self.high else items[: int(self.high)]
        if self.kind == "flag":
            return {"1": True, "0": False}.get(raw, self.default)
        if self.kind == "choice":
            return raw if raw in self.options else self.default
        return self._number(raw)

    def _number(self, raw: str) -> Value:
        try:
            number = float(raw) if len(raw) < 40 else math.nan
        except ValueError:
            return self.default
        if not math.isfinite(number):
            return self.default
        number = min(max(number, self.low), self.high)
        return int(number) if self.kind == "int" else float(f"{number:{DIGITS}}")

    def format(self, value: Value) -> str:
        """The URL form of ``value``; ``parse(format(v)) == v`` for every admitted v."""
        if isinstance(value, tuple):
            return ",".join(value)
        if isinstance(value, bool):
            return "1" if value else "0"
        return f"{value:{DIGITS}}" if isinstance(value, float) else str(value)


@dataclass(frozen=True, slots=True)
class Preset:
    """A state of the page worth going to, per language; ids that are not named take the page's default."""

    id: str
    en: State
    zh: State

    def values(self, language: Language) -> State:
        """The preset's state for a visitor who reads ``language``."""
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Question:
    """Predict, then reveal: the state in which the question is asked, and the state that answers it."""

    id: str
    ask: Preset
    reveal: Preset
    options: tuple[str, ...]
    answer: str
    figure: str  # key of the canvas in which the answer is seen


@dataclass(frozen=True, slots=True)
class Concept:
    """One entry of the concept search: its number in the concept map and the state that shows it."""

    id: str
    number: str
    page: str
    state: Mapping[Language, State]


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its stem (URL, module and word file), chapter, controls, defaults and experiments."""

    stem: str
    short: str  # prefix of the page's own keys
    chapter: str
    icon: str
    params: tuple[Param, ...]
    model: Mapping[Language, str]
    text: Mapping[Language, str]
    examples: Mapping[Language, tuple[tuple[str, str, str], ...]]  # (id of the label, text, model id or "")
    questions: tuple[Question, ...]
    concepts: tuple[Concept, ...]
    limit: int  # tokens
    papers: tuple[str, ...] = ()
    defaults: Mapping[str, Mapping[str, Value]] = field(
        default_factory=dict
    )  # model id → own defaults of params
    openings: tuple[State, ...] = ()  # further states that must open at once, in each language
    spoken: Mapping[Language, Mapping[str, Value]] = field(
        default_factory=dict
    )  # language → own defaults of params: words and tables of that language
    by: str = "view"  # the parameter that chooses what is shown
    canvases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # what is shown → its canvases
    named: Mapping[str, Param] = field(init=False, repr=False, compare=False)  # ``params`` by their names

    def __post_init__(self) -> None:
        """A page reads its parameters some fifty times in each run."""
        object.__setattr__(self, "named", {param.name: param for param in self.params})

    def param(self, name: str) -> Param:
        """The declared parameter of that name (KeyError: a programming mistake, not a visitor's)."""
        return self.named[name]

    def shown(self, state: State, language: Language = "en") -> str:
        """What a state shows: its value of ``by``."""
        return str(state.get(self.by, self.default(self.by, self.model[language], language)))

    def default(self, name: str, model: str, language: Language = "en") -> Value:
        """The default of a parameter: it may depend on the model (other heads) or the language (other words)."""
        own = self.defaults.get(model, {}).get(name, self.param(name).default)
        return self.spoken.get(language, {}).get(name, own)


def frozen(**values: Value) -> State:
    """A read-only state."""
    return MappingProxyType(values)


def both(**values: Value) -> dict[Language, State]:
    """One state for both languages."""
    return dict.fromkeys(LANGUAGES, frozen(**values))


def question(
    id: str, options: tuple[str, ...], answer: str, figure: str, ask: Mapping[Language, State],
    reveal: Mapping[Language, State],
) -> Question:  # fmt: skip
    """Ask in one state, answer in another; the answer is seen in the canvas ``figure``."""
    before, after = Preset(f"{id}_ask", ask["en"], ask["zh"]), Preset(id, reveal["en"], reveal["zh"])
    return Question(id, before, after, options, answer, figure)
