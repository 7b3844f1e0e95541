// Made of core.figures.embedding_space.payloads by `python -m tests.js.payloads`.

type Shaped<A> = A & { shape: number[] };

/** See ``tables.STATE``. */
export interface EmbeddingMapState {
  version: number;
  word: string;
  view: string;
}

/** What a map says besides its points. */
export interface Told {
  method: string;
  dims: number;
  explained: Array<number>;
  trustworthiness: number;
  real: number;
  labels: Array<string>;
  sentences: Array<string>;
}

/** A map of words. */
export interface EmbeddingMap {
  words: Record<string, string>;
  language: string;
  caption: string;
  method: string;
  dims: number;
  explained: Array<number>;
  trustworthiness: number;
  real: number;
  labels: Array<string>;
  sentences: Array<string>;
  state: EmbeddingMapState;
  title: string;
  dimensions: number;
  groups: Array<string>;
  tones: Array<number>;
  counts: Array<number>;
  most_chosen: number;
  scale: number;
}

/** Of its points. */
export interface EmbeddingMapArrays {
  positions: Shaped<Float32Array>;
  groups: Shaped<Uint8Array>;
  neighbours: Shaped<Int32Array>;
  similarity: Shaped<Int32Array>;
}
