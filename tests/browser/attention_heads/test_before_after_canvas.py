"""The canvas of what switching heads off changed, in a real browser: its scale, its chips, its picture."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from core.compute.attention_heads.ablation import Ablation
from core.figures.attention_heads.ablation import payload
from core.figures.components import folder_of
from pages.kit.text import Words
from tests.browser.attention_heads.focus_data import tokens_of
from tests.browser.harness import HOSTILE, opened

pytestmark = pytest.mark.browser

NAME = "before_after"
N = 12


def texts(language: str = "en") -> dict[str, str]:
    return Words(language, "attention_heads").sub("ablation.canvas")


def ablation_of(*, decoder: bool = True, size: float = 1.0, labels: tuple[str, ...] = ()) -> Ablation:
    """Changes of at most `size`: nats of a decoder's loss, or 1 − cosine of an encoder's vectors."""
    rng = np.random.default_rng(5)
    change = (np.linspace(-0.5, 1, N) * size).astype(np.float32)
    loss = rng.uniform(0.5, 6, N).astype(np.float32)
    nothing = np.zeros(0, np.float32)
    loss[0] = np.nan
    shares = np.sort(rng.dirichlet(np.full(8, 0.5)))[::-1]
    return Ablation(
        heads=("1.2",),
        mode="zero",
        tokens=tokens_of(N, labels) if labels else tokens_of(N),
        candidate_ids=tuple(range(8)) if decoder else (),
        candidates=tuple("·" + letter * 3 for letter in "abcdefgh") if decoder else (),
        before=shares.astype(np.float32) if decoder else nothing,
        after=shares[::-1].astype(np.float32) if decoder else nothing,
        loss_before=loss if decoder else nothing,
        loss_after=loss + change if decoder else nothing,
        kl=0.1,
        similarity=1 - np.abs(change),
        sentence_similarity=0.999,
    )


ENCODER = ablation_of(decoder=False, size=1.2e-4)


def shown(page: Page) -> None:
    expect(page.locator(".ba")).to_be_visible()


def colours(page: Page) -> list[str]:
    found: list[str] = page.locator(".ba-chip").evaluate_all("(all) => all.map((c) => c.style.background)")
    return found


def test_small_turns_of_an_encoder_reach_the_end_of_the_scale(browser: Browser) -> None:
    with opened(browser, NAME, payload(ENCODER, texts(), {})) as page:
        shown(page)
        assert page.locator(".ba-high").inner_text() == "1 − cosine = 0.00012"
        assert len(set(colours(page))) > 6
        page.locator(".ba-chip").last.hover()
        said = page.locator(".ba-note").inner_text()
        assert "cosine 0.999880" in said
        assert "= 0.00012)" in said
        assert not page.locator(".ba-bars").is_visible()


def test_rounding_is_not_painted_as_change(browser: Browser) -> None:
    with opened(browser, NAME, payload(ablation_of(decoder=False, size=0), texts(), {})) as page:
        shown(page)
        assert page.locator(".ba-high").inner_text() == "1 − cosine = 0.000001"
        assert len(set(colours(page))) == 1


@pytest.mark.parametrize(
    ("size", "reach"), [(1.0, "1 nat"), (0.05, "0.05 nats"), (1e-4, "0.02 nats"), (140.0, "140 nats")]
)
def test_losses_have_a_scale_of_their_own(browser: Browser, size: float, reach: str) -> None:
    with opened(browser, NAME, payload(ablation_of(size=size), texts(), {})) as page:
        shown(page)
        assert page.locator(".ba-high").inner_text() == f"harder (+{reach})"
        assert page.locator(".ba-low").inner_text() == f"easier (−{reach})"


@pytest.mark.parametrize("decoder", [True, False])
@pytest.mark.parametrize("width", [390, 1280])
def test_saves_a_picture_on_white(browser: Browser, tmp_path: Path, decoder: bool, width: int) -> None:
    result = ablation_of() if decoder else ENCODER
    message = payload(result, texts("zh"), {}, caption="SmolLM2 · “Alice met Bob”")
    with opened(browser, NAME, message, theme="stage", width=width) as page:
        shown(page)
        with page.expect_download() as download:
            page.locator(".ba-save").click()
        download.value.save_as(tmp_path / "saved.png")
    image = Image.open(tmp_path / "saved.png").convert("RGB")
    assert image.width > 1.8 * (width - 32)
    assert image.getpixel((3, 3)) == (255, 255, 255)
    assert len(set(image.resize((64, 32)).get_flattened_data())) > 20


def test_hostile_labels_stay_text(browser: Browser) -> None:
    with opened(browser, NAME, payload(ablation_of(labels=HOSTILE), texts(), {})) as page:
        shown(page)
        page.locator(".ba-chip").nth(len(HOSTILE)).hover()
        assert "<img src=x onerror=" in page.locator(".ba-note").inner_text()
        assert page.locator(".ba img, .ba script").count() == 0
        assert page.evaluate("window.hacked") is None


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_word_that_the_canvas_says_is_there(language: str) -> None:
    folder = folder_of(NAME)
    script = "".join(path.read_text("utf-8") for path in folder.glob("*.js"))
    html = (folder / "component.html").read_text("utf-8")
    said: set[Any] = set(re.findall(r"\bwords\.(\w+)", script)) | set(re.findall(r'data-word="(\w+)"', html))
    assert said <= texts(language).keys()


def test_the_payload_survives_a_second_mount(browser: Browser) -> None:
    with opened(browser, NAME, payload(ENCODER, texts(), {})) as page:
        shown(page)
        page.evaluate("mount", base64.b64encode(payload(ablation_of(), texts(), {})).decode())
        expect(page.locator(".ba-row")).to_have_count(8)
        assert page.locator(".ba-high").inner_text() == "harder (+1 nat)"
