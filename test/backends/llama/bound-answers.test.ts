import { afterAll, describe, expect, it } from 'vitest';
import { createLlamaBackend } from '../../../src/backends/llama/backend.ts';
import type { GenerationRequest } from '../../../src/core/backend.ts';
import type { ToolSpec } from '../../../src/core/conversation.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import type { ModelSpec } from '../../../src/core/model.ts';
import { CHAT_MODELS, SMOL } from '../../support/chat-models.ts';
import { collect, request, said } from '../../support/requests.ts';
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
    const tools = changes.conversation?.tools ?? [];
    const answer = await generate(model, {
      sampling: { temperature: 1, topP: 1, topK: 100, minP: 0, seed },
      ...changes,
      conversation: { system: [], turns, tools },
    });
    answers.push(answer);
  }
  return answers;
}

function generate(model: ModelSpec, changes: Partial<GenerationRequest>): Promise<Answer> {
  return collect(backend.generate(request(model, [], changes), AbortSignal.timeout(60_000)));
}

const callsOf = ({ events }: Answer) =>
  events.filter(({ type }) => type === 'tool-call-end').length;

describe.each(CHAT_MODELS)('$name at temperature 1', ({ model, missing }) => {
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
        maxTokens: 24,
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
        thinking: { mode: 'enabled', budgetTokens: 6 },
        maxTokens: 16,
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
  const missing = CHAT_MODELS.some((one) => one.model === SMOL && one.missing);

  it.skipIf(missing)('is left out of the answer', async () => {
    const text = '你好世界'.repeat(3);
    const outputSchema = object({ text: { const: text } });
    const conversation = { system: [], turns: said('Say it.'), tools: [] };
    // The text begins after 5 tokens; a character takes up to 3.
    for (let maxTokens = 8; maxTokens < 14; maxTokens++) {
      const answer = await generate(SMOL, { conversation, outputSchema, maxTokens });
      expect(answer.finish?.usage.outputTokens).toBe(maxTokens);
      expect(answer.text).not.toContain('\uFFFD');
      expect(`\n{"text": "${text}`.replaceAll(/\s/g, '')).toContain(
        answer.text.replaceAll(/\s/g, ''),
      );
    }
  });
});
