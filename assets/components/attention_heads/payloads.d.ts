// Made of core.figures.attention_heads.payloads by `python -m tests.js.payloads`.

type Shaped<A> = A & { shape: number[] };

/** The tokens of a text. */
export interface Side {
  labels: Array<string>;
  special: Array<boolean>;
}

/** Of one head: see ``focus.DEFAULTS``. */
export interface AttentionFocusState {
  version: number;
  token: number;
  key: number;
  step: string;
  weight: string;
  rotary: boolean;
  ablate: Array<string>;
  layer: number;
  head: number;
}

/** What there is without a head, too; then there are no labels, and no arrays. */
export interface AttentionFocusSaid {
  words: Record<string, string>;
  language: string;
  caption: string;
  labels: Array<string>;
  special: Array<boolean>;
  group: string;
  state: AttentionFocusState;
}

/** One head. */
export interface AttentionFocus {
  words: Record<string, string>;
  language: string;
  caption: string;
  labels: Array<string>;
  special: Array<boolean>;
  group: string;
  state: AttentionFocusState;
  layer: number;
  head: number;
  kv_head: number;
  shared: Array<number>;
  heads: number;
  scale: number;
  causal: boolean;
  rotary: boolean;
  d: number;
}

/** Of one head. */
export interface AttentionFocusArrays {
  attention: Shaped<Float32Array>;
  scores: Shaped<Float32Array>;
  q: Shaped<Float32Array>;
  k: Shaped<Float32Array>;
  value_norm: Shaped<Float32Array>;
  q_content?: Shaped<Float32Array>;
  k_content?: Shaped<Float32Array>;
  bias?: Shaped<Float32Array>;
}

/** Of all heads: see ``overview.DEFAULTS``. */
export interface AttentionOverviewState {
  version: number;
  layer: number;
  head: number;
  sort: string;
  colour: string;
  on: string;
  x: string;
  y: string;
  ablate: Array<string>;
  roles: Record<string, string>;
}

/** All heads. */
export interface AttentionOverview {
  words: Record<string, string>;
  language: string;
  caption: string;
  group: string;
  state: AttentionOverviewState;
  layers: number;
  heads: number;
  size: number;
  kv_heads: number;
  pooled: number;
  tokens: Array<string>;
  causal: boolean;
  calibration_length?: number;
}

/** Of all heads. */
export interface AttentionOverviewArrays {
  attention: Shaped<Uint8Array>;
  text: Shaped<Float32Array>;
  calibration?: Shaped<Float32Array>;
}

/** Which view, from which layer. */
export interface BertvizState {
  version: number;
  bv: string;
  layer: number;
}

/** BertViz's scripts and their parameters. */
export interface Bertviz {
  words: Record<string, string>;
  language: string;
  caption: string;
  state: BertvizState;
  scripts: Record<string, string>;
  parameters: Record<string, any>;
}

/** Attention in thousandths. */
export interface BertvizArrays {
  thousandths: Shaped<Int32Array>;
}

/** Layer and head, and the written token. */
export interface CrossAttentionState {
  version: number;
  cl: number;
  ch: number;
  writing: number;
}

/** A translation. */
export interface CrossAttention {
  words: Record<string, string>;
  language: string;
  caption: string;
  state: CrossAttentionState;
  source: Side;
  written: Side;
  layers: number;
  heads: number;
  scale: number;
  surest: Array<number>;
}

/** Of a translation. */
export interface CrossAttentionArrays {
  attention: Shaped<Float32Array> | Shaped<Uint8Array>;
  probability: Shaped<Float32Array>;
}

/** The head, and by which metric all are sorted. */
export interface HeadPairState {
  version: number;
  layer: number;
  head: number;
  by: string;
}

/** All heads on two texts. */
export interface HeadPair {
  words: Record<string, string>;
  language: string;
  caption: string;
  state: HeadPairState;
  sides: Array<Side>;
  layers: number;
  heads: number;
}

/** Of all heads on two texts. */
export interface HeadPairArrays {
  first: Shaped<Uint8Array>;
  second: Shaped<Uint8Array>;
  metrics_first: Shaped<Float32Array>;
  metrics_second: Shaped<Float32Array>;
}
