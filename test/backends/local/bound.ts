import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { TINY, writeRandomModel } from '../../../bench/random-model/write.ts';
import type { Backend, GenerationRequest } from '../../../src/core/backend.ts';
import type { ToolSpec } from '../../../src/core/conversation.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import type { ModelSpec } from '../../../src/core/model.ts';
import { generateThroughChain } from '../../support/chain.ts';
import { collect, MINI, request, said } from '../../support/requests.ts';
import type { Answer } from '../../support/requests.ts';

/** A model whose answers are checked, and whether it is missing on this machine. */
export interface BoundModel {
  readonly name: string;
  readonly model: ModelSpec;
  readonly missing: boolean;
  /** Number of answers to each kind of request. */
  readonly runs: number;
}

/** Different subjects, and a seed for each answer, so that the answers differ. */
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

export function object(properties: JsonObject): JsonObject {
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

const NOTING: ToolSpec = {
  ...PAINT,
  name: 'note',
  description: 'Takes a note',
  inputSchema: object({ note: { type: 'string' } }),
};

const NOTE = object({ colour: { enum: COLOURS }, note: { type: 'string' } });

async function askAll(
  backend: Backend,
  { model, runs }: BoundModel,
  ask: (subject: string) => string,
  changes: Partial<GenerationRequest>,
): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (let seed = 0; seed < runs; seed++) {
    const turns = said(ask(SUBJECTS[seed % SUBJECTS.length] ?? ''));
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

/** Describes the properties of answers at temperature 1, whatever tokens are sampled. */
export function describeBoundAnswers(backend: () => Backend, bound: BoundModel): void {
  const { name, missing, runs } = bound;
  describe(`${name} at temperature 1`, () => {
    it.skipIf(missing)(
      `makes a demanded call and ends its turn, ${runs} of ${runs} times`,
      async () => {
        const answers = await askAll(backend(), bound, (subject) => `Tell me about ${subject}.`, {
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
      `is held to a schema, ${runs} of ${runs} times`,
      async () => {
        const answers = await askAll(backend(), bound, (subject) => `Write a note on ${subject}.`, {
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
      `thinks and then answers, ${runs} of ${runs} times`,
      async () => {
        const answers = await askAll(
          backend(),
          bound,
          (subject) => `Say one word about ${subject}.`,
          {
            thinking: { mode: 'enabled', budgetTokens: 6 },
            maxTokens: 20,
          },
        );
        for (const { text, thinking } of answers) {
          expect(thinking).not.toBe('');
          expect(text.trim()).not.toBe('');
          expect(text).not.toMatch(/<\/?think>/);
        }
      },
      120_000,
    );
  });
}

/** Vocabulary of the embedded model: what a model of random weights may say, and its width. */
const SIZE = { ...TINY, layers: 1, embedding: 256, heads: 8, kvHeads: 8, context: 512 };

/** Writes a model of random weights that says these tokens of the embedded model, and few others. */
export function writeModelThatSays(file: string, tokens: readonly number[]): void {
  const vocabulary = MINI.file ?? '';
  const says = new Set(tokens);
  writeRandomModel(file, { kind: 'llama', size: SIZE, quantized: false, vocabulary, says });
}

/** An engine to describe, by an entry of the embedded model on it. */
export interface BoundEngine {
  readonly backend: () => Backend;
  readonly spec: ModelSpec;
  readonly missing: boolean;
}

/** A space, a tab and two line breaks. */
const WHITE_SPACE = [32, 9, 10, 13];
/** The tokens that end a generation. */
const ENDS = [2037, 2039];

/** Describes the ends of answers that nothing but the engine can end well. */
export function describeEnds({ backend, spec, missing }: BoundEngine): void {
  const folder = mkdtempSync(path.join(tmpdir(), 'portico-ends-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** A request to a model that says only these tokens. */
  function asked(
    name: string,
    tokens: readonly number[],
    changes: Partial<GenerationRequest>,
  ): GenerationRequest {
    const file = path.join(folder, `${name}.gguf`);
    // A file that is written again is loaded again.
    if (!existsSync(file)) writeModelThatSays(file, tokens);
    return request({ ...spec, name, file, context: 512 }, said('Paint!'), changes);
  }

  it.skipIf(missing)('ends a demanded call that only white space follows', async () => {
    const demand = asked('wordless', WHITE_SPACE, {
      conversation: { system: [], turns: said('Paint!'), tools: [PAINT] },
      toolChoice: { mode: 'any', parallel: true },
    });
    const made = await collect(backend().generate(demand, AbortSignal.timeout(30_000)));
    expect(made).toMatchObject({ text: '', finish: { reason: 'tool-use' } });
    expect(made.finish?.usage.outputTokens).toBeLessThan(100);
  });

  it.skipIf(missing).each([true, false])(
    'never ends a turn without the JSON of a schema whose grammar did not compile (whole: %s)',
    async (whole) => {
      const real = backend();
      const unheld: Backend = {
        ...real,
        generate({ outputSchema: _grammar, ...one }, signal) {
          return real.generate(one, signal);
        },
      };
      const signal = AbortSignal.timeout(30_000);
      const silent = asked('silent', ENDS, { outputSchema: NOTE, whole });
      const made = await collect(generateThroughChain(unheld, silent, signal));
      expect(made).toMatchObject({ text: '', finish: { reason: 'refusal' } });
    },
  );

  /**
   * The bytes that characters of several are made of, whose order hardly ever is right. A prompt needs a
   * token that it knows, here its last line break.
   */
  const BYTES = [10, 34, ...Array.from({ length: 128 }, (_, index) => 128 + index)];

  it.skipIf(missing).each<readonly [string, Partial<GenerationRequest>]>([
    ['text that max_tokens cuts', {}],
    ['text that a stop sequence cuts', { stopSequences: ['\n'] }],
    ['thinking that its budget cuts', { thinking: { mode: 'enabled', budgetTokens: 7 } }],
    ['arguments that max_tokens cuts', { toolChoice: { mode: 'any', parallel: true } }],
    ['JSON that max_tokens cuts', { outputSchema: object({ note: { type: 'string' } }) }],
  ])('leaves broken characters out of %s', async (_what, changes) => {
    const tools = changes.toolChoice === undefined ? [] : [NOTING];
    for (const seed of [1, 2]) {
      const broken = asked('broken', BYTES, {
        ...changes,
        conversation: { system: [], turns: said('Write!'), tools },
        sampling: { temperature: 1, topP: 1, topK: 20, minP: 0, seed },
        maxTokens: 40,
      });
      const { events, finish } = await collect(
        backend().generate(broken, AbortSignal.timeout(30_000)),
      );
      expect(finish?.usage.outputTokens).toBeGreaterThan(0);
      expect(JSON.stringify(events)).not.toContain('\uFFFD');
    }
  });

  it.skipIf(missing)('loses no whole character of arguments that max_tokens cuts', async () => {
    const note = '你好世界😀'.repeat(2);
    const tool = { ...NOTING, inputSchema: object({ note: { const: note } }) };
    const lengths = new Set<number>();
    for (let maxTokens = 16; maxTokens < 24; maxTokens++) {
      const cut = request(spec, said('Write!'), {
        conversation: { system: [], turns: said('Write!'), tools: [tool] },
        toolChoice: { mode: 'any', parallel: true },
        maxTokens,
      });
      const { events, finish } = await collect(
        backend().generate(cut, AbortSignal.timeout(30_000)),
      );
      const json = events.map((event) => (event.type === 'tool-call-delta' ? event.json : ''));
      expect(finish?.reason).toBe('max-tokens');
      expect(JSON.stringify({ note })).toContain(json.join('').replaceAll(/\s/g, ''));
      lengths.add(json.join('').length);
    }
    expect(lengths.size).toBeGreaterThan(2);
  });
}
