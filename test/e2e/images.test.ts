import { readFile } from 'node:fs/promises';
import type { Anthropic } from 'anthropic-sdk-0';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientOf, DIALECTS } from '../support/dialects.ts';
import { errorOf, post, request } from '../support/messages-api.ts';
import { MINI } from '../support/requests.ts';
import { claiming, halves, servePictures } from '../support/pictures.ts';
import { startServer } from '../support/server.ts';
import type { RunningServer } from '../support/server.ts';
import { readBody, serve } from '../support/upstream/replay.ts';
import type { LocalServer } from '../support/upstream/replay.ts';
import { covers } from '../support/covers.ts';

covers('R4.5-lazy');

type Block = Anthropic.ContentBlockParam;

const ANSWER = [
  { choices: [{ index: 0, delta: { content: 'I see.' }, finish_reason: 'stop' }] },
  { choices: [], usage: { prompt_tokens: 20, completion_tokens: 2 } },
];

/** Requests to the upstream, as JSON. */
const seen: string[] = [];
let upstream: LocalServer;
let server: RunningServer;
beforeAll(async () => {
  upstream = await serve((incoming, outgoing) => {
    void readBody(incoming).then((body) => {
      if (!(incoming.url ?? '').endsWith('/chat/completions')) return outgoing.writeHead(404).end();
      seen.push(body.toString('utf8'));
      outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
      const events = ANSWER.map((event) => `data: ${JSON.stringify(event)}\n\n`);
      return outgoing.end(`${events.join('')}data: [DONE]\n\n`);
    });
  });
  server = await startServer({
    registry: `models:
  eyes: { backend: openai, url: '${upstream.url}', server: other, images: true }
  blind: { backend: llama, file: ${JSON.stringify(MINI.file)} }
`,
  });
});
afterAll(async () => {
  await server.stop();
  await upstream.close();
});

function image(bytes: Uint8Array, media_type: 'image/png' | 'image/webp' = 'image/png') {
  const data = Buffer.from(bytes).toString('base64');
  return { type: 'image', source: { type: 'base64', media_type, data } } as const;
}

const at = (url: string) => ({ type: 'image', source: { type: 'url', url } }) as const;

async function refusalOf(content: readonly object[], model = 'eyes'): Promise<string> {
  const messages = [{ role: 'user', content }];
  const response = await post(`${server.url}/v1/messages`, request('', { model, messages }));
  expect(response.status).toBe(400);
  const { error } = await errorOf(response);
  expect(error.type).toBe('invalid_request_error');
  return error.message;
}

it('a server without pictures does not load what decodes them', async () => {
  if (process.platform !== 'linux') return;
  const loaded = async () =>
    (await readFile(`/proc/${server.process.pid}/maps`, 'utf8')).includes('vips');
  const response = await post(`${server.url}/v1/messages`, request('Hello', { model: 'eyes' }));
  expect(response.status).toBe(200);
  expect(await loaded()).toBe(false);
  await refusalOf([image(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'))]);
  expect(await loaded()).toBe(true);
});

describe.each(DIALECTS)('pictures of the TypeScript SDK of $dialect', (dialect) => {
  covers('R4.5-base64', 'R4.5-untouched', 'R4.5-places', 'R4.5-downscale', 'R4.5-magic');

  const ask = (...messages: Anthropic.MessageParam[]) =>
    clientOf(dialect, server.url).messages.create({ model: 'eyes', max_tokens: 50, messages });

  it('reach a model that can see as they are', async () => {
    const png = await halves(30, 20).png().toBuffer();
    const content: Block[] = [{ type: 'text', text: 'What is this?' }, image(png)];
    expect(await ask({ role: 'user', content })).toMatchObject({
      content: [{ type: 'text', text: 'I see.' }],
      usage: { input_tokens: 20 },
    });
    expect(JSON.parse(seen.at(-1) ?? '')).toMatchObject({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            {
              type: 'image_url',
              image_url: { url: `data:image/png;base64,${png.toString('base64')}` },
            },
          ],
        },
      ],
    });
  });

  it('of a tool reach it too, in a form that it can read', async () => {
    // A WebP that says it is a PNG, larger than what a model looks at.
    const large = image(await halves(3200, 100).webp().toBuffer());
    await ask(
      { role: 'user', content: 'Take a picture.' },
      {
        role: 'assistant',
        content: [{ type: 'tool_use', id: 'toolu_1', name: 'take', input: {} }],
      },
      {
        role: 'user',
        content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: [large] }],
      },
    );
    const [, sent = ''] = /data:image\/png;base64,([^"]+)/.exec(seen.at(-1) ?? '') ?? [];
    const png = Buffer.from(sent, 'base64');
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([1568, 49]);
  });
});

describe('a picture that can’t be used', () => {
  covers(
    'R4.5-blind',
    'R3.1-result-images',
    'R4.5-damaged',
    'R4.5-bombs',
    'R4.5-file',
    'R4.5-private',
    'R4.5-url',
  );

  it('leads to the model that can see it', async () => {
    const png = await halves(9, 9).png().toBuffer();
    expect(await refusalOf([{ type: 'text', text: 'Look:' }, image(png)], 'blind')).toMatch(
      /^messages\.0\.content\.1\.image: the model blind has no vision\. Use (eyes|mini), which has it, or leave/,
    );
  });

  it('is named by its block, and reaches no server', async () => {
    const before = seen.length;
    const png = await halves(200, 200).png().toBuffer();
    const text = { type: 'text', text: 'Look:' };
    expect(await refusalOf([text, image(png.subarray(0, png.length >> 1))])).toMatch(
      /^messages\.0\.content\.1\.image\.source\.base64\.data: Could not process image: this PNG is cut off/,
    );
    expect(await refusalOf([image(await claiming(12_000, 12_000))])).toBe(
      'messages.0.content.0.image.source.base64.data: At least one of the image dimensions exceed max allowed size: 8000 pixels',
    );
    expect(seen).toHaveLength(before);
  });

  it.each(['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]', '2130706433'])(
    'is one at an address of this machine: %s',
    async (host) => {
      const url = await servePictures(() => expect.unreachable('it was contacted'));
      const there = url.replace('127.0.0.1', host);
      expect(await refusalOf([at(`${there}/a.png`)])).toMatch(
        /^messages\.0\.content\.0\.image\.source\.url: Unable to download the file http:.*only public ones are contacted\. Send the picture as base64/,
      );
    },
  );
});
