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

const sampling = z.strictObject({
  temperature: z.number().min(0).max(2).exactOptional(),
  top_p: z.number().min(0).max(1).exactOptional(),
  top_k: z.int().min(0).exactOptional(),
  min_p: z.number().min(0).max(1).exactOptional(),
  seed: z.int().min(0).exactOptional(),
});

/** A URL of a model server. */
export const url = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' });

/** Fields that models of every backend have. */
const generalFields = {
  backend: z.string(),
  file: text.exactOptional(),
  upstream: text.exactOptional(),
  url: url.exactOptional(),
  // Less is no picture to any model; more is refused of a client.
  image_longest_edge: z.int().min(16).max(8000).exactOptional(),
  context: z.int().positive().max(MOST_CONTEXT_TOKENS).exactOptional(),
  keep_alive: keepAlive.exactOptional(),
  preload: z.boolean().exactOptional(),
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
};

const NO_MAPPING = 'must be a mapping, such as { backend: ollama, upstream: llama3.2 }';

/**
 * Schema of the entries of a backend: the fields that all models have, and those of its own.
 *
 * @example entrySchemaOf({ threads: z.int().positive().exactOptional() })
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
