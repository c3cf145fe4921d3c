import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { createLocalBackend } from '../../../../../src/backends/local/backend.ts';
import { TokenCompletion } from '../../../../../src/backends/local/runners/llama-cpp/completion.ts';
import type { GenerationRequest } from '../../../../../src/core/backend.ts';
import type { JsonObject } from '../../../../../src/core/json.ts';
import type { Answer } from '../../../../support/requests.ts';
import { collect, MINI, request, said } from '../../../../support/requests.ts';
import { SMOL } from '../../../../support/chat-models.ts';
import { isModelMissing, SMOLLM2 } from '../../../../support/real-models.ts';
import { ENGINE } from '../../../../support/engine-variant.ts';

const backend = createLocalBackend({
  engine: 'in-process',
  ...ENGINE,
  context: undefined,
  queueLimit: 8,
  log: () => undefined,
});
afterAll(() => backend.close());
afterEach(() => void vi.restoreAllMocks());

const SCHEMA: JsonObject = {
  type: 'object',
  properties: {
    temperature_in_degrees_celsius: { type: 'integer', minimum: 1, maximum: 9 },
    general_weather_conditions: { enum: ['continuously sunny'] },
    is_a_weather_warning_in_force: { type: 'boolean' },
  },
  required: [
    'temperature_in_degrees_celsius',
    'general_weather_conditions',
    'is_a_weather_warning_in_force',
  ],
  additionalProperties: false,
};

const CITY: JsonObject = {
  type: 'object',
  properties: {
    name: { type: 'string', maxLength: 24 },
    population: { type: 'integer' },
    continent: { enum: ['Europe', 'Asia', 'Africa', 'America', 'Oceania'] },
    is_capital: { type: 'boolean' },
  },
  required: ['name', 'population', 'continent', 'is_capital'],
  additionalProperties: false,
};
/** Value of an entry, after its colon. */
const VALUE = /(":\s*)(?:"[^"]*"|[\w-]+)/g;
const CITIES = { system: [], turns: said('Describe three cities.'), tools: [] };

interface Steps {
  readonly answer: Answer;
  /** Number of tokens that the model decoded one by one. */
  readonly decoded: number;
  /** Texts that were written at once. */
  readonly jumped: readonly string[];
}

async function ask(changes: Partial<GenerationRequest>): Promise<Steps> {
  const next = vi.spyOn(TokenCompletion.prototype, 'next');
  const jump = vi.spyOn(TokenCompletion.prototype, 'jump');
  const asked = request(MINI, said('What is the weather in Paris?'), changes);
  const answer = await collect(backend.generate(asked, AbortSignal.timeout(60_000)));
  const texts = jump.mock.results.map(({ value }) => value as string | undefined);
  const jumped = texts.filter((text) => text !== undefined);
  return { answer, decoded: next.mock.calls.length, jumped };
}

describe('text that a grammar leaves no choice of', () => {
  it('is written at once, and not decoded token by token', async () => {
    const { answer, decoded, jumped } = await ask({ outputSchema: SCHEMA });
    const { outputTokens = 0 } = answer.finish?.usage ?? {};
    expect(Object.keys(JSON.parse(answer.text) as object)).toEqual(SCHEMA['required']);
    expect(jumped.join('')).toContain('weather_conditions');
    expect(decoded).toBeLessThan(outputTokens / 2);
  });

  it.runIf(!isModelMissing(SMOLLM2))('repeats the white space that the model chose', async () => {
    const outputSchema = { type: 'array', items: CITY, minItems: 3, maxItems: 3 };
    const { answer, jumped } = await ask({ model: SMOL, conversation: CITIES, outputSchema });
    const layouts = answer.text.match(/\{[^}]*\}/g)?.map((city) => city.replaceAll(VALUE, '$1'));
    expect(layouts).toHaveLength(3);
    expect(layouts?.[2]).toBe(layouts?.[1]);
    expect(jumped.some((text) => /,\s*"is_capital"/.test(text))).toBe(true);
  });

  it('stays below max_tokens', async () => {
    for (const maxTokens of [1, 2, 3, 5, 8, 13]) {
      const { answer } = await ask({ outputSchema: SCHEMA, maxTokens });
      expect(answer.finish).toMatchObject({
        reason: 'max-tokens',
        usage: { outputTokens: maxTokens },
      });
    }
  });

  it('is part of the cached prefix of the next turn', async () => {
    const turns = said('What is the weather in Paris?');
    const { answer } = await ask({ outputSchema: SCHEMA, session: { session: 'jump' } });
    const next = await collect(
      backend.generate(
        request(
          MINI,
          [
            ...turns,
            { role: 'assistant', parts: [{ kind: 'text', text: answer.text }] },
            ...said('And tomorrow?'),
          ],
          { session: { session: 'jump' }, maxTokens: 1 },
        ),
        AbortSignal.timeout(60_000),
      ),
    );
    const { promptTokens = 0, outputTokens = 0 } = answer.finish?.usage ?? {};
    expect(next.finish?.usage.cacheReadTokens).toBeGreaterThanOrEqual(
      promptTokens + outputTokens - 1,
    );
  });

  it('begins a call that has to be made', async () => {
    const tool = {
      name: 'get_the_weather_of_a_city',
      description: 'Weather',
      inputSchema: {
        type: 'object',
        properties: { day: { enum: ['today', 'tomorrow'] } },
        required: ['day'],
      },
      origin: { kind: 'custom' },
      deferred: false,
    } as const;
    const turns = said('What is the weather in Paris?');
    const { answer, jumped } = await ask({
      conversation: { system: [], turns, tools: [tool] },
      toolChoice: { mode: 'tool', name: tool.name, parallel: false },
    });
    expect(jumped.join('')).toContain('weather');
    expect(answer.events).toContainEqual(
      expect.objectContaining({ type: 'tool-call-start', name: tool.name }),
    );
    expect(answer.finish?.reason).toBe('tool-use');
  });
});
