import { expect, it, onTestFinished } from 'vitest';
import type { GenerationEvent } from '../../../src/core/events.ts';
import { serveScript } from '../../support/scripted-server.ts';

const FINISH: GenerationEvent = {
  type: 'finish',
  reason: 'tool-use',
  stopSequence: null,
  usage: {
    promptTokens: 10,
    cacheReadTokens: 0,
    cacheCreationTokens: 0,
    outputTokens: 5,
    thinkingTokens: 0,
  },
};

it.each([
  ['malformed from the middle on', '{"at": "it", "hot": Tru', 'max_tokens'],
  ['without its last brace', '{"at": "it"', 'tool_use'],
  ['whole', '{"at": "it"}', 'tool_use'],
])('a call that is streamed eagerly closes its block: %s', async (_name, json, reason) => {
  const server = await serveScript({
    capabilities: { tools: 'auto' },
    async *script(): AsyncGenerator<GenerationEvent> {
      yield { type: 'tool-call-start', id: 'toolu_1', name: 'look' };
      for (const piece of json) yield { type: 'tool-call-delta', id: 'toolu_1', json: piece };
      yield { type: 'tool-call-end', id: 'toolu_1' };
      yield FINISH;
    },
  });
  onTestFinished(() => server.close());
  const look = {
    name: 'look',
    input_schema: { type: 'object', properties: { at: { type: 'string' } }, required: ['at'] },
    eager_input_streaming: true,
  };
  const text = await (await server.ask({ stream: true, tools: [look] })).text();
  const count = (type: string) => text.split(`event: ${type}\n`).length - 1;
  expect(count('content_block_stop')).toBe(count('content_block_start'));
  expect(count('message_stop')).toBe(1);
  expect(text).toContain(`"stop_reason":"${reason}"`);
  const pieces = [...text.matchAll(/"partial_json":("(?:[^"\\]|\\.)*")/g)];
  const input = pieces.map(([, piece = '""']) => JSON.parse(piece) as string).join('');
  expect(input).toMatch(/^\{"at": "it"/);
  if (reason === 'tool_use') expect(JSON.parse(input)).toEqual({ at: 'it' });
});
