"""Files of visitors: refused before they are read where they are too large, and kept by nobody once they are read."""

from __future__ import annotations

import asyncio
import http.client
from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from core.data.uploads import MAX_MEGABYTES
from core.paths import ROOT
from core.teaching import lectures
from pages.kit.session import NAME
from pages.kit.text import Words, table
from pages.views.embedding_space.fields import UPLOAD, Upload
from tests.bench import clients, servers
from tests.bench.uploads import door
from tests.pages.app import healthy, visit

PAGES = {
    "token_splits": ("ts_part", "train", "ts_corpus"),
    "classic_models": ("cm_view", "counts", "cm_corpus"),
}
TEXT = "One fish, two fish, red fish, blue fish. " * 20


def opened(stem: str) -> AppTest:
    view, shown, corpus = PAGES[stem]
    app = visit(stem, {"lang": "en", view: shown, corpus: "own"})
    healthy(app)
    return app


def file_of(app: AppTest, stem: str) -> tuple[str, int]:
    """The id of the file that was uploaded, and how many bytes of it are still there."""
    held = app.session_state[f"{PAGES[stem][2]}_file"]
    return held.file_id, len(held.getvalue())


@pytest.mark.parametrize("stem", PAGES)
def test_a_file_is_read_once_and_its_bytes_are_gone(stem: str) -> None:
    app = opened(stem)
    key = f"{PAGES[stem][2]}_file"
    app.file_uploader(key=key).upload("fish.txt", TEXT.encode(), "text/plain").run()
    healthy(app)
    assert not app.warning
    assert app.text_area(key=PAGES[stem][2]).value == TEXT
    assert file_of(app, stem)[1] == 0


@pytest.mark.parametrize("stem", PAGES)
def test_a_file_that_is_refused_is_gone_too(stem: str) -> None:
    app = opened(stem)
    app.file_uploader(key=f"{PAGES[stem][2]}_file").upload(
        "x.txt", b"\xff\x00\x81" * 1000, "text/plain"
    ).run()
    told = [one.value for one in app.warning]
    assert told == [table("en", "common")["errors"]["not_text"].format(name="x\\.txt")]
    assert file_of(app, stem)[1] == 0


def own_list(content: bytes) -> AppTest:
    """A map of the visitor's own file, which the page has read."""
    app = visit("embedding_space", {"lang": "en", "es_source": "list", "es_method": "pca"})
    app.file_uploader(key=UPLOAD).upload("own.csv", content, "text/csv").run()
    healthy(app)
    assert app.session_state[UPLOAD].getvalue() == b""
    return app


def test_a_list_is_read_once_and_stands_for_the_file() -> None:
    rows = "\n".join(f"row{one},{one % 7},{one % 5},{one}" for one in range(40))
    app = own_list(rows.encode())
    for _ in range(2):
        assert not app.warning
        assert Words("en", "embedding_space")("upload.instead") in [one.value for one in app.caption]
        assert app.session_state[NAME].own[Upload].given.content == rows.encode()
        app.run()


@pytest.mark.parametrize(
    ("content", "error"),
    [(b"\xff\x00\x81" * 1000, "bad_encoding"), (b"a,1,2\nb,1,2\nc,1\n" * 9, "bad_table")],
)
def test_a_list_that_is_refused_is_gone_and_it_is_said_until_it_is_taken_out(
    content: bytes, error: str
) -> None:
    app = own_list(content)
    for _ in range(2):
        (told,) = [one.value for one in app.warning]
        assert told.startswith(Words("en", "embedding_space").get(f"errors.{error}").partition("{")[0])
        kept = app.session_state[NAME].own[Upload].given
        assert kept.content == b""
        assert (kept.refused.__traceback__, kept.refused.__cause__, kept.refused.__context__) == (None,) * 3
        app.run()


def test_every_uploader_has_the_limit_of_the_server() -> None:
    limits = [opened(stem).file_uploader[0].proto.max_upload_size_mb for stem in PAGES]
    app = visit("embedding_space", {"lang": "en", "es_source": "list"})
    limits += [app.file_uploader[0].proto.max_upload_size_mb]
    assert limits == [MAX_MEGABYTES] * 3
    calls = [
        text.count("file_uploader(")
        for path in ROOT.glob("pages/**/*.py")
        if (text := path.read_text("utf-8"))
    ]
    assert sum(calls) == 3, "another uploader: does it have the limit?"


def test_a_lecture_that_is_brought_along_has_a_limit_of_its_own() -> None:
    app = visit("next_token", {"lang": "en"})
    app.button("gb_lectures").click().run()
    app.session_state["gb_lecture_list"] = "own"
    app.run()
    assert [one.proto.max_upload_size_mb for one in app.file_uploader] == [lectures.LARGEST // 10**6]


@pytest.fixture(scope="module")
def server() -> Iterator[servers.Server]:
    with servers.start(servers.APP) as running:
        yield running
        assert running.complaints() == ""


def sent(server: servers.Server, megabytes: float, *, told: bool) -> int:
    """The answer to a file of so many zeros, its size told before or not."""

    async def put() -> int:
        visitor = await clients.visit(server.port, "", lang="en")
        await visitor.run()
        with door(server.port) as way:
            answer = await asyncio.to_thread(way.put, visitor, megabytes, told=told)
        await clients.leave(visitor)
        return answer

    return asyncio.run(put())


def test_the_server_refuses_what_is_too_large_before_it_is_read(server: servers.Server) -> None:
    assert sent(server, 0.5, told=True) == http.client.NO_CONTENT
    assert sent(server, MAX_MEGABYTES + 0.5, told=True) == http.client.REQUEST_ENTITY_TOO_LARGE
    before = server.resident_mb()
    assert sent(server, 150, told=False) == http.client.REQUEST_ENTITY_TOO_LARGE
    assert server.resident_mb() - before < 50
