// Words, cuts and counts of texts after so many steps, as the canvas computes them from its message (base64).

import { ScrubCutter, scrubWords } from "../../../assets/components/token_splits/merge_scrub/cutting.js";
import { unpack } from "../../../assets/components/shared/buffer.js";

export async function main(asked) {
  const { meta, arrays } = await unpack(Uint8Array.from(Buffer.from(asked.payload, "base64")));
  const cutter = new ScrubCutter({ algorithm: meta.algorithm, pieces: meta.pieces, ...arrays });
  const out = asked.texts.map((text) => {
    const words = scrubWords(text, meta.algorithm);
    const steps = asked.steps.map((step) => Math.min(step, cutter.steps));
    return {
      words,
      cuts: steps.map((n) => words.map((word) => cutter.cut(word, n).map((part) => [part.id, part.text]))),
      counts: cutter.counts(words, steps),
    };
  });
  return { total: cutter.steps, out };
}
