import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseFormat } from '../../src/formats/choose.ts';
import { hermes } from '../../src/formats/hermes.ts';
import { plain } from '../../src/formats/plain.ts';
import type { ChatFormat } from '../../src/formats/format.ts';
import { injectedFormat, plainInjection } from '../../src/prompt/inject.ts';
import { mergeDeltas } from '../../src/output/merge-deltas.ts';
import { Output } from '../../src/output/output.ts';
import type { GenerationEvent } from '../../src/core/events.ts';
import { cut } from '../support/cut.ts';
import { propertyRuns } from '../support/property-runs.ts';
import { covers } from '../support/covers.ts';

interface Setup {
  readonly format?: ChatFormat;
  readonly thinkingOpen?: boolean;
  readonly continuesText?: boolean;
  readonly tools?: readonly string[];
  readonly stops?: readonly string[];
}

/** Events of an output that arrives in these chunks, with adjacent deltas joined. */
function events(pieces: readonly string[], setup: Setup = {}): readonly GenerationEvent[] {
  let calls = 0;
  const output = new Output({
    format: setup.format ?? hermes,
    thinkingOpen: setup.thinkingOpen ?? false,
    continuesText: setup.continuesText ?? false,
    tools: (setup.tools ?? ['look']).map((name) => ({ name, inputSchema: { type: 'object' } })),
    stopSequences: setup.stops ?? [],
    newCallId: () => `toolu_${++calls}`,
  });
  const all: GenerationEvent[] = [];
  for (const piece of pieces) {
    all.push(...output.push(piece));
    if (output.stopped !== null)
      return [...mergeDeltas(all), { type: 'text-delta', text: '<STOP>' }];
  }
  return mergeDeltas([...all, ...output.end()]);
}

const text = (value: string): GenerationEvent => ({ type: 'text-delta', text: value });
const thought = (value: string): GenerationEvent => ({ type: 'thinking-delta', text: value });
const call = (id: string, name: string, json: string): GenerationEvent[] => [
  { type: 'tool-call-start', id, name },
  { type: 'tool-call-delta', id, json },
  { type: 'tool-call-end', id },
];
const LOOK = '<tool_call>\n{"name": "look", "arguments": {"at": "it"}}\n</tool_call>';

const ROWS: readonly (readonly [string, string, Setup, readonly GenerationEvent[]])[] = [
  ['plain text', 'Hello.', {}, [text('Hello.')]],
  ['white space around text', '\n Hello.\n', { tools: [] }, [text('\n Hello.\n')]],
  ['thinking, then text', '<think>\nHm.\n</think>\n\nHello.', {}, [thought('Hm.'), text('Hello.')]],
  [
    'thinking that the prompt opened',
    'Hm.\n</think>\n\nHi',
    { thinkingOpen: true },
    [thought('Hm.'), text('Hi')],
  ],
  ['empty thinking', '<think>\n\n</think>\n\nHi', {}, [text('Hi')]],
  ['thinking that never ends', '<think>\nHm, and', {}, [thought('Hm, and')]],
  ['a tag inside text', 'Use <think> tags', {}, [text('Use <think> tags')]],
  ['an incomplete tag', '<thin', {}, [text('<thin')]],
  [
    'text that continues a prefill',
    '<think> is a tag',
    { continuesText: true },
    [text('<think> is a tag')],
  ],
  ['a call', LOOK, {}, call('toolu_1', 'look', '{"at": "it"}')],
  [
    'text and a call',
    `Let me see.\n${LOOK}`,
    {},
    [text('Let me see.'), ...call('toolu_1', 'look', '{"at": "it"}')],
  ],
  [
    'two calls',
    `${LOOK}\n${LOOK}`,
    {},
    [...call('toolu_1', 'look', '{"at": "it"}'), ...call('toolu_2', 'look', '{"at": "it"}')],
  ],
  [
    'thinking, a call, thinking',
    `<think>A</think>${LOOK}<think>B</think>C`,
    {},
    [thought('A'), ...call('toolu_1', 'look', '{"at": "it"}'), thought('B'), text('C')],
  ],
  ['a call of an unknown tool', LOOK, { tools: ['other'] }, [text(LOOK)]],
  ['a call without any tools', LOOK, { tools: [] }, [text(LOOK)]],
  [
    'tags around text that is not a call',
    '<tool_call>nothing</tool_call>',
    {},
    [text('<tool_call>nothing</tool_call>')],
  ],
  [
    'a call cut off in its arguments',
    '<tool_call>\n{"name": "look", "arguments": {"at',
    {},
    call('toolu_1', 'look', '{"at').slice(0, 2),
  ],
  [
    'a call without its closing tag',
    '<tool_call>\n{"name": "look", "arguments": {}}',
    {},
    call('toolu_1', 'look', '{}'),
  ],
  ['a stop sequence in text', 'one END two', { stops: ['END'] }, [text('one '), text('<STOP>')]],
  [
    'a stop sequence in thinking, which is ignored',
    '<think>END</think>Hi',
    { stops: ['END'] },
    [thought('END'), text('Hi')],
  ],
  [
    'a family without a known tool syntax',
    `<think>A</think>${LOOK}`,
    { format: plain },
    [thought('A'), text(LOOK)],
  ],
];

describe('a model’s output', () => {
  covers('R2.T-parse-property');

  it.each(ROWS)('is parsed into events: %s', (_title, output, setup, expected) => {
    const wanted = mergeDeltas(expected);
    expect(mergeDeltas(events([output], setup))).toEqual(wanted);
    expect(mergeDeltas(events(output.split(''), setup))).toEqual(wanted);
  });

  it('is parsed the same for all chunks', () => {
    const piece = fc.constantFrom(
      '<think>',
      '</think>',
      '<tool_call>',
      '</tool_call>',
      '{"name": "look", "arguments": {}}',
      'END',
      'E',
      '<',
      '\n',
      ' ',
      'text',
      '</',
      '"',
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
        fc.array(fc.nat(80), { maxLength: 10 }),
        fc.boolean(),
        (output, cuts, thinkingOpen) => {
          const setup = { thinkingOpen, stops: ['END'] };
          expect(mergeDeltas(events(cut(output, cuts), setup))).toEqual(
            mergeDeltas(events([output], setup)),
          );
        },
      ),
      { numRuns: propertyRuns(3000) },
    );
  });
});

describe('families', () => {
  covers('R2.5-thinking');

  it.each([
    ['{{ "<tool_call>\\n{\\"name\\": ..." }} {"name":', 'hermes'],
    ['<tool_call><function=f>', 'plain'],
    ['{{ messages[0].content }}', 'plain'],
  ])('are detected by their template: %s', (template, name) => {
    expect(chooseFormat(template).name).toBe(name);
  });
});

describe('tags that a model writes after injected thinking', () => {
  const format = injectedFormat(plain, plainInjection(false, true));

  it.each([
    ['Hm.</think>Hello. </think>Bye.', [thought('Hm.'), text('Hello. Bye.')]],
    ['Hm.</think><think>Well.</think>Hello.', [thought('Hm.Well.'), text('Hello.')]],
    ['Hm.</think>Hello.<think>Well.</think>', [thought('Hm.'), text('Hello.'), thought('Well.')]],
    ['Hm.</think>Hello. <think>Bye.', [thought('Hm.'), text('Hello. Bye.')]],
    ['Hm.</think></think>\nHello.</think>', [thought('Hm.'), text('Hello.')]],
  ])('never reach the text: %j', (value, expected) => {
    for (let at = 0; at <= value.length; at++) {
      const pieces = [value.slice(0, at), value.slice(at)];
      expect(events(pieces, { format, thinkingOpen: true })).toEqual(expected);
    }
    expect(events(value.split(''), { format, thinkingOpen: true })).toEqual(expected);
  });

  it('stay in the text of an answer without thinking', () => {
    const mention = 'Write <think> and </think>.';
    expect(events([mention], { format })).toEqual([text(mention)]);
  });
});
