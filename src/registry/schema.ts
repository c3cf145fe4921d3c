import { z } from 'zod';
import { MOST_CONTEXT_TOKENS } from '../core/model.ts';
import { parseKeepAlive } from '../units/keep-alive.ts';
import { parseSize } from '../units/size.ts';

/** A text that is not empty. */
export const text = z.string().trim().min(1, 'must not be empty');

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

const share = z.number().min(0).max(1);

const sampling = z.strictObject({
  temperature: z
    .number()
    .min(0)
    .max(2)
    .meta({ description: 'randomness; 0 always takes the most probable token' })
    .exactOptional(),
  top_p: share
    .meta({ description: 'tokens whose probabilities together reach this share' })
    .exactOptional(),
  top_k: z.int().min(0).meta({ description: 'number of the most probable tokens' }).exactOptional(),
  min_p: share
    .meta({ description: 'least probability, relative to the most probable token' })
    .exactOptional(),
  seed: z.int().min(0).meta({ description: 'seed of the random numbers' }).exactOptional(),
});

/** A URL of a model server. */
export const url = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' });

/** Fields that models of every backend have. Their descriptions and examples are those of the docs. */
const generalFields = {
  backend: z.string().meta({
    description: 'kind of engine or server: a GGUF file, an Ollama, or a server of OpenAI’s API',
  }),
  file: text
    .meta({
      description:
        'GGUF file: absolute, `~/…`, `./…` (relative to models.yaml), or in the models folder',
      examples: ['mine.gguf'],
    })
    .exactOptional(),
  upstream: text
    .meta({ description: 'name of the model on its server', examples: ['llama3.2'] })
    .exactOptional(),
  url: url
    .meta({ description: 'base URL of the server', examples: ['http://127.0.0.1:8000/v1'] })
    .exactOptional(),
  context: z
    .int()
    .positive()
    .max(MOST_CONTEXT_TOKENS)
    .meta({ description: 'tokens of prompt and answer together', examples: [32_768] })
    .exactOptional(),
  // Less is no picture to any model; more is refused of a client.
  image_longest_edge: z
    .int()
    .min(16)
    .max(8000)
    .meta({
      description: 'pixels along the longer edge; a larger image is scaled down. Default: 1568',
      examples: [1024],
    })
    .exactOptional(),
  keep_alive: keepAlive
    .meta({
      description:
        'time that it stays in memory unused: `5m`, `1h30m`, `300` (seconds), `0` or `always`. Default: `5m`',
      examples: ['5m'],
    })
    .exactOptional(),
  preload: z
    .boolean()
    .meta({
      description: 'true loads it when the server starts, not by its first request. Default: false',
      examples: [true],
    })
    .exactOptional(),
  template: text
    .meta({
      description: 'chat template, as a file or in place, instead of the model’s own',
      examples: ['./chat.jinja'],
    })
    .exactOptional(),
  sampling: sampling
    .meta({
      description:
        'sampling of requests that set none: `temperature`, `top_p`, `top_k`, `min_p`, `seed`',
      examples: [{ temperature: 0 }],
    })
    .exactOptional(),
  title: text
    .meta({ description: 'short name for pickers. Default: its own name', examples: ['My model'] })
    .exactOptional(),
  description: z
    .string()
    .meta({ description: 'description in words', examples: ['for tests'] })
    .exactOptional(),
  source: z
    .string()
    .regex(/^(hf:|https?:\/\/)\S+$/, 'must begin with hf: or https://')
    .meta({
      description: 'address to pull the file from: `hf:…` or `https://…`',
      examples: ['hf:a/b:Q8_0'],
    })
    .exactOptional(),
  size: size
    .meta({ description: 'size of the file, such as `18.6 GB`', examples: ['18.6 GB'] })
    .exactOptional(),
  memory: size
    .meta({
      description: 'memory that it needs if loaded, such as `23 GB`',
      examples: ['23 GB'],
    })
    .exactOptional(),
};

const NO_MAPPING = 'must be a mapping, such as { backend: ollama, upstream: llama3.2 }';

/**
 * Schema of the entries of a backend: the fields that all models have, and those of its own. The docs and the schema
 * for editors are made of it, so each field has a description and an example.
 *
 * @example
 * const threads = z.int().positive().meta({ description: 'CPU threads', examples: [6] });
 * entrySchemaOf({ threads: threads.exactOptional() })
 */
export function entrySchemaOf<Own extends z.ZodRawShape>(own: Own) {
  return z.strictObject({ ...generalFields, ...own }, { error: notMapping });
}

function notMapping({ code }: { readonly code?: string | undefined }): string | undefined {
  return code === 'invalid_type' ? NO_MAPPING : undefined;
}

/** An entry of models.yaml, without the fields that only its backend knows. */
export type RegistryEntry = z.infer<z.ZodObject<typeof generalFields>>;

/** Entries of one kind of backend. */
export interface BackendEntries {
  /** Made by `entrySchemaOf`. */
  readonly schema: z.ZodType<RegistryEntry> & { readonly shape: z.ZodRawShape };
  /** True if its models are files on this machine, not models of a server. */
  readonly usesFiles?: true;
  /** Fields of its own that are paths of files, resolved as `file` is. Default: none. */
  readonly paths?: readonly string[];
  /** Deprecated fields of its own, and the fields that replace them. Default: none. */
  readonly replaced?: ReplacedFields;
}

/** Replacements of deprecated fields, by their keys. */
export type ReplacedFields = Readonly<Record<string, (value: unknown) => ReplacingField>>;

/** Field in place of a deprecated one. */
export interface ReplacingField {
  readonly key: string;
  readonly value: string;
}

/** Entries by the kinds of backends: the words for `backend:` in models.yaml. */
export type EntriesByKind = ReadonlyMap<string, BackendEntries>;

/** Schema of the one field that decides which schema an entry has. */
export function kindSchema(kinds: readonly string[]) {
  return z.looseObject({ backend: z.enum(kinds) }, { error: notMapping });
}

/** Program of an MCP server. */
export const mcpSchema = z.strictObject(
  {
    command: text,
    args: z.array(z.union([z.string(), z.number().transform(String)])).default([]),
    env: z.record(z.string(), z.string()).default({}),
  },
  { error: ({ code }) => (code === 'invalid_type' ? NO_PROGRAM : undefined) },
);

const NO_PROGRAM = 'must be a mapping, such as { command: node, args: [server.mjs] }';

const table = z.record(z.string(), z.unknown(), { error: 'must be a mapping of names' });

/** The file's outline; single entries are checked one by one, so that a bad one hurts no other. */
export const outlineSchema = z.looseObject(
  {
    default: z.string({ error: 'must be the name of a model' }).trim().min(1).nullish(),
    models: table.nullish(),
    aliases: table.nullish(),
    mcp: table.nullish(),
  },
  { error: "the file must be a mapping with 'default', 'models', 'aliases' and 'mcp'" },
);
