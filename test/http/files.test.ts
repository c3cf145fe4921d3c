import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import Anthropic1, { toFile } from 'anthropic-sdk-1';
import Anthropic0, { toFile as toFile0 } from 'anthropic-sdk-0';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openFiles, pieces, storeFolder } from '../store/opened.ts';
import { serveScript } from '../support/scripted-server.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

let place: Awaited<ReturnType<typeof storeFolder>>;
let kept: ReturnType<typeof openFiles>;
let server: ScriptedServer;
let client: Anthropic1;

beforeAll(async () => {
  place = await storeFolder();
  kept = openFiles(place.folder);
  server = await serveScript({ script: async function* () {} }, { files: kept.files });
  client = new Anthropic1({ apiKey: 'x', baseURL: server.url, maxRetries: 0 });
});
afterAll(async () => {
  await server.close();
  await kept.store.close();
  await place.remove();
});

interface Part {
  readonly name: string;
  readonly value: string | Buffer;
  readonly fileName?: string;
}

/** Sends a form, its parts in this order. */
async function send(parts: readonly Part[], headers: Record<string, string> = {}) {
  const form = new FormData();
  for (const { name, value, fileName } of parts) {
    if (fileName === undefined && typeof value === 'string') form.append(name, value);
    else form.append(name, new Blob([value]), fileName);
  }
  const response = await fetch(`${server.url}/v1/files`, { method: 'POST', body: form, headers });
  const body: unknown = await response.json();
  return { status: response.status, body };
}

function refusal(status: number, message: string | RegExp, details?: object) {
  const type = status === 404 ? 'not_found_error' : 'invalid_request_error';
  const words: unknown = typeof message === 'string' ? message : expect.stringMatching(message);
  return { status, error: { error: { type, message: words, ...(details && { details }) } } };
}

describe('the files of the newest SDK', () => {
  it('are uploaded, described, listed and deleted', async () => {
    const file = await client.files.upload({
      file: await toFile(Buffer.from('Hello'), 'a.bin', { type: 'image/png' }),
    });
    expect(file).toEqual({
      id: expect.stringMatching(/^file_\w{24}$/),
      type: 'file',
      filename: 'a.bin',
      mime_type: 'text/plain',
      size_bytes: 5,
      created_at: expect.stringMatching(/^\d{4}-.*Z$/),
      downloadable: false,
      expires_at: null,
    });
    expect(await client.files.retrieveMetadata(file.id)).toEqual(file);
    expect((await client.files.list()).data).toContainEqual(file);
    expect((await client.beta.files.list()).data).toContainEqual(file);
    await expect(client.files.download(file.id)).rejects.toMatchObject(
      refusal(400, 'File is not downloadable', { error_code: 'file_not_downloadable' }),
    );
    const deleted = { id: file.id, type: 'file_deleted' };
    expect(await client.files.delete(file.id)).toEqual(deleted);
    const missing = refusal(404, `File not found: ${file.id}`);
    await expect(client.files.retrieveMetadata(file.id)).rejects.toMatchObject(missing);
    await expect(client.files.delete(file.id)).rejects.toMatchObject(missing);
    await expect(client.files.download(file.id)).rejects.toMatchObject(missing);
  });

  it('expire', async () => {
    const file = await client.files.upload({
      file: await toFile(PNG, 'a.png'),
      expires_in_seconds: 3600,
    });
    const lifetime = Date.parse(file.expires_at ?? '') - Date.parse(file.created_at);
    expect([lifetime, file.mime_type]).toEqual([3_600_000, 'image/png']);
    await client.files.delete(file.id);
  });

  it('are downloaded if a tool of the server wrote them', async () => {
    const { id } = await kept.files.add(pieces('a,b\n', '1,2\n'), async () => ({
      name: 'tabelle ä.csv',
      isDownloadable: true,
    }));
    const response = await client.files.download(id);
    expect(await response.text()).toBe('a,b\n1,2\n');
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(response.headers.get('content-disposition')).toContain("UTF-8''tabelle%20%C3%A4.csv");
    await client.files.delete(id);
  });

  it('are listed in pages, while they are deleted', async () => {
    const names = ['1', '2', '3', '4', '5'];
    for (const name of names) await client.files.upload({ file: await toFile(PNG, name) });
    const seen: string[] = [];
    const ids: string[] = [];
    for await (const { id, filename } of client.files.list({ limit: 2 })) {
      seen.push(filename);
      ids.push(id);
    }
    expect(seen).toEqual(names.toReversed());
    const some = await client.files.list({ ids: [ids[3] ?? '', ids[0] ?? '', 'file_none'] });
    expect([some.data.map(({ filename }) => filename), some.next_page]).toEqual([['5', '2'], null]);
    const older = new Anthropic0({ apiKey: 'x', baseURL: server.url, maxRetries: 0 });
    const first = await older.beta.files.list({ limit: 2 });
    expect(first).toMatchObject({ has_more: true, first_id: ids[0], last_id: ids[1] });
    const before = await older.beta.files.list({ limit: 2, before_id: ids[4] ?? '' });
    expect(before.data.map(({ filename }) => filename)).toEqual(['3', '2']);
    const removed: string[] = [];
    for await (const { id, filename } of older.beta.files.list({ limit: 2 })) {
      await older.beta.files.delete(id);
      removed.push(filename);
    }
    expect(removed).toEqual(names.toReversed());
    expect(await older.beta.files.list()).toMatchObject({ data: [], has_more: false });
  });

  it('are uploaded by the older SDK', async () => {
    const older = new Anthropic0({ apiKey: 'x', baseURL: server.url, maxRetries: 0 });
    const file = await older.beta.files.upload({ file: await toFile0(PNG, 'a') });
    expect(await older.beta.files.delete(file.id)).toEqual({ id: file.id, type: 'file_deleted' });
  });
});

describe('the form of an upload', () => {
  const file = (fileName: string, value: string | Buffer = 'x') => ({
    name: 'file',
    value,
    fileName,
  });

  it.each([
    ['/tmp/../secret/a.txt', 'a.txt'],
    ['C:\\docs\\a.txt', 'a.txt'],
    ['Bericht ä 日本.txt', 'Bericht ä 日本.txt'],
  ])('keeps the last component of %s', async (given, name) => {
    const { status, body } = await send([file(given)]);
    expect([status, body]).toEqual([200, expect.objectContaining({ filename: name })]);
  });

  it('replaces half characters of a name, which are no UTF-8', async () => {
    const head = `content-disposition: form-data; name="file"; filename*=utf-16le''%00%d8a%00`;
    const body = `--b\r\n${head}\r\n\r\nx\r\n--b--\r\n`;
    const headers = { 'content-type': 'multipart/form-data; boundary=b' };
    const response = await fetch(`${server.url}/v1/files`, { method: 'POST', body, headers });
    expect(await response.json()).toMatchObject({ filename: '\ufffda' });
  });

  it('makes a missing name from the media type', async () => {
    const head = 'content-disposition: form-data; name="file"';
    const body = `--b\r\n${head}\r\n\r\n%PDF-1.7 x\r\n--b--\r\n`;
    const headers = { 'content-type': 'multipart/form-data; boundary=b' };
    const response = await fetch(`${server.url}/v1/files`, { method: 'POST', body, headers });
    expect(await response.json()).toMatchObject({
      filename: 'unnamed.pdf',
      mime_type: 'application/pdf',
    });
  });

  it('takes fields before and after the file', async () => {
    const field = { name: 'expires_in_seconds', value: '7200' };
    for (const parts of [
      [field, file('a')],
      [file('a'), field],
    ]) {
      const { body } = await send(parts);
      expect(body).toMatchObject({ expires_at: expect.stringContaining('T') });
    }
  });

  it.each<[string, readonly Part[], RegExp]>([
    ['without a file', [{ name: 'other', value: 'x' }], /^file: Field required/],
    ['with two files', [file('a'), file('b')], /filesLimit/],
    ['with a forbidden name', [file('a|b.txt')], /^file: filename must not contain/],
    ['with a long name', [file('a'.repeat(256))], /^file: filename must have 1 to 255/],
    [
      'with an unknown field',
      [file('a'), { name: 'purpose', value: 'x' }],
      /^purpose: Extra inputs/,
    ],
    [
      'with a short lifetime',
      [file('a'), { name: 'expires_in_seconds', value: '60' }],
      /^expires_in_seconds: Input should be greater than or equal to 3600/,
    ],
    [
      'with a lifetime that is no number',
      [file('a'), { name: 'expires_in_seconds', value: 'soon' }],
      /^expires_in_seconds: /,
    ],
    [
      'with many fields',
      Array.from({ length: 20 }, (_, at) => ({ name: `f${at}`, value: 'x' })),
      /Limit/,
    ],
  ])('is refused %s, and leaves nothing', async (_case, parts, message) => {
    const before = await place.blobs();
    const { status, body } = await send(parts);
    expect({ status, body }).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringMatching(message) } },
    });
    expect(await place.drafts()).toEqual([]);
    expect(await place.blobs()).toEqual(before);
  });

  it.each([
    ['JSON', 'application/json', '{}'],
    ['a form without a boundary', 'multipart/form-data', 'x'],
    [
      'a cut form',
      'multipart/form-data; boundary=b',
      '--b\r\ncontent-disposition: form-data; name="file"\r\n\r\nhal',
    ],
    ['no parts', 'multipart/form-data; boundary=b', '--b--\r\n'],
  ])('is refused as %s', async (_case, type, body) => {
    const headers = { 'content-type': type };
    const response = await fetch(`${server.url}/v1/files`, { method: 'POST', body, headers });
    expect(response.status).toBe(400);
    expect(await place.drafts()).toEqual([]);
  });

  it('is refused above 500 MB before it is read', async () => {
    const upload = httpRequest(`${server.url}/v1/files`, {
      method: 'POST',
      headers: {
        'content-type': 'multipart/form-data; boundary=b',
        'content-length': 501 * 1024 * 1024,
      },
    });
    upload.on('error', () => undefined);
    upload.flushHeaders();
    const [response] = await once(upload, 'response');
    expect(response).toMatchObject({ statusCode: 413 });
    upload.destroy();
  });

  it('leaves nothing if the client breaks off', async () => {
    const upload = httpRequest(`${server.url}/v1/files`, {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=b' },
    });
    upload.on('error', () => undefined);
    upload.write('--b\r\ncontent-disposition: form-data; name="file"\r\n\r\n');
    upload.write(Buffer.alloc(300_000, 'x'));
    await expect.poll(place.drafts).toHaveLength(1);
    upload.destroy();
    await expect.poll(place.drafts).toEqual([]);
  });
});

describe('the lists of files', () => {
  const beta = { 'anthropic-beta': 'other,files-api-2025-04-14' };

  it.each<[string, Record<string, string>, RegExp]>([
    ['?limit=0', {}, /^limit: /],
    ['?limit=1001', beta, /^limit: /],
    ['?page=page_x', {}, /^page: /],
    ['?ids=a&limit=2', {}, /^ids: /],
    ['?after_id=file_x', {}, /^after_id: Extra inputs are not permitted/],
    ['?page=page_x', beta, /^page: Extra inputs are not permitted/],
    ['?after_id=file_x', beta, /file_x/],
    ['?after_id=a&before_id=b', beta, /^before_id: /],
    [`?ids=${Array.from({ length: 101 }, (_, at) => at).join(',')}`, {}, /^ids: at most 100/],
  ])('refuse %s', async (query, headers, message) => {
    const response = await fetch(`${server.url}/v1/files${query}`, { headers });
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { error: { type: 'invalid_request_error', message: expect.stringMatching(message) } },
    ]);
  });

  it('are empty for a session', async () => {
    const response = await fetch(`${server.url}/v1/files?scope_id=sesn_x`, { headers: beta });
    const nothing = { data: [], has_more: false, first_id: null, last_id: null };
    expect(await response.json()).toEqual(nothing);
  });

  it('name the methods of their paths', async () => {
    for (const [path, allow] of [
      ['/v1/files', 'GET, HEAD, POST'],
      ['/v1/files/file_x', 'GET, HEAD, DELETE'],
      ['/v1/files/file_x/content', 'GET, HEAD'],
    ]) {
      const response = await fetch(`${server.url}${path}`, { method: 'PUT' });
      expect([response.status, response.headers.get('allow')]).toEqual([405, allow]);
    }
  });
});
