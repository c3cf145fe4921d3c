import { z } from 'zod';
import { SERVER_KINDS, THINKING_CONTROLS } from './spec.ts';
import { entrySchemaOf, text, url } from '../../registry/schema.ts';

/** Headers with names as in RFC 9110, and values that can't begin a new line. */
const headers = z.record(
  z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/, 'must be the name of a header'),
  z.string().regex(/^[^\r\n\0]*$/, 'must be one line of text'),
);

const KEY_HINT = 'must be the name of an environment variable with the key, such as OPENAI_API_KEY';

const key = z.string().regex(/^[A-Z_][A-Z0-9_]*$/i, KEY_HINT);

const server = z.enum(SERVER_KINDS);

const PROVIDER_HINT = 'must be a mapping, such as { url: http://10.0.0.1:8000/v1 }';

/** One of several servers that answer for a model. */
const provider = z.strictObject(
  {
    url: url.meta({ description: 'base URL of the server' }),
    upstream: text
      .meta({ description: 'name of the model on this server. Default: the entry’s' })
      .exactOptional(),
    weight: z
      .number()
      .positive('must be more than 0')
      .meta({ description: 'share of the sessions, relative to the others’. Default: 1' })
      .exactOptional(),
    key: key
      .meta({ description: 'environment variable of its key. Default: the entry’s' })
      .exactOptional(),
    headers: headers.meta({ description: 'headers in addition to the entry’s' }).exactOptional(),
    server: server.meta({ description: 'kind of server. Default: the entry’s' }).exactOptional(),
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
        const message = "is already listed; set a 'weight' there for a larger share";
        context.addIssue({ code: 'custom', path: [index, 'url'], message });
      }
      seen.add(id);
    }
  });

/** Entry of a model on one or more servers that speak OpenAI's API. */
export const openAiEntrySchema = entrySchemaOf({
  providers: providers
    .meta({
      description: 'several servers that share the requests, instead of `url`',
      examples: [[{ url: 'http://10.0.0.1:8000/v1' }]],
    })
    .exactOptional(),
  key: key
    .meta({
      description:
        'environment variable that contains the key of the server; `_1`, `_2` … appended name further keys',
      examples: ['TEAM_KEY'],
    })
    .exactOptional(),
  headers: headers
    .meta({
      description: 'headers of each request to the server; their values are redacted as keys are',
      examples: [{ 'x-team': 'a' }],
    })
    .exactOptional(),
  server: server
    .meta({ description: 'kind of server, if it can’t be detected', examples: ['vllm'] })
    .exactOptional(),
  images: z
    .boolean()
    .meta({ description: 'the model has vision, if that can’t be detected', examples: [true] })
    .exactOptional(),
  thinking: z
    .enum(THINKING_CONTROLS)
    .meta({ description: 'control of thinking, if it can’t be detected', examples: ['switch'] })
    .exactOptional(),
}).superRefine((entry, context) => {
  const refuse = (field: string, message: string) =>
    context.addIssue({ code: 'custom', path: [field], message });
  for (const field of ['keep_alive', 'preload'] as const) {
    if (entry[field] !== undefined) {
      refuse(field, 'a server that speaks OpenAI’s API decides that itself; remove it here');
    }
  }
  if (entry.url === undefined && entry.providers === undefined) {
    refuse(
      'backend',
      "an openai model needs 'url', such as http://127.0.0.1:8000/v1, or 'providers', a list of such",
    );
  }
  if (entry.url !== undefined && entry.providers !== undefined) {
    refuse('url', "a model with 'providers' has no 'url' of its own; add it to the list");
  }
});
