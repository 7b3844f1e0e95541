// Made of core.figures.token_splits.payloads by `python -m tests.js.payloads`.

type Shaped<A> = A & { shape: number[] };

/** See ``cut.STATE``. */
export interface TokenChipsState {
  version: number;
  text: string;
  show: string;
  limit: number;
}

/** A vocabulary on offer. */
export interface Choice {
  id: string;
  title: string;
}

/** … and all that is said of it. */
export interface Offer {
  id: string;
  title: string;
  algorithm: string;
  size: number;
}

/** The piece that is explained, and by which vocabulary. */
export interface Pick {
  by: string;
  piece: string;
}

/** One vocabulary's cut. */
export interface ChipLane {
  id: string;
  title: string;
  algorithm: string;
  size: number;
  labels: Array<string>;
  hex: Array<string>;
  rate: number;
}

/** One text under several vocabularies; arrays are numbered: ``ids0``, ``starts0`` … */
export interface TokenChips {
  words: Record<string, string>;
  language: string;
  state: TokenChipsState;
  text: string;
  choices: Array<Choice>;
  pick: Pick;
  most_lanes: number;
  most_limit: number;
  hub: boolean;
  failed: boolean;
  lanes: Array<ChipLane>;
}

/** A node of the forest of merges. */
export interface Merged {
  label: string;
  left: number;
  right: number;
  rank: number;
}

/** The forest of merges. */
export interface Forest {
  nodes: Array<Merged>;
  roots: Array<number>;
  chosen: number;
}

/** … of a whole word, or of a part of it, with the labels of its roots. */
export interface Trees {
  nodes: Array<Merged>;
  roots: Array<number>;
  chosen: number;
  labels: Array<string>;
  part: boolean;
}

/** A piece of the lattice. */
export interface Edge {
  start: number;
  end: number;
  id: number;
  label: string;
  score: number;
  best: boolean;
}

/** A step of the greedy search. */
export interface Tried {
  tried: Array<string>;
  found: string;
}

/** A character and its UTF-8 bytes. */
export interface Spelled {
  glyph: string;
  code: string;
  bytes: Array<number>;
}

/** Why a word is cut as it is. */
export interface MergeTree {
  words: Record<string, string>;
  language: string;
  nodes: Array<Merged>;
  roots: Array<number>;
  chosen: number;
  state: Record<string, any>;
  kind: string;
  title: string;
  piece: string;
  tokens: Array<string>;
  edges: Array<Edge>;
  length: number;
  score: string;
  second: string;
  steps: Array<Tried>;
  characters: Array<Spelled>;
}

/** What stands on a chip. */
export interface TokenRowsState {
  version: number;
  show: string;
}

/** A row of tokens. */
export interface RowLine {
  name: string;
  note: string;
  labels: Array<string>;
  hex: Array<string>;
}

/** Rows under one heading. */
export interface RowBand {
  title: string;
  note: string;
  aligned: boolean;
  lines: Array<RowLine>;
}

/** Bands of rows; arrays are numbered: ``ids0``, ``kinds0``. */
export interface TokenRows {
  words: Record<string, string>;
  language: string;
  caption: string;
  state: TokenRowsState;
  kinds: Array<string>;
  bands: Array<RowBand>;
}

/** See ``training.SCRUB_STATE``. */
export interface MergeScrubState {
  version: number;
  text: string;
  step: number;
}

/** A trained vocabulary. */
export interface MergeScrub {
  words: Record<string, string>;
  language: string;
  caption: string;
  state: MergeScrubState;
  algorithm: string;
  pieces: Array<string>;
  labels: Array<string>;
  samples: Array<string>;
  characters: number;
  held_out: number;
  most: number;
}

/** Its steps. */
export interface MergeScrubArrays {
  order: Shaped<Int32Array>;
  left: Shaped<Int32Array>;
  right: Shaped<Int32Array>;
  count: Shaped<Int32Array>;
  length: Shaped<Int32Array>;
  scores: Shaped<Float32Array>;
}
