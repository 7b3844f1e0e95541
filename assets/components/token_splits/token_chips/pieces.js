// A text cut into pieces of at most so many tokens, without cutting a character, run here so that the slider answers
// at once. Like `budget` in core/compute/token_splits/cut.py a piece ends at a line, sentence or word where one is near.

/** @type {[RegExp, number][]} */
const PIECE_BREAKS = [
  [/\n\s*$/u, 3],
  [/[.!?。！？…]["'”’」』)）]*\s*$/u, 2],
  [/[\s,;:，；：、]$/u, 1],
];

/** How good a place the start of each token is to end a piece: 3 a line, 2 a sentence, 1 a word, 0 a character. */
export function breakQuality(characters, starts) {
  return Array.from(starts, (start) => {
    const before = characters.slice(Math.max(0, start - 6), start).join("");
    const found = PIECE_BREAKS.find(([pattern]) => pattern.test(before));
    if (found) return found[1];
    return /^\s/u.test(characters[start] ?? "") ? 1 : 0;
  });
}

/**
 * Where pieces begin: token numbers, the first is 0. Tokens of one group (one character) stay together; a group that
 * alone is over the limit stands in a piece of its own. A piece ends at the last of the best places in its second half.
 * @param {ArrayLike<number>} groups never falling; tokens that share a character share a number
 * @param {number} limit tokens per piece; 0 for one piece
 * @param {ArrayLike<number>} quality of the start of each token, see breakQuality
 */
export function pieceStarts(groups, limit, quality) {
  const n = groups.length;
  const starts = n ? [0] : [];
  if (limit < 1) return starts;
  const whole = (at) => at >= n || groups[at] !== groups[at - 1];
  for (let from = 0; from + limit < n; from = starts.at(-1)) {
    let end = from + limit;
    while (end > from && !whole(end)) end -= 1;
    if (end === from) for (end = from + 1; !whole(end);) end += 1;
    let best = end;
    for (let at = end; at > from + limit / 2; at -= 1)
      if (whole(at) && (quality[at] ?? 0) > (quality[best] ?? 0)) best = at;
    if (best >= n) break;
    starts.push(best);
  }
  return starts;
}
