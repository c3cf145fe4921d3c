import { describe, expect, it, onTestFinished } from 'vitest';
import type { Capabilities, GenerationRequest } from '../../src/core/backend.ts';
import type { ToolSpec } from '../../src/core/conversation.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { createUnheldReport } from '../../src/pipeline/unheld-report.ts';
import { MINI, request, said } from '../support/requests.ts';
import { answering } from '../support/scripted-answers.ts';
import { serveScript } from '../support/scripted-server.ts';

const CONDITIONAL = { type: 'object', if: { pattern: 'a' }, else: { required: ['a'] } };

const tool = (name: string, inputSchema: JsonObject): ToolSpec => ({
  name,
  description: '',
  inputSchema,
  origin: { kind: 'custom' },
  deferred: false,
});

function asked(tools: readonly ToolSpec[], more: Partial<GenerationRequest> = {}) {
  const turns = said('Hi');
  return request(MINI, turns, { conversation: { system: [], turns, tools }, ...more });
}

function reported(requests: readonly GenerationRequest[], tools: Capabilities['tools']) {
  const lines: string[] = [];
  const report = createUnheldReport((line) => lines.push(line));
  const can: Capabilities = {
    contextTokens: 8192,
    thinking: 'none',
    tools,
    structuredOutput: true,
    images: false,
    documents: false,
    citations: false,
    exactCount: true,
  };
  for (const one of requests) report(one, can);
  return lines;
}

describe('keywords that no grammar enforces', () => {
  it('are reported once per schema, of tools and of the answer', () => {
    const tools = [tool('look', CONDITIONAL), tool('go', { type: 'object' })];
    const one = asked(tools, { outputSchema: { items: { uniqueItems: true } } });
    const other = asked([tool('look', { type: 'object', not: { pattern: 'b' } })]);
    expect(reported([one, one, other, one], 'enforced')).toEqual([
      'the schema of tool look: no grammar enforces #/if, so answers may violate it.',
      'the schema of the output: no grammar enforces #/items/uniqueItems, so answers may violate it.',
      'the schema of tool look: no grammar enforces #/not, so answers may violate it.',
    ]);
  });

  it('are not reported for tools without a grammar, or that can’t be called', () => {
    const tools = [tool('look', CONDITIONAL)];
    expect(reported([asked(tools)], 'auto')).toEqual([]);
    expect(reported([asked(tools, { toolChoice: { mode: 'none' } })], 'enforced')).toEqual([]);
  });

  it('cause a refusal if no value matches a schema that the answer must follow', () => {
    const none = { type: 'object', properties: { a: false }, required: ['a'] };
    const place = 'because of #/properties/a. Correct it there.';
    expect(() => reported([asked([], { outputSchema: none })], 'none')).toThrow(
      `no value can match this schema, ${place}`,
    );
    const words = `no value can match the schema of tool look, ${place}`;
    const look = tool('look', none);
    expect(() => reported([asked([{ ...look, strict: true }])], 'auto')).toThrow(words);
    expect(reported([asked([look]), asked([look])], 'auto')).toEqual([words]);
  });

  it('are one line of the log for any number of requests', async () => {
    const lines: string[] = [];
    const services = { log: (line: string) => void lines.push(line) };
    const server = await serveScript(
      {
        script: async function* play() {
          yield* answering('Hello');
        },
      },
      {},
      { services },
    );
    onTestFinished(() => server.close());
    const tools = [{ name: 'look', input_schema: CONDITIONAL }];
    for (let time = 0; time < 3; time++) expect((await server.ask({ tools })).status).toBe(200);
    expect(lines).toHaveLength(1);
  });

  it('are counted if there are many', () => {
    const properties = Object.fromEntries(
      Array.from({ length: 30 }, (_unused, index) => [`p${index}`, { not: { pattern: 'a' } }]),
    );
    const [line] = reported([asked([tool('look', { properties })])], 'enforced');
    expect(line).toContain(' and 10 more');
  });
});
