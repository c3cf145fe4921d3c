import { describe, expect, it } from 'vitest';
import { commandR } from '../../src/formats/command-r.ts';
import { commandR7b } from '../../src/formats/command-r7b.ts';
import { functionaryRecipients } from '../../src/formats/functionary-recipients.ts';
import { functionaryTags } from '../../src/formats/functionary-tags.ts';
import { gigachat30 } from '../../src/formats/gigachat.ts';
import { granite } from '../../src/formats/granite.ts';
import { mistralList } from '../../src/formats/mistral-list.ts';
import type { ChatFormat } from '../../src/formats/format.ts';
import { OutputParser } from '../../src/output/output-parser.ts';
import { readPieces } from './read-output.ts';
import { TOOLS } from './scenarios.ts';
import type { Found } from './scenarios.ts';
import { covers } from '../support/covers.ts';

const PING: Found = { call: 'ping', input: {} };

const ROWS: readonly (readonly [string, ChatFormat, string, readonly Found[]])[] = [
  [
    'thinking and answer of Granite',
    granite,
    '<think>Hm.</think>\n<response>Hi.</response>',
    [{ thinking: 'Hm.' }, { text: 'Hi.' }],
  ],
  [
    'a closing tag without an opening one, which is text',
    granite,
    'Write </response> at the end.',
    [{ text: 'Write </response> at the end.' }],
  ],
  [
    'thinking and a call of Command R7B without an answer',
    commandR7b,
    '<|START_THINKING|>Hm.<|END_THINKING|><|START_ACTION|>[{"tool_name": "ping", "parameters": {}}]<|END_ACTION|>',
    [{ thinking: 'Hm.' }, PING],
  ],
  [
    'an answer of Command R7B that begins in its thinking',
    commandR7b,
    '<|START_THINKING|>Hm.<|START_RESPONSE|>Hi.<|END_RESPONSE|>',
    [{ thinking: 'Hm.' }, { text: 'Hi.' }],
  ],
  [
    'a direct answer of Command R, which is not a call',
    commandR,
    'Action:\n```json\n[\n    {\n        "tool_name": "directly-answer",\n        "parameters": {}\n    }\n]```\nHello.',
    [{ text: 'Hello.' }],
  ],
  [
    'text before a call of GigaChat 3.0',
    gigachat30,
    'I look.<|message_sep|>\n\nfunction call<|role_sep|>\n{"name": "ping", "arguments": {}}<|message_sep|>\n\n',
    [{ text: 'I look.' }, PING],
  ],
  [
    'text after a call of Functionary 3.2',
    functionaryRecipients,
    'ping\n{}\n>>>all\nDone: >>> is a prompt.',
    [PING, { text: 'Done: >>> is a prompt.' }],
  ],
  [
    'an unknown tool in a list, which ends the list and stays text',
    mistralList,
    '[TOOL_CALLS][{"name": "ping", "arguments": {}}, {"name": "other"}]',
    [PING, { text: ', {"name": "other"}]' }],
  ],
];

describe('the parser of answer tags', () => {
  covers('R3.2-text', 'R3.2-calls');

  it.each(ROWS)('reads %s', (_title, format, output, expected) => {
    expect(readPieces(format, [output])).toEqual(expected);
    expect(readPieces(format, output.split(''))).toEqual(expected);
  });

  it.each([
    [commandR7b, ' and on<|END_RESPONSE|>'],
    [functionaryRecipients, ' and on'],
    [granite, ' and on'],
  ])('continues a prefill of $name', (format, output) => {
    const parser = new OutputParser({
      format,
      thinkingOpen: false,
      continuesText: true,
      tools: TOOLS,
    });
    expect([...parser.push(output), ...parser.end()]).toEqual([{ type: 'text', text: ' and on' }]);
  });

  it('reads the mark of Functionary 3.1 for a tool named python', () => {
    const python = [{ name: 'python', inputSchema: { type: 'object' } }];
    const output = '<|python_tag|>{"code": "print(1)"}';
    expect(readPieces(functionaryTags, output.split(''), { tools: python })).toEqual([
      { call: 'python', input: { code: 'print(1)' } },
    ]);
    expect(readPieces(functionaryTags, [output])).toEqual([{ text: output }]);
  });
});
