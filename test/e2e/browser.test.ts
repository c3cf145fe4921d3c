import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isBrowserMissing, openSite } from '../support/browser.ts';
import type { Site } from '../support/browser.ts';
import { startServer } from '../support/server.ts';
import type { RunningServer } from '../support/server.ts';

describe.skipIf(isBrowserMissing)('a page in Chromium', () => {
  let site: Site;
  let open: RunningServer;
  let closed: RunningServer;
  beforeAll(async () => {
    site = await openSite();
    const keyed = ['--cors', site.origin, '--api-key', 'first-key'];
    [open, closed] = await Promise.all([startServer({ args: keyed }), startServer()]);
  });
  afterAll(async () => {
    await Promise.all([open.stop(), closed.stop(), site.close()]);
  });

  it.each(['anthropic-sdk-0', 'anthropic-sdk-1'])(
    'of an origin that is let in uses %s with dangerouslyAllowBrowser',
    async (sdk) => {
      const result = await site.run(`
        const { default: Anthropic } = await import('/${sdk}/index.mjs');
        const client = new Anthropic({
          baseURL: '${open.url}', apiKey: 'first-key', maxRetries: 0, dangerouslyAllowBrowser: true,
        });
        const question = {
          model: 'mini', max_tokens: 30, messages: [{ role: 'user', content: 'Count from 1 to 3' }],
        };
        const { data, response } = await client.messages.create(question).withResponse();
        const streamed = await client.messages.stream(question).finalMessage();
        const error = await client.messages.create({ ...question, model: 'nothing' }).catch((e) => e);
        return {
          text: data.content[0].text,
          streamed: streamed.content[0].text,
          headers: ['request-id', 'portico-model'].map((name) => response.headers.get(name) !== null),
          error: [error.status, error.requestID !== null, error.error.error.type],
        };
      `);
      expect(result).toEqual({
        text: '1, 2, 3',
        streamed: '1, 2, 3',
        headers: [true, true],
        error: [404, true, 'not_found_error'],
      });
    },
  );

  it('of another origin reads nothing and starts nothing', async () => {
    const body = JSON.stringify({
      model: 'mini',
      max_tokens: 30,
      messages: [{ role: 'user', content: 'Hello' }],
    });
    const result = await site.run(`
      const url = '${closed.url}/v1/messages';
      const send = (mode) => fetch(url, { method: 'POST', mode, body: ${JSON.stringify(body)} })
        .then(async (answer) => [answer.type, await answer.text()], () => 'failed');
      return { cors: await send('cors'), opaque: await send('no-cors') };
    `);
    expect(result).toEqual({ cors: 'failed', opaque: ['opaque', ''] });
    const statuses = closed.stderr().matchAll(/"status":(\d+).*POST \/v1\/messages/g);
    expect(Array.from(statuses, ([, status]) => status)).toEqual(['403', '403']);
  });
});
