import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createOllamaBackend } from '../../../src/backends/ollama/backend.ts';
import { isCloudName } from '../../../src/backends/ollama/names.ts';
import { findPeers } from '../../support/upstream/peers.ts';
import { serve } from '../../support/upstream/replay.ts';
import { ollama } from './peers.ts';
import { covers } from '../../support/covers.ts';

function discovering(defaultUrl: string) {
  const backend = createOllamaBackend({ defaultUrl });
  onTestFinished(() => backend.close());
  return async (asked?: string) => (await backend.discover?.(asked))?.map(({ name }) => name);
}

interface Listing {
  readonly url: string;
  readonly asked: () => number;
}

/** A server that answers /api/tags. */
async function startListing(body: string, contentType = 'application/json'): Promise<Listing> {
  let asked = 0;
  const server = await serve((_request, response) => {
    asked++;
    response.setHeader('content-type', contentType);
    response.end(body);
  });
  onTestFinished(server.close);
  return { url: server.url, asked: () => asked };
}

const TWO = '{"models":[{"name":"b:latest"},{"name":"a:7b"}]}';

describe.each(await findPeers(ollama))('the models of $name', (peer) => {
  covers('R4.1-discover');

  it('are found by the names that Ollama lists', async () => {
    const { url, close } = await peer.open('discover');
    onTestFinished(close);
    expect(await discovering(url)()).toEqual(
      expect.arrayContaining(['mini-tools:latest', 'mini-think:latest', 'mini:latest']),
    );
  });
});

describe('what an Ollama server lists', () => {
  covers('R4.1-discover', 'R4.1-cloud');

  it('is asked for once in a while, however many ask at once', async () => {
    const { url, asked } = await startListing(TWO);
    const discover = discovering(url);
    const all = await Promise.all([discover(), discover('x'), discover()]);
    expect(all.map(String)).toEqual(['b:latest,a:7b', 'b:latest,a:7b', 'b:latest,a:7b']);
    expect(asked()).toBe(1);
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 3_001);
    onTestFinished(() => void vi.restoreAllMocks());
    await discover();
    expect(asked()).toBe(2);
  });

  it('is read without its null entries', async () => {
    const { url } = await startListing('{"models":[null,{"name":"a:7b"}]}');
    expect(await discovering(url)()).toEqual(['a:7b']);
  });

  it.each([
    ['nothing', '{"models":null}', 'application/json'],
    ['HTML', '<html>', 'text/html'],
    ['something else', '{"data":[]}', 'application/json'],
    ['half of it', '{"models":[{"na', 'application/json'],
  ])('may be %s', async (_what, body, contentType) => {
    const { url } = await startListing(body, contentType);
    expect(await discovering(url)()).toEqual([]);
  });

  it.each([
    ['gpt-oss:120b-cloud', true],
    ['kimi-k2:cloud', true],
    ['me/mine:1T-CLOUD', true],
    ['cloud', false],
    ['my-cloud', false],
    ['cloudy:7b', false],
    ['host:11434/x-cloud', false],
  ])('%s is of Ollama’s cloud, and passed through unseen: %s', async (name, cloud) => {
    expect(isCloudName(name)).toBe(cloud);
    const { url } = await startListing(TWO);
    const found = await discovering(url)(name);
    expect(found).toEqual(['b:latest', 'a:7b', ...(cloud ? [name] : [])]);
  });
});

describe('an Ollama server that does not answer', () => {
  covers('R4.1-away');

  it('has no models, not even of the cloud', async () => {
    const { url, close } = await serve(() => undefined);
    await close();
    expect(await discovering(url)('kimi-k2:cloud')).toEqual([]);
  });

  it('is waited for a moment only, and then left alone for a while', async () => {
    let requests = 0;
    const { url, close } = await serve(() => void (requests += 1));
    onTestFinished(close);
    const discover = discovering(url);
    expect(await discover()).toEqual([]);
    expect(await discover()).toEqual([]);
    expect(requests).toBe(1);
  });
});
