import { readFixture, writeFixture } from './fixtures.ts';
import type { Exchange } from './fixtures.ts';
import { readBody, serve, startReplay } from './replay.ts';
import type { LocalServer, ReplayOptions } from './replay.ts';

/** Something that answers as Ollama does. */
export interface Peer {
  readonly name: string;
  /** Opens it for one scenario, named as the fixture of its recording. */
  open(scenario: string): Promise<Pick<LocalServer, 'url' | 'close'>>;
}

/** The models that the scenarios are about; `test/fixtures/ollama/*.Modelfile` says how they are made. */
const MODELS = ['mini:latest', 'mini-think:latest'];

const RECORD_COMMAND =
  'OLLAMA_HOST=HOST PORTICO_RECORD=1 npx vitest run test/backends/ollama test/contract/ollama.test.ts';

/**
 * Whom to run the scenarios against: the recordings, in one piece and in small ones, and the real
 * server that OLLAMA_HOST names, if it has the models. With PORTICO_RECORD=1 it is recorded anew.
 */
export async function findPeers(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<readonly Peer[]> {
  const recordings = [
    replayPeer('a recording', {}),
    replayPeer('a recording at its own pace, in pieces of 23 bytes', { pieceBytes: 23, pace: 1 }),
  ];
  const host = environment['OLLAMA_HOST'] ?? '';
  if (host === '') return recordings;
  const url = host.includes('://') ? host : `http://${host}`;
  const problem = await problemOf(url);
  if (problem !== undefined) {
    process.stderr.write(`\n!!! SKIPPED: tests against the real Ollama at ${url}: ${problem}\n`);
    return recordings;
  }
  if (environment['PORTICO_RECORD'] === '1') return [await recordingPeer(url)];
  const real: Peer = {
    name: 'a real Ollama',
    open: () => Promise.resolve({ url, close: () => Promise.resolve() }),
  };
  return [...recordings, real];
}

async function problemOf(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(`${url}/api/tags`, { signal: AbortSignal.timeout(2_000) });
    const { models } = (await response.json()) as { models: readonly { name: string }[] };
    const missing = MODELS.filter((model) => !models.some(({ name }) => name === model));
    return missing.length === 0
      ? undefined
      : `it lacks ${missing.join(' and ')}; see test/fixtures/ollama/*.Modelfile`;
  } catch (error) {
    return String(error);
  }
}

function replayPeer(name: string, options: ReplayOptions): Peer {
  return { name, open: async (scenario) => startReplay(await readFixture(scenario), options) };
}

async function recordingPeer(url: string): Promise<Peer> {
  const response = await fetch(`${url}/api/version`);
  const { version } = (await response.json()) as { version: string };
  return {
    name: 'a real Ollama, recording',
    async open(scenario) {
      const exchanges: Exchange[] = [];
      const proxy = await startProxy(url, exchanges);
      return {
        url: proxy.url,
        async close() {
          await proxy.close();
          await writeFixture(scenario, {
            header: {
              server: `Ollama ${version}`,
              date: new Date().toISOString().slice(0, 10),
              command: RECORD_COMMAND,
              handMade: false,
            },
            exchanges,
          });
        },
      };
    },
  };
}

/** Passes requests on to a real server and notes what goes by. */
async function startProxy(target: string, exchanges: Exchange[]): Promise<LocalServer> {
  return serve((request, response) => {
    void (async () => {
      const gone = new AbortController();
      response.on('close', () => gone.abort());
      const body = (await readBody(request)).toString('utf8');
      const path = request.url ?? '';
      const method = request.method ?? '';
      const started = performance.now();
      const answer = await fetch(`${target}${path}`, { method, body, signal: gone.signal });
      const contentType = answer.headers.get('content-type') ?? '';
      const chunks: { afterMs: number; text: string }[] = [];
      exchanges.push({
        request: { method, path, body: JSON.parse(body) as unknown },
        response: { status: answer.status, contentType, chunks },
      });
      response.writeHead(answer.status, { 'content-type': contentType });
      for await (const piece of answer.body ?? []) {
        const text = Buffer.from(piece).toString('utf8');
        chunks.push({ afterMs: Math.round(performance.now() - started), text: scrub(text) });
        response.write(piece);
      }
      response.end();
    })().catch(() => response.destroy());
  });
}

/** A recording names no folder of the machine that it was made on. */
function scrub(text: string): string {
  return text.replaceAll(/[^\s"]*\/blobs\/(sha256-\w+)/g, '/models/blobs/$1');
}
