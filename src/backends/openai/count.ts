import type { GenerationRequest } from '../../core/backend.ts';
import type { ServerClient } from './client.ts';
import type { ModelFacts } from './facts.ts';
import { readPrompt, readTokenCount } from './listing.ts';
import type { PromptBody } from './request.ts';

/**
 * The tokens of a prompt, by the server's own template and tokenizer; undefined where it has none, and
 * where a picture is part of the prompt, which neither sees.
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

const lengths = new WeakMap<PromptBody, number>();

/** How long a prompt is as text, for an estimate. It is measured once. */
export function charactersOf(body: PromptBody): number {
  const known = lengths.get(body);
  if (known !== undefined) return known;
  const { messages, tools = [] } = body;
  // Asking for each value takes several times as long.
  const replacer = hasPictures(body) ? withoutPictures : undefined;
  const length = JSON.stringify([messages, tools], replacer).length;
  lengths.set(body, length);
  return length;
}

/** Whether a request can't be decided on without its prompt's count. */
export function needsCount(request: GenerationRequest, facts: ModelFacts): boolean {
  return request.overflow === 'strict' || facts.limited;
}

/** Whether pictures are part of a prompt. */
export function hasPictures({ messages }: PromptBody): boolean {
  return messages.some(
    ({ role, content }) =>
      role === 'user' &&
      Array.isArray(content) &&
      content.some((part: { readonly type: string }) => part.type === 'image_url'),
  );
}

function withoutPictures(key: string, value: unknown): unknown {
  return key === 'image_url' ? undefined : value;
}
