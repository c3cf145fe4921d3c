import type { Conversation, Part, ToolSpec, Turn } from '../core/conversation.ts';
import type { JsonObject } from '../core/json.ts';
import { assistantMessages } from './assistant.ts';
import { writeResult } from './call-text.ts';
import { callsById, inCallOrder, templateCallId } from './call-ids.ts';
import type { NamedCall } from './call-ids.ts';
import { inlined } from './inlined-schema.ts';
import { interleaved } from './interleaved-results.ts';
import { spellBasic, spellOut } from './spelled-schema.ts';
import { writeParts, writeToolOutput } from './text.ts';
import type { TemplateCall, TemplateMessage, TemplateTool } from './template-message.ts';
import type { TemplateTraits } from './template-traits.ts';

/** Converts a conversation to messages that a template with these traits renders completely and in order. */
export function templateMessages(
  conversation: Conversation,
  traits: TemplateTraits,
): readonly TemplateMessage[] {
  const named = callsById(conversation.turns);
  const system = writeParts(conversation.system);
  const leading: readonly TemplateMessage[] =
    system === '' ? [] : [{ role: traits.system ? 'system' : 'user', content: system }];
  const rest = conversation.turns.flatMap((turn) => turnMessages(turn, named, traits));
  const messages = mergeUsers([...leading, ...rest]);
  const ordered = traits.calls?.results === 'interleaved' ? interleaved(messages) : messages;
  return followResults(ordered, traits);
}

/** Tools in the shape that templates expect, in the given order. */
export function templateTools(
  tools: readonly ToolSpec[],
  form: TemplateTraits['parameters'],
): readonly TemplateTool[] {
  return tools.map(({ name, description, inputSchema }) => ({
    type: 'function',
    function: {
      name,
      description,
      parameters: parametersAs(inputSchema, form),
    },
  }));
}

function parametersAs(schema: JsonObject, form: TemplateTraits['parameters']): JsonObject | string {
  switch (form) {
    case 'object':
      return schema;
    case 'list':
    case 'none':
    case 'any':
    case 'first':
      return spellOut(inlined(schema), form);
    case 'basic':
      return spellBasic(inlined(schema));
    case 'text':
      return JSON.stringify(schema);
    default:
      return form satisfies never;
  }
}

function turnMessages(
  turn: Turn,
  named: ReadonlyMap<string, NamedCall>,
  traits: TemplateTraits,
): readonly TemplateMessage[] {
  switch (turn.role) {
    case 'system':
      return [systemMessage(writeParts(turn.parts), traits)];
    case 'user':
      return userMessages(turn.parts, named, traits);
    case 'assistant':
      return assistantMessages(turn.parts, named, traits);
    default:
      return turn.role satisfies never;
  }
}

/**
 * Message for a system turn in mid-conversation. If the template does not support one there, it becomes a
 * reminder in a user message at the SAME position: moving it to the front would invalidate the cached
 * prefix of every later turn.
 */
function systemMessage(text: string, traits: TemplateTraits): TemplateMessage {
  return traits.systemAnywhere
    ? { role: 'system', content: text }
    : { role: 'user', content: `<system-reminder>\n${text}\n</system-reminder>` };
}

/** Messages for a user turn. Results come first, in call order: templates expect them right after the calls. */
function userMessages(
  parts: readonly Part[],
  named: ReadonlyMap<string, NamedCall>,
  { calls }: TemplateTraits,
): readonly TemplateMessage[] {
  const given = parts.filter((part) => part.kind === 'tool-result');
  const results = inCallOrder(given, named).map((part): TemplateMessage => {
    const content = writeToolOutput(part.output, part.isError);
    if (calls === undefined || calls.results === 'written') {
      return { role: 'user', content: writeResult(content) };
    }
    const call = named.get(part.callId);
    const id = templateCallId(part.callId, call, calls.ids);
    return { role: 'tool', content, name: call?.name ?? '', tool_call_id: id };
  });
  const said = parts.filter((part) => part.kind !== 'tool-result');
  return said.length === 0 ? results : [...results, { role: 'user', content: writeParts(said) }];
}

function mergeUsers(messages: readonly TemplateMessage[]): readonly TemplateMessage[] {
  const merged: TemplateMessage[] = [];
  for (const message of messages) {
    const last = merged.at(-1);
    if (last?.role === 'user' && message.role === 'user') {
      merged[merged.length - 1] = {
        role: 'user',
        content: `${last.content}\n\n${message.content}`,
      };
    } else merged.push(message);
  }
  return merged;
}

/** Rewrites user messages right after results, for templates that expect an answer there. */
function followResults(
  messages: readonly TemplateMessage[],
  { calls }: TemplateTraits,
): readonly TemplateMessage[] {
  if (calls === undefined || calls.afterResults === 'user') return messages;
  const following: TemplateMessage[] = [];
  for (const message of messages) {
    const last = following.at(-1);
    if (last?.role !== 'tool' || message.role !== 'user') following.push(message);
    else if (calls.afterResults === 'marked') following.push({ ...message, tool_calls: MARK });
    else {
      const content = `${last.content}\n\n${message.content}`;
      following[following.length - 1] = { ...last, content };
    }
  }
  return following;
}

/**
 * Placeholder calls on a user message. Templates that check the alternation of roles skip messages with
 * calls, and they render no calls of a user.
 */
const MARK: readonly TemplateCall[] = [
  { id: 'none', type: 'function', function: { name: 'none', arguments: {} } },
];
