import { isRecord } from '../../core/json.ts';
import type { JsonObject } from '../../core/json.ts';
import type { ChatFormat, ParsedCall } from '../format.ts';

/**
 * Hermes-style calls, one JSON object in `<tool_call>` tags with `name` and `arguments`, and `<think>`
 * tags: Qwen 2.5 and 3, QwQ, MiMo, Hermes, and the embedded Mini.
 */
export const hermes: ChatFormat = {
  name: 'hermes',
  recognises: (template) =>
    template.includes('<tool_call>') &&
    /"name":/.test(template) &&
    !template.includes('<function=') &&
    !template.includes('<arg_key>'),
  thinking: { open: '<think>', close: '</think>' },
  tools: { open: '<tool_call>', close: '</tool_call>', parse: parseCall },
};

function parseCall(body: string): ParsedCall | undefined {
  const value = readJson(body);
  if (!isRecord(value) || typeof value['name'] !== 'string') return undefined;
  const input = value['arguments'] ?? {};
  return isJsonObject(input) ? { name: value['name'], input } : undefined;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What JSON.parse gave for an object holds nothing but JSON. */
function isJsonObject(value: unknown): value is JsonObject {
  return isRecord(value);
}
