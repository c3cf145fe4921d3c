import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { findOnPath, isMissing } from './optional.ts';
import { serve } from './upstream/replay.ts';

const CHROMIUM = ['chromium', 'chromium-browser', 'google-chrome']
  .map(findOnPath)
  .find((file) => file !== undefined);

/** True if no browser is installed; reports that once. */
export const isBrowserMissing = isMissing('Chromium', CHROMIUM, 'apt-get install chromium');

/** A name that the browser, and nothing else, takes for this machine: to it a page of the web. */
const SITE = 'app.example';

/** Flags that keep the browser’s requests on this machine. */
const FLAGS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  `--host-resolver-rules=MAP ${SITE} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1`,
];

/** Packages that a page may import, by the folders that they lie in. */
const require = createRequire(import.meta.url);
const PACKAGES: Readonly<Record<string, string>> = Object.fromEntries(
  ['anthropic-sdk-0', 'anthropic-sdk-1', '@opentelemetry/api'].map((name) => [
    `/${name}/`,
    path.join(path.dirname(require.resolve('vitest/package.json')), '..', name),
  ]),
);

const IMPORTS = {
  imports: {
    '@opentelemetry/api': '/@opentelemetry/api/dist/index.mjs',
    // CommonJS, which no browser loads, and for webhooks alone.
    standardwebhooks: 'data:text/javascript,export class Webhook {}',
  },
};

/** A web site of one page, open in a real browser whenever a script is run. */
export interface Site {
  readonly origin: string;
  /** Runs the body of an async function as a module of the page; returns its result, as JSON. */
  run(script: string): Promise<unknown>;
  close(): Promise<void>;
}

/** Serves a page from an origin of its own. */
export async function openSite(): Promise<Site> {
  let script = '';
  let report: (result: unknown) => void = () => undefined;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname } = new URL(request.url ?? '', 'http://site');
    if (pathname === '/report') {
      report(JSON.parse(await text(request)));
      response.end();
    } else if (pathname === '/') {
      response.setHeader('content-type', 'text/html').end(pageOf(script));
    } else await sendModule(pathname, response);
  };
  const server = await serve((request, response) => void answer(request, response));
  const origin = `http://${SITE}:${server.port}`;
  return {
    origin,
    async run(body) {
      script = body;
      const result = new Promise((resolve) => (report = resolve));
      return visit(origin, result);
    },
    close: () => server.close(),
  };
}

function pageOf(script: string): string {
  return `<!doctype html><script type="importmap">${JSON.stringify(IMPORTS)}</script>
    <script type="module">
      const run = async () => { ${script} };
      const result = await run().catch((error) => ({ failed: String(error) }));
      await fetch('/report', { method: 'POST', body: JSON.stringify(result ?? null) });
    </script>`;
}

async function sendModule(pathname: string, response: ServerResponse): Promise<void> {
  const [prefix = '', folder = ''] =
    Object.entries(PACKAGES).find(([start]) => pathname.startsWith(start)) ?? [];
  try {
    const code = await readFile(path.join(folder, pathname.slice(prefix.length)));
    response.setHeader('content-type', 'text/javascript').end(code);
  } catch {
    response.writeHead(404).end();
  }
}

/** Opens a page in a browser of its own until there is a result. */
async function visit(url: string, result: Promise<unknown>): Promise<unknown> {
  const profile = await mkdtemp(path.join(tmpdir(), 'portico-browser-'));
  const browser = spawn(CHROMIUM ?? '', [...FLAGS, `--user-data-dir=${profile}`, url], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  let printed = '';
  browser.stderr.setEncoding('utf8').on('data', (part: string) => (printed += part));
  const ended = once(browser, 'exit');
  try {
    const gone = ended.then(() => {
      throw new Error(`The browser ended: ${printed}`);
    });
    return await Promise.race([result, gone]);
  } finally {
    // Its helper processes are in its group.
    if (browser.exitCode === null && browser.pid !== undefined)
      process.kill(-browser.pid, 'SIGKILL');
    await ended;
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
