"""Addresses that nobody meant: made by chance from a seed, and read as a page reads its own."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, quote, quote_plus

import streamlit as st

from core import catalog
from core.catalog import Page, Value
from pages.kit import permalink
from pages.kit.session import Session, session
from tests.core.test_params import holds
from tests.hostile import INJECTIONS, TEXTS, VALUES

RAW = (
    "%00",
    "%ff%fe",
    "%",
    "%u0041",
    "%ed%a0%80",
    "+",
    "&&",
    "=",
    ";",
    "#",
    "%2525",
    "\u202e",
    "[]",
    "%0d%0aSet-Cookie:a=b",
)
"""Pieces that are no address of any text."""


def _value(chance: random.Random) -> str:
    one = chance.choice(
        (*VALUES, *TEXTS.values(), *chance.choices(INJECTIONS, k=20), str(chance.uniform(-1e9, 1e9)))
    )
    return chance.choice((quote, quote_plus))(one, safe=chance.choice(("", "/:,")))


def _mutated(address: str, chance: random.Random) -> str:
    """An address with a piece put in, left out, doubled, or put somewhere else."""
    start, end = sorted(chance.choices(range(len(address) + 1), k=2))
    piece = address[start:end]
    change: Callable[[], str] = chance.choice((
        lambda: address[:start] + chance.choice(RAW) + address[start:],
        lambda: address[:start] + address[end:],
        lambda: address[:end] + piece * chance.randint(1, 3) + address[end:],
        lambda: piece + address,
        lambda: address,
    ))  # fmt: skip
    return change()


def _named(page: Page, chance: random.Random) -> Iterator[str]:
    """Some parameters of a page, each with a value of any kind, now and then more than once."""
    names = [param.name for param in permalink.SHARED] + [
        f"{page.short}_{param.name}" for param in page.params
    ]
    for name in chance.choices([*names, "embed", "embed_options", "__proto__"], k=chance.randint(0, 8)):
        yield f"{name}={_value(chance)}"


def fuzzed(count: int, seed: int = 0) -> Iterator[tuple[Page, str]]:
    """So many pages, each with what stands behind the question mark."""
    chance = random.Random(seed)
    presets = {
        page.stem: [preset for one in page.questions for preset in (one.ask, one.reveal)]
        for page in catalog.PAGES
    }
    for _ in range(count):
        page = chance.choice(catalog.PAGES)
        language = chance.choice(catalog.LANGUAGES)
        meant = permalink.query(page, chance.choice(presets[page.stem]).values(language), language)
        parts = (
            [f"{name}={quote_plus(value)}" for name, value in meant.items()] if chance.random() < 0.5 else []
        )
        parts += _named(page, chance)
        chance.shuffle(parts)
        yield page, _mutated("&".join(parts), chance)


def read(page: Page, address: str, *, back: bool) -> None:
    """Read an address as a page does in its first run; what is kept is admitted.

    ``back``: the link that the page then writes says the same.
    """
    mine = session()
    given = {name: values[-1] for name, values in parse_qs(address, keep_blank_values=True).items()}
    asked = {name: value for name, value in given.items() if not name.startswith("embed")}
    found = _read(mine, page, asked)
    declared = {param.name: param for param in permalink.SHARED}
    declared |= {f"{page.short}_{param.name}": param for param in page.params}
    for name, value in found.items():
        assert holds(declared[name], value), (address, name)
    if not back:
        return
    permalink.write(page)
    assert mine.url is not None
    again = _read(mine, page, mine.url)
    assert all(found.get(name, value) == value for name, value in again.items() if name != "lang"), address
    told = {**found, **shared(page, asked)}
    kept = {name: value for name, value in found.items() if name not in ("lang", "model")}
    assert all(told[name] == value for name, value in kept.items() if not permalink.too_long(value)), address


def shared(page: Page, asked: dict[str, str]) -> dict[str, Value]:
    """What another visitor's state is who opens the link that is shared; what it leaves out is the page's default."""
    mine = session()
    _read(mine, page, asked)
    link = permalink.link(page.stem)
    defaults = {
        f"{page.short}_{param.name}": page.default(param.name, link.model, link.page_language)
        for param in page.params
    }
    given = parse_qs(link.url().partition("?")[2], keep_blank_values=True)
    return {**defaults, **_read(mine, page, {name: values[-1] for name, values in given.items()})}


def _read(mine: Session, page: Page, asked: dict[str, str]) -> dict[str, Value]:
    """What a new visitor's state is after a link."""
    mine.state.clear()
    mine.url, mine.page = None, ""
    st.query_params.from_dict(asked)
    permalink.read(page)
    return dict(mine.state)
