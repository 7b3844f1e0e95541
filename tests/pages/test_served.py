"""The theme that goes with every run is kept, and is the one that Streamlit would make."""

from __future__ import annotations

import pytest
from streamlit import config
from streamlit.proto.NewSession_pb2 import NewSession
from streamlit.runtime import app_session

from pages.kit import served


def theme() -> NewSession:
    """The theme of a message as Streamlit's session puts it together."""
    made = NewSession()
    whole, kinds = made.custom_theme, config.CustomThemeCategories
    app_session._populate_theme_msg(whole)
    for part, kind in (
        (whole.light, kinds.LIGHT),
        (whole.dark, kinds.DARK),
        (whole.sidebar, kinds.SIDEBAR),
        (whole.light.sidebar, kinds.LIGHT_SIDEBAR),
        (whole.dark.sidebar, kinds.DARK_SIDEBAR),
    ):
        app_session._populate_theme_msg(part, f"theme.{kind.value}")
    return made


def test_the_theme_is_kept_and_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    config.get_config_options()
    before, populate = theme(), app_session._populate_theme_msg
    asked: list[str] = []

    def noted(message: object, section: str = "theme") -> None:
        asked.append(section)
        populate(message, section)  # type: ignore[arg-type]

    monkeypatch.setattr(app_session, "_populate_theme_msg", noted)
    served.keep_theme()
    for _ in range(3):
        assert theme() == before
    assert before.custom_theme.light.primary_color == "#2b5f9e"
    assert len(asked) == len(set(asked)) == 6, "each table of the theme is made once"


def test_what_one_session_is_sent_is_no_other_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_session, "_populate_theme_msg", app_session._populate_theme_msg)
    served.keep_theme()
    one = theme()
    one.custom_theme.light.primary_color = "#000000"
    assert theme().custom_theme.light.primary_color == "#2b5f9e"
