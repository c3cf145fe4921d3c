import type { GgufValue } from './gguf.ts';
import type { Weight } from './weights.ts';

/** Size of a model. Attention has `heads` × `headSize` values. */
export interface Dimensions {
  readonly layers: number;
  readonly embedding: number;
  readonly feedForward: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
  readonly context: number;
  /** Experts of each layer of `llama`, two of which are used for a token; absent means one feed-forward. */
  readonly experts?: number;
}

export interface TensorPlan {
  readonly name: string;
  readonly shape: readonly number[];
  readonly weight: Weight;
}

/** Contents of a GGUF file of an architecture, except its vocabulary. */
export interface ModelPlan {
  readonly architecture: string;
  /** Metadata by keys without the architecture, which is their prefix in the file. */
  readonly metadata: Readonly<Record<string, GgufValue>>;
  readonly tensors: readonly TensorPlan[];
}

/**
 * Kinds of models by the places at which their state can be cut: at any token (`llama`), only within a window
 * (`gemma3`), or only at a checkpoint, for the complete state (`mamba`) or a part of it (`lfm2`).
 */
export const KINDS = ['llama', 'gemma3', 'mamba', 'lfm2'] as const;

export type ModelKind = (typeof KINDS)[number];

/** Sliding window of `gemma3`, in tokens. */
const WINDOW = 64;
const RMS_EPSILON = 1e-6;
const ROPE_BASE = 10_000;
/** Every third layer of `lfm2` has attention, the others a convolution over this number of tokens. */
const ATTENDING = 3;
const CONVOLUTION = 3;
const USED_EXPERTS = 2;
/** Sizes of `mamba`: its convolution, its state, and the rank of its time steps. */
const STATE_SPACE = { kernel: 4, state: 16, rank: 32 } as const;

/** Plans a model. Source of keys, names and shapes: llama.cpp's `src/models/*.cpp`. */
export function planModel(kind: ModelKind, size: Dimensions, vocabularySize: number): ModelPlan {
  const layers = Array.from({ length: size.layers }, (_, index) => index);
  const outputNorm = kind === 'lfm2' ? 'token_embd_norm.weight' : 'output_norm.weight';
  return {
    architecture: kind,
    metadata: { ...commonMetadata(size), ...ownMetadata(kind, size) },
    tensors: [
      matrix('token_embd.weight', size.embedding, vocabularySize),
      norm(outputNorm, size.embedding),
      ...layers.flatMap((layer) =>
        layerTensors(kind, size, layer).map((tensor) => ({
          ...tensor,
          name: `blk.${layer}.${tensor.name}`,
        })),
      ),
    ],
  };
}

function commonMetadata(size: Dimensions): Readonly<Record<string, GgufValue>> {
  return {
    block_count: u32(size.layers),
    context_length: u32(size.context),
    embedding_length: u32(size.embedding),
    'attention.layer_norm_rms_epsilon': { type: 'f32', value: RMS_EPSILON },
  };
}

function ownMetadata(kind: ModelKind, size: Dimensions): Readonly<Record<string, GgufValue>> {
  const attending = {
    feed_forward_length: u32(size.feedForward),
    'attention.head_count': u32(size.heads),
    'attention.head_count_kv': u32(size.kvHeads),
    'attention.key_length': u32(size.headSize),
    'attention.value_length': u32(size.headSize),
    'rope.dimension_count': u32(size.headSize),
    'rope.freq_base': { type: 'f32', value: ROPE_BASE } as const,
  };
  switch (kind) {
    case 'llama': {
      const { experts } = size;
      if (experts === undefined) return attending;
      return { ...attending, expert_count: u32(experts), expert_used_count: u32(USED_EXPERTS) };
    }
    case 'gemma3':
      return { ...attending, 'attention.sliding_window': u32(WINDOW) };
    case 'lfm2': {
      const value = Array.from({ length: size.layers }, (_, layer) =>
        attends(layer) ? size.kvHeads : 0,
      );
      const heads = { 'attention.head_count_kv': { type: 'u32-list', value } as const };
      return { ...attending, ...heads, 'shortconv.l_cache': u32(CONVOLUTION) };
    }
    case 'mamba':
      return {
        feed_forward_length: u32(0),
        'attention.head_count': u32(0),
        'ssm.conv_kernel': u32(STATE_SPACE.kernel),
        'ssm.inner_size': u32(2 * size.embedding),
        'ssm.state_size': u32(STATE_SPACE.state),
        'ssm.time_step_rank': u32(STATE_SPACE.rank),
      };
    default:
      return kind satisfies never;
  }
}

function layerTensors(kind: ModelKind, size: Dimensions, layer: number): readonly TensorPlan[] {
  const { embedding } = size;
  switch (kind) {
    case 'llama':
      return [
        ...attention(size),
        ...(size.experts === undefined ? feedForward(size) : mixture(size, size.experts)),
      ];
    case 'gemma3':
      return [
        ...attention(size),
        ...headNorms(size),
        norm('post_attention_norm.weight', embedding),
        ...feedForward(size),
        norm('post_ffw_norm.weight', embedding),
      ];
    case 'lfm2':
      return [
        ...(attends(layer) ? [...attention(size), ...headNorms(size)] : convolution(embedding)),
        ...feedForward(size),
      ];
    case 'mamba':
      return stateSpace(embedding);
    default:
      return kind satisfies never;
  }
}

function attends(layer: number): boolean {
  return layer % ATTENDING === ATTENDING - 1;
}

function attention({ embedding, heads, kvHeads, headSize }: Dimensions): readonly TensorPlan[] {
  return [
    norm('attn_norm.weight', embedding),
    matrix('attn_q.weight', embedding, heads * headSize),
    matrix('attn_k.weight', embedding, kvHeads * headSize),
    matrix('attn_v.weight', embedding, kvHeads * headSize),
    matrix('attn_output.weight', heads * headSize, embedding),
  ];
}

function headNorms({ headSize }: Dimensions): readonly TensorPlan[] {
  return [norm('attn_q_norm.weight', headSize), norm('attn_k_norm.weight', headSize)];
}

function feedForward({ embedding, feedForward: inner }: Dimensions): readonly TensorPlan[] {
  return [
    norm('ffn_norm.weight', embedding),
    matrix('ffn_gate.weight', embedding, inner),
    matrix('ffn_up.weight', embedding, inner),
    matrix('ffn_down.weight', inner, embedding),
  ];
}

function mixture(
  { embedding, feedForward: inner }: Dimensions,
  experts: number,
): readonly TensorPlan[] {
  return [
    norm('ffn_norm.weight', embedding),
    matrix('ffn_gate_inp.weight', embedding, experts),
    { name: 'ffn_gate_exps.weight', shape: [embedding, inner, experts], weight: 'random' },
    { name: 'ffn_up_exps.weight', shape: [embedding, inner, experts], weight: 'random' },
    { name: 'ffn_down_exps.weight', shape: [inner, embedding, experts], weight: 'random' },
  ];
}

function convolution(embedding: number): readonly TensorPlan[] {
  return [
    norm('attn_norm.weight', embedding),
    matrix('shortconv.conv.weight', CONVOLUTION, embedding),
    matrix('shortconv.in_proj.weight', embedding, 3 * embedding),
    matrix('shortconv.out_proj.weight', embedding, embedding),
  ];
}

function stateSpace(embedding: number): readonly TensorPlan[] {
  const { kernel, state, rank } = STATE_SPACE;
  const inner = 2 * embedding;
  return [
    norm('attn_norm.weight', embedding),
    matrix('ssm_in.weight', embedding, 2 * inner),
    matrix('ssm_conv1d.weight', kernel, inner),
    vector('ssm_conv1d.bias', inner),
    matrix('ssm_x.weight', inner, rank + 2 * state),
    matrix('ssm_dt.weight', rank, inner),
    vector('ssm_dt.bias', inner),
    // The decay of the state, which must be below zero.
    { name: 'ssm_a', shape: [state, inner], weight: 'negative' },
    norm('ssm_d', inner),
    matrix('ssm_out.weight', inner, embedding),
  ];
}

function matrix(name: string, from: number, to: number): TensorPlan {
  return { name, shape: [from, to], weight: 'random' };
}

function vector(name: string, length: number): TensorPlan {
  return { name, shape: [length], weight: 'random' };
}

function norm(name: string, length: number): TensorPlan {
  return { name, shape: [length], weight: 'ones' };
}

function u32(value: number): GgufValue {
  return { type: 'u32', value };
}
