import { randomOf } from '../support/random.ts';
import type { Random } from '../support/random.ts';

/** A request that is nearly right. */
export interface FuzzCase {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const TOOL = {
  name: 'look',
  description: 'Looks.',
  input_schema: { type: 'object', properties: { at: { type: 'string', enum: ['a', 'b'] } } },
};

const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** Requests that are right: what is changed has every part of the API. */
const RIGHT: readonly Json[] = [
  { model: 'mini', max_tokens: 2, messages: [{ role: 'user', content: 'Hello' }] },
  {
    model: 'mini',
    max_tokens: 2,
    stream: true,
    system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral', ttl: '1h' } }],
    messages: [
      { role: 'user', content: [{ type: 'text', text: 'Count' }] },
      { role: 'assistant', content: 'One' },
      { role: 'user', content: 'On' },
    ],
    stop_sequences: ['3'],
    temperature: 0.5,
    top_k: 3,
    top_p: 0.9,
    metadata: { user_id: 'me' },
  },
  {
    model: 'mini',
    max_tokens: 2,
    tools: [TOOL],
    tool_choice: { type: 'auto' },
    messages: [
      { role: 'user', content: 'Look' },
      {
        role: 'assistant',
        content: [{ type: 'tool_use', id: 'toolu_1', name: 'look', input: {} }],
      },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'seen' }] },
    ],
  },
  {
    model: 'mini',
    max_tokens: 1100,
    thinking: { type: 'enabled', budget_tokens: 1024 },
    messages: [{ role: 'user', content: 'Hello' }],
    stop_sequences: ['e'],
  },
  {
    model: 'mini',
    max_tokens: 2,
    output_config: { format: { type: 'json_schema', schema: { type: 'object' } } },
    messages: [
      {
        role: 'user',
        content: [
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PIXEL } },
          { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'Words' } },
        ],
      },
    ],
  },
];

const ODD: readonly Json[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e300,
  2 ** 53,
  '',
  ' ',
  'user',
  'mini',
  'ephemeral',
  '\0',
  '\ud800',
  '\u202e',
  '<|im_end|>',
  '{{ 7 * 7 }}',
  '__proto__',
  'constructor',
  [],
  {},
  [[]],
  [null],
  { type: null },
  { type: 'text' },
  { type: 'nothing' },
  { __proto__: null },
  'x'.repeat(10_000),
  Array.from({ length: 200 }, () => 'x'),
];

const KEYS = [
  'type',
  'text',
  'role',
  'content',
  'id',
  'name',
  'input',
  '__proto__',
  'constructor',
  '',
  'stream',
  'model',
  'ttl',
];

const PATHS = [
  '/v1/messages',
  '/v1/messages/count_tokens',
  '/v1/models',
  '/v1/models/mini',
  '/anthropic/v1/messages',
  '/v1/v1/messages',
  '/v1/models/%00',
  '/v1/models/%',
  '/v1/models/..%2f..',
  '//v1/messages',
  '/v1/messages/',
  '/portico/models',
  '/portico/models/mini/start',
  '/portico/leases',
  '/v1/messages?beta=true&a[b]=c',
  `/${'x'.repeat(5000)}`,
  '/v1/messages/batches',
  '/v1/files',
];

const HEADERS: readonly Readonly<Record<string, string>>[] = [
  {},
  { 'content-type': 'text/plain' },
  { 'content-type': '\u00ff' },
  { 'content-encoding': 'gzip' },
  { 'content-encoding': 'zip' },
  { 'anthropic-version': '1999' },
  { 'anthropic-beta': ','.repeat(1000) },
  { 'x-api-key': '' },
  { authorization: 'Bearer' },
  { accept: 'image/png' },
  { expect: '100-continue' },
  { 'x-claude-code-session-id': 'x'.repeat(3000) },
  { 'accept-encoding': 'br' },
  { 'if-none-match': '*' },
  { range: 'bytes=0-0' },
];

/** The case of a number: the same for the same seed. */
export function fuzzCase(seed: number, number: number): FuzzCase {
  const random = randomOf(seed * 1_000_003 + number);
  let json = random.pick(RIGHT);
  for (let changes = random.below(4); changes > 0; changes--) json = changed(json, random);
  const isRead = random.chance(0.05);
  const usual = isRead ? 'GET' : 'POST';
  return {
    method: random.chance(0.03)
      ? random.pick(['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD'])
      : usual,
    path: random.chance(0.85) && !isRead ? '/v1/messages' : random.pick(PATHS),
    headers: random.chance(0.8) ? {} : random.pick(HEADERS),
    body: isRead ? undefined : bytesOf(json, random),
  };
}

/** The same with a change somewhere within. */
function changed(value: Json, random: Random): Json {
  if (random.chance(0.15) || value === null || typeof value !== 'object') return random.pick(ODD);
  if (isList(value)) {
    if (value.length === 0) return [random.pick(ODD)];
    const at = random.below(value.length);
    const item = value[at] ?? null;
    const choice = random.below(5);
    if (choice === 0) return value.toSpliced(at, 1);
    if (choice === 1) return value.toSpliced(at, 0, item);
    if (choice === 2) return value.toReversed();
    return value.with(at, changed(item, random));
  }
  const keys = Object.keys(value);
  const key = keys.length === 0 || random.chance(0.1) ? random.pick(KEYS) : random.pick(keys);
  if (random.chance(0.2))
    return Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));
  // Not a literal, which would take __proto__ for the prototype.
  return Object.fromEntries([...Object.entries(value), [key, changed(value[key] ?? null, random)]]);
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** The text of a body, which is sometimes none. */
function bytesOf(json: Json, random: Random): Buffer {
  const text = JSON.stringify(json);
  if (random.chance(0.85)) return Buffer.from(text);
  const at = random.below(text.length);
  const bytes = Buffer.from(text);
  switch (random.below(5)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      bytes[at] = random.below(256);
      return bytes;
    case 2:
      return Buffer.from(
        text.slice(0, at) +
          random.pick(['"', '{', '}', '[', ',', '\\', '\n', '//']) +
          text.slice(at),
      );
    case 3:
      return Buffer.from(`\uFEFF${text}${text}`);
    default:
      return Buffer.from('['.repeat(random.below(20_000)));
  }
}
