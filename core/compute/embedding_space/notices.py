"""Which number of a result of the page ``embedding_space`` is worth a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.compute.embedding_space.contextual import KINDS
from core.compute.embedding_space.settings import Settings, fitted

if TYPE_CHECKING:
    from core.compute.embedding_space.contextual import Anisotropy, Senses, Sentences
    from core.compute.embedding_space.maps import Map
    from core.compute.embedding_space.tables import Compression, OneHot


HIGH = 0.5
"""A mean cosine of unrelated sentences from which on cosines are high throughout."""
ALL = 0.9995
"""Share of the variance above which a map leaves nothing out that a sentence could name."""


@dataclass(frozen=True, slots=True)
class Kin:
    """How the points in groups lie to each other; a point's neighbours are the ten that a map lists."""

    near: int  # points in a group that have another such point among their neighbours
    without: int  # points in a group that have none
    share: float  # of the former: the nearest of these is of the same group


def kin(found: Map) -> Kin | None:
    """How the points in groups lie to each other; None where there is nothing to say."""
    groups = np.asarray(found.groups)
    themed = groups != ""
    same = []
    for at in np.flatnonzero(themed):
        near = [i for i in found.neighbours[at] if i >= 0 and themed[i]]
        same += [groups[near[0]] == groups[at]] if near else []
    return Kin(len(same), int(themed.sum()) - len(same), float(np.mean(same))) if same else None


def explained(found: Map) -> float:
    """Share of the variance that the drawn axes hold together; 0 where the method does not say."""
    return min(1.0, float(found.explained.sum())) if found.explained.size else 0.0


def hidden(found: Map) -> float:
    """Share of the variance in directions that are not drawn; 0 where it is too small to be named."""
    return 1 - explained(found) if explained(found) < ALL else 0.0


def lowered(found: Map, asked: Settings) -> dict[str, float]:
    """What the method was asked for and what so few points admit; nothing where they admit it."""
    used, name = (
        fitted(asked, len(found.words)),
        {"umap": "neighbours", "tsne": "perplexity"}.get(found.method),
    )
    if name is None or getattr(used, name) == getattr(asked, name):
        return {}
    return {"count": len(found.words), "used": getattr(used, name), "asked": getattr(asked, name)}


def closest(found: OneHot) -> tuple[str, str, float]:
    """The two different words with the largest dense cosine."""
    apart = found.dense - 2 * np.eye(len(found.words), dtype=found.dense.dtype) * np.abs(found.dense).max()
    first, second = divmod(int(apart.argmax()), len(found.words))
    return found.words[first], found.words[second], float(found.dense[first, second])


def parted(found: Senses, layer: int) -> tuple[float, float, float]:
    """Silhouette at a layer, its 95th percentile with shuffled senses, and the share that lies with its own sense."""
    return (
        float(found.silhouette[layer]),
        float(found.chance_silhouette[layer, 1]),
        float(found.accuracy[layer]),
    )


def found_partners(found: Sentences) -> tuple[int, int]:
    """How many left sides have their translation as the nearest right side, and how many right sides the reverse."""
    return int((found.rank_first == 1).sum()), int((found.rank_second == 1).sum())


def all_near(found: Sentences) -> bool:
    """Whether sentences that have nothing to do with each other have high cosines too."""
    return found.other >= HIGH


def narrowest(found: Anisotropy) -> tuple[int, float, float]:
    """The layer with the largest mean cosine, that cosine, and what is left of it without the mean vector."""
    layer = int(found.cosine[0].argmax())
    return layer, float(found.cosine[0, layer]), float(found.cosine[1, layer])


def cone(found: Anisotropy, layer: int) -> dict[str, float]:
    """Of one layer, before and after the mean is removed: mean cosine, the strongest direction's share, directions."""
    told: dict[str, float] = {"layer": layer, "layers": found.cosine.shape[1] - 1}
    for at, kind in enumerate(KINDS):
        told[kind] = float(found.cosine[at, layer])
        told[f"share_{kind}"] = float(found.shares[at, layer, 0])
        told[f"effective_{kind}"] = float(found.effective[at, layer])
    return told


def kept(found: Compression, kind: str) -> tuple[int, float]:
    """Bytes of one vector of a kind of compression, and the share of the ten nearest words that stay."""
    at = found.kinds.index(kind)
    return int(found.bytes[at]), float(found.recall[at])
