"""What is said below the figures, in states where one sentence is true and the others would be false."""

from __future__ import annotations

import pytest

from core.catalog.embedding_space import PAGE
from tests.pages.app import healthy, says, visit

STATES: tuple[tuple[dict[str, str], tuple[str, ...], tuple[str, ...]], ...] = (
    ({"es_method": "umap"}, ("trust",), ("map_umap_small", "map_tsne_small", "map_pca")),
    ({"es_view": "senses"}, ("senses_best", "both_ways"), ("senses", "causal")),
    ({"es_view": "senses", "es_layer": "2"}, ("senses", "both_ways"), ("senses_best", "causal")),
    ({"es_view": "sentences"}, ("sentences", "axis"), ("sentences_apart",)),
    ({"es_view": "sentences", "es_pair": "3"}, ("rank_first",), ("rank_other",)),
    ({"es_view": "analogy"}, ("analogy_input", "left_out"), ("analogy",)),
)


@pytest.mark.parametrize(("query", "said", "others"), STATES)
def test_what_is_said_follows_the_figure(
    query: dict[str, str], said: tuple[str, ...], others: tuple[str, ...]
) -> None:
    app = visit(PAGE.stem, query | {"lang": "en"})
    healthy(app)
    assert [one for one in said if not says(app, PAGE.stem, f"notice.{one}", "en")] == []
    assert [one for one in others if says(app, PAGE.stem, f"notice.{one}", "en")] == []
