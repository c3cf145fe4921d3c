import type { Part, ToolCallPart } from '../core/conversation.ts';
import type { JsonObject } from '../core/json.ts';
import { templateCallId } from './call-ids.ts';
import type { NamedCall } from './call-ids.ts';
import { writeCall } from './call-text.ts';
import type { AssistantMessage, TemplateCall } from './template-message.ts';
import { writeParts } from './text.ts';
import type { CallTraits, TemplateTraits } from './template-traits.ts';

/** Messages for a past assistant turn. Text after a call starts a new message, to preserve the order. */
export function assistantMessages(
  parts: readonly Part[],
  named: ReadonlyMap<string, NamedCall>,
  traits: TemplateTraits,
): readonly AssistantMessage[] {
  if (traits.calls === undefined) return [answer(thinkingOf(parts), writtenOut(parts), traits)];
  const { calls } = traits;
  return groups(parts, calls.parallel).flatMap((group) =>
    groupMessages(group, named, traits, calls),
  );
}

/** Text of an assistant turn without its calls, joined as the model generated it. */
export function assistantText(parts: readonly Part[]): string {
  return writeParts(
    parts.filter(({ kind }) => kind !== 'tool-call'),
    '',
  );
}

/** Thinking of an assistant turn. Several thinking parts become paragraphs. */
export function thinkingOf(parts: readonly Part[]): string {
  return parts.flatMap((part) => (part.kind === 'thinking' ? [part.text] : [])).join('\n\n');
}

/** Text and calls as one text, for templates without support for calls. */
function writtenOut(parts: readonly Part[]): string {
  let written = '';
  for (const part of parts) {
    if (part.kind !== 'tool-call') written += writeParts([part]);
    else written += `${written === '' ? '' : '\n'}${writeCall(part.name, part.input)}`;
  }
  return written;
}

function groups(parts: readonly Part[], parallel: boolean): readonly (readonly Part[])[] {
  const all: Part[][] = [];
  for (const part of parts) {
    const last = all.at(-1);
    const called = last?.some(({ kind }) => kind === 'tool-call') === true;
    const follows = part.kind === 'tool-call' && parallel;
    if (last === undefined || (called && !follows)) all.push([part]);
    else last.push(part);
  }
  return all;
}

function groupMessages(
  parts: readonly Part[],
  named: ReadonlyMap<string, NamedCall>,
  traits: TemplateTraits,
  style: CallTraits,
): readonly AssistantMessage[] {
  const text = assistantText(parts);
  const thinking = thinkingOf(parts);
  const calls = parts.flatMap((part) => (part.kind === 'tool-call' ? [part] : []));
  if (calls.length === 0) return [answer(thinking, text, traits)];
  if (style.arguments === 'written') {
    return [{ ...answer(thinking, text, traits), written: calls }];
  }
  const tool_calls = {
    tool_calls: calls.map((call) => templateCall(call, named.get(call.id), style)),
  };
  const bare = { role: 'assistant', content: style.noContent, ...tool_calls } as const;
  if (text === '') return [{ ...bare, ...reasoning(thinking, traits) }];
  switch (style.text) {
    case 'beside':
      return [{ ...answer(thinking, text, traits), ...tool_calls }];
    case 'before':
      return [answer(thinking, text, traits), bare];
    case 'ahead':
      return [{ ...bare, ...reasoning(thinking, traits), ahead: text }];
    case 'thought':
      return [{ ...bare, ...reasoning([thinking, text].filter(Boolean).join('\n\n'), traits) }];
    default:
      return style.text satisfies never;
  }
}

function answer(thinking: string, text: string, traits: TemplateTraits): AssistantMessage {
  if (traits.reasoning === 'blocks' && thinking !== '') {
    const words = text === '' ? [] : [{ type: 'text', text } as const];
    return { role: 'assistant', content: [{ type: 'thinking', thinking }, ...words] };
  }
  return { role: 'assistant', content: text, ...reasoning(thinking, traits) };
}

function reasoning(
  thinking: string,
  traits: TemplateTraits,
): Pick<AssistantMessage, 'reasoning_content' | 'reasoning' | 'thinking'> & {
  readonly content?: AssistantMessage['content'];
} {
  if (thinking === '' || traits.reasoning === undefined) return {};
  if (traits.reasoning === 'blocks') return { content: [{ type: 'thinking', thinking }] };
  return { [traits.reasoning]: thinking };
}

function templateCall(
  { id, name, input }: ToolCallPart,
  call: NamedCall | undefined,
  style: CallTraits,
): TemplateCall {
  return {
    id: templateCallId(id, call, style.ids),
    type: 'function',
    function: { name, arguments: argumentsAs(input, style.arguments) },
  };
}

function argumentsAs(input: JsonObject, form: CallTraits['arguments']): JsonObject | string {
  if (form === 'text') return JSON.stringify(input);
  return form === 'spelled' ? spelledArguments(input) : input;
}

/** Arguments with objects, lists and null as JSON text. */
function spelledArguments(input: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(input).map(([key, value]) => [
      key,
      typeof value === 'object' ? JSON.stringify(value) : value,
    ]),
  );
}
