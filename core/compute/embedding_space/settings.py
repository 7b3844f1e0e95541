"""How vectors are projected."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """How to project; what a method does not know of is ignored."""

    method: str = "pca"  # of METHODS
    dims: int = 2  # 2 or 3
    seed: int = 0
    neighbours: int = 15  # UMAP: points that count as near, 2 … 200
    min_dist: float = 0.1  # UMAP: how near points may be drawn, 0 … 0.99
    perplexity: float = 30.0  # t-SNE: about as many neighbours count, 2 … 100
