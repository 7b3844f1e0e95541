"""What Streamlit makes anew at every run of a script though it is always the same is made once.

With every run goes the theme, some hundred options in six tables: a fifth of the processor time of a small page.
"""

from __future__ import annotations

import functools

from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session


def install() -> None:
    """Keep each table of the theme as it was first made: the settings stay as they were when the server began."""
    populate = app_session._populate_theme_msg

    @functools.cache
    def made(section: str) -> CustomThemeConfig:
        theme = CustomThemeConfig()
        populate(theme, section)
        return theme

    def copied(msg: CustomThemeConfig, section: str = "theme") -> None:
        if made(section).ByteSize():  # what is copied into is there, empty or not
            msg.MergeFrom(made(section))

    app_session._populate_theme_msg = copied
