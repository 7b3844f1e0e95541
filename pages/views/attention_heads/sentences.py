"""What is said of the heads: what to notice in the overview, and what switching some off did, in one sentence each."""

from __future__ import annotations

import streamlit as st

from core.compute.attention_heads.ablation import Ablation, verdict
from core.compute.attention_heads.overview import Notice
from pages.kit.cache import Badge
from pages.kit.frame import Opened
from pages.kit.reading import line

NAMED = 6
"""So many heads are named in a sentence."""


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
    id, values = _switched(page, result)
    if len(result.heads) <= NAMED:
        values["heads"] = page.words("ablation.named").replace(
            "{heads}", str(values["heads"])
        )  # escaped once, below
    line(page, f"ablation.{id}", badge, **values)


def brief(page: Opened, result: Ablation, anchor: str) -> None:
    """The same in a few words, where heads are switched, with a way to the rest."""
    id, values = _switched(page, result)
    st.markdown(
        f"{page.words(f'ablation.brief_{id}', **values)} [{page.words('ablation.detail')}](#{anchor})"
    )


def _switched(page: Opened, result: Ablation) -> tuple[str, dict[str, object]]:
    """Which sentence is true of a switch, and what stands in it; of many heads, how many they are."""
    heads = page.words("list_separator").join(result.heads)
    if len(result.heads) > NAMED:
        heads = page.words("ablation.many", count=len(result.heads))
    said = verdict(result)
    if said is None:
        return "turned", {"heads": heads, "similarity": result.sentence_similarity}
    told = {"before": said.before, "p_before": said.p_before, "p_same": said.p_same}
    told |= {"after": said.after, "p_after": said.p_after, "kl": result.kl}
    return "same" if said.before == said.after else "changed", {"heads": heads, **told}


def bare(label: str) -> str:
    """A token's label in a sentence: without the sign for its spaces, where it has more than these."""
    return label.strip("·") or label
