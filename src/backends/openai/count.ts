import type { GenerationRequest } from '../../core/backend.ts';
import { isRecord } from '../../core/json.ts';
import type { ServerClient } from './client.ts';
import type { ModelFacts } from './facts.ts';
import { readPrompt, readTokenCount } from './listing.ts';
import type { PromptBody } from './request.ts';

/**
 * Counts the tokens of a prompt by the server's own template and tokenizer; undefined if it has none, or if
 * the prompt has an image, which neither includes.
 */
export async function countByTokenizer(
  client: ServerClient,
  facts: ModelFacts,
  body: PromptBody,
  signal: AbortSignal,
): Promise<number | undefined> {
  if (hasPictures(body)) return undefined;
  switch (facts.traits.tokenizer) {
    case 'template': {
      const content = readPrompt(await client.ask('apply-template', body, signal));
      if (content === undefined) return undefined;
      const wanted = { content, add_special: true, parse_special: true };
      return readTokenCount(await client.ask('tokenize', wanted, signal));
    }
    case 'messages':
      return readTokenCount(await client.ask('tokenize', body, signal));
    case 'none':
      return undefined;
    default:
      return facts.traits.tokenizer satisfies never;
  }
}

/** Length of a prompt as text without images, for an estimate. */
export function charactersOf({ messages, tools = [] }: PromptBody): number {
  return lengthOf([messages, tools]);
}

/** Length of a value as JSON without escapes. Writing the JSON would take several times as long. */
function lengthOf(value: unknown): number {
  if (typeof value === 'string') return value.length + 2;
  if (Array.isArray(value)) {
    return value.reduce<number>((sum, item) => sum + lengthOf(item) + 1, value.length > 0 ? 1 : 2);
  }
  if (!isRecord(value)) return String(value).length;
  let length = 1;
  for (const key of Object.keys(value)) {
    if (key !== 'image_url') length += key.length + 4 + lengthOf(value[key]);
  }
  return length;
}

/** Returns true if a request can't be admitted without the count of its prompt. */
export function needsCount(request: GenerationRequest, facts: ModelFacts): boolean {
  return request.overflow === 'strict' || facts.limited;
}

/** Returns true if a prompt has images. */
export function hasPictures({ messages }: PromptBody): boolean {
  return messages.some(
    ({ role, content }) =>
      role === 'user' &&
      Array.isArray(content) &&
      content.some((part: { readonly type: string }) => part.type === 'image_url'),
  );
}
