import { z } from 'zod';
import {
  ENGINES,
  FLASH_ATTENTION,
  GPU_LAYERS,
  KV_TYPES,
  PROMPT_LOOKUP,
} from '../../config/engine-options.ts';
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
}).superRefine(({ file, source }, context) => {
  if (file !== undefined || source !== undefined) return;
  context.addIssue({
    code: 'custom',
    path: ['backend'],
    message: "a llama model needs 'file', the path of its GGUF, or 'source', to pull it from",
  });
});
