import { setTimeout as delay } from 'node:timers/promises';
import { largestGap, sharedRate } from '../engine/timeline.ts';
import { prose } from '../engine/words.ts';
import { median, sum } from '../statistics.ts';
import { ask, firstDeltaMs } from './ask.ts';
import type { PeerAnswer, PeerTurn } from './ask.ts';
import { PEER_MODEL } from './peer.ts';
import type { Peer, RunningPeer } from './peer.ts';
import { cpuMs, memoryMb } from './processes.ts';

/** Measurement of one server. */
export type Measure = (peer: Peer, round: number) => Promise<number>;

const WORDS = 'river night stone light water house garden window letter summer winter market'.split(
  ' ',
);
export const text = (words: number, seed: number): string => prose(WORDS, words, seed);
export const said = (content: string): readonly PeerTurn[] => [{ role: 'user', content }];

/** Measures a server that is started for it, after a short request. */
export async function withServer<Result>(
  peer: Peer,
  slots: number,
  work: (server: RunningPeer) => Promise<Result>,
): Promise<Result> {
  const server = await peer.start(slots);
  try {
    await ask(server.url, { max_tokens: 4, messages: said('Hello') });
    return await work(server);
  } finally {
    await server.stop();
  }
}

/** Time from the start of the server to the first token of its first request. */
export const startToFirstToken: Measure = async (peer) => {
  const began = performance.now();
  const server = await peer.start(1);
  try {
    const { deltas } = await ask(server.url, { max_tokens: 4, messages: said('Hello') });
    return (deltas[0] ?? Infinity) - began;
  } finally {
    await server.stop();
  }
};

/** Time to the first token after the model was unloaded, which only Portico does. */
export const coldModelFirstToken: Measure = (peer) =>
  withServer(peer, 1, async ({ url }) => {
    await fetch(`${url}/portico/models/${PEER_MODEL}/stop`, { method: 'POST' });
    return firstDeltaMs(await ask(url, { max_tokens: 4, messages: said('Good morning') }));
  });

/** CPU time of all processes for each token of a stream. */
export const decodeCpuMs: Measure = (peer, round) =>
  withServer(peer, 1, async ({ url, pid }) => {
    let before = 0;
    const messages = said(`Write a long story about ${text(20, round)}.`);
    const { outputTokens, deltas } = await ask(url, { max_tokens: 256, messages }, () => {
      if (before === 0) void cpuMs(pid).then((time) => (before ||= time));
    });
    if (deltas.length < 32) throw new Error('The answer was too short to measure.');
    return ((await cpuMs(pid)) - before) / outputTokens;
  });

/** Median time to the first token of later turns, of four conversations that take turns on two slots. */
export const crowdedFirstToken: Measure = (peer, round) =>
  withServer(peer, 2, async ({ url }) => {
    const turns = await crowd(url, round);
    return median(turns.map(({ answer }) => firstDeltaMs(answer)));
  });

/** Share of the earlier prompt and answer that later turns of these conversations read from the cache. */
export const crowdedReuse: Measure = (peer, round) =>
  withServer(peer, 2, async ({ url }) => {
    const turns = await crowd(url, round);
    const cached = sum(turns.map(({ answer }) => answer.cachedTokens));
    return cached / sum(turns.map(({ earlierTokens }) => earlierTokens));
  });

/** Later turn of a conversation, and the tokens of its earlier prompt and answer that are in a state. */
interface LaterTurn {
  readonly answer: PeerAnswer;
  readonly earlierTokens: number;
}

async function crowd(url: string, round: number): Promise<readonly LaterTurn[]> {
  const later: LaterTurn[] = [];
  const talks = [0, 1, 2, 3].map((talk) => ({
    turns: [...said(text(500, 100 * round + talk))],
    earlierTokens: 0,
  }));
  for (let turn = 0; turn < 3; turn++) {
    for (const talk of talks) {
      const answer = await ask(url, { max_tokens: 24, messages: talk.turns });
      if (turn > 0) later.push({ answer, earlierTokens: talk.earlierTokens });
      // The last token of an answer at its limit is not evaluated.
      talk.earlierTokens = answer.promptTokens + answer.outputTokens - 1;
      talk.turns.push({ role: 'assistant', content: answer.text });
      talk.turns.push(...said(`Tell me more, number ${turn}.`));
    }
  }
  return later;
}

const TOOL = {
  name: 'get_current_weather',
  description: 'Returns the weather of a city.',
  input_schema: {
    type: 'object',
    properties: { city: { type: 'string' }, unit: { enum: ['celsius', 'fahrenheit'] } },
    required: ['city', 'unit'],
  },
};

/** Time to the first event of a call that has to be made, when the same request is repeated. */
export const repeatedCallFirstEvent: Measure = (peer) =>
  withServer(peer, 1, async ({ url }) => {
    const body = {
      max_tokens: 48,
      tools: [TOOL],
      tool_choice: { type: 'tool', name: TOOL.name },
      messages: said('What is the weather in Paris?'),
    };
    await ask(url, body);
    const times: number[] = [];
    for (let count = 0; count < 3; count++) times.push(firstDeltaMs(await ask(url, body)));
    return median(times);
  });

const SCHEMA = {
  type: 'object',
  properties: {
    name: { type: 'string', maxLength: 24 },
    population: { type: 'integer' },
    continent: { enum: ['Europe', 'Asia', 'Africa', 'America', 'Oceania'] },
    is_capital: { type: 'boolean' },
    founded_in_year: { type: 'integer' },
  },
  required: ['name', 'population', 'continent', 'is_capital', 'founded_in_year'],
  additionalProperties: false,
};

/**
 * Tokens per second of an answer with a JSON schema, divided by those of plain text of the same server. Both requests
 * are repeated, so that their prompts are cached.
 */
export const schemaShare: Measure = (peer, round) =>
  withServer(peer, 1, async ({ url }) => {
    const items = { type: 'array', items: SCHEMA, minItems: 4, maxItems: 4 };
    const output_config = { format: { type: 'json_schema', schema: items } };
    const forced = { max_tokens: 400, messages: said('Describe four cities.'), output_config };
    const plain = { max_tokens: 96, messages: said(`Tell me about ${text(8, round)}.`) };
    return (await repeatedRate(url, forced)) / (await repeatedRate(url, plain));
  });

async function repeatedRate(url: string, body: Readonly<Record<string, unknown>>): Promise<number> {
  await ask(url, body);
  const { outputTokens, askedAt } = await ask(url, body);
  return (outputTokens / (performance.now() - askedAt)) * 1000;
}

/** Memory of all processes after the first answer, in MB. */
export const memory =
  (slots: number): Measure =>
  (peer) =>
    withServer(peer, slots, async ({ pid }) => memoryMb(pid));

const IDLE_SECONDS = 6;

/** CPU time of all processes in a second without requests. */
export const idleCpuMs: Measure = (peer) =>
  withServer(peer, 1, async ({ pid }) => {
    // States are written after ten idle seconds.
    await delay(14_000);
    const before = await cpuMs(pid);
    await delay(IDLE_SECONDS * 1000);
    return ((await cpuMs(pid)) - before) / IDLE_SECONDS;
  });

/** Time to the first token of a prompt as a coding agent sends it. */
export const coldPromptFirstToken: Measure = (peer, round) =>
  withServer(peer, 1, async ({ url }) => {
    const tools = Array.from({ length: 12 }, (_, index) => ({
      ...TOOL,
      name: `tool_${index}`,
      description: text(60, 50 * round + index),
    }));
    const system = text(1500, 9000 + round);
    const body = { max_tokens: 4, system, tools, messages: said('Fix the bug in main.ts.') };
    return firstDeltaMs(await ask(url, body));
  });

/** Longest gap of a running stream while a prompt of about 7,000 tokens is prefilled. */
export const gapBesidePrefill: Measure = (peer, round) =>
  withServer(peer, 2, async ({ url }) => {
    const controller = new AbortController();
    const times: number[] = [];
    const messages = said(`Write an endless story about ${text(20, round)}.`);
    const stream = ask(
      url,
      { max_tokens: 4000, messages },
      () => times.push(performance.now()),
      controller.signal,
    );
    stream.catch(() => undefined);
    while (times.length < 8) await delay(5);
    const from = performance.now();
    await ask(url, { max_tokens: 1, messages: said(text(6300, 700 + round)) });
    const to = performance.now();
    controller.abort();
    return largestGap(times, from, to);
  });

/** Tokens per second of four streams together. */
export const fourStreams: Measure = (peer, round) =>
  withServer(peer, 4, async ({ url }) => {
    const streams = [0, 1, 2, 3].map((stream) =>
      ask(url, {
        max_tokens: 160,
        messages: said(`Write a long story about ${text(12, 10 * round + stream)}.`),
      }),
    );
    const answers = await Promise.all(streams);
    return sharedRate(answers.map(({ deltas }) => deltas));
  });
