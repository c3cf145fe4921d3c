import type { Conversation, Part, ToolChoice, ToolSpec, Turn } from '../core/conversation.ts';
import { RuntimeFailure } from '../core/failure.ts';
import { templateTools } from './messages.ts';

/**
 * The conversation with the tools that are loaded by now: a deferred one is loaded where the
 * conversation refers to it. Where only Anthropic's servers could search for tools, all are loaded from
 * the beginning: the model could never find them.
 *
 * @throws {invalid-request} if none is loaded: nothing could ever load one
 */
export function withLoadedTools(conversation: Conversation, choice: ToolChoice): Conversation {
  const { tools, turns } = conversation;
  if (!tools.some(({ deferred }) => deferred)) return conversation;
  if (tools.some(isServerSearch)) {
    return { ...conversation, tools: tools.map((tool) => ({ ...tool, deferred: false })) };
  }
  const loaded = new Set(turns.flatMap(({ parts }) => parts.flatMap(loadedBy)));
  if (choice.mode === 'tool') loaded.add(choice.name);
  const offered = tools.filter(({ name, deferred }) => !deferred || loaded.has(name));
  if (offered.length === 0) {
    throw new RuntimeFailure(
      'invalid-request',
      'At least one tool must have defer_loading=false. All tools cannot be deferred: the model could find none of them.',
      { subject: 'tools' },
    );
  }
  return { ...conversation, tools: offered };
}

function isServerSearch({ origin }: ToolSpec): boolean {
  return origin.kind === 'server' && origin.type.startsWith('tool_search_tool_');
}

function loadedBy(part: Part): readonly string[] {
  if (part.kind === 'tool-result') return part.output.flatMap(loadedBy);
  const adds = part.kind === 'tool-change' && part.change === 'added';
  return adds || part.kind === 'tool-reference' ? [part.name] : [];
}

/**
 * The conversation with each deferred tool described where it is first referred to, and not in the tool
 * prefix: a tool that joined that prefix would change the prompt from its beginning on.
 */
export function placeDeferredTools(conversation: Conversation): Conversation {
  const waiting = new Map(
    conversation.tools.flatMap((tool) => (tool.deferred ? [[tool.name, tool] as const] : [])),
  );
  if (waiting.size === 0) return conversation;
  const turns = conversation.turns.map((turn): Turn => ({
    ...turn,
    parts: placeIn(turn.parts, waiting),
  }));
  // What nothing refers to can only be told at the beginning.
  const tools = conversation.tools.filter(({ name, deferred }) => !deferred || waiting.has(name));
  return { ...conversation, turns, tools };
}

function placeIn(parts: readonly Part[], waiting: Map<string, ToolSpec>): readonly Part[] {
  return parts.map((part): Part => {
    if (part.kind === 'tool-result') return { ...part, output: placeIn(part.output, waiting) };
    const [name] = loadedBy(part);
    const tool = waiting.get(name ?? '');
    if (tool === undefined) return part;
    waiting.delete(tool.name);
    return { kind: 'text', text: describe(tool) };
  });
}

function describe(tool: ToolSpec): string {
  const [definition] = templateTools([tool], 'object');
  return `This tool is loaded:\n${JSON.stringify(definition)}`;
}
