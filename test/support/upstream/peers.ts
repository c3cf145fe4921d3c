import type { Exchange, Fixtures } from './fixtures.ts';
import { readBody, serve, startReplay } from './replay.ts';
import type { LocalServer, ReplayOptions } from './replay.ts';

/** Something that answers as a kind of server does. */
export interface Peer {
  readonly name: string;
  /** Opens it for one scenario, named as the fixture of its recording. */
  open(scenario: string): Promise<Pick<LocalServer, 'url' | 'close'>>;
}

/** A kind of server, and the check that recognizes a real one. */
export interface ServerKind {
  readonly name: string;
  /** The variable that names a real one. */
  readonly variable: string;
  readonly fixtures: Fixtures;
  /** Command that records the fixtures again. */
  readonly command: string;
  /** Reason why the scenarios can't run against the server at the URL; undefined if they can. */
  problemOf(url: string): Promise<string | undefined>;
  versionOf(url: string): Promise<string>;
  /** A recording names no folder of the machine that it was made on. */
  scrub(text: string): string;
}

/**
 * Whom to run the scenarios against: the recordings, in one piece and in small ones, and the real
 * server that the variable names, if it fits. With PORTICO_RECORD=1 that is recorded anew.
 */
export async function findPeers(
  kind: ServerKind,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<readonly Peer[]> {
  const replay = (name: string, options: ReplayOptions): Peer => ({
    name,
    async open(scenario) {
      const fixture = await kind.fixtures.read(scenario);
      if (fixture.header.handMade) throw new Error(`${scenario} was written by hand; record it`);
      return startReplay(fixture, options);
    },
  });
  const recordings = [
    replay('a recording', {}),
    replay('a recording at its own pace, in pieces of 23 bytes', { pieceBytes: 23, pace: 1 }),
  ];
  const host = environment[kind.variable] ?? '';
  if (host === '') return recordings;
  const url = host.includes('://') ? host : `http://${host}`;
  const problem = await kind.problemOf(url);
  if (problem !== undefined) {
    process.stderr.write(
      `\n!!! SKIPPED: tests against the real ${kind.name} at ${url}: ${problem}\n`,
    );
    return recordings;
  }
  if (environment['PORTICO_RECORD'] === '1') return [await recordingPeer(kind, url)];
  const real: Peer = {
    name: `a real ${kind.name}`,
    open: () => Promise.resolve({ url, close: () => Promise.resolve() }),
  };
  return [...recordings, real];
}

async function recordingPeer(kind: ServerKind, url: string): Promise<Peer> {
  const server = `${kind.name} ${await kind.versionOf(url)}`;
  return {
    name: `a real ${kind.name}, recording`,
    async open(scenario) {
      const exchanges: Exchange[] = [];
      const proxy = await startProxy(url, exchanges, (text) => kind.scrub(text));
      return {
        url: proxy.url,
        async close() {
          await proxy.close();
          const date = new Date().toISOString().slice(0, 10);
          const header = { server, date, command: kind.command, handMade: false };
          await kind.fixtures.write(scenario, { header, exchanges });
        },
      };
    },
  };
}

/** Recorded parts of a response while it arrives. */
type Recorded = { -readonly [Key in keyof Exchange['response']]: Exchange['response'][Key] };

/** Passes requests on to a real server and notes what goes by. */
async function startProxy(
  target: string,
  exchanges: Exchange[],
  scrub: (text: string) => string,
): Promise<LocalServer> {
  return serve((request, response) => {
    void (async () => {
      const gone = new AbortController();
      const body = (await readBody(request)).toString('utf8');
      const path = request.url ?? '';
      const method = request.method ?? '';
      const started = performance.now();
      const chunks: { afterMs: number; text: string }[] = [];
      const recorded: Recorded = { status: 0, contentType: '', chunks };
      const asked = { method, path, ...(body !== '' && { body: JSON.parse(body) as unknown }) };
      exchanges.push({ request: asked, response: recorded });
      response.on('close', () => {
        gone.abort();
        if (!response.writableFinished) recorded.abandoned = true;
      });
      const answer = await fetch(`${target}${path}`, {
        method,
        // vLLM takes a body of no other type.
        ...(body !== '' && { body, headers: { 'content-type': 'application/json' } }),
        signal: gone.signal,
      });
      const contentType = answer.headers.get('content-type') ?? '';
      recorded.status = answer.status;
      recorded.contentType = contentType;
      response.writeHead(answer.status, { 'content-type': contentType });
      const decoder = new TextDecoder();
      for await (const piece of answer.body ?? []) {
        const text = decoder.decode(piece as Uint8Array, { stream: true });
        chunks.push({ afterMs: Math.round(performance.now() - started), text: scrub(text) });
        response.write(piece);
      }
      response.end();
    })().catch(() => response.destroy());
  });
}
