"""What is said of the heads: what to notice in the overview, and what switching some off did, in one sentence each."""

from __future__ import annotations

from core.compute.attention_heads.ablation import Ablation, verdict
from core.compute.attention_heads.overview import Notice
from pages.kit.cache import Badge
from pages.kit.frame import Opened
from pages.kit.reading import line


def notice(page: Opened, found: Notice, badge: Badge) -> None:
    """The strongest head of the most telling metric on this text; the metric that the visitor sees comes first."""
    seen = found.telling(str(page.link.get("colour")))
    if seen is None:
        line(page, "notice.single", badge)
        return
    metric, layer, head, value = seen
    line(page, f"notice.{metric}", badge, layer=layer, head=head, value=value)


def ablation(page: Opened, result: Ablation, badge: Badge) -> None:
    """What the model says without the heads that are switched off."""
    names = page.words("list_separator").join(result.heads)
    said = verdict(result)
    if said is None:
        line(page, "ablation.turned", badge, heads=names, similarity=result.sentence_similarity)
        return
    id = "ablation.same" if said.before == said.after else "ablation.changed"
    line(
        page, id, badge, heads=names, before=said.before, p_before=said.p_before, p_same=said.p_same,
        after=said.after, p_after=said.p_after, kl=result.kl,
    )  # fmt: skip


def bare(label: str) -> str:
    """A token's label in a sentence: without the sign for its spaces, where it has more than these."""
    return label.strip("·") or label
