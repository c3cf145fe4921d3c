import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import Anthropic, { toFile } from 'anthropic-sdk-1';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isMissing } from '../support/optional.ts';
import { writePdf } from '../support/pdf.ts';
import { startServer } from '../support/server.ts';

async function server(environment: Readonly<Record<string, string>> = {}) {
  const started = await startServer({ environment });
  onTestFinished(async () => void (await started.stop()));
  const client = new Anthropic({ apiKey: 'x', baseURL: started.url, maxRetries: 0 });
  return { ...started, client };
}

describe('portico serve', () => {
  it('counts and answers a file like inline text, and creates the store at the first upload', async () => {
    const { client, home } = await server();
    expect((await client.files.list()).data).toEqual([]);
    expect(existsSync(path.join(home, 'data', 'store'))).toBe(false);
    const text = 'Count from 1 to 3';
    const { id } = await client.files.upload({ file: await toFile(Buffer.from(text), 'a.txt') });
    const count = async (source: Anthropic.DocumentBlockParam['source']) =>
      (
        await client.messages.countTokens({
          model: 'mini',
          messages: [{ role: 'user', content: [{ type: 'document', source }] }],
        })
      ).input_tokens;
    const inline = await count({ type: 'text', media_type: 'text/plain', data: text });
    expect(await count({ type: 'file', file_id: id })).toBe(inline);
    const answer = await client.messages.create({
      model: 'mini',
      max_tokens: 5,
      messages: [
        {
          role: 'user',
          content: [{ type: 'document', source: { type: 'file', file_id: id } }],
        },
      ],
    });
    expect(answer.usage.input_tokens).toBe(inline);
  });

  it('counts a PDF by its file like one in the request', async () => {
    const { client } = await server();
    const pdf = writePdf(['A stored page']);
    const { id, mime_type } = await client.files.upload({ file: await toFile(pdf, 'a') });
    expect(mime_type).toBe('application/pdf');
    const count = async (source: Anthropic.DocumentBlockParam['source']) =>
      client.messages.countTokens({
        model: 'mini',
        messages: [{ role: 'user', content: [{ type: 'document', source }] }],
      });
    const data = pdf.toString('base64');
    const inline = await count({ type: 'base64', media_type: 'application/pdf', data });
    expect(await count({ type: 'file', file_id: id })).toEqual(inline);
  });

  it('leaves the files to the first of two servers on one folder, until that ends', async () => {
    const first = await server();
    const { id } = await first.client.files.upload({ file: await toFile(Buffer.from('a'), 'a') });
    const second = await server({ PORTICO_HOME: first.home });
    await expect(second.client.files.list()).rejects.toMatchObject({
      status: 409,
      message: expect.stringContaining(`process ${first.process.pid}`),
    });
    first.process.kill('SIGKILL');
    await expect
      .poll(async () => second.client.files.retrieveMetadata(id).catch(() => undefined))
      .toMatchObject({ filename: 'a' });
  });
});

const python = process.env['PORTICO_TEST_PYTHON_NEW'];
const missing = isMissing(
  'Python with anthropic',
  python,
  'name an interpreter with anthropic 2.14 in PORTICO_TEST_PYTHON_NEW',
);

it.skipIf(missing)('the newest Python SDK uses files with strict validation', async () => {
  const { url } = await server();
  const script = path.join(import.meta.dirname, 'python', 'files.py');
  const { stdout } = await promisify(execFile)(python ?? '', [script, url], { timeout: 110_000 });
  expect(JSON.parse(stdout)).toEqual({
    created: expect.objectContaining({ filename: 'notes.txt', mime_type: 'text/plain' }),
    same: true,
    unnamed: expect.stringMatching(/^(?:unnamed\.txt|upload)$/),
    lifetime: 3600,
    pages: true,
    beta: true,
    older: [true, false],
    counts: true,
    download: ['FileNotDownloadableError', 400, expect.stringContaining('not downloadable')],
    deleted: true,
    gone: ['NotFoundError', 404, expect.stringContaining('File not found: file_')],
    unknown: ['NotFoundError', 404, expect.stringContaining('File not found: file_')],
  });
});
