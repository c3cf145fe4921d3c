import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allEventsOf, expectGrammar, streamedText } from '../support/event-stream.ts';
import { errorOf, messageOf, post, textOf } from '../support/messages-api.ts';
import { REPOSITORY, startServer } from '../support/server.ts';
import type { RunningServer } from '../support/server.ts';
import { SAMPLES } from './samples.ts';
import type { Sample } from './samples.ts';

const REGISTRY = `
models:
  qwen3-coder: { backend: llama, file: ${JSON.stringify(path.join(REPOSITORY, 'models/mini.gguf'))} }
aliases:
  your-model-name: mini
`;

let server: RunningServer;
beforeAll(async () => {
  server = await startServer({ registry: REGISTRY });
});
afterAll(() => server.stop());

const ANYTHING = /\S/;

async function answer({ route = '/v1/messages', headers, body }: Sample): Promise<Response> {
  const url = server.url + route;
  return body === undefined ? fetch(url, { headers: headers ?? {} }) : post(url, body, headers);
}

/** The names of a sample's tools. */
function toolNames({ body }: Sample): string[] {
  const tools = (body?.['tools'] ?? []) as readonly { readonly name: string }[];
  return tools.map(({ name }) => name);
}

async function expectCallOrText(sample: Sample, response: Response): Promise<void> {
  expect(response.status).toBe(200);
  const message = await messageOf(response);
  const calls = message.content.filter((block) => block.type === 'tool_use');
  for (const { name } of calls) expect(toolNames(sample)).toContain(name);
  expect(message.stop_reason === 'tool_use').toBe(calls.length > 0);
  expect(calls.length > 0 || ANYTHING.test(textOf(message))).toBe(true);
  for (const name of toolNames(sample)) expect(textOf(message)).not.toContain(`{"name": "${name}"`);
}

describe('[R2.T-samples] the samples of the documents', () => {
  const kind = (wanted: string) => SAMPLES.filter(({ holds }) => holds === wanted);

  it.each(kind('text'))('$source: text', async (sample) => {
    const response = await answer(sample);
    expect(response.status).toBe(200);
    const message = await messageOf(response);
    expect(message.model).toBe(sample.body?.['model']);
    if (message.stop_reason === 'stop_sequence') {
      expect(sample.body?.['stop_sequences']).toContain(message.stop_sequence);
      expect(textOf(message)).not.toContain(message.stop_sequence);
    } else {
      expect(['end_turn', 'max_tokens']).toContain(message.stop_reason);
      expect(message.content.map(({ type }) => type)).toEqual(['text']);
      expect(textOf(message)).toMatch(sample.text ?? ANYTHING);
    }
  });

  it.each(kind('stream'))('$source: a stream', async (sample) => {
    const events = await allEventsOf(await answer(sample));
    expectGrammar(events);
    expect(streamedText(events)).toMatch(sample.text ?? ANYTHING);
  });

  it.each(kind('call-or-text'))('$source: a call of a tool, or text', async (sample) => {
    await expectCallOrText(sample, await answer(sample));
  });

  it.each(kind('models'))('$source: the models', async (sample) => {
    const response = await answer(sample);
    expect(response.status).toBe(200);
    const { data } = (await response.json()) as { data: { id: string }[] };
    expect(data.map(({ id }) => id)).toEqual(expect.arrayContaining(['mini', 'qwen3-coder']));
  });

  it.each(SAMPLES.filter(({ holds }) => typeof holds === 'object'))(
    '$source: an error that names what is wrong',
    async (sample) => {
      const response = await answer(sample);
      expect(response.status).toBe(400);
      const { error } = await errorOf(response);
      expect(error.type).toBe('invalid_request_error');
      expect(error.message).toContain(typeof sample.holds === 'object' ? sample.holds.error : '');
    },
  );

  it.each([{ type: 'any' }, { type: 'tool', name: 'get_weather' }])(
    '001 tool_choice $type (JSON): the call, or a refusal that names tool_choice',
    async (tool_choice) => {
      const sample = SAMPLES.find(({ source }) => source === '001 tool_choice auto (JSON)');
      const response = await post(`${server.url}/v1/messages`, { ...sample?.body, tool_choice });
      if (response.status === 400) {
        expect((await errorOf(response)).error.message).toContain('tool_choice');
      } else {
        const { content } = await messageOf(response);
        expect(content.at(-1)).toMatchObject({ type: 'tool_use', name: 'get_weather' });
      }
    },
  );

  it('come from all five documents', () => {
    const documents = new Set(SAMPLES.map(({ source }) => source.slice(0, 3)));
    expect([...documents]).toEqual(['000', '001', '002', '003', '004']);
  });
});
