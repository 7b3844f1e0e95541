"""What several pages say of a model's Chinese: of models that have none, and of those alone."""

from __future__ import annotations

import pytest

from tests.pages.app import healthy, says, visit


@pytest.mark.parametrize(
    ("stem", "query", "weak"),
    [
        ("next_token", {"model": "smollm2-135m", "text": "春风吹柳绿"}, True),
        ("next_token", {"model": "poem-gpt", "text": "春风吹柳绿"}, False),
        ("next_token", {}, False),
        ("next_token", {"model": "smollm2-135m", "text": "The sea"}, False),
        ("model_anatomy", {"model": "smollm2-135m", "text": "春风吹柳绿"}, True),
        ("model_anatomy", {"model": "poem-gpt", "text": "春风吹柳绿"}, False),
        ("model_anatomy", {}, False),
        ("masked_words", {"mw_view": "rule", "text": "春风吹柳绿"}, False),
    ],
)
def test_a_model_that_knows_chinese_is_not_called_poor(stem: str, query: dict[str, str], weak: bool) -> None:
    app = visit(stem, query | {"lang": "zh"})
    healthy(app)
    assert says(app, stem, "notice.weak", "zh") == weak
