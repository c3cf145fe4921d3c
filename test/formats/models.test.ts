import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ControlTokens } from '../../src/prompt/control-tokens.ts';
import type { ChatTemplate } from '../../src/prompt/render.ts';
import type { Turn } from '../../src/core/conversation.ts';
import { ROOT } from '../structure/source-files.ts';
import { covers } from '../support/covers.ts';
import { loadModels, TOKENS } from './model-fixture.ts';
import type { ReadModel } from './model-fixture.ts';
import { USER_TURN, callTurn, nativeCalls, renderTurns, toolSpecs } from './past-calls.ts';
import { readPieces } from './read-output.ts';
import { SCENARIOS } from './scenarios.ts';

const PAGE = readFileSync(path.join(ROOT, 'docs/chat-formats.md'), 'utf8');
const MODELS = (await loadModels()).map((read) => [read.name, read] as const);

describe('models', () => {
  covers('R3.2-recognised');

  it.each(MODELS)('are read by the expected format: %s', (_name, { model, reading }) => {
    expect({ format: reading.format.name, tools: reading.injection.tools }).toEqual({
      format: model.format,
      tools: false,
    });
  });

  it.each(MODELS)('are listed in the docs with their sources: %s', (name, { model }) => {
    const row = PAGE.split('\n').find((line) => line.split('|')[2]?.trim() === name) ?? '';
    expect(row.split('|')[3]?.trim()).toBe(model.format);
    expect(row.match(/(?<=\]\()[^)]+/g)).toEqual(model.sources);
  });

  it.each(MODELS)('see past calls as they write them: %s', (_name, read) => {
    for (const scenario of ['two calls', 'nested arguments', 'no arguments'] as const) {
      const turn = nativeCalls(templateOf(read), SCENARIOS[scenario]);
      const native = withoutEnd(turn.native, read.reading.layout?.turnEnd.trim());
      const { thinkingOpen } = turn;
      const found = readPieces(read.reading.format, native.split(''), { thinkingOpen });
      expect({ native, found }).toEqual({ native, found: SCENARIOS[scenario] });
    }
  });

  it.each(MODELS)('see text, calls and results in order: %s', (_name, read) => {
    const [first, second] = SCENARIOS['two calls'];
    const { parts } = callTurn([first, second]);
    const turns: readonly Turn[] = [
      USER_TURN,
      { role: 'assistant', parts: [{ kind: 'text', text: 'WORDS' }, ...parts] },
      { role: 'user', parts: [resultOf(0, 'SUNNY'), resultOf(1, 'RAINY')] },
    ];
    const prompt = renderTurns(templateOf(read), toolSpecs([first, second]), turns, true);
    const words = prompt.match(/weather\?|WORDS|Paris|Rome|SUNNY|RAINY/g);
    expect(words).toEqual(['weather?', 'WORDS', 'Paris', 'Rome', 'SUNNY', 'RAINY']);
  });
});

/** Calls without the end of their turn, at which an engine stops. */
function withoutEnd(calls: string, turnEnd = ''): string {
  const ended = calls.trimEnd();
  return ended.endsWith(turnEnd) ? ended.slice(0, ended.length - turnEnd.length) : calls;
}

function templateOf({ reading }: ReadModel): ChatTemplate {
  const { render, format, traits } = reading;
  return { render, format, traits, control: new ControlTokens([]), ...TOKENS };
}

function resultOf(call: number, text: string) {
  return {
    kind: 'tool-result',
    callId: `toolu_${call}`,
    output: [{ kind: 'text', text }],
    isError: false,
  } as const;
}
