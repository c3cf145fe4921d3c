import { describe, expect, it } from 'vitest';
import { clientOf, DIALECTS } from '../support/dialects.ts';
import { writePdf } from '../support/pdf.ts';
import { sharedServer } from '../support/shared-server.ts';

const data = writePdf(['Grass is green.', 'The sky is blue.']).toString('base64');
const source = { type: 'base64', media_type: 'application/pdf', data } as const;

describe.each(DIALECTS)('a PDF sent by the TypeScript SDK of $dialect', (dialect) => {
  it('is counted as it is answered, and its prompt is reused by the next turn', async () => {
    const client = clientOf(dialect, (await sharedServer()).url);
    const said = `What is green to ${dialect.dialect}?`;
    const content = [{ type: 'text', text: said } as const, { type: 'document', source } as const];
    const question = { role: 'user', content } as const;
    const body = { model: 'mini', messages: [question] };
    const counted = await client.messages.countTokens(body);
    const first = await client.messages.create({ ...body, max_tokens: 4 });
    const { input_tokens: evaluated, cache_read_input_tokens: read } = first.usage;
    expect(evaluated + (read ?? 0)).toBe(counted.input_tokens);
    const next = await client.messages.create({
      model: 'mini',
      max_tokens: 4,
      messages: [
        question,
        { role: 'assistant', content: first.content },
        { role: 'user', content: 'And blue?' },
      ],
    });
    expect(next.usage.cache_read_input_tokens).toBeGreaterThanOrEqual(counted.input_tokens);
  });
});
