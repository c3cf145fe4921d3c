import { afterAll, describe, expect, it } from 'vitest';
import { createLlamaBackend } from '../../../../../src/backends/local/runners/llama-cpp/backend.ts';
import { chatModels, SMOL } from '../../../../support/chat-models.ts';
import { ENGINE } from '../../../../support/engine-variant.ts';
import { isModelMissing, SMOLLM2 } from '../../../../support/real-models.ts';
import { collect, MINI, request, said } from '../../../../support/requests.ts';
import { describeBoundAnswers, describeEnds, object } from '../../bound.ts';

const backend = createLlamaBackend({
  engine: 'in-process',
  ...ENGINE,
  context: undefined,
  queueLimit: 8,
  parallel: 1,
  log: () => undefined,
});
afterAll(() => backend.close());

for (const model of chatModels()) describeBoundAnswers(() => backend, model);
describeEnds({ backend: () => backend, spec: MINI, missing: false });

describe('a character that max_tokens cuts', () => {
  const missing = isModelMissing(SMOLLM2);

  it.skipIf(missing)('is left out of the answer', async () => {
    const text = '你好世界'.repeat(3);
    const outputSchema = object({ text: { const: text } });
    // The text begins after 5 tokens; a character takes up to 3.
    for (let maxTokens = 8; maxTokens < 14; maxTokens++) {
      const asked = request(SMOL, said('Say it.'), { outputSchema, maxTokens });
      const answer = await collect(backend.generate(asked, AbortSignal.timeout(60_000)));
      expect(answer.finish?.usage.outputTokens).toBe(maxTokens);
      expect(answer.text).not.toContain('\uFFFD');
      expect(`\n{"text": "${text}`.replaceAll(/\s/g, '')).toContain(
        answer.text.replaceAll(/\s/g, ''),
      );
    }
  });
});

describe.each(chatModels())('a U+FFFD that $name writes itself', ({ model, missing }) => {
  it.skipIf(missing)('stands in the answer', async () => {
    const text = 'a\uFFFD\uFFFDb\uFFFD';
    const outputSchema = object({ text: { const: text } });
    const asked = request(model, said('Say it.'), { outputSchema, maxTokens: 60 });
    const answer = await collect(backend.generate(asked, AbortSignal.timeout(60_000)));
    expect(JSON.parse(answer.text)).toEqual({ text });
  });
});
