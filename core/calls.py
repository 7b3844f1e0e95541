"""One computation asked for, written once: what a page runs, what is bundled, what "how this is computed" shows.

A page's ``core.compute.<stem>.calls`` says which calls a state needs: ``calls(state)`` is a *plan*, a generator that
yields a ``Call`` and is sent its result, so that what is asked for may depend on what came before:

    def calls(state: State) -> Plan:
        told = yield call(masked, model="mini-bert", text=str(state["text"]))
        yield call(rerank, model="smollm2-135m", text=str(state["text"]), place=telling(told))

The page, the command that writes the bundled results, the gallery and the tests all walk the same plan.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import inspect
from collections.abc import Callable, Generator, Hashable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from core import results
from core.catalog import Language, Page, State, Value
from core.errors import TextEmpty
from core.models.load.loading import load
from core.models.read.trace import make_trace
from core.paths import EXAMPLES

if TYPE_CHECKING:
    from core.models.load.progress import Progress
    from core.models.load.residency import LoadedModel
    from core.models.read.trace import Trace

R = TypeVar("R")
T = TypeVar("T")
LONG = 2_000
"""Characters of a text that is itself looked up by; of a longer one its SHA-256 is."""
GIVEN = ("trace", "loaded", "progress")
"""Arguments that are not plain: a forward of the text, the model, and whom to tell how far it is."""

SNIPPET = """\
from {module} import {name}
{imports}{given}result = {name}({arguments})
print(result)
"""


@dataclass(frozen=True, slots=True, eq=False)
class Call(Generic[R]):
    """A compute function and the plain arguments that it is asked with (model, text and limit where it reads them)."""

    function: Callable[..., R]
    arguments: Mapping[str, Value]
    later: bool = False  # a first picture may be drawn without it
    glance: Call[Any] | None = None  # quick, and enough for a first picture

    @property
    def model(self) -> str:
        """The model's id; "" where none is read."""
        return str(self.arguments.get("model", ""))

    @property
    def text(self) -> str:
        """The text; "" where none is read."""
        return str(self.arguments.get("text", ""))

    @property
    def numbers(self) -> dict[str, Value]:
        """The arguments besides model, text and limit."""
        return {
            name: value for name, value in self.arguments.items() if name not in ("model", "text", "limit")
        }

    @property
    def plain(self) -> bool:
        """Whether no model is needed."""
        return not {"trace", "loaded"} & wanted(self.function)

    @property
    def slow(self) -> bool:
        """Whether it tells how far it is."""
        return "progress" in wanted(self.function)

    @property
    def key(self) -> Hashable:
        """What its result is kept under."""
        named = tuple((name, _short(value)) for name, value in sorted(self.arguments.items()))
        return results.name_of(self.function), named

    @property
    def path(self) -> Path:
        """Where its bundled result lies, whether it is there or not."""
        return results.bundled_path(self.function, self.arguments, EXAMPLES)

    def bundled(self) -> R | None:
        """Its result as it comes with the app, None where it does not. Errors: ValueError for a damaged file."""
        return results.bundled(self.function, self.arguments, EXAMPLES)

    def run(
        self,
        *,
        loaded: Callable[[str], LoadedModel] = load,
        trace: Callable[[str, str, int], Trace] | None = None,
        progress: Progress | None = None,
    ) -> R:
        """Its result, computed now; ``loaded`` and ``trace`` give what a model has to give.

        Errors: whatever the models and the function raise.
        """
        asks, values = wanted(self.function), dict(self.arguments)
        given: dict[str, Any] = {"progress": progress} if "progress" in asks else {}
        if self.plain:
            return self.function(**values, **given)
        model, limit = str(values.pop("model")), int(str(values.pop("limit", 0)))
        if "loaded" in asks:
            given["loaded"] = loaded(model)
        if "trace" in asks:
            traced = trace or (lambda model, text, limit: make_trace(loaded(model), text, limit=limit))
            given["trace"] = traced(model, str(values["text"]), limit)
        if "text" not in asks:
            values.pop("text", None)
        return self.function(**given, **values)

    def snippet(self) -> str:
        """A complete program that computes the same."""
        asks, values = wanted(self.function), dict(self.arguments)
        imports, given = "", ""
        if not self.plain:
            model, limit = values.pop("model"), values.pop("limit", 0)
            text = self.text
            imports = "from core.models.load.loading import load\n"
            given = f"\nloaded = load({model!r})\n"
            if "trace" in asks:
                imports += "from core.models.read.trace import make_trace\n"
                given += f"trace = make_trace(loaded, {text!r}, limit={limit})\n"
            if "text" not in asks:
                values.pop("text", None)
        names = [f"{name}={name}" for name in ("loaded", "trace") if name in asks]
        names += [f"{name}={value!r}" for name, value in values.items()]
        return SNIPPET.format(
            module=self.function.__module__, name=self.function.__name__, imports=imports, given=given or "\n",
            arguments=", ".join(names),
        )  # fmt: skip


Plan = Generator[Call[Any], Any, None]


def call(
    function: Callable[..., R], *, model: str = "", text: str = "", limit: int = 0, **numbers: Value
) -> Call[R]:
    """The call of a function: of model, text and limit those that it reads. Errors: TextEmpty."""
    asks = wanted(function)
    arguments: dict[str, Value] = dict(numbers)
    if {"trace", "loaded", "model"} & asks:
        arguments |= {"model": model}
    if "trace" in asks:
        arguments |= {"text": text, "limit": limit}
    elif "text" in asks:
        arguments |= {"text": text}
    if "text" in arguments and not text.strip() and not _does_without_text(function):
        raise TextEmpty
    return Call(function, arguments)


def later(asked: Call[R]) -> Call[R]:
    """The call, without which a first picture may be drawn."""
    return replace(asked, later=True)


def glanced(asked: Call[R], quick: Call[Any]) -> Call[R]:
    """The call, and a quick one that is enough for a first picture."""
    return replace(asked, glance=quick)


def walk(plan: Plan, run: Callable[[Call[Any]], Any]) -> list[tuple[Call[Any], Any]]:
    """All calls of a plan with their results; ``run`` gives the result of one, which the plan gets to see."""
    done: list[tuple[Call[Any], Any]] = []
    asked = next(plan, None)
    while asked is not None:
        done.append((asked, run(asked)))
        try:
            asked = plan.send(done[-1][1])
        except StopIteration:
            return done
    return done


def plan(stem: str, state: State) -> Plan:
    """What a state of a page computes: ``core.compute.<stem>.calls.calls`` of the complete state."""
    module = importlib.import_module(f"core.compute.{stem}.calls")
    found: Plan = module.calls(state)
    return found


def complete(page: Page, state: State) -> dict[str, Value]:
    """A state with all that it leaves out: model and text of its language, and each parameter's default.

    ``lang`` and ``limit`` are among its values.
    """
    language: Language = "zh" if state.get("lang") == "zh" else "en"
    full: dict[str, Value] = {"model": page.model[language], "text": page.text[language], "limit": page.limit}
    full |= {"lang": language, **state}
    own = {param.name: page.default(param.name, str(full["model"]), language) for param in page.params}
    return {**own, **full}


@functools.cache
def wanted(function: Callable[..., object]) -> frozenset[str]:
    """The names of a function's arguments."""
    return frozenset(inspect.signature(function).parameters)


def _does_without_text(function: Callable[..., object]) -> bool:
    """Whether it has a default for an empty text."""
    given = inspect.signature(function).parameters.get("text")  # None: it reads a forward of the text
    return given is not None and given.default is not inspect.Parameter.empty


def _short(value: Value) -> Value:
    if isinstance(value, str) and len(value) > LONG:
        return "sha256", hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
    return value
