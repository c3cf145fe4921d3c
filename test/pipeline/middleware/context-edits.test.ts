import { describe, expect, it } from 'vitest';
import type { GenerationRequest } from '../../../src/core/backend.ts';
import type { ClearToolUses, ContextEdit } from '../../../src/core/context-edits.ts';
import type { Conversation, Part, ToolSpec, Turn } from '../../../src/core/conversation.ts';
import { NO_USAGE } from '../../../src/core/events.ts';
import type { GenerationEvent } from '../../../src/core/events.ts';
import { contextEdits } from '../../../src/pipeline/middleware/context-edits/context-edits.ts';
import { CONTEXT, playAnswers } from '../../support/chain.ts';
import { collect, MINI, request, said } from '../../support/requests.ts';

const RESULT = 'r'.repeat(100);

/** A task of so many tool uses, of which the last result is new to the model. */
function task(uses: number, name: (use: number) => string = () => 'read'): readonly Turn[] {
  const turns: Turn[] = [{ role: 'user', parts: [{ kind: 'text', text: 'Go.' }] }];
  for (let use = 1; use <= uses; use += 1) {
    const thought: Part = { kind: 'thinking', text: `t${use}` };
    const call: Part = { kind: 'tool-call', id: `u${use}`, name: name(use), input: { use } };
    const result: Part = {
      kind: 'tool-result',
      callId: `u${use}`,
      output: [{ kind: 'text', text: RESULT }],
      isError: false,
    };
    turns.push({ role: 'assistant', parts: [thought, call] }, { role: 'user', parts: [result] });
  }
  return turns;
}

/** Length of all results and arguments: each result counts 100, each argument 1. */
function sizeOf({ turns }: Conversation): number {
  const parts = turns.flatMap((turn) => turn.parts);
  const sizes = parts.map((part) => {
    if (part.kind === 'tool-result') return JSON.stringify(part.output).includes(RESULT) ? 100 : 0;
    return part.kind === 'tool-call' ? Object.keys(part.input).length : 0;
  });
  return sizes.reduce((sum, size) => sum + size, 0);
}

const FINISH: GenerationEvent = {
  type: 'finish',
  reason: 'end-turn',
  stopSequence: null,
  usage: { ...NO_USAGE, promptTokens: 7, outputTokens: 2 },
};

/** Sends conversations through the middleware, one after the other. */
function open() {
  const { next, requests } = playAnswers(() => [
    { type: 'admitted', inputTokens: 1 },
    { type: 'text-delta', text: 'Done.' },
    FINISH,
  ]);
  const generate = contextEdits()(next);
  let counts = 0;
  const context = {
    ...CONTEXT,
    async countTokens({ conversation }: GenerationRequest) {
      counts += 1;
      return sizeOf(conversation);
    },
  };
  const send = async (turns: readonly Turn[], ...edits: readonly ContextEdit[]) => {
    const answer = await collect(generate(request(MINI, turns, { edits }), context));
    const read = requests.at(-1)?.conversation ?? { system: [], turns: [], tools: [] };
    return { answer, read, applied: answer.finish?.edits };
  };
  return { send, requests, counts: () => counts };
}

const CLEAR: ClearToolUses = {
  kind: 'clear-tool-uses',
  trigger: { unit: 'tokens', value: 500 },
  keep: 2,
  clearAtLeast: 0,
  excluded: [],
  inputs: [],
};

/** Numbers of the uses whose result the model can read. */
function readable({ turns }: Conversation): readonly number[] {
  return turns
    .flatMap(({ parts }) => parts)
    .flatMap((part) => {
      if (part.kind !== 'tool-result') return [];
      return JSON.stringify(part.output).includes(RESULT) ? [Number(part.callId.slice(1))] : [];
    });
}

describe('clearing of tool uses', () => {
  it('changes nothing up to the trigger', async () => {
    const { read, applied } = await open().send(task(4), CLEAR);
    expect(read.turns).toEqual(task(4));
    expect(applied).toEqual([]);
  });

  it('removes the results of all but the newest uses, and says how many tokens that gains', async () => {
    const { read, applied, answer } = await open().send(task(6), CLEAR);
    // The sixth result is not read yet, so it is none of the two that stay.
    expect(readable(read)).toEqual([4, 5, 6]);
    expect(applied).toEqual([{ kind: 'clear-tool-uses', count: 3, clearedTokens: 300 }]);
    expect(answer.events[0]).toMatchObject({ type: 'admitted', originalTokens: 606 });
  });

  it('keeps the prefix of later turns until the trigger is exceeded again', async () => {
    const { send } = open();
    const prompts = [];
    for (let uses = 6; uses <= 10; uses += 1) {
      prompts.push(readable((await send(task(uses), CLEAR)).read));
    }
    expect(prompts).toEqual([
      [4, 5, 6],
      [4, 5, 6, 7],
      [6, 7, 8],
      [6, 7, 8, 9],
      [8, 9, 10],
    ]);
  });

  it('leaves the newest uses even if an earlier request cleared more', async () => {
    const { send } = open();
    expect(readable((await send(task(6), { ...CLEAR, keep: 0 })).read)).toEqual([6]);
    expect(readable((await send(task(6), { ...CLEAR, keep: 3 })).read)).toEqual([3, 4, 5, 6]);
  });

  it('counts uses where the trigger is a number of these', async () => {
    const edit = { ...CLEAR, trigger: { unit: 'tool-uses', value: 3 }, keep: 1 } as const;
    expect(readable((await open().send(task(4), edit)).read)).toEqual([1, 2, 3, 4]);
    expect(readable((await open().send(task(5), edit)).read)).toEqual([4, 5]);
  });

  it('removes nothing that gains less than the client demands', async () => {
    const { read, applied } = await open().send(task(6), { ...CLEAR, clearAtLeast: 301 });
    expect(readable(read)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(applied).toEqual([]);
  });

  it('leaves the uses of excluded tools', async () => {
    const turns = task(8, (use) => (use % 2 === 0 ? 'read' : 'ask'));
    const { read } = await open().send(turns, { ...CLEAR, excluded: ['ask'], keep: 1 });
    expect(readable(read)).toEqual([1, 3, 5, 6, 7, 8]);
  });

  it.each([
    ['all', 3],
    [['read'], 3],
    [['write'], 0],
  ] as const)('removes the arguments of %j', async (inputs, count) => {
    const { read } = await open().send(task(6), { ...CLEAR, inputs });
    const calls = read.turns
      .flatMap(({ parts }) => parts)
      .filter((part) => part.kind === 'tool-call');
    expect(calls.filter(({ input }) => Object.keys(input).length === 0)).toHaveLength(count);
  });
});

describe('clearing of thinking', () => {
  const thinkingIn = ({ turns }: Conversation) =>
    turns
      .flatMap(({ parts }) => parts)
      .flatMap((part) => (part.kind === 'thinking' ? part.text : []));

  it('keeps the thinking of the newest turns', async () => {
    const { read, applied } = await open().send(task(3), { kind: 'clear-thinking', keep: 2 });
    expect(thinkingIn(read)).toEqual(['t2', 't3']);
    expect(applied).toEqual([{ kind: 'clear-thinking', count: 1, clearedTokens: 0 }]);
  });

  it('neither changes nor counts anything where all is kept', async () => {
    const { send, counts } = open();
    const { read, applied } = await send(task(3), { kind: 'clear-thinking', keep: 'all' });
    expect(read.turns).toEqual(task(3));
    expect([applied, counts()]).toEqual([[], 0]);
  });

  it('comes before the clearing of tool uses', async () => {
    const { applied } = await open().send(task(6), { kind: 'clear-thinking', keep: 5 }, CLEAR);
    expect(applied?.map(({ kind }) => kind)).toEqual(['clear-thinking', 'clear-tool-uses']);
  });
});

describe('compaction', () => {
  const compact = { kind: 'compact', trigger: 300, pauses: false } as const;
  const summary = { type: 'compaction', text: "Done.\n\nThe user's last message: And now?" };
  const grown = [...task(4), ...said('', 'Ready.', 'And now?').slice(1)];

  it('answers without a summary up to the trigger', async () => {
    const { send, requests } = open();
    const { answer } = await send(task(2), compact);
    expect(requests).toHaveLength(1);
    expect(answer.events.some(({ type }) => type === 'compaction')).toBe(false);
  });

  it('has the model write a summary, and answers from it', async () => {
    const { send, requests } = open();
    const { answer } = await send(grown, compact);
    const [asked, rest] = requests;
    // The prompt continues the one before, so that its evaluation is reused.
    expect(asked?.conversation.turns.slice(0, -1)).toEqual(grown.slice(0, -1));
    expect(asked?.conversation.turns.at(-1)?.parts).toHaveLength(2);
    expect(asked).toMatchObject({ toolChoice: { mode: 'none' }, thinking: { mode: 'disabled' } });
    expect(rest?.conversation.turns).toEqual([
      { role: 'user', parts: [{ kind: 'compaction', text: summary.text }] },
    ]);
    expect(answer.events.map(({ type }) => type)).toEqual([
      'admitted',
      'compaction',
      'text-delta',
      'finish',
    ]);
    expect(answer.events[1]).toEqual(summary);
    expect(answer.finish).toMatchObject({
      usage: { outputTokens: 2 },
      compaction: { outputTokens: 2 },
    });
  });

  it('ends after the summary where the client wants to pause', async () => {
    const { send, requests } = open();
    const { answer } = await send(grown, {
      ...compact,
      instructions: 'In one word.',
      pauses: true,
    });
    expect(requests).toHaveLength(1);
    expect(requests[0]?.conversation.turns.at(-1)?.parts.at(-1)).toEqual({
      kind: 'text',
      text: 'In one word.',
    });
    expect(answer.finish).toMatchObject({ reason: 'compaction' });
  });

  it('asks again without tools if the model calls one instead of writing a summary', async () => {
    const { next, requests } = playAnswers((index) => [
      { type: 'admitted', inputTokens: 1 },
      index === 0
        ? { type: 'tool-call-start', id: 'a', name: 'read' }
        : { type: 'text-delta', text: 'Done.' },
      FINISH,
    ]);
    const context = { ...CONTEXT, countTokens: async () => 400 };
    const read: ToolSpec = {
      name: 'read',
      description: '',
      inputSchema: { type: 'object' },
      origin: { kind: 'custom' },
      deferred: false,
    };
    const asked = request(MINI, grown, {
      conversation: { system: [], turns: grown, tools: [read] },
      edits: [{ ...compact, pauses: true }],
    });
    const answer = await collect(contextEdits()(next)(asked, context));
    expect(requests.map(({ toolChoice }) => toolChoice.mode)).toEqual(['auto', 'none']);
    expect(answer.events.find(({ type }) => type === 'compaction')).toEqual(summary);
  });

  it('answers from the whole conversation if the model writes no summary', async () => {
    const { next, requests } = playAnswers(() => [{ type: 'admitted', inputTokens: 1 }, FINISH]);
    const context = { ...CONTEXT, countTokens: async () => 400 };
    const asked = request(MINI, grown, { edits: [compact] });
    const answer = await collect(contextEdits()(next)(asked, context));
    expect(answer.events[1]).toEqual({ type: 'compaction', text: undefined });
    expect(requests[1]?.conversation.turns).toEqual(grown);
  });

  it('writes a shorter summary where the context has less room', async () => {
    const { next, requests } = playAnswers(() => [FINISH]);
    const context = {
      ...CONTEXT,
      countTokens: async () => CONTEXT.capabilities.contextTokens - 300,
    };
    await collect(contextEdits()(next)(request(MINI, grown, { edits: [compact] }), context));
    expect(requests[0]).toMatchObject({ toolChoice: { mode: 'none' }, maxTokens: 300 });
  });

  it('leaves a prompt that has outgrown the context to the model, which refuses it', async () => {
    const { next, requests } = playAnswers(() => [FINISH]);
    const context = { ...CONTEXT, countTokens: async () => 9000 };
    await collect(contextEdits()(next)(request(MINI, grown, { edits: [compact] }), context));
    expect(requests.map(({ conversation }) => conversation.turns)).toEqual([grown]);
  });
});
