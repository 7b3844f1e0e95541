"""The canvas of one head in a real browser: what it says, what it sends, whom it follows, how fast."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from core.figures.attention_heads.focus import focus_payload
from pages.kit.text import Words
from tests.browser.attention_heads.focus_data import WORDS, focus_of, tokens_of
from tests.browser.harness import HOSTILE, THEMES, Kept, kept, opened

pytestmark = pytest.mark.browser

NAME = "attention_focus"
N = 12
HEAD = focus_of(N)
REST = "Point at a token"


def texts(language: str = "en") -> dict[str, str]:
    return Words(language, "attention_heads").sub("focus")


def payload(n: int = N, *, language: str = "en", head: int = 3, layer: int = 5, **state: object) -> bytes:
    said = {"group": "g", **state}
    return focus_payload(
        focus_of(n, head=head, layer=layer), tokens_of(n), texts(language), said, heads=9, language=language
    )


@pytest.fixture(scope="module")
def one(browser: Browser) -> Iterator[Kept]:
    with kept(browser, NAME, width=1280, height=900) as found:
        yield found


@pytest.fixture
def page(one: Kept) -> Iterator[Page]:
    with one.anew(payload()) as found:
        ready(found)
        yield found


def ready(page: Page, count: int = 1) -> None:
    page.wait_for_function(f"window.__glassboxFrames?.['attention_focus:data']?.length >= {count}")
    settle(page)


def settle(page: Page) -> None:
    """Two frames later everything asked for is drawn."""
    page.evaluate("new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))")


def give(page: Page, message: bytes) -> None:
    count = page.evaluate("window.__glassboxFrames['attention_focus:data'].length")
    page.evaluate("mount", base64.b64encode(message).decode())
    ready(page, count + 1)


def sent(page: Page, key: str = "look") -> list[Any]:
    """What was committed under a name; each commit must carry its moment, which is left out here."""
    values = [dict(value) for name, value in page.evaluate("window.sent") if name == key]
    assert all(value.pop("at") > 0 for value in values)
    return [value["heads"] if key == "ablate" else value for value in values]


def heard(page: Page, name: str) -> list[Any]:
    return [detail for found, detail in page.evaluate("window.heard") if found == name]


def sentence(page: Page) -> str:
    """What the figure says, without the marks that keep a label's direction to itself."""
    settle(page)
    return page.locator(".focus-sentence").inner_text().replace("\u2068", "").replace("\u2069", "")


def arc(page: Page, side: str, token: int, n: int = N) -> tuple[float, float]:
    """Where a query or key stands among the curves, for texts that need no scrolling."""
    box = page.locator(".focus-labels").bounding_box()
    assert box is not None
    pitch = min(13 * 2.7, box["height"] / n)
    top = max(0, (box["height"] - n * pitch) / 2)
    return box["x"] + box["width"] * (0.1 if side == "query" else 0.9), box["y"] + top + (token + 0.5) * pitch


def cell(page: Page, query: int, key: int) -> tuple[float, float]:
    """Where a cell lies: labels take the left and the top, so it is found by what the figure says of it."""
    box = page.locator(".focus-marks").bounding_box()
    assert box is not None
    for x in np.arange(box["x"] + 4, box["x"] + box["width"], 14):
        page.mouse.move(float(x), box["y"] + box["height"] - 6)
        if f"“{label(N - 1)}” gives" in sentence(page):
            break
    bottom, left = box["y"] + box["height"] - 6, float(x)
    pitch = _pitch(page, left, bottom)
    return left + key * pitch, bottom - (N - 1 - query) * pitch


def _pitch(page: Page, x: float, y: float) -> float:
    """The size of a cell: how far to go right until the sentence changes twice."""
    changes: list[float] = []
    said = sentence(page)
    for step in np.arange(2, 120, 2):
        page.mouse.move(x + float(step), y)
        if (now := sentence(page)) != said:
            changes.append(float(step))
            said = now
        if len(changes) == 2:
            break
    return changes[1] - changes[0]


def picture(page: Page, canvas: str) -> np.ndarray[Any, Any]:
    """The pixels of a canvas, [row, column, RGBA]."""
    script = f"document.getElementById('host').shadowRoot.querySelector('{canvas}').toDataURL()"
    data = base64.b64decode(page.evaluate(script).split(",")[1])
    return np.array(Image.open(io.BytesIO(data)).convert("RGBA"), int)


def unlike(first: np.ndarray[Any, Any], second: np.ndarray[Any, Any]) -> float:
    """Share of pixels that differ; edges are smoothed a little differently from frame to frame."""
    return float((abs(first - second).max(axis=-1) > 40).mean())


def label(token: int) -> str:
    return WORDS[token % len(WORDS)].lstrip("·")


def number(text: str) -> float:
    return float(text.replace("−", "-"))


def shown(share: float) -> str:
    digits = 0 if share >= 0.0995 else 1 if share >= 0.001 else 2
    return f"{100 * share:.{digits}f}\u202f%"


# ── curves and matrix ───────────────────────────────────────────────────────────────────────────────────


def test_a_query_under_the_pointer_says_where_it_looks(page: Page) -> None:
    assert sentence(page).startswith(REST)
    page.mouse.move(*arc(page, "query", 7))
    best = int(HEAD.attention[7].argmax())
    share = shown(HEAD.attention[7, best])
    assert sentence(page).startswith(f"“{label(7)}” looks at “{label(best)}” {share}")
    page.mouse.move(2, 2)
    assert sentence(page).startswith(REST)
    assert page.evaluate("window.sent") == []


def test_a_key_under_the_pointer_says_who_looks_at_it(page: Page) -> None:
    page.mouse.move(*arc(page, "key", 2))
    best = int(HEAD.attention[:, 2].argmax())
    share = shown(HEAD.attention[best, 2])
    assert sentence(page).startswith(f"“{label(2)}” is looked at most by “{label(best)}” {share}")


def test_a_click_keeps_the_token_and_is_sent_once(page: Page) -> None:
    page.mouse.click(*arc(page, "query", 7))
    page.mouse.move(2, 2)
    assert sentence(page).startswith(f"“{label(7)}” looks at")
    look = {"token": 7, "key": -1, "step": "softmax", "weight": "attention", "rotary": True}
    assert sent(page) == [look]
    page.mouse.move(*arc(page, "key", 3))
    assert sentence(page).startswith(f"“{label(7)}” gives {shown(HEAD.attention[7, 3])} of its attention")
    page.mouse.click(*arc(page, "key", 3))
    page.mouse.click(*arc(page, "query", 7))
    assert sent(page) == [look, {**look, "key": 3}, {**look, "token": -1, "key": -1}]


def test_a_cell_explains_itself_and_can_be_kept(page: Page) -> None:
    at = cell(page, 9, 0)
    page.mouse.move(*at)
    share = shown(HEAD.attention[9, 0])
    expected = f"“{label(9)}” gives {share} of its attention to “Alice” (layer 5, head 3)."
    assert sentence(page) == expected
    page.mouse.click(*at)
    page.mouse.move(2, 2)
    assert sentence(page) == expected
    assert sent(page)[-1]["token"] == 9
    assert sent(page)[-1]["key"] == 0


def test_a_masked_cell_says_so(page: Page) -> None:
    page.mouse.move(*cell(page, 1, 6))
    assert sentence(page) == "“met” cannot see “Carol”, which comes later: the mask sets its score to −∞."


def test_a_drag_over_the_matrix_sends_nothing(page: Page) -> None:
    box = page.locator(".focus-marks").bounding_box()
    assert box is not None
    said = set()
    for step in range(30):
        page.mouse.move(box["x"] + box["width"] * (0.3 + step / 60), box["y"] + box["height"] * 0.95)
        said.add(sentence(page))
    assert len(said) > 4
    assert page.evaluate("window.sent") == []


# ── steps and dimensions ────────────────────────────────────────────────────────────────────────────────


def test_steps_show_the_numbers_of_the_pair(page: Page) -> None:
    page.mouse.click(*arc(page, "query", 7))
    page.mouse.click(*arc(page, "key", 3))
    settle(page)
    numbers = page.locator(".focus-cards b").all_inner_texts()
    raw = HEAD.scores[7, 3]
    assert number(numbers[0]) == pytest.approx(raw, rel=0.01)
    assert number(numbers[1]) == pytest.approx(raw / 8, rel=0.01)
    assert numbers[2:] == ["visible", shown(HEAD.attention[7, 3])]
    assert page.locator(".focus-cards span").all_inner_texts() == ["q·k", "÷ √64", "mask", "softmax"]
    difference = page.locator(".focus-data").inner_text()
    assert difference.startswith("softmax in your browser against the model's own: max |Δ| ")
    assert number(difference.split()[-1]) < 1e-5


def test_the_stepper_moves_by_click_and_by_key(page: Page) -> None:
    page.mouse.click(*arc(page, "query", 7))
    page.mouse.click(*arc(page, "key", 3))
    page.locator('[data-step="raw"]').click()
    page.mouse.move(2, 2)
    assert sentence(page).startswith("The raw score q·k of “saw” and “in” is ")
    page.keyboard.press("n")
    assert sentence(page).startswith("Scaled, the score of “saw” and “in” is ")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator('[data-step="softmax"]')).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("p")
    expect(page.locator('[data-step="masked"]')).to_have_attribute("aria-pressed", "true")
    assert [look["step"] for look in sent(page)[2:]] == ["raw", "scaled", "masked", "softmax", "masked"]


def test_legend_follows_the_step(page: Page) -> None:
    assert page.locator(".focus-high").inner_text() == "100\u202f%"
    page.locator('[data-step="raw"]').click()
    most = float(np.abs(HEAD.scores).max())
    assert float(page.locator(".focus-high").inner_text()) == pytest.approx(most, rel=0.01)
    page.locator('[data-step="masked"]').click()
    assert float(page.locator(".focus-high").inner_text()) == pytest.approx(most / 8, rel=0.01)


def test_dimensions_add_up_before_and_with_rotary(page: Page) -> None:
    page.mouse.click(*arc(page, "query", 7))
    page.mouse.click(*arc(page, "key", 3))
    page.locator('[data-tab="dims"]').click()
    settle(page)
    note = page.locator(".focus-dims-note")
    before = float(HEAD.q_content[7] @ HEAD.k_content[3])
    said = re.search(r"q·k is (−?[\d.]+), with them (−?[\d.]+)\. ", note.inner_text())
    assert said is not None
    assert number(said[1]) == pytest.approx(before, abs=0.01)
    assert number(said[2]) == pytest.approx(float(HEAD.scores[7, 3]), abs=0.01)
    page.locator('[data-value="before"]').click()
    page.wait_for_timeout(350)
    assert sent(page)[-1]["rotary"] is False
    box = page.locator(".focus-dims").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 100, box["y"] + 30)
    settle(page)
    assert "It turns with dimension" in note.inner_text()


def test_the_rotation_is_animated_and_rests(page: Page) -> None:
    page.locator('[data-tab="dims"]').click()
    settle(page)
    with_rotary = picture(page, ".focus-dims")
    page.locator('[data-value="before"]').click()
    page.wait_for_timeout(500)
    before = picture(page, ".focus-dims")
    assert unlike(before, with_rotary) > 0.01
    page.wait_for_timeout(200)
    assert unlike(picture(page, ".focus-dims"), before) == 0
    page.locator('[data-value="with"]').click()
    page.mouse.move(2, 2)
    page.wait_for_timeout(500)
    assert unlike(picture(page, ".focus-dims"), with_rotary) < 0.001


def test_weighting_by_value(page: Page) -> None:
    page.locator('[data-value="value"]').click()
    page.mouse.move(*arc(page, "query", 7))
    moved = HEAD.attention[7] * HEAD.value_norm
    best = int(moved.argmax())
    share = shown(moved[best] / moved.sum())
    moves = f"Attention × ‖value‖: what moves “saw” comes from “{label(best)}” {share}"
    assert sentence(page).startswith(moves)
    assert sent(page)[-1]["weight"] == "value"


# ── other heads ─────────────────────────────────────────────────────────────────────────────────────────


def test_heads_that_share_keys_and_values_stand_together(page: Page) -> None:
    families = page.locator(".focus-family")
    assert [family.locator("button").all_inner_texts() for family in families.all()] == [
        ["0", "1", "2"],
        ["3", "4", "5"],
        ["6", "7", "8"],
    ]
    assert "mine" in (families.nth(1).get_attribute("class") or "")
    assert page.locator(".focus-heads").get_attribute("title") == (
        "Heads 3, 4, 5 have queries of their own but share one key and value head (grouped-query attention)."
    )


def test_another_head_of_the_strip_is_asked_for(page: Page) -> None:
    page.mouse.click(*arc(page, "query", 7))
    page.locator('[data-head="4"]').click()
    assert sent(page, "pick") == [{"layer": 5, "head": 4}]
    assert page.locator(".focus-title").inner_text() == "Layer 5 · head 4"
    assert "loading exact numbers" in page.locator(".focus-waiting").inner_text()
    assert sentence(page) == "loading exact numbers …"
    give(page, payload(head=4))
    expect(page.locator(".focus-waiting")).to_be_empty()
    assert sentence(page).startswith(REST), "another head begins with nothing kept"
    assert len(sent(page)) == 1
    assert page.locator(".focus-title").inner_text() == "Layer 5 · head 4"


def test_a_head_chosen_in_the_overview_shows_at_once(page: Page) -> None:
    other = focus_of(N, layer=7, head=1)
    detail = {
        "group": "g",
        "layer": 7,
        "head": 1,
        "size": N,
        "pooled": 1,
        "causal": True,
        "tokens": [],
        "matrix": np.rint(other.attention * 255).astype(int).ravel().tolist(),
    }
    script = """(detail) => window.dispatchEvent(new CustomEvent("glassbox:head",
        { detail: { ...detail, matrix: Uint8Array.from(detail.matrix) } }))"""
    page.evaluate(script, {**detail, "group": "another"})
    assert page.locator(".focus-title").inner_text() == "Layer 5 · head 3"
    page.evaluate(script, detail)
    page.mouse.move(*arc(page, "query", 7))
    assert page.locator(".focus-title").inner_text() == "Layer 7 · head 1"
    best = int(other.attention[7].argmax())
    quantized = float(np.rint(other.attention[7, best] * 255) / 255)
    assert sentence(page).startswith(f"“saw” looks at “{label(best)}” {shown(quantized)}")
    give(page, payload(token=2))
    assert page.locator(".focus-title").inner_text() == "Layer 7 · head 1", "an old answer"
    give(page, payload(layer=7, head=1))
    expect(page.locator(".focus-waiting")).to_be_empty()
    assert page.locator(".focus-title").inner_text() == "Layer 7 · head 1"


def test_switching_a_head_off(page: Page) -> None:
    give(page, payload(ablate=["12.0", "2.1"]))
    button = page.locator(".focus-ablate")
    button.click()
    assert sent(page, "ablate") == [["2.1", "5.3", "12.0"]]
    assert heard(page, "glassbox:ablate") == [{"group": "g", "heads": ["2.1", "5.3", "12.0"]}]
    expect(button).to_have_attribute("aria-pressed", "true")
    detail = {"group": "g", "heads": []}
    page.evaluate("(detail) => dispatchEvent(new CustomEvent('glassbox:ablate', { detail }))", detail)
    expect(button).to_have_attribute("aria-pressed", "false")


def test_saves_a_picture_on_white_and_draws_on_as_before(browser: Browser, tmp_path: Path) -> None:
    message = focus_payload(
        HEAD, tokens_of(N), texts("zh"), {"token": 7}, heads=9, caption="SmolLM2 · “Alice”"
    )
    with opened(browser, NAME, message, theme="stage", width=1280, height=900) as page:
        ready(page)
        parts = [".focus-labels", ".focus-curves", ".focus-cells", ".focus-marks"]
        before = [picture(page, part) for part in parts]
        with page.expect_download() as download:
            page.locator(".focus-save").click()
        assert download.value.suggested_filename == "attention-head-5.3.png"
        download.value.save_as(tmp_path / "saved.png")
        settle(page)
        for part, old in zip(parts, before, strict=True):
            assert unlike(picture(page, part), old) == 0
        assert page.evaluate("window.sent") == []
    image = Image.open(tmp_path / "saved.png").convert("RGB")
    assert image.width > 2000
    assert image.getpixel((3, 3)) == (255, 255, 255)
    assert len(set(image.resize((64, 32)).get_flattened_data())) > 20


def test_an_exported_page_offers_no_other_head_and_no_switch(browser: Browser) -> None:
    with opened(browser, NAME, width=1280, height=900) as page:
        page.evaluate("document.documentElement.dataset.static = '1'")
        page.evaluate("mount", base64.b64encode(payload(token=7)).decode())
        ready(page)
        expect(page.locator(".focus-ablate")).to_be_hidden()
        assert page.locator(".focus-heads button").count() == 0
        assert page.locator(".focus-heads [aria-current=true]").inner_text() == "3"
        assert page.locator(".focus-heads .focus-plain").count() == 9
        assert sentence(page).startswith("“saw” looks at")


def test_fingers_have_room(browser: Browser) -> None:
    phone: dict[str, Any] = {"has_touch": True, "is_mobile": True}
    with opened(browser, NAME, payload(), width=390, height=844, **phone) as page:
        ready(page)
        for button in page.locator(".focus-head button").all():
            box = button.bounding_box()
            assert box is not None
            assert box["height"] >= 36
        assert page.evaluate("document.documentElement.scrollWidth") == 390


# ── who is followed ─────────────────────────────────────────────────────────────────────────────────────


def test_own_commit_comes_back_without_a_remount(page: Page) -> None:
    page.evaluate("window.canvas = document.getElementById('host').shadowRoot.querySelector('.focus-cells')")
    page.mouse.click(*arc(page, "query", 7))
    page.mouse.click(*arc(page, "query", 4))
    page.mouse.move(2, 2)
    give(page, payload(token=7))
    assert sentence(page).startswith(f"“{label(4)}” looks at"), "the echo of an older choice changes nothing"
    give(page, payload(token=4))
    assert sentence(page).startswith(f"“{label(4)}” looks at")
    same = "window.canvas === document.getElementById('host').shadowRoot.querySelector('.focus-cells')"
    assert page.evaluate(same)
    assert len(sent(page)) == 2


def test_a_preset_is_followed(page: Page) -> None:
    page.mouse.click(*arc(page, "query", 7))
    page.mouse.move(2, 2)
    give(page, payload(token=4, key=1, step="raw", weight="value", rotary=False))
    assert sentence(page).startswith("The raw score q·k of “Paris” and “met”")
    expect(page.locator('[data-value="value"]')).to_have_attribute("aria-pressed", "true")


def test_impossible_state_is_mended(page: Page) -> None:
    give(page, payload(token=400, key="x", step="<b>", weight=3, rotary="no", ablate="5.1"))
    assert sentence(page).startswith(REST)
    expect(page.locator('[data-step="softmax"]')).to_have_attribute("aria-pressed", "true")


def test_nothing_to_show(page: Page) -> None:
    give_empty = focus_payload(None, tokens_of(0), texts(), {})
    page.evaluate("mount", base64.b64encode(give_empty).decode())
    expect(page.locator(".focus-sentence")).to_contain_text("No head to look at yet")
    give(page, payload())
    assert sentence(page).startswith(REST)


def test_the_theme_is_followed(page: Page) -> None:
    corner = """(() => { const c = document.getElementById('host').shadowRoot.querySelector('.focus-cells');
        return c.toDataURL(); })()"""
    light = page.evaluate(corner)
    page.evaluate("(values) => { window.theme(values); window.mount(''); }", THEMES["stage"])
    settle(page)
    assert page.evaluate(corner) != light


def test_after_cleanup_it_can_be_mounted_again(page: Page) -> None:
    page.evaluate("window.cleanup()")
    page.evaluate("mount", base64.b64encode(payload(token=7)).decode())
    ready(page, 2)
    assert sentence(page).startswith("“saw” looks at")


# ── keyboard, phones, hostile text ──────────────────────────────────────────────────────────────────────


def test_arrows_walk_through_tokens_and_are_sent_on_release(page: Page) -> None:
    page.locator(".focus-scroll").focus()
    for _ in range(3):
        page.keyboard.down("ArrowDown")
    assert sent(page) == []
    page.keyboard.up("ArrowDown")
    assert sentence(page).startswith("“Bob” looks at")
    assert [look["token"] for look in sent(page)] == [2]
    assert page.locator(".focus-live").inner_text() == page.locator(".focus-sentence").inner_text()
    page.keyboard.press("ArrowRight")
    assert sentence(page).startswith("“Bob” is looked at most by")
    page.keyboard.press("Escape")
    assert sentence(page).startswith(REST)


def test_arrows_walk_through_cells(page: Page) -> None:
    page.locator(".focus-plot").focus()
    page.keyboard.press("ArrowDown")
    first = sent(page)[-1]
    page.keyboard.press("ArrowLeft")
    assert sent(page)[-1] == {**first, "key": max(0, first["key"] - 1)}
    assert page.locator(".focus-plot").get_attribute("aria-label")


def test_hostile_labels_stay_text(browser: Browser) -> None:
    message = focus_payload(focus_of(8), tokens_of(8, HOSTILE), texts(), {"token": 6, "key": 0})
    with opened(browser, NAME, message, width=1280, height=900) as page:
        ready(page)
        assert sentence(page).startswith("“U+202E” gives")
        assert "<img src=x onerror=" in sentence(page)
        for token in range(8):
            page.mouse.move(*arc(page, "query", token, 8))
            settle(page)
        root = "document.getElementById('host').shadowRoot"
        assert page.evaluate(f"{root}.querySelectorAll('img, script').length") == 0
        assert page.evaluate("window.hacked") is None
        page.locator(".focus-scroll").focus()
        page.keyboard.press("Escape")
        page.mouse.move(*arc(page, "key", 4, 8))
        assert "“{query}” is looked at" in sentence(page)


@pytest.mark.parametrize(("width", "most"), [(390, 520), (1280, 480), (1920, 700)])
def test_it_fits(browser: Browser, width: int, most: int) -> None:
    with opened(browser, NAME, b"", width=width, height=900) as page:
        reserved = page.locator(".focus").bounding_box()
        page.evaluate("mount", base64.b64encode(payload(24)).decode())
        ready(page)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        arcs = page.locator(".focus-arcs").bounding_box()
        matrix = page.locator(".focus-matrix").bounding_box()
        assert arcs is not None
        assert matrix is not None
        assert arcs["height"] <= most
        assert matrix["height"] <= most
        beside = abs(arcs["y"] - matrix["y"]) < 1
        assert beside == (width > 900)
        full = page.locator(".focus").bounding_box()
        assert reserved is not None
        assert full is not None
        if width > 900:
            assert abs(full["height"] - reserved["height"]) < 12


def test_long_texts_scroll_inside_and_name_what_is_out_of_sight(browser: Browser) -> None:
    with opened(browser, NAME, payload(200, token=190), width=1280, height=900) as page:
        ready(page)
        scroll = page.locator(".focus-scroll")
        assert scroll.evaluate("(e) => e.scrollHeight") > 200 * 20
        assert scroll.evaluate("(e) => e.scrollTop") > 3000, "the pinned token is in sight"
        box = scroll.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + 60, box["y"] + 100)
        first = sentence(page)
        page.mouse.wheel(0, -600)
        page.wait_for_timeout(300)
        page.mouse.move(box["x"] + 61, box["y"] + 101)
        assert sentence(page) != first


def test_chinese_is_spoken(browser: Browser) -> None:
    with opened(browser, NAME, payload(language="zh", token=7), width=1280, height=900) as page:
        ready(page)
        row = Words("zh", "attention_heads").sub("focus")["row"].split("{list}")[0]
        assert sentence(page).startswith(row.format(query="saw"))
        assert page.locator(".focus").get_attribute("lang") == "zh"


# ── speed ───────────────────────────────────────────────────────────────────────────────────────────────


def _frames(page: Page, points: list[tuple[float, float]]) -> tuple[float, float]:
    page.mouse.move(*points[-1])
    settle(page)
    page.evaluate("window.__glassboxFrames.attention_focus = []")
    for x, y in points:
        page.mouse.move(x, y)
        settle(page)
    times = np.array(page.evaluate("window.__glassboxFrames.attention_focus"))
    assert len(times) >= 20
    return float(np.percentile(times, 50)), float(np.percentile(times, 95))


@pytest.mark.parametrize("n", [32, 128])
@pytest.mark.parametrize("part", [".focus-labels", ".focus-marks", ".focus-bars"])
def test_pointer_frames_are_short(browser: Browser, n: int, part: str) -> None:
    with opened(browser, NAME, payload(n), width=1280, height=1000) as page:
        ready(page)
        page.mouse.move(5, 5)
        box = page.locator(part).bounding_box()
        assert box is not None
        across = box["x"] + box["width"] * (0.1 + 0.0105 * np.arange(80))
        down = box["y"] + box["height"] * (0.1 + 0.27 * np.arange(80) % 0.85)
        points = [(float(x), float(y)) for x, y in zip(across, down, strict=True)]
        middle, late = _frames(page, points)
        print(f"{part} {n} tokens: p50 {middle:.1f} ms, p95 {late:.1f} ms")  # noqa: T201
        assert middle <= 16
        assert late <= 25
