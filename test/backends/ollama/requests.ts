import type { GenerationRequest } from '../../../src/core/backend.ts';
import type { ToolSpec, Turn } from '../../../src/core/conversation.ts';
import type { GenerationEvent } from '../../../src/core/events.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import type { ModelSpec } from '../../../src/core/model.ts';

/** The registry's entry of a model on Ollama. */
export function modelSpec(name: string, rest: Partial<ModelSpec> = {}): ModelSpec {
  return { name, backend: 'ollama', ...rest };
}

export function turn(role: Turn['role'], text: string): Turn {
  return { role, parts: [{ kind: 'text', text }] };
}

export function toolSpec(name: string, inputSchema: JsonObject): ToolSpec {
  const origin = { kind: 'custom' } as const;
  return { name, description: `It does ${name}.`, inputSchema, origin, deferred: false };
}

/** A request with the defaults of the tests: greedy, without thinking. */
export function ask(
  model: ModelSpec,
  turns: string | readonly Turn[],
  rest: Partial<GenerationRequest> = {},
): GenerationRequest {
  return {
    id: 'msg_test',
    model,
    conversation: {
      system: [],
      turns: typeof turns === 'string' ? [turn('user', turns)] : turns,
      tools: [],
    },
    toolChoice: { mode: 'auto', parallel: true },
    maxTokens: 64,
    stopSequences: [],
    sampling: { temperature: 0 },
    thinking: { mode: 'disabled' },
    session: {},
    overflow: 'clamp',
    ...rest,
  };
}

type Finish = GenerationEvent & { readonly type: 'finish' };

export interface Collected {
  readonly events: readonly GenerationEvent[];
  readonly text: string;
  readonly thinking: string;
  readonly finish: Finish;
}

/** Reads a generation to its end, and checks the order that all backends keep. */
export async function collect(events: AsyncIterable<GenerationEvent>): Promise<Collected> {
  const all: GenerationEvent[] = [];
  for await (const event of events) all.push(event);
  const last = all.at(-1);
  if (all[0]?.type !== 'admitted') throw new Error('the first event is not admitted');
  if (last?.type !== 'finish') throw new Error('the last event is not finish');
  if (all.filter(({ type }) => type === 'finish').length > 1) throw new Error('it finished twice');
  const join = (type: 'text-delta' | 'thinking-delta'): string =>
    all.map((event) => (event.type === type ? event.text : '')).join('');
  return { events: all, text: join('text-delta'), thinking: join('thinking-delta'), finish: last };
}
