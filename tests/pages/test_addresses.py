"""Ten thousand addresses that nobody meant: each is read, and all that is kept of it is admitted."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from tests.pages.addresses import fuzzed

COUNT = 10_000


def script() -> None:
    import streamlit as st

    from tests.pages.addresses import fuzzed, read
    from tests.pages.test_addresses import COUNT

    done = 0
    for page, address in fuzzed(COUNT):
        read(page, address, back=done % 5 == 0)
        done += 1
    st.text(str(done))


def test_ten_thousand_addresses_are_read() -> None:
    app = AppTest.from_function(script, default_timeout=100).run()
    assert not app.exception, [element.message for element in app.exception]
    assert [element.value for element in app.text] == [str(COUNT)]


def emptied() -> None:
    from core import catalog
    from tests.pages.addresses import shared

    for stem, name in (
        ("next_token", "text"), ("token_splits", "ts_words"), ("embedding_space", "es_own"), ("token_splits", "text"),
        ("masked_words", "mw_pairs"), ("attention_heads", "ah_source"), ("attention_heads", "ah_first"),
    ):  # fmt: skip
        found = shared(catalog.find(stem), {"lang": "en", name: ""})
        assert found[name] in ("", ()), (stem, name, found[name])


def test_what_was_emptied_is_empty_for_whom_the_link_is_sent_to() -> None:
    app = AppTest.from_function(emptied, default_timeout=100).run()
    assert not app.exception, [element.message for element in app.exception]


def test_they_are_of_many_kinds() -> None:
    found = [address for _, address in fuzzed(COUNT)]
    assert len(set(found)) > 0.9 * COUNT
    assert sum("evil.invalid" in one or "__hit" in one for one in found) > COUNT / 4
    assert any(len(one) > 2_000 for one in found)
    assert any("%00" in one for one in found)
