"""Which piece of a text is worth explaining, and where its tokens stand."""

from __future__ import annotations

from core.compute.token_splits.cut import Cut, Splits


def pieces(cut: Cut, text: str) -> list[tuple[str, int]]:
    """The text of each run of tokens that share one character, and how many tokens it has."""
    found: list[tuple[int, int, int]] = []  # start, end, tokens
    for at, group in enumerate(cut.groups):
        if at and group == cut.groups[at - 1]:
            start, _, count = found[-1]
            found[-1] = (start, cut.ends[at], count + 1)
        else:
            found.append((cut.starts[at], cut.ends[at], 1))
    return [(text[start:end], count) for start, end, count in found]


def telling(splits: Splits | None, by: str, piece: str) -> tuple[str, str]:
    """The (vocabulary, piece of text) to explain: the one asked for while it is in the text, else a telling one.

    Telling is the first character that most tokens share, or the longest token of the first vocabulary.
    """
    if splits is None:
        return "", ""
    all_pieces = {cut.vocabulary: pieces(cut, splits.text) for cut in splits.cuts}
    if piece and any(one == piece for one, _ in all_pieces.get(by, ())):
        return by, piece
    shared = [(count, vocabulary, one) for vocabulary, found in all_pieces.items()
              for one, count in found if count > 1 and vocabulary != "bytes"]  # fmt: skip
    if shared:
        _, vocabulary, one = max(shared, key=lambda item: item[0])
        return vocabulary, one
    first = splits.cuts[0].vocabulary
    return first, max((one for one, _ in all_pieces[first]), key=len, default="")


def place(splits: Splits, by: str, piece: str) -> tuple[int, int]:
    """Number of the first token, and count of tokens, of the first such piece in the cut by vocabulary ``by``."""
    at = 0
    for cut in splits.cuts:
        if cut.vocabulary == by:
            for one, count in pieces(cut, splits.text):
                if one == piece:
                    return at, count
                at += count
    return 0, 1
