import type { ChatFormat } from '../formats/format.ts';
import type { Placeholders } from './placeholders.ts';
import type { TemplateCall, TemplateMessage } from './template-message.ts';

/**
 * Messages with placeholders for content that the template would drop. Text ahead of calls goes into the
 * name of the first call, and calls go into the content.
 */
export function applyWorkarounds(
  messages: readonly TemplateMessage[],
  placeholders: Placeholders,
  format: ChatFormat,
): readonly TemplateMessage[] {
  return messages.map((message) => {
    if (message.role !== 'assistant') return message;
    const { ahead, written, ...rest } = message;
    if (ahead !== undefined && rest.tool_calls !== undefined) {
      return {
        ...rest,
        tool_calls: led(rest.tool_calls, placeholders.ahead(ahead, format.preamble)),
      };
    }
    if (written === undefined || typeof rest.content !== 'string') return rest;
    const calls = written.map(({ name, input }) => ({
      name,
      input: placeholders.protectObject(input),
    }));
    const text = format.tools?.write?.(calls) ?? '';
    return { ...rest, content: placeholders.protectText(rest.content) + placeholders.trust(text) };
  });
}

function led(calls: readonly TemplateCall[], mark: string): readonly TemplateCall[] {
  return calls.map((call, index) =>
    index > 0 ? call : { ...call, function: { ...call.function, name: mark + call.function.name } },
  );
}
