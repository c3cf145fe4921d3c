import { describe, expect, it } from 'vitest';
import { hermes } from '../../src/formats/hermes.ts';
import { leaked } from '../../src/output/leaked.ts';
import { mergeDeltas } from '../../src/output/merge-deltas.ts';
import { Output } from '../../src/output/output.ts';
import type { GenerationEvent } from '../../src/core/events.ts';

const FORMATS = [
  { name: 'a server', format: leaked },
  { name: 'a model with injected tools', format: { ...hermes, mayQuoteCalls: true } },
] as const;

const CALL = '<tool_call>{"name": "look", "arguments": {"at": "it"}}</tool_call>';
const LONG_CALL = '<tool_call>\n{"name": "look", "arguments": {"at": "it"}}\n</tool_call>';

const EXAMPLES = [
  `A call is \`${CALL}\`.`,
  `\`${CALL}\``,
  `Write \`\`${CALL}\`\`\nand wait.`,
  `A call is \`${LONG_CALL}\`.`,
  `\`\`\`xml\n${LONG_CALL}\n\`\`\`\nThat is how a tool is called.`,
  `For example:\n\n\`\`\`\n${LONG_CALL}\n${LONG_CALL}\n\`\`\`\n\nThen wait.`,
  `~~~\n${CALL}\n~~~\nThen wait.`,
  `\`\`\`diff\n- <tool_call>\n+ ${CALL}\n\`\`\``,
  `\`\`\`sh\ncat <<EOF\n${LONG_CALL}\nEOF\n\`\`\`\n`,
  `\`\`\`sh\ngrep x\n${LONG_CALL}\n\`\`\`\n`,
  `For example:\n\n    ${CALL}\n\nThen wait.`,
  `For example:\n\n\t${CALL}\n\nThen wait.`,
  `Models write ${CALL} to call a tool.`,
  `Models write "${CALL}".`,
  `Models write ${CALL}\n\n${CALL} or so.`,
];

const MEANT = [
  ['the complete text', '', CALL, ''],
  ['a line of its own', 'I look.\n', CALL, ''],
  ['a line of its own before others', 'I look.\n', CALL, 'Well.'],
  ['a line of its own after code', 'I run `ls`.\n```\nls\n```\n', LONG_CALL, ''],
  ['the end of the last line', 'I look. ', LONG_CALL, ''],
  ['the end of the last line, with a mark of its template', 'I look. ', `${CALL}<|im_end|>\n`, ''],
  ['a fence at the end', '```xml\n', `${LONG_CALL}\n\`\`\`\n`, ''],
  ['a fence at the end that is not closed', 'I look:\n```\n', LONG_CALL, ''],
  ['an indented line at the end', 'I look:\n\n    ', CALL, ''],
  ['a fence after other code that is not closed', 'I look:\n```\nls\n', LONG_CALL, ''],
  ['the end of a line with a single backtick', 'The ` key: ', CALL, ''],
] as const;

describe.each(FORMATS)('a call in the text of $name', ({ format }) => {
  const read = (pieces: readonly string[]) => {
    const output = new Output({
      format,
      thinkingOpen: false,
      continuesText: false,
      tools: [{ name: 'look', inputSchema: { type: 'object', properties: { at: {} } } }],
      stopSequences: [],
      newCallId: () => 'toolu_1',
    });
    const events = pieces.flatMap((piece) => output.push(piece));
    return mergeDeltas([...events, ...output.end(false)]);
  };
  const summaryOf = (events: readonly GenerationEvent[]) =>
    events.map((event) => {
      if (event.type === 'text-delta') return event.text.trim();
      return event.type === 'tool-call-delta' ? event.json : event.type;
    });

  it.each(EXAMPLES)('is text if it is an example: %j', (value) => {
    for (const pieces of [[value], value.split('')]) {
      expect(read(pieces)).toEqual([{ type: 'text-delta', text: value }]);
    }
  });

  it.each(MEANT)('is made if it is %s', (_where, before, call, after) => {
    const value = `${before}${call}${after}`;
    const made = ['tool-call-start', '{"at": "it"}', 'tool-call-end'];
    const texts = [before, after].map((text) => text.trim());
    const expected = [texts[0], ...made, texts[1]].filter((text) => text !== '');
    for (const pieces of [[value], value.split('')]) {
      expect(summaryOf(read(pieces))).toEqual(expected);
    }
  });

  it('is made together with further calls up to the end', () => {
    const events = read([`I look. ${CALL}\n${CALL}`]);
    expect(events.filter(({ type }) => type === 'tool-call-end')).toHaveLength(2);
  });

  it('is text in each of 2000 examples', () => {
    const value = `Write ${`\`${CALL}\` or `.repeat(2000)}.`;
    expect(read([value])).toEqual([{ type: 'text-delta', text: value }]);
  });
});
