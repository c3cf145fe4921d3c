import { describe, expect, it } from 'vitest';
import { deepseekV31 } from '../../src/formats/deepseek.ts';
import { functionaryRecipients } from '../../src/formats/functionary-recipients.ts';
import { llama3 } from '../../src/formats/llama3.ts';
import { mistralArgs } from '../../src/formats/mistral-args.ts';
import {
  callsAsText,
  injectedFormat,
  injectInstructions,
  injectionFor,
} from '../../src/prompt/inject.ts';
import { NO_TRAITS } from '../../src/prompt/probe.ts';
import { writeParts } from '../../src/prompt/text.ts';
import { compileCalls } from '../formats/native-grammar.ts';
import { callSections, readPieces } from '../formats/read-output.ts';
import { TOOLS } from '../formats/scenarios.ts';
import { covers } from '../support/covers.ts';

const TRAITS = { ...NO_TRAITS, tools: true };
const EMPTY = { system: [], turns: [], tools: [] };

describe('injected thinking instructions', () => {
  covers('R3.6-thinking');

  it.each([
    [mistralArgs, '[THINK]', '[/THINK]'],
    [llama3, '<think>', '</think>'],
  ])('name the tags that the parser of $name reads', (format, open, close) => {
    const injection = injectionFor(format, TRAITS);
    const { system } = injectInstructions(EMPTY, injection, [], true);
    expect(writeParts(system)).toContain(`between ${open} and ${close}`);
    expect(injectedFormat(format, injection).thinking).toMatchObject({ open, close });
  });

  it('are left out for output that is not tagged text', () => {
    const injection = injectionFor(functionaryRecipients, TRAITS);
    expect(injectInstructions(EMPTY, injection, [], true).system).toEqual([]);
    expect(injectedFormat(functionaryRecipients, injection).thinking).toBe(undefined);
  });
});

describe('injected tools', () => {
  covers('R3.6-tools');

  const injection = { ...injectionFor(deepseekV31, NO_TRAITS), thinking: false };
  const format = injectedFormat(deepseekV31, injection);

  it.each([
    ['the taught syntax', '<tool_call>\n{"name": "ping", "arguments": {}}\n</tool_call>'],
    [
      'the syntax of the family',
      '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>ping<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
    ],
  ])('are read and admitted in %s', async (_title, output) => {
    const [section] = callSections(format, output);
    const { trigger = '', text = '' } = section ?? {};
    const admits = await compileCalls(format, TOOLS, { trigger, parallel: true });
    expect(readPieces(format, output.split(''))).toEqual([{ call: 'ping', input: {} }]);
    expect([admits(text), admits('{}')]).toEqual([true, false]);
  });
});

describe('past calls as text', () => {
  it('have their results in call order', () => {
    const call = (id: string) => ({ kind: 'tool-call', id, name: 'f', input: {} }) as const;
    const result = (callId: string) =>
      ({
        kind: 'tool-result',
        callId,
        output: [{ kind: 'text', text: `result ${callId}` }],
        isError: false,
      }) as const;
    const { turns } = callsAsText({
      ...EMPTY,
      turns: [
        { role: 'assistant', parts: [call('a'), call('b')] },
        { role: 'user', parts: [result('b'), result('a')] },
      ],
    });
    expect(writeParts(turns[1]?.parts ?? [])).toMatch(/result a[^]*result b/);
  });
});
