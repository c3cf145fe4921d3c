import { afterAll, beforeAll, expect, it } from 'vitest';
import { createLocalBackend } from '../../src/backends/local/backend.ts';
import { Runtime } from '../../src/pipeline/runtime.ts';
import { allEventsOf, expectGrammar } from '../support/event-stream.ts';
import { MINI } from '../support/requests.ts';
import { serveScript } from '../support/scripted-server.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';
import { ENGINE } from '../support/engine-variant.ts';
import { covers } from '../support/covers.ts';

covers('R5.4-start', 'R5.4-ping', 'R5.4-life');

const backend = createLocalBackend({
  engine: 'in-process',
  ...ENGINE,
  context: undefined,
  queueLimit: 8,
  log: () => undefined,
});
const LIMITS = { pingMs: 5, keepAliveMs: 25 };

let server: ScriptedServer;
beforeAll(async () => {
  const runtime = new Runtime({
    registry: () => ({
      defaultModel: 'actor',
      models: new Map([['actor', { spec: MINI, shipped: false, location: 'models.yaml:1:1' }]]),
      aliases: new Map(),
      problems: [],
    }),
    backends: { llama: async () => backend },
    exists: () => true,
    overflow: 'clamp',
  });
  server = await serveScript(backend, { runtime, silence: LIMITS });
});
afterAll(async () => {
  await server.close();
  await backend.close();
});

// In this order: the first request finds nothing loaded.
it.each([
  ['loads', 'Count from 1 to 3'],
  ['prefills', `${'one two three '.repeat(300)} Count from 1 to 3`],
])('a stream shows that its model %s', async (_what, content) => {
  const messages = [{ role: 'user', content }];
  const events = await allEventsOf(await server.ask({ stream: true, max_tokens: 4, messages }));
  expectGrammar(events);
  const kinds = events.map(({ event, data }) => (data.delta?.text === '' ? 'life' : event));
  expect(kinds[0]).toBe('message_start');
  const waiting = kinds.slice(0, kinds.indexOf('content_block_delta'));
  expect(waiting).toContain('ping');
  expect(waiting).toContain('life');
});
