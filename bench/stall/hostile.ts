import { brotliCompressSync, constants } from 'node:zlib';
import { head, MB, MOST_BYTES, numbered, MESSAGES, repeated } from './filling.ts';
import type { StallBody } from './filling.ts';

const BETAS = { 'anthropic-beta': 'anything-2026-01-01' };
const MANY_HEADERS = Object.fromEntries(
  Array.from({ length: 1000 }, (_, index) => [`x-${index}`, '1']),
);

/** Bodies that are not valid requests. */
export function hostileBodies(model: string): readonly StallBody[] {
  return [...notJson(model), ...tooMuch(model), ...notValid(model), ...notRead(model)];
}

function notJson(model: string): readonly StallBody[] {
  return [
    { name: '8 MB of spaces', make: () => repeated(8 * MB, '', ' ') },
    { name: '31 MB of spaces', make: () => repeated(MOST_BYTES, '', ' ') },
    { name: '31 MB of lines', make: () => repeated(MOST_BYTES, '', '\n') },
    { name: '31 MB of no UTF-8', make: () => Buffer.alloc(MOST_BYTES, 0xff) },
    {
      name: '31 MB of an open string',
      make: () => repeated(MOST_BYTES, `${head(model)}"x":"`, 'é'),
    },
    {
      name: '31 MB of escapes, the last one wrong',
      make: () => repeated(MOST_BYTES, '["', '\\u00e9', '\\x"]'),
    },
    {
      name: '31 MB of escaped quotes, open',
      make: () => repeated(MOST_BYTES, '["', '\\"'),
    },
    { name: '31 MB of digits', make: () => repeated(MOST_BYTES, '[', '1', ' 1]') },
  ];
}

function tooMuch(model: string): readonly StallBody[] {
  const start = head(model);
  const list = `${start}"messages":[`;
  return [
    { name: '31 MB of [', make: () => repeated(MOST_BYTES, '', '[') },
    { name: '31 MB of {"a":', make: () => repeated(MOST_BYTES, '', '{"a":') },
    { name: '31 MB of numbers', make: () => repeated(MOST_BYTES, list, '1,', '1]}') },
    { name: '31 MB of {}', make: () => repeated(MOST_BYTES, list, '{},', '{}]}') },
    {
      name: '31 MB of objects with keys of their own',
      make: () => numbered(MOST_BYTES, list, (index) => `{"k${index}":1},`, '1]}'),
    },
    {
      name: '31 MB of one key',
      make: () => repeated(MOST_BYTES, '{', '"model":"x",', '"model":1}'),
    },
    {
      name: '31 MB of unknown keys',
      make: () => numbered(MOST_BYTES, start, (index) => `"k${index}":1,`, `${MESSAGES}}`),
    },
  ];
}

function notValid(model: string): readonly StallBody[] {
  const start = head(model);
  const content = `${start}"messages":[{"role":"user","content":[`;
  const unknown = (): Uint8Array =>
    numbered(1 * MB, start, (index) => `"k${index}":1,`, `${MESSAGES}}`);
  return [
    {
      name: '4 MB of unknown keys',
      make: () => numbered(4 * MB, start, (index) => `"k${index}":1,`, `${MESSAGES}}`),
    },
    { name: '1 MB of unknown keys', make: unknown },
    { name: '1 MB of unknown keys, with betas', headers: BETAS, make: unknown },
    {
      name: '8 MB of wrong blocks',
      make: () => repeated(8 * MB, content, '{"type":"bad"},', '0]}]}'),
    },
    {
      name: '31 MB of wrong blocks',
      make: () => repeated(MOST_BYTES, content, '{"type":"bad"},', '0]}]}'),
    },
    {
      name: '31 MB of a role',
      make: () => repeated(MOST_BYTES, `${start}"messages":[{"role":"`, 'r', '"}]}'),
    },
    {
      name: '31 MB of a type',
      make: () => repeated(MOST_BYTES, `${content}{"type":"`, 't', '"}]}]}'),
    },
    {
      name: '31 MB of a model',
      make: () => repeated(MOST_BYTES, '{"max_tokens":1,"model":"', 'm', `",${MESSAGES}}`),
    },
    {
      name: '31 MB of a key',
      make: () => repeated(MOST_BYTES, `${start}"`, 'k', `":1,${MESSAGES}}`),
    },
  ];
}

/** Bodies over the limit, and bodies for routes that read none. */
function notRead(model: string): readonly StallBody[] {
  const large = (): Uint8Array => repeated(MOST_BYTES, `${head(model)}"x":"`, 'a', '"}');
  return [
    {
      name: 'a bomb of 256 MB',
      headers: { 'content-encoding': 'br' },
      make: () => compressed(256 * MB),
    },
    { name: '40 MB', make: () => repeated(40 * MB, '', ' ') },
    { name: '31 MB for no route', path: '/v1/nothing', make: large },
    { name: '31 MB for a stop', path: '/portico/models/nobody/stop', make: large },
    { name: '31 MB behind 1,000 headers', headers: MANY_HEADERS, make: large },
  ];
}

function compressed(bytes: number): Uint8Array {
  const fast = { [constants.BROTLI_PARAM_QUALITY]: 1 };
  return brotliCompressSync(Buffer.alloc(bytes, ' '), { params: fast });
}
