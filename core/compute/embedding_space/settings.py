"""How vectors are projected."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Settings:
    """How to project; what a method does not know of is ignored."""

    method: str = "pca"  # of METHODS
    dims: int = 2  # 2 or 3
    seed: int = 0
    neighbours: int = 15  # UMAP: points that count as near, 2 … 200
    min_dist: float = 0.1  # UMAP: how near points may be drawn, 0 … 0.99
    perplexity: float = 30.0  # t-SNE: about as many neighbours count, 2 … 100


def fitted(settings: Settings, count: int) -> Settings:
    """The settings that ``count`` points admit: fewer neighbours than points, a perplexity of at most (n − 1) / 3.

    >>> fitted(Settings(perplexity=100.0), 8).perplexity.__round__(2)
    2.33
    """
    return replace(
        settings,
        neighbours=min(settings.neighbours, count - 1),
        perplexity=min(settings.perplexity, (count - 1) / 3),
    )
