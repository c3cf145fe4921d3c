import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { ScriptedOptions } from '../support/scripted-backend.ts';
import type { GenerationEvent } from '../../src/core/events.ts';
import { messageOf, RuntimeFailure } from '../../src/core/failure.ts';
import { parseJson } from '../../src/core/json.ts';
import { createWires } from '../../src/wires/index.ts';
import type { DecodedRequest, Wire } from '../../src/wires/wire.ts';
import { serveScript } from '../support/scripted-server.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';

const BODY = z.object({ say: z.string(), to: z.string(), stream: z.boolean().optional() });

const textOf = (event: GenerationEvent): string => (event.type === 'text-delta' ? event.text : '');

/** A dialect of one line: `{"say": …, "to": …}`, answered by plain text or by `{"said": …}`. */
const TINY: Wire = {
  name: 'tiny',
  claims: (headers) => headers['x-tiny'] !== undefined,
  fieldName: (subject) => (subject === 'messages' ? 'say' : 'else'),
  encodeFailure: (error) => ({ status: 418, headers: {}, body: { wrong: wordsOf(error) } }),
  routes: [
    {
      kind: 'generate',
      path: '/say',
      *parse(text) {
        yield;
        return parseJson(text);
      },
      *decode(body) {
        const decoded = decode(body);
        yield;
        return {
          ...decoded,
          stream: BODY.parse(body).stream === true,
          createStream: () => ({
            contentType: 'text/plain',
            ping: '.',
            push: textOf,
            keepAlive: () => '',
            end: () => '!',
            fail: (error) => `?${messageOf(error)}`,
          }),
          encodeWhole: async (events) => {
            let said = '';
            for await (const event of events) said += textOf(event);
            return JSON.stringify({ said });
          },
        };
      },
    },
    { kind: 'models', path: '/v1/models', list: async ({ names }) => ({ tiny: names.length }) },
  ],
};

function decode(body: unknown): DecodedRequest {
  const { data } = BODY.safeParse(body);
  if (data === undefined) {
    throw new RuntimeFailure('invalid-request', 'nothing is said', { subject: 'messages' });
  }
  return {
    modelName: data.to,
    ignored: [],
    request: {
      conversation: {
        system: [],
        turns: [{ role: 'user', parts: [{ kind: 'text', text: data.say }] }],
        tools: [],
      },
      toolChoice: { mode: 'auto', parallel: true },
      maxTokens: 100,
      stopSequences: [],
      sampling: {},
      thinking: { mode: 'disabled' },
      session: {},
    },
  };
}

function wordsOf(error: unknown): string {
  const subject = error instanceof RuntimeFailure ? error.subject : undefined;
  return `${subject === undefined ? '' : `${TINY.fieldName(subject)}: `}${messageOf(error)}`;
}

const USAGE = { promptTokens: 1, cacheReadTokens: 0, cacheCreationTokens: 0 };

const echo: ScriptedOptions = {
  async *script({ conversation }) {
    await wait(30);
    const [part] = conversation.turns[0]?.parts ?? [];
    yield { type: 'text-delta', text: part?.kind === 'text' ? part.text : '' };
    yield {
      type: 'finish',
      reason: 'end-turn',
      stopSequence: null,
      usage: { ...USAGE, outputTokens: 1, thinkingTokens: 0 },
    };
  },
};

let server: ScriptedServer | undefined;
afterEach(() => server?.close());

const wires = [...createWires({ thinkingKey: new Uint8Array(32) }), TINY];

async function say(body: unknown, path = '/say'): Promise<Response> {
  server ??= await serveScript(echo, {
    wires,
    silence: { pingMs: 10, keepAliveMs: 1000 },
  });
  return fetch(`${server.url}${path}`, { method: 'POST', body: JSON.stringify(body) });
}

describe('a wire that is added from outside of http', () => {
  afterEach(() => {
    server = undefined;
  });

  it('reads requests and writes whole answers', async () => {
    expect(await (await say({ say: 'Hello', to: 'actor' })).json()).toEqual({ said: 'Hello' });
  });

  it('writes streams, with its own pings and end', async () => {
    const response = await say({ say: 'Hello', to: 'actor', stream: true });
    expect(response.headers.get('content-type')).toBe('text/plain');
    expect(await response.text()).toMatch(/^\.+Hello!$/);
  });

  it('writes failures in its own envelope, with the name of its own field', async () => {
    const response = await say({});
    expect(response.status).toBe(418);
    expect(await response.json()).toEqual({ wrong: 'say: nothing is said' });
  });

  it('shares a path with another wire by its headers or by its prefix', async () => {
    server = await serveScript(echo, { wires });
    const list = async (path: string, headers: Record<string, string> = {}) =>
      (await fetch(`${server?.url}${path}`, { headers })).json();
    expect(await list('/v1/models')).toHaveProperty('data');
    expect(await list('/v1/models', { 'x-tiny': 'yes' })).toEqual({ tiny: 1 });
    expect(await list('/tiny/v1/models')).toEqual({ tiny: 1 });
    expect(await list('/anthropic/v1/models', { 'x-tiny': 'yes' })).toHaveProperty('data');
  });
});
