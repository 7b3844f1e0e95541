"""The whole app in a real browser: a fresh server, real clicks and keys, and what a visitor must find."""

from __future__ import annotations

import re
import time
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, Request, expect

from core import catalog
from tests.bench.servers import APP, Server, start
from tests.browser.harness import DRAWN, visiting

pytestmark = pytest.mark.browser
PATTERN = "Alice met Bob in Paris. Carol met Dave in Rome. Alice met Bob in"
SETTLE = 700  # milliseconds in which a rerun that follows would begin
WAIT = 45_000  # milliseconds; the first computation loads a model


def go(page: Page, server: Server, path: str = "attention_heads", **query: str) -> None:
    page.goto(f"{server.url}/{path}?{urlencode(query)}")
    expect(page.locator("h1").first).to_be_visible(timeout=WAIT)


def too_long_a_text(page: Page) -> str:
    """Type a text that is too long for the view and for the link."""
    text = "many words " * 1500
    box = page.get_by_label("Text", exact=True)
    box.fill(text)
    box.press("Enter")
    expect(page.get_by_text("this view takes at most 256")).to_be_visible(timeout=WAIT)
    return text


def parameters(page: Page) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(urlsplit(page.url).query).items()}


def canvas(page: Page, key: str) -> Locator:
    return page.locator(f".st-key-{key} canvas").first


def wait_for_parameter(page: Page, name: str, value: str) -> None:
    page.wait_for_function(
        "([name, value]) => new URLSearchParams(location.search).get(name) === value",
        arg=[name, value],
        timeout=WAIT,
    )


def test_cold_start_on_a_page_brings_the_frame_up(browser: Browser) -> None:
    """The first request after a start gets ``pages/*.py`` without app.py: ``frame.open`` must notice."""
    with start(APP) as fresh:
        page = browser.new_page(locale="en-US")
        page.goto(f"{fresh.url}/attention_heads?lang=zh&ah_layer=4")
        expect(page.locator("h1").first).to_have_text("注意力头", timeout=WAIT)
        expect(canvas(page, "ah_overview")).to_be_visible(timeout=WAIT)
        assert page.get_by_text("Page not found").count() == 0
        assert page.locator("[data-testid=stSidebar]").get_by_text("大模型透视").count() == 1
        assert parameters(page)["ah_layer"] == "4"
        page.close()


def test_the_model_warms_up_after_the_first_visitor_and_not_before(browser: Browser) -> None:
    with start(APP, {"GLASSBOX_WARMUP": "1"}) as fresh:
        assert not fresh.has_loaded("libtorch")
        page = browser.new_page(locale="en-US")
        page.goto(f"{fresh.url}/attention_heads")
        expect(canvas(page, "ah_focus")).to_be_visible(timeout=WAIT)
        assert not fresh.has_loaded("libtorch")
        deadline = time.monotonic() + 60
        while not fresh.has_loaded("libtorch") and time.monotonic() < deadline:
            page.wait_for_timeout(500)
        assert fresh.has_loaded("libtorch")
        page.close()


def test_every_view_of_the_positions_opens_without_torch_and_its_tabs_are_links(browser: Browser) -> None:
    with start(APP) as fresh:
        context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
        page = context.new_page()
        go(page, fresh, "position_curves", lang="en")
        expect(canvas(page, "pc_canvas")).to_be_visible(timeout=WAIT)
        for name, view in (("ALiBi", "alibi"), ("Learned", "learned"), ("Real scores", "scores"),
                           ("None: shuffle test", "shuffle")):  # fmt: skip
            page.get_by_role("tab", name=name, exact=True).click()
            wait_for_parameter(page, "pc_view", view)
            expect(page.locator(".pos-wait")).to_be_hidden(timeout=WAIT)
            expect(page.locator(".pos-says")).not_to_have_text("", timeout=WAIT)
        expect(page.get_by_text("bundled example", exact=False).first).to_be_visible(timeout=WAIT)
        link = page.url
        page.goto("about:blank")
        page.goto(link)
        expect(page.get_by_role("tab", name="None: shuffle test")).to_have_attribute(
            "aria-selected", "true", timeout=WAIT
        )
        assert not fresh.has_loaded("libtorch")
        context.close()


def test_the_browsers_language_decides_first(browser: Browser, server: Server) -> None:
    for locale, title in (("zh-CN", "注意力头"), ("de-DE", "Attention heads")):
        with visiting(browser, language=locale) as page:
            go(page, server)
            expect(page.locator("h1").first).to_have_text(title)


def test_enter_runs_the_prompt_and_the_link_carries_it(page: Page, server: Server) -> None:
    go(page, server, lang="en")
    box = page.get_by_label("Text", exact=True)
    box.fill("one two one two one")
    box.press("Enter")
    wait_for_parameter(page, "text", "one two one two one")
    expect(page.get_by_text("live · smollm2-135m", exact=False).first).to_be_visible(timeout=WAIT)
    expect(box).to_have_value("one two one two one")


def test_another_text_draws_nothing_around_text_and_figure(page: Page, server: Server) -> None:
    go(page, server, "next_token", lang="en", model="tiny-gpt", text="The lily")
    page.locator(".st-key-nt_distribution .nt:not([aria-busy=true])").wait_for(timeout=WAIT)
    page.wait_for_timeout(SETTLE)
    box = page.get_by_label("Text", exact=True)
    whole, part = server.reruns("whole"), server.reruns("part")
    for text in ("One little day", "The big dog"):
        box.fill(text)
        box.press("Enter")
        wait_for_parameter(page, "text", text)
        expect(page.locator(".st-key-nt_distribution .nt-said")).to_contain_text(
            text.rsplit(" ")[-1][:3], timeout=WAIT
        )
        page.wait_for_timeout(SETTLE)
    assert server.reruns("part") >= part + 2
    assert server.reruns("whole") == whole
    page.get_by_role("tab", name="How this is computed").click()
    snippet = page.locator("[data-testid=stCode]").first
    expect(snippet).to_contain_text("The big dog", timeout=WAIT)
    box.fill("One day")
    box.press("Enter")
    expect(snippet).to_contain_text("One day", timeout=WAIT)  # an open tab follows
    page.get_by_role("button", name="Share").click()
    link = page.locator(
        ".st-key-gb_share [data-testid=stCode], [data-testid=stPopoverBody] [data-testid=stCode]"
    )
    expect(link.first).to_contain_text("One+day", timeout=WAIT)


def test_an_answer_is_told_its_state_shown_and_the_keys_stay_where_they_were(
    page: Page, server: Server
) -> None:
    go(page, server, lang="en")
    cards = page.locator(".questions-card")
    expect(cards).to_have_count(4, timeout=WAIT)  # those whose answer this part shows
    assert page.locator(".questions-said, .questions-right").count() == 0
    card = cards.filter(has_text="100 % of its attention")
    option = card.get_by_role("button", name="On the verb")
    option.focus()
    page.keyboard.press("Enter")
    said = card.locator(".questions-said")
    expect(said).to_contain_text("On the first token", timeout=WAIT)
    expect(said.locator("em")).to_have_text("attention sink")
    expect(card.locator(".questions-right")).to_have_text("On the first token")
    expect(card.get_by_role("button", name="On the verb")).to_be_focused()
    wait_for_parameter(page, "ah_sort", "first")  # the state that answers it
    assert page.locator(".questions-said").count() == 1, "the other answers stay hidden"
    card.get_by_role("button", name="See it in the figure").click()
    expect(page.locator(".st-key-ah_overview")).to_be_in_viewport(timeout=WAIT)


def test_switching_a_head_off_changes_the_prediction_and_is_a_link(
    browser: Browser, page: Page, server: Server
) -> None:
    go(page, server, lang="en", text=PATTERN, ah_layer="17", ah_head="5")
    button = page.get_by_role("button", name="Switch head off")
    button.wait_for(timeout=WAIT)
    button.click()
    wait_for_parameter(page, "ah_ablate", "17.5")
    expect(page.get_by_text("Without 17.5")).to_be_visible(timeout=WAIT)
    told = page.get_by_text("17.5 off:")  # between the two canvases that switch it
    heights = [one.bounding_box() for one in (canvas(page, "ah_overview"), told, canvas(page, "ah_focus"))]
    assert all(heights)
    assert [one["y"] for one in heights if one] == sorted(one["y"] for one in heights if one)
    before = page.url
    told.get_by_role("link", name="details").click()
    expect(page.get_by_role("heading", name="Switched off", exact=True)).to_be_in_viewport(timeout=WAIT)
    assert page.url.partition("#")[0] == before
    sentence = page.get_by_text("Without 17.5").inner_text()
    bars = page.locator(".st-key-gbchart_ah_change .bars path")
    expect(bars).not_to_have_count(0, timeout=WAIT)
    with visiting(browser, language="zh-CN") as other:
        other.goto(page.url)
        expect(other.get_by_text("Without 17.5")).to_have_text(sentence, timeout=WAIT)


def test_clicking_a_head_in_the_overview_moves_the_focus(page: Page, server: Server) -> None:
    go(page, server, lang="en")
    grid = canvas(page, "ah_overview")
    grid.wait_for(timeout=WAIT)
    page.wait_for_timeout(800)
    before = parameters(page).get("ah_layer"), parameters(page).get("ah_head")
    box = grid.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] * 0.30, box["y"] + box["height"] * 0.55)
    page.wait_for_function(
        """before => { const p = new URLSearchParams(location.search);
        return p.get('ah_layer') !== before[0] || p.get('ah_head') !== before[1]; }""",
        arg=list(before), timeout=WAIT,
    )  # fmt: skip
    place = parameters(page)
    layer, head = place.get("ah_layer", "?"), place.get("ah_head", "?")
    expect(
        page.locator(".st-key-ah_focus").get_by_text(re.compile(rf"Layer {layer} · head {head}")).first
    ).to_be_visible(timeout=WAIT)


def test_hovering_sends_nothing(page: Page, server: Server) -> None:
    sent: list[object] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.extend([frame])))
    go(page, server, lang="en")
    grid = canvas(page, "ah_overview")
    grid.wait_for(timeout=WAIT)
    page.wait_for_timeout(1500)
    sent.clear()
    box = grid.bounding_box()
    assert box
    for step in range(40):
        page.mouse.move(box["x"] + 10 + step * (box["width"] - 20) / 40, box["y"] + 30 + step * 5)
    page.wait_for_timeout(400)
    assert sent == []


def test_switching_the_language_keeps_everything(page: Page, server: Server) -> None:
    go(page, server, lang="en", text="one two one two one", ah_layer="7", ah_head="2", ah_sort="induction")
    expect(canvas(page, "ah_overview")).to_be_visible(timeout=WAIT)
    page.locator("[data-testid=stSidebar]").get_by_text("中文").click()
    expect(page.locator("h1").first).to_have_text("注意力头", timeout=WAIT)
    wait_for_parameter(page, "lang", "zh")
    kept = parameters(page)
    assert {k: kept.get(k) for k in ("text", "ah_layer", "ah_head", "ah_sort", "model")} == {
        "text": "one two one two one", "ah_layer": "7", "ah_head": "2", "ah_sort": "induction", "model": "smollm2-135m",
    }  # fmt: skip


def test_presenting_hides_the_sidebar_and_arrows_step(page: Page, server: Server) -> None:
    go(page, server, lang="en", present="1")
    expect(page.locator("html.gb-present")).to_have_count(1, timeout=WAIT)
    expect(page.locator("[data-testid=stSidebar]")).to_be_hidden()
    page.wait_for_function(
        "new URL(location.href).searchParams.getAll('embed_options').includes('dark_theme')"
    )
    expect(page.get_by_text("Step 1 of")).to_be_visible(timeout=WAIT)
    size = page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)")
    assert size == pytest.approx(25.6)
    page.locator("body").press("ArrowRight")
    expect(page.get_by_text("Step 2 of")).to_be_visible(timeout=WAIT)
    page.locator("body").press("PageDown")
    expect(page.get_by_text("Step 3 of")).to_be_visible(timeout=WAIT)
    page.locator("body").press("ArrowLeft")
    expect(page.get_by_text("Step 2 of")).to_be_visible(timeout=WAIT)
    page.locator("body").press("Escape")
    expect(page.locator("[data-testid=stSidebar]")).to_be_visible(timeout=WAIT)


def test_the_back_button_goes_back(page: Page, server: Server) -> None:
    go(page, server, lang="en")
    box = page.get_by_label("Text", exact=True)
    expect(box).to_have_value(re.compile("."))
    first = box.input_value()
    page.get_by_role("radio", name="Code", exact=True).click()
    expect(box).to_have_value(re.compile("def add"), timeout=WAIT)
    page.go_back()
    expect(box).to_have_value(first, timeout=WAIT)


def settled(page: Page) -> None:
    """Wait until the server has sent all and the browser has drawn it."""
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=WAIT)
    page.wait_for_function("!document.querySelector('[data-testid=stSkeleton]')", timeout=WAIT)
    page.evaluate(DRAWN)


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than its window."""
    wide = page.locator("[data-testid=stMain]").evaluate("m => m.scrollWidth - m.clientWidth")
    return int(wide)


@pytest.mark.parametrize("path", ["", *(declared.stem for declared in catalog.PAGES)])
def test_nothing_overflows_sideways_and_nothing_is_fetched_from_elsewhere(
    browser: Browser, server: Server, path: str
) -> None:
    """Opened on a phone, and on a laptop whose window then becomes larger; no question mark is called in English."""
    elsewhere: list[str] = []

    def asked(request: Request) -> None:
        elsewhere.append(request.url)

    ours = (server.url, server.url.replace("http", "ws", 1), "blob:", "data:", "http://localhost")
    for widths in ((390,), (1280, 1920)):
        with visiting(browser, widths[0], 800, language="zh-CN") as page:
            page.on("request", asked)
            go(page, server, path, lang="zh")
            for width in widths:
                page.set_viewport_size({"width": width, "height": 800})
                settled(page)
                assert overflow(page) <= 1, width
            expect(page.locator('[aria-label^="Help"]')).to_have_count(0)
            page.remove_listener("request", asked)
    assert [url for url in elsewhere if not url.startswith(ours)] == []


def press(page: Page, key: str) -> None:
    """Click with the mouse in the middle of a button: whatever lies over it would take the click."""
    box = page.locator(f".st-key-{key} button").first.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def test_share_gives_a_link_that_opens_the_same(browser: Browser, page: Page, server: Server) -> None:
    go(page, server, lang="en", text=PATTERN, ah_layer="17", ah_head="5")
    expect(canvas(page, "ah_focus")).to_be_visible(timeout=WAIT)
    press(page, "gb_share")
    link = page.locator("[data-testid=stPopoverBody] code").inner_text(timeout=WAIT)
    assert link.startswith(server.url)
    expect(page.locator("[data-testid=stPopoverBody] [data-testid=stImage]").first).to_be_visible()
    with visiting(browser, language="zh-CN") as other:
        other.goto(link)
        expect(other.locator(".st-key-ah_focus").get_by_text("Layer 17 · head 5")).to_be_visible(timeout=WAIT)
        expect(other.get_by_label("Text", exact=True)).to_have_value(PATTERN)


def test_presenting_begins_with_a_click_and_ends_where_it_began(page: Page, server: Server) -> None:
    go(page, server, lang="en", text="one two one two one", ah_layer="3", ah_head="2")
    expect(canvas(page, "ah_overview")).to_be_visible(timeout=WAIT)
    press(page, "gb_present")
    page.wait_for_function(
        "new URL(location.href).searchParams.getAll('embed_options').includes('dark_theme')"
    )
    expect(page.get_by_text("As prepared")).to_be_visible(timeout=WAIT)
    expect(canvas(page, "ah_overview")).to_be_visible(timeout=WAIT)
    first = parameters(page)
    assert (first["text"], first["ah_layer"], first["ah_head"]) == ("one two one two one", "3", "2")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("Step 1 of")).to_be_visible(timeout=WAIT)
    expect(canvas(page, "ah_overview")).to_be_visible(timeout=WAIT)
    canvas(page, "ah_overview").click(position={"x": 60, "y": 120})
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("Step 2 of")).to_be_visible(timeout=WAIT)
    press(page, "gb_slide_back")
    expect(page.get_by_text("Step 1 of")).to_be_visible(timeout=WAIT)
    press(page, "gb_slide_end")
    expect(page.get_by_label("Text", exact=True)).to_have_value("one two one two one", timeout=WAIT)
    found = parameters(page)
    assert (found["ah_layer"], found["ah_head"]) == ("3", "2")
    assert not {"present", "embed_options", "slide"} & set(found)


def test_a_text_too_long_for_the_link_is_presented_first_and_there_at_the_end(
    page: Page, server: Server
) -> None:
    go(page, server, lang="en")
    text = too_long_a_text(page)
    press(page, "gb_present")
    page.wait_for_function(
        "new URL(location.href).searchParams.getAll('embed_options').includes('dark_theme')"
    )
    expect(page.get_by_text("As prepared")).to_be_visible(timeout=WAIT)
    expect(page.locator(".st-key-prompt_said")).to_contain_text("many words many words", timeout=WAIT)
    page.locator("body").press("Escape")
    expect(page.get_by_label("Text", exact=True)).to_have_value(text, timeout=WAIT)


def test_no_key_is_lost_right_after_a_click_in_a_canvas(page: Page, server: Server) -> None:
    go(page, server, lang="en", present="1")
    for step in range(2, 8):
        expect(canvas(page, "ah_overview")).to_be_visible(timeout=WAIT)
        canvas(page, "ah_overview").click(position={"x": 20 * step, "y": 90})
        page.keyboard.press("ArrowRight")
        expect(page.get_by_text(f"Step {step} of")).to_be_visible(timeout=WAIT)


def test_a_text_too_long_for_the_link_survives_the_theme_button(page: Page, server: Server) -> None:
    go(page, server, lang="en")
    text = too_long_a_text(page)
    page.get_by_role("button", name="Dark (stage)").click()
    expect(page.get_by_role("button", name="Light (paper)")).to_be_visible(timeout=WAIT)
    expect(page.get_by_label("Text", exact=True)).to_have_value(text, timeout=WAIT)


def test_the_code_tab_follows_the_chosen_head(page: Page, server: Server) -> None:
    go(page, server, lang="en", ah_layer="17", ah_head="5")
    page.get_by_role("tab", name="How this is computed").click()
    expect(page.get_by_text("layer=17, head=5")).to_be_visible(timeout=WAIT)
    page.locator('.st-key-ah_focus [data-head="2"]').click()
    expect(page.get_by_text("layer=17, head=2")).to_be_visible(timeout=WAIT)


def test_two_visitors_who_switch_models_at_once_do_not_disturb_each_other(
    browser: Browser, server: Server
) -> None:
    models = ("smollm2-135m", "e5-small-enzh")
    with visiting(browser) as one, visiting(browser) as another:
        visitors = (one, another)
        for turn in range(3):
            wanted = [(visitor, models[(turn + place) % 2]) for place, visitor in enumerate(visitors)]
            for place, (visitor, model) in enumerate(wanted):
                query = urlencode(
                    {"lang": "en", "model": model, "text": f"visitor {place} says {turn} and {turn}"}
                )
                visitor.goto(f"{server.url}/attention_heads?{query}", wait_until="commit")
            for place, (visitor, model) in enumerate(wanted):
                expect(visitor.get_by_text(f"live · {model}", exact=False).first).to_be_visible(timeout=WAIT)
                box = visitor.get_by_label("Text", exact=True)
                expect(box).to_have_value(f"visitor {place} says {turn} and {turn}")
                assert visitor.locator("[data-testid=stAlert]").count() == 0
