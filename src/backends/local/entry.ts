import { z } from 'zod';
import {
  ENGINES,
  FLASH_ATTENTION,
  GPU_LAYERS,
  KV_TYPES,
  PROMPT_LOOKUP,
  SPECULATIONS,
} from '../../config/engine-options.ts';
import type { ServerKey } from './runner-choice.ts';
import { entrySchemaOf, text } from '../../registry/schema.ts';

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
  speculative: z.enum(SPECULATIONS).exactOptional(),
  draft: text.exactOptional(),
  cpu_moe: z
    .union([z.literal('auto'), z.int().min(0)], { error: "must be a number of layers or 'auto'" })
    .exactOptional(),
  fit: z.boolean().exactOptional(),
  rpc: z
    .array(z.string().regex(/^[^\s:,]+:\d+$/, 'must be an address such as 10.0.0.2:50052'))
    .min(1)
    .exactOptional(),
  lora: z.array(text).min(1).exactOptional(),
} satisfies Readonly<Record<ServerKey, z.ZodType>>;

/** Entry of a model from a GGUF file. */
export const localEntrySchema = entrySchemaOf({
  engine: z.enum(ENGINES).exactOptional(),
  mmproj: text.exactOptional(),
  pictures_apart: z.boolean().exactOptional(),
  parallel: z.int().positive().exactOptional(),
  threads: z.int().positive().exactOptional(),
  gpu_layers: gpuLayers.exactOptional(),
  flash_attention: flashAttention.exactOptional(),
  kv_type: z.enum(KV_TYPES).exactOptional(),
  prompt_lookup: promptLookup.exactOptional(),
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
  const [first] = Object.keys(serverOptions).filter((key) => Object.hasOwn(entry, key));
  if (first !== undefined && engine === 'built-in') {
    refuse('engine', `must be llama-server for '${first}'`);
  }
});
