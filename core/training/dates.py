"""The translator of dates and numbers: examples without end, a Marian model, and where its cross-attention looks.

English → Chinese and back, told apart by the script of the source. A tenth of all dates and of all numbers is never
trained on, in either direction and in no form.
"""

from __future__ import annotations

import datetime
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer
    from torch import nn
    from transformers import MarianConfig, MarianMTModel

MONTHS = "January February March April May June July August September October November December".split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen"
).split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
DIGITS, WEEK = "零一二三四五六七八九", "一二三四五六日"
FIRST, LAST = datetime.date(1900, 1, 1), datetime.date(2099, 12, 31)
MOST = 99_999
"""Largest number."""
HELD_OUT = 10
"""One date and one number in so many is never trained on."""
LOWER = 0.1
"""Share of the English sources written without capitals."""
PAD, START, END, UNKNOWN = "<pad>", "<s>", "</s>", "<unk>"
LENGTH = 64
"""Positions of the model."""
BATCH = 96
_PIECE = r"▁?[A-Za-z]+|▁?[0-9]|▁?[^▁A-Za-z0-9]|▁"


@dataclass(frozen=True, slots=True)
class Example:
    """A source, its one right translation, and what was said."""

    source: str
    target: str
    kind: str  # "date" | "number"
    value: int  # ordinal of the date, or the number


# --- dates and numbers in both languages ----------------------------------------------------------


def english_number(number: int, *, joined: bool = True) -> str:
    """A number in words, with "and" as in Britain (``joined``) or without.

    >>> english_number(305), english_number(21_014, joined=False)
    ('three hundred and five', 'twenty-one thousand fourteen')
    """
    if number < 20:
        return UNITS[number]
    if number < 100:
        rest = number % 10
        return TENS[number // 10 - 2] + (f"-{UNITS[rest]}" if rest else "")
    base, name = (1000, "thousand") if number >= 1000 else (100, "hundred")
    first, rest = divmod(number, base)
    words = f"{english_number(first, joined=joined)} {name}"
    if not rest:
        return words
    link = " and " if joined and rest < 100 else " "
    return words + link + english_number(rest, joined=joined)


def chinese_number(number: int, *, liang: bool = True) -> str:
    """A number in Chinese; a leading 2 before 百, 千 and 万 is 两 (``liang``) or 二.

    >>> chinese_number(305), chinese_number(20_014), chinese_number(12), chinese_number(2_222)
    ('三百零五', '两万零一十四', '十二', '两千二百二十二')
    """
    if number == 0:
        return DIGITS[0]
    head, rest = divmod(number, 10_000)
    text = f"{chinese_number(head, liang=liang)}万" if head else ""
    gap = False
    for base, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, rest = divmod(rest, base)
        if not digit:
            gap = True
            continue
        text += (DIGITS[0] if text and gap else "") + DIGITS[digit] + name
        gap = False
    if text.startswith("一十"):
        text = text[1:]
    return re.sub("^二(?=[百千万])", "两", text) if liang else text


def chinese_date(day: datetime.date, *, weekday: bool, form: str = "digits") -> str:
    """A date in Chinese, in digits (as the translator writes it) or in characters.

    >>> chinese_date(datetime.date(2024, 3, 5), weekday=True)
    '2024年3月5日星期二'
    """
    week = WEEK[day.weekday()]
    if form == "characters":
        year = "".join("〇一二三四五六七八九"[int(digit)] for digit in str(day.year))
        text = f"{year}年{chinese_number(day.month)}月{chinese_number(day.day, liang=False)}日"
    else:
        text = f"{day.year}年{day.month}月{day.day}{'号' if form == 'spoken' else '日'}"
    return text + (f"{'周' if form == 'spoken' else '星期'}{week}" if weekday else "")


def english_date(day: datetime.date, *, weekday: bool, form: str = "plain") -> str:
    """A date in English, in one of ``FORMS``; the translator writes the plain one.

    >>> english_date(datetime.date(2024, 3, 5), weekday=True)
    'Tuesday, March 5, 2024'
    """
    month, week = MONTHS[day.month - 1], DAYS[day.weekday()]
    number = f"{day.day}{_ordinal(day.day)}"
    dates = {
        "plain": f"{month} {day.day}, {day.year}",
        "british": f"{day.day} {month} {day.year}",
        "ordinal": f"{month} {number}, {day.year}",
        "of": f"the {number} of {month} {day.year}",
        "short": f"{month[:3]} {day.day}, {day.year}",
    }
    if not weekday:
        return dates[form]
    return f"{week[:3] if form == 'short' else week}{' ' if form == 'british' else ', '}{dates[form]}"


FORMS = ("plain", "british", "ordinal", "of", "short")
CHINESE_FORMS = ("digits", "characters", "spoken")


def _ordinal(number: int) -> str:
    return "th" if 10 < number < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


# --- examples -------------------------------------------------------------------------------------


def kept_out(kind: str, value: int) -> bool:
    """Whether a date or number is held out, decided by its checksum."""
    return crc32(f"{kind} {value}".encode()) % HELD_OUT == 0


def example(chance: random.Random, direction: str, *, held_out: bool, kind: str = "") -> Example:
    """One example of a direction ("en-zh" | "zh-en"), from the trained or from the held-out values."""
    kind = kind or chance.choice(("date", "date", "number"))
    while True:
        value = chance.randint(FIRST.toordinal(), LAST.toordinal()) if kind == "date" else _number(chance)
        if kept_out(kind, value) == held_out:
            break
    source, target = _said(chance, kind, value, direction)
    if direction == "en-zh" and chance.random() < LOWER:
        source = source.lower()
    return Example(source, target, kind, value)


def _number(chance: random.Random) -> int:
    """Small numbers as often as large ones: the number of digits is drawn first.

    More of those between 10,000 and 19,999: two Chinese digits, 一万 and 六千, become one word, "sixteen".
    """
    if chance.random() < 0.15:
        return chance.randint(10_000, 19_999)
    digits = chance.choice((1, 2, 3, 3, 4, 4, 5, 5, 5))
    number = chance.randint(0, 10**digits - 1)
    if chance.random() < 0.25:  # zeros in the middle are where it is hard
        number -= number // 10 % 10 * 10
    return min(number, MOST)


def _said(chance: random.Random, kind: str, value: int, direction: str) -> tuple[str, str]:
    english, chinese = direction == "en-zh", direction == "zh-en"
    if kind == "number":
        source = english_number(value, joined=not english or chance.random() < 0.6)
        other = chinese_number(value, liang=not chinese or chance.random() < 0.7)
    else:
        day, weekday = datetime.date.fromordinal(value), chance.random() < 0.6
        source = english_date(day, weekday=weekday, form=chance.choice(FORMS) if english else "plain")
        other = chinese_date(day, weekday=weekday, form=chance.choice(CHINESE_FORMS) if chinese else "digits")
    return (source, other) if english else (other, source)


def held_out(direction: str, count: int, *, seed: int = 1, kind: str = "") -> list[Example]:
    """Different examples that were never trained on."""
    chance = random.Random(f"{seed} {direction} {kind}")  # noqa: S311 — no secret
    found: dict[str, Example] = {}
    while len(found) < count:
        one = example(chance, direction, held_out=True, kind=kind)
        found.setdefault(one.source, one)
    return list(found.values())


# --- vocabulary -----------------------------------------------------------------------------------


@cache
def vocabulary() -> tuple[str, ...]:
    """All pieces: words with and without the space before them, single digits, Chinese characters, signs."""
    words = {*MONTHS, *DAYS, *UNITS, *TENS, "hundred", "thousand", "and", "the", "of", "st", "nd", "rd", "th"}
    words |= {word[:3] for word in (*MONTHS, *DAYS)}
    words |= {word.lower() for word in words}
    pieces = {*words, *DIGITS, *WEEK, *"〇十百千万两年月日号星期周,-0123456789"}
    spaced = {f"▁{piece}" for piece in (*words, *"0123456789")}
    return (PAD, START, END, UNKNOWN, *sorted(pieces), *sorted(spaced))


def tokenizer() -> Tokenizer:
    """Words, digits and characters as tokens; ``</s>`` ends each text."""
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    engine = Tokenizer(
        models.WordLevel({piece: at for at, piece in enumerate(vocabulary())}, unk_token=UNKNOWN)
    )
    engine.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Strip(), normalizers.Replace(" ", "▁")]
    )
    engine.pre_tokenizer = pre_tokenizers.Split(Regex(_PIECE), behavior="isolated")
    engine.post_processor = processors.TemplateProcessing(
        single=f"$A {END}", special_tokens=[(END, vocabulary().index(END))]
    )
    engine.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.Fuse()])
    engine.add_special_tokens([PAD, START, END, UNKNOWN])
    return engine


# --- the model ------------------------------------------------------------------------------------


def config() -> MarianConfig:
    """Two layers of encoder and of decoder, four heads, sinusoidal positions."""
    from transformers import MarianConfig

    ids = {name: vocabulary().index(name) for name in (PAD, START, END)}
    return MarianConfig(
        vocab_size=len(vocabulary()), max_position_embeddings=LENGTH, d_model=128, encoder_layers=2, decoder_layers=2,
        encoder_attention_heads=4, decoder_attention_heads=4, encoder_ffn_dim=512, decoder_ffn_dim=512, dropout=0.0,
        activation_function="gelu", scale_embedding=True, pad_token_id=ids[PAD], bos_token_id=ids[START],
        eos_token_id=ids[END], decoder_start_token_id=ids[START], forced_eos_token_id=None, tie_word_embeddings=True,
        share_encoder_decoder_embeddings=True, architectures=["MarianMTModel"],
    )  # fmt: skip


def make() -> MarianMTModel:
    """A fresh model."""
    from transformers import MarianMTModel

    maker: Any = MarianMTModel._from_config  # not annotated
    made: MarianMTModel = maker(config(), attn_implementation="eager")
    return made


def batch(step: int, seed: int, engine: Tokenizer) -> dict[str, torch.Tensor]:
    """The examples of one step, half of them in each direction."""
    chance = random.Random(f"{seed} {step}")  # noqa: S311 — no secret
    found = [example(chance, ("en-zh", "zh-en")[at % 2], held_out=False) for at in range(BATCH)]
    return tensors(found, engine)


def tensors(examples: Sequence[Example], engine: Tokenizer) -> dict[str, torch.Tensor]:
    """Ids of sources and targets, padded; -100 where no loss is taken."""
    import torch

    sources, targets = ([engine.encode(text).ids for text in texts] for texts in zip(
        *((one.source, one.target) for one in examples), strict=True))  # fmt: skip
    width, height = max(map(len, sources)), max(map(len, targets))
    pad = vocabulary().index(PAD)
    ids = torch.tensor([row + [pad] * (width - len(row)) for row in sources])
    labels = torch.tensor([row + [-100] * (height - len(row)) for row in targets])
    return {"input_ids": ids, "attention_mask": (ids != pad).long(), "labels": labels}


def loss(model: nn.Module, found: Any) -> torch.Tensor:
    """Cross-entropy of the target's tokens, nats."""
    value: torch.Tensor = model(**found).loss
    return value


def translate(model: MarianMTModel, engine: Tokenizer, sources: Sequence[str]) -> list[str]:
    """Greedy translations."""
    import torch

    ids = vocabulary()
    out: list[str] = []
    for at in range(0, len(sources), 250):
        some = tensors([Example(source, "", "", 0) for source in sources[at : at + 250]], engine)
        with torch.inference_mode():
            rows = _greedy(model, some, ids.index(START), ids.index(END))
        out += [engine.decode(row).strip() for row in rows]
    return out


def _greedy(model: MarianMTModel, some: dict[str, torch.Tensor], start: int, end: int) -> list[list[int]]:
    import torch

    encoded = model.get_encoder()(input_ids=some["input_ids"], attention_mask=some["attention_mask"])
    rows = torch.full((len(some["input_ids"]), 1), start)
    ended = torch.zeros(len(rows), dtype=torch.bool)
    for _ in range(LENGTH - 2):
        logits = model(
            encoder_outputs=encoded, attention_mask=some["attention_mask"], decoder_input_ids=rows
        ).logits
        best = logits[:, -1].argmax(-1)
        rows = torch.cat([rows, best[:, None]], dim=1)
        ended |= best == end
        if bool(ended.all()):
            break
    return [row[1 : row.index(end) if end in row else None] for row in rows.tolist()]


def exact(model: MarianMTModel, engine: Tokenizer, examples: Sequence[Example]) -> float:
    """Share of the examples that are translated without a fault."""
    found = translate(model, engine, [one.source for one in examples])
    return float(np.mean([said == one.target for said, one in zip(found, examples, strict=True)]))


# --- what cross-attention looks at ----------------------------------------------------------------


def right_sources(
    source: Sequence[str], target: Sequence[str], one: Example
) -> Iterator[tuple[str, int, set[int]]]:
    """(part, place in the target, places of the source that say the same) for each token with a clear origin.

    Pieces come without "▁". Parts: "year", "month", "day", "weekday" of a date, "digit" of a Chinese number.
    """
    english = [piece.lower() for piece in source]
    if one.kind == "number":
        yield from _digit_sources(english, target, one.value)
        return
    day = datetime.date.fromordinal(one.value)
    month = [at for at, piece in enumerate(english) if piece[:3] == MONTHS[day.month - 1][:3].lower()]
    numbers = [
        found.span() for found in re.finditer(r"\d+", "".join(p if p.isdigit() else "-" for p in source))
    ]
    year = next(span for span in numbers if span[1] - span[0] == 4)
    date = next(span for span in numbers if span[1] - span[0] < 3)
    at_month = target.index("月")
    for at in range(4):
        yield "year", at, {year[0] + at}
    for at in range(target.index("年") + 1, at_month):
        yield "month", at, set(month)
    for place, at in enumerate(range(at_month + 1, target.index("日"))):
        yield "day", at, {date[0] + place}
    if target[-2] == "期":
        yield (
            "weekday",
            len(target) - 1,
            {at for at, p in enumerate(english) if p[:3] == DAYS[day.weekday()][:3].lower()},
        )


def _digit_sources(
    source: Sequence[str], target: Sequence[str], number: int
) -> Iterator[tuple[str, int, set[int]]]:
    """Each Chinese digit comes from the English word that has it: 二 of 二十 from "twenty", of 十二 from "twelve"."""
    words = _words_of_places(source)
    digits = [place for place in range(4, -1, -1) if number // 10**place % 10]
    if target[0] == "十":
        digits = digits[1:]  # the 1 of 10 … 19 is not written
    written = [at for at, piece in enumerate(target) if piece == "两" or DIGITS.find(piece) > 0]
    for at, place in zip(written, digits, strict=True):
        yield "digit", at, {words[place]}


def _words_of_places(source: Sequence[str]) -> dict[int, int]:
    """Decimal place → place of the word in the source that says its digit."""
    found: dict[int, int] = {}
    group: list[int] = []
    for at, word in enumerate([*source, "end"]):
        if word in UNITS or word in TENS:
            group.append(at)
        elif word in ("hundred", "thousand", "end") and group:
            base = {"hundred": 2, "thousand": 3, "end": 0}[word]
            found |= {base: group[-1], base + 1: group[0]} if base != 2 else {base: group[-1]}
            group = []
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """How often a head's largest cross-attention lies on the token that says what is being written."""

    parts: tuple[str, ...]
    counts: tuple[int, ...]  # [part]
    share: npt.NDArray[np.float32]  # [part, layer, head]

    def best(self, part: str) -> tuple[int, int, float]:
        """Layer, head and share of the head that looks at the right token most often."""
        found = self.share[self.parts.index(part)]
        layer, head = np.unravel_index(int(found.argmax()), found.shape)
        return int(layer), int(head), float(found.max())

    def overall(self) -> tuple[int, int, float]:
        """The one head that is best over all parts, each part counting alike."""
        found = self.share.mean(axis=0)
        layer, head = np.unravel_index(int(found.argmax()), found.shape)
        return int(layer), int(head), float(found.max())


def alignment(model: MarianMTModel, engine: Tokenizer, examples: Sequence[Example]) -> Alignment:
    """Where each head looks while the model writes the right translation (teacher forcing), English → Chinese."""
    import torch

    hits: dict[str, npt.NDArray[np.float64]] = {}
    counts: dict[str, int] = {}
    for one in examples:
        some = tensors([one], engine)
        with torch.inference_mode():
            found = model(**some, output_attentions=True).cross_attentions
        looks = np.stack([layer[0].numpy() for layer in found]).argmax(-1)  # [layer, head, target]
        pieces = [
            [piece.lstrip("▁") for piece in engine.encode(text).tokens[:-1]]
            for text in (one.source, one.target)
        ]
        for part, at, places in right_sources(pieces[0], pieces[1], one):
            right = np.isin(looks[:, :, at], list(places)).astype(
                float
            )  # row ``at`` of the decoder writes token ``at``
            hits[part] = hits.get(part, 0.0) + right
            counts[part] = counts.get(part, 0) + 1
    parts = tuple(sorted(hits))
    share = np.stack([hits[part] / counts[part] for part in parts]).astype(np.float32)
    return Alignment(parts, tuple(counts[part] for part in parts), share)
