"""``python -m tests.bench.hostile [texts names uploads lectures exports addresses]``: texts that would be programs.

Each of some three hundred goes through every input in a real browser, and into what is taken home; then addresses made
by chance. A part has a server of its own and can be run alone; without a name all are. ``GLASSBOX_ADDRESSES`` is how
many addresses are opened.
"""

from __future__ import annotations

import csv
import itertools
import json
import re
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, quote_plus, urlencode

from playwright.sync_api import Browser, Error, FilePayload, Locator, Page
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from core import catalog
from core.catalog import Page as Declared
from core.settings import setting
from pages.kit.text import table
from tests.bench import servers
from tests.browser import hostile_model
from tests.browser.exports import (
    CAPTION,
    COUNT,
    ROUNDS,
    SHORT,
    View,
    alone,
    files,
    open_and_draw,
    pages,
    small,
    views,
)
from tests.browser.harness import Harm, chromium, until, watched_for_harm
from tests.hostile import INJECTIONS, MARKUP
from tests.pages.addresses import fuzzed

ADDRESSES = 500
TRIED = [one.replace("\0", "") for one in INJECTIONS[::2]]
"""Of each injection three or four, so that all places stand in them."""
PER_LINK = 16
"""So many texts meet in one parameter of a link."""
PER_BOX = 600
"""Characters that are typed at once; fewer where a page takes fewer."""
LEAST = 100
PER_VISITOR = 20
"""Links that one browser opens, one after the other: its scripts stay compiled."""
WAIT = 180_000  # milliseconds: the machine may have much else to do
OWN: Mapping[str, Sequence[Mapping[str, str]]] = {
    "token_splits": ({"ts_part": "train", "ts_corpus": "own"},),
    "classic_models": ({"cm_view": "counts", "cm_corpus": "own"},),
    "embedding_space": ({"es_source": "list"},),
}
"""Where a page takes a file of one's own; two have a box for a long text beside it."""
STANDS = """() => {
  const app = document.querySelector("[data-testid=stApp][data-test-script-state=notRunning]");
  return !!app?.querySelector("[data-testid=stElementContainer]") && !document.querySelector("[data-stale=true]");
}"""
DRAWN = """() => {
  const waits = (root) =>
    [...root.querySelectorAll("*")].some(
      (one) =>
        (one.matches("[aria-busy=true], .gb-skeleton, [data-testid=stSkeleton]") && one.getClientRects().length) ||
        (one.shadowRoot && waits(one.shadowRoot)),
    );
  return !waits(document);
}"""
FOR_CANVASES = 10_000  # milliseconds: one that is given nothing waits for ever
TURN = """query => {
  history.pushState({}, "", query);
  dispatchEvent(new PopStateEvent("popstate"));
}"""
FAILED = "[data-testid=stException], [data-testid=stAlertContentError]"
TOLD = ".stMain [data-testid=stAlertContentWarning]"
TYPES = ":is(textarea, input[type=text], input[type=search], input:not([type]))"
FIELDS = f".stMain :is([data-testid=stTextArea], [data-testid=stTextInput], [data-testid^=stBidiComponent]) {TYPES}"
KEY = """one => {
  for (let at = one; at; at = at.parentElement ?? at.getRootNode().host) {
    const key = [...at.classList].find((name) => name.startsWith("st-key-"));
    if (key) return key;
  }
  return "";
}"""
PROMPT = ".st-key-prompt_widget"
PROMPTS = 3
"""So many texts of the prompt come to each view; the last one of a page takes the rest."""
PER_FOLDER = 2
"""Rounds whose downloads lie on the disk at once."""
NUMBER = re.compile(r"[-+]?[\d.]+(e[-+]?\d+)?")
TOO_LONG = table("en", "common")["errors"]["text_too_long"].partition("}; ")[2].partition("{")[0]
T = TypeVar("T")


@dataclass(slots=True)
class Seen:
    """What the visits of one part came to."""

    inputs: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    views: set[str] = field(default_factory=set)
    visits: int = 0
    harm: list[Harm] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)  # what a page said where something unexpected happened
    told: Counter[str] = field(default_factory=Counter)  # what pages asked visitors to mend
    tracebacks: int = 0
    logged: list[str] = field(default_factory=list)  # texts that stand in the log

    def give(self, name: str, texts: Iterable[str]) -> None:
        """Note that texts go through an input."""
        self.inputs.add(name)
        self.texts.update(texts)

    def read(self, log: str) -> None:
        """Note what a server's log holds."""
        self.tracebacks += log.count("Traceback")
        for text in (one for one in INJECTIONS if len(one) > 8):
            if any(form in log for form in (text, json.dumps(text)[1:-1], quote(text), quote_plus(text))):
                self.logged.append(text)

    def counts(self) -> dict[str, int]:
        """The numbers of a part."""
        return {
            "inputs": len(self.inputs), "texts": len(self.texts), "views": len(self.views), "visits": self.visits,
            "ran": sum(len(one.ran) for one in self.harm), "asked": sum(len(one.asked) for one in self.harm),
            "links": sum(len(one.links) for one in self.harm), "failed": len(self.failed),
            "tracebacks": self.tracebacks, "in log": len(self.logged),
        }  # fmt: skip


BAD = ("ran", "asked", "links", "failed", "tracebacks", "in log")
"""What must be zero: texts that ran, hosts elsewhere that were asked, links to them, pages that failed, …"""


def told(seen: Seen, what: str) -> None:
    """Say how far a part has come: it takes long."""
    found = {name: count for name, count in seen.counts().items() if count and name in BAD}
    last = f"{found} {seen.failed[-1:]}" if found else ""
    print(f"    {what}: {seen.visits} visits {last}"[:400], file=sys.stderr, flush=True)


@dataclass(frozen=True, slots=True)
class Visitor:
    """A browser's page, watched."""

    page: Page
    server: servers.Server
    seen: Seen
    harm: Harm

    def settle(self) -> None:
        """Until the page has run and stands; notes what it holds then."""
        self.page.wait_for_timeout(150)
        until(self.page, STANDS, timeout=WAIT)
        with suppress(PlaywrightTimeout):
            until(self.page, DRAWN, timeout=FOR_CANVASES)
        self.page.wait_for_timeout(100)
        self.seen.visits += 1
        self.harm.look(self.page)
        self.seen.failed += [
            f"{self.page.url[:300]}: {one}" for one in self.page.locator(FAILED).all_text_contents()
        ]
        self.seen.told.update(one[:40] for one in self.told())

    def told(self) -> list[str]:
        """What the page asks to be mended."""
        return self.page.locator(TOLD).all_text_contents()

    def open(self, stem: str, query: Mapping[str, str] | str) -> None:
        """Follow a link."""
        self.page.goto(f"{self.server.url}/{stem}?{query if isinstance(query, str) else urlencode(query)}")
        self.settle()

    def turn(self, stem: str, query: Mapping[str, str]) -> None:
        """Go to another link of the page at hand, as the browser's buttons for back and forward do."""
        if f"{self.server.url}/{stem}?" not in self.page.url:
            self.open(stem, query)
            return
        self.page.evaluate(TURN, f"?{urlencode(query)}")
        self.settle()

    def boxes(self) -> list[str]:
        """The keys of all that can be typed into."""
        found = [one for one in self.page.locator(FIELDS).all() if one.is_visible() and one.is_enabled()]
        return list(dict.fromkeys(f".{one.evaluate(KEY)}" for one in found))

    def box(self, key: str) -> Locator:
        """What stands behind a key."""
        return self.page.locator(f"{key} {TYPES}").first

    def type(self, key: str, text: str) -> None:
        """Write into a box, and leave it."""
        box = self.box(key)
        box.fill(text)
        box.press("Enter" if box.evaluate("one => one.tagName") == "INPUT" else "Control+Enter")
        self.page.wait_for_timeout(150)


@contextmanager
def visitor(browser: Browser, server: servers.Server, seen: Seen) -> Iterator[Visitor]:
    """A new visitor, watched until the end; where the page breaks, the visit is over, and that is noted."""
    context = browser.new_context(viewport={"width": 1000, "height": 900}, locale="en-US")
    page = context.new_page()
    page.set_default_timeout(WAIT)
    page.on("pageerror", lambda error: seen.failed.append(f"{page.url[:300]}: {error}"))
    with watched_for_harm(page, server.url) as harm:
        try:
            yield Visitor(page, server, seen, harm)
        except Error as error:
            seen.failed.append(f"{page.url[:300]}: {error}")
    seen.harm += [harm] if harm else []
    context.close()


def groups(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Some at a time."""
    rest = iter(items)
    while found := list(itertools.islice(rest, size)):
        yield found


def by_page(stems: Sequence[str]) -> Iterator[tuple[Declared, list[View]]]:
    """Every page with its views; of some alone where they are named."""
    for stem, found in itertools.groupby(views(), lambda one: one[0].stem):
        if not stems or stem in stems:
            yield catalog.find(stem), list(found)


# --- texts --------------------------------------------------------------------------------------------------


def held(page: Declared) -> dict[str, str]:
    """The parameters of a link that hold a text, and what stands between several texts in them."""
    own = {f"{page.short}_{one.name}": one.kind for one in page.params if one.kind in ("text", "list")}
    return {"text": "\n"} | {name: "," if kind == "list" else "\n" for name, kind in own.items()}


def linked(
    browser: Browser, server: servers.Server, seen: Seen, stems: Sequence[str] = (), most: int = 99
) -> None:
    """Every text in every parameter of a link that holds one, a page's views in turn; ``most`` links of each page."""
    parts, words = list(groups(TRIED, PER_LINK)), list(groups(hostile_model.WORDS, PER_LINK))
    for page, shown in by_page(stems):
        for turns in groups(range(min(most, max(len(parts), len(shown)))), PER_VISITOR):
            with visitor(browser, server, seen) as one:
                for turn in turns:
                    _, view, query = shown[turn % len(shown)]
                    said = dict(query) | {"lang": "en", "model": small(page)}
                    for place, (name, between) in enumerate(held(page).items()):
                        texts = parts[(turn + place) % len(parts)]
                        as_words = name == "text" and said["model"] == hostile_model.ID
                        texts = words[turn % len(words)] if as_words else texts
                        said[name] = ("" if as_words else between).join(texts)
                        seen.give(f"{page.stem}?{name}", texts)
                    seen.views.add(f"{page.stem} {view}")
                    one.turn(page.stem, said)
        told(seen, f"{page.stem} by links")


def typed(
    browser: Browser, server: servers.Server, seen: Seen, stems: Sequence[str] = (), rounds: int = 999
) -> None:
    """Every text in every box of every page; ``rounds`` times at most in each view."""
    for page, shown in by_page(stems):
        queues: dict[str, deque[str]] = {}
        further = [(page, "", dict(query)) for query in OWN.get(page.stem, ())]
        for place, (_, view, query) in enumerate((*shown, *further)):
            last = place == len(shown) + len(further) - 1
            with visitor(browser, server, seen) as one:
                one.open(page.stem, query | {"lang": "en", "model": small(page)})
                seen.views.add(f"{page.stem} {view}")
                fill(one, queues, page.stem, rounds, shared=not last)
        told(seen, f"{page.stem} typed")


def fill(one: Visitor, queues: dict[str, deque[str]], stem: str, rounds: int, *, shared: bool) -> None:
    """Type into all boxes of a view until each has had all texts; ``shared``: further views go on with the prompt."""
    keys, most = one.boxes(), PER_BOX
    for key in keys:
        queues.setdefault(key, deque(TRIED))
    for done in range(rounds):
        waits = [key for key in keys if queues[key] and not (shared and key == PROMPT)]
        if not waits and (done >= PROMPTS or not queues.get(PROMPT)):
            return
        given: dict[str, list[str]] = {}
        for key in (key for key in keys if queues[key] and one.box(key).is_visible()):
            given[key] = taken(queues[key], min(most, int(one.box(key).get_attribute("maxlength") or most)))
            one.type(key, "\n".join(given[key]))
        if not given:
            return
        one.settle()
        if most > LEAST and any(TOO_LONG in told for told in one.told()):
            most //= 2
            for key, texts in given.items():
                queues[key].extendleft(reversed(texts))
            continue
        for key, texts in given.items():
            one.seen.give(f"{stem} {key}", texts)


def taken(queue: deque[str], most: int) -> list[str]:
    """The next texts of a queue that fit into so many characters; one at least."""
    found = [queue.popleft()]
    while queue and sum(map(len, found)) + len(found) + len(queue[0]) <= most:
        found.append(queue.popleft())
    return found


def texts(browser: Browser, seen: Seen) -> None:
    """By links, and by hand."""
    with served(seen) as server:
        linked(browser, server, seen)
        typed(browser, server, seen)


# --- names, files, addresses --------------------------------------------------------------------------------


def names(browser: Browser, seen: Seen) -> None:
    """Models of hostile names, and what is searched at home."""
    with served(seen) as server:
        for some in groups(TRIED, PER_VISITOR):
            with visitor(browser, server, seen) as one:
                for text in some:
                    seen.give("model", [text])
                    one.turn("attention_heads", {"lang": "en", "model": text})
            told(seen, "names")
        with visitor(browser, server, seen) as one:
            one.open("", {"lang": "en"})
            for text in TRIED:
                seen.give("home search", [text])
                one.type(".st-key-home_search", text.replace("\n", " ")[:200])
                one.settle()


def uploads(browser: Browser, seen: Seen) -> None:
    """Files full of them, with names that are markup."""
    content = "\n".join(TRIED).encode("utf-8", "replace")
    with served(seen) as server:
        for stem, query in ((stem, query) for stem, found in OWN.items() for query in found):
            with visitor(browser, server, seen) as one:
                one.open(stem, {**query, "lang": "en", "model": small(catalog.find(stem))})
                for text in MARKUP[::2]:
                    name = f"{text.replace('/', '')}.txt"
                    file: FilePayload = {"name": name, "mimeType": "text/plain", "buffer": content}
                    one.page.locator("[data-testid=stFileUploader] input").first.set_input_files(file)
                    seen.give(f"{stem} file", TRIED)
                    one.page.wait_for_timeout(500)
                    one.settle()


def lectures(browser: Browser, seen: Seen) -> None:
    """Lectures, rooms, and the sentence at home."""
    from tests.bench import hostile_lectures

    hostile_lectures.given(browser, seen)


def addresses(browser: Browser, seen: Seen) -> None:
    """Addresses that nobody meant."""
    with served(seen) as server:
        for some in groups(fuzzed(int(setting("GLASSBOX_ADDRESSES", ADDRESSES)), seed=1), PER_VISITOR):
            with visitor(browser, server, seen) as one:
                for page, address in some:
                    seen.give(page.stem, ())
                    one.open(page.stem, address.replace("#", "%23"))
            told(seen, "addresses")


def exports(browser: Browser, seen: Seen) -> None:
    """The downloads of every view, opened from the disk; one that differs from another in its caption alone, once."""
    known: set[int] = set()
    for rounds in groups(range(ROUNDS), PER_FOLDER):
        with tempfile.TemporaryDirectory() as folder, alone(browser) as page:
            found = files(Path(folder), *map(str, rounds))
            seen.views.update(found)
            seen.failed += [f"{view}: no file" for view, names in found.items() if not names]
            seen.failed += formulas(
                file for names in found.values() for file in names if file.suffix == ".csv"
            )
            seen.give("export", SHORT[:COUNT])
            told(seen, f"made in rounds {rounds}")
            for file in pages(found):
                drawn = hash(CAPTION.sub("", file.read_text("utf-8")))
                if drawn not in known:
                    known.add(drawn)
                    opens(page, file, seen)


def opens(page: Page, file: Path, seen: Seen) -> None:
    """One download in a browser without a network."""
    seen.visits += 1
    try:
        open_and_draw(page, file)
    except (AssertionError, Error) as error:
        seen.failed.append(f"{file.name}: {error}")


def formulas(tables: Iterable[Path]) -> list[str]:
    """Cells that a spreadsheet would compute."""
    return [
        f"{file.name}: {cell}"
        for file in tables
        for row in csv.reader(file.open(encoding="utf-8", newline=""))
        for cell in row
        if cell.lstrip()[:1] in tuple("=+-@＝＋－＠") and not NUMBER.fullmatch(cell)
    ]


# --- all of it ----------------------------------------------------------------------------------------------


@contextmanager
def served(seen: Seen) -> Iterator[servers.Server]:
    """The app; its log is read at the end."""
    with tempfile.TemporaryDirectory() as models:
        hostile_model.write(Path(models))
        with servers.start(servers.APP, {"GLASSBOX_MODELS": models}) as server:
            yield server
            seen.read(server.log.read_text("utf-8", "replace"))


PARTS: dict[str, Callable[[Browser, Seen], None]] = {
    "texts": texts,
    "names": names,
    "uploads": uploads,
    "lectures": lectures,
    "exports": exports,
    "addresses": addresses,
}


def main(chosen: Sequence[str]) -> int:
    """1 where any harm was done, or any page failed; 2 for a part that there is not."""
    if unknown := set(chosen) - PARTS.keys():
        print(f"unknown: {', '.join(sorted(unknown))}; there are: {', '.join(PARTS)}")
        return 2
    rows: list[dict[str, int]] = []
    for name in chosen or PARTS:
        seen, start = Seen(), time.monotonic()
        with chromium() as browser:
            PARTS[name](browser, seen)
        rows.append(seen.counts() | {"minutes": round((time.monotonic() - start) / 60)})
        widths = {title: max(len(title), 5) for title in rows[0]}
        if len(rows) == 1:
            print(f"{'':10}", *(f"{title:>{width}}" for title, width in widths.items()))
        print(f"{name:10}", *(f"{rows[-1][title]:>{width}}" for title, width in widths.items()), flush=True)
        for line in (*seen.harm[:5], *seen.failed[:10], *seen.logged[:5], *seen.told.most_common(8)):
            print(f"    {str(line)[:500]}", flush=True)
    return int(any(row[bad] for row in rows for bad in BAD))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
