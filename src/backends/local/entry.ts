import { z } from 'zod';
import {
  ENGINES,
  FLASH_ATTENTION,
  GPU_LAYERS,
  KV_TYPES,
  PROMPT_LOOKUP,
  SPECULATIONS,
  TEXT_ENGINES,
} from '../../config/engine-options.ts';
import type { TextEngine } from '../../config/engine-options.ts';
import { entrySchemaOf, text } from '../../registry/schema.ts';
import type { ReplacedFields } from '../../registry/schema.ts';
import type { ServerKey } from './runner-choice.ts';

const gpuLayers = z.union([z.enum(GPU_LAYERS), z.int().min(0)], {
  error: "must be a number of layers, 'auto' or 'max'",
});

/** `on` and `off` are strings in YAML 1.2, and booleans in YAML 1.1. */
const flashAttention = z.union(
  [z.enum(FLASH_ATTENTION), z.boolean().transform((on) => (on ? 'on' : 'off'))],
  { error: 'must be auto, on or off' },
);

/** `off` may be a boolean here too. */
const promptLookup = z.union(
  [z.enum(PROMPT_LOOKUP), z.literal(false).transform(() => 'off' as const)],
  { error: 'must be auto or off' },
);

/** Kinds of speculative decoding that need a draft model. */
const DRAFTED = ['draft-simple', 'draft-eagle3', 'draft-dflash'];

/** Options that only llama-server has. */
const serverOptions = {
  speculative: z
    .enum(SPECULATIONS)
    .meta({
      description:
        'speculative decoding, by llama-server: with a draft model, the model’s own head (`draft-mtp`), or n-grams',
      examples: ['ngram-mod'],
    })
    .exactOptional(),
  draft: text
    .meta({
      description: 'draft model for `speculative`, by llama-server, as a path like `file`',
      examples: ['small.gguf'],
    })
    .exactOptional(),
  cpu_moe: z
    .union([z.literal('auto'), z.int().min(0)], { error: "must be a number of layers or 'auto'" })
    .meta({
      description:
        'layers whose experts stay in main memory, by llama-server; `auto` keeps as many there as the GPU can’t take',
      examples: ['auto'],
    })
    .exactOptional(),
  fit: z
    .boolean()
    .meta({
      description: 'fits unset options to the memory of the GPU, by llama-server',
      examples: [true],
    })
    .exactOptional(),
  rpc: z
    .array(z.string().regex(/^[^\s:,]+:\d+$/, 'must be an address such as 10.0.0.2:50052'))
    .min(1)
    .meta({
      description: 'RPC servers of llama.cpp on other machines, by llama-server',
      examples: [['10.0.0.2:50052']],
    })
    .exactOptional(),
  lora: z
    .array(text)
    .min(1)
    .meta({
      description: 'LoRA adapters, by llama-server, as paths like `file`',
      examples: [['a.gguf']],
    })
    .exactOptional(),
} satisfies Readonly<Record<ServerKey, z.ZodType>>;

/** Options of all engines. */
const engineOptions = {
  parallel: z
    .int()
    .positive()
    .meta({ description: 'concurrent requests, each with its own context', examples: [2] })
    .exactOptional(),
  threads: z
    .int()
    .positive()
    .meta({ description: 'CPU threads. Default: the idle cores', examples: [6] })
    .exactOptional(),
  gpu_layers: gpuLayers
    .meta({
      description: 'layers on the GPU; `auto` puts as many there as fit. Default: `auto`',
      examples: ['auto'],
    })
    .exactOptional(),
  flash_attention: flashAttention
    .meta({
      description: 'flash attention; `auto` chooses by the requests of the model. Default: `auto`',
      examples: ['auto'],
    })
    .exactOptional(),
  kv_type: z
    .enum(KV_TYPES)
    .meta({ description: 'type of the KV cache. Default: `f16`', examples: ['q8_0'] })
    .exactOptional(),
  prompt_lookup: promptLookup
    .meta({
      description:
        'drafts tokens from earlier text; `auto` does so if it is faster. Default: `auto`',
      examples: ['off'],
    })
    .exactOptional(),
};

/** Entry of a model from a GGUF file. */
export const localEntrySchema = entrySchemaOf({
  engine: z
    .enum(ENGINES)
    .meta({
      description:
        'engine of a GGUF file; `llama-server` is a program of its own. Default: `built-in`',
      examples: ['llama-server'],
    })
    .exactOptional(),
  mmproj: text
    .meta({
      description: 'projector of a model with vision, as a path like `file`',
      examples: ['p.gguf'],
    })
    .exactOptional(),
  text_engine: z
    .enum(TEXT_ENGINES)
    .meta({
      description:
        'engine for conversations without images, if a model has a projector; with `separate` the model is in memory twice. Default: `shared`',
      examples: ['separate'],
    })
    .exactOptional(),
  pictures_apart: z
    .boolean()
    .meta({
      description: 'deprecated: `true` is `text_engine: separate`',
      deprecated: true,
      examples: [true],
    })
    .exactOptional(),
  ...engineOptions,
  ...serverOptions,
}).superRefine((entry, context) => {
  const refuse = (key: string, message: string) =>
    context.addIssue({ code: 'custom', path: [key], message });
  const { file, source, engine, speculative, draft } = entry;
  if (file === undefined && source === undefined) {
    refuse(
      'backend',
      "a llama model needs 'file', the path of its GGUF, or 'source', to pull it from",
    );
  }
  if (draft === undefined && DRAFTED.includes(speculative ?? '')) {
    refuse('speculative', "needs 'draft', the path of a draft model");
  }
  if (entry.pictures_apart !== undefined && entry.text_engine !== undefined) {
    refuse('pictures_apart', "is the old key for 'text_engine'; remove it");
  }
  const [first] = Object.keys(serverOptions).filter((key) => Object.hasOwn(entry, key));
  if (first !== undefined && engine === 'built-in') {
    refuse('engine', `must be llama-server for '${first}'`);
  }
});

/** Fields of earlier versions. */
export const REPLACED_FIELDS: ReplacedFields = {
  pictures_apart: (isApart) => ({
    key: 'text_engine',
    value: (isApart === true ? 'separate' : 'shared') satisfies TextEngine,
  }),
};
