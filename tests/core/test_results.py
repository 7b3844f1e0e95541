"""Results on disk: what is read is what was saved."""

from __future__ import annotations

import hashlib
import random
import subprocess
import sys
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from core import results
from core.compute.attention_heads.ablation import ablate
from core.compute.attention_heads.overview import Overview, focus, overview
from core.examples import wanted
from core.models.read.trace import Trace, make_trace
from core.paths import ROOT
from tests.core.tiny import SAMPLE, tiny


@dataclass(frozen=True, slots=True, eq=False)
class Inner:
    words: tuple[str, ...]
    data: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Outer:
    text: str
    whole: int
    part: float
    flag: bool
    raw: bytes
    maybe: float | None
    pair: tuple[int, str]
    flags: tuple[bool, ...] | None
    inner: Inner
    inners: tuple[Inner, ...]
    other: Inner | None
    small: npt.NDArray[np.uint8]
    real: npt.NDArray[np.float32] | None


def same(one: Any, other: Any) -> bool:
    if hasattr(one, "__dataclass_fields__"):
        names = [field.name for field in fields(one)]
        return type(one) is type(other) and all(same(getattr(one, n), getattr(other, n)) for n in names)
    if isinstance(one, np.ndarray):
        equal = np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
        return bool(equal and one.dtype == other.dtype and not other.flags.writeable)
    if isinstance(one, tuple):
        return isinstance(other, tuple) and len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and (one == other or (one != one and other != other))


inners = st.builds(Inner, st.lists(st.text()).map(tuple), st.lists(st.binary()).map(tuple))
outers = st.builds(
    Outer,
    text=st.text(st.characters()),
    whole=st.integers(-(2**70), 2**70),
    part=st.floats(),
    flag=st.booleans(),
    raw=st.binary(),
    maybe=st.none() | st.floats(),
    pair=st.tuples(st.integers(), st.text()),
    flags=st.none() | st.lists(st.booleans()).map(tuple),
    inner=inners,
    inners=st.lists(inners, max_size=3).map(tuple),
    other=st.none() | inners,
    small=arrays(np.uint8, array_shapes(min_dims=0, min_side=0)),
    real=st.none() | arrays(np.float32, array_shapes(min_dims=0, min_side=0)),
)


@settings(max_examples=100, deadline=None)
@given(outers)
def test_what_is_read_is_what_was_saved(tmp_path_factory: pytest.TempPathFactory, result: Outer) -> None:
    path = tmp_path_factory.mktemp("results") / "one.npz"
    results.save(result, path)
    assert same(result, results.load(path, Outer))


def test_real_results_come_back(tmp_path: Path) -> None:
    loaded = tiny("llama")
    trace = make_trace(loaded, SAMPLE, limit=64)
    made: list[Any] = [
        trace,
        overview(trace=trace),
        focus(loaded=loaded, trace=trace, layer=1, head=2),
        ablate(loaded=loaded, trace=trace, heads=("0.1",)),
        make_trace(tiny("t5"), SAMPLE, limit=64, target="the dog"),
    ]
    for at, result in enumerate(made):
        results.save(result, tmp_path / f"{at}.npz")
        assert same(result, results.load(tmp_path / f"{at}.npz", type(result)))


def test_equal_results_are_equal_files(tmp_path: Path) -> None:
    result = overview(trace=make_trace(tiny("gpt2"), SAMPLE, limit=64))
    for name in ("a", "b"):
        results.save(result, tmp_path / "new folder" / f"{name}.npz")
    a, b = (tmp_path / "new folder" / f"{name}.npz" for name in ("a", "b"))
    assert a.read_bytes() == b.read_bytes()


@pytest.mark.parametrize("value", [{"a": 1}, [1], object(), np.array([object()]), Inner])
def test_what_cannot_be_saved_is_refused_before_a_file_is_there(value: Any, tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        results.save(Inner((value,), ()), tmp_path / "x.npz")
    assert not (tmp_path / "x.npz").exists()


def test_a_file_of_another_type_is_refused(tmp_path: Path) -> None:
    results.save(Inner(("a",), ()), tmp_path / "x.npz")
    with pytest.raises(ValueError, match="fields"):
        results.load(tmp_path / "x.npz", Outer)


def test_a_file_with_pickles_is_refused(tmp_path: Path) -> None:
    evil: Any = np.array([{"no": "good"}], dtype=object)
    np.savez(tmp_path / "x.npz", meta=evil)
    with pytest.raises(ValueError, match="pickle"):
        results.load(tmp_path / "x.npz", Inner)


@results.named("page.plain")
def plain(model: str, text: str = "", *, layer: int = 0) -> Inner:
    return Inner((model, text, str(layer)), ())


@wraps(plain)
def wrapped(*args: Any, **more: Any) -> Inner:
    return plain(*args, **more)


def test_a_damaged_file_is_read_whole_or_refused(tmp_path: Path) -> None:
    """Cut anywhere, or with any bytes changed: never half a result, never another error."""
    sound, path = ROOT / "assets" / "examples", tmp_path / "damaged.npz"
    asked = next(one for one in wanted(["attention_heads"]) if one.path.stat().st_size < 20_000)
    content, kind = (sound / asked.path.name).read_bytes(), type(asked.bundled())
    cuts = [content[:at] for at in np.linspace(0, len(content) - 1, 60).astype(int)]
    chance = random.Random(0)
    for _ in range(300):
        changed = bytearray(content)
        for _ in range(chance.randint(1, 4)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        cuts.append(bytes(changed))
    refused = 0
    for one in cuts:
        path.write_bytes(one)
        try:
            assert same(results.load(path, kind), asked.bundled())
        except ValueError:
            refused += 1
    assert refused > len(cuts) // 2


def test_a_key_is_the_function_and_its_arguments_in_any_order() -> None:
    expected = hashlib.sha256(b'page.plain\n{"layer":1,"model":"\\u4e2d"}').hexdigest()[:16]
    assert results.key(plain, {"model": "中", "layer": 1}) == expected
    assert results.key(plain, {"layer": 1, "model": "中"}) == expected
    assert results.key(wrapped, {"layer": 1, "model": "中"}) == expected
    assert results.key(plain, {"layer": 2, "model": "中"}) != expected
    assert results.key(plain, {"layer": (1, 2)}) == results.key(plain, {"layer": [1, 2]})


def test_a_function_without_a_name_has_no_results() -> None:
    with pytest.raises(TypeError, match="tiny has no name"):
        results.key(tiny, {})


def test_a_bundled_result_is_found_by_its_call(tmp_path: Path) -> None:
    arguments = {"model": "a", "layer": 3}
    assert results.bundled(plain, arguments, tmp_path) is None
    results.save(plain("a", layer=3), results.bundled_path(plain, arguments, tmp_path))
    found = results.bundled(wrapped, arguments, tmp_path)
    assert found is not None
    assert found.words == ("a", "", "3")
    assert results.bundled(plain, {"model": "b", "layer": 3}, tmp_path) is None


def test_the_type_of_a_function_is_read_even_where_an_argument_type_is_not_imported(tmp_path: Path) -> None:
    traced = results.named("page.trace")(make_trace)
    trace: Trace = traced(tiny("gpt2"), SAMPLE, limit=64)
    results.save(trace, results.bundled_path(traced, {"text": SAMPLE}, tmp_path))  # LoadedModel is not there
    found = results.bundled(traced, {"text": SAMPLE}, tmp_path)
    assert isinstance(found, Trace)
    results.save(overview(trace=trace), results.bundled_path(overview, {}, tmp_path))
    assert isinstance(results.bundled(overview, {}, tmp_path), Overview)


@pytest.mark.parametrize(
    "module",
    [
        "core.results",
        "core.models.tokens.labels",
        "core.models.read.trace",
        "core.compute.attention_heads.overview",
    ],
)
def test_importing_imports_no_torch(module: str) -> None:
    code = f"import sys, {module}; sys.exit(any(name in sys.modules for name in ('torch', 'transformers')))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
