import { z } from 'zod';
import { cacheControl } from './cache-control.ts';
import { jsonObject } from './json.ts';
import { list } from './list.ts';

/** Fields of tools of all kinds. */
export const commonFields = {
  type: z.string().nullish(),
  name: z.string().optional(),
  defer_loading: z.boolean().nullish(),
  cache_control: cacheControl,
  strict: z.boolean().nullish(),
  eager_input_streaming: z.boolean().nullish(),
  allowed_callers: list(z.string()).nullish(),
  input_examples: list(jsonObject).nullish(),
};

/** Tool of any kind. Its `type` decides which fields are required. */
export const rawTool = z.looseObject({ ...commonFields, mcp_server_name: z.string().optional() });

const name = z.string().regex(/^[a-zA-Z0-9_-]{1,128}$/);

/** Tool with a schema of the client's own. */
export const customTool = z.object({
  name,
  description: z.string().nullish(),
  input_schema: jsonObject,
});

/** Name of a tool whose schema the API defines. */
export const namedTool = z.object({ name });

const disable_parallel_tool_use = z.boolean().nullish();

export const toolChoice = z.discriminatedUnion('type', [
  z.object({ type: z.literal('auto'), disable_parallel_tool_use }),
  z.object({ type: z.literal('any'), disable_parallel_tool_use }),
  z.object({ type: z.literal('tool'), name: z.string(), disable_parallel_tool_use }),
  z.object({ type: z.literal('none') }),
]);

export type RawTool = z.output<typeof rawTool>;
export type RawToolChoice = z.output<typeof toolChoice>;
