// Made of core.figures.masked_words.payloads by `python -m tests.js.payloads`.

type Shaped<A> = A & { shape: number[] };

/** Which words are hidden. */
export interface GapFillState {
  version: number;
  hide: Array<string>;
  several: boolean;
}

/** Candidates for one gap, scored within the whole text. */
export interface WholeText {
  place: number;
  true: number;
  candidates: Array<string>;
  share: Array<number>;
  left: Array<number>;
}

/** One of several gaps as a model fills it. */
export interface Gap {
  place: number;
  read: string;
  nats: number | null;
  rank: number;
  candidates: Array<string>;
  share: Array<number>;
}

/** Both models' guesses at every word. */
export interface GapFill {
  words: Record<string, string>;
  language: string;
  caption: string;
  state: GapFillState;
  titles: Array<string>;
  text: Array<string>;
  between: Array<string>;
  telling: number;
  blank: Array<boolean>;
  top: number;
  candidates: Array<Array<string>>;
  whole: WholeText | null;
  several: Array<Array<Gap>> | null;
}

/** 0: from both sides, 1: from the left. */
export interface GapFillArrays {
  nats0: Shaped<Float32Array>;
  nats1: Shaped<Float32Array>;
  rank0: Shaped<Int32Array>;
  rank1: Shaped<Int32Array>;
  count0: Shaped<Int32Array>;
  count1: Shaped<Int32Array>;
  share0: Shaped<Float32Array>;
  share1: Shaped<Float32Array>;
}

/** How often the dice fall, and how. */
export interface MaskRuleState {
  version: number;
  seed: number;
  share: number;
  rolls: number;
  epochs: number;
  copies: number;
}

/** A text as the rule sees it. */
export interface MaskRule {
  words: Record<string, string>;
  language: string;
  caption: string;
  state: MaskRuleState;
  labels: Array<string>;
  special: Array<boolean>;
  mask: string;
  others: Array<string>;
  size: number;
}

/** A text's score. */
export interface Total {
  nats: number;
  pieces: number;
  words: number;
  characters: number;
  per_piece: number;
  per_word: number;
  bits_per_character: number;
}

/** The word in hand. */
export interface PseudoStripState {
  version: number;
  word: number;
}

/** Each word's surprise on both sides. */
export interface PseudoStrip {
  words: Record<string, string>;
  language: string;
  caption: string;
  state: PseudoStripState;
  titles: Array<string>;
  text: Array<string>;
  spaced: Array<boolean>;
  pieces: Array<Array<string>>;
  totals: Array<Total>;
}

/** 0: from both sides, 1: from the left. */
export interface PseudoStripArrays {
  nats0: Shaped<Float32Array>;
  nats1: Shaped<Float32Array>;
  word0: Shaped<Int32Array>;
  word1: Shaped<Int32Array>;
  together0: Shaped<Float32Array>;
  together1: Shaped<Float32Array>;
}
