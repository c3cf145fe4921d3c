import type { Anthropic } from 'anthropic-sdk-0';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLocalBackend } from '../../src/backends/local/backend.ts';
import { createDocumentLoader } from '../../src/documents/loader.ts';
import { Runtime } from '../../src/pipeline/runtime.ts';
import { clientOf, DIALECTS } from '../support/dialects.ts';
import { ENDLESS } from '../support/messages-api.ts';
import { writePdf } from '../support/pdf.ts';
import { MINI } from '../support/requests.ts';
import { serveScript } from '../support/scripted-server.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';
import { ENGINE } from '../support/engine-variant.ts';
import { covers } from '../support/covers.ts';

/** Pattern by which Claude Code 2.1.197 finds the numbers. */
const TOO_LONG = /prompt is too long[^0-9]*(\d+)\s*tokens?\s*>\s*(\d+)/i;
const TOGETHER = /input length and `max_tokens` exceed context limit: (\d+) \+ (\d+) > (\d+)/;

const CONTEXT = 1200;
const PDF_CHILD = new URL('../../dist/documents/pdf-child.js', import.meta.url);

const backend = createLocalBackend({
  engine: 'in-process',
  ...ENGINE,
  context: undefined,
  queueLimit: 8,
  log: () => undefined,
});
const servers = new Map<'clamp' | 'strict', ScriptedServer>();

beforeAll(async () => {
  for (const overflow of ['clamp', 'strict'] as const) {
    const spec = { ...MINI, context: CONTEXT };
    const runtime = new Runtime({
      registry: () => ({
        defaultModel: 'mini',
        models: new Map([['mini', { spec, shipped: false, location: 'models.yaml:1:1' }]]),
        aliases: new Map(),
        problems: [],
      }),
      backends: { llama: async () => backend },
      exists: () => true,
      overflow,
      documents: createDocumentLoader({ module: PDF_CHILD }),
    });
    servers.set(overflow, await serveScript(backend, { runtime }));
  }
});
afterAll(async () => {
  for (const server of servers.values()) await server.close();
  await backend.close();
});

const prompt = (words: number): Anthropic.MessageCreateParamsNonStreaming => ({
  model: 'mini',
  max_tokens: 4,
  messages: [{ role: 'user', content: `Say: ${'word '.repeat(words)}` }],
});

describe.each(DIALECTS)('the TypeScript SDK of $dialect, past the context', (dialect) => {
  covers('R5.5-words', 'R5.5-honest', 'R5.5-window');

  const open = (overflow: 'clamp' | 'strict') =>
    clientOf(dialect, servers.get(overflow)?.url ?? '');

  /** The failure of a request, streamed: it must have come as a status. */
  async function refusalOf(
    client: Anthropic,
    body: Anthropic.MessageCreateParamsNonStreaming,
  ): Promise<string> {
    const failure: unknown = await client.messages
      .create({ ...body, stream: true })
      .catch((error: unknown) => error);
    if (!(failure instanceof dialect.sdk.BadRequestError)) throw new Error('It was not refused.');
    expect(failure.status).toBe(400);
    expect(failure.error).toMatchObject({
      type: 'error',
      error: { type: 'invalid_request_error' },
    });
    return failure.message;
  }

  it('reports the numbers of an overflow, and a shorter prompt is answered', async () => {
    const client = open('clamp');
    const body = prompt(3000);
    const [, count = '', maximum = ''] = TOO_LONG.exec(await refusalOf(client, body)) ?? [];
    expect(await client.messages.countTokens(counted(body))).toMatchObject({
      input_tokens: Number(count),
    });
    expect(Number(maximum)).toBe(CONTEXT);
    // One less, for an answer.
    const shorter = prompt(3000 - (Number(count) - CONTEXT) - 1);
    const { input_tokens: tokens } = await client.messages.countTokens(counted(shorter));
    expect(tokens).toBeLessThan(CONTEXT);
    const answer = await client.messages.create(shorter);
    expect(answer.usage.output_tokens).toBeGreaterThan(0);
  });

  it('reports the numbers of a PDF of 100 pages', async () => {
    const client = open('clamp');
    const pages = Array.from({ length: 100 }, (_, page) => `Words of the page ${page} in a PDF.`);
    const data = writePdf(pages).toString('base64');
    const source = { type: 'base64', media_type: 'application/pdf', data } as const;
    const content = [{ type: 'document', source } as const];
    const body = { ...prompt(0), messages: [{ role: 'user' as const, content }] };
    const [, count = '', maximum = ''] = TOO_LONG.exec(await refusalOf(client, body)) ?? [];
    expect(await client.messages.countTokens(counted(body))).toMatchObject({
      input_tokens: Number(count),
    });
    expect([Number(count) > CONTEXT, Number(maximum)]).toEqual([true, CONTEXT]);
  });

  it('reports the tokens left for the answer, and answers with these', async () => {
    const client = open('strict');
    const body = { ...prompt(100), max_tokens: 4000 };
    const said = TOGETHER.exec(await refusalOf(client, body)) ?? [];
    const [count = 0, asked = 0, context = 0] = said.slice(1).map(Number);
    expect(await client.messages.countTokens(counted(body))).toMatchObject({ input_tokens: count });
    expect(asked).toBe(4000);
    // Claude Code's own arithmetic.
    const answer = await client.messages.create({ ...body, max_tokens: context - count - 1000 });
    expect(answer.usage.output_tokens).toBeGreaterThan(0);
  });

  it('reads that the context ended an answer, streamed or not', async () => {
    const client = open('clamp');
    const counting = (times: number) => ({
      ...prompt(0),
      max_tokens: 4000,
      output_config: { format: ENDLESS },
      messages: [
        { role: 'user' as const, content: 'Count from 1 to 24, one per line. '.repeat(times) },
      ],
    });
    const tokensOf = async (times: number) =>
      (await client.messages.countTokens(counted(counting(times)))).input_tokens;
    const [one, two] = [await tokensOf(1), await tokensOf(2)];
    // As often as it fits.
    const body = counting(1 + Math.floor((CONTEXT - 4 - one) / (two - one)));
    const whole = await client.messages.create(body);
    const streamed = await client.messages.stream(body).finalMessage();
    for (const { stop_reason: reason, usage } of [whole, streamed]) {
      expect(reason).toBe('model_context_window_exceeded');
      expect(usage.output_tokens).toBeLessThan(two);
    }
  });
});

function counted({ model, messages }: Anthropic.MessageCreateParamsNonStreaming) {
  return { model, messages };
}
