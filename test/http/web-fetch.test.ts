import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openServices } from '../../src/pipeline/middleware/server-tools/open.ts';
import type { ServerServices } from '../../src/pipeline/middleware/server-tools/services.ts';
import { createPageFetch } from '../../src/pipeline/middleware/server-tools/web-page.ts';
import { clientOf, DIALECTS } from '../support/dialects.ts';
import { serveScript } from '../support/scripted-server.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';
import { playing } from './searching.ts';
import type { PlayedRound } from './searching.ts';
import { covers } from '../support/covers.ts';

let pages: Server;
let base: string;
let folder: string;
let server: ScriptedServer | undefined;
const warnings: string[] = [];
const log = (message: string): void => void warnings.push(message);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'portico-fetch-'));
  pages = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const send = (type: string, body: string) => {
      response.writeHead(200, { 'content-type': type }).end(body);
    };
    if (pathname === '/page')
      send('text/html; charset=utf-8', '<title>T</title><p>Hello &amp; bye');
    else if (pathname === '/long') send('text/plain', 'word '.repeat(10_000));
    else if (pathname === '/data') send('application/json', '{"a":1}');
    else if (pathname === '/picture') send('image/png', 'PNG');
    else if (pathname === '/huge') send('text/plain', 'x'.repeat(6 * 1024 * 1024));
    else if (pathname === '/away')
      response.writeHead(302, { location: 'http://other.test/' }).end();
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await new Promise((resolve) => pages.close(resolve));
  await rm(folder, { recursive: true, force: true });
});
afterEach(async () => {
  await server?.close();
  warnings.length = 0;
});

/** Reads pages of this machine, which a server outside of tests never does. */
const local = (): ServerServices => ({
  fetch: createPageFetch({ mayContact: () => true }, threadModule),
  log,
});

const DIST = '../../dist/pipeline/middleware/server-tools/page-text-thread.js';
const threadModule = new URL(DIST, import.meta.url);

const FETCH = { type: 'web_fetch_20250910', name: 'web_fetch' } as const;

async function ask(
  services: ServerServices,
  rounds: readonly PlayedRound[],
  named: string,
  tool: object = FETCH,
) {
  const { script, asked } = playing(rounds);
  server = await serveScript({ script }, {}, { services });
  const [dialect] = DIALECTS;
  if (dialect === undefined) throw new Error('no SDK');
  const body = { model: 'actor', max_tokens: 100, tools: [{ ...FETCH, ...tool }] };
  const messages = [{ role: 'user' as const, content: `Read ${named}` }];
  const message = await clientOf(dialect, server.url).messages.create({ ...body, messages });
  return { message, asked };
}

const fetching = (url: unknown): PlayedRound => ({ calls: [['web_fetch', { url }]] });

describe('web_fetch', () => {
  covers('R5.7-fetch', 'R5.7-limits');

  it('reads a page as text', async () => {
    const { message, asked } = await ask(local(), [fetching(`${base}/page`)], `${base}/page`);
    expect(message).toMatchObject({
      stop_reason: 'end_turn',
      content: [
        { type: 'server_tool_use', id: 'srvtoolu_1x0', name: 'web_fetch' },
        {
          type: 'web_fetch_tool_result',
          tool_use_id: 'srvtoolu_1x0',
          content: {
            type: 'web_fetch_result',
            url: `${base}/page`,
            retrieved_at: expect.stringMatching(/^20.*Z$/),
            content: {
              type: 'document',
              title: 'T',
              source: { type: 'text', media_type: 'text/plain', data: 'Hello & bye' },
            },
          },
        },
        { type: 'text', text: 'Done.' },
      ],
      usage: { server_tool_use: { web_search_requests: 0, web_fetch_requests: 1 } },
    });
    expect(JSON.stringify(asked[1]?.conversation.turns.at(-1))).toContain('Hello & bye');
  });

  it.each([
    ['/data', '{"a":1}'],
    ['/long', 'word '],
  ])('reads %s', async (where, begins) => {
    const { message } = await ask(local(), [fetching(base + where)], base + where);
    const result = JSON.stringify(message.content[1]);
    expect(result).toContain(JSON.stringify(begins).slice(1, -1));
  });

  it('takes no more of a page than max_content_tokens', async () => {
    const url = `${base}/long`;
    const { message } = await ask(local(), [fetching(url)], url, { max_content_tokens: 50 });
    expect(message.content[1]).toMatchObject({
      content: { content: { source: { data: 'word '.repeat(40) } } },
    });
  });

  it.each([
    ['a page that no message names', '/page?secret=1', '/page', 'url_not_in_prior_context'],
    ['a picture', '/picture', '/picture', 'unsupported_content_type'],
    ['nothing', '/none', '/none', 'url_not_accessible'],
    ['a page that is too large', '/huge', '/huge', 'content_too_large'],
    ['a long URL', `/${'x'.repeat(250)}`, `/${'x'.repeat(250)}`, 'url_too_long'],
  ])('%s is answered', async (_title, where, named, code) => {
    const { message } = await ask(local(), [fetching(base + where)], base + named);
    expect(message).toMatchObject({
      stop_reason: 'end_turn',
      content: [{}, { content: { type: 'web_fetch_tool_result_error', error_code: code } }, {}],
      usage: { server_tool_use: null },
    });
  });

  it.each([
    [{ blocked_domains: ['127.0.0.1'] }, '/page', 'url_not_allowed'],
    [{ allowed_domains: ['127.0.0.1'] }, '/away', 'url_not_accessible'],
  ])('keeps to %o, and redirects do', async (domains, where, code) => {
    const { message } = await ask(local(), [fetching(base + where)], base + where, domains);
    expect(message.content[1]).toMatchObject({ content: { error_code: code } });
  });

  it.each(['http://127.0.0.1:1/', 'http://[::1]:1/', 'http://169.254.169.254/latest', 'file:///a'])(
    'never contacts %s',
    async (url) => {
      const services = openServices(undefined, { kind: 'direct' }, log);
      const { message } = await ask(services, [fetching(url)], url);
      expect(message.content[1]).toMatchObject({
        content: { error_code: expect.stringMatching(/^url_not_(accessible|allowed)$/) },
      });
      if (url.startsWith('http'))
        expect(warnings).toEqual([expect.stringContaining('not a public address')]);
    },
  );
});

/** A real program in a file of its own, and the command that runs it. */
async function program(name: string, source: string) {
  const file = path.join(folder, `${name}.mjs`);
  await writeFile(file, source);
  return { kind: 'command', command: [process.execPath, file, '$HOME; exit'] } as const;
}

const READ_INPUT = `import { text } from 'node:stream/consumers';
const input = JSON.parse(await text(process.stdin));`;

describe('a command', () => {
  covers('R5.7-fetch', 'R5.7-search', 'R5.7-unavailable');

  it('reads pages', async () => {
    const command = await program(
      'page',
      `${READ_INPUT} console.log(JSON.stringify({ title: process.argv[2], text: 'at ' + input.url }));`,
    );
    const services = openServices(undefined, command, log);
    const { message } = await ask(services, [fetching('https://a.test/x')], 'https://a.test/x');
    expect(message.content[1]).toMatchObject({
      content: { content: { title: '$HOME; exit', source: { data: 'at https://a.test/x' } } },
    });
  });

  it('searches', async () => {
    const command = await program(
      'search',
      `${READ_INPUT} console.log(JSON.stringify({ results: [{ url: 'https://a.test/', title: JSON.stringify(input) }] }));`,
    );
    const services = openServices(command, undefined, log);
    const tool = { type: 'web_search_20250305', name: 'web_search', allowed_domains: ['a.test'] };
    const { message } = await ask(
      services,
      [{ calls: [['web_search', { query: 'q' }]] }],
      '',
      tool,
    );
    const input = { query: 'q', allowed_domains: ['a.test'], blocked_domains: [] };
    expect(message.content[1]).toMatchObject({
      content: [{ url: 'https://a.test/', title: JSON.stringify(input) }],
    });
  });

  it.each([
    ['that fails', 'process.exit(3)', /it ended with 3/],
    ['that prints no JSON', 'console.log("hi")', /JSON/],
    [
      'that prints without end',
      'process.stdout.on("error", () => process.exit()); setInterval(() => process.stdout.write("x".repeat(1e6)), 0)',
      /has more than \d+ bytes/,
    ],
  ])('%s fails the call, not the turn', async (name, source, warning) => {
    const services = openServices(undefined, await program(name.replaceAll(' ', '-'), source), log);
    const { message } = await ask(services, [fetching('https://a.test/x')], 'https://a.test/x');
    expect(message.stop_reason).toBe('end_turn');
    expect(message.content[1]).toMatchObject({ content: { type: 'web_fetch_tool_result_error' } });
    expect(warnings).toEqual([expect.stringMatching(warning)]);
  });

  it('that is not there fails the call, not the turn', async () => {
    const command = { kind: 'command', command: ['portico-no-such-program'] } as const;
    const services = openServices(undefined, command, log);
    const { message } = await ask(services, [fetching('https://a.test/x')], 'https://a.test/x');
    expect(message.content[1]).toMatchObject({ content: { error_code: 'unavailable' } });
    expect(warnings).toEqual([expect.stringContaining('ENOENT')]);
  });
});
