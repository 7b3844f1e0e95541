// Made of core.figures.position_curves.payloads by `python -m tests.js.payloads`.

type Shaped<A> = A & { shape: number[] };

/** All parameters of the page. */
export interface PositionCurvesState {
  version: number;
  view: string;
  d: number;
  base: number;
  span: number;
  pos: number;
  shift: number;
  pair: number;
  layout: string;
  hd: number;
  theta: number;
  m: number;
  n: number;
  order: string;
  scaling: string;
  factor: number;
  trained: number;
  heads: number;
  slope: number;
  reach: number;
  buckets: number;
  far: number;
  both: boolean;
  rel: number;
  row: number;
  layer: number;
  head: number;
  query: number;
  key: number;
  move: number;
  seed: number;
  who: string;
  off: boolean;
  level: number;
  hidden: Array<string>;
  spot: number;
}

/** A model whose text was shuffled. */
export interface ShuffledModel {
  role: string;
  title: string;
  labels: Array<string>;
}

/** What a view has beside the formulas. */
export interface OfView {
  model?: string;
  count?: number;
  lowest?: number;
  d_model?: number;
  n?: number;
  d?: number;
  layers?: number;
  heads?: number;
  layer?: number;
  head?: number;
  scale?: number;
  factor?: number;
  labels?: Array<string>;
  bins?: Array<number>;
  lively?: Array<number>;
  models?: Array<ShuffledModel>;
  schemes?: Array<string>;
  trained?: number;
  length?: number;
}

/** One view. */
export interface PositionCurves {
  words: Record<string, string>;
  language: string;
  caption: string;
  model?: string;
  count?: number;
  lowest?: number;
  d_model?: number;
  n?: number;
  d?: number;
  layers?: number;
  heads?: number;
  layer?: number;
  head?: number;
  scale?: number;
  factor?: number;
  labels?: Array<string>;
  bins?: Array<number>;
  lively?: Array<number>;
  models?: Array<ShuffledModel>;
  schemes?: Array<string>;
  trained?: number;
  length?: number;
  state: PositionCurvesState;
  view: string;
  failed: boolean;
}

/** Of one view. */
export interface PositionCurvesArrays {
  similarity?: Shaped<Uint8Array>;
  components?: Shaped<Float32Array>;
  share?: Shaped<Float32Array>;
  nearest?: Shaped<Int32Array>;
  q?: Shaped<Float32Array>;
  k?: Shaped<Float32Array>;
  turns?: Shaped<Float32Array>;
  attention?: Shaped<Float32Array>;
  by_distance?: Shaped<Float32Array>;
  order_encoder?: Shaped<Int32Array>;
  told_encoder?: Shaped<Float32Array>;
  untold_encoder?: Shaped<Float32Array>;
  order_decoder?: Shaped<Int32Array>;
  told_decoder?: Shaped<Float32Array>;
  untold_decoder?: Shaped<Float32Array>;
  loss?: Shaped<Float32Array>;
  smooth?: Shaped<Float32Array>;
}
