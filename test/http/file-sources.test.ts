import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GenerationRequest } from '../../src/core/backend.ts';
import { named, openFiles, pieces, storeFolder } from '../store/opened.ts';
import { answering } from '../support/scripted-answers.ts';
import { blank } from '../support/pictures.ts';
import { serveScript } from '../support/scripted-server.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';

let place: Awaited<ReturnType<typeof storeFolder>>;
let kept: ReturnType<typeof openFiles>;
let server: ScriptedServer;
let png: Buffer;
const got: GenerationRequest[] = [];
const ids = { text: '', png: '', pdf: '', zip: '', gone: '', middle: '', large: '' };

beforeAll(async () => {
  place = await storeFolder();
  kept = openFiles(place.folder);
  const store = async (...content: readonly (string | Buffer)[]) =>
    (await kept.files.add(pieces(...content), named('data.csv'))).id;
  ids.text = await store('\ufeffGrüße, ', '世界');
  png = await blank(40, 40);
  ids.png = await store(png);
  ids.pdf = await store('%PDF-1.7\n...');
  ids.zip = await store(Buffer.from('PK\x03\x04'));
  ids.gone = await store('gone');
  await kept.files.remove(ids.gone);
  const mb = Buffer.alloc(1024 * 1024, 'x');
  ids.middle = await store(...Array.from({ length: 8 }, () => mb));
  ids.large = await store(...Array.from({ length: 33 }, () => mb));
  const { files } = kept;
  server = await serveScript(
    {
      async *script(request) {
        got.push(request);
        yield* answering('ok');
      },
    },
    { files },
    { files },
  );
});
afterAll(async () => {
  await server.close();
  await kept.store.close();
  await place.remove();
});

const source = (file_id: string) => ({ type: 'file', file_id });
const document = (id: string, more = {}) => ({ type: 'document', source: source(id), ...more });
const image = (id: string) => ({ type: 'image', source: source(id) });

/** Sends blocks of a user turn, and returns the parts that reach the backend. */
async function partsFor(...content: readonly object[]) {
  const response = await server.ask({ messages: [{ role: 'user', content }] });
  const body = await response.text();
  expect([response.status, body]).toEqual([200, expect.any(String)]);
  return got.at(-1)?.conversation.turns[0]?.parts;
}

describe('file sources', () => {
  it('bring a text as if it were inline', async () => {
    expect(await partsFor(document(ids.text, { title: 'T', context: 'C' }))).toMatchObject([
      {
        kind: 'document',
        title: 'T',
        context: 'C',
        citations: false,
        source: { kind: 'text', text: 'Grüße, 世界', fileId: ids.text },
      },
    ]);
  });

  it('bring images, also in tool results and documents of blocks', async () => {
    const picture = { kind: 'base64', mediaType: 'image/png', data: png.toString('base64') };
    expect(await partsFor(image(ids.png))).toMatchObject([{ kind: 'image', source: picture }]);
    const content = { type: 'content', content: [image(ids.png)] };
    expect(await partsFor({ type: 'document', source: content })).toMatchObject([
      { kind: 'document' },
      { kind: 'image', source: picture },
    ]);
    const call = { type: 'tool_use', id: 'toolu_1', name: 'look', input: {} };
    const result = { type: 'tool_result', tool_use_id: 'toolu_1', content: [image(ids.png)] };
    const tools = [{ name: 'look', input_schema: { type: 'object' } }];
    const messages = [
      { role: 'user', content: 'x' },
      { role: 'assistant', content: [call] },
      { role: 'user', content: [result, document(ids.text)] },
    ];
    expect((await server.ask({ messages, tools })).status).toBe(200);
    expect(got.at(-1)?.conversation.turns[2]?.parts).toMatchObject([
      { kind: 'tool-result', output: [{ kind: 'image', source: picture }] },
      { kind: 'document', source: { kind: 'text' } },
    ]);
  });

  it('name uploads for code execution', async () => {
    expect(await partsFor({ type: 'container_upload', file_id: ids.zip })).toEqual([
      { kind: 'container-upload', fileId: ids.zip, fileName: 'data.csv' },
    ]);
  });

  it.each<[string, () => object, number, RegExp, string]>([
    ['an unknown file', () => document('file_none'), 404, /^File not found: file_none$/, ''],
    ['a deleted file', () => image(ids.gone), 404, /^File not found: file_\w+$/, ''],
    [
      'an unknown upload',
      () => ({ type: 'container_upload', file_id: 'file_none' }),
      404,
      /^File not found: file_none$/,
      '',
    ],
    [
      'a text in an image',
      () => image(ids.text),
      400,
      /text\/plain can't be used in an image block/,
      'image',
    ],
    [
      'an image in a document',
      () => document(ids.png),
      400,
      /image\/png can't be used in a document block/,
      'document',
    ],
    [
      'an archive in a document',
      () => document(ids.zip),
      400,
      /application\/zip can't be/,
      'document',
    ],
    ['a text of 33 MB', () => document(ids.large), 413, /32 MB/, 'document'],
  ])('refuse %s', async (_case, block, status, message, path) => {
    const content = [{ type: 'text', text: 'x' }, block()];
    const response = await server.ask({ messages: [{ role: 'user', content }] });
    const body: unknown = await response.json();
    expect([response.status, body]).toMatchObject([
      status,
      { error: { message: expect.stringMatching(message) } },
    ]);
    if (path !== '') {
      const start = expect.stringMatching(`^messages.0.content.1.${path}.source.file: `);
      expect(body).toMatchObject({ error: { message: start } });
    }
  });

  it('read a file once for a request with it in several blocks', async () => {
    const parts = await partsFor(...Array.from({ length: 50 }, () => document(ids.text)));
    expect(parts).toHaveLength(50);
  });

  it('count with each use, since the prompt repeats the content', async () => {
    const content = Array.from({ length: 5 }, () => document(ids.middle));
    const response = await server.ask({ messages: [{ role: 'user', content }] });
    expect([response.status, await response.json()]).toMatchObject([
      413,
      { error: { message: expect.stringMatching(/^messages\.0\.content\.4\..*32 MB/) } },
    ]);
  });

  it('are refused by a server without a store', async () => {
    const bare = await serveScript({ async *script() {} });
    const response = await bare.ask({
      messages: [{ role: 'user', content: [document(ids.text)] }],
    });
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { error: { message: expect.stringContaining('this server stores no files') } },
    ]);
    await bare.close();
  });
});
