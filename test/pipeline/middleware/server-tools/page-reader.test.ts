import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createPageReader } from '../../../../src/pipeline/middleware/server-tools/page-reader.ts';
import type { SentPage } from '../../../../src/pipeline/middleware/server-tools/page-text.ts';
import { covers } from '../../../support/covers.ts';

const DIST = '../../../../dist/pipeline/middleware/server-tools/page-text-thread.js';
const threadModule = new URL(DIST, import.meta.url);

const NEVER = new AbortController().signal;

function page(html: string, charset?: string): SentPage {
  const bytes = new TextEncoder().encode(html);
  return { url: 'https://a.org/x', kind: 'html', charset, bytes };
}

/** Page of the largest size that is read. */
const LARGE = page(`<ol>${'<li>a<p>b</p>'.repeat(400_000)}`);

/** Module of a thread that runs other code. */
async function threadThat(source: string): Promise<URL> {
  const folder = await mkdtemp(path.join(tmpdir(), 'portico-thread-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = path.join(folder, 'thread.mjs');
  await writeFile(file, source);
  return pathToFileURL(file);
}

describe('the page reader', () => {
  covers('R5.7-fetch');

  it('does not block the event loop', async () => {
    const read = createPageReader(threadModule);
    let beats = 0;
    const beat = setInterval(() => beats++, 1);
    const { text } = await read(LARGE, NEVER);
    clearInterval(beat);
    expect(text.length).toBeGreaterThan(200_000);
    // In this thread it would be one or two.
    expect(beats).toBeGreaterThan(20);
  });

  it('decodes the charset that the server names, and UTF-8 for an unknown one', async () => {
    const read = createPageReader(threadModule);
    const bytes = new Uint8Array([0xe9]);
    expect(await read({ ...page(''), bytes, charset: 'iso-8859-1' }, NEVER)).toEqual({
      title: null,
      text: 'é',
    });
    expect((await read(page('é', 'x-no-such'), NEVER)).text).toBe('é');
    expect((await read({ ...page('<b>'), kind: 'text' }, NEVER)).text).toBe('<b>');
  });

  it('stops at the end of the request, and continues with the next page', async () => {
    const read = createPageReader(await threadThat('for (;;);'));
    const controller = new AbortController();
    const reading = read(page('a'), controller.signal);
    const waiting = read(page('b'), controller.signal);
    setTimeout(() => controller.abort(new Error('gone')), 20);
    await expect(reading).rejects.toThrow('gone');
    await expect(waiting).rejects.toThrow('gone');
  });

  it.each([
    ['takes for ever', 'for (;;);', 500, 'it takes too long'],
    [
      'takes all memory',
      'for (const all = [];;) all.push(Array(1e6).fill(0.5));',
      60_000,
      'memory limit',
    ],
  ])('ends a page that %s', async (_name, source, timeoutMs, reason) => {
    const read = createPageReader(await threadThat(source), timeoutMs);
    await expect(read(page('a'), NEVER)).rejects.toMatchObject({
      reason: 'content-too-large',
      message: expect.stringMatching(`^the page of a.org can't be read \\(.*${reason}`),
    });
  });
});
