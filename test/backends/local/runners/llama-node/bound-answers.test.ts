import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GenerationRequest } from '../../../../../src/core/backend.ts';
import type { LocalSpec } from '../../../../../src/backends/local/spec.ts';
import { collect, request, said } from '../../../../support/requests.ts';
import { propertyRuns } from '../../../../support/property-runs.ts';
import type { Answer } from '../../../../support/requests.ts';
import { describeBoundAnswers, describeEnds, object, writeModelThatSays } from '../../bound.ts';
import { isAddonMissing, openVision, SEEING } from './seeing.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'portico-bound-'));
let vision: ReturnType<typeof openVision>;

beforeAll(() => {
  vision = openVision();
});
afterAll(async () => {
  await vision.close();
  rmSync(folder, { recursive: true, force: true });
});

const ask = (
  model: LocalSpec,
  seed: number,
  changes: Partial<GenerationRequest>,
): Promise<Answer> => {
  const sampling = { temperature: 1, topP: 1, topK: 100, minP: 0, seed };
  const asked = request(model, said('Say it.'), { sampling, ...changes });
  return collect(vision.backend.generate(asked, AbortSignal.timeout(60_000)));
};

describeBoundAnswers(() => vision.backend, {
  name: 'mini that sees',
  model: { ...SEEING, sampling: {} },
  missing: isAddonMissing(),
  runs: propertyRuns(20),
});

describeEnds({ backend: () => vision.backend, spec: SEEING, missing: isAddonMissing() });

/** Control tokens of the embedded model's vocabulary that end no generation, a letter, and a quote. */
const SAYS = [2038, ...Array.from({ length: 8 }, (_, index) => 2040 + index), 97, 34];
const CONTROL = /<\|im_start\|>|<\/?(?:think|tools|tool_call|tool_response)>/;
const SEEDS = [1, 2, 3, 4, 5, 6];

describe.skipIf(isAddonMissing())('a model that sees and writes little but control tokens', () => {
  const file = path.join(folder, 'control.gguf');
  const model: LocalSpec = { ...SEEING, name: 'control', file, context: 512 };
  beforeAll(() => writeModelThatSays(file, SAYS));

  it('writes one outside of a grammar', async () => {
    const answers = await Promise.all(SEEDS.map((seed) => ask(model, seed, { maxTokens: 8 })));
    expect(answers.map(({ text }) => text).join('')).toMatch(CONTROL);
  });

  it.each([
    ['a string', { type: 'string' }],
    ['a short string', { type: 'string', maxLength: 40 }],
    ['a string of a pattern', { type: 'string', pattern: '^[^x]*$' }],
  ])('writes none into %s', async (_what, note) => {
    for (const seed of SEEDS) {
      const { text, finish } = await ask(model, seed, {
        outputSchema: object({ note }),
        maxTokens: 30,
      });
      expect(text).not.toMatch(CONTROL);
      if (finish?.reason === 'end-turn') expect(JSON.parse(text)).toHaveProperty('note');
      else expect(finish?.reason).toBe('max-tokens');
    }
  });
});

describe.skipIf(isAddonMissing())('a character that max_tokens cuts', () => {
  it('is left out of the answer of a model that sees', async () => {
    const text = '你好世界😀'.repeat(2);
    const outputSchema = object({ text: { const: text } });
    const lengths = new Set<number>();
    for (let maxTokens = 10; maxTokens < 20; maxTokens++) {
      const answer = await ask(SEEING, 1, { outputSchema, maxTokens });
      expect(answer.finish?.usage.outputTokens).toBe(maxTokens);
      expect(answer.text).not.toContain('\uFFFD');
      expect(`{"text":"${text}`).toContain(answer.text.replaceAll(/\s/g, ''));
      lengths.add(answer.text.length);
    }
    expect(lengths.size).toBeGreaterThan(2);
  });
});
