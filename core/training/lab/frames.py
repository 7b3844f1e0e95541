"""What is looked at now and then while a model learns: what it writes, how right and how sure it is, where it looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core.data.lab_tokens import MASK, PAD, SPECIALS
from core.training.lab import losses
from core.training.lab.run import Run, held_out_parts
from core.training.lab.tasks import SIGN, WORD, Task, right_form

if TYPE_CHECKING:
    import torch

WRITTEN = 96
"""Characters that a text goes on for, about."""
TEMPERATURE = 0.8
"""Of texts that are drawn."""
COUNTED = 96
"""Held-out questions that the share of right answers is of."""
GAP = 4
"""One token in so many is to be filled in."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A moment of a training."""

    step: int
    samples: tuple[str, ...]  # what was written after each of the task's questions
    accuracy: float  # share of right answers, of poems of the right form, of known words; nan for none
    held_out: float  # nats per token, measured without a fault
    right: float  # share of held-out tokens that are foretold first, 0 … 1
    sure: float  # mean probability of the first, 0 … 1
    attention: npt.NDArray[np.uint8]  # [layer, head, query, key], 255 is 1
    embeddings: npt.NDArray[np.float16]  # [piece, width]


def look(run: Run) -> Frame:
    """The model as it stands; it stays as it is."""
    import torch

    run.model.train(False)
    with torch.inference_mode():
        samples, accuracy = _written(run)
        scores = [(part.count, *losses.right(run.model, part)) for part in _parts(run)]
        weight = max(1, sum(count for count, _, _ in scores))
        body: Any = run.model
        frame = Frame(
            run.done, samples, accuracy, run.measure(honest=True),
            sum(count * one for count, one, _ in scores) / weight,
            sum(count * one for count, _, one in scores) / weight,
            attention(run.model, run.task.shown, _direction(run)),
            body.tokens.detach().numpy().astype(np.float16),
        )  # fmt: skip
    run.model.train()
    return frame


def _parts(run: Run) -> list[losses.Part]:
    return held_out_parts(run.task, run.recipe, honest=True)


def _direction(run: Run) -> str:
    return "both" if run.recipe.objective == "masked" else "forward"


def attention(model: torch.nn.Module, ids: tuple[int, ...], direction: str) -> npt.NDArray[np.uint8]:
    """Weights of a text [layer, head, query, key], 255 for 1."""
    import torch

    found: list[Any] = []

    def see(_: int, name: str, state: torch.Tensor) -> torch.Tensor:
        if name == "attention":
            found.append(state[0])
        return state

    model(torch.tensor([ids]), direction, None, see)
    whole: npt.NDArray[np.float32] = torch.stack(found).numpy()
    return np.rint(255 * whole).astype(np.uint8)


def _written(run: Run) -> tuple[tuple[str, ...], float]:
    """Samples, and how good they are by the task's own measure."""
    task = run.task
    if run.recipe.objective == "masked":
        return _filled(run)
    if task.answers:
        found = tuple(write(run, task.questions))
        return found, _share_right(run)
    if run.recipe.task == "poems":
        drawn = write(run, task.questions)
        whole = [question + one for question, one in zip(task.questions, drawn, strict=True)]
        return tuple(drawn), float(np.mean([right_form(text) for text in whole]))
    greedy = write(run, task.questions, most=WRITTEN, ends=False)
    drawn = write(run, task.questions, most=WRITTEN, ends=False, temperature=TEMPERATURE)
    words = WORD.findall(" ".join(drawn))
    return (*greedy, *drawn), sum(word in task.known for word in words) / len(words) if words else 0.0


def _share_right(run: Run) -> float:
    """Of held-out questions, greedily."""
    rows, vocabulary = run.task.held_out, run.task.vocabulary
    texts = [vocabulary.decode(row.tolist()).strip("\n") for row in rows.ids[:COUNTED]]
    cuts = [SIGN.split(text)[0] + SIGN.findall(text)[0] for text in texts if SIGN.search(text)]
    wanted = [text for text in texts if SIGN.search(text)]
    found = write(run, cuts)
    return float(np.mean([cut + one == text for cut, one, text in zip(cuts, found, wanted, strict=True)]))


def write(
    run: Run, starts: Any, *, most: int = 0, ends: bool = True, temperature: float = 0.0
) -> list[str]:  # fmt: skip
    """What follows each of some texts, to the end of its line or for ``most`` tokens; greedy, or drawn by the seed.

    Texts of one length go together. The last tokens that the context holds are read.
    """
    vocabulary, length = run.task.vocabulary, run.task.train.length - 1
    opening = vocabulary.encode("\n") if ends else []
    coded = [[*opening, *vocabulary.encode(text)] for text in starts]
    found = [""] * len(coded)
    for size in {len(row) for row in coded}:
        some = [at for at, row in enumerate(coded) if len(row) == size]
        rows = _continued(
            run.model, [coded[at] for at in some], length, most or length + 1 - size, temperature
        )
        for at, row in zip(some, rows, strict=True):
            text = vocabulary.decode(row[size:])
            found[at] = text.split("\n")[0] if ends else text
    return found


def _continued(
    model: torch.nn.Module, rows: Any, length: int, most: int, temperature: float
) -> list[list[int]]:
    import torch

    chance = torch.Generator().manual_seed(0)
    ids = torch.tensor(rows)
    for _ in range(most):
        logits = model(ids[:, -length:])[:, -1]
        logits[:, : len(SPECIALS)] = -torch.inf
        best = (
            torch.multinomial((logits / temperature).softmax(-1), 1, generator=chance)
            if temperature and bool(logits.isfinite().any(1).all())
            else logits.argmax(-1, keepdim=True)
        )
        ids = torch.cat([ids, best], 1)
    out: list[list[int]] = ids.tolist()
    return out


def _filled(run: Run) -> tuple[tuple[str, ...], float]:
    """Held-out texts whose every fourth token was masked and filled in, and the share of right ones."""
    import torch

    rows, _ = run.task.held_out.take(np.arange(min(COUNTED, len(run.task.held_out))))
    ids = rows[:, :-1]
    gaps = (np.arange(ids.shape[1]) % GAP == GAP // 2) & (ids != PAD)
    logits = run.model(torch.from_numpy(np.where(gaps, MASK, ids)), "both")
    logits[..., : len(SPECIALS)] = -torch.inf
    made = np.where(gaps, logits.argmax(-1).numpy(), ids)
    texts = tuple(run.task.vocabulary.decode(row) for row in made[: len(run.task.questions)].tolist())
    return texts, float((made == ids)[gaps].mean())


def fixed_text(task: Task) -> tuple[str, ...]:
    """The tokens whose attention is kept, as they are shown."""
    return task.vocabulary.shown(task.shown)
