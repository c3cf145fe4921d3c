import Anthropic from 'anthropic-sdk-1';
import { beforeAll, describe, expect, it } from 'vitest';
import { sharedServer } from '../support/shared-server.ts';

type Params = Anthropic.Beta.MessageCreateParamsNonStreaming;

let client: Anthropic;
beforeAll(async () => {
  const { url } = await sharedServer();
  client = new Anthropic({ baseURL: url, apiKey: 'any key', maxRetries: 0 });
});

const tools = [
  { name: 'read', description: 'Reads a page.', input_schema: { type: 'object' as const } },
];

/** A conversation in which the model has read so many pages. */
function pages(count: number): Params['messages'] {
  const read = Array.from({ length: count }, (_, page): Params['messages'] => [
    {
      role: 'assistant',
      content: [{ type: 'tool_use', id: `toolu_${page}`, name: 'read', input: { page } }],
    },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: `toolu_${page}`, content: 'A red fox. '.repeat(40) },
      ],
    },
  ]);
  return [
    { role: 'user', content: 'Read.' },
    ...read.flat(),
    { role: 'assistant', content: 'Yes.' },
  ];
}

const CLEAR = {
  type: 'clear_tool_uses_20250919',
  trigger: { type: 'input_tokens', value: 500 },
  keep: { type: 'tool_uses', value: 1 },
} as const;

const params = (more: Partial<Params>): Params => ({
  model: 'mini',
  max_tokens: 8,
  messages: [...pages(6), { role: 'user', content: 'And now?' }],
  tools,
  tool_choice: { type: 'none' },
  ...more,
});

describe('context management', () => {
  const context_management = { edits: [CLEAR] };

  it('counts the prompt before and after the edits, and generates from the shorter one', async () => {
    const { max_tokens: _, ...counted } = params({ context_management });
    const count = await client.beta.messages.countTokens(counted);
    const whole = await client.beta.messages.countTokens({ ...counted, context_management: null });
    const answer = await client.beta.messages.create(params({ context_management }));
    const { usage } = answer;
    const prompt =
      usage.input_tokens +
      (usage.cache_read_input_tokens ?? 0) +
      (usage.cache_creation_input_tokens ?? 0);
    expect(count.context_management).toEqual({ original_input_tokens: whole.input_tokens });
    expect(prompt).toBe(count.input_tokens);
    expect(answer.context_management?.applied_edits).toEqual([
      {
        type: 'clear_tool_uses_20250919',
        cleared_tool_uses: 5,
        cleared_input_tokens: whole.input_tokens - count.input_tokens,
      },
    ]);
  });

  it('reports the edits of a stream at its end', async () => {
    const stream = client.beta.messages.stream(params({ context_management }));
    const { context_management: applied } = await stream.finalMessage();
    expect(applied?.applied_edits).toMatchObject([{ cleared_tool_uses: 5 }]);
  });

  it('reports no edits where none was due', async () => {
    const edits = [{ type: 'clear_thinking_20251015', keep: 'all' } as const];
    const answer = await client.beta.messages.create(params({ context_management: { edits } }));
    expect(answer.context_management).toEqual({ applied_edits: [] });
  });

  it.each([
    [
      'an unknown type',
      [{ type: 'clear_all_20990101' }],
      /^400 .*context_management\.edits\.0.*clear_all_20990101/,
    ],
    [
      'thinking after tool uses',
      [CLEAR, { type: 'clear_thinking_20251015' }],
      /clear_thinking_20251015 must be the first edit/,
    ],
    ['one type twice', [CLEAR, CLEAR], /context_management\.edits\.1: Each type/],
  ])('refuses %s', async (_case, edits, words) => {
    const body = params({ context_management: { edits: edits as unknown as [] } });
    await expect(client.beta.messages.create(body)).rejects.toThrow(words);
  });
});

describe('compaction', () => {
  const edit = (pauses: boolean) => ({
    edits: [
      {
        type: 'compact_20260112' as const,
        trigger: { type: 'input_tokens' as const, value: 500 },
        pause_after_compaction: pauses,
      },
    ],
  });

  it('streams a summary and an answer, with the usage of both', async () => {
    const stream = client.beta.messages.stream(params({ context_management: edit(false) }));
    const { content, usage, stop_reason } = await stream.finalMessage();
    expect(content.map(({ type }) => type)).toEqual(['compaction', 'text']);
    expect(content[0]).toMatchObject({
      content: expect.stringMatching(/user's last message: And now\?$/),
    });
    expect(stop_reason).not.toBe('compaction');
    expect(usage.iterations?.map(({ type }) => type)).toEqual(['compaction', 'message']);
    const [summary, answer] = usage.iterations ?? [];
    expect(answer?.input_tokens).toBe(usage.input_tokens);
    expect(summary?.output_tokens).toBeGreaterThan(0);
  });

  it('pauses after the summary, which replaces what precedes it in the next request', async () => {
    const paused = await client.beta.messages.create(params({ context_management: edit(true) }));
    expect(paused.stop_reason).toBe('compaction');
    const next = [
      ...params({}).messages,
      {
        role: 'assistant' as const,
        content: paused.content as Anthropic.Beta.BetaContentBlockParam[],
      },
      { role: 'user' as const, content: 'Go on.' },
    ];
    const all = await client.beta.messages.countTokens({ model: 'mini', messages: next });
    const rest = await client.beta.messages.countTokens({
      model: 'mini',
      messages: next.slice(-2),
    });
    expect(all.input_tokens).toBe(rest.input_tokens);
    const answer = await client.beta.messages.create(params({ messages: next }));
    expect(answer.content.map(({ type }) => type)).toEqual(['text']);
  });

  it('writes a summary alone where the request demands one', async () => {
    const demanded = params({ compaction: { type: 'summarize', instructions: 'Use one word.' } });
    const answer = await client.beta.messages.create(demanded);
    expect(answer.content.map(({ type }) => type)).toEqual(['compaction']);
    expect(answer.stop_reason).toBe('compaction');
  });
});
