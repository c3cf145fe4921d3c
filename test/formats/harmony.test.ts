import { describe, expect, it } from 'vitest';
import { harmony } from '../../src/formats/harmony.ts';
import { OutputParser } from '../../src/output/output-parser.ts';
import { readPieces } from './read-output.ts';
import { TOOLS } from './scenarios.ts';
import type { Found } from './scenarios.ts';
import { covers } from '../support/covers.ts';

const NEXT = '<|start|>assistant';

const ROWS: readonly (readonly [string, string, readonly Found[]])[] = [
  [
    'a preamble and an answer as two paragraphs',
    `<|channel|>commentary<|message|>First I look.<|end|>${NEXT}<|channel|>final<|message|>Done.`,
    [{ text: 'First I look.\n\nDone.' }],
  ],
  [
    'thinking in several messages',
    `<|channel|>analysis<|message|>One.<|end|>${NEXT}<|channel|>analysis<|message|>Two.<|end|>${NEXT}<|channel|>final<|message|>Hi.<|return|>`,
    [{ thinking: 'One.Two.' }, { text: 'Hi.' }],
  ],
  [
    'thinking, a preamble and a call',
    `<|channel|>analysis<|message|>Hm.<|end|>${NEXT}<|channel|>commentary<|message|>I ping.<|end|>${NEXT}<|channel|>commentary to=functions.ping <|constrain|>json<|message|>{}`,
    [{ thinking: 'Hm.' }, { text: 'I ping.' }, { call: 'ping', input: {} }],
  ],
  [
    'a call on the channel of thinking',
    '<|channel|>analysis to=functions.ping code<|message|>{}<|call|>',
    [{ call: 'ping', input: {} }],
  ],
  ['text without any channel', 'Hello there.', [{ text: 'Hello there.' }]],
  [
    'a call of a tool that is not offered, which is no text',
    `<|channel|>final<|message|>A<|end|>${NEXT}<|channel|>commentary to=functions.nothing json<|message|>{}<|call|>`,
    [{ text: 'A' }],
  ],
  [
    'a call of a tool of another kind, and text after it',
    ` to=shell.run<|channel|>commentary<|message|>ls -l<|call|>${NEXT}<|channel|>final<|message|>Hi.`,
    [{ text: 'Hi.' }],
  ],
  [
    'a recipient without its prefix',
    ' to=ping<|channel|>commentary json<|message|>{}<|call|>',
    [{ call: 'ping', input: {} }],
  ],
  [
    'a recipient without its prefix in the channel',
    '<|channel|>commentary to=ping <|constrain|>json<|message|>{}<|call|>',
    [{ call: 'ping', input: {} }],
  ],
  [
    'thinking that is addressed to itself',
    `<|channel|>commentary to=assistant<|channel|>analysis<|message|>Hm.<|end|>${NEXT}<|channel|>final<|message|>Hi.`,
    [{ thinking: 'Hm.' }, { text: 'Hi.' }],
  ],
  ['a message without a channel', '<|message|>Hi.<|return|>', [{ text: 'Hi.' }]],
  [
    'thinking without an end before a call',
    `<|channel|>analysis<|message|>Hm.${NEXT} to=functions.ping<|channel|>commentary json<|message|>{}`,
    [{ thinking: 'Hm.' }, { call: 'ping', input: {} }],
  ],
  [
    'thinking without an end before the recipient of a call',
    '<|channel|>analysis<|message|>Hm. to=functions.ping<|channel|>commentary json<|message|>{}',
    [{ thinking: 'Hm.' }, { call: 'ping', input: {} }],
  ],
  [
    'text before the recipient of a call',
    '<|channel|>final<|message|>I look.\nto=ping<|channel|>commentary json<|message|>{}<|call|>',
    [{ text: 'I look.\n' }, { call: 'ping', input: {} }],
  ],
  [
    'thinking about recipients',
    '<|channel|>analysis<|message|>So to=functions.ping it is, or to=ping.<|end|>',
    [{ thinking: 'So to=functions.ping it is, or to=ping.' }],
  ],
  [
    'thinking that a channel ends',
    '<|channel|>analysis<|message|>Hm.<|channel|>final<|message|>Hi.<|channel|>analysis<|message|>So.',
    [{ thinking: 'Hm.' }, { text: 'Hi.' }, { thinking: 'So.' }],
  ],
  [
    'text about recipients',
    'to=functions is the prefix, to=user is not.',
    [{ text: 'to=functions is the prefix, to=user is not.' }],
  ],
  ['text after a recipient that is none', 'to=me: hello', [{ text: 'to=me: hello' }]],
  ['a mark of a header in the text', 'One <|message|>two.', [{ text: 'One two.' }]],
  [
    'arguments that are no object as text',
    ' to=functions.ping<|channel|>commentary<|message|>ping it<|call|>',
    [{ text: 'ping it' }],
  ],
  ['thinking that never ends', '<|channel|>analysis<|message|>Hm, and', [{ thinking: 'Hm, and' }]],
  ['a cut-off header', '<|channel|>comm', []],
  ['a cut-off channel mark', '<|chan', []],
  ['a cut-off header after a recipient', ' to=ping<|channel|>comm', []],
  ['a cut-off header after a tool that is not offered', 'to=functions.none <|constrain|>json', []],
  ['a cut-off header without its first mark', 'commentary to=ping <|constrain|>js', []],
  ['a cut-off header after text', 'Hi.\nto=ping<|channel|>comm', [{ text: 'Hi.\n' }]],
  [
    'a header without a message, and text after it',
    ` to=ping<|channel|>comm<|end|>${NEXT}<|channel|>final<|message|>Hi.`,
    [{ text: 'Hi.' }],
  ],
  [
    'a repeated end mark, as after the end of a thinking budget',
    `<|channel|>analysis<|message|>Hm.<|end|><|end|>${NEXT}<|channel|>final<|message|>Hi.`,
    [{ thinking: 'Hm.' }, { text: 'Hi.' }],
  ],
];

describe('the reader of Harmony', () => {
  covers('R3.2-calls', 'R3.5-blocks');

  it.each(ROWS)('reads %s', (_title, output, expected) => {
    expect(readPieces(harmony, [output])).toEqual(expected);
    expect(readPieces(harmony, output.split(''))).toEqual(expected);
  });

  it('continues a prefill', () => {
    const parser = new OutputParser({
      format: harmony,
      thinkingOpen: false,
      continuesText: true,
      tools: TOOLS,
    });
    expect(parser.push(' and on<|return|>')).toEqual([{ type: 'text', text: ' and on' }]);
  });

  it('reports thinking until the next message begins, so that no grammar is active before', () => {
    const parser = new OutputParser({
      format: harmony,
      thinkingOpen: false,
      continuesText: false,
      tools: [],
    });
    parser.push('<|channel|>analysis<|message|>Hm.<|end|>');
    expect(parser.thinking).toBe(true);
    parser.push(NEXT);
    expect(parser.thinking).toBe(false);
  });

  it('activates the grammar of calls before the name of a tool', () => {
    const parser = new OutputParser({
      format: harmony,
      thinkingOpen: false,
      continuesText: false,
      tools: TOOLS,
    });
    parser.push('<|channel|>commentary to=function');
    expect(parser.calling).toBe(undefined);
    parser.push('s');
    expect(parser.calling).toBe('<|channel|>commentary to=functions');
  });
});
