"""Where does meaning live?

Words as points, analogies as steps, one word in two senses, two languages in one space, and how small vectors can be.
Mikolov et al. 2013 (analogies); Pennington et al. 2014 (GloVe); McInnes et al. 2018 (UMAP); Ethayarajh 2019.
"""

from typing import Any

from pages.kit import canvas, code, frame, lecture, permalink, reading
from pages.kit.frame import Opened
from pages.views.embedding_space import fields as embedding_fields
from pages.views.embedding_space import notices as embedding_notices
from pages.views.embedding_space import views as embedding_views

STEM = "embedding_space"


def on_pick(value: Any) -> None:
    """A word of the map was picked, or let go."""
    canvas.commit(permalink.link(STEM), ("es_map",), ("word",), value)


def on_place(value: Any) -> None:
    """The map was moved, zoomed or turned."""
    embedding_views.placed(permalink.link(STEM), value)


def on_lasso(value: Any) -> None:
    """Words were chosen with the lasso."""
    embedding_views.chosen(value)


def on_answer(value: Any) -> None:
    """An answer of the analogy was clicked."""
    canvas.commit(permalink.link(STEM), (), ("word",), value)


def on_layer(value: Any) -> None:
    """Another layer is shown."""
    canvas.commit(permalink.link(STEM), ("es_senses", "es_spread"), ("layer",), value)


def on_pair(value: Any) -> None:
    """A pair of sentences was picked, or let go."""
    canvas.commit(permalink.link(STEM), ("es_sentences",), ("pair",), value)


HANDLERS = {
    "map": {"pick": on_pick, "view": on_place, "lasso": on_lasso},
    "analogy": {"answer": on_answer},
    "senses": {"layer": on_layer},
    "sentences": {"pick": on_pair},
    "anisotropy": {"layer": on_layer},
}


@frame.panel
def figure(page: Opened) -> None:
    """One view: what can be set, the figure, and what to notice in it."""
    embedding_fields.view(page)
    embedding_fields.of(page)
    with frame.guard(page.words):
        drawn(page)
    reading.follow(page)


def drawn(page: Opened) -> None:
    """The figure and the sentences under it."""
    found = embedding_views.result(page)
    if found is None:
        return
    embedding_views.mount(page, found.value, **HANDLERS.get(embedding_views.name(page), {}))
    embedding_notices.say(page, found)
    embedding_views.lassoed(page)
    with frame.guard(page.words):
        embedding_notices.nearest(page)


def how(page: Opened) -> None:
    """The source of the present view, and the snippet that computes it."""
    wanted = embedding_views.call(page)
    code.show(page, wanted.function, wanted.numbers, text=wanted.text)


def numbers(page: Opened) -> None:
    """The figure and its numbers to take home."""
    found = embedding_views.at_hand(page)
    if found is not None:
        embedding_views.downloads(page, found)


def read(page: Opened) -> None:
    """The reading text, and the model's card where a model stands behind the view."""
    reading.text(page, model=embedding_views.of_model(page))


page = frame.open(STEM)
figure(page)
lecture.experiments(page.words, page.link)
if not page.link.shared("present"):
    reading.tabs(page, read, how, numbers)
