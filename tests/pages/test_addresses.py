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


def test_they_are_of_many_kinds() -> None:
    found = [address for _, address in fuzzed(COUNT)]
    assert len(set(found)) > 0.9 * COUNT
    assert sum("evil.invalid" in one or "__hit" in one for one in found) > COUNT / 4
    assert any(len(one) > 2_000 for one in found)
    assert any("%00" in one for one in found)
