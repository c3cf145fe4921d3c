import type { ServerResponse } from 'node:http';
import type { Anthropic } from 'anthropic-sdk-0';
import { createOllamaBackend } from '../../src/backends/ollama/backend.ts';
import { createOpenAiBackend } from '../../src/backends/openai/backend.ts';
import { createScriptedBackend } from './scripted-backend.ts';
import type { Backend } from '../../src/core/backend.ts';
import { promptTooLong } from '../../src/core/failure.ts';
import type { GenerationEvent } from '../../src/core/events.ts';
import { newToolCallId } from '../../src/core/ids.ts';
import type { ModelSpec } from '../../src/core/model.ts';
import { clientOf, DIALECTS } from './dialects.ts';
import { serveScript } from './scripted-server.ts';
import { readBody, serve } from './upstream/replay.ts';

/** Answer of a model: text, and calls with their arguments as it wrote them. */
export interface Spoken {
  readonly text?: string;
  readonly calls?: readonly { readonly name: string; readonly json: string }[];
  /** It ends inside the arguments of its call. */
  readonly breaksOff?: boolean;
  /** The request is refused, since its prompt does not fit. */
  readonly fails?: boolean;
}

/** The real HTTP surface over a model whose answers a test sets. */
export interface CallingServer {
  readonly url: string;
  /** Sets the answers to the next requests; the last one is repeated. Returns the requests so far, as JSON. */
  play(...answers: readonly Spoken[]): readonly string[];
  close(): Promise<void>;
}

type Next = (asked: string) => Spoken;

const FINISH = {
  type: 'finish',
  reason: 'end-turn',
  stopSequence: null,
  usage: {
    promptTokens: 20,
    cacheReadTokens: 0,
    cacheCreationTokens: 0,
    outputTokens: 9,
    thinkingTokens: 0,
  },
} as const satisfies GenerationEvent;

/** Characters in a piece of a stream, as tokens cut it. */
const PIECE = 4;

const USAGE = { prompt_tokens: 20, completion_tokens: 9, total_tokens: 29 };

/** Starts Portico in front of each kind of backend. */
export const CALLING_SERVERS = {
  /** An engine that reads calls out of a model's text itself. */
  'an engine': () => start(async (next) => ({ backend: engine(next), close: nothing })),
  /** A model without tools of its own, which gets them as instructions. */
  injection: () => start(async (next) => ({ backend: injected(next), close: nothing })),
  'an OpenAI server': () =>
    start(async (next) => {
      const upstream = await serveAnswers(next, answerOpenAi);
      const backend = createOpenAiBackend({
        readVariable: async () => undefined,
        log: () => undefined,
      });
      return { backend, close: upstream.close, spec: { server: 'other', url: upstream.url } };
    }),
  'an Ollama server': () => startOllama(['completion', 'tools']),
} as const satisfies Record<string, () => Promise<CallingServer>>;

/** Starts Portico in front of an Ollama server whose model has these capabilities. */
export function startOllama(capabilities: readonly string[]): Promise<CallingServer> {
  return start(async (next) => {
    const upstream = await serveAnswers(next, answerOllama, capabilities);
    const backend = createOllamaBackend({ defaultUrl: upstream.url });
    return { backend, close: upstream.close, spec: { url: upstream.url } };
  });
}

interface Started {
  readonly backend: Backend;
  readonly spec?: Partial<ModelSpec>;
  close(): Promise<void>;
}

async function start(open: (next: Next) => Promise<Started>): Promise<CallingServer> {
  let answers: readonly Spoken[] = [];
  let asked: string[] = [];
  const next = (request: string): Spoken => {
    asked.push(request);
    return answers[Math.min(asked.length, answers.length) - 1] ?? {};
  };
  const started = await open(next);
  const { backend, spec } = started;
  const model: ModelSpec = { name: 'actor', backend: backend.kind, ...spec };
  const entry = { spec: model, shipped: false, location: 'models.yaml:1:1' };
  const server = await serveScript(
    backend,
    {},
    {
      registry: () => ({
        defaultModel: 'actor',
        models: new Map([['actor', entry]]),
        aliases: new Map(),
        problems: [],
      }),
      backends: { [backend.kind]: async () => backend },
    },
  );
  return {
    url: server.url,
    play(...played) {
      answers = played;
      asked = [];
      return asked;
    },
    async close() {
      await server.close();
      await backend.close();
      await started.close();
    },
  };
}

/** Asks the model through the official SDK. */
export async function askActor(
  url: string,
  streamed: boolean,
  tools: Anthropic.Tool[],
  choice?: Anthropic.ToolChoice,
  stopSequences?: string[],
): Promise<Anthropic.Message> {
  const [dialect] = DIALECTS;
  if (dialect === undefined) throw new Error('there is no SDK to ask with');
  const { messages } = clientOf(dialect, url);
  const body = {
    model: 'actor',
    max_tokens: 1000,
    tools,
    ...(choice !== undefined && { tool_choice: choice }),
    ...(stopSequences !== undefined && { stop_sequences: stopSequences }),
    messages: [{ role: 'user', content: 'Look!' }],
  } satisfies Anthropic.MessageCreateParamsNonStreaming;
  return streamed ? messages.stream(body).finalMessage() : messages.create(body);
}

/** The calls in Hermes syntax, as instructions teach it. */
function hermesText({ text = '', calls = [], breaksOff = false }: Spoken): string {
  const close = breaksOff ? '' : '}\n</tool_call>';
  const written = calls.map(
    ({ name, json }) => `<tool_call>\n{"name": "${name}", "arguments": ${json}${close}`,
  );
  return [text, ...written].join('');
}

async function nothing(): Promise<void> {
  // Nothing is open.
}

function engine(next: Next): Backend {
  return createScriptedBackend({
    // No grammar enforces its calls.
    capabilities: { tools: 'auto' },
    async *script(request): AsyncGenerator<GenerationEvent> {
      const { text = '', calls = [], breaksOff, fails } = next(JSON.stringify(request));
      if (fails === true) throw promptTooLong(21, 20);
      for (const piece of pieces(text)) yield { type: 'text-delta', text: piece };
      for (const { name, json } of calls) {
        const id = newToolCallId();
        yield { type: 'tool-call-start', id, name };
        for (const piece of pieces(json)) yield { type: 'tool-call-delta', id, json: piece };
        if (breaksOff !== true) yield { type: 'tool-call-end', id };
      }
      yield { ...FINISH, reason: calls.length > 0 ? 'tool-use' : 'end-turn' };
    },
  });
}

function injected(next: Next): Backend {
  return createScriptedBackend({
    capabilities: { tools: 'none' },
    async *script(request): AsyncGenerator<GenerationEvent> {
      const spoken = next(JSON.stringify(request));
      if (spoken.fails === true) throw promptTooLong(21, 20);
      for (const text of pieces(hermesText(spoken))) {
        yield { type: 'text-delta', text };
      }
      yield FINISH;
    },
  });
}

function pieces(text: string): readonly string[] {
  const count = Math.ceil(text.length / PIECE);
  return Array.from({ length: count }, (_, index) =>
    text.slice(index * PIECE, (index + 1) * PIECE),
  );
}

type Answer = (
  spoken: Spoken,
  body: { readonly stream?: boolean },
  response: ServerResponse,
) => void;

function serveAnswers(next: Next, answer: Answer, capabilities: readonly string[] = []) {
  return serve((request, response) => {
    void (async () => {
      const text = (await readBody(request)).toString('utf8');
      const path = request.url ?? '';
      response.setHeader('content-type', 'application/json');
      if (path === '/api/show') {
        response.end(JSON.stringify({ details: { family: 'qwen2' }, capabilities }));
      } else if (path === '/v1/chat/completions' || path === '/api/chat') {
        const spoken = next(text);
        const said = 'the input length exceeds the context length';
        const error = path === '/api/chat' ? said : { message: said };
        if (spoken.fails === true) response.writeHead(400).end(JSON.stringify({ error }));
        else answer(spoken, JSON.parse(text) as { readonly stream?: boolean }, response);
      } else response.writeHead(404).end('{"error":"not found"}');
    })();
  });
}

/** An answer in vLLM's form: https://docs.vllm.ai/en/latest/features/tool_calling/ */
function answerOpenAi(
  spoken: Spoken,
  body: { readonly stream?: boolean },
  response: ServerResponse,
): void {
  const { text = '', calls = [] } = spoken;
  const head = { id: 'chatcmpl-1', created: 1, model: 'actor' };
  const finish_reason = calls.length > 0 ? 'tool_calls' : 'stop';
  if (body.stream !== true) {
    const tool_calls = calls.map(({ name, json }, index) => ({
      id: `chatcmpl-tool-${index}`,
      type: 'function',
      function: { name, arguments: json },
    }));
    const message = { role: 'assistant', content: text === '' ? null : text, tool_calls };
    const choices = [{ index: 0, message, finish_reason, logprobs: null }];
    response.end(JSON.stringify({ ...head, object: 'chat.completion', choices, usage: USAGE }));
    return;
  }
  const deltas: object[] = [
    { role: 'assistant', content: '' },
    ...pieces(text).map((content) => ({ content })),
    ...calls.flatMap(({ name, json }, index) => [
      {
        tool_calls: [{ index, id: `chatcmpl-tool-${index}`, type: 'function', function: { name } }],
      },
      ...pieces(json).map((written) => ({
        tool_calls: [{ index, function: { arguments: written } }],
      })),
    ]),
  ];
  response.setHeader('content-type', 'text/event-stream; charset=utf-8');
  const send = (data: object): void => void response.write(`data: ${JSON.stringify(data)}\n\n`);
  const chunk = { ...head, object: 'chat.completion.chunk' };
  for (const delta of deltas)
    send({ ...chunk, choices: [{ index: 0, delta, finish_reason: null }] });
  send({ ...chunk, choices: [{ index: 0, delta: {}, finish_reason }] });
  send({ ...chunk, choices: [], usage: USAGE });
  response.end('data: [DONE]\n\n');
}

/** An answer as Ollama streams it; proxies and old versions send malformed arguments as a string. */
function answerOllama(
  { text = '', calls = [] }: Spoken,
  body: { readonly stream?: boolean },
  response: ServerResponse,
): void {
  response.setHeader('content-type', 'application/x-ndjson');
  const send = (message: object, end: object = { done: false }): void => {
    const line = { model: 'actor', created_at: '2026-01-01T00:00:00Z', message, ...end };
    response.write(`${JSON.stringify(line)}\n`);
  };
  // An answer that is not streamed only counts the prompt.
  const streamed = body.stream !== false;
  for (const content of streamed ? pieces(text) : []) send({ role: 'assistant', content });
  for (const { name, json } of streamed ? calls : []) {
    const tool_calls = [{ function: { name, arguments: objectOr(json) } }];
    send({ role: 'assistant', content: '', tool_calls });
  }
  send(
    { role: 'assistant', content: '' },
    { done: true, done_reason: 'stop', prompt_eval_count: 20, eval_count: 9 },
  );
  response.end();
}

/** Arguments as a Go map, if they are JSON but no string. */
function objectOr(json: string): unknown {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'string' ? json : value;
  } catch {
    // Malformed, so they come as they were written.
    return json;
  }
}
