import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Script } from '../support/scripted-backend.ts';
import type { GenerationRequest } from '../../src/core/backend.ts';
import type { GenerationEvent, StopReason } from '../../src/core/events.ts';

/** A SearXNG as its documentation has it (hand-made; https://docs.searxng.org/dev/search_api). */
export interface Searxng {
  readonly url: string;
  /** The queries that came. */
  readonly queries: readonly string[];
  /** Sets a failure that it answers with from now on. */
  fail(status: number, body?: string): void;
  /** It answers no more; resolves when its asker has gone. */
  hang(): Promise<void>;
  close(): Promise<void>;
}

const FOUND = [
  {
    url: 'https://docs.example.com/guide',
    title: 'The guide',
    content: 'How Portico searches.',
    publishedDate: '2026-11-01T00:00:00',
    engine: 'duckduckgo',
    score: 4,
    category: 'general',
  },
  { url: 'https://example.org/other', title: 'Another', content: '', publishedDate: null },
];

export async function startSearxng(): Promise<Searxng> {
  const queries: string[] = [];
  let failure: { status: number; body: string } | undefined;
  let left: (() => void) | undefined;
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (url.pathname !== '/base/search' || url.searchParams.get('format') !== 'json') {
      response.writeHead(404).end();
      return;
    }
    const query = url.searchParams.get('q') ?? '';
    queries.push(query);
    if (left !== undefined) {
      response.on('close', left);
      return;
    }
    response.writeHead(failure?.status ?? 200, { 'content-type': 'application/json' });
    response.end(
      failure?.body ??
        JSON.stringify({ query, results: FOUND, answers: [], suggestions: [], infoboxes: [] }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/base`,
    queries,
    fail: (status, body = '') => void (failure = { status, body }),
    hang: () =>
      new Promise((resolve) => {
        left = resolve;
      }),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** One round of a model's answer: what it says, then what it calls. */
export interface PlayedRound {
  readonly text?: string;
  readonly calls?: readonly (readonly [name: string, input: object])[];
}

/** A model that plays a round for each time it is asked, and keeps what it was asked. */
export function playing(rounds: readonly PlayedRound[], last: PlayedRound = { text: 'Done.' }) {
  const asked: GenerationRequest[] = [];
  const script: Script = async function* (request) {
    const { text = '', calls = [] } = rounds[asked.length] ?? last;
    const round = asked.push(request);
    if (text !== '') yield { type: 'text-delta', text };
    for (const [index, [name, input]] of calls.entries()) {
      yield* callOf(`toolu_${round}x${index}`, name, JSON.stringify(input));
    }
    yield finishOf(calls.length > 0 ? 'tool-use' : 'end-turn');
  };
  return { script, asked };
}

function* callOf(id: string, name: string, json: string): Generator<GenerationEvent> {
  yield { type: 'tool-call-start', id, name };
  yield { type: 'tool-call-delta', id, json: json.slice(0, 3) };
  yield { type: 'tool-call-delta', id, json: json.slice(3) };
  yield { type: 'tool-call-end', id };
}

function finishOf(reason: StopReason): GenerationEvent {
  const usage = {
    promptTokens: 10,
    cacheReadTokens: 4,
    cacheCreationTokens: 0,
    outputTokens: 5,
    thinkingTokens: 0,
  };
  return { type: 'finish', reason, stopSequence: null, usage };
}
