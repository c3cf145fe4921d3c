import { afterAll, describe, expect, it } from 'vitest';
import { createLlamaBackend } from '../../../src/backends/llama/backend.ts';
import type { GenerationRequest } from '../../../src/core/backend.ts';
import type { ToolSpec } from '../../../src/core/conversation.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import type { ModelSpec } from '../../../src/core/model.ts';
import { isModelMissing, SMOLLM2 } from '../../support/real-models.ts';
import { collect, MINI, request, said } from '../../support/requests.ts';
import type { Answer } from '../../support/requests.ts';
import { ENGINE } from '../../support/engine-variant.ts';

const backend = createLlamaBackend({
  engine: 'in-process',
  ...ENGINE,
  context: undefined,
  queueLimit: 8,
  parallel: 1,
  log: () => undefined,
});
afterAll(() => backend.close());

const SMOL: ModelSpec = {
  name: 'smollm2',
  backend: 'llama',
  ...(SMOLLM2.file !== undefined && { file: SMOLLM2.file }),
  context: 2048,
};

const MODELS = [
  { name: 'SmolLM2', model: SMOL, missing: isModelMissing(SMOLLM2) },
  { name: 'mini', model: { ...MINI, sampling: {} }, missing: false },
];

/** Different subjects, and a seed for each, so that the answers differ. */
const SUBJECTS = [
  'the sea',
  'a red bicycle',
  'Paris in winter',
  'prime numbers',
  'a lost key',
  'tea',
  'the moon',
  'bees',
  'an old clock',
  'rain',
  'chess',
  'a bridge',
  'salt',
  'dreams',
  'the letter Q',
  'volcanoes',
  'a library',
  'silence',
  'snow',
  'a market',
];

const COLOURS = ['red', 'green', 'blue'];

function object(properties: JsonObject): JsonObject {
  const required = Object.keys(properties);
  return { type: 'object', properties, required, additionalProperties: false };
}

const PAINT: ToolSpec = {
  name: 'paint',
  description: 'Paints a wall',
  inputSchema: object({ colour: { enum: COLOURS } }),
  origin: { kind: 'custom' },
  deferred: false,
};

const NOTE = object({ colour: { enum: COLOURS }, note: { type: 'string' } });

async function askAll(
  model: ModelSpec,
  ask: (subject: string) => string,
  changes: Partial<GenerationRequest>,
): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (const [seed, subject] of SUBJECTS.entries()) {
    const turns = said(ask(subject));
    const sampling = { temperature: 1, topP: 1, topK: 100, minP: 0, seed };
    const asked = request(model, turns, { sampling, ...changes });
    const tools = changes.conversation?.tools ?? [];
    const conversation = { system: [], turns, tools };
    answers.push(
      await collect(backend.generate({ ...asked, conversation }, AbortSignal.timeout(60_000))),
    );
  }
  return answers;
}

const callsOf = ({ events }: Answer) =>
  events.filter(({ type }) => type === 'tool-call-end').length;

describe.each(MODELS)('$name at temperature 1', ({ model, missing }) => {
  it.skipIf(missing)(
    'makes a demanded call and ends its turn, 20 of 20 times',
    async () => {
      const answers = await askAll(model, (subject) => `Tell me about ${subject}.`, {
        conversation: { system: [], turns: [], tools: [PAINT] },
        toolChoice: { mode: 'any', parallel: true },
        maxTokens: 80,
      });
      for (const answer of answers) {
        expect(answer).toMatchObject({ text: '', thinking: '', finish: { reason: 'tool-use' } });
        expect(callsOf(answer)).toBeGreaterThan(0);
      }
    },
    120_000,
  );

  it.skipIf(missing)(
    'is held to a schema, 20 of 20 times',
    async () => {
      const answers = await askAll(model, (subject) => `Write a note on ${subject}.`, {
        outputSchema: NOTE,
        maxTokens: 36,
      });
      for (const { text, finish } of answers) {
        expect(text).toMatch(/^\n?\{/);
        if (finish?.reason === 'end-turn') expect(JSON.parse(text)).toHaveProperty('note');
        else expect(finish?.reason).toBe('max-tokens');
      }
    },
    120_000,
  );

  it.skipIf(missing)(
    'thinks and then answers, 20 of 20 times',
    async () => {
      const answers = await askAll(model, (subject) => `Say one word about ${subject}.`, {
        thinking: { mode: 'enabled', budgetTokens: 12 },
        maxTokens: 28,
      });
      for (const { text, thinking } of answers) {
        expect(thinking).not.toBe('');
        expect(text.trim()).not.toBe('');
      }
    },
    120_000,
  );
});

describe('a character that max_tokens cuts', () => {
  it.skipIf(isModelMissing(SMOLLM2))('is left out of the answer', async () => {
    const text = '你好世界'.repeat(3);
    const schema = object({ text: { const: text } });
    for (let maxTokens = 8; maxTokens < 20; maxTokens++) {
      const asked = request(SMOL, said('Say it.'), { outputSchema: schema, maxTokens });
      const answer = await collect(backend.generate(asked, AbortSignal.timeout(30_000)));
      expect(answer.finish?.usage.outputTokens).toBe(maxTokens);
      expect(answer.text).not.toContain('\uFFFD');
      expect(`\n{"text": "${text}`.replaceAll(/\s/g, '')).toContain(
        answer.text.replaceAll(/\s/g, ''),
      );
    }
  });
});
