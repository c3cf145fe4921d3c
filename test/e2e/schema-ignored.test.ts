import type { IncomingMessage, ServerResponse } from 'node:http';
import { Anthropic } from 'anthropic-sdk-1';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer } from '../support/server.ts';
import type { RunningServer } from '../support/server.ts';
import { readBody, serve } from '../support/upstream/replay.ts';
import type { LocalServer } from '../support/upstream/replay.ts';

const SCHEMA = {
  type: 'object' as const,
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
};
const JSON_TEXT = '{"city": "Paris"}';

/** Answers of a server that follows no schema, one text a try, by the name of the model. */
const ANSWERS: Readonly<Record<string, readonly string[]>> = {
  fenced: [`\`\`\`json\n${JSON_TEXT}\n\`\`\``],
  late: ['It is Paris.', JSON_TEXT],
  never: ['It is Paris.', 'Paris, of course.'],
  broken: ['{"city": "Paris", or so I think', JSON_TEXT],
};

/** A server's answer in lines of NDJSON, or as one object. */
function ollama(pieces: readonly string[], streams: boolean): string {
  const end = { done: true, done_reason: 'stop', prompt_eval_count: 9, eval_count: 2 };
  const message = (content: string) => ({ message: { role: 'assistant', content } });
  if (!streams) return JSON.stringify({ ...message(pieces.join('')), ...end });
  const lines = [...pieces.map((piece) => ({ ...message(piece), done: false })), end];
  return lines.map((line) => `${JSON.stringify({ ...message(''), ...line })}\n`).join('');
}

/** A server's answer as server-sent events, or as one object. */
function openai(pieces: readonly string[], streams: boolean): string {
  const usage = { prompt_tokens: 9, completion_tokens: 2 };
  if (!streams) {
    const message = { role: 'assistant', content: pieces.join('') };
    return JSON.stringify({ choices: [{ index: 0, message, finish_reason: 'stop' }], usage });
  }
  const chunk = (delta: object, finish_reason: string | null) => ({
    choices: [{ index: 0, delta, finish_reason }],
  });
  const chunks = [...pieces.map((content) => chunk({ content }, null)), chunk({}, 'stop')];
  return [...chunks, { choices: [], usage }]
    .map((one) => `data: ${JSON.stringify(one)}\n\n`)
    .concat('data: [DONE]\n\n')
    .join('');
}

let tries = 0;

async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const text = (await readBody(incoming)).toString('utf8');
  const isOllama = incoming.url === '/api/chat';
  response.setHeader('content-type', 'application/json');
  if (incoming.url?.endsWith('/api/show')) response.end('{"details":{}}');
  else if (!isOllama && !incoming.url?.endsWith('/chat/completions')) {
    response.writeHead(404).end();
  } else {
    const body = JSON.parse(text) as { readonly model: string; readonly stream?: boolean };
    const said = ANSWERS[body.model.split(':')[0] ?? '']?.[tries++] ?? '';
    const streams = body.stream !== false && (isOllama || body.stream === true);
    const streamed = isOllama ? 'application/x-ndjson' : 'text/event-stream';
    if (streams) response.setHeader('content-type', streamed);
    response.end((isOllama ? ollama : openai)(said.match(/[^]{1,4}/g) ?? [], streams));
  }
}

let upstream: LocalServer;
let server: RunningServer;
let client: Anthropic;
beforeAll(async () => {
  upstream = await serve((incoming, response) => void answer(incoming, response));
  const entries = Object.keys(ANSWERS).flatMap((name) =>
    ['ollama', 'openai'].map(
      (kind) =>
        `  ${kind}-${name}: { backend: ${kind}, url: '${upstream.url}', upstream: ${name}, context: 4096 }\n`,
    ),
  );
  server = await startServer({ registry: `models:\n${entries.join('')}` });
  client = new Anthropic({ baseURL: server.url, apiKey: 'any key', maxRetries: 0 });
});
afterAll(async () => {
  await server.stop();
  await upstream.close();
});

describe.each(
  ['ollama', 'openai'].flatMap((kind) => [
    { kind, how: 'streamed', streams: true },
    { kind, how: 'not streamed', streams: false },
  ]),
)('a schema that a server of $kind ignores, $how,', ({ kind, streams }) => {
  async function ask(name: string) {
    tries = 0;
    const params = {
      model: `${kind}-${name}`,
      max_tokens: 100,
      messages: [{ role: 'user' as const, content: 'Where?' }],
      output_config: { format: { type: 'json_schema' as const, schema: SCHEMA } },
    };
    const message = streams
      ? await client.messages.stream(params).finalMessage()
      : await client.messages.create(params);
    const text = message.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
    return { ...message, text, tries };
  }

  it('is met by what a code fence contains', async () => {
    expect(await ask('fenced')).toMatchObject({
      text: JSON_TEXT,
      stop_reason: 'end_turn',
      tries: 1,
    });
  });

  it('is demanded once more in silence', async () => {
    const message = await ask('late');
    expect(message).toMatchObject({ text: JSON_TEXT, stop_reason: 'end_turn', tries: 2 });
    expect(message.usage).toMatchObject({ input_tokens: 9, output_tokens: 4 });
  });

  it('ends as a refusal with its cause if it is not met twice', async () => {
    const message = await ask('never');
    expect(message).toMatchObject({ text: 'Paris, of course.', stop_reason: 'refusal', tries: 2 });
    const explanation = expect.stringContaining('did not follow the schema') as string;
    expect(message).toMatchObject({
      stop_details: { type: 'refusal', category: null, explanation },
    });
  });

  it('is demanded once more only if nothing was sent', async () => {
    expect(await ask('broken')).toMatchObject(
      streams
        ? { text: ANSWERS['broken']?.[0], stop_reason: 'refusal', tries: 1 }
        : { text: JSON_TEXT, stop_reason: 'end_turn', tries: 2 },
    );
  });
});
