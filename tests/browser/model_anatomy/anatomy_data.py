"""Messages for the canvases of model_anatomy, packed as the page packs them, from bundled results and tiny models."""

from __future__ import annotations

import base64
import dataclasses
from typing import Any

from playwright.sync_api import Page

from core import results
from core.catalog import Language
from core.catalog.model_anatomy import BOTH, CHINESE, DECODER, ENCODER, PAGE, causal, read_by
from core.compute.model_anatomy import flow as model_flow
from core.compute.model_anatomy import masks as model_masks
from core.compute.model_anatomy.flow import Flow
from core.figures.model_anatomy import flow as figures
from core.models.tokens.labels import Tokens
from core.paths import EXAMPLES
from pages.kit.text import Words
from tests.browser.harness import HOSTILE
from tests.core.tiny import tiny

START = {"stack": "decoder", "layer": -1, "head": -1, "cross": False, "box": "", "token": -1, "cell": -1}
TEXT = "The cat and the dog"


def words(view: str, language: str = "en") -> Any:
    return Words(language, "model_anatomy").sub(view)


def bundled(function: Any, **arguments: Any) -> Any:
    found = results.bundled(function, arguments, EXAMPLES)
    assert found is not None, arguments
    return found


def network(language: Language = "en", model: str = "") -> Flow:
    """The page's opening, or another model on its text: SmolLM2 on English, Qwen on Chinese."""
    own = CHINESE if language == "zh" else DECODER
    found: Flow = bundled(model_flow.flow, model=model or own, text=PAGE.text[language])
    return found


def renamed(tokens: Tokens, labels: tuple[str, ...] = HOSTILE) -> Tokens:
    """The same tokens with labels that try to be markup."""
    names = tuple(labels[at % len(labels)] for at in range(len(tokens.labels)))
    return dataclasses.replace(tokens, labels=names)


class Asked:
    """A tiny model behind the canvas: it answers what the canvas commits, as the page does."""

    def __init__(self, name: str, language: str = "en", **state: Any) -> None:
        self.loaded, self.language = tiny(name), language
        self.found = model_flow.flow(loaded=self.loaded, text=TEXT)
        stack = self.found.stacks[0].name
        self.state = {**START, "stack": stack, "version": 0, **state}

    def details(self, at: dict[str, Any]) -> list[Any]:
        where = {"loaded": self.loaded, "text": TEXT, "stack": at["stack"], "layer": at["layer"]}
        if at["box"]:
            found: list[Any] = [model_flow.box(**where, box=at["box"])]
            if at["cell"] >= 0:
                found.append(model_flow.cell(**where, box=at["box"], token=at["token"], at=at["cell"]))
            return found
        if at["head"] >= 0:
            return [model_flow.head(**where, head=at["head"], cross=at["cross"])]
        return []

    def message(self, at: dict[str, Any] | None = None) -> bytes:
        place = at or self.state
        return figures.flow_payload(
            self.found, *self.details(place), words("flow", self.language), self.state, place=place,
            language=self.language, title=self.loaded.spec.title,
        )  # fmt: skip

    def answer(self, page: Page) -> dict[str, Any]:
        """Sends what the place committed last asks for; the state in the message stays the one pushed first."""
        at = sent(page)[-1]
        answer(page, "model_flow", self.message(at))
        return at


def flow_message(found: Flow, language: str = "en", **state: Any) -> bytes:
    given = {**START, "stack": found.stacks[0].name, "version": 0, **state}
    return figures.flow_payload(
        found, words("flow", language), given, language=language, title="A <i>model</i>"
    )


def masks_message(language: Language = "en", hostile: bool = False, **state: Any) -> bytes:
    text = PAGE.text[language]
    models = (ENCODER, causal(text), BOTH)
    found = [bundled(model_masks.masks, model=one, text=read_by(one, ENCODER, text)) for one in models]
    if hostile:
        found = [dataclasses.replace(one, masks=tuple(map(hostile_mask, one.masks))) for one in found]
    return figures.masks_payload(
        *found, words("masks", language), {"padding": False, "version": 0, **state}, language=language,
        titles=["E5", "<b>A decoder</b>", "Dates"], asked=1,
    )  # fmt: skip


def hostile_mask(mask: Any) -> Any:
    names = tuple(HOSTILE[at % len(HOSTILE)] for at in range(max(len(mask.queries), len(mask.keys))))
    return dataclasses.replace(mask, queries=names[: len(mask.queries)], keys=names[: len(mask.keys)])


# --- the page -----------------------------------------------------------------------------------------


def sent(page: Page) -> list[dict[str, Any]]:
    """What the canvas committed, in order, without the time."""
    found = page.evaluate("window.sent")
    assert all(value["at"] > 0 for _, value in found)
    return [{name: one for name, one in value.items() if name != "at"} for _, value in found]


def ready(page: Page, name: str, times: int = 1) -> None:
    page.wait_for_function(f"window.__glassboxFrames?.['{name}:data']?.length >= {times}")


def answer(page: Page, name: str, message: bytes) -> None:
    times = int(page.evaluate(f"window.__glassboxFrames['{name}:data'].length"))
    page.evaluate("mount", base64.b64encode(message).decode())
    ready(page, name, times + 1)


FIND = """(figure, [title, tip]) => {
  const { left, top, width, height } = figure.getBoundingClientRect();
  const shown = figure.getRootNode().querySelector(tip);
  const found = [];
  for (let y = 4; y < height; y += 9) for (let x = 4; x < width; x += 10) {
    const at = { clientX: left + x, clientY: top + y, pointerType: 'mouse' };
    figure.dispatchEvent(new PointerEvent('pointermove', at));
    if (!shown.hidden && shown.querySelector('.gb-tip-title')?.textContent === title) found.push([x, y]);
  }
  figure.dispatchEvent(new PointerEvent('pointerleave', { pointerType: 'mouse' }));
  return found[Math.floor(found.length / 2)] ?? null;
}"""


def place_of(
    page: Page, title: str, figure: str = ".flow-figure", tip: str = ".gb-tip"
) -> tuple[float, float]:
    """A point of the figure whose tooltip has this title, in the window."""
    place = page.locator(figure)
    found = place.evaluate(FIND, [title, tip])
    assert found, title
    box = place.bounding_box()
    assert box
    return box["x"] + found[0], box["y"] + found[1]


def drawn(page: Page, selector: str) -> bool:
    """Whether a canvas has pixels of more than three colours."""
    script = """(canvas) => { const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      return new Set(new Uint32Array(data.buffer)).size > 3; }"""
    return bool(page.locator(selector).evaluate(script))


def pixels(page: Page, selector: str) -> str:
    """The picture on a canvas, to tell whether it has changed."""
    return str(page.locator(selector).evaluate("(canvas) => canvas.toDataURL()"))
