import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GenerationRequest } from '../../src/core/backend.ts';
import type { Part } from '../../src/core/conversation.ts';
import { createDocumentLoader } from '../../src/documents/loader.ts';
import { writeParts } from '../../src/prompt/text.ts';
import { clientOf, DIALECTS } from '../support/dialects.ts';
import { writeBomb, writePdf } from '../support/pdf.ts';
import { serveScript } from '../support/scripted-server.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';

const module = new URL('../../dist/documents/pdf-child.js', import.meta.url);
const documents = createDocumentLoader({ module, mayContact: () => true });
const twoPages = writePdf([{ lines: ['The sky is blue.'], colour: [0, 0, 1] }, 'Grass is green.']);

const got: GenerationRequest[] = [];
let sees = false;
let server: ScriptedServer;
const files = createServer((request, response) => {
  if (request.url === '/two.pdf') response.end(twoPages);
  else response.writeHead(404).end();
});
let base: string;

beforeAll(async () => {
  await new Promise<void>((resolve) => files.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(files.address() as AddressInfo).port}`;
  server = await serveScript(
    {
      get capabilities() {
        return { images: sees };
      },
      async *script(request) {
        got.push(request);
        yield { type: 'text-delta', text: 'Read.' };
        const usage = { promptTokens: 10, cacheReadTokens: 0, cacheCreationTokens: 0 };
        yield {
          type: 'finish',
          reason: 'end-turn',
          stopSequence: null,
          usage: { ...usage, outputTokens: 1, thinkingTokens: 0 },
        };
      },
    },
    {},
    { documents },
  );
});
afterAll(async () => {
  files.close();
  await server.close();
});

const pdf = (bytes: Buffer, more: object = {}) =>
  ({
    type: 'document',
    source: { type: 'base64', media_type: 'application/pdf', data: bytes.toString('base64') },
    ...more,
  }) as const;
const question = { type: 'text', text: 'What colour is grass?' } as const;

/** Parts of the first turn that reach the model. */
async function partsFor(content: readonly object[]): Promise<readonly Part[]> {
  const answer = await server.ask({ messages: [{ role: 'user', content }] });
  expect(await answer.json()).toMatchObject({ content: [{ text: 'Read.' }] });
  return got.at(-1)?.conversation.turns[0]?.parts ?? [];
}

async function refusalOf(content: readonly object[]): Promise<unknown> {
  const answer = await server.ask({ messages: [{ role: 'user', content }] });
  expect(answer.status).toBe(400);
  const { error } = (await answer.json()) as { error: { message: string } };
  return error.message;
}

const PAGES =
  '<document title="Colours" context="A leaflet">\n' +
  '<page number="1">\nThe sky is blue.\n</page>\n\n' +
  '<page number="2">\nGrass is green.\n</page>\n</document>';

describe('a PDF', () => {
  it.each(DIALECTS)('reaches the model as text page by page, sent by $name', async (dialect) => {
    const document = pdf(twoPages, { title: 'Colours', context: 'A leaflet' });
    await clientOf(dialect, server.url).messages.create({
      model: 'actor',
      max_tokens: 10,
      messages: [{ role: 'user', content: [document, question] }],
    });
    const parts = got.at(-1)?.conversation.turns[0]?.parts ?? [];
    expect(writeParts(parts)).toBe(`${PAGES}\n\nWhat colour is grass?`);
  });

  it('reaches a model with vision as pictures too, after the document', async () => {
    sees = true;
    const parts = await partsFor([pdf(twoPages), question]).finally(() => (sees = false));
    expect(parts.map(({ kind }) => kind)).toEqual(['document', 'image', 'image', 'text']);
    expect(parts[1]).toMatchObject({ source: { kind: 'base64', mediaType: 'image/jpeg' } });
  });

  it('is fetched from its URL', async () => {
    const source = { type: 'url', url: `${base}/two.pdf` };
    const parts = await partsFor([{ type: 'document', source }, question]);
    expect(writeParts(parts)).toContain('Grass is green.');
  });

  it('is read in the result of a tool, as Claude Code sends it', async () => {
    const call = { type: 'tool_use', id: 'toolu_1', name: 'Read', input: {} };
    const result = { type: 'tool_result', tool_use_id: 'toolu_1', content: [pdf(twoPages)] };
    const answer = await server.ask({
      tools: [{ name: 'Read', input_schema: { type: 'object' } }],
      messages: [
        { role: 'user', content: 'Read it' },
        { role: 'assistant', content: [call] },
        { role: 'user', content: [result] },
      ],
    });
    expect(answer.status).toBe(200);
    const part = got.at(-1)?.conversation.turns[2]?.parts[0];
    expect(part?.kind === 'tool-result' && writeParts(part.output)).toContain('Grass is green.');
  });

  it('is read once for all turns of a conversation', async () => {
    const data = twoPages.toString('base64');
    const source = { kind: 'base64', mediaType: 'application/pdf', data } as const;
    const document = { kind: 'document', source, citations: false } as const;
    const signal = AbortSignal.timeout(30_000);
    const first = await documents.load(document, signal);
    expect(await documents.load({ ...document }, signal)).toBe(first);
  });
});

describe('a PDF that can not be read', () => {
  it.each([
    [
      'is encrypted',
      writePdf(['One'], { encrypted: true }),
      'The PDF specified is password protected.',
    ],
    ['is cut off', twoPages.subarray(0, 60), 'The PDF specified was not valid.'],
    ['is none', Buffer.from('%PDF'), 'The PDF specified was not valid.'],
    [
      'has too many pages',
      writePdf(Array.from({ length: 601 }, () => '')),
      'A maximum of 600 PDF pages may be provided.',
    ],
  ])('is refused with its place, if it %s', async (_, bytes, message) => {
    expect(await refusalOf([question, pdf(bytes)])).toContain(
      `messages.0.content.1.pdf.source.base64.data: ${message}`,
    );
  });

  it('is refused with its place if its data is no base64', async () => {
    const source = { type: 'base64', media_type: 'application/pdf', data: '!' };
    expect(await refusalOf([{ type: 'document', source }])).toContain(
      'messages.0.content.0.pdf.source.base64.data: The PDF specified was not valid.',
    );
  });

  it('is refused with its place if its URL leads nowhere', async () => {
    const source = { type: 'url', url: `${base}/none.pdf?key=secret` };
    const message = await refusalOf([{ type: 'document', source }]);
    expect(message).toContain('messages.0.content.0.pdf.source.url: Unable to download the file');
    expect(message).not.toContain('secret');
  });

  it('is refused by a model with vision if it has more pages than pictures are allowed', async () => {
    sees = true;
    const bytes = writePdf(Array.from({ length: 101 }, () => ''));
    const message = await refusalOf([pdf(bytes)]).finally(() => (sees = false));
    expect(message).toBe('messages: Too much media: 101 document pages + 0 images > 100');
  });

  it('is refused with its place if it exceeds the text that all PDFs of a request may have', async () => {
    const bomb = pdf(writeBomb(2 ** 21));
    const message = await refusalOf(Array.from({ length: 120 }, () => bomb));
    expect(message).toMatch(
      /^messages\.0\.content\.\d+\.pdf\.source\.base64\.data: The PDFs of a request/,
    );
  });
});
