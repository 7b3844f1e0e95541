"""What Enter does in the frame's boxes: it runs a text, but no unfinished word, and on a phone it begins a new line."""

from __future__ import annotations

import base64
from contextlib import closing
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from core.figures.buffer import pack
from core.figures.components import source

pytestmark = pytest.mark.browser

WORDS = {"help": "{label}：说明", "help_alone": "说明"}
STATE = {"present": False, "language": "zh", "keep": "", "back": ""}
BOXES = """() => {
  document.body.insertAdjacentHTML("beforeend",
    "<div class='st-key-prompt'><textarea id='prompt'></textarea></div>"
    + "<textarea id='lines'></textarea><input id='line'>");
  window.ran = [];
  for (const id of ["prompt", "lines", "line"])
    document.getElementById(id).addEventListener("keydown", (event) => {
      if (event.key === "Enter") window.ran.push([id, event.ctrlKey]);
    });
}"""
MOUNT = """async ([code, data]) => {
  const { default: stage } = await import(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
  const parentElement = document.body.appendChild(document.createElement("div"));
  stage({ parentElement, data: Uint8Array.from(atob(data), (one) => one.charCodeAt(0)), setTriggerValue() {} });
}"""
PRESS = """([id, how]) => document.getElementById(id).dispatchEvent(
  new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true, ...how }))"""


def pressed(page: Page, id: str, **how: Any) -> tuple[list[Any], bool]:
    """What a box hears of Enter, and whether the browser goes on to do what Enter does there."""
    page.evaluate("window.ran = []")
    goes_on: bool = page.evaluate(PRESS, [id, how])
    return page.evaluate("window.ran"), goes_on


@pytest.mark.parametrize("touch", [False, True])
def test_enter_runs_a_prompt_and_makes_a_line_where_lines_are_wanted(browser: Browser, touch: bool) -> None:
    message = pack({"words": WORDS, "state": {}, **STATE}, {}, compress=False)
    with closing(browser.new_page()) as page:
        page.evaluate(MOUNT, [source("stage")[2], base64.b64encode(message).decode()])
        if touch:
            session = page.context.new_cdp_session(page)
            session.send("Emulation.setEmulatedMedia", {"features": [{"name": "pointer", "value": "coarse"}]})
            session.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
        page.evaluate(BOXES)
        coarse = page.evaluate("matchMedia('(pointer: coarse)').matches")
        assert coarse == touch
        assert pressed(page, "prompt") == ([["prompt", True]], False)  # as Ctrl+Enter, and no new line
        assert pressed(page, "lines") == (([["lines", False]], True) if touch else ([["lines", True]], False))
        assert pressed(page, "lines", shiftKey=True)[1]
        for id in ("prompt", "lines", "line"):
            assert pressed(page, id, isComposing=True) == ([], True)  # the word is the input method's
        assert pressed(page, "line") == ([["line", False]], True)


def test_question_marks_are_called_in_the_page_s_language_also_those_that_come_later(
    browser: Browser,
) -> None:
    message = pack({"words": WORDS, "state": {}, **STATE}, {}, compress=False)
    put = """label => document.body.appendChild(document.createElement("button")).setAttribute("aria-label", label)"""
    called = "() => [...document.querySelectorAll('button')].map((one) => one.ariaLabel)"
    with closing(browser.new_page()) as page:
        page.evaluate(put, "Help for 温度")
        page.evaluate(MOUNT, [source("stage")[2], base64.b64encode(message).decode()])
        page.wait_for_function(f"({called})()[0] === '温度：说明'")
        for label in ("Help", "Helpful", "Help for top-p\n（核采样）"):
            page.evaluate(put, label)
        page.wait_for_function(f"({called})()[3] === 'top-p\\n（核采样）：说明'")
        assert page.evaluate(called) == ["温度：说明", "说明", "Helpful", "top-p\n（核采样）：说明"]
