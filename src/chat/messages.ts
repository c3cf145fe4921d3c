import type { Conversation, Part, ToolSpec, Turn } from '../core/conversation.ts';
import type { JsonObject } from '../core/json.ts';
import { writeParts, writeToolOutput } from './text.ts';

/** A message as chat templates take them: OpenAI's shape, tool arguments as objects. */
export type TemplateMessage =
  | { readonly role: 'system' | 'user'; readonly content: string }
  | {
      readonly role: 'assistant';
      readonly content: string;
      readonly reasoning_content?: string;
      readonly tool_calls?: readonly TemplateCall[];
    }
  | {
      readonly role: 'tool';
      readonly content: string;
      readonly name: string;
      readonly tool_call_id: string;
    };

export interface TemplateCall {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: JsonObject };
}

export interface TemplateTool {
  readonly type: 'function';
  readonly function: {
    readonly name: string;
    readonly description: string;
    readonly parameters: JsonObject;
  };
}

/** What a chat template was found to take; see `probeTemplate`. */
export interface TemplateTraits {
  /** A system message at the beginning is rendered. */
  readonly system: boolean;
  /** A system message is rendered wherever it stands. */
  readonly systemAnywhere: boolean;
  /** What asking for thinking changes: nothing, the prompt, or it is always asked for. */
  readonly thinking: 'none' | 'switchable' | 'always';
}

/** A conversation as the messages that a template with such traits renders in full and in order. */
export function templateMessages(
  conversation: Conversation,
  traits: Pick<TemplateTraits, 'system' | 'systemAnywhere'>,
): readonly TemplateMessage[] {
  const names = callNames(conversation.turns);
  const system = writeParts(conversation.system);
  const leading: readonly TemplateMessage[] =
    system === '' ? [] : [{ role: traits.system ? 'system' : 'user', content: system }];
  const rest = conversation.turns.flatMap((turn) => turnMessages(turn, names, traits));
  return mergeUsers([...leading, ...rest]);
}

/** Tools in the shape that templates take, in the order given. */
export function templateTools(tools: readonly ToolSpec[]): readonly TemplateTool[] {
  return tools.map(({ name, description, inputSchema }) => ({
    type: 'function',
    function: { name, description, parameters: inputSchema },
  }));
}

function turnMessages(
  turn: Turn,
  names: ReadonlyMap<string, string>,
  traits: Pick<TemplateTraits, 'systemAnywhere'>,
): readonly TemplateMessage[] {
  switch (turn.role) {
    case 'system':
      return [systemMessage(writeParts(turn.parts), traits)];
    case 'user':
      return userMessages(turn.parts, names);
    case 'assistant':
      return assistantMessages(turn.parts);
    default:
      return turn.role satisfies never;
  }
}

/**
 * Where the template has no place for it, a system message in mid-conversation becomes a reminder of
 * the user's at the SAME position: moved to the front it would break the prefix of every later turn.
 */
function systemMessage(
  text: string,
  traits: Pick<TemplateTraits, 'systemAnywhere'>,
): TemplateMessage {
  return traits.systemAnywhere
    ? { role: 'system', content: text }
    : { role: 'user', content: `<system-reminder>\n${text}\n</system-reminder>` };
}

/** Results come first: templates want them right behind the calls. */
function userMessages(
  parts: readonly Part[],
  names: ReadonlyMap<string, string>,
): readonly TemplateMessage[] {
  const results = parts.flatMap((part): TemplateMessage[] =>
    part.kind === 'tool-result'
      ? [
          {
            role: 'tool',
            content: writeToolOutput(part.output, part.isError),
            name: names.get(part.callId) ?? '',
            tool_call_id: part.callId,
          },
        ]
      : [],
  );
  const said = parts.filter((part) => part.kind !== 'tool-result');
  return said.length === 0 ? results : [...results, { role: 'user', content: writeParts(said) }];
}

/** What follows a call within one turn starts a message of its own, so that the order stays. */
function assistantMessages(parts: readonly Part[]): readonly TemplateMessage[] {
  const messages: TemplateMessage[] = [];
  let group: Part[] = [];
  const close = () => {
    if (group.length > 0) messages.push(assistantMessage(group));
    group = [];
  };
  for (const part of parts) {
    if (part.kind !== 'tool-call' && group.some(({ kind }) => kind === 'tool-call')) close();
    group.push(part);
  }
  close();
  return messages;
}

function assistantMessage(parts: readonly Part[]): TemplateMessage {
  const thinking = parts.flatMap((part) => (part.kind === 'thinking' ? [part.text] : []));
  const calls = parts.flatMap((part): TemplateCall[] =>
    part.kind === 'tool-call'
      ? [
          {
            id: part.id,
            type: 'function',
            function: { name: part.name, arguments: part.input },
          },
        ]
      : [],
  );
  return {
    role: 'assistant',
    content: assistantText(parts),
    ...(thinking.length > 0 && { reasoning_content: thinking.join('\n\n') }),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}

/** The model's own words, joined as it wrote them. */
export function assistantText(parts: readonly Part[]): string {
  return writeParts(
    parts.filter(({ kind }) => kind !== 'tool-call'),
    '',
  );
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

function callNames(turns: readonly Turn[]): ReadonlyMap<string, string> {
  const calls = turns.flatMap(({ parts }) =>
    parts.flatMap((part) => (part.kind === 'tool-call' ? [part] : [])),
  );
  return new Map(calls.map(({ id, name }) => [id, name]));
}
