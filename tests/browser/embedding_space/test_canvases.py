"""The canvases of word vectors in a real browser: what they draw, say and send, with and without WebGL."""

from __future__ import annotations

import base64
import dataclasses
import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from core.figures.buffer import unpack
from core.figures.embedding_space import tables as figures
from pages.kit.text import Words
from tests.browser.embedding_space import embedding_data as made
from tests.browser.harness import BROWSERS, QUIET, THEMES, opened
from tests.numerals import filled

pytestmark = pytest.mark.browser

MAP = "embedding_map"
HOSTILE = ("<img src=x onerror=alert(1)>", "</script>", "שלום", "👨‍👩‍👧‍👦", "字\u202e", "a" * 300)
EDGE = 26  # CSS pixels around the points
SMALL = made.map_of(60)
CARD = ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")


def words(view: str, language: str = "en") -> dict[str, str]:
    found: dict[str, str] = Words(language, "embedding_space").sub(f"canvas_{view}")
    return found


def message(found: Any = SMALL, language: str = "en", **options: Any) -> bytes:
    state = {"version": 1} | {key: options.pop(key) for key in figures.STATE if key in options}
    return figures.map_payload(found, words("map", language), state, language=language, **options)


@contextmanager
def another(browser: Browser, *flags: str) -> Iterator[Browser]:
    """A second Chromium with other flags."""
    path = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    found = browser.browser_type.launch(executable_path=path, args=[*QUIET, *flags])
    yield found
    found.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with opened(browser, MAP, message()) as found:
        ready(found)
        yield found


def ready(page: Page, name: str = MAP, count: int = 1) -> None:
    page.wait_for_function(f"window.__glassboxFrames?.['{name}:data']?.length >= {count}")
    settle(page)


def settle(page: Page) -> None:
    """Nothing moves, and everything asked for is drawn."""
    page.wait_for_function("!host.shadowRoot.querySelector('.em')?.dataset.moving")
    page.evaluate("new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))")


def give(page: Page, payload: bytes, name: str = MAP) -> None:
    count = page.evaluate(f"window.__glassboxFrames['{name}:data'].length")
    page.evaluate("mount", base64.b64encode(payload).decode())
    ready(page, name, count + 1)


def sent(page: Page, key: str) -> list[dict[str, Any]]:
    values = [dict(value) for name, value in page.evaluate("window.sent") if name == key]
    assert all(value.pop("at") > 0 for value in values)
    return values


def heard(page: Page, key: str, count: int = 1) -> list[dict[str, Any]]:
    """What was sent, once there is as much of it."""
    page.wait_for_function(f"window.sent.filter(([name]) => name === '{key}').length >= {count}")
    return sent(page, key)


def screen(
    page: Page, found: Any = SMALL, zoom: float = 1, x: float = 0, y: float = 0
) -> np.ndarray[Any, Any]:
    """Where the points of a flat map must stand on the page: one scale, the middle in the middle, a free edge."""
    stage = page.locator(".em-stage").bounding_box()
    assert stage is not None
    low, high = found.positions.min(0), found.positions.max(0)
    normal = (found.positions - (low + high) / 2) / ((high - low) / 2).max()
    reach = np.abs(normal).max(0)
    fit = min((stage["width"] / 2 - EDGE) / reach[0], (stage["height"] / 2 - EDGE) / reach[1]) * zoom
    across = stage["x"] + stage["width"] / 2 + fit * (normal[:, 0] - x)
    return np.stack([across, stage["y"] + stage["height"] / 2 - fit * (normal[:, 1] - y)], 1)


def spot(place: np.ndarray[Any, Any]) -> tuple[float, float]:
    """A place as the mouse takes it."""
    return float(place[0]), float(place[1])


def lonely(places: np.ndarray[Any, Any], least: float = 26) -> list[int]:
    """Points with no other near them, so that a pointer there can mean no other."""
    apart = np.linalg.norm(places[:, None] - places[None], axis=2) + 1e9 * np.eye(len(places))
    return [int(at) for at in np.flatnonzero(apart.min(1) > least)]


def listed(page: Page) -> list[tuple[str, str]]:
    rows = page.locator(".em-list li")
    return [(row.locator("b").inner_text(), row.locator("span").inner_text()) for row in rows.all()]


def picture(page: Page) -> np.ndarray[Any, Any]:
    """The page as it is seen, [row, column, 3]."""
    return np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"), int)


# --- the map: points ---


@pytest.mark.parametrize("flags", [CARD, ("--disable-3d-apis",)], ids=["webgl", "canvas"])
@pytest.mark.parametrize("theme", ["paper", "stage"])
def test_points_stand_where_they_should_in_the_colour_of_their_group(
    browser: Browser, flags: Any, theme: Any
) -> None:
    with another(browser, *flags) as found, opened(found, MAP, message(), theme=theme) as page:
        ready(page)
        kind = page.locator(".em").get_attribute("data-renderer")
        assert kind == ("canvas" if "--disable-3d-apis" in flags else "webgl")
        seen, places = picture(page), screen(page)
        tones = page.locator(".em-legend i").evaluate_all(
            "(dots) => dots.map((dot) => getComputedStyle(dot).backgroundColor)"
        )
        colours = dict(zip(page.locator(".em-legend b").all_inner_texts(), map(numbers, tones), strict=True))
        ground = np.array([int(THEMES[theme]["background-color"][i : i + 2], 16) for i in (1, 3, 5)])
        hits = []
        for at in (lone := lonely(places, 14)):
            x, y = places[at].round().astype(int)
            tone = colours[SMALL.groups[at] or "other"]
            share = np.dot(seen[y, x] - ground, tone - ground) / np.dot(tone - ground, tone - ground)
            hits.append(
                0.3 < share < 1.1 and np.abs(ground + share * (tone - ground) - seen[y, x]).max() < 26
            )
        assert len(lone) > 8
        assert np.mean(hits) > 0.6, "a few lie under words"


def numbers(colour: str) -> np.ndarray[Any, Any]:
    """The colour ``rgb(1, 2, 3)`` as [1, 2, 3]."""
    return np.array([int(part) for part in colour[4:-1].split(",")])


def test_a_card_that_is_taken_away_leaves_a_plain_canvas_with_the_same_points(browser: Browser) -> None:
    with another(browser, *CARD) as found, opened(found, MAP, message()) as page:
        ready(page)
        before = picture(page)
        page.evaluate(
            "host.shadowRoot.querySelector('.em-dots').getContext('webgl').getExtension('WEBGL_lose_context').loseContext()"
        )
        expect(page.locator(".em")).to_have_attribute("data-renderer", "canvas")
        settle(page)
        assert (np.abs(picture(page) - before).max(2) > 90).mean() < 0.002
        page.mouse.move(*spot(screen(page)[lonely(screen(page))[0]]))
        expect(page.locator(".gb-tip")).to_be_visible()


@pytest.mark.parametrize("width", [390, 1280, 1920])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_overflows(browser: Browser, width: int, language: str) -> None:
    found = made.map_of(300, language=language)
    with opened(browser, MAP, message(found, language, word=found.words[3]), width=width) as page:
        ready(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert len(listed(page)) == 10
        assert int(page.locator(".em").get_attribute("data-labels") or 0) >= 8


def test_in_a_lecture_the_word_above_its_neighbours_is_whole(browser: Browser) -> None:
    with opened(browser, MAP, message(word=SMALL.words[5]), scale=1.6) as page:
        ready(page)
        word = page.locator(".em-word")
        assert word.evaluate("(e) => e.scrollHeight - e.clientHeight") <= 1
        assert word.evaluate("(e) => e.clientHeight") >= 1.3 * 20 * 1.6 - 1


# --- the map: neighbours ---


def test_hover_shows_the_neighbours_of_the_original_space(page: Page) -> None:
    places = screen(page)
    at = lonely(places)[0]
    page.mouse.move(*spot(places[at]))
    expect(page.locator(".em-word")).to_contain_text(SMALL.words[at])
    expect(page.locator(".gb-tip")).to_contain_text(SMALL.words[at])
    assert [word for word, _ in listed(page)] == [SMALL.words[i] for i in SMALL.neighbours[at]]
    shown = [float(value.replace("−", "-")) for _, value in listed(page)]
    np.testing.assert_allclose(shown, SMALL.similarity[at], atol=0.0051)
    near = np.argsort(np.linalg.norm(SMALL.positions - SMALL.positions[at], axis=1))[1:11]
    kept = len(set(near.tolist()) & set(SMALL.neighbours[at].tolist()))
    expect(page.locator(".em-kept")).to_have_text(filled(words("map")["kept"], kept=kept, count=10))
    page.mouse.move(2, 2)
    expect(page.locator(".gb-tip")).to_be_hidden()
    expect(page.locator(".em-hint")).to_be_visible()


def test_a_click_keeps_a_word_and_a_click_beside_lets_go(page: Page) -> None:
    places = screen(page)
    first, second = lonely(places)[:2]
    page.mouse.click(*spot(places[first]))
    page.mouse.move(2, 2)
    expect(page.locator(".em-word")).to_contain_text(SMALL.words[first])
    page.locator(".em-list button").first.click()
    stage = page.locator(".em-stage").bounding_box()
    assert stage is not None
    page.mouse.click(stage["x"] + 5, stage["y"] + stage["height"] - 5)
    near = SMALL.words[SMALL.neighbours[first][0]]
    assert sent(page, "pick") == [{"word": SMALL.words[first]}, {"word": near}, {"word": ""}]
    assert second != first


def test_the_state_of_a_link_is_followed_and_an_echo_is_not(browser: Browser) -> None:
    with opened(browser, MAP, message(word=SMALL.words[5])) as page:
        ready(page)
        expect(page.locator(".em-word")).to_contain_text(SMALL.words[5])
        page.mouse.click(*spot(screen(page)[lonely(screen(page))[0]]))
        chosen = sent(page, "pick")[0]["word"]
        give(page, message(word=SMALL.words[5], caption="same state, new data"))
        expect(page.locator(".em-word")).to_contain_text(chosen)
        give(page, message(word=SMALL.words[7], version=2))
        page.mouse.move(2, 2)
        expect(page.locator(".em-word")).to_contain_text(SMALL.words[7])
        assert len(sent(page, "pick")) == 1
        assert sent(page, "view") == []


def test_keys_walk_pick_zoom_and_let_go(page: Page) -> None:
    page.locator(".em-over").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".em-word")).to_be_visible()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    word = page.locator(".em-word").evaluate("(e) => e.firstChild.textContent")
    expect(page.locator(".em-live")).to_contain_text(word)
    assert sent(page, "pick") == [{"word": word}]
    page.keyboard.press("+")
    assert heard(page, "view")[0]["view"].startswith("1.6_")
    page.keyboard.press("0")
    assert heard(page, "view", 2)[1] == {"view": ""}
    page.keyboard.press("Escape")
    assert sent(page, "pick")[-1] == {"word": ""}
    page.keyboard.press("/")
    expect(page.locator(".em-search input")).to_be_focused()


# --- the map: moving about ---


def test_a_drag_moves_the_map_and_is_sent_once(page: Page) -> None:
    places = screen(page)
    at = lonely(places)[0]
    page.mouse.move(600, 300)
    page.mouse.down()
    page.mouse.move(640, 320, steps=6)
    page.mouse.move(690, 270, steps=6)
    page.mouse.up()
    (view,) = heard(page, "view")
    page.mouse.move(*spot(places[at] + np.array([90, -30])))
    expect(page.locator(".em-word")).to_contain_text(SMALL.words[at])
    zoom, x, y = (float(part) for part in view["view"].split("_"))
    np.testing.assert_allclose(screen(page, zoom=zoom, x=x, y=y), places + np.array([90, -30]), atol=1)
    assert figures.VIEW.fullmatch(view["view"])
    assert len(sent(page, "view")) == 1
    assert sent(page, "pick") == []


def test_a_view_from_a_link_is_shown(browser: Browser) -> None:
    with opened(browser, MAP, message(view="3_0.2_-0.1")) as page:
        ready(page)
        places = screen(page, zoom=3, x=0.2, y=-0.1)
        stage = page.locator(".em-stage").bounding_box()
        assert stage is not None
        middle = [at for at in lonely(places) if 420 > places[at][1] > 120 and 900 > places[at][0] > 120]
        page.mouse.move(*spot(places[middle[0]]))
        expect(page.locator(".em-word")).to_contain_text(SMALL.words[middle[0]])
        page.locator(".em-reset").click()
        assert heard(page, "view") == [{"view": ""}]


def test_the_wheel_zooms_about_the_pointer(page: Page) -> None:
    places = screen(page)
    at = lonely(places)[1]
    page.mouse.move(*spot(places[at]))
    for _ in range(5):
        page.mouse.wheel(0, -100)
    (view,) = heard(page, "view")
    settle(page)
    expect(page.locator(".em-word")).to_contain_text(SMALL.words[at])
    zoom, x, y = (float(part) for part in view["view"].split("_"))
    assert zoom > 2
    np.testing.assert_allclose(screen(page, zoom=zoom, x=x, y=y)[at], places[at], atol=2)
    page.locator(".em-over").dblclick(position={"x": 8, "y": 300})
    assert heard(page, "view", 2)[-1] == {"view": ""}


def test_a_solid_map_turns(browser: Browser) -> None:
    with opened(browser, MAP, message(made.map_of(80, 3))) as page:
        ready(page)
        before = picture(page)
        page.mouse.move(500, 250)
        page.mouse.down()
        page.mouse.move(600, 260, steps=5)
        page.mouse.up()
        (view,) = heard(page, "view")
        zoom, x, y, yaw, _ = (float(part) for part in view["view"].split("_"))
        assert (zoom, x, y) == (1, 0, 0)
        assert yaw == pytest.approx(0.6 + 0.8, abs=0.05)
        assert np.abs(picture(page) - before).max(2)[60:450, 20:900].any()


@pytest.mark.parametrize("still", [False, True])
def test_the_same_words_travel_to_a_new_map(browser: Browser, still: bool) -> None:
    other = made.map_of(60, method="umap", seed=4)
    motion: dict[str, Any] = {"reduced_motion": "reduce"} if still else {}
    with opened(browser, MAP, message(), **motion) as page:
        ready(page)
        page.evaluate(
            "window.moves = 0; new MutationObserver((all) => { window.moves += all.length })"
            ".observe(host.shadowRoot.querySelector('.em'), { attributeFilter: ['data-moving'] })"
        )
        give(page, message(other))
        places = screen(page, other)
        at = lonely(places)[0]
        page.mouse.move(*spot(places[at]))
        expect(page.locator(".em-word")).to_contain_text(other.words[at])
        assert bool(page.evaluate("window.moves")) is not still
        assert sent(page, "view") == []


# --- the map: search, lasso, legend ---


def test_search_marks_what_matches_and_enter_takes_the_best(page: Page) -> None:
    box = page.locator(".em-search input")
    part = SMALL.words[7][:2]
    box.fill(part)
    count = sum(part in word for word in SMALL.words)
    expect(page.locator(".em-search output")).to_have_text(str(count))
    assert page.locator(".em-search output").get_attribute("aria-label") == words("map")["matches"]
    box.press("Enter")
    first = next(w for w in (*[w for w in SMALL.words if w.startswith(part)], ""))
    assert sent(page, "pick") == [{"word": part if part in SMALL.words else first}]
    box.fill("qqq")
    expect(page.locator(".em-search output")).to_have_text("0")
    box.press("Enter")
    expect(page.locator(".em-live")).to_have_text(words("map")["none"])
    box.press("Escape")
    expect(box).to_have_value("")


def test_a_search_from_before_greys_no_other_words(page: Page) -> None:
    box = page.locator(".em-search input")
    box.fill(SMALL.words[7])
    expect(page.locator(".em-search output")).to_have_text("1")
    give(page, message(made.map_of(len(SMALL.words), method="tsne")))
    expect(box).to_have_value(SMALL.words[7])
    others = tuple(f"own{at}" for at in range(30))
    give(page, message(made.map_of(30, words=others)))
    expect(box).to_have_value("")
    expect(page.locator(".em-search output")).to_have_text("")


@pytest.mark.parametrize("armed", [False, True])
def test_the_lasso_lists_what_lies_in_it(page: Page, armed: bool) -> None:
    places = screen(page)
    left, top, right, bottom = 300, 120, 640, 330
    inside = (places[:, 0] > left) & (places[:, 0] < right) & (places[:, 1] > top) & (places[:, 1] < bottom)
    wanted = [SMALL.words[at] for at in np.flatnonzero(inside)]
    assert 3 < len(wanted) < 60
    if armed:
        page.get_by_role("button", name=words("map")["lasso"]).click()
    else:
        page.keyboard.down("Shift")
    page.mouse.move(left, top)
    page.mouse.down()
    for x, y in ((right, top), (right, bottom), (left, bottom), (left, top)):
        page.mouse.move(x, y, steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")
    assert page.locator(".em-picked button").all_inner_texts() == wanted
    assert sent(page, "lasso") == [{"words": wanted}]
    expect(page.locator(".em-count")).to_have_text(filled(words("map")["chosen"], count=len(wanted)))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name=words("map")["copy"]).click()
    expect(page.get_by_role("button", name=words("map")["copied"])).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").splitlines() == wanted
    page.get_by_role("button", name=words("map")["clear"]).click()
    assert sent(page, "lasso")[-1] == {"words": []}
    assert sent(page, "view") == []


def test_no_more_than_two_hundred_words_are_sent(browser: Browser) -> None:
    with opened(browser, MAP, message(made.map_of(700))) as page:
        ready(page)
        stage = page.locator(".em-stage").bounding_box()
        assert stage is not None
        page.locator(".em-lasso").click()
        left, top = stage["x"] + 12, stage["y"] + 12
        right, bottom = left + stage["width"] - 24, top + stage["height"] - 24
        page.mouse.move(left, top)
        page.mouse.down()
        for x, y in ((right, top), (right, bottom), (left, bottom)):
            page.mouse.move(x, y)
        page.mouse.up()
        assert len(sent(page, "lasso")[0]["words"]) == figures.MOST_CHOSEN
        expect(page.locator(".em-count")).to_have_text(filled(words("map")["chosen"], count=700))


def test_a_group_alone_is_the_only_one_that_answers(page: Page) -> None:
    places = screen(page)
    lone = lonely(places, 30)
    animal = next(at for at in lone if SMALL.groups[at] == "animals")
    other = next(at for at in lone if SMALL.groups[at] != "animals")
    page.locator(".em-legend button").filter(has_text="animals").click()
    page.mouse.move(*spot(places[other]))
    settle(page)
    expect(page.locator(".gb-tip")).to_be_hidden()
    page.mouse.move(*spot(places[animal]))
    expect(page.locator(".em-word")).to_contain_text(SMALL.words[animal])
    page.locator(".em-legend button").filter(has_text="animals").click()
    page.mouse.move(*spot(places[other]))
    expect(page.locator(".em-word")).to_contain_text(SMALL.words[other])


# --- the map: honesty, hostile words, life ---


def test_what_a_map_may_be_read_for_is_said(browser: Browser) -> None:
    with opened(browser, MAP, message()) as page:
        ready(page)
        about = page.locator(".em-about")
        expect(about).to_contain_text("48\u202f% of the variance")
        expect(about).to_contain_text("0.87")
        expect(about).to_contain_text("36\u202f% of them are")
        whole = dataclasses.replace(made.map_of(60), explained=np.array([0.75, 0.25], np.float32))
        give(page, message(whole))
        expect(about).to_contain_text(words("map")["about_pca_all"].partition("{")[0])
        expect(about).to_contain_text("hold all of the variance")
        give(page, message(made.map_of(20, method="tsne")))
        expect(about).to_have_text(words("map")["about_tsne"])


def test_hostile_words_stay_words(browser: Browser) -> None:
    found = made.map_of(len(HOSTILE), words=HOSTILE, sentences=True)
    with opened(browser, MAP, message(found, word=HOSTILE[0], title=HOSTILE[0]), width=390) as page:
        ready(page)
        expect(page.locator(".em-word")).to_contain_text(HOSTILE[0])
        assert page.locator(".em img, .em script").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_one_point_and_none(browser: Browser) -> None:
    with opened(browser, MAP, message(made.line_of(("only",), (0.0,)))) as page:
        ready(page)
        stage = page.locator(".em-stage").bounding_box()
        assert stage is not None
        page.mouse.move(stage["x"] + stage["width"] / 2, stage["y"] + stage["height"] / 2)
        expect(page.locator(".em-word")).to_have_text("only")
        give(page, message(made.map_of(0)))
        expect(page.locator(".em-empty")).to_have_text(words("map")["empty"])
        give(page, message())
        expect(page.locator(".em-empty")).to_be_hidden()


def test_a_finger_picks_and_leaves_no_card(browser: Browser) -> None:
    with opened(browser, MAP, message(), width=390, height=844, has_touch=True) as page:
        ready(page)
        places = screen(page)
        at = lonely(places, 20)[0]
        page.touchscreen.tap(*spot(places[at]))
        assert sent(page, "pick") == [{"word": SMALL.words[at]}]
        expect(page.locator(".gb-tip")).to_be_hidden()
        expect(page.locator(".em-word")).to_contain_text(SMALL.words[at])


def test_an_exported_page_sends_nothing(page: Page) -> None:
    page.evaluate("document.documentElement.dataset.static = '1'")
    places = screen(page)
    at = lonely(places)[0]
    page.mouse.click(*spot(places[at]))
    expect(page.locator(".em-word")).to_contain_text(SMALL.words[at])
    page.locator(".em-in").click()
    settle(page)
    page.locator(".em-reset").click()
    settle(page)
    assert page.evaluate("window.sent") == []


def test_a_late_clean_up_leaves_the_newer_view_alone(page: Page) -> None:
    page.evaluate("window.old = window.cleanup")
    give(page, message(made.map_of(30, seed=2)))
    page.evaluate("window.old()")
    found = made.map_of(30, seed=2)
    places = screen(page, found)
    at = lonely(places)[0]
    page.mouse.move(*spot(places[at]))
    expect(page.locator(".em-word")).to_contain_text(found.words[at])
    page.evaluate("window.cleanup()")
    page.evaluate("mount", base64.b64encode(message()).decode())
    ready(page, count=3)
    places = screen(page)
    page.mouse.move(*spot(places[lonely(places)[0]]))
    expect(page.locator(".em-word")).to_contain_text(SMALL.words[lonely(places)[0]])


def test_the_theme_is_followed(page: Page) -> None:
    light = picture(page).mean()
    page.evaluate("theme({'background-color': '#101216', 'text-color': '#e8e6e1'})")
    page.evaluate("mount", "")
    settle(page)
    labels = page.locator(".em-word, .em-hint").last.evaluate("(e) => getComputedStyle(e).color")
    assert min(int(part) for part in labels[4:-1].split(",")) > 110
    assert light > 150


def test_a_picture_to_take_away_is_white_and_sharp(browser: Browser) -> None:
    with opened(browser, MAP, message(caption="made by rule"), theme="stage") as page:
        ready(page)
        stage = page.locator(".em-stage").bounding_box()
        assert stage is not None
        with page.expect_download() as saved:
            page.locator(".em-save").click()
        image = Image.open(saved.value.path()).convert("RGB")
        assert image.width >= 2 * stage["width"]
        assert image.height > 2 * stage["height"]
        assert image.getpixel((3, 3)) == (255, 255, 255)
        assert (np.asarray(image).min(2) < 120).mean() > 0.002


@pytest.mark.parametrize("flags", [CARD, ("--disable-3d-apis",)], ids=["webgl", "canvas"])
@pytest.mark.parametrize("dims", [2, 3])
def test_ten_thousand_points_are_drawn_with_every_move(browser: Browser, flags: Any, dims: int) -> None:
    with another(browser, *flags) as found, opened(found, MAP, message(made.map_of(10_000, dims))) as page:
        ready(page)
        page.evaluate(f"window.__glassboxFrames.{MAP}.length = 0")
        page.mouse.move(400, 250)
        page.mouse.down()
        for step in range(40):
            page.mouse.move(400 + 4 * step, 250 + step)
        page.mouse.up()
        for _ in range(10):
            page.mouse.wheel(0, -60)
        settle(page)
        times = page.evaluate(f"window.__glassboxFrames.{MAP}")
        assert len(times) > 20


def test_messages_are_what_the_harness_gives() -> None:
    assert unpack(message())[0]["labels"] == list(SMALL.words)
