import type { GenerationRequest } from '../../src/core/backend.ts';
import type { Turn } from '../../src/core/conversation.ts';
import type { GenerationEvent } from '../../src/core/events.ts';
import type { ModelSpec } from '../../src/core/model.ts';
import { MINI_FILE } from './engine-variant.ts';

/** The embedded model, greedy. */
export const MINI: ModelSpec = {
  name: 'mini',
  backend: 'llama',
  file: MINI_FILE,
  context: 8192,
  sampling: { temperature: 0 },
};

/** Turns that alternate between user and assistant, beginning with the user. */
export function said(...texts: readonly string[]): readonly Turn[] {
  return texts.map((text, index) => ({
    role: index % 2 === 0 ? 'user' : 'assistant',
    parts: [{ kind: 'text', text }],
  }));
}

/** A greedy request for a short answer; `changes` take the place of its fields. */
export function request(
  model: ModelSpec,
  turns: readonly Turn[],
  changes: Partial<GenerationRequest> = {},
): GenerationRequest {
  return {
    id: 'req_test',
    model,
    conversation: { system: [], turns, tools: [] },
    toolChoice: { mode: 'auto', parallel: true },
    maxTokens: 200,
    stopSequences: [],
    sampling: { temperature: 0 },
    thinking: { mode: 'disabled' },
    session: {},
    overflow: 'clamp',
    ...changes,
  };
}

/** A whole answer, put together. */
export interface Answer {
  readonly text: string;
  readonly thinking: string;
  readonly admitted: number | null | undefined;
  readonly finish: Extract<GenerationEvent, { type: 'finish' }> | undefined;
  readonly events: readonly GenerationEvent[];
}

/** Reads a generation to its end. */
export async function collect(events: AsyncIterable<GenerationEvent>): Promise<Answer> {
  const all: GenerationEvent[] = [];
  for await (const event of events) all.push(event);
  const texts = (type: 'text-delta' | 'thinking-delta'): string =>
    all.map((event) => (event.type === type ? event.text : '')).join('');
  const first = all[0];
  return {
    text: texts('text-delta'),
    thinking: texts('thinking-delta'),
    admitted: first?.type === 'admitted' ? first.inputTokens : undefined,
    finish: all.find((event) => event.type === 'finish'),
    events: all,
  };
}
