import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { post, request } from '../support/messages-api.ts';
import { startServer } from '../support/server.ts';
import type { RunningServer } from '../support/server.ts';
import { readBody, serve } from '../support/upstream/replay.ts';
import type { LocalServer } from '../support/upstream/replay.ts';
import { covers } from '../support/covers.ts';

interface Speech {
  readonly type: string;
  readonly text: string;
  readonly end: string;
  readonly error: string;
}

const SPEECH: Readonly<Record<string, Speech>> = {
  ollama: {
    type: 'application/x-ndjson',
    text: '{"message":{"role":"assistant","content":"One"},"done":false}\n',
    end: '{"message":{"content":""},"done":true,"done_reason":"stop","prompt_eval_count":9,"eval_count":2}\n',
    error: '{"error":"CUDA out of memory"}\n',
  },
  openai: {
    type: 'text/event-stream',
    text: 'data: {"choices":[{"delta":{"content":"One"}}]}\n\n',
    end: 'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
    error: 'data: {"error":{"message":"CUDA out of memory"}}\n\n',
  },
};

/** Faults of the upstream, by the name in the URL. */
const FAULTS: Readonly<Record<string, (response: ServerResponse, speech: Speech) => void>> = {
  html: (response) => response.setHeader('content-type', 'text/html').end('<html>log in</html>'),
  type: (response, { text, end }) =>
    response.setHeader('content-type', 'text/plain').end(text + end),
  half: (response, { text }) => response.end(text + text.slice(0, 30)),
  'no-end': (response, { text }) => response.end(text),
  error: (response, { text, error }) => response.end(text + error),
  endless(response) {
    const more = (): void => {
      while (!response.destroyed && response.write('x'.repeat(1024 * 1024)));
    };
    response.on('drain', more);
    more();
  },
  none: (response, { text, end }) => response.end(text + end),
};

let asked: string[] = [];
let open = 0;

async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = (await readBody(incoming)).toString('utf8');
  const { pathname } = new URL(incoming.url ?? '', 'http://upstream');
  asked.push(`${pathname} ${body}`);
  if (pathname.endsWith('/api/tags')) {
    response.setHeader('content-type', 'application/json').end('{"models":[]}');
  } else if (pathname.endsWith('/api/show')) {
    response.setHeader('content-type', 'application/json').end('{"details":{}}');
  } else if (/\/(api\/chat|chat\/completions)$/.test(pathname)) {
    open++;
    response.once('close', () => open--);
    const [kind = '', fault = ''] = pathname.slice(1).split('/');
    const speech = SPEECH[kind] ?? SPEECH['ollama'];
    if (speech === undefined) return;
    response.setHeader('content-type', speech.type);
    (FAULTS[fault] ?? FAULTS['none'])?.(response, speech);
  } else response.writeHead(404).end();
}

let upstream: LocalServer;
let server: RunningServer;
beforeAll(async () => {
  upstream = await serve((incoming, response) => void answer(incoming, response));
  const entries = Object.keys(SPEECH).flatMap((kind) =>
    Object.keys(FAULTS).map(
      (fault) =>
        `  ${kind}-${fault}: { backend: ${kind}, url: '${upstream.url}/${kind}/${fault}' }\n`,
    ),
  );
  const broken = '  broken: { backend: vllm }\naliases:\n  circle: circle\n  lost: nothing\n';
  server = await startServer({
    registry: `models:\n${entries.join('')}${broken}`,
    environment: { OLLAMA_HOST: `127.0.0.1:${upstream.port}` },
  });
});
afterAll(async () => {
  await server.stop();
  await upstream.close();
});

const ask = (model: string, stream: boolean) =>
  post(`${server.url}/v1/messages`, request('Hello', { model, stream }));

describe.each(Object.keys(SPEECH))('a server of %s', (kind) => {
  covers('R4.1-fault', 'R4.2-fault');

  it.each([
    ['html', 'answered 200 with text/html instead of'],
    ['type', 'answered 200 with text/plain instead of'],
    ['endless', 'sent a line of over 8388608 bytes'],
    ['half', 'only a part of one'],
    ['no-end', 'ended its answer before it was done'],
    ['error', 'failed in mid-answer: CUDA out of memory'],
  ])('that goes wrong (%s) is an error for the client', async (fault, says) => {
    const whole = await ask(`${kind}-${fault}`, false);
    expect(whole.status).toBe(500);
    expect(await whole.json()).toMatchObject({
      type: 'error',
      error: { type: 'api_error', message: expect.stringContaining(says) as string },
    });
    const streamed = await ask(`${kind}-${fault}`, true);
    const begins = ['half', 'no-end', 'error'].includes(fault);
    expect(streamed.status).toBe(begins ? 200 : 500);
    const text = await streamed.text();
    expect(text).toContain(says);
    expect(text.includes('event: error') && text.includes('"text":"One"')).toBe(begins);
    expect(text).not.toContain('message_stop');
    await expect.poll(() => open).toBe(0);
    expect((await ask(`${kind}-none`, false)).status).toBe(200);
  });
});

describe('a server with bad entries', () => {
  covers('R4.6-bad-entry');

  it.each([
    ['broken', /models\.yaml:\d+:\d+: models\.broken\.backend: .*"llama"\|"ollama"\|"openai"/],
    ['circle', /models\.yaml:\d+:3: alias 'circle' leads in a circle: circle -> circle; let one/],
    ['lost', /models\.yaml:\d+:3: alias 'lost' leads to 'nothing', .*'portico ls'/],
  ])('reports the place of %s, and answers with the others', async (name, says) => {
    const refused = await ask(name, false);
    expect(refused.status).toBe(404);
    expect(await refused.text().then((text) => JSON.parse(text) as unknown)).toMatchObject({
      error: { message: expect.stringMatching(says) as string },
    });
    expect((await ask('ollama-none', false)).status).toBe(200);
  });
});

describe('a name of Ollama’s cloud', () => {
  covers('R4.1-cloud');

  it('is passed on to an Ollama that does not list it, and nothing is pulled', async () => {
    asked = [];
    const response = await ask('kimi-k2:1t-cloud', false);
    expect(await response.json()).toMatchObject({
      model: 'kimi-k2:1t-cloud',
      content: [{ type: 'text', text: 'One' }],
    });
    const paths = asked.map((line) => line.split(' ')[0]);
    // The list may be known from a moment ago.
    expect(paths.filter((path) => path !== '/api/tags')).toEqual(['/api/show', '/api/chat']);
    expect(asked.at(-1)).toContain('"model":"kimi-k2:1t-cloud"');
    expect((await ask('kimi-k2:1t', false)).status).toBe(404);
  });
});
