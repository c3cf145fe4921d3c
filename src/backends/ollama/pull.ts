import { z } from 'zod';
import { RuntimeFailure } from '../../core/failure.ts';
import { createHttpClient } from '../../net/http-client.ts';
import { readLines } from '../../net/lines.ts';
import { parseJson } from '../../core/one-line.ts';
import { OLLAMA_SERVER } from './failures.ts';
import { readOllamaError } from './protocol.ts';

/** One line of what Ollama tells while it pulls. */
export interface OllamaPullProgress {
  /** In Ollama's words, such as `verifying sha256 digest`. */
  readonly status: string;
  /** Bytes of all layers that were told of so far; the total grows while more are told of. */
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
 * Has an Ollama server pull a model; it resumes and verifies by itself. Throws where it is away,
 * refuses, or ends without success. Aborting the signal stops it; what came is kept there.
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
      `${url} ended the pull of ${model} without success; pull again, it goes on from there, ` +
        'and check that the URL is that of an Ollama server',
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
      'look its name up on https://ollama.com/library, and what Ollama logs',
  );
}
