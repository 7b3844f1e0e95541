"""A lecturer's day, without a network: a lecture is put together, presented with votes of a class, and handed out."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from core.catalog import Language
from core.teaching.handout import LARGEST
from pages.kit.text import table
from tests.bench.hostile import TURN
from tests.bench.servers import APP, COUNTED, Server, start
from tests.browser.classroom import Classroom, classroom
from tests.browser.exports import HANDOUT, alone, open_and_draw
from tests.browser.harness import tripwire, visiting
from tests.browser.test_app import WAIT, press, settled, wait_for_parameter
from tests.browser.test_lectures import RESTS, each

pytestmark = pytest.mark.browser
CLASS = 30
STATES: tuple[tuple[str, dict[str, str]], ...] = (
    ("token_splits", {}),
    ("token_splits", {"ts_part": "train"}),
    ("attention_heads", {}),
    ("attention_heads", {"ah_part": "rollout"}),
    ("position_curves", {"pc_view": "rotary"}),
    ("position_curves", {"pc_view": "alibi"}),
    ("next_token", {"nt_temperature": "2"}),
    ("next_token", {}),
)
"""Eight states of four pages; the last one is put before the one before it."""


@dataclass(frozen=True, slots=True)
class Said:
    """What is written at a state."""

    say: str
    note: str = ""
    minutes: str = "2"
    before: tuple[str, str] = ("", "")  # a question and its choices
    after: tuple[str, str] = ("", "")


SAID: dict[Language, dict[int, Said]] = {
    "en": {
        0: Said("A model reads pieces, not letters", "Ask who has seen a tokenizer before.", "3"),
        2: Said(
            "Each head looks elsewhere", "Let them point at the first column.", "4",
            ("Where do most heads look?", "At the next word\n*At the first token\nNowhere"),
            ("Which place do many heads rest on?", "The last token\n*The first one"),
        ),
        7: Said(
            "The temperature changes who can be drawn", "", "3",
            ("What does a temperature of 2 do to the distribution?", "*It becomes flatter\nIt becomes steeper"),
        ),
    },
    "zh": {
        0: Said("模型读的是词元，不是字", "先问问谁见过分词器。", "3"),
        2: Said(
            "每个注意力头看的地方不同", "让学生指出第一列。", "4",
            ("大多数注意力头在看哪里？", "下一个词\n*第一个词元\n哪里也不看"),
            ("很多注意力头停在哪个位置上？", "最后一个词元\n*第一个词元"),
        ),
        7: Said(
            "温度改变谁有机会被抽中", "", "3",
            ("温度调到 2，分布会怎样？", "*变得更平\n变得更陡"),
        ),
    },
}  # fmt: skip
TITLE: dict[Language, str] = {"en": "How a model reads and writes", "zh": "模型怎样读、怎样写"}


def picture(page: Page, language: Language, name: str) -> None:
    """The step as it looks, where ``GLASSBOX_PICTURES`` names a folder."""
    if folder := os.environ.get("GLASSBOX_PICTURES"):
        page.screenshot(path=Path(folder) / f"{language}_{name}.png")


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog")


def shut(page: Page) -> None:
    dialog(page).get_by_role("button", name="Close").click()
    expect(dialog(page)).to_have_count(0, timeout=WAIT)
    settled(page)


# --- put together -------------------------------------------------------------------------------------------


def added(page: Page, server: Server, language: Language) -> None:
    """Eight states are set up on their pages and added."""
    words = table(language, "common")["lectures"]
    for at, (stem, query) in enumerate(STATES):
        if f"/{stem}?" not in page.url:
            page.locator(f"[data-testid=stSidebarNavItems] a[href*='{stem}']").first.click()
            page.wait_for_url(f"{server.url}/{stem}?*", timeout=WAIT)
            settled(page)
        page.evaluate(TURN, f"?{urlencode({**query, 'lang': language})}")
        settled(page)
        press(page, "gb_lectures")
        if not at:
            dialog(page).get_by_text(words["own"], exact=True).first.click()
        press(page, "gb_lecture_add")
        expect(dialog(page).locator("[class*=st-key-gb_lecture_remove_]")).to_have_count(at + 1, timeout=WAIT)
        if at + 1 < len(STATES):
            shut(page)


def written(page: Page, language: Language) -> None:
    """A title, another order, and what is said and asked at three of the states."""
    words = table(language, "common")["lectures"]
    title = dialog(page).locator(".st-key-gb_lecture_title input")
    title.fill(TITLE[language])
    title.press("Enter")
    picture(page, language, "02_added")
    dialog(page).locator(f".st-key-gb_lecture_up_{len(STATES) - 1} button").first.click()
    settled(page)
    for at, said in SAID[language].items():
        dialog(page).locator("[data-testid=stExpander] summary").nth(at).click()
        values = {"say": said.say, "note": said.note, "minutes": said.minutes}
        for name, (text, options) in (("before", said.before), ("after", said.after)):
            values |= {name: text, f"{name}_options": options, f"{name}_why": ""}
        for name, value in values.items():
            box = dialog(page).locator(f".st-key-gb_lecture_{name}_{at} :is(input, textarea)").first
            box.fill(value)
        if at == 2:
            picture(page, language, "03_fields")
        dialog(page).get_by_role("button", name=words["save"], exact=True).last.click()
        expect(dialog(page).get_by_text(said.say).first).to_be_visible(timeout=WAIT)
        settled(page)
        dialog(page).locator("[data-testid=stExpander] summary").nth(at).click()


# --- presented ----------------------------------------------------------------------------------------------


def on(page: Page, number: int) -> None:
    page.keyboard.press("ArrowRight")
    wait_for_parameter(page, "slide", str(number))
    settled(page)
    page.wait_for_function(RESTS, timeout=WAIT)


def voted(page: Page, phones: Classroom, right: int, wrong: int) -> None:
    """A class of which some know it; nobody sees how many meanwhile."""
    knows = CLASS // 3
    assert phones.vote([right] * knows + [wrong] * (CLASS - knows)) == [200] * CLASS
    expect(page.locator(".room-count b")).to_have_text([str(CLASS)] * 2, timeout=WAIT)
    assert page.locator(".room-row").count() == 0


def presented(page: Page, server: Server, language: Language) -> None:
    """From the first slide to the end by the keys, with a class that votes before and after, and once more."""
    dialog(page).locator("[class*=st-key-gb_start_] button").first.click()
    page.wait_for_function(
        "new URL(location.href).searchParams.getAll('embed_options').includes('dark_theme')", timeout=WAIT
    )
    expect(page.get_by_text(SAID[language][0].say)).to_be_visible(timeout=WAIT)
    settled(page)
    page.locator(".st-key-gb_room_button button").first.click()
    page.locator(".room-qr svg").wait_for(timeout=WAIT)
    code = page.locator(".room-code").inner_text()
    picture(page, language, "04_room")
    with classroom(server.port, code, CLASS) as phones:
        expect(page.locator(".room-count b").first).to_have_text(str(CLASS), timeout=WAIT)
        on(page, 1)
        on(page, 2)  # asked before the third state
        expect(page.get_by_text(SAID[language][2].before[0])).to_be_visible(timeout=WAIT)
        voted(page, phones, 1, 0)
        picture(page, language, "05_asked")
        on(page, 3)
        expect(page.locator(".room-row")).to_have_count(3, timeout=WAIT)
        assert [one.split() for one in page.locator(".room-row").all_inner_texts()][1][-4:-2] == ["10", "·"]
        picture(page, language, "06_before")
        on(page, 4)
        voted(page, phones, 1, 1)
        on(page, 5)
        expect(page.locator(".room-side figcaption")).to_have_count(2, timeout=WAIT)
        shares = [one.split()[-2:] for one in page.locator(".room-side figcaption").all_inner_texts()]
        assert shares == [["33", "%"], ["100", "%"]]
        picture(page, language, "07_after")
        for number in range(6, 10):
            on(page, number)
        picture(page, language, "08_figure")
        on(page, 10)
        expect(page.get_by_text(SAID[language][7].before[0])).to_be_visible(timeout=WAIT)
        voted(page, phones, 0, 1)
        on(page, 11)
        expect(page.locator(".room-row")).to_have_count(2, timeout=WAIT)
        picture(page, language, "09_second_vote")
        on(page, 12)
    expect(page.get_by_role("heading", name=table(language, "common")["lecture"]["over"])).to_be_visible(
        timeout=WAIT
    )
    expect(page.get_by_test_id("stPageLink")).to_have_count(len(STATES), timeout=WAIT)
    picture(page, language, "10_end")


# --- handed out ---------------------------------------------------------------------------------------------


def handed_out(browser: Browser, page: Page, language: Language, folder: Path) -> None:
    """The handout is made at the end, and opened from the disk with no network."""
    page.locator(".st-key-gb_handout_own button").first.click()
    page.locator("[class*=st-key-gb_handout_make_] button").first.click(timeout=WAIT)
    button = page.locator("[class*=st-key-gb_handout_save_] button").first
    button.wait_for(timeout=WAIT)
    picture(page, language, "11_handout")
    with page.expect_download(timeout=WAIT) as waiting:
        button.click()
    file = folder / waiting.value.suggested_filename
    assert file.name.endswith(HANDOUT)
    waiting.value.save_as(file)
    assert file.stat().st_size <= LARGEST
    with alone(browser) as reader:
        open_and_draw(reader, file)
        picture(reader, language, "12_offline")
        assert reader.locator("h1").inner_text() == TITLE[language]
        assert reader.locator("section").count() == len(STATES)
        assert reader.locator("section:not(:has(iframe, .main-svg))").count() == 0
        assert reader.get_by_text(SAID[language][2].note).count() == 0
        reader.locator("header button").click()
        expect(reader.locator("details[open] b").first).to_be_visible(timeout=WAIT)
        for width in (1000, 390):
            reader.set_viewport_size({"width": width, "height": 800})
            reader.wait_for_function("() => document.documentElement.scrollWidth <= innerWidth")
        if folder_of_pictures := os.environ.get("GLASSBOX_PICTURES"):
            reader.screenshot(
                path=Path(folder_of_pictures) / f"{language}_13_handout_phone.png", full_page=True
            )
            reader.set_viewport_size({"width": 1000, "height": 800})
            reader.wait_for_timeout(500)
            reader.screenshot(path=Path(folder_of_pictures) / f"{language}_14_handout.png", full_page=True)
            reader.pdf(path=Path(folder_of_pictures) / f"{language}_15_handout.pdf")


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("day", "language"), each(["day"]))
def test_a_lecturer_s_day_without_a_network(
    browser: Browser, tmp_path: Path, day: str, language: Language
) -> None:
    del day
    locale = "zh-CN" if language == "zh" else "en-US"
    with start(APP, COUNTED) as server, visiting(browser, 1280, 720, locale) as page:
        with tripwire(page, server.url):
            page.goto(server.url)
            expect(page.locator("h1").first).to_be_visible(timeout=WAIT)
            settled(page)
            picture(page, language, "01_home")
            added(page, server, language)
            written(page, language)
            presented(page, server, language)
            handed_out(browser, page, language, tmp_path)
        assert server.complaints() == ""
