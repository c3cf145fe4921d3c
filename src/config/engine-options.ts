/** Number of a model's layers on the GPU: as many as fit, all, or a count. */
export type GpuLayers = (typeof GPU_LAYERS)[number] | number;

export const GPU_LAYERS = ['auto', 'max'] as const;

/** Flash attention, which computes attention in one pass; `auto` chooses it by the device and the requests. */
export const FLASH_ATTENTION = ['auto', 'on', 'off'] as const;

export type FlashAttention = (typeof FLASH_ATTENTION)[number];

/** Speculative decoding by earlier tokens; `auto` uses it if that makes an answer faster. */
export const PROMPT_LOOKUP = ['auto', 'off'] as const;

export type PromptLookupMode = (typeof PROMPT_LOOKUP)[number];

/** The types that llama.cpp takes for keys and values of a context; the model's quality falls with the bits. */
export const KV_TYPES = [
  'f32',
  'f16',
  'bf16',
  'q8_0',
  'q5_1',
  'q5_0',
  'q4_1',
  'q4_0',
  'iq4_nl',
] as const;

export type KvType = (typeof KV_TYPES)[number];

/** Engines of GGUF files: llama.cpp in a process of Portico, or a managed llama-server. */
export const ENGINES = ['built-in', 'llama-server'] as const;

export type EngineKind = (typeof ENGINES)[number];

/** Engine of a model with vision for conversations without images: the same one, or a separate one with more slots. */
export const TEXT_ENGINES = ['shared', 'separate'] as const;

export type TextEngine = (typeof TEXT_ENGINES)[number];

/** Kinds of speculative decoding of llama-server: by a draft model, by a head of the model itself, or by n-grams. */
export const SPECULATIONS = [
  'draft-simple',
  'draft-eagle3',
  'draft-dflash',
  'draft-mtp',
  'ngram-simple',
  'ngram-map-k',
  'ngram-mod',
  'ngram-cache',
] as const;

export type Speculation = (typeof SPECULATIONS)[number];
