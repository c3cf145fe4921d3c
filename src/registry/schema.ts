import { z } from 'zod';
import {
  FLASH_ATTENTION,
  PROMPT_LOOKUP,
  GPU_LAYERS,
  KV_TYPES,
  MOST_CONTEXT_TOKENS,
  SERVER_KINDS,
  THINKING_CONTROLS,
} from '../core/model.ts';
import { parseKeepAlive } from '../units/keep-alive.ts';
import { parseSize } from '../units/size.ts';

const text = z.string().trim().min(1, 'must not be empty');

const SIZE_HINT = 'must be a size such as 18.6 GB';

const size = z.union([z.number(), z.string()], { error: SIZE_HINT }).transform((value, context) => {
  const bytes = parseSize(String(value));
  if (bytes === undefined) {
    context.addIssue({ code: 'custom', message: SIZE_HINT });
    return z.NEVER;
  }
  return bytes;
});

const KEEP_ALIVE_HINT = "must be a time such as 5m, a number of seconds, 0, or 'always'";

const keepAlive = z
  .union([z.number(), z.string()], { error: KEEP_ALIVE_HINT })
  .transform((value, context) => {
    const parsed = parseKeepAlive(String(value));
    if (parsed === undefined) {
      context.addIssue({ code: 'custom', message: KEEP_ALIVE_HINT });
      return z.NEVER;
    }
    return parsed;
  });

const sampling = z.strictObject({
  temperature: z.number().min(0).max(2).exactOptional(),
  top_p: z.number().min(0).max(1).exactOptional(),
  top_k: z.int().min(0).exactOptional(),
  min_p: z.number().min(0).max(1).exactOptional(),
  seed: z.int().min(0).exactOptional(),
});

/** Header names as RFC 9110 has them, and values that can't begin a line of their own. */
const headers = z.record(
  z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/, 'must be the name of a header'),
  z.string().regex(/^[^\r\n\0]*$/, 'must be one line of text'),
);

const KEY_HINT =
  'must be the name of an environment variable that holds the key, such as OPENAI_API_KEY';

const url = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' });

const key = z.string().regex(/^[A-Z_][A-Z0-9_]*$/i, KEY_HINT);

const PROVIDER_HINT = 'must be a mapping, such as { url: http://10.0.0.1:8000/v1 }';

/** Several of them answer for one model. */
const provider = z.strictObject(
  {
    url,
    upstream: text.exactOptional(),
    weight: z.number().positive('must be more than 0').exactOptional(),
    key: key.exactOptional(),
    headers: headers.exactOptional(),
    server: z.enum(SERVER_KINDS).exactOptional(),
  },
  { error: (issue) => (issue.code === 'invalid_type' ? PROVIDER_HINT : undefined) },
);

const providers = z
  .array(provider, { error: `must be a list; each ${PROVIDER_HINT}` })
  .min(1, 'must name at least one server')
  .superRefine((list, context) => {
    const seen = new Set<string>();
    for (const [index, { url: base, upstream, key: variable }] of list.entries()) {
      const id = JSON.stringify([base, upstream, variable]);
      if (seen.has(id)) {
        const message = "is listed already; give that one a 'weight' if it is to answer more";
        context.addIssue({ code: 'custom', path: [index, 'url'], message });
      }
      seen.add(id);
    }
  });

const gpuLayers = z.union([z.enum(GPU_LAYERS), z.int().min(0)], {
  error: "must be a number of layers, 'auto' or 'max'",
});

/** `on` and `off` are words in YAML 1.2, and were switches before. */
const flashAttention = z.union(
  [z.enum(FLASH_ATTENTION), z.boolean().transform((on) => (on ? 'on' : 'off'))],
  { error: 'must be auto, on or off' },
);

/** `off` may come as a switch here too. */
const promptLookup = z.union(
  [z.enum(PROMPT_LOOKUP), z.literal(false).transform(() => 'off' as const)],
  { error: 'must be auto or off' },
);

/** What only means something for a model that we load ourselves. */
const LLAMA_ONLY = [
  'mmproj',
  'pictures_apart',
  'parallel',
  'threads',
  'gpu_layers',
  'flash_attention',
  'kv_type',
  'prompt_lookup',
] as const;

/** What only means something for a server that speaks OpenAI's API. */
const OPENAI_ONLY = ['key', 'headers', 'server', 'images', 'thinking', 'providers'] as const;

/** One model of models.yaml, as it stands there. */
export const entrySchema = z
  .strictObject(
    {
      backend: z.enum(['llama', 'ollama', 'openai']),
      file: text.exactOptional(),
      mmproj: text.exactOptional(),
      pictures_apart: z.boolean().exactOptional(),
      upstream: text.exactOptional(),
      url: url.exactOptional(),
      providers: providers.exactOptional(),
      key: key.exactOptional(),
      headers: headers.exactOptional(),
      server: z.enum(SERVER_KINDS).exactOptional(),
      images: z.boolean().exactOptional(),
      // Less is no picture to any model; more is refused of a client.
      image_longest_edge: z.int().min(16).max(8000).exactOptional(),
      thinking: z.enum(THINKING_CONTROLS).exactOptional(),
      context: z.int().positive().max(MOST_CONTEXT_TOKENS).exactOptional(),
      parallel: z.int().positive().exactOptional(),
      threads: z.int().positive().exactOptional(),
      gpu_layers: gpuLayers.exactOptional(),
      flash_attention: flashAttention.exactOptional(),
      kv_type: z.enum(KV_TYPES).exactOptional(),
      prompt_lookup: promptLookup.exactOptional(),
      keep_alive: keepAlive.exactOptional(),
      template: text.exactOptional(),
      sampling: sampling.exactOptional(),
      title: z.string().trim().min(1).exactOptional(),
      description: z.string().exactOptional(),
      source: z
        .string()
        .regex(/^(hf:|https?:\/\/)\S+$/, 'must begin with hf: or https://')
        .exactOptional(),
      size: size.exactOptional(),
      memory: size.exactOptional(),
    },
    {
      error: (issue) =>
        issue.code === 'invalid_type'
          ? 'must be a mapping, such as { backend: ollama, upstream: llama3.2 }'
          : undefined,
    },
  )
  .superRefine((entry, context) => {
    if (entry.backend === 'llama' && entry.file === undefined && entry.source === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['backend'],
        message: "a llama model needs 'file', the path of its GGUF, or 'source', to pull it from",
      });
    }
    for (const field of LLAMA_ONLY) {
      if (entry.backend !== 'llama' && entry[field] !== undefined) {
        const message = `only a model with 'backend: llama' can have '${field}'`;
        context.addIssue({ code: 'custom', path: [field], message });
      }
    }
    for (const field of OPENAI_ONLY) {
      if (entry.backend !== 'openai' && entry[field] !== undefined) {
        const message = `only a model with 'backend: openai' can have '${field}'`;
        context.addIssue({ code: 'custom', path: [field], message });
      }
    }
    if (entry.backend !== 'openai') return;
    if (entry.keep_alive !== undefined) {
      context.addIssue({
        code: 'custom',
        path: ['keep_alive'],
        message: 'a server that speaks OpenAI’s API decides that itself; remove it here',
      });
    }
    if (entry.url === undefined && entry.providers === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['backend'],
        message:
          "an openai model needs 'url', such as http://127.0.0.1:8000/v1, or 'providers', a list of such",
      });
    }
    if (entry.url !== undefined && entry.providers !== undefined) {
      context.addIssue({
        code: 'custom',
        path: ['url'],
        message: "a model with 'providers' has no 'url' of its own; add it to the list",
      });
    }
  });

export type RegistryEntry = z.infer<typeof entrySchema>;

const table = z.record(z.string(), z.unknown(), { error: 'must be a mapping of names' });

/** The file's outline; single entries are checked one by one, so that a bad one hurts no other. */
export const outlineSchema = z.looseObject(
  {
    default: z.string({ error: 'must be the name of a model' }).trim().min(1).nullish(),
    models: table.nullish(),
    aliases: table.nullish(),
  },
  { error: "the file must be a mapping with 'default', 'models' and 'aliases'" },
);
