import { describe, expect, it } from 'vitest';
import type { Capabilities, GenerationRequest } from '../../../src/core/backend.ts';
import type { GenerationEvent } from '../../../src/core/events.ts';
import { mergeDeltas } from '../../../src/output/merge-deltas.ts';
import { compose } from '../../../src/pipeline/middleware.ts';
import { leakedOutput } from '../../../src/pipeline/middleware/leaked-output.ts';
import {
  ThinkingHabits,
  unopenedThinking,
} from '../../../src/pipeline/middleware/unopened-thinking.ts';
import { CONTEXT } from '../../support/chain.ts';
import { MINI, request, said } from '../../support/requests.ts';

const CAN: Capabilities = {
  contextTokens: 100,
  thinking: 'switchable',
  tools: 'none',
  structuredOutput: false,
  images: false,
  documents: false,
  citations: false,
  exactCount: false,
};
const THINKING = { thinking: { mode: 'adaptive' } } as const;
const USAGE = {
  promptTokens: 1,
  cacheReadTokens: 0,
  cacheCreationTokens: 0,
  outputTokens: 9,
  thinkingTokens: 0,
};

const text = (value: string): GenerationEvent => ({ type: 'text-delta', text: value });
const thought = (value: string): GenerationEvent => ({ type: 'thinking-delta', text: value });

interface Options {
  readonly changes?: Partial<GenerationRequest>;
  readonly can?: Capabilities;
  readonly habits?: ThinkingHabits;
  readonly reason?: 'end-turn' | 'max-tokens';
}

/** Events of an answer in these pieces, each with the number of pieces that had arrived. */
async function readTimed(pieces: readonly (string | GenerationEvent)[], options: Options = {}) {
  const { changes = THINKING, can = CAN, habits = new ThinkingHabits() } = options;
  let sent = 0;
  async function* events(): AsyncGenerator<GenerationEvent> {
    for (const piece of pieces) {
      sent++;
      yield typeof piece === 'string' ? text(piece) : piece;
    }
    const { reason = 'end-turn' } = options;
    yield { type: 'finish', reason, stopSequence: null, usage: USAGE };
  }
  const asked = request(MINI, said('Hello'), changes);
  const timed: { readonly event: GenerationEvent; readonly sent: number }[] = [];
  const context = { ...CONTEXT, capabilities: can, backend: { mayLeak: true as const } };
  const generate = compose(leakedOutput, unopenedThinking(habits))(events);
  for await (const event of generate(asked, context)) {
    if (event.type !== 'finish') timed.push({ event, sent });
  }
  return timed;
}

async function read(pieces: readonly (string | GenerationEvent)[], options: Options = {}) {
  return mergeDeltas((await readTimed(pieces, options)).map(({ event }) => event));
}

describe('unopened thinking', () => {
  const VALUE = 'abc</think>hello';

  it('is thinking at any split of the text', async () => {
    for (let at = 0; at <= VALUE.length; at++) {
      const pieces = [VALUE.slice(0, at), VALUE.slice(at)];
      expect(await read(pieces)).toEqual([thought('abc'), text('hello')]);
    }
    expect(await read(VALUE.split(''))).toEqual([thought('abc'), text('hello')]);
  });

  it('is followed by further blocks', async () => {
    const value = `${VALUE}<think>Hm.</think>Bye.`;
    const parts = [thought('abc'), text('hello'), thought('Hm.'), text('Bye.')];
    expect(await read(value.split(''))).toEqual(parts);
  });

  const NONE = { ...CAN, thinking: 'none' } as const;
  const WHOLE = { whole: true, thinking: { mode: 'disabled' } } as const;

  it.each(['abc\n</think>\n\nhello', 'abc</think>\nhello', 'abc\n</think>hello'])(
    'is thinking in a non-streamed answer if its tag ends or begins a line: %j',
    async (value) => {
      const parts = [thought('abc'), text('hello')];
      expect(await read([value], { can: NONE, changes: WHOLE })).toEqual(parts);
    },
  );

  it.each([
    'Models such as R1 end thoughts with </think> and then answer.',
    '</think> is the tag.',
    'It is `</think>`\nand so on.',
    'Like this:\n```\nHm.\n</think>\nHello.\n```',
    `Two: </think> and\n</think>\n.`,
  ])('is text if the tag is only mentioned: %j', async (value) => {
    const habits = new ThinkingHabits();
    expect(await read([value], { can: NONE, changes: WHOLE, habits })).toEqual([text(value)]);
    const changes = { thinking: { mode: 'disabled' } } as const;
    expect(await read(value.split(''), { can: NONE, changes, habits })).toEqual([text(value)]);
    expect(await read(['a', 'b'], { can: NONE, changes, habits, reason: 'max-tokens' })).toEqual([
      text('ab'),
    ]);
  });

  it('is thinking at any place of its tag if the model thinks or is asked to', async () => {
    const parts = [thought('abc'), text('hello')];
    expect(await read([VALUE], { can: { ...CAN, thinking: 'always' }, changes: WHOLE })).toEqual(
      parts,
    );
    const changes = { whole: true, thinking: { mode: 'enabled', budgetTokens: 9 } } as const;
    expect(await read([VALUE], { can: NONE, changes })).toEqual(parts);
  });

  it('is text in the first streamed answer of a model that is not known to think', async () => {
    const habits = new ThinkingHabits();
    const value = 'abc\n</think>\nhello';
    expect(await read(value.split(''), { can: NONE, habits })).toEqual([text(value)]);
    expect(await read(VALUE.split(''), { can: NONE, habits })).toEqual([
      thought('abc'),
      text('hello'),
    ]);
    // Without thinking, the model has another prompt.
    const changes = { thinking: { mode: 'disabled' } } as const;
    expect(await read(['abc'], { can: NONE, habits, changes })).toEqual([text('abc')]);
  });

  it('is expected after a plain answer, but not after several consecutive ones', async () => {
    const habits = new ThinkingHabits();
    const answer = (value: string) => read(value.split(''), { can: NONE, habits });
    await answer('abc\n</think>\nhello');
    for (let count = 0; count < 3; count++) {
      expect(await answer('plain')).toEqual([text('plain')]);
      if (count < 2) expect(await answer(VALUE)).toEqual([thought('abc'), text('hello')]);
    }
    for (let count = 0; count < 3; count++) await answer('plain');
    expect(await answer(VALUE)).toEqual([text(VALUE)]);
  });

  it('is expected from a model that is declared to think, after any answers', async () => {
    const options = { can: { ...CAN, thinking: 'always' }, habits: new ThinkingHabits() } as const;
    for (let count = 0; count < 5; count++) {
      expect(await read(['pl', 'ain'], options)).toEqual([text('plain')]);
      const parts = [thought('abc'), text('hello')];
      if (count % 4 === 0) expect(await read(VALUE.split(''), options)).toEqual(parts);
    }
    const cut = { ...options, reason: 'max-tokens' } as const;
    expect(await read(['ab', 'c'], cut)).toEqual([thought('abc')]);
    // A server that separates thinking does so in its next answer too.
    const separate = { ...options, habits: new ThinkingHabits() };
    await read([thought('Hm.'), 'Hello'], separate);
    expect(await read(['ab', 'c'], { ...separate, reason: 'max-tokens' })).toEqual([text('abc')]);
  });

  it('is text if a limit cut it off, unless the model has thought before', async () => {
    for (const whole of [true, false]) {
      const changes = { ...THINKING, whole };
      expect(await read(['ab', 'c'], { changes, reason: 'max-tokens' })).toEqual([text('abc')]);
    }
  });

  it('is thinking if a limit cut it off and the model has thought before', async () => {
    const habits = new ThinkingHabits();
    await read([VALUE], { habits });
    expect(await read(['ab', 'c'], { habits, reason: 'max-tokens' })).toEqual([thought('abc')]);
    expect(await read([VALUE], { habits })).toEqual([thought('abc'), text('hello')]);
  });
});

describe('a text', () => {
  const firstOf = async (pieces: readonly (string | GenerationEvent)[], options: Options = {}) =>
    (await readTimed(pieces, options)).find(({ event }) => event.type === 'text-delta')?.sent;

  it('is streamed after thinking in a separate field or in tags', async () => {
    expect(await firstOf([thought('Hm.'), 'Hello', ' you', '.'])).toBe(2);
    expect(await firstOf(['<think>Hm.</think>', 'Hello', ' you', '.'])).toBe(2);
  });

  it('is streamed if thinking is off', async () => {
    const changes = { thinking: { mode: 'disabled' } } as const;
    expect(await firstOf(['Hello', ' you', '.'], { changes })).toBe(1);
  });

  it('is buffered for a model that may think, until several answers were plain', async () => {
    const habits = new ThinkingHabits();
    for (let count = 0; count < 3; count++) {
      expect(await firstOf(['Hello', ' you', '.'], { habits })).toBe(3);
    }
    expect(await firstOf(['Hello', ' you', '.'], { habits })).toBe(1);
  });

  it('is passed on if it continues a prefilled answer', async () => {
    const begun = [...said('Hello'), { role: 'assistant', parts: [{ kind: 'text', text: 'a' }] }];
    const conversation = {
      system: [],
      turns: begun,
      tools: [],
    } as GenerationRequest['conversation'];
    const changes = { ...THINKING, conversation };
    expect(await read(['b</think>c'], { changes })).toEqual([text('b</think>c')]);
  });
});
