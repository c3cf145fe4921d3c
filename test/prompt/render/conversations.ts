import type { Conversation, Part, ToolSpec, Turn } from '../../../src/core/conversation.ts';

const text = (value: string): Part => ({ kind: 'text', text: value });
const thought = (value: string): Part => ({ kind: 'thinking', text: value });
const turn = (role: Turn['role'], ...parts: (string | Part)[]): Turn => ({
  role,
  parts: parts.map((part) => (typeof part === 'string' ? text(part) : part)),
});
const call = (id: string, at: string): Part => ({
  kind: 'tool-call',
  id: `toolu_01Aa${id}`,
  name: 'look_up',
  input: { place: at },
});
const result = (id: string, output: string, isError = false): Part => ({
  kind: 'tool-result',
  callId: `toolu_01Aa${id}`,
  output: [text(output)],
  isError,
});

/** Typical tool of an agent. */
export const LOOK_UP: ToolSpec = {
  name: 'look_up',
  description: 'Looks a place up.',
  inputSchema: {
    type: 'object',
    properties: { place: { type: 'string', description: 'Where to look' } },
    required: ['place'],
  },
  origin: { kind: 'custom' },
  deferred: false,
};

/** Each text is a word `W…`. Each thinking part is a word `T…`, which a template may drop. */
const SHAPES = {
  'no system': [turn('user', 'W1a'), turn('assistant', 'W2a'), turn('user', 'W3a')],
  system: [turn('user', 'W1a'), turn('assistant', 'W2a'), turn('user', 'W3a')],
  'system in between': [
    turn('user', 'W1a'),
    turn('system', 'W2a'),
    turn('assistant', 'W3a'),
    turn('user', 'W4a'),
    turn('system', 'W5a'),
  ],
  'two results': [
    turn('user', 'W1a'),
    turn('assistant', 'W2a', call('x', 'W3a'), call('y', 'W4a')),
    turn('user', result('x', 'W5a'), result('y', 'W6a')),
  ],
  is_error: [
    turn('user', 'W1a'),
    turn('assistant', call('x', 'W2a')),
    turn('user', result('x', 'W3a', true), 'W4a'),
  ],
  'consecutive users': [
    turn('user', 'W1a', 'W2a'),
    turn('user', 'W3a'),
    turn('assistant', 'W4a'),
    turn('user', 'W5a'),
    turn('user', 'W6a'),
  ],
  prefill: [
    turn('user', 'W1a'),
    turn('assistant', 'W2a'),
    turn('user', 'W3a'),
    turn('assistant', 'W4a'),
  ],
  'replayed thinking': [
    turn('user', 'W1a'),
    turn('assistant', thought('T2a'), 'W2a'),
    turn('user', 'W3a'),
    turn('assistant', thought('T4a'), 'W4a', call('x', 'W5a')),
    turn('user', result('x', 'W6a')),
    turn('assistant', thought('T7a'), call('y', 'W7a')),
    turn('user', result('y', 'W8a')),
  ],
  'replayed calls': [
    turn('user', 'W1a'),
    turn('assistant', 'W2a', call('x', 'W3a')),
    turn('user', result('x', 'W4a')),
    turn('assistant', call('y', 'W5a')),
    turn('user', result('y', 'W6a'), 'W7a'),
    turn('assistant', 'W8a', call('z', 'W9a')),
    turn('user', result('z', 'W10a')),
    turn('assistant', 'W11a'),
    turn('user', 'W12a'),
    turn('assistant', call('v', 'W13a'), 'W14a', call('w', 'W15a')),
    turn('user', result('v', 'W16a'), result('w', 'W17a'), 'W18a'),
  ],
  'thinking between calls': [
    turn('user', 'W1a'),
    turn('assistant', thought('T2a'), call('x', 'W2a')),
    turn('user', result('x', 'W3a')),
    turn('assistant', thought('T4a'), call('y', 'W4a')),
    turn('user', result('y', 'W5a')),
  ],
  'many results': [
    turn('user', 'W1a'),
    ...Array.from({ length: 9 }, (_, index) => [
      turn('assistant', call(`c${index}`, `W${index}2a`)),
      turn('user', result(`c${index}`, `W${index}3a`)),
    ]).flat(),
  ],
} as const satisfies Record<string, readonly Turn[]>;

export const CONVERSATIONS: ReadonlyMap<string, Conversation> = new Map(
  Object.entries(SHAPES).map(([name, turns]) => [
    name,
    {
      system: name === 'no system' ? [] : [{ kind: 'text', text: 'W0a' }],
      turns,
      tools: turns.some(({ parts }) => parts.some(({ kind }) => kind === 'tool-result'))
        ? [LOOK_UP]
        : [],
    },
  ]),
);

/** Words of a text, in order. */
export function wordsOf(written: string): readonly string[] {
  return written.match(/[WT]\d+a/g) ?? [];
}
