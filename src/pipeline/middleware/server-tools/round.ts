import type { Part, ToolCallPart } from '../../../core/conversation.ts';
import type { GenerationEvent } from '../../../core/events.ts';
import { append } from '../../../core/lists.ts';
import type { ServerToolSpec } from './carry-out.ts';
import { callsIn } from '../shared/call-faults.ts';

type Finish = Extract<GenerationEvent, { type: 'finish' }>;

/** Output of the model up to its calls, or up to the end of the answer. */
export interface Round {
  /** Complete parts, in order. */
  readonly parts: readonly Part[];
  readonly calls: readonly ToolCallPart[];
  readonly finish: Finish | undefined;
}

/**
 * Passes on the events of a round, except its finish. A call of a server tool becomes one event with the
 * complete call.
 */
export async function* readRound(
  events: AsyncIterable<GenerationEvent>,
  tools: ReadonlyMap<string, ServerToolSpec>,
  isFirst: boolean,
): AsyncGenerator<GenerationEvent, Round> {
  const said: GenerationEvent[] = [];
  const serverCallIds = new Set<string>();
  const ended = new Set<string>();
  let finish: Finish | undefined;
  for await (const event of events) {
    if (event.type === 'finish') finish = event;
    else if (event.type !== 'admitted' || isFirst) {
      if (event.type === 'tool-call-start' && tools.has(event.name)) serverCallIds.add(event.id);
      if (event.type === 'tool-call-end') ended.add(event.id);
      said.push(event);
      const call = serverCall(event, serverCallIds, said, tools);
      if (call !== undefined) yield call;
      else if (!('id' in event && serverCallIds.has(event.id))) yield event;
    }
  }
  const calls = callsIn(said).filter(({ id }) => ended.has(id));
  return { parts: partsOf(said, calls), calls, finish };
}

function serverCall(
  event: GenerationEvent,
  serverCallIds: ReadonlySet<string>,
  said: readonly GenerationEvent[],
  tools: ReadonlyMap<string, ServerToolSpec>,
): GenerationEvent | undefined {
  if (event.type !== 'tool-call-end' || !serverCallIds.has(event.id)) return undefined;
  const call = callsIn(said).find(({ id }) => id === event.id);
  if (call === undefined) return undefined;
  const { id, name, input } = call;
  const tool = tools.get(name)?.serverTool;
  return tool?.service === 'mcp'
    ? { type: 'server-tool-call', id, name: tool.tool, mcpServer: tool.server.name, input }
    : { type: 'server-tool-call', id, name, input };
}

function partsOf(
  said: readonly GenerationEvent[],
  calls: readonly ToolCallPart[],
): readonly Part[] {
  const parts: Part[] = [];
  for (const event of said) {
    const last = parts.at(-1);
    if (event.type === 'text-delta') {
      if (last?.kind === 'text')
        parts[parts.length - 1] = { ...last, text: last.text + event.text };
      else parts.push({ kind: 'text', text: event.text });
    } else if (event.type === 'thinking-delta') {
      if (last?.kind === 'thinking') {
        parts[parts.length - 1] = { ...last, text: last.text + event.text };
      } else parts.push({ kind: 'thinking', text: event.text });
    } else if (event.type === 'tool-call-start') {
      append(
        parts,
        calls.filter(({ id }) => id === event.id),
      );
    }
  }
  return parts;
}
