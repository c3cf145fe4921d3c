import { afterEach, describe, expect, it } from 'vitest';
import type { GenerationRequest } from '../../src/core/backend.ts';
import type { Part } from '../../src/core/conversation.ts';
import type { GenerationEvent } from '../../src/core/events.ts';
import { allEventsOf, expectGrammar } from '../support/event-stream.ts';
import type { StreamEvent } from '../support/event-stream.ts';
import { errorOf, messageOf } from '../support/messages-api.ts';
import { serveScript } from '../support/scripted-server.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';
import { covers } from '../support/covers.ts';

const TOKENS = 2000;
const thought = (text: string): GenerationEvent => ({ type: 'thinking-delta', text });
const said = (text: string): GenerationEvent => ({ type: 'text-delta', text });

function called(id: string): readonly GenerationEvent[] {
  return [
    { type: 'tool-call-start', id, name: 'look' },
    { type: 'tool-call-delta', id, json: '{"at":' },
    { type: 'tool-call-delta', id, json: `"${id}"}` },
    { type: 'tool-call-end', id },
  ];
}

function finish(thinkingTokens: number): GenerationEvent {
  const usage = { promptTokens: 10, cacheReadTokens: 0, cacheCreationTokens: 0 };
  const outputTokens = thinkingTokens + 20;
  return {
    type: 'finish',
    reason: 'tool-use',
    stopSequence: null,
    usage: { ...usage, outputTokens, thinkingTokens },
  };
}

/** Thinks 2,000 tokens, and again before and between its calls. */
const TURN: readonly GenerationEvent[] = [
  ...Array.from({ length: TOKENS }, (_, index) => thought(`${index} `)),
  said('Let me look.'),
  thought('First '),
  thought('here.'),
  ...called('toolu_1'),
  thought('Then there.'),
  ...called('toolu_2'),
  finish(TOKENS + 5),
];
const THOUGHTS = [
  Array.from({ length: TOKENS }, (_, index) => `${index} `).join(''),
  'First here.',
  'Then there.',
];
const KINDS = ['thinking', 'text', 'thinking', 'tool_use', 'thinking', 'tool_use'];

const THINKING = { type: 'enabled', budget_tokens: 4000 };
const TOOLS = [{ name: 'look', input_schema: { type: 'object' } }];
const ASKED = { max_tokens: 8000, thinking: THINKING, tools: TOOLS };
const OMITTED = { ...ASKED, thinking: { ...THINKING, display: 'omitted' } };

let server: ScriptedServer;
const requests: GenerationRequest[] = [];
afterEach(() => server.close());

async function serve(turn: readonly GenerationEvent[] = TURN): Promise<void> {
  requests.length = 0;
  server = await serveScript({
    async *script(request) {
      requests.push(request);
      yield* turn;
    },
  });
}

type Block = Awaited<ReturnType<typeof messageOf>>['content'][number];

/** The blocks of a stream: their kinds, and their deltas in order. */
function blocksOf(events: readonly StreamEvent[]) {
  return events
    .filter(({ event }) => event === 'content_block_start')
    .map(({ data: { index, content_block } }) => ({
      type: (content_block as { type: string }).type,
      deltas: events.flatMap(({ event, data }) =>
        event === 'content_block_delta' && data.index === index && data.delta ? [data.delta] : [],
      ),
    }));
}

/** Sends a turn of the model back, with the results of its calls. */
function sendBack(content: readonly object[], more: object = ASKED): Promise<Response> {
  const results = ['toolu_1', 'toolu_2'].map((id) => ({ type: 'tool_result', tool_use_id: id }));
  return server.ask({
    ...more,
    messages: [
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content },
      { role: 'user', content: results },
    ],
  });
}

/** The thinking that reached the backend with the last request. */
function replayed(): readonly string[] {
  const parts: readonly Part[] = requests.at(-1)?.conversation.turns[1]?.parts ?? [];
  return parts.flatMap((part) => (part.kind === 'thinking' ? [part.text] : []));
}

const streamed = async (body: Readonly<Record<string, unknown>>) => {
  const events = await allEventsOf(await server.ask({ ...body, stream: true }));
  expectGrammar(events);
  return events;
};

describe('a turn with thinking in several places', () => {
  covers('R3.5-blocks', 'R3.5-between', 'R3.5-replay');

  it('streams each thinking as a block of its own, in order, its signature last', async () => {
    await serve();
    const events = await streamed(ASKED);
    const blocks = blocksOf(events);
    expect(blocks.map(({ type }) => type)).toEqual(KINDS);
    const thinking = blocks.filter(({ type }) => type === 'thinking');
    expect(thinking[0]?.deltas).toHaveLength(TOKENS + 1);
    for (const [index, { deltas }] of thinking.entries()) {
      const types = deltas.map(({ type }) => type);
      expect(types.lastIndexOf('thinking_delta')).toBe(types.length - 2);
      expect(deltas.at(-1)).toMatchObject({
        type: 'signature_delta',
        signature: expect.stringMatching(/^portico1\.[\w-]+\.[\w-]+$/),
      });
      expect(deltas.map((delta) => delta.thinking ?? '').join('')).toBe(THOUGHTS[index]);
    }
    expect(events.at(-2)?.data.usage).toMatchObject({
      output_tokens: TOKENS + 25,
      output_tokens_details: { thinking_tokens: TOKENS + 5 },
    });
  });

  it('says the same without a stream, with signatures that are each its own', async () => {
    await serve();
    const { content } = await messageOf(await server.ask(ASKED));
    expect(content.map(({ type }) => type)).toEqual(KINDS);
    const thinking = content.filter((block) => block.type === 'thinking');
    expect(thinking.map((block) => block.thinking)).toEqual(THOUGHTS);
    expect(new Set(thinking.map(({ signature }) => signature)).size).toBe(3);
  });

  it('accepts all of it back in its place', async () => {
    await serve();
    const { content } = await messageOf(await server.ask(ASKED));
    expect((await sendBack(content)).status).toBe(200);
    const parts = requests.at(-1)?.conversation.turns[1]?.parts ?? [];
    expect(parts.map(({ kind }) => kind)).toEqual(
      KINDS.map((kind) => (kind === 'tool_use' ? 'tool-call' : kind)),
    );
    expect(replayed()).toEqual(THOUGHTS);
  });

  it('refuses thinking that was changed, or that is signed as another', async () => {
    await serve();
    const { content } = await messageOf(await server.ask(ASKED));
    const [first, , second] = content;
    if (first?.type !== 'thinking' || second?.type !== 'thinking') throw new Error('no thinking');
    const wrong = [
      { ...first, thinking: 'Something else.' },
      { ...first, signature: second.signature },
    ];
    for (const block of wrong) {
      const response = await sendBack([block, ...content.slice(1)]);
      expect(response.status).toBe(400);
      expect((await errorOf(response)).error.message).toContain('`signature` in `thinking` block');
    }
  });
});

describe('display: omitted', () => {
  covers('R3.5-omitted', 'R3.5-replay');

  it('streams a signature and nothing of the thinking, which counts all the same', async () => {
    await serve();
    const events = await streamed(OMITTED);
    const blocks = blocksOf(events);
    expect(blocks.map(({ type }) => type)).toEqual(KINDS);
    for (const { deltas } of blocks.filter(({ type }) => type === 'thinking')) {
      expect(deltas.map(({ type }) => type)).toEqual(['signature_delta']);
    }
    const wire = JSON.stringify(events);
    for (const secret of ['1998 1999', 'First', 'there.']) expect(wire).not.toContain(secret);
    expect(events.at(-2)?.data.usage).toMatchObject({
      output_tokens_details: { thinking_tokens: TOKENS + 5 },
    });
  });

  it('opens what it sealed when the blocks come back', async () => {
    await serve();
    const { content } = await messageOf(await server.ask(OMITTED));
    expect(content.map(({ type }) => type)).toEqual(KINDS);
    const shown = content.map((block: Block) => (block.type === 'thinking' ? block.thinking : ''));
    expect(shown.join('')).toBe('');
    expect((await sendBack(content, OMITTED)).status).toBe(200);
    expect(replayed()).toEqual(THOUGHTS);
  });

  it('opens it whatever display the next request asks for', async () => {
    await serve();
    const { content } = await messageOf(await server.ask(OMITTED));
    expect((await sendBack(content, ASKED)).status).toBe(200);
    expect(replayed()).toEqual(THOUGHTS);
  });

  it('refuses a seal that was tampered with', async () => {
    await serve();
    const { content } = await messageOf(await server.ask(OMITTED));
    const spoilt = content.map((block: Block) =>
      block.type === 'thinking'
        ? { ...block, signature: block.signature.replace(/.{8}$/, 'AAAAAAAA') }
        : block,
    );
    expect((await sendBack(spoilt, OMITTED)).status).toBe(400);
  });
});

describe('the thinking options of the backend', () => {
  covers('R3.5-budget', 'R3.5-effort');

  it.each([
    [
      { thinking: { type: 'enabled', budget_tokens: 1024 } },
      { mode: 'enabled', budgetTokens: 1024 },
    ],
    [{ thinking: { type: 'adaptive' } }, { mode: 'adaptive' }],
    [{ thinking: { type: 'disabled' } }, { mode: 'disabled' }],
    [{}, { mode: 'disabled' }],
  ])('is %j', async (body, thinking) => {
    await serve();
    const response = await server.ask({
      max_tokens: 2000,
      output_config: { effort: 'low' },
      ...body,
    });
    expect(response.status).toBe(200);
    expect(requests.at(-1)).toMatchObject({ thinking, effort: 'low' });
  });

  it.each([
    [{ type: 'enabled', budget_tokens: 1023 }, 'budget_tokens'],
    [{ type: 'enabled', budget_tokens: 2000 }, 'max_tokens'],
    [{ type: 'enabled' }, 'budget_tokens'],
  ])('is nothing of what the API refuses: %j', async (thinking, word) => {
    await serve();
    const response = await server.ask({ max_tokens: 2000, thinking });
    expect(response.status).toBe(400);
    expect((await errorOf(response)).error.message).toContain(word);
    expect(requests).toEqual([]);
  });
});
