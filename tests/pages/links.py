"""Links that visitors have, and what each page says when it is opened by one of them.

``links.toml`` holds the links, written by hand: they are out in the world and do not change with the code. What each
one opens lies in ``said/<stem>.json``, written by ``python -m tests.pages.links --write [stem …]`` when a change is
meant; the test only compares. A page says lines: its sentences, what can be pressed or filled in (with key and value),
and of each canvas the state that it shows, its words, and the names, shapes and means of its arrays; of each chart
its heading and the names, sizes and means of its traces.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import time
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import numpy as np
from streamlit.testing.v1 import AppTest

from core.figures.buffer import unpack
from core.paths import ROOT

HERE = Path(__file__).parent
LINKS, SAID = HERE / "links.toml", HERE / "said"
RENAMED: Mapping[str, str] = {}
"""Canvases that bear another name now: registered name → the name in ``said``."""

Said = dict[str, Any]  # {"url": {name: value}, "says": [line]}
LONG, MOST_OF_META = 240, 80  # characters of a line, of a canvas's value, that are kept as they are
PATIENCE_S = 60.0  # until a text has been generated
HOME = "home"  # the stem that links.toml gives to the address without one

SECONDS = re.compile(r"\d[\d.,]*[\s\u00a0\u202f]?(?:ms|s|毫秒|秒)\]")
DEVICE = re.compile(r"\b(?:cpu|cuda(?::\d+)?|mps)\b")
MEASURED = re.compile(r"\d+\.\d+(?:e[+-]\d+)?|\d+(?=[\s\u00a0\u202f]?%)")
CUT = re.compile(r"= .*… #\w{8}$")
BADGE, ARRAY = "-badge[", " array "
HUGE = 1e30  # stands for "no value" in some arrays
UNHEARD: Mapping[str, tuple[str, ...]] = {
    "glassbox_theme_switch": ("pages",), "glassbox_seen": ("pages",), "glassbox_stage": ("page",),
    "glassbox_chart": ("poster",),
}  # fmt: skip
"""What canvases are told that no visitor reads: pages by name, the present one, a picture of what the chart shows."""
SILENT = ("html", "imgs", "code", "empty")  # style, pictures of home, source text, places kept: no sentences


def links() -> dict[str, dict[str, dict[str, str]]]:
    """Stem → id → query parameters."""
    found: dict[str, dict[str, dict[str, str]]] = tomllib.loads(LINKS.read_text("utf-8"))
    return found


def said(stem: str) -> dict[str, Any]:
    """What the links of a page opened when it was last written: ``usual`` by group, and ``links`` by id."""
    path = SAID / f"{stem}.json"
    found: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    return found


# --- what a page says -------------------------------------------------------------------------------------


def opened(stem: str, query: Mapping[str, str]) -> Said:
    """Open a link in a fresh browser, wait for what is generated there, and listen."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    if stem != HOME:
        app.switch_page(f"pages/{stem}.py")
    app.query_params.update(dict(query))
    app.run()
    end = time.monotonic() + PATIENCE_S
    while _runs(app):
        assert time.monotonic() < end, "a generation does not end"
        time.sleep(0.1)
        app.run()
    return {"url": {name: short(_one(value)) for name, value in app.query_params.items()}, "says": heard(app)}


def _one(value: str | list[str]) -> str:
    return value if isinstance(value, str) else str(value[-1])


def _runs(app: AppTest) -> bool:
    headers = (unpack(one.proto.bytes)[0] for one in app.get("bidi_component"))
    return any(header.get("run", {}).get("state") in ("running", "waiting") for header in headers)


def heard(app: AppTest) -> list[str]:
    """All lines of a page, in order, its sidebar last."""
    lines = [line for place in (app.main, app.sidebar) for line in _lines(place)]
    live = any("DEVICE" in line for line in lines)
    return [_loose(line) for line in lines] if live else lines


def _loose(line: str) -> str:
    """A line of a page for which a model ran: neighbours with almost equal scores may have changed places."""
    if " meta " not in line:
        return line
    return CUT.sub("= …", MEASURED.sub("~", line))


def _lines(block: Any) -> Iterator[str]:
    for child in block.children.values():
        if hasattr(child, "children"):
            if label := getattr(child, "label", ""):
                yield f"{child.type}: {label}"
            yield from _lines(child)
        elif child.type == "bidi_component":
            yield from _canvas(child.proto)
        elif child.type == "plotly_chart":
            yield from _chart(child)
        else:
            yield from (short(line) for line in _element(child))


def _element(child: Any) -> Iterator[str]:
    kind, key, label = child.type, getattr(child, "key", None), getattr(child, "label", "")
    if kind in SILENT:
        return
    if kind == "page_link":
        yield f"page_link: {child.proto.label} → {child.proto.page}?{child.proto.query_string}"
    elif kind == "button":
        yield f"button [{key}]{' primary' if child.proto.type == 'primary' else ''}: {label}"
    elif key is None:
        yield f"{kind}: {masked(str(getattr(child, 'value', '')))}"
    else:
        options = " | ".join(map(str, getattr(child, "options", ())))
        value = json.dumps(getattr(child, "value", None), ensure_ascii=False, default=str)
        yield f"{kind} [{key}]: {label} = {value}"
        if options:
            yield f"{kind} [{key}] offers {options}"


def _canvas(proto: Any) -> Iterator[str]:
    name, key = str(proto.component_name), re.sub(r"^\$\$ID-[0-9a-f]+-", "", proto.id)
    who = f"{RENAMED.get(name, name)} [{key}]"
    header, arrays = unpack(proto.bytes)
    state = {name: value for name, value in header.pop("state", {}).items() if name != "version"}
    words = header.pop("words", {})
    for part in UNHEARD.get(name, ()):
        header.pop(part, None)
    yield f"{who} state {_json(state)}"
    yield f"{who} words {len(words)} {digest(_json(words))}"
    for name, value in sorted(header.items()):
        yield f"{who} meta {name} = {_compact(_json(_without_floats(value)))}"
    for name, array in sorted(arrays.items()):
        shape = "×".join(map(str, array.shape))
        yield f"{who}{ARRAY}{name} {array.dtype} {shape} {_weight(array)}"


def _chart(child: Any) -> Iterator[str]:
    """A chart's heading and the sentence that stands for it, and of each of its traces the values."""
    who, spec = f"chart [{child.key}]", json.loads(child.proto.spec)
    layout = spec["layout"]
    yield f"{who} meta {layout['title']['text']} = {_compact(layout['meta']['alt'])}"
    for trace in spec["data"]:
        measured = "z" if "z" in trace else "x" if trace.get("orientation") == "h" else "y"
        values = np.asarray(trace[measured], np.float64)
        shape = "×".join(map(str, values.shape))
        yield f"{who}{ARRAY}{trace.get('name', '')} {trace['type']} {shape} {_weight(values)}"


def _weight(array: np.ndarray[Any, Any]) -> str:
    """Mean of the absolute values, and where along the array they lie, 0 … 1: another order is told apart."""
    sizes = np.abs(np.nan_to_num(array.astype(np.float64).ravel()))
    sizes[sizes > HUGE] = 0.0
    total = float(sizes.sum())
    if not total:
        return "zero"
    centre = float(sizes @ (np.arange(sizes.size) + 0.5)) / sizes.size / total
    return f"mean {sizes.mean():.2e} centre {centre:.2f}"


def _without_floats(value: Any) -> Any:
    if isinstance(value, float):
        return "~"
    if isinstance(value, dict):
        return {name: _without_floats(one) for name, one in value.items()}
    return [_without_floats(one) for one in value] if isinstance(value, list) else value


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(", ", ": "))


def _compact(text: str) -> str:
    return text if len(text) <= MOST_OF_META else f"{text[:60]}… {digest(text)}"


def digest(text: str) -> str:
    """First eight hex digits of the SHA-256 of a text."""
    return "#" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def short(line: str) -> str:
    """A line as it is kept: of a long one the beginning, and a digest in which measured numbers do not count."""
    if len(line) <= LONG:
        return line
    return f"{line[: LONG - 60]}… {digest(MEASURED.sub('~', line) if BADGE in line else line)}"


def masked(sentence: str) -> str:
    """A sentence without what its badge says of time and device."""
    if BADGE not in sentence:
        return sentence
    text, _, badge = sentence.rpartition(BADGE)
    return text + BADGE + DEVICE.sub("DEVICE", SECONDS.sub("TIME]", badge))


# --- comparing --------------------------------------------------------------------------------------------


def same(line: str, other: str) -> bool:
    """Whether two lines say the same; measured ones up to one unit in the last place of each number."""
    if line == other:
        return True
    if not all(BADGE in one or ARRAY in one for one in (line, other)):
        return False
    if MEASURED.sub("~", line) != MEASURED.sub("~", other):
        return False
    pairs = zip(MEASURED.findall(line), MEASURED.findall(other), strict=True)
    return all(abs(float(a) - float(b)) <= 1.001 * max(_unit(a), _unit(b)) for a, b in pairs)


def _unit(number: str) -> float:
    mantissa, _, power = number.partition("e")
    places = int(power or 0) - len(mantissa.partition(".")[2])
    return float(f"1e{places}")


def group(one: Said) -> str:
    """Links of one language, mode and part of a page say much that is the same."""
    url = one["url"]
    parts = [value for name, value in url.items() if name.endswith(("_part", "_view"))]
    return " ".join([url.get("lang", ""), *["presenting"] * (url.get("present") == "1"), *parts])


def usual(several: Iterable[Said]) -> dict[str, list[str]]:
    """Group → the lines that at least half of its links say, measured ones apart; a link alone has its own."""
    groups: dict[str, list[list[str]]] = {}
    for one in several:
        groups.setdefault(group(one), []).append(one["says"])
    found = {}
    for name, pages in groups.items():
        counts = Counter(line for says in pages for line in dict.fromkeys(says) if not _is_measured(line))
        found[name] = [line for line, count in counts.items() if count > 1 and 2 * count >= len(pages)]
    return found


def _is_measured(line: str) -> bool:
    return BADGE in line or ARRAY in line


def told(one: Said, common: Mapping[str, list[str]]) -> Said:
    """A link as it is kept: what it says and does not say besides what is usual in its group."""
    expected = common.get(group(one), [])
    lacks = [line for line in expected if line not in one["says"]]
    return {
        "url": one["url"],
        "says": [line for line in one["says"] if line not in expected],
    } | ({"lacks": lacks} if lacks else {})


def differences(kept: Mapping[str, Any], id: str, now: Said) -> list[str]:
    """What is not as it was: lines that are gone (−) and lines that are new (+), empty where all is the same."""
    before, after = kept["links"][id], told(now, kept["usual"])
    if before["url"] != after["url"]:
        return [f"− {before['url']}", f"+ {after['url']}"]
    was, says = before["says"], after["says"]
    lacked, lacks = before.get("lacks", []), after.get("lacks", [])
    return [
        *(f"− {line}" for line in lacks if line not in lacked),
        *(f"+ {line}" for line in lacked if line not in lacks),
        *_changed(was, says),
    ]


def _changed(was: list[str], says: list[str]) -> list[str]:
    """The lines that differ, each beside what took its place; a line that is the same but for its last places stays."""
    near = {line: old for line in says for old in was if line != old and same(old, line)}
    now = [line if line in was else near.get(line, line) for line in says]
    found = []
    for kind, a, b, c, d in SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        if kind != "equal":
            found += [*(f"− {line}" for line in was[a:b]), *(f"+ {line}" for line in now[c:d])]
    return found


# --- writing ----------------------------------------------------------------------------------------------


def written(stem: str) -> dict[str, Any]:
    """What the links of a page open now. Errors: AssertionError where a page fails."""
    found = {id: opened(stem, query) for id, query in links()[stem].items()}
    faults = {id: line for id, one in found.items() for line in one["says"] if line.startswith(FAULTS)}
    assert not faults, faults
    common = usual(found.values())
    return {"usual": common, "links": {id: told(one, common) for id, one in found.items()}}


FAULTS = ("exception:", "error:")


def main() -> None:
    """Write what links open now."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--write", nargs="*", metavar="stem", required=True, help="pages; without any, all")
    stems = parser.parse_args().write or list(links())
    import tests.conftest  # noqa: F401 - the surroundings that tests run in

    SAID.mkdir(exist_ok=True)
    for stem in stems:
        text = json.dumps(written(stem), ensure_ascii=False, indent=1)
        (SAID / f"{stem}.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
