import { gzipSync } from 'node:zlib';
import { head, items, MB, MOST_BYTES, MESSAGES, repeated } from './filling.ts';
import type { StallBody } from './filling.ts';

/** Valid requests to a model, and requests that only their size makes invalid. */
export function validBodies(model: string): readonly StallBody[] {
  const bodies = [...texts(model), ...lists(model), ...media(model), ...tools(model)];
  return bodies.map((body) => ({ ...body, name: `${model}: ${body.name}` }));
}

function texts(model: string): readonly StallBody[] {
  const text = `${head(model)}"messages":[{"role":"user","content":"`;
  const string = (): Uint8Array => repeated(MOST_BYTES, text, 'word ', '"}]}');
  return [
    { name: '31 MB of one string', make: string },
    {
      name: '31 MB of one string, counted',
      path: '/v1/messages/count_tokens',
      make: string,
    },
    {
      name: '31 MB by gzip',
      headers: { 'content-encoding': 'gzip' },
      make: () => gzipSync(string()),
    },
    {
      name: '31 MB of one string in Chinese',
      make: () => repeated(MOST_BYTES, text, '漢字', '"}]}'),
    },
    { name: '31 MB of escapes', make: () => repeated(MOST_BYTES, text, '\\n', '"}]}') },
    { name: '31 MB of half emoji', make: () => repeated(MOST_BYTES, text, '\\ud83d', '"}]}') },
    {
      name: '31 MB of a system prompt',
      make: () => repeated(MOST_BYTES, `${head(model)}${MESSAGES},"system":"`, 'word ', '"}'),
    },
  ];
}

function lists(model: string): readonly StallBody[] {
  const start = head(model);
  const blocks = (count: number) => (): Uint8Array =>
    Buffer.from(
      `${start}"messages":[{"role":"user","content":[${items(count, () => '{"type":"text","text":"a"}')}]}]}`,
    );
  const messages = (count: number, content: (index: number) => string) => (): Uint8Array =>
    Buffer.from(`${start}"messages":[${items(count, (index) => message(index, content(index)))}]}`);
  return [
    { name: '1,000,000 text blocks', make: blocks(1_000_000) },
    { name: '100,000 text blocks', make: blocks(100_000) },
    { name: '10,000 text blocks', make: blocks(10_000) },
    { name: '100,000 messages', make: messages(99_999, (index) => `"said ${index}"`) },
    {
      name: '100,000 messages with a block',
      make: messages(99_999, (index) => `[{"type":"text","text":"said ${index}"}]`),
    },
    {
      name: '1,000,000 stop sequences',
      make: () =>
        Buffer.from(
          `${start}${MESSAGES},"stop_sequences":[${items(1_000_000, (i) => `"s${i}"`)}]}`,
        ),
    },
  ];
}

function message(index: number, content: string): string {
  return `{"role":"${index % 2 === 0 ? 'user' : 'assistant'}","content":${content}}`;
}

function media(model: string): readonly StallBody[] {
  const content = `${head(model)}"messages":[{"role":"user","content":[`;
  const image = '{"type":"image","source":{"type":"base64","media_type":"image/png","data":"';
  const images = (bytes: number) => (): Uint8Array =>
    repeated(
      MOST_BYTES,
      content,
      `${image}${'A'.repeat(bytes)}"}},`,
      '{"type":"text","text":"x"}]}]}',
    );
  const document = '{"type":"document","source":{"type":"text","media_type":"text/plain","data":"';
  return [
    {
      name: '31 MB of one image',
      make: () => repeated(MOST_BYTES, content + image, 'A', '"}}]}]}'),
    },
    { name: '31 MB of images of 4 MB', make: images(4 * MB) },
    { name: '31 MB of images of 4 KB', make: images(4000) },
    {
      name: '31 MB of a document',
      make: () => repeated(MOST_BYTES, content + document, 'line ', '"}}]}]}'),
    },
  ];
}

function tools(model: string): readonly StallBody[] {
  const start = head(model);
  const schema = (written: string) => (): Uint8Array =>
    Buffer.from(`${start}${MESSAGES},"tools":[{"name":"a","input_schema":${written}}]}`);
  const called = (calls: string, results: string): string =>
    `${start}"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[${calls}]},` +
    `{"role":"user","content":[${results}]}]}`;
  return [
    {
      name: '10,000 tools',
      make: () => Buffer.from(`${start}${MESSAGES},"tools":[${items(10_000, tool)}]}`),
    },
    {
      name: '200,000 values of an enum',
      make: schema(`{"type":"object","properties":{"p":{"enum":[${strings(200_000)}]}}}`),
    },
    {
      name: '20,000 properties',
      make: schema(
        `{"type":"object","properties":{${items(20_000, (i) => `"p${i}":{"type":"string"}`)}}}`,
      ),
    },
    {
      name: 'a schema of 180 levels',
      make: schema(`${'{"type":"object","properties":{"a":'.repeat(90)}{}${'}}'.repeat(90)}`),
    },
    {
      name: 'arguments of 20,000 keys',
      make: () =>
        Buffer.from(called(call('c', `{${items(20_000, (i) => `"k${i}":[${i}]`)}}`), result('c'))),
    },
    {
      name: '9,000 calls and results',
      make: () =>
        Buffer.from(
          called(
            items(9000, (i) => call(`c${i}`, `{"n":${i}}`)),
            items(9000, (i) => result(`c${i}`)),
          ),
        ),
    },
    {
      name: 'ids of 8 MB',
      make: () => Buffer.from(called(call('i'.repeat(8 * MB), '{}'), result('i'.repeat(8 * MB)))),
    },
    {
      name: '9,000 calls without results',
      make: () =>
        Buffer.from(
          called(
            items(9000, (i) => call(`c${i}`, '{}')),
            '{"type":"text","text":"x"}',
          ),
        ),
    },
  ];
}

function tool(index: number): string {
  const schema = `{"type":"object","properties":{"p${index}":{"type":"string"}}}`;
  return `{"name":"tool_${index}","description":"does ${index}","input_schema":${schema}}`;
}

function strings(count: number): string {
  return items(count, (index) => `"v${index}"`);
}

function call(id: string, input: string): string {
  return `{"type":"tool_use","id":"${id}","name":"a","input":${input}}`;
}

function result(id: string): string {
  return `{"type":"tool_result","tool_use_id":"${id}","content":"x"}`;
}
