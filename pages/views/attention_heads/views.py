"""The parts of ``attention_heads``, by what a link calls them."""

from __future__ import annotations

from pages.views.attention_heads import bertviz, cross, overview, pair, rollout, waking

VIEWS = {
    "heads": overview.VIEW,
    "rollout": rollout.VIEW,
    "wake": waking.VIEW,
    "bertviz": bertviz.VIEW,
    "cross": cross.VIEW,
    "pair": pair.VIEW,
}
