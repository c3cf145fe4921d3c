import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody, serve } from './upstream/replay.ts';
import type { LocalServer } from './upstream/replay.ts';

/** A model of a scripted Ollama. */
export interface ScriptedModel {
  /** Tokens that it was trained on. */
  readonly trained: number;
  /** Bytes in /api/tags; default: none are said. */
  readonly size?: number;
  /** Lines of its Modelfile's parameters, as /api/show has them. */
  readonly parameters?: string;
  /** Capabilities in /api/show; default: completion and tools. */
  readonly capabilities?: readonly string[];
  /** Refuses tools, whatever its capabilities are. */
  readonly refusesTools?: boolean;
}

/** An Ollama on a port, whose answers have the shape that Ollama 0.30 was recorded with. */
export interface ScriptedOllama extends LocalServer {
  /** Bodies of /api/chat. */
  readonly chats: readonly unknown[];
  /** Leaves requests without an answer from now on. */
  fallSilent(): void;
}

/** Starts one that has these models, and says "Hi" as each of them. */
export async function startOllama(
  models: Readonly<Record<string, ScriptedModel>>,
): Promise<ScriptedOllama> {
  const chats: unknown[] = [];
  let isSilent = false;
  const server = await serve((incoming, response) => {
    if (!isSilent) void reply(incoming, response);
  });
  return {
    ...server,
    chats,
    fallSilent: () => {
      isSilent = true;
    },
  };

  async function reply(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = (await readBody(incoming)).toString();
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    if (incoming.url === '/api/chat') chats.push(body);
    response.setHeader('content-type', 'application/json');
    const refused = refusalOf(incoming.url, body);
    if (refused !== undefined) {
      response.writeHead(400).end(JSON.stringify({ error: refused }));
      return;
    }
    const answer = answerTo(incoming.url, body);
    response.statusCode = answer === undefined ? 404 : 200;
    response.end(`${JSON.stringify(answer ?? { error: 'model not found' })}\n`);
  }

  function refusalOf(path: string | undefined, body: unknown): string | undefined {
    if (path !== '/api/chat') return undefined;
    const { model: name, tools } = body as { readonly model: string; readonly tools?: unknown };
    return models[name]?.refusesTools === true && tools !== undefined
      ? `registry.ollama.ai/library/${name} does not support tools`
      : undefined;
  }

  function answerTo(path: string | undefined, body: unknown): unknown {
    if (path === '/api/tags') {
      return { models: Object.entries(models).map(([name, { size }]) => ({ name, size })) };
    }
    if (path === '/api/ps') return { models: [] };
    const { model: name } = body as { readonly model: string };
    const model = models[name] ?? models[`${name}:latest`];
    if (model === undefined) return undefined;
    return path === '/api/chat' ? chatAnswer(name) : shown(model);
  }
}

function chatAnswer(model: string): unknown {
  return {
    model,
    created_at: '2026-11-20T09:23:31.311964Z',
    message: { role: 'assistant', content: 'Hi' },
    done: true,
    done_reason: 'stop',
    prompt_eval_count: 3,
    eval_count: 1,
  };
}

function shown({
  trained,
  parameters,
  capabilities = ['completion', 'tools'],
}: ScriptedModel): unknown {
  return {
    ...(parameters !== undefined && { parameters }),
    details: { family: 'qwen3moe' },
    model_info: { 'general.architecture': 'qwen3moe', 'qwen3moe.context_length': trained },
    capabilities,
  };
}
