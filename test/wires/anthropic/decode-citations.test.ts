import { describe, expect, it } from 'vitest';
import { serveScript } from '../../support/scripted-server.ts';

const source = { type: 'text', media_type: 'text/plain', data: 'The sky is blue.' };
const document = (enabled?: boolean) => ({
  type: 'document',
  source,
  ...(enabled !== undefined && { citations: { enabled } }),
});
const result = (enabled: boolean) => ({
  type: 'search_result',
  source: 'https://a.test/',
  title: 'A',
  content: [{ type: 'text', text: 'Grass is green.' }],
  citations: { enabled },
});
const schema = { type: 'object', properties: {}, additionalProperties: false };

/** Error message of a request with these blocks. */
async function refusalOf(content: readonly object[], more: object = {}): Promise<string> {
  const server = await serveScript({ script: async function* none() {} });
  const answer = await server.ask({ messages: [{ role: 'user', content }], ...more });
  const { error } = (await answer.json()) as { error: { message: string } };
  await server.close();
  expect(answer.status).toBe(400);
  return error.message;
}

describe('citations of a request', () => {
  it.each([
    ['two documents', [document(true), document()]],
    ['a document and a search result', [document(false), result(true)]],
  ])('are refused if only one of %s has them', async (_, content) => {
    expect(await refusalOf(content)).toBe(
      'messages: citations must be enabled on all or none of the documents and search results of a request',
    );
  });

  it('are refused in a constrained answer', async () => {
    const more = { output_config: { format: { type: 'json_schema', schema } } };
    expect(await refusalOf([document(true)], more)).toMatch(/^output_config\.format: .*citations/);
  });
});
