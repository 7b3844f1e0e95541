"""The cell of the sentence pairs is chosen beside the charts, and is in the link; a score may be missing."""

from __future__ import annotations

from tests.pages.app import charts, healthy, shown, visit


def test_a_cell_is_chosen_and_framed_in_every_chart() -> None:
    app = visit("masked_words", {"lang": "en", "mw_view": "pairs"})
    healthy(app)
    assert set(charts(app)) == {"mw_pairs", "mw_gain", "mw_follows"}
    box = app.selectbox(key="w_mw_cell")
    assert (box.value, box.options[0]) == ("-1", "A1 with B1")
    box.set_value("7").run()
    healthy(app)
    assert app.query_params["mw_cell"] in ("7", ["7"])
    for one in charts(app).values():
        (frame,) = one["layout"]["shapes"]
        assert (frame["y0"], frame["x0"]) == (0.5, 0.5)
    assert "for this B" in shown(app)


def test_a_link_opens_with_its_cell_and_without_what_cannot_be_had() -> None:
    app = visit("masked_words", {"lang": "zh", "mw_view": "pairs", "mw_cell": "7"})
    healthy(app)
    assert set(charts(app)) == {"mw_pairs", "mw_gain"}
    assert app.selectbox(key="w_mw_cell").value == "7"
