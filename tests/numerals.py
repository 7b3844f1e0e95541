"""What is wrong with the numbers in a text that visitors read: plurals, ordinals, signs, and what is no number."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from core import numbers

TEXT = Path(__file__).resolve().parents[1] / "assets" / "text" / "en"
NOUNS = "bytes characters epochs heads layers lines models points rows sentences steps tokens vectors words".split()
# Words of visitors and models, code, formulas and addresses are not ours.
FOREIGN = re.compile(
    r"```.*?```|`[^`]*`|\$\$.*?\$\$|\$[^$]*\$|"
    r"“[^”]*”|‘[^’]*’|「[^」]*」|\u2068[^\u2069]*\u2069|https?://\S+|\]\([^)]*\)|^> .*$",
    re.DOTALL | re.MULTILINE,
)
WRONG = {
    "a hyphen for a minus": r"(?<![\w\\/.:@=&?#,-])-\d[\d.,]*",
    "a zero with a sign": r"(?<![\w\\.])[-−+]0(?:\.0+)?(?![\d.,\w])",
    "a number that nobody rounded": r"(?<![\w.])\d+\.\d{8,}",
    "no number": r"(?<![\w.-])(?:nan|NaN|inf|Infinity|undefined)(?![\w-])|\bNone\b(?!\s*(?:of|:|：))",
    "a placeholder": r"\{\w+(?::[^{}]*)?\}",
}


@functools.cache
def plurals() -> str:
    """An expression of all plurals that our sentences count in."""
    sentences = "".join(path.read_text("utf-8") for path in TEXT.glob("*.toml"))
    own = re.findall(r"\{\w+:[^{}|]*\|[^{}|]*\|([^{}|]*s)\}", sentences)
    return "|".join(map(re.escape, sorted({*NOUNS, *own}, key=len, reverse=True)))


def _ordinals(text: str) -> Iterator[str]:
    for found in re.finditer(r"(?<![\w.,])(\d+)(?:st|nd|rd|th)\b", text):
        if found[0] != numbers.ordinal(int(found[1]), "en").replace(",", ""):
            yield f"an ordinal: {found[0]}"


def slips(texts: Iterable[str]) -> list[str]:
    """Every wrong number in the texts, with what is wrong about it."""
    text = FOREIGN.sub("“”", "\n".join(texts))
    one = re.findall(rf"(?<![\w.,−-])1[ \u00a0\u202f](?:{plurals()})\b", text)
    found = [f"a plural: {slip}" for slip in one]
    found += [f"{what}: {slip}" for what, rule in WRONG.items() for slip in re.findall(rule, text)]
    return [*found, *_ordinals(text)]


def filled(sentence: str, **values: float | str) -> str:
    """An English sentence of the word files as a canvas fills it in."""
    return numbers.fill(sentence, "en", **values)
