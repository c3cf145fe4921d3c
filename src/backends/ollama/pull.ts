import { z } from 'zod';
import { RuntimeFailure } from '../../core/failure.ts';
import { createHttpClient } from '../../net/http-client.ts';
import { readLines } from '../../net/lines.ts';
import { parseJson } from '../../core/json.ts';
import { OLLAMA_SERVER } from './failures.ts';
import { readOllamaError } from './protocol.ts';

/** Progress of a pull, as Ollama reports it. */
export interface OllamaPullProgress {
  /** Text of Ollama, such as `verifying sha256 digest`. */
  readonly status: string;
  /** Bytes of all layers that were reported so far. The total grows with each new layer. */
  readonly done: number;
  readonly total: number;
}

const MAX_LINE_BYTES = 64 * 1024;

const line = z.object({
  status: z.string(),
  digest: z.string().optional(),
  total: z.int().nonnegative().optional(),
  completed: z.int().nonnegative().optional(),
});

/**
 * Makes an Ollama server pull a model. The server resumes and verifies by itself. Throws if it does not run,
 * refuses, or ends without success. An abort of the signal stops the pull; the server keeps the received part.
 */
export async function* pullThroughOllama(
  url: string,
  model: string,
  signal: AbortSignal,
): AsyncGenerator<OllamaPullProgress> {
  const http = createHttpClient(OLLAMA_SERVER);
  const layers = new Map<string, { readonly done: number; readonly total: number }>();
  try {
    const answer = await http.post(`${url.replace(/(?<!\/)\/+$/, '')}/api/pull`, { model }, signal);
    for await (const text of readLines(answer.body, MAX_LINE_BYTES)) {
      const value = parseJson(text);
      const said = readOllamaError(value);
      if (said !== undefined) throw refused(url, model, said);
      const { data } = line.safeParse(value);
      if (data === undefined || answer.status !== 200) break;
      if (data.digest !== undefined && data.total !== undefined) {
        layers.set(data.digest, { done: data.completed ?? 0, total: data.total });
      }
      yield { status: data.status, ...sum([...layers.values()]) };
      if (data.status === 'success') return;
    }
    throw new RuntimeFailure(
      'backend-failed',
      `${url} ended the pull of ${model} without success; pull again to resume, ` +
        'and check that the URL is the one of an Ollama server',
    );
  } finally {
    await http.close();
  }
}

function sum(layers: readonly { readonly done: number; readonly total: number }[]) {
  return {
    done: layers.reduce((total, layer) => total + layer.done, 0),
    total: layers.reduce((total, layer) => total + layer.total, 0),
  };
}

function refused(url: string, model: string, said: string): RuntimeFailure {
  return new RuntimeFailure(
    'backend-failed',
    `Ollama at ${url} can't pull ${model}: ${said}; ` +
      'look up its name on https://ollama.com/library, and read the log of Ollama',
  );
}
