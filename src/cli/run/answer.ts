import type { Turn } from '../../core/conversation.ts';
import { newRequestId } from '../../core/ids.ts';
import type { Runtime } from '../../pipeline/runtime.ts';

/** More tokens than any context has: an answer ends when the model ends it, or at the end of the context. */
const NO_LIMIT = 1_000_000;

/**
 * Lets a model answer a conversation, and writes the answer as it is generated.
 *
 * @returns the complete answer, or the part of it before the signal aborted
 * @throws {RuntimeFailure} as the runtime does, but not for the abort
 */
export async function answer(
  runtime: Runtime,
  model: string,
  turns: readonly Turn[],
  write: (text: string) => void,
  signal: AbortSignal,
): Promise<string> {
  let said = '';
  try {
    const { events } = await runtime.generate(
      model,
      {
        id: newRequestId(),
        conversation: { system: [], turns, tools: [] },
        toolChoice: { mode: 'none' },
        maxTokens: NO_LIMIT,
        stopSequences: [],
        sampling: {},
        thinking: { mode: 'disabled' },
        session: {},
      },
      signal,
    );
    for await (const event of events) {
      if (event.type !== 'text-delta') continue;
      said += event.text;
      write(event.text);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  write('\n');
  return said;
}
