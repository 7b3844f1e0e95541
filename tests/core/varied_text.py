"""Strings of many kinds, the same for the same seed: what a tokenizer may meet."""

from __future__ import annotations

import random
import sys
import unicodedata
from functools import cache

ENGLISH = (
    "the of and to a in is it you that he was for on are with as I his they be at one have this from or had by not "
    "word but what some we can out other were all there when up use your how said an each she which do their time "
    "tokenization unbelievably antidisestablishmentarianism Photosynthesis Massachusetts don't we'll I'VE they'd "
    "McDonald's café naïve résumé Zürich coöperate e-mail U.S.A. Ph.D. iPhone GPT-4o strawberry 3.14 1,000,000 $9.99"
).split()
CHINESE = (
    "的一是不了在人有我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后小么心多天"
    "而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长知民样现分将外但身些与高"
    "龘靐齉爨饕餮魑魅魍魉氤氲耄耋囧槑，。！？；：“”（）《》、…—"
)
CODE = (
    "def f(x): return x**2;for (int i=0; i<n; ++i) {;    if a != b and c >= d:;import numpy as np;"
    "const x = y => ({...y, z: [1,2,3]});SELECT * FROM t WHERE id = 'a''b';"
    "\t\treturn self._value[0];#include <stdio.h>;"
    '"k": {"v": null},;// TODO(x): 0xFF_u8;<div class="row">&nbsp;</div>;printf("%d\\n", a);'
    "a += b << 2 | ~c;\n\n\n    pass;"
    "x_train, y_train = [], {};git commit -m 'fix';CamelCaseName snake_case_name SCREAMING_CASE"
).split(";")
EMOJI = (
    "😀 😂 🥹 👍🏽 👩‍👩‍👧 🇨🇳 🇬🇧 ❤️ 1️⃣ 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f 🧑🏿‍🚀 ☕ ✈️ ♟ 🫠 🪿"
).split(" ")
OTHER = (
    "Привет мир;γειά σου Κόσμε;مرحبا بالعالم;שלום עולם;नमस्ते दुनिया;สวัสดีชาวโลก;こんにちは世界;"
    "カタカナ ひらがな;안녕하세요 세계;"
    "Xin chào thế giới;ｆｕｌｌ　ｗｉｄｔｈ１２３;ﬁne ﬂow ﬃ;İstanbul ıI ſtraße ẞ;"
    "e\u0301 n\u0303 o\u0308\u0304;㎏ ① Ⅷ ½ ² ﷺ;\u1e9b\u0323;"
    "ⅷ ٣٤٥ १२३ 一二三 百万;𝒳 𝟘𝟙 𠀀 𪚥;ภาษาไทย;മലയാളം;ქართული;አማርኛ;ᠮᠣᠩᠭᠣᠯ"
).split(";")
SPACES = (" ", "  ", "   ", "\n", "\n\n", "\r\n", "\t", " \n ", "\u00a0", "\u3000", "\u2003", "        ")
ODD = (
    "\x00",
    "\x07",
    "\x7f",
    "\x85",
    "\u200b",
    "\u200d",
    "\ufeff",
    "\u202e",
    "\ufffd",
    "\u00ad",
    "\u2028",
    "\x1f",
)


@cache
def assigned() -> str:
    """Every character that Unicode has given a meaning, no surrogates and none for private use."""
    return "".join(
        chr(code)
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code)) not in ("Cn", "Cs", "Co")
    )


def varied(count: int, seed: int = 0) -> list[str]:
    """``count`` strings of 1 to about 100 characters: words, characters, code, emoji, random Unicode, mixtures."""
    dice = random.Random(seed)
    makers = (_english, _chinese, _code, _emoji, _unicode, _plane, _mixed, _numbers, _spaces, _ascii)
    return [makers[at % len(makers)](dice) for at in range(count)]


def _english(dice: random.Random) -> str:
    words = [dice.choice(ENGLISH) for _ in range(dice.randint(1, 14))]
    change = dice.choice((str, str.capitalize, str.upper, str))
    return " ".join(map(change, words)) + dice.choice((".", "", "!", "?\n", "...", "'s", " "))


def _chinese(dice: random.Random) -> str:
    return "".join(dice.choice(CHINESE) for _ in range(dice.randint(1, 40)))


def _code(dice: random.Random) -> str:
    return "\n".join(" " * dice.choice((0, 2, 4, 8)) + dice.choice(CODE) for _ in range(dice.randint(1, 4)))


def _emoji(dice: random.Random) -> str:
    return "".join(dice.choice(EMOJI) + dice.choice(("", "", " ", "ok")) for _ in range(dice.randint(1, 10)))


def _unicode(dice: random.Random) -> str:
    return "".join(dice.choice(assigned()) for _ in range(dice.randint(1, 16)))


def _plane(dice: random.Random) -> str:
    """Characters that lie near each other: words of one script, more or less."""
    letters = assigned()
    start = dice.randrange(len(letters) // 4)
    near = letters[start : start + 60]
    return "".join(dice.choice(near) for _ in range(dice.randint(1, 24)))


def _mixed(dice: random.Random) -> str:
    kinds = (ENGLISH, CHINESE, CODE, EMOJI, OTHER, SPACES, ODD)
    return "".join(dice.choice(dice.choice(kinds)) for _ in range(dice.randint(1, 14)))


def _numbers(dice: random.Random) -> str:
    numbers = (str(dice.randrange(10 ** dice.randint(1, 12))) for _ in range(dice.randint(1, 6)))
    return dice.choice((" ", "+", ".", ", ", "", "%", "-")).join(numbers)


def _spaces(dice: random.Random) -> str:
    return "".join(
        dice.choice((dice.choice(SPACES), dice.choice(SPACES), dice.choice(ENGLISH), dice.choice(OTHER)))
        for _ in range(dice.randint(1, 14))
    )


def _ascii(dice: random.Random) -> str:
    return "".join(chr(dice.randint(0x20, 0x7E)) for _ in range(dice.randint(1, 60)))
