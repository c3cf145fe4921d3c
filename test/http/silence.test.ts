import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { GenerationEvent } from '../../src/core/events.ts';
import { EventStream } from '../../src/http/event-stream.ts';
import { clientOf, DIALECTS } from '../support/dialects.ts';
import { allEventsOf, expectGrammar } from '../support/event-stream.ts';
import type { StreamEvent } from '../support/event-stream.ts';
import { serveScript } from '../support/scripted-server.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';
import { covers } from '../support/covers.ts';

const USAGE = { promptTokens: 10, cacheReadTokens: 0, cacheCreationTokens: 0 };
const FINISH: GenerationEvent = {
  type: 'finish',
  reason: 'end-turn',
  stopSequence: null,
  usage: { ...USAGE, outputTokens: 2, thinkingTokens: 0 },
};
const CALLED: GenerationEvent = { ...FINISH, reason: 'tool-use' };
const text: GenerationEvent = { type: 'text-delta', text: 'Hi' };
const thinking: GenerationEvent = { type: 'thinking-delta', text: 'Hm' };
const call: readonly GenerationEvent[] = [
  { type: 'tool-call-start', id: 'toolu_1', name: 'look' },
  { type: 'tool-call-delta', id: 'toolu_1', json: '{"at":' },
  { type: 'tool-call-delta', id: 'toolu_1', json: '1}' },
  { type: 'tool-call-end', id: 'toolu_1' },
];
const TOOLS = [{ name: 'look', input_schema: { type: 'object' as const } }];
const THINKING = { type: 'enabled' as const, budget_tokens: 1024 };

const EMPTY = { type: 'text', text: '' };

/** The silences of minutes, in milliseconds. */
const SHORT = { pingMs: 15, keepAliveMs: 40 };
const SILENCE = 200;

let server: ScriptedServer | undefined;
afterEach(() => server?.close());

/** A model that says nothing for long before each event of its first answer. */
async function serveSilent(
  events: readonly GenerationEvent[],
  limits = SHORT,
): Promise<ScriptedServer> {
  server = await serveScript(
    {
      async *script({ conversation }) {
        for (const event of events) {
          if (conversation.turns.length === 1) await wait(SILENCE);
          yield event;
        }
      },
    },
    { silence: limits },
  );
  return server;
}

/** The events in short, repetitions once. */
function courseOf(events: readonly StreamEvent[]): string[] {
  const names = events.map(({ event, data }) => {
    const { text: said, thinking: thought } = data.delta ?? {};
    return event === 'content_block_delta' && (said === '' || thought === '') ? 'life' : event;
  });
  return names.filter((name, index) => name !== names[index - 1]);
}

describe('a stream whose model is silent', () => {
  covers('R5.4-ping', 'R5.4-start', 'R5.4-life');

  it('pings from its start on, and between the deltas too', async () => {
    const limits = { ...SHORT, keepAliveMs: 60_000 };
    const silent = await serveSilent([text, text, FINISH], limits);
    const events = await allEventsOf(await silent.ask({ stream: true }));
    expectGrammar(events);
    expect(courseOf(events)).toEqual([
      'message_start',
      'ping',
      'content_block_start',
      'content_block_delta',
      'ping',
      'content_block_delta',
      'ping',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
  });

  it('shows life after each longer silence, which pings do not end', async () => {
    const silent = await serveSilent([text, FINISH]);
    const events = await allEventsOf(await silent.ask({ stream: true }));
    expectGrammar(events);
    const course = courseOf(events.filter(({ event }) => event !== 'ping'));
    expect(course.slice(0, 4)).toEqual([
      'message_start',
      'content_block_start',
      'life',
      'content_block_delta',
    ]);
    const first = events.findIndex(({ event }) => event === 'content_block_delta');
    expect(events.slice(0, first).some(({ event }) => event === 'ping')).toBe(true);
    const lives = events.filter(({ data }) => data.delta?.text === '');
    expect(lives.length).toBeGreaterThan(2);
  });

  it('does not pile pings up for a client that does not read', async () => {
    const lengths: number[] = [];
    const measure = async (response: ServerResponse): Promise<void> => {
      const { signal } = new AbortController();
      const answer = { contentType: 'text/plain', ping: 'ping', keepAlive: () => 'ping' };
      const limits = { pingMs: 1, keepAliveMs: 1 };
      const stream = new EventStream(response, answer, signal, limits);
      const most = 64 * 2 ** 20;
      const written = stream.write('x'.repeat(most));
      for (let round = 0; round < 2; round += 1) {
        await wait(100);
        lengths.push(response.writableLength);
      }
      response.destroy();
      stream.end('');
      await written.catch(() => undefined);
    };
    const stuck = createServer((_request, response) => void measure(response));
    stuck.listen(0, '127.0.0.1');
    await once(stuck, 'listening');
    const { port } = stuck.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1').pause();
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await expect.poll(() => lengths.length, { timeout: 10_000 }).toBe(2);
    expect(lengths[0]).toBeGreaterThan(0);
    expect(lengths[1]).toBe(lengths[0]);
    socket.destroy();
    stuck.close();
  });
});

describe.each(DIALECTS)('the TypeScript SDK of $dialect', (dialect) => {
  covers('R5.4-life-valid');

  it.each([
    ['text', [text, FINISH], undefined, [{ type: 'text', text: 'Hi' }]],
    [
      'thinking and text',
      [thinking, text, FINISH],
      THINKING,
      [
        { type: 'thinking', thinking: 'Hm' },
        { type: 'text', text: 'Hi' },
      ],
    ],
    [
      'text without the thinking that was allowed',
      [text, FINISH],
      THINKING,
      [
        { type: 'thinking', thinking: '' },
        { type: 'text', text: 'Hi' },
      ],
    ],
    [
      'sealed thinking',
      [thinking, text, FINISH],
      { ...THINKING, display: 'omitted' as const },
      [
        { type: 'thinking', thinking: '' },
        { type: 'text', text: 'Hi' },
      ],
    ],
    [
      'a call',
      [...call, CALLED],
      undefined,
      [EMPTY, { type: 'tool_use', input: { at: 1 } }, EMPTY],
    ],
  ])('reads %s, and sends it back', async (_what, events, thinks, expected) => {
    const { url } = await serveSilent(events);
    const client = clientOf(dialect, url);
    const asked = {
      model: 'actor',
      max_tokens: 2000,
      tools: TOOLS,
      messages: [{ role: 'user' as const, content: 'Hello' }],
      ...(thinks !== undefined && { thinking: thinks }),
    };
    const message = await client.messages.stream(asked).finalMessage();
    expect(message.content).toMatchObject(expected);
    const answers = message.content.flatMap((block) =>
      block.type === 'tool_use'
        ? [{ type: 'tool_result' as const, tool_use_id: block.id, content: 'Here.' }]
        : [],
    );
    const next = answers.length === 0 ? 'And?' : answers;
    const again = await client.messages.create({
      ...asked,
      messages: [
        ...asked.messages,
        { role: 'assistant', content: message.content },
        { role: 'user', content: next },
      ],
    });
    expect(again.type).toBe('message');
  });
});
