"""What a model gets besides the text: special tokens, the chat template, padding and its mask.

Computed with the model's own tokenizer and template; the model itself is not needed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core.arrays import read_only
from core.errors import BadParameter, TextEmpty, TextTooLong
from core.models.tokens import templates
from core.models.tokens.own_tokenizers import OwnTokenizer, own_tokenizer
from core.models.tokens.remembered import labelled
from core.models.tokens.turns import place
from core.results import named

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MAX_TEXT = 4_000
"""Longest text, in characters."""
MOST_LINES = 3
"""So many lines make the batch."""
MOST_TOKENS = 48
"""Longest line of the batch, in tokens; what is longer is cut off, as it is for a model."""
MOST_TURNS = 8
"""So many lines make the chat."""
SIDES = ("right", "left")
_BREAKS = (r"\n+", r"(?<=[.!?。！？])\s*", r"(?<=[,;:，；：、])\s*", r"\s+")

Ints = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Marked:
    """Tokens with what each is there for; all tuples have one entry per token."""

    ids: tuple[int, ...]
    labels: tuple[str, ...]  # plain text for display
    bytes_hex: tuple[str, ...]
    kinds: tuple[
        str, ...
    ]  # "special", "typed" (one inside the text), "frame" (the template's words), "content", "pad"


@dataclass(frozen=True, slots=True)
class Special:
    """One special token of the model."""

    name: str
    id: int
    purposes: tuple[str, ...]  # "bos", "eos", "pad", "unk", "cls", "sep", "mask"; empty: for other uses


@dataclass(frozen=True, slots=True)
class Chat:
    """A conversation as the model gets it."""

    model: str
    template: str  # Jinja; "" where the model has none: then the text as the model was trained to read it
    refused: bool  # there is a template, and it is not run: it comes from a free id of the hub
    roles: tuple[str, ...]  # of the messages given to the template
    rendered: str
    tokens: Marked
    specials: tuple[Special, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Texts of unequal length in one rectangle."""

    model: str
    side: str  # where the padding stands
    lines: tuple[str, ...]
    tokens: tuple[Marked, ...]  # [line], padded to one length
    mask: Bytes  # [line, position] 1: the model looks at it; 0: padding
    pad: str  # the padding token's name
    shared: str  # "eos" or "unk" where the padding token has that purpose too, else ""
    cut: tuple[int, ...]  # [line] tokens that did not fit
    wasted: float  # share of the rectangle that is padding


@named("token_splits.chat")
def chat(*, model: str, text: str, prompt: bool = True) -> Chat:
    """Render the text as a chat with the model's template: lines are turns of user and assistant.

    ``prompt`` adds the marker after which the model answers. Without a template the text stands with the special
    tokens and prefix that the model was trained with.
    Errors: TextEmpty, TextTooLong, what ``own_tokenizer`` raises.

    >>> chat(model="smollm2-135m", text="Hi").tokens.labels[0]
    '<|im_start|>'
    """
    text = _checked(text)
    own = own_tokenizer(model)
    specials = special_tokens(own)
    refused = bool(own.template) and own.spec.id.startswith("hub:")
    if not own.template or refused:
        rendered = own.spec.prefix + text
        tokens = _sequence(own, rendered, [(len(own.spec.prefix), len(rendered))], specials=True)
        return Chat(model, "" if not refused else own.template, refused, (), rendered, tokens, specials)
    turns = [part.strip() for part in text.split("\n") if part.strip()][:MOST_TURNS]
    roles = tuple("assistant" if at % 2 else "user" for at in range(len(turns)))
    messages = [{"role": role, "content": turn} for role, turn in zip(roles, turns, strict=True)]
    rendered = render(own, messages, prompt=prompt)
    tokens = _sequence(own, rendered, _places(own, messages, rendered, prompt=prompt), specials=False)
    return Chat(model, own.template, False, roles, rendered, tokens, specials)


@named("token_splits.batch")
def batch(*, model: str, text: str, side: str = "right") -> Batch:
    """Put up to three lines of the text into one rectangle of tokens: shorter ones are padded, the mask says where.

    A text of one line is cut at its sentences, clauses or words. Decoders that generate pad on the left, so that the
    next token follows the text. Errors: as ``chat``, BadParameter("side").
    """
    if side not in SIDES:
        raise BadParameter(name="side")
    lines = lines_of(_checked(text))
    own = own_tokenizer(model)
    name = own.special.get("pad") or own.special.get("eos") or own.special.get("unk") or ""
    full = [_sequence(own, line, [(0, len(line))], specials=True) for line in lines]
    cut = tuple(max(0, len(one.ids) - MOST_TOKENS) for one in full)
    width = max(min(len(one.ids), MOST_TOKENS) for one in full)
    rows = tuple(_padded(one, width, _id(own, name), name, side) for one in full)
    mask = np.array([[kind != "pad" for kind in row.kinds] for row in rows], np.uint8)
    others = [purpose for purpose in ("eos", "unk") if own.special.get(purpose) == name]
    return Batch(
        model=model,
        side=side,
        lines=lines,
        tokens=rows,
        mask=read_only(mask),
        pad=name,
        shared=others[0] if others else "",
        cut=cut,
        wasted=float(1 - mask.mean()),
    )


def besides(tokens: Marked) -> tuple[int, float]:
    """How many tokens are not the text itself, and their share."""
    others = sum(kind not in ("content", "typed") for kind in tokens.kinds)
    return others, others / len(tokens.kinds)


def special_tokens(own: OwnTokenizer) -> tuple[Special, ...]:
    """The model's special tokens by id, with the purposes that its settings give them."""
    added = own.vocabulary.added_tokens_decoder
    names = {id: str(token.content) for id, token in added.items() if token.special}
    for name in own.special.values():
        names.setdefault(_id(own, name), name)
    return tuple(
        Special(name, id, tuple(p for p, one in own.special.items() if one == name))
        for id, name in sorted(names.items())
        if id >= 0
    )


def render(own: OwnTokenizer, messages: Sequence[Mapping[str, str]], *, prompt: bool) -> str:
    """A conversation through the model's chat template. Errors: those of ``templates``."""
    names = {f"{purpose}_token": name for purpose, name in own.special.items()}
    values = {"messages": list(messages), "add_generation_prompt": prompt, **names}
    if own.spec.source == "bundled":
        return templates.render(own.template, values)
    return templates.render_bounded(own.spec.id, own.template, values)


def lines_of(text: str) -> tuple[str, ...]:
    """Two or three parts of a text: its lines; of one line its sentences, else clauses, else words."""
    for pattern in _BREAKS:
        parts = [part.strip() for part in re.split(pattern, text.strip()) if part.strip()]
        if len(parts) > 1:
            return tuple(parts[:MOST_LINES])
    return (text.strip(), text.strip()[:1])


def _checked(text: str) -> str:
    if not text.strip():
        raise TextEmpty
    if len(text) > MAX_TEXT:
        raise TextTooLong(count=len(text), limit=MAX_TEXT, unit="characters")
    return text.encode("utf-8", "replace").decode()


def _places(
    own: OwnTokenizer, messages: Sequence[Mapping[str, str]], rendered: str, *, prompt: bool
) -> list[tuple[int, int]]:
    """Where the messages stand in the rendered text."""

    def instead(at: int, content: str) -> str:
        said = {**messages[at], "content": content}
        return render(own, [*messages[:at], said, *messages[at + 1 :]], prompt=prompt)

    found = (place(partial(instead, at), rendered) for at in range(len(messages)))
    return [one for one in found if one]


def _sequence(own: OwnTokenizer, text: str, content: Sequence[tuple[int, int]], *, specials: bool) -> Marked:
    engine: Tokenizer | None = own.vocabulary.engine
    assert engine is not None
    found = engine.encode(text, add_special_tokens=specials)
    labels, bytes_hex, _, special = labelled(own.vocabulary, found.ids)
    inside = [any(a <= start < b for a, b in content) for start, _ in found.offsets]
    empty = [start == end for start, end in found.offsets]  # a mark that was added
    kinds = map(_kind, special, inside, empty)
    return Marked(tuple(found.ids), tuple(labels), tuple(bytes_hex), tuple(kinds))


def _kind(special: bool, inside: bool, empty: bool) -> str:
    if special:
        return "typed" if inside and not empty else "special"
    return "content" if inside else "frame"


def _padded(one: Marked, width: int, pad: int, name: str, side: str) -> Marked:
    kept = slice(0, width)
    more = width - len(one.ids[kept])
    columns = (
        (one.ids[kept], pad),
        (one.labels[kept], name),
        (one.bytes_hex[kept], name.encode().hex(" ").upper()),
        (one.kinds[kept], "pad"),
    )
    rows: list[Any] = [
        (fill,) * more + own if side == "left" else own + (fill,) * more for own, fill in columns
    ]
    return Marked(*rows)


def _id(own: OwnTokenizer, name: str) -> int:
    engine = own.vocabulary.engine
    found = engine.token_to_id(name) if engine and name else None
    return -1 if found is None else found
