"""Reading a text piece by piece: the keys and values of what was read are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.models.read.layouts import network

if TYPE_CHECKING:
    import torch

    from core.models.load.residency import LoadedModel


class Cache:
    """The model with the keys and values of all tokens that it has read, for one or more texts side by side."""

    def __init__(self, loaded: LoadedModel) -> None:
        from transformers import DynamicCache

        self.model = network(loaded)
        self.device = loaded.device
        self.kept = DynamicCache(config=self.model.config)

    def read(self, rows: Sequence[Sequence[int]]) -> torch.Tensor:
        """Append tokens to each text; the logits after the last one, float32 [text, vocab]."""
        return self.read_all(rows, keep=1)[:, -1].cpu()

    def read_all(self, rows: Sequence[Sequence[int]], *, keep: int) -> torch.Tensor:
        """Append tokens to each text; the logits after the last ``keep``, float32 [text, keep, vocab]."""
        import torch

        ids = torch.tensor([list(row) for row in rows], device=self.device)
        output = self.model(input_ids=ids, past_key_values=self.kept, use_cache=True, logits_to_keep=keep)
        logits: torch.Tensor = output.logits.float()
        return logits

    def take(self, rows: Sequence[int]) -> None:
        """Go on with these of the texts, in this order; one may stand there more than once."""
        import torch

        self.kept.reorder_cache(torch.LongTensor(list(rows)).to(self.device))  # type: ignore[arg-type]
