"""The canvas of all heads in a real browser: what it draws, what it says, what it sends, how fast."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from core.catalog.attention_heads import METRICS
from core.figures import components
from core.figures.attention_heads.overview import overview_payload, thin
from core.figures.buffer import unpack
from core.figures.style import ramp
from pages.kit.text import Words
from tests.browser.harness import THEMES, Kept, kept, opened
from tests.browser.synthetic import calibration_of, overview_of

NAME = "attention_overview"
FOLDER = components.folder_of(NAME)


def words(language: str = "en") -> dict[str, str]:
    return Words(language, "attention_heads").sub("overview")


WORDS = words()
SMALL = overview_of(3, 4, 24, kv_heads=2)
CALIBRATION = calibration_of(3, 4)
HIGHEST = "{}.{}".format(*divmod(int(SMALL.metrics[METRICS.index("induction")].argmax()), 4))


def small(**state: object) -> bytes:
    return overview_payload(SMALL, CALIBRATION, WORDS, {"group": "g", **state})


@pytest.fixture(scope="module")
def one(browser: Browser) -> Iterator[Kept]:
    with kept(browser, NAME) as found:
        yield found


@pytest.fixture
def page(one: Kept) -> Iterator[Page]:
    with one.anew(small()) as found:
        ready(found)
        yield found


def ready(page: Page) -> None:
    page.wait_for_function("window.__glassboxFrames?.['overview:data']?.length")


def settle(page: Page) -> None:
    """Two frames later everything asked for is drawn."""
    page.evaluate("new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))")


def give(page: Page, payload: bytes) -> None:
    before = page.evaluate("window.__glassboxFrames['overview:data'].length")
    page.evaluate("mount", base64.b64encode(payload).decode())
    page.wait_for_function(f"window.__glassboxFrames['overview:data'].length > {before}")


def all_sent(page: Page) -> list[Any]:
    """What was committed, without the time that each choice carries."""
    found = page.evaluate("window.sent")
    return [[n, {k: v for k, v in x.items() if k != "at"} if isinstance(x, dict) else x] for n, x in found]


def sent(page: Page, key: str) -> list[Any]:
    return [value for name, value in all_sent(page) if name == key]


def tip(page: Page) -> str:
    return (
        page.locator(".gb-tip:not([hidden])").inner_text() if page.locator(".gb-tip:visible").count() else ""
    )


def find(page: Page, part: str, name: str) -> tuple[float, float]:
    """Where on a canvas the pointer meets a head: a scan with real pointer events, as a hand would search."""
    box = page.locator(f".ao-{part} canvas").bounding_box()
    assert box is not None
    step = 10 if part == "scatter" else 29
    title = WORDS["head"].format(layer=name.split(".", maxsplit=1)[0], head=name.split(".")[1])
    scan = """async ([part, step, title]) => {
      const root = document.getElementById("host").shadowRoot;
      const canvas = root.querySelector(`.ao-${part} canvas`), box = canvas.getBoundingClientRect();
      const meets = async (x, y) => {
        canvas.dispatchEvent(new PointerEvent("pointermove",
          { clientX: box.left + x, clientY: box.top + y, pointerType: "mouse" }));
        await new Promise(requestAnimationFrame);
        return root.querySelector(".gb-tip:not([hidden]) .gb-tip-title")?.textContent === title;
      };
      for (let y = step; y < box.height; y += step) for (let x = step; x < box.width; x += step) {
        if (!(await meets(x, y))) continue;
        if (part === "scatter") return [box.left + x, box.top + y];
        let [left, right, top, bottom] = [x, x, y, y];  // out to the cell's edges, then its middle
        while (await meets(left - 6, y)) left -= 6;
        while (await meets(right + 6, y)) right += 6;
        while (await meets(x, top - 6)) top -= 6;
        while (await meets(x, bottom + 6)) bottom += 6;
        await meets((left + right) / 2, (top + bottom) / 2);
        return [box.left + (left + right) / 2, box.top + (top + bottom) / 2];
      }
      return null; }"""
    place = page.evaluate(scan, [part, step, title])
    assert place, f"{name} is not on the {part}"
    return place[0], place[1]


def pixel(page: Page, x: float, y: float) -> list[int]:
    """RGB of the grid's canvas at a point of the window."""
    script = """([x, y]) => {
      const canvas = document.getElementById("host").shadowRoot.querySelector(".ao-grid canvas");
      const box = canvas.getBoundingClientRect(), scale = canvas.width / box.width;
      const [left, top] = [(x - box.left) * scale, (y - box.top) * scale];
      return [...canvas.getContext("2d").getImageData(left, top, 1, 1).data].slice(0, 3); }"""
    found: list[int] = page.evaluate(script, [x, y])
    return found


# ── what it draws ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["paper", "stage"])
@pytest.mark.parametrize("weight", [0, 64, 255])
def test_a_thumbnail_has_the_ramps_colour_at_the_root_of_the_weight(
    browser: Browser, theme: Any, weight: int
) -> None:
    flat = overview_of(3, 4, 24)
    flat.attention = np.full_like(flat.attention, weight)
    payload = overview_payload(flat, None, WORDS, {"layer": 2, "head": 3})
    with opened(browser, NAME, payload, theme=theme) as page:
        ready(page)
        x, y = find(page, "grid", "1.1")
        page.mouse.move(5, 700)
        settle(page)
        colour = ramp(theme, background=THEMES[theme]["background-color"])[round(255 * (weight / 255) ** 0.5)]
        expected = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
        assert np.abs(np.array(pixel(page, x, y)) - expected).max() <= 2


@pytest.mark.browser
def test_tooltip_names_the_head_and_its_scores_twice(page: Page) -> None:
    page.mouse.move(*find(page, "grid", "1.2"))
    settle(page)
    shown = tip(page)
    assert shown.startswith("Layer 1, head 2")
    for metric in METRICS:
        assert WORDS[f"metric_{metric}"] in shown
    first = METRICS.index("first")
    for metrics in (SMALL.metrics, CALIBRATION.metrics):
        assert f"{100 * metrics[first, 1, 2]:.2g}" in shown
    assert "Shares keys and values with 1.3." in shown


@pytest.mark.browser
def test_what_was_not_measured_is_a_dash_and_a_sentence(browser: Browser) -> None:
    plain = overview_of(3, 4, 8)  # no word comes twice
    assert np.isnan(plain.metrics[METRICS.index("induction")]).all()
    with opened(browser, NAME, overview_payload(plain, CALIBRATION, WORDS, {})) as page:
        ready(page)
        expect(page.locator(".ao-none")).to_have_text(re.compile("Induction needs a token that comes twice"))
        page.mouse.move(*find(page, "grid", "1.2"))
        settle(page)
        assert "—" in tip(page)
        page.locator("button[value=calibration]").click()
        expect(page.locator(".ao-none")).to_be_hidden()


@pytest.mark.browser
def test_hover_is_linked_both_ways(page: Page) -> None:
    page.mouse.move(*find(page, "scatter", HIGHEST))
    settle(page)
    assert tip(page).startswith("Layer {}, head {}".format(*HIGHEST.split(".")))
    before = page.locator(".ao-scatter canvas").screenshot()
    page.mouse.move(*find(page, "grid", "0.3"))
    settle(page)
    assert page.locator(".ao-scatter canvas").screenshot() != before


@pytest.mark.browser
def test_waiting_and_empty_states(browser: Browser) -> None:
    with opened(browser, NAME) as page:
        assert page.locator(".ao-skeleton-grid").is_visible()
        page.evaluate("mount", base64.b64encode(overview_payload(None, None, WORDS, {})).decode())
        expect(page.locator(".ao-empty")).to_have_text(WORDS["empty"])
        assert not page.locator(".ao-skeleton-grid").is_visible()
        page.evaluate("mount", base64.b64encode(small()).decode())
        ready(page)
        assert page.locator(".ao-grid canvas").is_visible()


@pytest.mark.browser
def test_words_never_become_markup(browser: Browser) -> None:
    hostile = {**WORDS, "role_first": "<img src=x onerror=alert(1)>", "help_induction": "</script><b>x</b>"}
    with opened(browser, NAME, overview_payload(SMALL, None, hostile, {"roles": {"1.1": "first"}})) as page:
        ready(page)
        page.mouse.move(*find(page, "grid", "1.1"))
        settle(page)
        assert "<img src=x onerror=alert(1)>" in tip(page)
        assert page.locator(".gb-tip img, .ao-foot b b").count() == 0


@pytest.mark.browser
@pytest.mark.parametrize("shape", [(30, 9), (12, 12), (40, 32), (1, 1)])
def test_fits_every_window(browser: Browser, shape: tuple[int, int]) -> None:
    payload = overview_payload(overview_of(*shape, 16), None, words("zh"), {}, language="zh")
    with opened(browser, NAME, payload) as page:
        ready(page)
        assert page.evaluate("document.getElementById('host').offsetHeight") <= 480
        for width, height in ((960, 720), (390, 844), (1920, 1080)):
            page.set_viewport_size({"width": width, "height": height})
            settle(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            grid, scatter = (page.locator(f".ao-{part}").bounding_box() for part in ("grid", "scatter"))
            assert grid is not None
            assert scatter is not None
            assert (scatter["y"] > grid["y"] + grid["height"]) == (width == 390)


# ── what it sends ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.browser
def test_nothing_is_sent_while_the_pointer_moves(page: Page) -> None:
    for x in range(30, 1200, 40):
        page.mouse.move(x, 200)
    settle(page)
    assert page.evaluate("[window.sent, window.heard]") == [[], []]


@pytest.mark.browser
@pytest.mark.parametrize("part", ["grid", "scatter"])
def test_click_picks_once_and_hands_over_the_matrix(page: Page, part: str) -> None:
    layer, head = (int(number) for number in HIGHEST.split("."))
    page.mouse.click(*find(page, part, HIGHEST))
    settle(page)
    assert all_sent(page) == [["pick", {"layer": layer, "head": head}]]
    name, detail = page.evaluate("window.heard.map(([n, d]) => [n, { ...d, matrix: [...d.matrix] }])")[0]
    assert name == "glassbox:head"
    assert detail["matrix"] == SMALL.attention[layer, head].ravel().tolist()
    assert detail["tokens"] == list(SMALL.tokens.labels)
    rest = {key: detail[key] for key in ("group", "layer", "head", "size", "pooled", "causal")}
    assert rest == {"group": "g", "layer": layer, "head": head, "size": 24, "pooled": 1, "causal": True}
    expect(page.locator(".ao-readout b")).to_have_text(f"Layer {layer}, head {head}")


@pytest.mark.browser
def test_a_tap_picks_and_leaves_no_card_behind(browser: Browser) -> None:
    with opened(browser, NAME, small(), width=390, height=844, has_touch=True) as page:
        ready(page)
        box = page.locator(".ao-grid canvas").bounding_box()
        assert box is not None
        page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        settle(page)
        (picked,) = sent(page, "pick")
        assert not page.locator(".gb-tip").is_visible()
        expect(page.locator(".ao-readout b")).to_have_text("Layer {layer}, head {head}".format(**picked))


@pytest.mark.browser
def test_on_a_phone_the_chosen_head_is_in_the_middle_and_cut_edges_fade(browser: Browser) -> None:
    payload = overview_payload(overview_of(30, 9, 16), None, WORDS, {"layer": 18, "head": 6})
    with opened(browser, NAME, payload, width=390, height=844, has_touch=True, is_mobile=True) as page:
        ready(page)
        settle(page)
        box = page.locator(".ao-grid").bounding_box()
        assert box is not None
        page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        settle(page)
        expect(page.locator(".ao-readout b")).to_have_text(re.compile("^Layer 18,"))
        fade = "(e) => ['top', 'bottom'].map((side) => parseFloat(e.style.getPropertyValue('--ao-' + side)))"
        grid = page.locator(".ao-grid")
        assert grid.evaluate(fade) == [0, 44]  # the heads' numbers stand over the upper edge
        strip = """(e) => { const canvas = e.firstElementChild, ratio = canvas.width / canvas.clientWidth;
          const { data } = canvas.getContext('2d').getImageData(40, Math.ceil(e.scrollTop * ratio), 250, 12 * ratio);
          const pixels = [...new Uint32Array(data.buffer)];
          return pixels.filter((one) => one !== pixels[0]).length / pixels.length; }"""
        assert 0.01 < grid.evaluate(strip) < 0.4
        grid.evaluate("(e) => e.scrollTo(0, e.scrollHeight)")
        settle(page)
        assert grid.evaluate(fade) == [0, 0]
        assert 0.01 < grid.evaluate(strip) < 0.4


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scale"), [(1280, 1.0), (1920, 1.0), (1280, 1.6)])
def test_sorted_heads_are_all_in_sight(browser: Browser, width: int, scale: float) -> None:
    payload = overview_payload(overview_of(30, 9, 16), None, WORDS, {"sort": "first"})
    with opened(browser, NAME, payload, width=width, scale=scale) as page:
        ready(page)
        grid = page.locator(".ao-grid")
        assert grid.evaluate("(e) => [e.scrollHeight - e.clientHeight, e.scrollWidth - e.clientWidth]") == [
            0,
            0,
        ]
        assert not grid.evaluate("(e) => e.hasAttribute('data-cut')")
        page.locator(".ao-grid canvas").focus()
        page.keyboard.press("End")
        settle(page)
        assert grid.evaluate("(e) => e.scrollTop") == 0


@pytest.mark.browser
def test_an_exported_page_offers_no_switch(browser: Browser) -> None:
    with opened(browser, NAME) as page:
        page.evaluate("document.documentElement.dataset.static = '1'")
        page.evaluate("mount", base64.b64encode(small()).decode())
        ready(page)
        expect(page.locator(".ao-toggle")).to_be_hidden()
        expect(page.locator(".ao-save")).to_be_visible()
        page.locator(".ao-grid canvas").focus()
        page.keyboard.press("x")
        assert page.evaluate("window.sent") == []


@pytest.mark.browser
def test_keyboard_moves_picks_and_switches_off(page: Page) -> None:
    page.locator(".ao-grid canvas").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("window.sent") == []
    expect(page.locator("[aria-live]")).to_have_text(re.compile("^Layer 1, head 1"))
    page.keyboard.press("Enter")
    page.keyboard.press("x")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("x")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("x")
    assert sent(page, "pick") == [{"layer": 1, "head": 1}]
    assert sent(page, "ablate") == [["1.1"], ["1.0", "1.1"], ["1.0"]]
    page.keyboard.press("End")
    expect(page.locator("[aria-live]")).to_have_text(re.compile("^Layer 2, head 3"))


@pytest.mark.browser
def test_shift_click_and_button_switch_off(page: Page) -> None:
    x, y = find(page, "grid", "2.1")
    page.keyboard.down("Shift")
    page.mouse.click(x, y)
    page.keyboard.up("Shift")
    page.locator(".ao-toggle").click()
    assert page.evaluate("window.sent") == [["ablate", ["2.1"]], ["ablate", ["0.0", "2.1"]]]


@pytest.mark.browser
def test_the_same_choice_is_heard_again(page: Page) -> None:
    """Streamlit tells Python of a state only when it changes; a preset may have come in between."""
    x, y = find(page, "grid", "1.2")
    page.mouse.click(x, y)
    page.locator(".ao-toggle").click()
    give(page, small(version=1))
    page.mouse.click(x, y)
    page.locator(".ao-toggle").click()
    page.wait_for_timeout(120)
    picks = [value for name, value in page.evaluate("window.sent") if name == "pick"]
    assert picks[0] != picks[1]
    assert sent(page, "pick") == [{"layer": 1, "head": 2}] * 2
    assert sent(page, "ablate") == [["1.2"], None, ["1.2"]]


@pytest.mark.browser
def test_hears_what_others_switch_off(page: Page) -> None:
    def picture() -> bytes:
        settle(page)
        return page.locator(".ao-grid canvas").screenshot()

    before = picture()
    event = "(d) => window.dispatchEvent(new CustomEvent('glassbox:ablate', { detail: d }))"
    page.evaluate(event, {"group": "other", "heads": ["1.1"]})
    assert picture() == before
    page.evaluate(event, {"group": "g", "heads": ["1.1"]})
    assert picture() != before
    page.evaluate(event, {"group": "g", "heads": []})
    assert picture() == before
    assert page.evaluate("window.sent") == []


@pytest.mark.browser
def test_a_head_picked_elsewhere_is_shown_and_its_matrix_handed_on(page: Page) -> None:
    event = "(d) => window.dispatchEvent(new CustomEvent('glassbox:pick', { detail: d }))"
    page.evaluate(event, {"group": "other", "layer": 1, "head": 2})
    page.evaluate(event, {"group": "g", "layer": 7, "head": 2})
    expect(page.locator(".ao-readout b")).to_have_text("Layer 0, head 0")
    page.evaluate(event, {"group": "g", "layer": 1, "head": 2})
    expect(page.locator(".ao-readout b")).to_have_text("Layer 1, head 2")
    heard = page.evaluate("window.heard.map(([name, d]) => [name, d.layer, d.head, [...d.matrix]])")
    assert heard == [["glassbox:head", 1, 2, SMALL.attention[1, 2].ravel().tolist()]]
    assert page.evaluate("window.sent") == []


@pytest.mark.browser
def test_saves_a_picture_on_white_and_draws_on_as_before(browser: Browser, tmp_path: Path) -> None:
    payload = overview_payload(
        SMALL, CALIBRATION, words("zh"), {}, "SmolLM2 · “Alice met Bob”", language="zh"
    )
    with opened(browser, NAME, payload, theme="stage") as page:
        ready(page)
        before = page.locator(".ao-grid canvas").screenshot()
        with page.expect_download() as download:
            page.locator(".ao-save").click()
        download.value.save_as(tmp_path / download.value.suggested_filename)
        image = Image.open(tmp_path / "attention-heads.png").convert("RGB")
        assert image.width > 2000
        assert image.getpixel((3, 3)) == (255, 255, 255)
        assert len(set(image.resize((64, 32)).get_flattened_data())) > 20
        settle(page)
        assert page.locator(".ao-grid canvas").screenshot() == before


@pytest.mark.browser
def test_a_control_commits_the_view_once(page: Page) -> None:
    page.locator("select[name=sort]").select_option("first")
    page.locator("button[value=calibration]").click()
    page.wait_for_timeout(400)
    view = {"sort": "first", "colour": "induction", "on": "text", "x": "previous", "y": "induction"}
    assert all_sent(page) == [["view", view], ["view", {**view, "on": "calibration"}]]


@pytest.mark.browser
@pytest.mark.parametrize("metric", ["first", "entropy"])
def test_sorting_puts_the_highest_first(page: Page, metric: str) -> None:
    page.locator("select[name=sort]").select_option(metric)
    page.wait_for_timeout(400)
    page.locator(".ao-grid canvas").focus()
    values = SMALL.metrics[METRICS.index(metric)]
    for key, place in (("Home", values.argmax()), ("End", values.argmin())):
        page.keyboard.press(key)
        layer, head = divmod(int(place), 4)
        expect(page.locator("[aria-live]")).to_have_text(re.compile(f"^Layer {layer}, head {head}"))
    box = page.locator(".ao-grid canvas").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 25, box["y"] + 25)
    layer, head = divmod(int(values.argmax()), 4)
    assert sent(page, "pick") == ([{"layer": layer, "head": head}] if layer + head else [])


# ── whom it follows ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.browser
def test_follows_python_where_python_says_something_new(page: Page) -> None:
    title = page.locator(".ao-readout b")
    page.mouse.click(*find(page, "grid", "1.2"))
    give(page, small(colour="first"))  # a new word from Python, but not about the head
    expect(title).to_have_text("Layer 1, head 2")
    expect(page.locator("select[name=colour]")).to_have_value("first")
    give(page, small(colour="first", layer=2, head=1))
    expect(title).to_have_text("Layer 2, head 1")
    page.mouse.click(*find(page, "grid", "0.3"))
    give(page, small(colour="first", layer=2, head=1, version=1))  # the same preset clicked once more
    expect(title).to_have_text("Layer 2, head 1")


@pytest.mark.browser
def test_a_late_echo_does_not_undo_a_later_choice(page: Page) -> None:
    title = page.locator(".ao-readout b")
    for name in ("1.2", "2.3"):
        page.mouse.click(*find(page, "grid", name))
    give(page, small(layer=1, head=2))
    expect(title).to_have_text("Layer 2, head 3")
    give(page, small(layer=2, head=3))
    expect(title).to_have_text("Layer 2, head 3")


@pytest.mark.browser
def test_follows_the_theme_and_cleans_up(page: Page) -> None:
    page.evaluate("(t) => { theme(t); mount(''); }", THEMES["stage"])
    settle(page)
    assert sum(pixel(page, 20, 62)) < 100
    page.evaluate("cleanup()")
    page.evaluate(
        "dispatchEvent(new CustomEvent('glassbox:ablate', { detail: { group: 'g', heads: ['1.1'] } }))"
    )
    page.evaluate("mount('')")


@pytest.mark.browser
def test_a_hostile_state_falls_back(browser: Browser) -> None:
    odd = small(layer=999, head=-3, sort="<b>", colour="x", on="moon", x="", y="y", ablate=["9.9", "zz"])
    with opened(browser, NAME, odd) as page:
        ready(page)
        expect(page.locator(".ao-readout b")).to_have_text("Layer 0, head 0")
        expect(page.locator("select[name=sort]")).to_have_value("layer")


# ── how fast and how large ──────────────────────────────────────────────────────────────────────────────────

SCRUB = """async () => {
  const canvas = document.getElementById("host").shadowRoot.querySelector(".ao-grid canvas");
  const box = canvas.getBoundingClientRect();
  window.__glassboxFrames = {};
  for (let i = 0; i < 200; i++) {
    const [x, y] = [(i * 7) % box.width, (i * 3) % box.height];
    canvas.dispatchEvent(new PointerEvent("pointermove",
      { clientX: box.left + x, clientY: box.top + y, pointerType: "mouse" }));
    await new Promise(requestAnimationFrame);
  }
  return window.__glassboxFrames.overview; }"""


@pytest.mark.browser
@pytest.mark.parametrize("tokens", [64, 128])
def test_hover_keeps_up_with_the_screen(browser: Browser, tokens: int) -> None:
    payload = overview_payload(overview_of(30, 9, tokens, kv_heads=3), calibration_of(30, 9), WORDS, {})
    assert len(payload) < 2_000_000
    with opened(browser, NAME, payload) as page:
        ready(page)
        assert page.evaluate("window.__glassboxFrames['overview:data'][0]") < 1000
        frames = page.evaluate(SCRUB)
        p50, p95 = np.percentile(frames, [50, 95])
        assert p50 <= 16, f"p50 {p50:.1f} ms"
        assert p95 <= 25, f"p95 {p95:.1f} ms"


def test_a_large_model_is_thinned_to_two_megabytes() -> None:
    attention = np.zeros((40, 32, 128, 128), np.uint8)
    attention[7, 3, 101, 57] = 200
    small_one, factor = thin(attention)
    assert (small_one.shape, factor) == ((40, 32, 64, 64), 2)
    assert small_one[7, 3, 50, 28] == 200
    assert small_one.sum() == 200
    noise = np.random.default_rng(0).integers(0, 40, small_one.shape, dtype=np.uint8)
    big = overview_of(1, 1, 16)
    big.attention = np.tril(noise)
    assert len(overview_payload(big, None, WORDS, {})) < 2_100_000


# ── the source ──────────────────────────────────────────────────────────────────────────────────────────────


def test_payload_holds_what_it_was_given() -> None:
    meta, arrays = unpack(small(layer=2))
    np.testing.assert_array_equal(arrays["attention"], SMALL.attention)
    np.testing.assert_array_equal(arrays["text"], SMALL.metrics)
    np.testing.assert_array_equal(arrays["calibration"], CALIBRATION.metrics)
    assert (meta["layers"], meta["heads"], meta["size"], meta["kv_heads"]) == (3, 4, 24, 2)
    assert meta["state"]["layer"] == 2
    with pytest.raises(ValueError, match="colur"):
        small(colur="first")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_word_that_the_canvas_says_is_there(language: str) -> None:
    script = "".join(path.read_text("utf-8") for path in FOLDER.glob("*.js"))
    html = (FOLDER / "component.html").read_text("utf-8")
    said = set(re.findall(r"\bwords\.(\w+)", script)) | set(re.findall(r'data-word="(\w+)"', html))
    families = set(re.findall(r"words\[`(\w+?)_\$", script))
    known = words(language)
    assert said <= known.keys()
    for metric in METRICS:
        assert {f"metric_{metric}", f"help_{metric}"} <= known.keys()
    assert families <= {"metric", "help", "role", "on", "help_on"}


def test_sources_are_put_in_line() -> None:
    html, css, script = components.source(NAME)
    assert "ao-grid" in html
    assert ".gb-tip" in css
    assert not re.search(r"^import\b", script, re.MULTILINE)
    assert script.count("export ") == script.count("export default ") == 1
    assert script.index("async function unpack") < script.index("class Overview")
