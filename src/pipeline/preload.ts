import { randomUUID } from 'node:crypto';
import { messageOf } from '../core/failure.ts';
import type { ModelRequest, Runtime } from './runtime.ts';

/**
 * Loads models one after the other, each by a request for no tokens. A failure is logged: the first request
 * of a client fails by the same reason.
 */
export async function preload(
  runtime: Pick<Runtime, 'generate'>,
  names: Iterable<string>,
  signal: AbortSignal,
  log: (message: string) => void,
): Promise<void> {
  for (const name of names) {
    try {
      const { events } = await runtime.generate(name, emptyRequest(), signal);
      for await (const event of events) void event;
    } catch (error) {
      if (signal.aborted) return;
      log(`${name} can't be loaded ahead of its first request: ${messageOf(error)}`);
    }
  }
}

function emptyRequest(): ModelRequest {
  return {
    id: `preload_${randomUUID()}`,
    conversation: {
      system: [],
      turns: [{ role: 'user', parts: [{ kind: 'text', text: '.' }] }],
      tools: [],
    },
    toolChoice: { mode: 'auto', parallel: true },
    maxTokens: 0,
    stopSequences: [],
    sampling: {},
    thinking: { mode: 'disabled' },
    session: {},
  };
}
