"""What to notice in the overview, and what switching heads off did, in one sentence each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.kit.cache import Badge
from pages.kit.frame import Opened
from pages.kit.reading import line

if TYPE_CHECKING:
    from core.compute.attention_heads.overview import Ablation, Notice


SPEAKING = {"induction": 0.35, "duplicate": 0.5, "previous": 0.3, "first": 0.0}
"""Which metric the sentence is about: the first of these whose strongest head reaches the share."""


def notice(page: Opened, found: Notice, badge: Badge) -> None:
    """What to notice in the overview: the strongest head of the most telling metric on this text."""
    strongest = {m: (found.layers[i], found.heads[i], found.values[i]) for i, m in enumerate(found.metrics)}
    asked = str(page.link.get("colour"))  # the score that the visitor has chosen to see comes first
    order = sorted(SPEAKING.items(), key=lambda item: item[0] != asked)
    for metric, least in order:
        if metric in strongest and strongest[metric][2] >= min(least, 0.3 if metric == asked else 1):
            layer, head, value = strongest[metric]
            line(page, f"notice.{metric}", badge, layer=layer, head=head, value=value)
            return
    line(page, "notice.single", badge)


def ablation(page: Opened, result: Ablation, badge: Badge) -> None:
    """What switching the heads off did, in one sentence."""
    names = page.words("list_separator").join(result.heads)
    if not result.candidates:
        line(page, "ablation.turned", badge, heads=names, similarity=result.sentence_similarity)
        return
    top_before, top_after = (
        result.candidates[int(result.before.argmax())],
        result.candidates[int(result.after.argmax())],
    )
    same = result.candidates.index(top_before)
    line(
        page, "ablation.same" if top_before == top_after else "ablation.changed", badge, heads=names,
        before=top_before, p_before=float(result.before[same]), p_same=float(result.after[same]),
        after=top_after, p_after=float(result.after.max()), kl=result.kl,
    )  # fmt: skip
