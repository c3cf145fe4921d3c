import type { Conversation, Part, ToolChoice, ToolSpec, Turn } from '../core/conversation.ts';
import { RuntimeFailure } from '../core/failure.ts';
import { templateTools } from './messages.ts';

/**
 * Conversation with only the tools that are loaded so far. A deferred tool is loaded when the conversation
 * refers to it.
 *
 * @throws {invalid-request} if no tool is loaded, since nothing could load one later
 */
export function withLoadedTools(conversation: Conversation, choice: ToolChoice): Conversation {
  const { tools, turns } = conversation;
  if (!tools.some(({ deferred }) => deferred)) return conversation;
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

function loadedBy(part: Part): readonly string[] {
  if (part.kind === 'tool-result') return part.output.flatMap(loadedBy);
  const adds = part.kind === 'tool-change' && part.change === 'added';
  return adds || part.kind === 'tool-reference' ? [part.name] : [];
}

/**
 * Conversation in which each deferred tool is described at the first reference to it. A tool added to the
 * list at the start of the prompt would invalidate the cached prefix.
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
  // A tool without a reference can only be described at the start.
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
