// Made of core.figures.training_lab.payloads by `python -m tests.js.payloads`.

type Shaped<A> = A & { shape: number[] };

/** What the film shows. */
export interface FilmState {
  version: number;
  layer: number;
  head: number;
  moment: number;
}

/** A training as a film; ``kinds`` are the groups that there are, ``tones`` their colours. */
export interface Film {
  words: Record<string, string>;
  language: string;
  caption: string;
  state: FilmState;
  labels: Array<string>;
  pieces: Array<string>;
  kinds: Array<string>;
  tones: Array<number>;
  causal: boolean;
  measure: string;
  explained: Array<number>;
}

/** All its moments: attention [frame, layer, head, query, key] (255 is 1), positions [frame, piece, 2]. */
export interface FilmArrays {
  frames: Shaped<Int32Array>;
  attention: Shaped<Uint8Array>;
  positions: Shaped<Float32Array>;
  kind: Shaped<Uint8Array>;
  step: Shaped<Int32Array>;
  loss: Shaped<Float32Array>;
  held: Shaped<Float32Array>;
  accuracy: Shaped<Float32Array>;
}
