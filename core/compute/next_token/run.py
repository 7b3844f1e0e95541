"""Runs a request to its end, or step by step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from core.compute.next_token.beams import BeamTask
from core.compute.next_token.distribution import prompt_ids
from core.compute.next_token.generation import LanesTask, TextTask
from core.compute.next_token.requests import LanesRequest, Request, Step, Task, TextRequest
from core.models.read.trace import computing

if TYPE_CHECKING:
    from core.models.load.residency import LoadedModel


def task(request: Request, loaded: LoadedModel, known: Sequence[Step] = ()) -> Task[Any]:
    """The task of a request, checked, nothing computed; ``known``: the first tokens of a text, where they are.

    Errors: TextEmpty, TextTooLong, NeedsDecoder, NoChatTemplate, BadParameter.
    """
    ids = prompt_ids(loaded, request.text, chat=request.chat, forced=request.forced, limit=request.limit)
    if isinstance(request, TextRequest):
        return TextTask(request, loaded, ids, known)
    return (
        LanesTask(request, loaded, ids)
        if isinstance(request, LanesRequest)
        else BeamTask(request, loaded, ids)
    )


def complete(request: Request, loaded: LoadedModel) -> Any:
    """The whole result of a request, computed without waiting for others' turns. Errors: as ``task``."""
    work = task(request, loaded)
    running = work.steps()
    while True:
        with computing(loaded):
            if next(running, "over") == "over":
                return work.result()
