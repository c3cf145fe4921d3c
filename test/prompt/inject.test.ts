import { describe, expect, it } from 'vitest';
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
import { covers } from '../support/covers.ts';

const TRAITS = { ...NO_TRAITS, tools: true };
const EMPTY = { system: [], turns: [], tools: [] };

describe('thinking by instructions', () => {
  covers('R3.6-thinking');

  it.each([
    [mistralArgs, '[THINK]', '[/THINK]'],
    [llama3, '<think>', '</think>'],
  ])('$name is told of the tags that are read', (format, open, close) => {
    const injection = injectionFor(format, TRAITS);
    const { system } = injectInstructions(EMPTY, injection, [], true);
    expect(writeParts(system)).toContain(`between ${open} and ${close}`);
    expect(injectedFormat(format, injection).thinking).toMatchObject({ open, close });
  });

  it('is asked of nobody where an output has no place for tags', () => {
    const injection = injectionFor(functionaryRecipients, TRAITS);
    expect(injectInstructions(EMPTY, injection, [], true).system).toEqual([]);
    expect(injectedFormat(functionaryRecipients, injection).thinking).toBe(undefined);
  });
});

describe('calls of the past by instructions', () => {
  it('have their results in the order of the calls', () => {
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
