"""The message format: what Python packs, the browser's own code must unpack, and the reverse of both."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from typing import Any

import numpy as np
import pytest

from core.figures.buffer import Array, pack, unpack
from core.figures.style import ramp
from tests.node import in_node

WORDS = {"zh": "注意力头 «5.1»", "emoji": "👩‍🏫 é", "script": "</script><b>", "odd": "a"}
ARRAYS: dict[str, Array] = {
    "bytes": np.arange(7, dtype=np.uint8),
    "ints": np.array([[-1, 2**31 - 1, -(2**31)]], dtype=np.int32),
    "none": np.zeros((0, 3), dtype=np.float32),
    "floats": np.array([0.1, np.nan, np.inf, -0.0, 1e-30], dtype=np.float32),
    "cube": np.arange(30, dtype=np.uint8).reshape(2, 3, 5),
    "sliced": np.arange(20, dtype=np.float32)[::2],
    "scalar": np.array(3.5, dtype=np.float32),
}
UNPACK = 'import { unpack } from "./assets/components/shared/buffer.js";'
READ = f"""{UNPACK}
async function main({{ text, shift }}) {{
const input = Uint8Array.from(Buffer.from(text, "base64"));
const shifted = new Uint8Array(input.length + shift).subarray(shift);
shifted.set(input);
const {{ meta, arrays }} = await unpack(shifted);
const shown = Object.fromEntries(Object.entries(arrays).map(([name, a]) => [name, {{
  type: a.constructor.name, shape: a.shape,
  hex: Buffer.from(a.buffer, a.byteOffset, a.byteLength).toString("hex"),
  own: a.buffer !== shifted.buffer }}]));
return {{ meta, arrays: shown }};
}}"""


def read_in_node(message: bytes, shift: int = 0) -> Any:
    return in_node(READ, {"text": base64.b64encode(message).decode(), "shift": shift})


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("shift", [0, 3])
def test_browser_code_reads_what_python_packs(compress: bool, shift: int) -> None:
    found = read_in_node(pack({"words": WORDS, "n": 1.5}, ARRAYS, compress), shift)
    assert found["meta"] == {"words": WORDS, "n": 1.5}
    assert list(found["arrays"]) == list(ARRAYS)
    types = {"uint8": "Uint8Array", "int32": "Int32Array", "float32": "Float32Array"}
    for name, array in ARRAYS.items():
        assert found["arrays"][name]["type"] == types[array.dtype.name]
        assert found["arrays"][name]["shape"] == list(array.shape)
        assert found["arrays"][name]["hex"] == array.tobytes().hex()


def test_arrays_of_an_aligned_plain_message_are_views() -> None:
    found = read_in_node(pack({}, {"x": np.arange(9, dtype=np.float32)}, compress=False))
    assert found["arrays"]["x"]["own"] is False


@pytest.mark.parametrize("compress", [False, True])
def test_python_reads_back(compress: bool) -> None:
    header, arrays = unpack(pack({"words": WORDS}, ARRAYS, compress))
    assert header == {"words": WORDS}
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(arrays[name], array)
        assert arrays[name].dtype == array.dtype


def test_layout_is_as_written_down() -> None:
    """Read by hand, with struct and json only."""
    message = pack(
        {"a": "é"}, {"x": np.array([1, 2], np.int32), "y": np.array([3], np.uint8)}, compress=False
    )
    magic, length = struct.unpack_from("<4sI", message)
    header = json.loads(message[8 : 8 + length])
    assert magic == b"GBX1"
    assert (8 + length) % 8 == 0
    assert header["meta"] == {"a": "é"}
    assert [entry["offset"] for entry in header["arrays"]] == [0, 8]
    assert struct.unpack_from("<2i", message, 8 + length) == (1, 2)
    assert message[8 + length + 8] == 3
    assert len(message) == 8 + length + 16


def test_compressed_is_the_plain_message_in_zlib() -> None:
    plain, small = pack(WORDS, ARRAYS, compress=False), pack(WORDS, ARRAYS)
    assert small[:4] == b"GBXZ"
    assert struct.unpack_from("<I", small, 4) == (len(plain),)
    assert zlib.decompress(small[8:]) == plain


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(TypeError, match="float64"):
        pack({}, {"x": np.zeros(2)})
    with pytest.raises(ValueError, match="JSON"):
        pack({"x": float("nan")}, {})
    with pytest.raises(ValueError, match="Glassbox"):
        unpack(b"nonsense")


@pytest.mark.parametrize("damage", ["magic", "cut"])
def test_browser_code_refuses_damage(damage: str) -> None:
    message = pack({}, {"x": np.arange(64, dtype=np.float32)}, compress=False)
    message = b"HTML" + message[4:] if damage == "magic" else message[:-32]
    program = f"""{UNPACK}
const main = (bytes) => unpack(Uint8Array.from(bytes)).then(() => "read", (error) => error.message);"""
    assert in_node(program, list(message)).startswith("buffer:")


@pytest.mark.parametrize(("mode", "background"), [("paper", "#fbfaf7"), ("stage", "#101216")])
def test_canvas_and_plot_have_the_same_ramp(mode: Any, background: str) -> None:
    program = """import { themeFrom } from "./assets/components/shared/theme.js";
function main(background) {
  const theme = themeFrom((name) => (name === "--st-background-color" ? background : ""));
  const two = (v) => v.toString(16).padStart(2, "0");
  const hex = (i) => "#" + [...theme.table.subarray(4 * i, 4 * i + 3)].map(two).join("");
  return Array.from({ length: 256 }, (_, i) => hex(i));
}"""
    assert in_node(program, background) == list(ramp(mode, background=background))


@pytest.mark.parametrize("mode", ["paper", "stage"])
def test_ramp_runs_evenly_from_background_to_ink(mode: Any) -> None:
    """CIE lightness, computed apart from the ramp's own colour space, changes by near-equal steps."""
    values = np.array([[int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)] for c in ramp(mode)])
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    lightness = np.where(luminance > 0.008856, 116 * np.cbrt(luminance) - 16, 903.3 * luminance)
    steps = np.diff(lightness[::15])
    assert np.all(steps < 0) if mode == "paper" else np.all(steps > 0)
    assert np.abs(steps).max() < 2.2 * np.abs(steps).min()


PERCENTS = [
    (0, "0 %"), (1, "100 %"), (0.4137, "41 %"), (0.0832, "8.3 %"), (0.00041, "0.04 %"),
    (0.00001, "< 0.01 %"), (0.9971, "99.7 %"), (0.99999, "> 99.9 %"), (0.0996, "10 %"),
]  # fmt: skip


def test_percent_keeps_what_matters() -> None:
    numbers = [value for value, _ in PERCENTS]
    program = """import { percent } from "./assets/components/shared/numbers.js";
const main = (numbers) => [...numbers, NaN].map(percent);"""
    assert in_node(program, numbers) == [*(text.replace(" ", "\u202f") for _, text in PERCENTS), "—"]


def test_text_is_cut_between_whole_characters() -> None:
    program = """import { cutText, fillWords, graphemes } from "./assets/components/shared/draw.js";
const family = "👩‍👩‍👧", wide = (text) => graphemes(text).length * 10;
const main = () => [cutText("abc", 30, wide), cutText("abcdef", 40, wide),
  cutText(family + "éx" + family, 30, wide), cutText("词元很长", 5, wide),
  fillWords("{a}，{b}", { a: 1 })];"""
    assert in_node(program) == ["abc", "abc…", "👩‍👩‍👧é…", "", "1，{b}"]
