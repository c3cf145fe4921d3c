import { parseTree } from 'jsonc-parser';
import type { Edit, Node } from 'jsonc-parser';
import { parseJson } from '../../core/json.ts';
import { repairJson, strip } from './loose-json.ts';
import {
  allowedTypes,
  forbidsString,
  isOfType,
  itemSchema,
  propertySchema,
} from './schema-types.ts';

/**
 * Replaces strings by the values that they spell, if the schema requires the type of these values: `"3"`
 * becomes `3`, `"[1]"` becomes `[1]`. The values may need a repair. The other text is unchanged.
 */
export function coerceJson(json: string, schema: unknown): string {
  const root = parseTree(json);
  if (root === undefined) return json;
  let coerced = '';
  let done = 0;
  // The edits are in text order. jsonc-parser's own `applyEdits` copies the text for each edit.
  for (const { offset, length, content } of editsOf(root, schema)) {
    coerced += json.slice(done, offset) + content;
    done = offset + length;
  }
  return coerced + json.slice(done);
}

function* editsOf(node: Node, schema: unknown): Generator<Edit> {
  if (node.type === 'string' && forbidsString(schema)) {
    const content = spelled(String(node.value), allowedTypes(schema) ?? []);
    if (content !== undefined)
      yield { offset: node.offset, length: node.length, content: coerceJson(content, schema) };
  } else if (node.type === 'array') {
    for (const item of node.children ?? []) yield* editsOf(item, itemSchema(schema));
  } else if (node.type === 'object') {
    for (const { children } of node.children ?? []) {
      const [key, value] = children ?? [];
      if (key && value) yield* editsOf(value, propertySchema(schema, String(key.value)));
    }
  }
}

function spelled(text: string, types: readonly string[]): string | undefined {
  const constant = { True: 'true', False: 'false', None: 'null' }[text.trim()];
  const json = constant ?? repairJson(strip(text));
  if (json === undefined) return undefined;
  const value = parseJson(json);
  return types.some((type) => isOfType(value, type)) ? json : undefined;
}
