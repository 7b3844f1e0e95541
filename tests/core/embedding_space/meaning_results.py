"""Results of the model-derived views made up without a model, for what is drawn of them."""

from __future__ import annotations

import numpy as np

from core.compute.embedding_space.contextual import COMPONENTS, Anisotropy, Senses, Sentences
from core.numerics import unit

HOSTILE = "<img src=x onerror=alert(1)> bank </script> 字"


def senses(layers: int = 7, each: int = 4, *, sentence: str = "The 🐟 bank number {} stands here.") -> Senses:
    """Two senses that move apart from a common place; layer ``layers − 2`` is the best one."""
    rng = np.random.default_rng(3)
    labels = np.repeat([0, 1], each).astype(np.int32)
    noise = rng.normal(size=(layers, 2 * each, 2)).astype(np.float32)
    apart = np.minimum(np.arange(layers), layers - 2).astype(np.float32) / layers
    positions = noise * 0.05 * (apart[:, None, None] > 0)
    positions[..., 0] += (2 * labels - 1) * apart[:, None]
    sentences = tuple(sentence.format(at) for at in range(2 * each))
    values = np.linspace(0, 0.8, layers, dtype=np.float32)
    values[-1] = 0.5
    return Senses(
        model="tiny",
        word="bank",
        senses=("money", "river"),
        sense=labels,
        sentences=sentences,
        spans=np.array([[text.index("bank"), text.index("bank") + 4] for text in sentences], np.int32),
        pieces=("·bank",) * (2 * each),
        positions=positions,
        explained=np.tile(np.array([0.5, 0.25], np.float32), (layers, 1)),
        silhouette=values,
        accuracy=np.linspace(0.5, 1, layers, dtype=np.float32),
        chance_silhouette=np.tile(np.array([-0.1, 0.125], np.float32), (layers, 1)),
        chance_accuracy=np.tile(np.array([0.25, 0.75], np.float32), (layers, 1)),
        best=layers - 2,
        causal=True,
        skipped=("no such word",),
    )


def sentences(count: int = 6, *, left: str = "Sentence {}.", right: str = "第{}句。") -> Sentences:
    """Pairs of which all but the last find each other."""
    rng = np.random.default_rng(4)
    one = unit(rng.normal(size=(count, 8)))
    cosine = (0.75 + 0.05 * (one @ one.T)).astype(np.float32)
    np.fill_diagonal(cosine, 0.9)
    cosine[-1, -1] = 0.6
    true = np.diag(cosine)
    return Sentences(
        model="tiny",
        first=tuple(left.format(at) for at in range(count)),
        second=tuple(right.format(at) for at in range(count)),
        groups=("a",) * (count // 2) + ("b",) * (count - count // 2),
        similarity=cosine,
        rank_first=(1 + (cosine > true[:, None]).sum(1)).astype(np.int32),
        rank_second=(1 + (cosine > true).sum(0)).astype(np.int32),
        positions=rng.normal(size=(2, 2 * count, 2)).astype(np.float32),
        explained=np.array([[0.2, 0.1], [0.1, 0.05]], np.float32),
        partner=0.85,
        other=0.75,
    )


def cone(layers: int = 5) -> Anisotropy:
    """A cone that narrows with the layers, and none once the mean is removed."""
    cosine = np.stack([np.linspace(0.1, 0.9, layers), np.zeros(layers)]).astype(np.float32)
    spread = np.stack([cosine - 0.1, cosine + 0.05], axis=-1).astype(np.float32)
    histogram = np.zeros((2, layers, 40), np.float32)
    histogram[1, :, 20] = 1
    histogram[0, np.arange(layers), (20 * (cosine[0] + 1)).astype(int)] = 1
    shares = np.zeros((2, layers, COMPONENTS), np.float32)
    shares[0, :, 0], shares[1] = cosine[0], 0.05
    return Anisotropy(
        model="tiny",
        sentences=8,
        tokens=50,
        pairs=1180,
        cosine=cosine,
        spread=spread,
        histogram=histogram,
        shares=shares,
        effective=np.stack([np.full(layers, 2.5), np.full(layers, 31.0)]).astype(np.float32),
        top_dimension=np.full(layers, 0.25, np.float32),
        width=64,
        skipped=8,
    )
