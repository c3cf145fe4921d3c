import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AnswerDecoder } from '../../../src/backends/local/answer-decoder.ts';
import { Grammars } from '../../../src/backends/local/grammars.ts';
import { openMetadata } from '../../../src/backends/local/model/model-metadata.ts';
import type { PreparedRequest } from '../../../src/backends/local/prompter.ts';
import { renderRequest } from '../../../src/backends/local/prompts/render-request.ts';
import type {
  ActiveGrammar,
  Completion,
  CompletionStep,
} from '../../../src/backends/local/runner.ts';
import type { GenerationRequest } from '../../../src/core/backend.ts';
import type { ToolSpec } from '../../../src/core/conversation.ts';
import type { GenerationEvent } from '../../../src/core/events.ts';
import { MINI, request, said } from '../../support/requests.ts';

/**
 * Completion as a server streams it that samples by itself: texts of any number of tokens. No real model can be
 * made to write these.
 */
class StreamedText implements Completion<string, string> {
  readonly #pieces: string[];
  readonly #maxTokens: number;
  /** Grammar and triggers of each step. */
  readonly steps: ActiveGrammar<string>[] = [];
  written = '';
  tokens = 0;
  #last = '';
  #marked = { text: '', tokens: 0 };

  constructor(pieces: readonly string[], maxTokens: number) {
    this.#pieces = [...pieces];
    this.#maxTokens = maxTokens;
  }

  async next(active: ActiveGrammar<string>): Promise<CompletionStep> {
    if (this.tokens >= this.#maxTokens) return { end: 'limit' };
    const text = this.#pieces.shift();
    if (text === undefined) return { end: 'turn' };
    this.steps.push(active);
    this.#last = text;
    this.written += text;
    this.tokens += 1;
    return { text };
  }

  cut(text: string): void {
    this.written = this.written.slice(0, -this.#last.length) + text;
  }

  write(text: string): string | undefined {
    if (this.tokens + 2 > this.#maxTokens) return undefined;
    this.written += text;
    this.tokens += 2;
    return text;
  }

  mark(): void {
    this.#marked = { text: this.written, tokens: this.tokens };
  }

  rewind(): void {
    this.written = this.#marked.text;
    this.tokens = this.#marked.tokens;
  }

  transcript(): string {
    return this.written;
  }

  async close(): Promise<void> {}
}

const TOOL: ToolSpec = {
  name: 'look',
  origin: { kind: 'custom' },
  deferred: false,
  description: 'Looks.',
  inputSchema: { type: 'object', properties: {}, additionalProperties: false },
};
const TOOLS = { system: [], turns: said('Look.'), tools: [TOOL] };
const CALL = ['{"name": "look", ', '"arguments": {}}', '\n</tool_call>'];
const SCHEMA = { type: 'object', properties: {}, additionalProperties: false };

describe('an answer of a runner that samples by itself', () => {
  let opened: Awaited<ReturnType<typeof openMetadata>>;
  beforeAll(async () => {
    opened = await openMetadata({ ...MINI, file: MINI.file ?? '' });
  });
  afterAll(async () => {
    opened.head.prompts.close();
    await opened.native.close();
  });

  async function decode(
    pieces: readonly string[],
    changes: Partial<GenerationRequest>,
    { watches = false, thinks = false, holdsCalls = false } = {},
  ) {
    const { head, native } = opened;
    const { signal } = new AbortController();
    const asked = request(MINI, said('Look.'), changes);
    const { prompt: rendered, forced } = await renderRequest(head, asked, [], signal);
    const prepared: PreparedRequest<string> = {
      request: asked,
      rendered,
      prompt: '',
      forced,
      tokens: 1,
      limit: { tokens: asked.maxTokens, reason: 'max-tokens' },
      tokensBeforePlace: undefined,
    };
    const grammars = new Grammars({
      prompts: head.prompts,
      async compile(gbnf) {
        await native.llama.createGrammar({ grammar: gbnf });
        return gbnf;
      },
      log: (message) => expect.unreachable(message),
    });
    const grammarFeatures = { watches: () => watches, excluded: [] };
    const completion = new StreamedText(pieces, asked.maxTokens);
    const injection = { ...head.injection, thinking: thinks };
    const thinking = { open: '<think>', close: '</think>', holdsCalls };
    const format = { ...head.format, thinking };
    const readers = { head: { ...head, format, injection }, grammarFeatures, grammars };
    const decoder = new AnswerDecoder(readers, prepared, completion);
    const events: GenerationEvent[] = [];
    for await (const event of decoder.run(signal)) events.push(event);
    return { decoder, completion, types: [...new Set(events.map(({ type }) => type))] };
  }

  it('is cut after a trigger, as the grammar of calls begins there', async () => {
    const { completion, decoder, types } = await decode(['Well.<tool_call>\n{"na', ...CALL], {
      conversation: TOOLS,
    });
    expect(completion.written).toBe(`Well.<tool_call>${CALL.join('')}`);
    expect(completion.steps.map(({ grammar }) => grammar !== undefined)).toEqual([
      false,
      true,
      true,
      true,
    ]);
    expect(types).toEqual(['text-delta', 'tool-call-start', 'tool-call-delta', 'tool-call-end']);
    expect(decoder.reason).toBe('tool-use');
  });

  it('is not cut if the runner watches for triggers, and keeps one grammar', async () => {
    const pieces = ['Well.', '<tool_call>\n{"na', 'me": "look", "arguments": {}}', '</tool_call>'];
    const { completion } = await decode(pieces, { conversation: TOOLS }, { watches: true });
    expect(completion.written).toBe(pieces.join(''));
    const [first, ...others] = completion.steps;
    expect(first?.triggers).toContain('<tool_call>');
    expect(others.every((step) => step === first)).toBe(true);
  });

  it('ends with a demanded call and discards what follows it', async () => {
    const { completion, decoder } = await decode([...CALL, '\nAnd ', 'more'], {
      conversation: TOOLS,
      toolChoice: { mode: 'any', parallel: true },
    });
    expect(completion.written).toBe(CALL.join(''));
    expect(decoder.outputTokens).toBe(CALL.length);
    expect(decoder.reason).toBe('tool-use');
  });

  it('closes thinking at its budget before it samples another token', async () => {
    const { completion, decoder } = await decode(['<think>', 'a', 'b', 'c', 'Yes'], {
      thinking: { mode: 'enabled', budgetTokens: 2 },
    });
    expect(completion.written).toMatch(/^(<think>)?a?b?\s*<\/think>/);
    expect(decoder.thinkingTokens).toBe(2);
  });

  it('ends with a call in thoughts that were never closed', async () => {
    const thinking = { mode: 'enabled', budgetTokens: 100 } as const;
    const { completion, decoder, types } = await decode(
      ['Hm.', '<tool_call>', ...CALL],
      { conversation: TOOLS, thinking },
      { thinks: true },
    );
    expect(completion.written).not.toContain('</think>');
    expect(types).toEqual([
      'thinking-delta',
      'tool-call-start',
      'tool-call-delta',
      'tool-call-end',
    ]);
    expect(decoder.reason).toBe('tool-use');
  });

  it('completes a call in thoughts of a family that calls there, and ends at the budget', async () => {
    const thinking = { mode: 'enabled', budgetTokens: 3 } as const;
    const { completion, decoder, types } = await decode(
      ['<think>', 'Hm.', '<tool_call>', ...CALL, 'And'],
      { conversation: TOOLS, thinking },
      { holdsCalls: true },
    );
    expect(completion.written).toMatch(/^(<think>)?Hm\.<tool_call>\{[^<]+<\/tool_call>$/);
    expect(completion.steps.map(({ grammar }) => grammar !== undefined)).toContain(true);
    expect(types).toContain('tool-call-end');
    expect(decoder.reason).toBe('tool-use');
  });

  it('ends at the limit if there is no room to close its thoughts', async () => {
    const { completion, decoder } = await decode(['a', 'b', 'c', 'd'], {
      thinking: { mode: 'enabled', budgetTokens: 2 },
      maxTokens: 3,
    });
    expect(completion.written).not.toContain('</think>');
    expect(decoder.reason).toBe('max-tokens');
  });

  it('follows its schema from the first token after thinking', async () => {
    const { completion } = await decode(['<think>', 'So.', '</think>{', '{', '}'], {
      outputSchema: SCHEMA,
      thinking: { mode: 'enabled', budgetTokens: 100 },
    });
    const held = completion.steps.map(({ grammar }) => grammar !== undefined);
    expect(held.slice(-3)).toEqual([false, true, true]);
    expect(completion.written).toMatch(/<\/think>\{\}$/);
  });
});
