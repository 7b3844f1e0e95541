// Run by node after buffer.js and cutting.js: reads {algorithm, steps, texts} and a payload (base64), and prints words,
// cuts and counts of each text as the canvas computes them.

import { readFileSync } from "node:fs";

const asked = JSON.parse(readFileSync(0, "utf8"));
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
console.log(JSON.stringify({ total: cutter.steps, out }));
