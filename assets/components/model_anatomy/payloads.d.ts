// Made of core.figures.model_anatomy.payloads by `python -m tests.js.payloads`.

/** The place that is shown. */
export interface ModelFlowState {
  version: number;
  stack: string;
  layer: number;
  head: number;
  cross: boolean;
  box: string;
  token: number;
  cell: number;
}

/** A part outside of the blocks. */
export interface OutsidePart {
  role: string;
  stack: string;
  parameters: number;
  tied: boolean;
  shape: Array<number>;
}

/** A part of each block. */
export interface BlockPart {
  parameters: number;
  shape: Array<number>;
  fused?: boolean;
}

/** What the blocks of a stack hold. */
export interface Blocks {
  parts: Record<string, BlockPart>;
  blocks: Array<number>;
}

/** A stack. */
export interface FlowStack {
  parts: Record<string, BlockPart>;
  blocks: Array<number>;
  name: string;
  layers: number;
  heads: number;
  kv_heads: number;
  head_dim: number;
  d_ff: number;
  causal: boolean;
  cross: boolean;
  pre_norm: boolean;
  gated: boolean;
  final_norm: boolean;
  boxes: Array<string>;
  widths: Array<number>;
}

/** The model and the text. */
export interface FlowModel {
  kind: string;
  d_model: number;
  vocabulary: number;
  norm: string;
  activation: string;
  positions: string;
  predicts: boolean;
  tied: boolean;
  parameters: number;
  shares: Record<string, number>;
  outside: Array<OutsidePart>;
  labels: Array<string>;
  target: Array<string> | null;
  top_labels: Array<Array<string>>;
  stacks: Array<FlowStack>;
}

/** The network; arrays are named by stack (``lengths_decoder``) or detail (``box_values``, ``head_q``). */
export interface ModelFlow {
  words: Record<string, string>;
  language: string;
  caption: string;
  kind: string;
  d_model: number;
  vocabulary: number;
  norm: string;
  activation: string;
  positions: string;
  predicts: boolean;
  tied: boolean;
  parameters: number;
  shares: Record<string, number>;
  outside: Array<OutsidePart>;
  labels: Array<string>;
  target: Array<string> | null;
  top_labels: Array<Array<string>>;
  stacks: Array<FlowStack>;
  state: ModelFlowState;
  title: string;
  failed: boolean;
  details: Array<Record<string, any>>;
}

/** Whether padding is shown. */
export interface ModelMasksState {
  version: number;
  padding: boolean;
}

/** A mask of a stack. */
export interface Mask {
  stack: string;
  rule: string;
  queries: Array<string>;
  keys: Array<string>;
}

/** A stack. */
export interface MaskedStack {
  name: string;
  layers: number;
  heads: number;
  cross: boolean;
}

/** A model's masks. */
export interface MaskedModel {
  title: string;
  kind: string;
  masks: Array<Mask>;
  stacks: Array<MaskedStack>;
}

/** Masks of models; arrays are numbered by model and mask: ``mask_0_0``. */
export interface ModelMasks {
  words: Record<string, string>;
  language: string;
  caption: string;
  state: ModelMasksState;
  models: Array<MaskedModel>;
  asked: number;
}
