"""A lecture of one step with two questions: the presenter's side of a room, without the pages of the app."""

import json
from urllib.parse import urlencode

import streamlit as st

from core.teaching.rooms import ROOMS
from pages.kit import served
from pages.kit.session import session
from pages.kit.teach import room
from pages.kit.text import words
from tests.pages.room_asked import AFTER, BEFORE

ASKED = {"ask": BEFORE, "show": BEFORE, "again": AFTER, "settled": AFTER}

if __name__ == "__main__":
    phase = st.query_params.get("phase", "")
    common = words(st.query_params.get("lang", "en"))
    if phase:  # one room for all visitors
        found = next(iter(ROOMS._rooms.values()), None) or ROOMS.open()
        assert found
        session().room = (found.code, found.key)
        st.code(json.dumps({"code": found.code, "key": found.key, "ticket": found.ticket}))
    else:
        room.button(common)
        phase = st.radio("phase", list(ASKED), horizontal=True)
    link = f"{str(st.context.url).partition('?')[0]}?{urlencode(st.query_params.to_dict())}"
    room.strip(common, ASKED[phase], phase, link, "step")  # type: ignore[arg-type]
else:
    app = st.App(__file__, **served.around())
