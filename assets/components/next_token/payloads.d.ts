// Made of core.figures.next_token.payloads by `python -m tests.js.payloads`.

type Shaped<A> = A & { shape: number[] };

/** See ``distribution.STATE``. */
export interface TokenDistributionState {
  version: number;
  temperature: number;
  top_k: number;
  top_p: number;
  min_p: number;
  typical: number;
  repetition: number;
  frequency: number;
  presence: number;
  order: Array<string>;
  view: string;
  seed: number;
}

/** A part of the text. */
export interface Chip {
  text: string;
  parts: number;
  special: boolean;
  by_hand: boolean;
}

/** What may come next. */
export interface TokenDistribution {
  words: Record<string, string>;
  language: string;
  caption: string;
  state: TokenDistributionState;
  model: string;
  chips: Array<Chip>;
  cut: boolean;
  forced: Array<number>;
  most_forced: number;
  length: number;
  labels: Array<string>;
  hints: Record<string, string>;
}

/** Of the vocabulary, the text, and those that are named. */
export interface TokenDistributionArrays {
  logits: Shaped<Float32Array>;
  steps: Shaped<Int16Array>;
  history: Shaped<Int32Array>;
  label_ids: Shaped<Int32Array>;
}

/** Whose vocabulary it is. */
export interface TokenLabels {
  model: string;
}

/** Its labels, UTF-8, one per line. */
export interface TokenLabelsArrays {
  text: Shaped<Uint8Array>;
}

/** Bits or nats. */
export interface SurpriseStripState {
  version: number;
  unit: string;
}

/** One model's reading. */
export interface SurpriseLane {
  reading: string;
  model: string;
  labels: Array<string>;
  special: Array<boolean>;
  rivals: Array<string>;
  mean: number;
  per_byte: string;
  bits_per_byte: number;
}

/** A text as models read it; arrays are numbered: ``nats0``, ``rank0``, ``shares0``. */
export interface SurpriseStrip {
  words: Record<string, string>;
  language: string;
  caption: string;
  state: SurpriseStripState;
  lanes: Array<SurpriseLane>;
}

/** How a generation stands. */
export interface Run {
  state: string;
  place: number;
  seconds: number;
  rate: number;
  most: number;
}

/** What is still growing. */
export interface Growing {
  words: Record<string, string>;
  language: string;
  caption: string;
  run: Run;
  prompt: string;
}

/** A text of the tree. */
export interface Branch {
  forks: Array<string>;
  nodes: Array<number>;
  ended: string;
  text: string;
}

/** How the text is drawn that the link names. */
export interface GenerationTreeState {
  version: number;
  temperature: number;
  length: number;
  seed: number;
  forks: Array<string>;
}

/** A session's texts as one tree. */
export interface GenerationTree {
  words: Record<string, string>;
  language: string;
  caption: string;
  run: Run;
  prompt: string;
  state: GenerationTreeState;
  names: Record<string, string>;
  current: number;
  labels: Array<string>;
  texts: Array<Branch>;
}

/** Of its nodes. */
export interface GenerationTreeArrays {
  parent: Shaped<Int32Array>;
  token: Shaped<Int32Array>;
  chance: Shaped<Float32Array>;
  own: Shaped<Float32Array>;
  entropy: Shaped<Float32Array>;
  forced: Shaped<Uint8Array>;
  options: Shaped<Int32Array>;
  option_chance: Shaped<Float32Array>;
  option_own: Shaped<Float32Array>;
}

/** The text at one temperature. */
export interface Lane {
  temperature: number;
  labels: Array<string>;
  text: string;
  again: Array<number>;
  distinct: Array<number>;
  repetition: number;
  ended: string;
}

/** How the texts are drawn. */
export interface LanesState {
  version: number;
  length: number;
  seed: number;
  lanes: Array<string>;
}

/** One text at several temperatures; arrays are numbered: ``chance0``, ``own0``. */
export interface Lanes {
  words: Record<string, string>;
  language: string;
  caption: string;
  run: Run;
  prompt: string;
  state: LanesState;
  lanes: Array<Lane>;
}

/** Its width and depth. */
export interface BeamTreeState {
  version: number;
  beams: number;
  depth: number;
}

/** A beam search. */
export interface BeamTree {
  words: Record<string, string>;
  language: string;
  caption: string;
  run: Run;
  prompt: string;
  state: BeamTreeState;
  beams: number;
  labels: Array<string>;
  ended: string;
}

/** Of its nodes and results. */
export interface BeamTreeArrays {
  parent: Shaped<Int32Array>;
  step: Shaped<Int32Array>;
  log_chance: Shaped<Float32Array>;
  score: Shaped<Float32Array>;
  kept: Shaped<Uint8Array>;
  closed: Shaped<Uint8Array>;
  results: Shaped<Int32Array>;
  result_scores: Shaped<Float32Array>;
  greedy: Shaped<Int32Array>;
}
