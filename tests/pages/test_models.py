"""The model that is named above a figure is the one that it is of; one that cannot be had leaves the page as it was."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from core import catalog
from core.calls import Plan, complete, plan, walk
from core.catalog import LANGUAGES, Language, Page
from core.models.load import patience, remote
from core.models.specs import REGISTRY, find
from pages.kit import permalink
from pages.kit.frame import Opened
from pages.kit.session import session
from pages.kit.text import table, words
from pages.kit.view import View
from pages.views.attention_heads import views as attention
from pages.views.classic_models import views as classic
from pages.views.masked_words import views as masked
from pages.views.model_anatomy import views as anatomy
from pages.views.next_token import views as next_token
from pages.views.position_curves import views as positions
from tests.core.models.fake_hub import serve
from tests.pages.app import healthy, shown, visit

VIEWS = {
    "attention_heads": attention.VIEWS, "classic_models": classic.VIEWS, "masked_words": masked.VIEWS,
    "model_anatomy": anatomy.VIEWS, "next_token": next_token.VIEWS, "position_curves": positions.VIEWS,
}  # fmt: skip
"""Pages that choose among views by a parameter, and read with a model above them."""
MIXED = {("masked_words", "pairs"): "several models share a figure, and each has its name in it"}


def models_of(steps: Plan) -> set[str]:
    """The models of a plan, as far as it can be walked without results."""
    found: list[str] = []
    with suppress(AttributeError, TypeError, ValueError):
        for _ in walk(steps, lambda call: found.append(call.model)):
            pass
    return set(found) - {""}


def opened(page: Page, language: Language, **state: str) -> Opened:
    """A page as a view sees it, without a browser."""
    session().state = {
        "lang": language,
        permalink._key(page, page.param(page.by)): state.pop(page.by),
        **state,
    }
    return Opened(words(language, page.stem), permalink.link(page.stem))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("stem", VIEWS)
def test_the_model_above_a_figure_is_the_one_that_it_is_of(stem: str, language: Language) -> None:
    page = catalog.find(stem)
    for name, view in VIEWS[stem].items():
        for spec in REGISTRY:
            one = opened(page, language, **{page.by: name, "model": spec.id})
            used = view.model(one)
            if not used:  # no model is read
                continue
            assert view.need.fits(find(used)), (name, spec.id, used)
            assert used == spec.id or not view.need.fits(spec) or view.lacks, (name, spec.id, used)
            found = models_of(view.calls(view.state(one)))
            assert not found or used in found or (stem, name) in MIXED, (name, spec.id, used, found)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("stem", VIEWS)
def test_a_list_offers_what_the_view_can_show(stem: str, language: Language) -> None:
    """Opened as a visitor does who comes from another page with the encoder in hand."""
    page = catalog.find(stem)
    view: View = next(iter(VIEWS[stem].values()))
    key = permalink._key(page, page.param(page.by))
    app = visit(stem, {"lang": language, "model": "e5-small-enzh", key: next(iter(VIEWS[stem]))})
    healthy(app)
    assert not app.warning
    for picker in (one for one in app.selectbox if one.key == "model_widget"):
        assert view.need.fits(find(str(picker.value)))
        ids = [spec.id for spec in REGISTRY if spec.offered_on(stem) and view.need.fits(spec)]
        assert [option.split(" · ")[0] for option in picker.options] == [find(id).title for id in ids]
        assert all(len(option.split(" · ")) == 4 for option in picker.options)


# --- a hub out of reach -----------------------------------------------------------------------------------


@contextmanager
def silent() -> Iterator[str]:
    with serve({}) as hub:
        hub.silent = 2.0
        yield hub.url


@contextmanager
def refusing() -> Iterator[str]:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    yield f"http://127.0.0.1:{port}"


@contextmanager
def broken() -> Iterator[str]:
    with serve({}) as hub:
        hub.down = True
        yield hub.url


@contextmanager
def without_it() -> Iterator[str]:
    with serve({}) as hub:
        yield hub.url


HUBS = {
    "silent": (silent, "hub_unreachable"), "refusing": (refusing, "hub_unreachable"),
    "broken": (broken, "hub_unreachable"), "without": (without_it, "unknown_model"),
}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", HUBS)
def test_a_model_out_of_reach_says_so_once_and_leaves_the_page_as_it_was(
    kind: str, language: Language, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, error = HUBS[kind]
    monkeypatch.setattr(remote, "ANSWER_S", 0.5)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    app = visit("attention_heads", {"lang": language, "ah_layer": "3"})
    healthy(app)
    model, before, link = app.selectbox(key="model_widget").value, shown(app), dict(app.query_params)
    with hub() as url:
        monkeypatch.setenv("HF_ENDPOINT", url)
        patience.forget()
        app.selectbox(key="model_widget").set_value("distilgpt2").run()
        healthy(app)
        told = table(language, "common")["errors"][error].split("{")[0]
        assert [str(one.value).startswith(told) for one in app.warning] == [True]
        assert app.selectbox(key="model_widget").value == model
        assert dict(app.query_params) == link
        app.run()
    assert not app.warning
    assert shown(app) == before
    patience.forget()


def test_a_state_of_a_page_names_its_model() -> None:
    """The plan of a state reads the model that the page's picker is at, where the bundled ones stand in."""
    page = catalog.find("next_token")
    for language in LANGUAGES:
        state = complete(page, {"model": "e5-small-enzh", "lang": language})
        assert models_of(plan("next_token", state)) == {page.model[language]}
