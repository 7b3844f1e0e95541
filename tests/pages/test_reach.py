"""Who reaches the server, and which models are open then."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping

import pytest
from streamlit import config

from core import settings
from core.catalog import LANGUAGES, Language
from core.models import specs
from core.paths import ROOT
from pages.kit import models, permalink, session
from pages.kit.frame import Opened
from pages.kit.text import plain, table, words
from tests.bench import clients as visitors
from tests.bench import servers
from tests.pages.app import healthy, visit

FREE = "hub:nobody/nothing"
SAID = plain(FREE)


@pytest.fixture
def serving(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The operator has said nothing of who reaches the server, which listens where Streamlit lets it listen."""
    monkeypatch.delenv("GLASSBOX_PUBLIC")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    yield
    config.set_option("server.address", None)
    settings.reached_by_others(yes=False)


@pytest.mark.parametrize(
    ("listens", "reached"),
    [
        ("", True),
        ("0.0.0.0", True),
        ("::", True),
        ("192.168.1.7", True),
        ("glassbox.example.org", True),
        ("localhost.example.org", True),
        ("localhost", False),
        ("127.0.0.1", False),
        ("127.0.0.53", False),
        ("::1", False),
    ],
)
def test_a_server_is_reached_where_it_listens_beyond_its_machine(listens: str, reached: bool) -> None:
    assert session.is_reached(listens, {}) == reached
    assert session.is_reached(listens, {session.FORWARDED: "192.0.2.1"})


@pytest.mark.parametrize(
    ("peer", "header", "found"),
    [
        (None, "", ""),
        (None, "192.0.2.1", "192.0.2.1"),
        (None, "1.1.1.1, 192.0.2.1", "192.0.2.1"),
        ("192.0.2.9", "1.1.1.1", "192.0.2.9"),
    ],
)
def test_a_visitor_comes_from_where_the_connection_or_the_proxy_says(
    peer: str | None, header: str, found: str
) -> None:
    assert session.came_from(peer, {session.FORWARDED: header} if header else {}) == found


@pytest.mark.usefixtures("serving")
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_closed_link_says_so_and_offers_what_there_is(language: Language) -> None:
    app = visit("attention_heads", {"lang": language, "model": FREE})
    healthy(app)
    assert app.warning[0].value == table(language, "common")["errors"]["model_locked"].format(model=SAID)
    picker = app.selectbox(key="model_widget")
    assert not picker.proto.accept_new_options
    assert len(picker.options) == len(models.offered("attention_heads", FREE)) > 10


@pytest.mark.usefixtures("serving")
def test_on_this_machine_alone_the_hub_is_open() -> None:
    config.set_option("server.address", "127.0.0.1")
    app = visit("attention_heads", {"lang": "en", "model": FREE})
    said = table("en", "common")["errors"]["model_unavailable"].format(
        model=SAID, reason=table("en", "common")["reasons"]["offline"]
    )
    assert app.warning[0].value == said
    assert app.selectbox(key="model_widget").proto.accept_new_options


@pytest.mark.usefixtures("serving")
def test_the_list_holds_what_the_operator_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLASSBOX_PUBLIC", "1")
    monkeypatch.setenv("GLASSBOX_MODELS_ALLOW", "distilgpt2")
    offered = models.offered("attention_heads", "smollm2-135m")
    assert {id for id in offered if specs.find(id).source == "hub"} == {"distilgpt2"}
    page = Opened(words("en", "next_token"), permalink.link("next_token"))
    assert "gpt2" not in models.decoders(page)


def test_a_server_before_which_a_proxy_stands_is_closed() -> None:
    """A server that listens on this machine alone, asked directly, then by a proxy, then directly again."""

    async def told(port: int, headers: Mapping[str, str]) -> str:
        socket = await visitors.connected(port, headers)
        visitor = visitors.Visitor(socket, "attention_heads", {"lang": "en", "model": FREE})
        run = await visitor.run()
        await visitors.leave(visitor)
        return "".join(run.told)

    locked, *_ = table("en", "common")["errors"]["model_locked"].partition("{")
    with servers.start(ROOT / "app.py") as server:
        asked: tuple[dict[str, str], ...] = ({}, {session.FORWARDED: "192.0.2.1"}, {})
        assert [locked in asyncio.run(told(server.port, one)) for one in asked] == [False, True, True]
